"""The report as JSON and as Markdown.

Input: a report and its evidence. Output: the bytes of `report.json` and `report.md`. The same input
gives the same bytes: this module reads no clock.
"""

import json
import re
from dataclasses import asdict

from zeitgraph.reports.page.formatting import counted, labels
from zeitgraph.reports.page.layout import page_environment
from zeitgraph.reports.report.compose import Report
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.evidence_tables import evidence_table
from zeitgraph.reports.report.outline import section_title


def report_json(report: Report, evidence: Evidence) -> bytes:
    """`report.json`: the sections with their kept claims, the dropped claims, and the evidence."""
    kept = ("claim_id", "text", "evidence")
    tree = {
        "week": report.week,
        "lang": report.lang,
        "writer": report.writer,
        "notes": list(report.notes),
        "sections": [
            {
                "key": section.key,
                "title": section_title(section, evidence),
                "cluster_id": section.cluster_id or None,
                "claims": [{k: asdict(c)[k] for k in kept} for c in claims if c.kept],
            }
            for section, claims in report.sections
        ],
        "dropped": [
            {k: asdict(c)[k] for k in (*kept, "section", "reason")}
            for c in report.claims
            if not c.kept
        ],
        "evidence": [
            {
                "id": item.evidence_id,
                "question": item.question,
                "arguments": dict(item.arguments),
                "columns": list(item.columns),
                "rows": [dict(row) for row in item.rows],
                "counted": dict(item.derived),
            }
            for item in evidence.items
        ],
    }
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def report_markdown(report: Report, evidence: Evidence) -> bytes:
    """`report.md`: the kept claims, with their evidence as footnotes."""
    environment = page_environment(report.lang).overlay(autoescape=False)
    environment.filters["md"] = escape_markdown
    cited = {e for claim in report.claims if claim.kept for e in claim.evidence}
    tables = [evidence_table(i, evidence, {}) for i in evidence.items if i.evidence_id in cited]
    text = environment.get_template("report.md.jinja").render(
        say=labels(report.lang)["page"],
        heading=heading(report),
        space=labels(report.lang)["list"]["space"],
        week=report.week,
        sections=[
            {"title": section_title(section, evidence), "claims": [c for c in claims if c.kept]}
            for section, claims in report.sections
        ],
        evidence=tables,
        **colophon(report, evidence),
    )
    return re.sub(r"\n{3,}", "\n\n", text).encode("utf-8", "replace")


def escape_markdown(text: str) -> str:
    """`text` with every character that Markdown or HTML would read as markup escaped."""
    return re.sub(r"([\\`*_{}\[\]<>|~#&!])", r"\\\1", text)


def heading(report: Report) -> str:
    """The title of the report, with the number of its week."""
    return str(labels(report.lang)["page"]["title"]).format(week=int(report.week[6:]))


def colophon(report: Report, evidence: Evidence) -> dict[str, object]:
    """The last lines of a report: who wrote it (`written`), how it was `checked`, and `notes`."""
    words = labels(report.lang)["page"]
    kept = sum(claim.kept for claim in report.claims)
    sentences = counted(kept, "sentences", report.lang)
    answers = counted(len(evidence.items), "answers", report.lang)
    written = words["written_model" if report.writer else "written_plain"]
    return {
        "written": written.format(report.writer, sentences, len(report.claims) - kept),
        "checked": words["checked"].format(sentences, answers),
        "notes": report.notes,
    }
