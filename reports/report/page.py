"""The report as files: a page of one file, Markdown, and JSON.

In: a report (its sections with checked claims), the evidence, cards of posts, and lines of shares.
Out: the bytes of `index.html`, `report.md` and `report.json`. Same input, same bytes: nothing here
looks at a clock. Knows nothing about stores or models.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from zeitgraph.reports.page.charts import (
    Line,
    Point,
    Slice,
    part_bar,
    picture_strip,
    share_bar,
    share_panels,
    sparkline,
)
from zeitgraph.reports.page.formatting import counted, labels, pair, percent
from zeitgraph.reports.page.layout import page_environment, render_page
from zeitgraph.reports.report.cards import Card, Picture, small_picture
from zeitgraph.reports.report.claim_check import Claim, find_names
from zeitgraph.reports.report.evidence import ENTITY_KINDS, Evidence, Row
from zeitgraph.reports.report.evidence_tables import WEEKLY, Shown, cluster_anchor, show_item
from zeitgraph.reports.report.outline import Section, section_title


@dataclass(frozen=True)
class Report:
    """What a report says: each section with its claims, who wrote it, and what went wrong."""

    week: str
    lang: str
    writer: str
    sections: tuple[tuple[Section, tuple[Claim, ...]], ...]
    notes: tuple[str, ...] = ()

    @property
    def claims(self) -> list[Claim]:
        """All claims, kept and dropped, in order."""
        return [claim for _, claims in self.sections for claim in claims]


@dataclass(frozen=True)
class Shelf:
    """What the page shows beside the sentences: cards by post id, points by cluster id, the weeks
    of the charts, oldest first, and the first week of each cluster.
    """

    cards: Mapping[str, Card]
    points: Mapping[str, tuple[Point, ...]]
    weeks: tuple[str, ...]
    first_weeks: Mapping[str, str]


def report_json(report: Report, evidence: Evidence) -> bytes:
    """`report.json`: sections with their claims, the claims set aside, and the evidence."""
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
    """`report.md`: the kept claims, their evidence as footnotes."""
    environment = page_environment(report.lang).overlay(autoescape=False)
    environment.filters["md"] = escape_markdown
    named = {e for claim in report.claims if claim.kept for e in claim.evidence}
    shown = [show_item(item, evidence, {}) for item in evidence.items if item.evidence_id in named]
    text = environment.get_template("report.md.jinja").render(
        say=labels(report.lang)["page"],
        heading=_heading(report),
        space=labels(report.lang)["list"]["space"],
        week=report.week,
        sections=[
            {"title": section_title(section, evidence), "claims": [c for c in claims if c.kept]}
            for section, claims in report.sections
        ],
        evidence=shown,
        **_colophon(report, evidence),
    )
    return re.sub(r"\n{3,}", "\n\n", text).encode("utf-8", "replace")


def escape_markdown(text: str) -> str:
    """`text` with every character that Markdown or HTML would read as markup escaped."""
    return re.sub(r"([\\`*_{}\[\]<>|~#&!])", r"\\\1", text)


def report_html(report: Report, evidence: Evidence, shelf: Shelf) -> bytes:
    """`index.html`: one file that loads nothing."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    shown = {i.evidence_id: show_item(i, evidence, shelf.cards) for i in evidence.items}
    claims_of: dict[str, list[dict[str, Any]]] = {}
    for section, claims in report.sections:
        view = [_claim(claim, evidence, shown, section) for claim in claims if claim.kept]
        claims_of[section.key] = view
        by_kind[section.kind] = view
    styles = [
        _style(row, claims_of[f"cluster:{row['cluster_id']}"], evidence, shelf)
        for item in evidence.answers("top_clusters")
        for row in item.rows
        if row["cluster_id"] in evidence.told
    ]
    values = {
        "heading": _heading(report),
        "week": report.week,
        "numbers": _numbers(evidence),
        "strip": _strip(styles, report.lang),
        "part": _part(len(styles), evidence),
        "panels": _panels(styles, shelf),
        "summary": by_kind["summary"],
        "moves": by_kind["moves"],
        "watch": by_kind["watch"],
        "styles": styles,
        "evidence": _groups(list(shown.values()), evidence),
        "dropped": [claim for claim in report.claims if not claim.kept],
        **_colophon(report, evidence),
    }
    return render_page("report.html.jinja", report.lang, values, styles=("style.css", "report.css"))


# -- parts of the page -----------------------------------------------------------------------------


def _heading(report: Report) -> str:
    return str(labels(report.lang)["page"]["title"]).format(week=int(report.week[6:]))


def _colophon(report: Report, evidence: Evidence) -> dict[str, Any]:
    say = labels(report.lang)["page"]
    kept = sum(claim.kept for claim in report.claims)
    sentences = counted(kept, "sentences", report.lang)
    answers = counted(len(evidence.items), "answers", report.lang)
    written = say["written_model" if report.writer else "written_plain"]
    return {
        "written": written.format(report.writer, sentences, len(report.claims) - kept),
        "checked": say["checked"].format(sentences, answers),
        "notes": report.notes,
    }


def _claim(
    claim: Claim, evidence: Evidence, shown: Mapping[str, Shown], section: Section
) -> dict[str, Any]:
    """A claim as shown: its text cut at the names that lead to a section, and its evidence."""
    parts, place = [], 0
    for named in find_names(claim.text, evidence):
        leads = sorted(named.ids & set(evidence.told) - {section.cluster_id})
        if leads:
            parts.append({"text": claim.text[place : named.start], "href": ""})
            parts.append(
                {
                    "text": claim.text[named.start : named.end],
                    "href": f"#{cluster_anchor(leads[0])}",
                }
            )
            place = named.end
    parts.append({"text": claim.text[place:], "href": ""})
    items = [shown[e] for e in claim.evidence]
    return {"claim_id": claim.claim_id, "parts": parts, "answers": items}


def _numbers(evidence: Evidence) -> list[dict[str, Any]]:
    now, before = (item.rows[0] if item.rows else {} for item in evidence.answers("week_overview"))
    return [
        {"label": forms["one" if now[name] == 1 else "many"]}
        | {"now": now[name], "before": before.get(name)}
        for name, forms in labels(evidence.lang)["figure"].items()
        if name in now
    ]


def _part(told: int, evidence: Evidence) -> str:
    """How many of the week's styles the table tells; nothing where it tells them all."""
    overview = evidence.answers("week_overview")[0]
    every = overview.rows[0]["clusters"] if overview.rows else told
    say = str(labels(evidence.lang)["page"]["part"])
    return say.format(told, counted(every, "clusters", evidence.lang)) if every > told else ""


def _style(
    row: Row, claims: Sequence[Mapping[str, Any]], evidence: Evidence, shelf: Shelf
) -> dict[str, Any]:
    """All that the page shows of one cluster."""
    cluster, lang = str(row["cluster_id"]), evidence.lang
    known, name = evidence.known[cluster], evidence.called(cluster)
    other = known.called("en" if lang == "zh" else "zh")
    points = shelf.points.get(cluster, ())
    posts = [p for i in evidence.answers("cluster_posts", cluster=cluster) for p in i.rows]
    cards = [shelf.cards[p["post_id"]] for p in posts if p["post_id"] in shelf.cards]
    top = max(
        (r["share_high"] or r["share"] for r in evidence.answers("top_clusters")[0].rows),
        default=1.0,
    )
    face = next((card.picture_path for card in cards if card.picture_path), None)
    return {
        "row": row,
        "anchor": cluster_anchor(cluster),
        "name": name,
        "other": other if other != name else "",
        "other_lang": "en" if lang == "zh" else "zh",
        "state": labels(lang)["state"].get(row["state"], row["state"]),
        "since": shelf.first_weeks.get(cluster, ""),
        "claims": claims,
        "cards": cards,
        "face": face,
        "thumb": small_picture(face, 96, quality=60) if face else None,
        "bar": share_bar(
            pair(name, percent(row["share"]), lang),
            row["share"],
            row["share_low"],
            row["share_high"],
            top,
        ),
        "spark": sparkline(name, points),
        "curve": sparkline(name, points, tall=True),
        "points": points,
        "from": shelf.weeks[0],
        "kinds": _kinds(cluster, evidence),
    }


def _kinds(cluster: str, evidence: Evidence) -> list[dict[str, Any]]:
    """The entities of a cluster by kind, the three most frequent of each."""
    kinds = []
    for kind in ENTITY_KINDS:
        items = evidence.answers("cluster_entities", cluster=cluster, kind=kind)
        rows = [
            {
                "name": (name := evidence.called(str(row["entity_id"]))),
                "probability": row["probability"],
                "bar": part_bar(
                    pair(name, percent(row["probability"]), evidence.lang), row["probability"]
                ),
            }
            for item in items
            for row in item.rows[:3]
        ]
        kinds += [{"kind": kind, "rows": rows}] if rows else []
    return kinds[:4]


def _strip(styles: Sequence[Mapping[str, Any]], lang: str) -> object:
    """The strip of pictures; nothing where fewer than three styles have one."""
    slices = []
    for style in styles:
        picture: Picture | None = (
            small_picture(style["face"], 460, quality=68) if style["face"] else None
        )
        if picture:
            slices.append(
                Slice(style["name"], style["row"]["share"], picture.uri, f"#{style['anchor']}")
            )
    return picture_strip(labels(lang)["page"]["strip"], slices) if len(slices) > 2 else ""


def _panels(styles: Sequence[Mapping[str, Any]], shelf: Shelf) -> list[dict[str, Any]]:
    """A panel for each style, in the order of the table."""
    charts = share_panels([Line(s["name"], s["points"]) for s in styles], shelf.weeks)
    return [{"style": s, "chart": chart} for s, chart in zip(styles, charts, strict=True)]


def _groups(items: Sequence[Shown], evidence: Evidence) -> list[dict[str, Any]]:
    say = labels(evidence.lang)["page"]
    week = {
        "title": say["week"].format(number=int(evidence.week[6:])),
        "answers": [i for i in items if i.group == WEEKLY],
    }
    return [week] + [
        {"title": evidence.called(c), "answers": [i for i in items if i.group == c]}
        for c in evidence.told
    ]
