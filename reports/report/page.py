"""The report as a web page: one HTML file that loads nothing.

Input: a report, its evidence, and the data beside the sentences. Output: the bytes of `index.html`.
The same input gives the same bytes: this module reads no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

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
from zeitgraph.reports.page.inline_picture import InlinePicture, inline_picture
from zeitgraph.reports.page.layout import render_page
from zeitgraph.reports.report.canned_questions import (
    CLUSTER_ENTITIES,
    CLUSTER_POSTS,
    TOP_CLUSTERS,
    WEEK_OVERVIEW,
    RankedClusterRow,
)
from zeitgraph.reports.report.cards import Card
from zeitgraph.reports.report.claims import Claim
from zeitgraph.reports.report.compose import Report
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.evidence_builder import KINDS_BY_INTEREST
from zeitgraph.reports.report.evidence_tables import (
    WEEKLY,
    EvidenceTable,
    cluster_anchor,
    evidence_table,
)
from zeitgraph.reports.report.name_spans import find_names
from zeitgraph.reports.report.outline import Section, section_title
from zeitgraph.reports.report.page_data import PageData
from zeitgraph.reports.report.text_files import colophon, heading

ENTITIES_PER_KIND, MOST_KINDS = 3, 4
"""How many entities of a kind a section shows, and of how many kinds."""

PLACED_KINDS = frozenset({"summary", "moves", "cluster", "watch"})
"""Kinds of sections that have a place on the page; sections of other kinds follow after them."""

THUMBNAIL_PIXELS, STRIP_PIXELS = 96, 460
"""The longer side of a picture in the table, and of one in the strip."""


@dataclass(frozen=True)
class StyleSection:
    """Everything that the page shows of one cluster; its template is `report.html.jinja`."""

    row: RankedClusterRow
    anchor: str
    name: str
    other: str
    other_lang: str
    state: str
    since: str
    claims: Sequence[Mapping[str, Any]]
    cards: Sequence[Card]
    face: Path | None
    thumb: InlinePicture | None
    bar: Markup
    spark: Markup
    curve: Markup
    points: tuple[Point, ...]
    chart_start: str
    kinds: Sequence[Mapping[str, Any]]


def report_html(report: Report, evidence: Evidence, data: PageData) -> bytes:
    """`index.html`: one file that loads nothing."""
    tables = {i.evidence_id: evidence_table(i, evidence, data.cards) for i in evidence.items}
    by_kind: dict[str, list[dict[str, Any]]] = {}
    by_key: dict[str, list[dict[str, Any]]] = {}
    for section, claims in report.sections:
        shown = [_claim(claim, evidence, tables, section) for claim in claims if claim.kept]
        by_key[section.key] = by_kind[section.kind] = shown
    styles = [
        _style(row, by_key[f"cluster:{row['cluster_id']}"], evidence, data)
        for item in evidence.answers(TOP_CLUSTERS)
        for row in item.rows
        if row["cluster_id"] in evidence.featured
    ]
    values = {
        "heading": heading(report),
        "week": report.week,
        "numbers": _numbers(evidence),
        "strip": _strip(styles, report.lang),
        "part": _part(len(styles), evidence),
        "panels": _panels(styles, data),
        "summary": by_kind["summary"],
        "moves": by_kind["moves"],
        "watch": by_kind["watch"],
        "further": [
            {"key": s.key, "title": section_title(s, evidence), "claims": by_key[s.key]}
            for s, _ in report.sections
            if s.kind not in PLACED_KINDS
        ],
        "styles": styles,
        "evidence": _groups(list(tables.values()), evidence),
        "dropped": [claim for claim in report.claims if not claim.kept],
        **colophon(report, evidence),
    }
    return render_page("report.html.jinja", report.lang, values, styles=("style.css", "report.css"))


# -- parts of the page -----------------------------------------------------------------------------


def _claim(
    claim: Claim, evidence: Evidence, tables: Mapping[str, EvidenceTable], section: Section
) -> dict[str, Any]:
    """A claim for the template: its text, cut at names that link to a section, and its evidence."""
    parts, place = [], 0
    for named in find_names(claim.text, evidence):
        targets = sorted(named.ids & set(evidence.featured) - {section.cluster_id})
        if targets:
            href = f"#{cluster_anchor(targets[0])}"
            parts.append({"text": claim.text[place : named.start], "href": ""})
            parts.append({"text": claim.text[named.start : named.end], "href": href})
            place = named.end
    parts.append({"text": claim.text[place:], "href": ""})
    answers = [tables[e] for e in claim.evidence]
    return {"claim_id": claim.claim_id, "parts": parts, "answers": answers}


def _numbers(evidence: Evidence) -> list[dict[str, Any]]:
    """The figures at the top of the page, each beside that of the week before."""
    now, before = (
        dict(item.rows[0]) if item.rows else {} for item in evidence.answers(WEEK_OVERVIEW)
    )
    return [
        {"label": forms["one" if now[name] == 1 else "many"]}
        | {"now": now[name], "before": before.get(name)}
        for name, forms in labels(evidence.lang)["figure"].items()
        if name in now
    ]


def _part(shown: int, evidence: Evidence) -> str:
    """How many of the week's styles the table shows; empty if it shows all."""
    overview = evidence.answers(WEEK_OVERVIEW)[0]
    total = overview.rows[0]["clusters"] if overview.rows else shown
    words = str(labels(evidence.lang)["page"]["part"])
    if total <= shown:
        return ""
    return words.format(shown, counted(total, "clusters", evidence.lang))


def _style(
    row: RankedClusterRow, claims: Sequence[Mapping[str, Any]], evidence: Evidence, data: PageData
) -> StyleSection:
    cluster, lang = row["cluster_id"], evidence.lang
    known, name = evidence.known[cluster], evidence.display_name(cluster)
    other_lang = "en" if lang == "zh" else "zh"
    other = known.display_name(other_lang)
    points = data.points.get(cluster, ())
    posts = [p for i in evidence.answers(CLUSTER_POSTS, cluster=cluster) for p in i.rows]
    cards = [data.cards[p["post_id"]] for p in posts if p["post_id"] in data.cards]
    face = next((card.picture_path for card in cards if card.picture_path), None)
    return StyleSection(
        row=row,
        anchor=cluster_anchor(cluster),
        name=name,
        other=other if other != name else "",
        other_lang=other_lang,
        state=str(labels(lang)["state"].get(row["state"], row["state"])),
        since=data.first_weeks.get(cluster, ""),
        claims=claims,
        cards=cards,
        face=face,
        thumb=inline_picture(face, THUMBNAIL_PIXELS, quality=60) if face else None,
        bar=share_bar(
            pair(name, percent(row["share"]), lang),
            row["share"],
            row["share_low"],
            row["share_high"],
            _longest_bar(evidence),
        ),
        spark=sparkline(name, points),
        curve=sparkline(name, points, tall=True),
        points=points,
        chart_start=data.weeks[0],
        kinds=_kinds(cluster, evidence),
    )


def _longest_bar(evidence: Evidence) -> float:
    """The share at the full width of a bar: the highest upper bound in the table."""
    rows = evidence.answers(TOP_CLUSTERS)[0].rows
    return max((row["share_high"] or row["share"] for row in rows), default=1.0)


def _kinds(cluster: str, evidence: Evidence) -> list[dict[str, Any]]:
    """The most frequent entities of a cluster, by kind."""
    kinds = []
    for kind in KINDS_BY_INTEREST:
        rows = []
        for item in evidence.answers(CLUSTER_ENTITIES, cluster=cluster, kind=kind):
            for row in item.rows[:ENTITIES_PER_KIND]:
                name, probability = evidence.display_name(row["entity_id"]), row["probability"] or 0
                title = pair(name, percent(probability), evidence.lang)
                bar = part_bar(title, probability)
                rows.append({"name": name, "probability": probability, "bar": bar})
        kinds += [{"kind": kind, "rows": rows}] if rows else []
    return kinds[:MOST_KINDS]


def _strip(styles: Sequence[StyleSection], lang: str) -> Markup | str:
    """The strip of pictures; empty if fewer than three styles have a picture."""
    slices = []
    for style in styles:
        picture = inline_picture(style.face, STRIP_PIXELS, quality=68) if style.face else None
        if picture:
            slices.append(Slice(style.name, style.row["share"], picture.uri, f"#{style.anchor}"))
    return picture_strip(labels(lang)["page"]["strip"], slices) if len(slices) > 2 else ""


def _panels(styles: Sequence[StyleSection], data: PageData) -> list[dict[str, Any]]:
    """A chart for each style, in the order of the table."""
    charts = share_panels([Line(s.name, s.points) for s in styles], data.weeks)
    return [{"style": s, "chart": chart} for s, chart in zip(styles, charts, strict=True)]


def _groups(tables: Sequence[EvidenceTable], evidence: Evidence) -> list[dict[str, Any]]:
    """The evidence of the week, then that of each featured cluster."""
    words = labels(evidence.lang)["page"]
    week = {
        "title": words["week"].format(number=int(evidence.week[6:])),
        "answers": [t for t in tables if t.group == WEEKLY],
    }
    return [week] + [
        {
            "title": evidence.display_name(cluster),
            "answers": [t for t in tables if t.group == cluster],
        }
        for cluster in evidence.featured
    ]
