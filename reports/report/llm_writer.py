"""The LLM writer: a chat model of LangChain writes the sections of a report as structured answers.

Input: `provider:model`, the settings, the evidence, then one section after another. Output: drafts,
or None and a note if the model failed. This module trusts no answer: `claim_check` checks every
draft. Posts appear in the prompts as quoted JSON. The prompts are in `prompts/report/{lang}/`.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import jinja2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.workspace.settings import ReportSettings
from zeitgraph.reports.page.formatting import labels, prompt_folder, words_environment
from zeitgraph.reports.report.chat_model import open_model
from zeitgraph.reports.report.claims import Draft
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.evidence_tables import evidence_table
from zeitgraph.reports.report.outline import Section, section_title
from zeitgraph.reports.report.retries import invoke_with_retries

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

WriteSection = Callable[[Section], list[Draft] | None]

FAILURES_IN_A_ROW = 2
"""After this many sections that failed in a row, the model is not asked again."""


class ClaimAnswer(BaseModel):
    """One sentence and the evidence that it cites."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=2000, description="one sentence")
    evidence: list[str] = Field(max_length=50, description="ids of evidence, such as E3")


class SectionAnswer(BaseModel):
    """The answer of a model for one section."""

    model_config = ConfigDict(extra="forbid")
    claims: list[ClaimAnswer] = Field(max_length=40, description="the sentences in their order")


def llm_writer(
    llm: str,
    settings: ReportSettings,
    evidence: Evidence,
    note: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> WriteSection:
    """A function that asks the model `llm` for the drafts of one section.

    It returns None for a section for which the model failed, and for all later sections once the
    model failed twice in a row; `note` receives the reason. Raises what `open_model` raises.
    """
    model, words = open_model(llm, settings), labels(evidence.lang)["trouble"]
    failed_in_a_row = 0

    def write(section: Section) -> list[Draft] | None:
        nonlocal failed_in_a_row
        if failed_in_a_row >= FAILURES_IN_A_ROW:
            return None
        try:
            drafts = ask_section(model, section, evidence, settings, sleep)
        except ModelError as error:
            failed_in_a_row += 1
            title = section_title(section, evidence)
            note(words["section"].format(model=llm, section=title, problem=error.line))
            if failed_in_a_row == FAILURES_IN_A_ROW:
                note(words["gave_up"].format(model=llm))
            return None
        failed_in_a_row = 0
        return drafts

    return write


def ask_section(
    model: "BaseChatModel",
    section: Section,
    evidence: Evidence,
    settings: ReportSettings,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Draft]:
    """The model's drafts for one section; after a malformed answer it asks again with the reason.

    Raises `ModelError` if the model cannot be reached, or if none of `settings.reasks` + 1 answers
    is valid.
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    prompts = _prompts(evidence.lang)
    structured = model.with_structured_output(SectionAnswer.model_json_schema(), include_raw=True)
    messages: list[BaseMessage] = [
        SystemMessage(prompts.get_template("system.jinja").render()),
        HumanMessage(_request(section, evidence)),
    ]
    problem = ""
    for _ in range(settings.reasks + 1):
        raw = invoke_with_retries(structured, messages, settings, sleep)
        try:
            return _drafts(raw)
        except ValueError as error:
            problem = str(error)
        again = prompts.get_template("again.jinja").render(problem=problem)
        messages += [AIMessage(str(raw.text)[:2000]), HumanMessage(again)]
    raise ModelError(f"{settings.reasks + 1} answers could not be read; the last: {problem}")


# -- the request -----------------------------------------------------------------------------------


@cache
def _prompts(lang: str) -> jinja2.Environment:
    return words_environment(lang, loader=jinja2.FileSystemLoader(prompt_folder() / lang))


def _request(section: Section, evidence: Evidence) -> str:
    return (
        _prompts(evidence.lang)
        .get_template("ask.jinja")
        .render(
            week=evidence.week,
            kind=section.kind,
            subject=evidence.display_name(section.cluster_id),
            evidence=list(_lines(section, evidence)),
        )
    )


def _lines(section: Section, evidence: Evidence) -> Iterator[str]:
    """The section's evidence, one JSON line an item.

    `<` is escaped, so that no post can close the block of evidence.
    """
    for item in section.items:
        table = evidence_table(item, evidence, {})
        tree: dict[str, object] = {
            "id": item.evidence_id,
            "tells": table.title,
            "columns": [column.label for column in table.columns],
            "rows": [[cell.text for cell in row] for row in table.rows],
        }
        if table.derived:
            tree["counted"] = table.derived
        yield json.dumps(tree, ensure_ascii=False).replace("<", "\\u003c")


# -- the answer ------------------------------------------------------------------------------------


def _drafts(raw: "AIMessage") -> list[Draft]:
    """The drafts of an answer; raises `ValueError` with a short reason if it is malformed."""
    if raw.response_metadata.get("finish_reason") == "length":
        raise ValueError("it was cut off at the longest length")
    try:
        if raw.tool_calls:
            answer = SectionAnswer.model_validate(raw.tool_calls[0]["args"])
        else:
            fenced = re.fullmatch(r"\s*```(?:json)?\s*(.*?)\s*```\s*", str(raw.text), re.DOTALL)
            answer = SectionAnswer.model_validate_json(fenced[1] if fenced else str(raw.text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(f"{where}: {first['msg']}") from error
    return [
        Draft(_without_marks(c.text), tuple(dict.fromkeys(map(_evidence_id, c.evidence))))
        for c in answer.claims
    ]


def _without_marks(text: str) -> str:
    """A sentence without marks such as [E3], which models sometimes add."""
    return re.sub(r"\s*[\[(（【]\s*E\d+(?:\s*[,、，]\s*E\d+)*\s*[\])）】]", "", text).strip()


def _evidence_id(text: str) -> str:
    return text.strip().strip("[]()").upper()
