"""The chain: a chat model of LangChain writes the sections of a report, in structured answers.

In: `provider:model`, the settings, the evidence; then one section after another. Out: drafts, or
None where the model failed, and then a note. Nothing that a model says is believed here: drafts are
checked by `claims` like anybody's. Posts stand in the prompts as quoted JSON. The key comes from
the environment, and is never logged or written. Prompts are files in `prompts/report/{lang}/`.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jinja2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zeitgraph.kg.base.errors import MissingPart, ModelError, SettingsError
from zeitgraph.kg.workspace.settings import ReportSettings
from zeitgraph.reports.page.formatting import labels, prompt_folder, words_environment
from zeitgraph.reports.report.claim_check import Draft
from zeitgraph.reports.report.evidence import Evidence, one_line
from zeitgraph.reports.report.evidence_tables import show_item
from zeitgraph.reports.report.outline import Section, section_title

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

Write = Callable[[Section], list[Draft] | None]

SEED = 7
FIRST_WAIT_S = 0.5
"""The wait before the second attempt; it doubles with each further one."""


class ClaimAnswer(BaseModel):
    """One sentence and the evidence it rests on."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=2000, description="one sentence")
    evidence: list[str] = Field(max_length=50, description="ids of evidence, such as E3")


class SectionAnswer(BaseModel):
    """What a model answers for a section."""

    model_config = ConfigDict(extra="forbid")
    claims: list[ClaimAnswer] = Field(max_length=40, description="the sentences in their order")


def model_writer(
    llm: str,
    settings: ReportSettings,
    evidence: Evidence,
    note: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Write:
    """A writer that asks the model `llm` for one section at a time.

    It gives None for a section for which the model failed for good, and from then on for all where
    it failed twice in a row. Raises `SettingsError` for an unknown provider or a missing key, and
    `MissingPart` for a provider whose package is not installed.
    """
    model, words = open_model(llm, settings), labels(evidence.lang)["trouble"]
    failed_in_a_row = 0

    def write(section: Section) -> list[Draft] | None:
        nonlocal failed_in_a_row
        if failed_in_a_row >= 2:
            return None
        try:
            drafts = ask_section(model, section, evidence, settings, sleep)
        except ModelError as error:
            failed_in_a_row += 1
            title = section_title(section, evidence)
            note(words["section"].format(model=llm, section=title, problem=error.line))
            if failed_in_a_row == 2:
                note(words["gave_up"].format(model=llm))
            return None
        failed_in_a_row = 0
        return drafts

    return write


# -- the model -------------------------------------------------------------------------------------


def open_model(llm: str, settings: ReportSettings) -> "BaseChatModel":
    """The chat model called `provider:model`, at temperature 0 and with our own retries.

    `huggingface:FOLDER` (or a hub name) is a local model; the other providers are those of
    LangChain's `init_chat_model`.
    """
    provider, _, name = llm.partition(":")
    if not name:
        raise SettingsError(f"«{llm}» names no model", do="write it as provider:model")
    if provider == "huggingface":
        from zeitgraph.reports.report.local_model import open_local_model  # torch, transformers

        return open_local_model(name, settings.max_tokens)
    from langchain.chat_models import init_chat_model

    arguments = _ARGUMENTS.get(provider, _common)(settings) | _access(provider, settings)
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **arguments)
    except ImportError as error:
        package = f"langchain-{provider.partition('_')[0]}"
        raise MissingPart(
            f"the provider {provider} is not installed", do=f"pip install {package}"
        ) from error
    except Exception as error:  # each provider has errors of its own for a bad name or key
        line = _without_key(f"{type(error).__name__}: {error}", settings)
        raise SettingsError(f"the model {llm} cannot be opened: {line}") from error
    return model


def _common(_settings: ReportSettings) -> dict[str, Any]:
    return {"temperature": 0}


def _openai(settings: ReportSettings) -> dict[str, Any]:
    limits = {"timeout": settings.timeout_s, "max_tokens": settings.max_tokens}
    return {"temperature": 0, "seed": SEED, "max_retries": 0} | limits


def _anthropic(settings: ReportSettings) -> dict[str, Any]:
    return {"temperature": 0, "max_retries": 0, "max_tokens": settings.max_tokens}


def _ollama(settings: ReportSettings) -> dict[str, Any]:
    limits = {"num_predict": settings.max_tokens, "client_kwargs": {"timeout": settings.timeout_s}}
    return {"temperature": 0, "seed": SEED} | limits


_ARGUMENTS: Mapping[str, Callable[[ReportSettings], dict[str, Any]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "ollama": _ollama,
}
"""What a provider is told beside the model's name; others are told the temperature alone."""


def _access(provider: str, settings: ReportSettings) -> dict[str, Any]:
    """Base URL and key. A server at a base URL of one's own may need no key."""
    access: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
    if settings.api_key_env:
        if not (key := os.environ.get(settings.api_key_env)):
            raise SettingsError(
                f"the variable {settings.api_key_env} is not set",
                where="report.api_key_env",
                do="export it with the model's key",
            )
        access["api_key"] = key
    elif provider == "openai" and settings.base_url and not os.environ.get("OPENAI_API_KEY"):
        access["api_key"] = "none"
    return access


# -- one section -----------------------------------------------------------------------------------


def ask_section(
    model: "BaseChatModel",
    section: Section,
    evidence: Evidence,
    settings: ReportSettings,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Draft]:
    """The model's drafts for one section; malformed answers are asked for again, so many times.

    Raises `ModelError` where the model cannot be reached or gives no valid answer.
    """
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    prompts = _prompts(evidence.lang)
    asked = model.with_structured_output(SectionAnswer.model_json_schema(), include_raw=True)
    messages: list[BaseMessage] = [
        SystemMessage(prompts.get_template("system.jinja").render()),
        HumanMessage(_question(section, evidence)),
    ]
    problem = ""
    for _ in range(settings.reasks + 1):
        raw = _call(asked, messages, settings, sleep)
        try:
            return _drafts(raw)
        except ValueError as error:
            problem = str(error)
        again = prompts.get_template("again.jinja").render(problem=problem)
        messages += [AIMessage(str(raw.text)[:2000]), HumanMessage(again)]
    raise ModelError(f"{settings.reasks + 1} answers could not be read; the last: {problem}")


@cache
def _prompts(lang: str) -> jinja2.Environment:
    return words_environment(lang, loader=jinja2.FileSystemLoader(prompt_folder() / lang))


def _question(section: Section, evidence: Evidence) -> str:
    return (
        _prompts(evidence.lang)
        .get_template("ask.jinja")
        .render(
            week=evidence.week,
            kind=section.kind,
            subject=evidence.called(section.cluster_id),
            evidence=list(_lines(section, evidence)),
        )
    )


def _lines(section: Section, evidence: Evidence) -> Iterator[str]:
    """The section's evidence, an item a line of JSON; `<` is escaped, so no post ends the block."""
    for item in section.items:
        shown = show_item(item, evidence, {})
        tree: dict[str, object] = {
            "id": item.evidence_id,
            "tells": shown.title,
            "columns": [column.label for column in shown.columns],
            "rows": [[cell.text for cell in row] for row in shown.rows],
        }
        if shown.derived:
            tree["counted"] = shown.derived
        yield json.dumps(tree, ensure_ascii=False).replace("<", "\\u003c")


def _drafts(raw: "AIMessage") -> list[Draft]:
    """The claims of an answer; raises `ValueError`, in a few words, where it is not one."""
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
        Draft(_unmarked(c.text), tuple(dict.fromkeys(map(_id, c.evidence)))) for c in answer.claims
    ]


def _unmarked(text: str) -> str:
    """A sentence without marks such as [E3] that a model put into it."""
    return re.sub(r"\s*[\[(（【]\s*E\d+(?:\s*[,、，]\s*E\d+)*\s*[\])）】]", "", text).strip()


def _id(text: str) -> str:
    return text.strip().strip("[]()").upper()


# -- trouble ---------------------------------------------------------------------------------------

_TRANSIENT = frozenset({408, 409, 425, 429})
"""Answers after which it makes sense to try again, besides all of 500 and more."""


def _call(
    asked: "Runnable[Any, Any]",
    messages: "list[BaseMessage]",
    settings: ReportSettings,
    sleep: Callable[[float], None],
) -> "AIMessage":
    """The answer, after waits and new attempts where the server is busy, failing or not there."""
    wait = FIRST_WAIT_S
    for attempt in range(settings.retries + 1):
        try:
            return cast("AIMessage", asked.invoke(messages)["raw"])
        except Exception as error:  # every provider has errors of its own, with no common parent
            asked_wait = _retry_after(error)
            pause = wait if asked_wait is None else asked_wait
            if (
                attempt == settings.retries
                or not _may_pass(error)
                or pause > settings.longest_wait_s
            ):
                raise ModelError(_in_words(error, settings)) from error
        sleep(pause)
        wait = min(wait * 2, settings.longest_wait_s)
    raise AssertionError("the last attempt either returned or raised")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _may_pass(error: BaseException) -> bool:
    """Whether a new attempt may go better: by HTTP status, else if the connection failed."""
    import httpx

    if (status := _status(error)) is not None:
        return status in _TRANSIENT or status >= 500
    return any(isinstance(e, OSError | httpx.TransportError) for e in _causes(error))


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return status if isinstance(status, int) else None


def _retry_after(error: BaseException) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: seconds or a date), if it does."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", "")).strip()
    if not value:
        return None
    if re.fullmatch(r"\d+(?:\.\d+)?", value):
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _in_words(error: BaseException, settings: ReportSettings) -> str:
    status = _status(error)
    said = f"HTTP {status}" if status else type(error).__name__
    return _without_key(f"{said}: {one_line(str(error))[:200]}", settings)


def _without_key(line: str, settings: ReportSettings) -> str:
    """`line` with the key blotted out, should a server or library repeat it."""
    names = (settings.api_key_env, "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
    for key in filter(None, (os.environ.get(name) for name in names if name)):
        line = line.replace(key, "•••")
    return re.sub(r"\bsk-[\w*-]{4,}", "•••", line)
