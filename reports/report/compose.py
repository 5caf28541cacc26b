"""Composes a report: each section is written, checked, and written from templates if that fails.

Input: the evidence, and perhaps the name of a language model. Output: a `Report` with every claim,
kept and dropped. This module does not know about files or pages.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zeitgraph.kg.workspace.rows import ClaimRow
from zeitgraph.kg.workspace.settings import ReportSettings
from zeitgraph.reports.page.formatting import labels
from zeitgraph.reports.report.claim_check import check_drafts
from zeitgraph.reports.report.claims import Claim, Draft
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.outline import Section, outline, section_title
from zeitgraph.reports.report.template_writer import template_drafts

Note = Callable[[str], None]
"""Receives a line about something that went wrong on the way."""


@dataclass(frozen=True)
class Report:
    """The sections of a report with their claims.

    `writer` is the language model that wrote at least one kept claim, or empty. `notes` are lines
    for the end of the page.
    """

    week: str
    lang: str
    writer: str
    sections: tuple[tuple[Section, tuple[Claim, ...]], ...]
    notes: tuple[str, ...] = ()

    @property
    def claims(self) -> list[Claim]:
        """All claims, kept and dropped, in order."""
        return [claim for _, claims in self.sections for claim in claims]


def compose(
    evidence: Evidence,
    settings: ReportSettings,
    llm: str = "",
    notes: Iterable[str] = (),
    note: Note = lambda _line: None,
) -> Report:
    """The report on `evidence`, written by the model `llm`, or from templates if `llm` is empty.

    The templates also write each section for which the model gives no claim that is kept; `note`
    receives the reason, and the report adds it to `notes`. Raises what `open_model` raises.
    """
    lines = list(notes)

    def say(line: str) -> None:
        lines.append(line)
        note(line)

    write = _model_or_nothing(llm, settings, evidence, say)
    words = labels(evidence.lang)["trouble"]
    sections, writer = [], ""
    for section in outline(evidence):
        drafts = write(section)
        claims = check_drafts(section.key, drafts or (), evidence, section.cluster_id)
        if any(claim.kept for claim in claims):
            writer = llm
        else:
            if drafts is not None:
                title = section_title(section, evidence)
                say(words["all_dropped"].format(model=llm, section=title))
            own = template_drafts(section, evidence)
            claims += check_drafts(section.key, own, evidence, section.cluster_id)
        sections.append((section, tuple(claims)))
    return Report(evidence.week, evidence.lang, writer, tuple(sections), tuple(lines))


def _model_or_nothing(
    llm: str, settings: ReportSettings, evidence: Evidence, say: Note
) -> Callable[[Section], list[Draft] | None]:
    if not llm:
        return lambda _section: None
    from zeitgraph.reports.report.llm_writer import llm_writer  # langchain takes 1 s to import

    return llm_writer(llm, settings, evidence, say)


def claim_rows(report: Report) -> list[ClaimRow]:
    """The report's claims as rows of the table `claims`; each claim id occurs once."""
    by_id = {claim.claim_id: claim for claim in report.claims}
    return [
        {
            "week": report.week,
            "claim_id": claim.claim_id,
            "text": claim.text,
            "evidence": list(claim.evidence),
            "status": claim.status,
            "reason": claim.reason,
            "lang": report.lang,
            "section": claim.section,
        }
        for claim in by_id.values()
    ]
