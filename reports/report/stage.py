"""The weekly report as a stage: evidence, sentences, checks, files.

Input: a workspace whose graph holds the week, a language, and perhaps a language model. Output: the
folder `reports/<week>/` with `index.html`, `report.md` and `report.json`, and the table of claims.
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import CLAIMS, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.report.compose import Note, claim_rows, compose
from zeitgraph.reports.report.evidence_builder import Ask, collect_evidence
from zeitgraph.reports.report.page import report_html
from zeitgraph.reports.report.page_data import gather_page_data
from zeitgraph.reports.report.text_files import report_json, report_markdown
from zeitgraph.reports.report.weighting_note import weighting_notes


@dataclass(frozen=True)
class ReportFiles:
    """The paths of a report's files, and its claims as rows of the table `claims`."""

    html: Path
    markdown: Path
    json: Path
    claims: pa.Table


def write_report(job: Job) -> dict[str, pa.Table]:
    """The stage: writes the report of the week in the settings' language; returns its `claims`."""
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
    note: Note = lambda _line: None,
    ask: Ask | None = None,
) -> ReportFiles:
    """Write the report of `week` in `lang` (`en` or `zh`); `llm` is `provider:model` or empty.

    `note` receives what went wrong on the way. `ask` answers the canned questions, by default from
    the graph. A model that fails never loses the report: the templates write its sections. Raises
    `MissingPart` if the provider's package is not installed, and `StoreError` if the graph cannot
    be asked.
    """
    evidence = collect_evidence(workspace, week, lang, ask)
    notes = weighting_notes(workspace, week, lang)
    report = compose(evidence, workspace.settings.report, llm, notes, note)
    data = gather_page_data(workspace, evidence, note)
    folder = workspace.report_folder(week)
    files = {
        "report.json": report_json(report, evidence),
        "report.md": report_markdown(report, evidence),
        "index.html": report_html(report, evidence, data),
    }
    for name, content in files.items():
        write_aside(folder / name, content)
    return ReportFiles(
        html=folder / "index.html",
        markdown=folder / "report.md",
        json=folder / "report.json",
        claims=make_table(CLAIMS, claim_rows(report)),
    )
