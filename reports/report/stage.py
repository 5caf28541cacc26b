"""The weekly report: evidence, sentences, checks, files.

In: a workspace whose graph knows the week, a language, and perhaps a model. Out: the folder
`reports/<week>/` with `index.html`, `report.md` and `report.json`, and the table of claims. Each
section is written by the model if there is one; where it fails, the plain writer takes the section,
and the report says so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.charts import Point
from zeitgraph.reports.page.formatting import labels
from zeitgraph.reports.report.cards import post_cards
from zeitgraph.reports.report.claim_check import Claim, Draft, check_drafts
from zeitgraph.reports.report.evidence import Ask, Evidence, collect_evidence
from zeitgraph.reports.report.outline import Section, outline, section_title
from zeitgraph.reports.report.page import Report, Shelf, report_html, report_json, report_markdown
from zeitgraph.reports.report.template_writer import write_plainly
from zeitgraph.reports.report.weighting_note import balance_notes

Note = Callable[[str], None]


def _silent(_line: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class ReportFiles:
    """Where a report lies, and its claims as rows of the table `claims`."""

    html: Path
    markdown: Path
    json: Path
    claims: pa.Table


def write_report(job: Job) -> dict[str, pa.Table]:
    """The stage: writes the report of the week in the settings' language; gives its `claims`."""
    if job.table("posts").num_rows == 0:
        return {}
    settings = job.settings.report
    files = weekly_report(job.workspace, job.week, settings.lang, settings.llm, note=job.note)
    return {"claims": files.claims}


def weekly_report(
    workspace: Workspace,
    week: str,
    lang: str,
    llm: str = "",
    *,
    note: Note = _silent,
    ask: Ask | None = None,
) -> ReportFiles:
    """Write the report of `week` in `lang` (`en` or `zh`); `llm` is `provider:model` or empty.

    `note` hears what went wrong on the way. `ask` answers the canned questions; the graph unless
    given. Raises `MissingPart` for a provider whose package is not installed, `StoreError` where
    the graph cannot be asked; a model that fails never loses the report.
    """
    evidence = collect_evidence(workspace, week, lang, ask)
    report = compose(workspace, evidence, llm, note)
    shelf = gather_shelf(workspace, evidence, note)
    folder = workspace.report_folder(week)
    pages = {
        "report.json": report_json(report, evidence),
        "report.md": report_markdown(report, evidence),
        "index.html": report_html(report, evidence, shelf),
    }
    for name, data in pages.items():
        write_aside(folder / name, data)
    claims = make_table(TABLES["claims"], claim_rows(report))
    return ReportFiles(
        html=folder / "index.html",
        markdown=folder / "report.md",
        json=folder / "report.json",
        claims=claims,
    )


def compose(workspace: Workspace, evidence: Evidence, llm: str, note: Note) -> Report:
    """All sections, written by the model called `llm` or plainly, and checked."""
    notes = balance_notes(workspace, evidence.week, evidence.lang)

    def say(line: str) -> None:
        notes.append(line)
        note(line)

    write: Callable[[Section], list[Draft] | None] = lambda _section: None  # noqa: E731
    if llm:
        from zeitgraph.reports.report.llm_writer import (
            model_writer,  # langchain takes a second to import
        )

        write = model_writer(llm, workspace.settings.report, evidence, say)
    sections, writer = [], ""
    for section in outline(evidence):
        drafts = write(section)
        claims = check_drafts(section.key, drafts or (), evidence, section.cluster_id)
        if any(claim.kept for claim in claims):
            writer = llm
        else:
            if drafts is not None:
                title = section_title(section, evidence)
                say(
                    labels(evidence.lang)["trouble"]["all_dropped"].format(model=llm, section=title)
                )
            plain = write_plainly(section, evidence)
            claims += check_drafts(section.key, plain, evidence, section.cluster_id)
        sections.append((section, tuple(claims)))
    return Report(evidence.week, evidence.lang, writer, tuple(sections), tuple(notes))


def claim_rows(report: Report) -> list[dict[str, object]]:
    """The report's claims as rows of the table `claims`; a claim id stands once."""
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
        for claim in _once(report.claims)
    ]


def _once(claims: Iterable[Claim]) -> Iterable[Claim]:
    return {claim.claim_id: claim for claim in claims}.values()


def gather_shelf(workspace: Workspace, evidence: Evidence, note: Note) -> Shelf:
    """Cards, lines and first weeks of all that the evidence tells about."""
    settings, week = workspace.settings.report, evidence.week
    post_ids = {
        str(row["post_id"]) for item in evidence.answers("cluster_posts") for row in item.rows
    }
    known = [w for w in workspace.weeks("trends") if w <= week] or [week]
    weeks = [week_after(week, -back) for back in range(settings.history)][::-1]
    weeks = [w for w in weeks if w >= known[0]]
    firsts = {
        row["cluster_id"]: row["first_week"] for row in workspace.read("clusters", week).to_pylist()
    }
    return Shelf(
        cards=post_cards(workspace, week, post_ids, settings.picture_pixels, note),
        points=share_points(workspace, weeks, evidence.told),
        weeks=tuple(weeks),
        first_weeks=firsts,
    )


def share_points(
    workspace: Workspace, weeks: Iterable[str], clusters: Iterable[str]
) -> Mapping[str, tuple[Point, ...]]:
    """For each cluster its share and interval in each of `weeks`; None where it has no row."""
    tables = {
        w: {r["cluster_id"]: r for r in workspace.read("trends", w).to_pylist()} for w in weeks
    }

    def point(week: str, cluster: str) -> Point:
        row = tables[week].get(cluster)
        if row is None:
            return Point(week, None)
        return Point(week, row["share"], row["share_low"], row["share_high"])

    return {cluster: tuple(point(week, cluster) for week in tables) for cluster in clusters}
