"""Evidence for a reader: a title, the command that asks again, and a table with links.

Input: evidence and the post cards of the page. Output: plain records that templates fill in. This
module does not know about HTML: a cell has a text and perhaps a link.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from zeitgraph.reports.page.charts import shorten
from zeitgraph.reports.page.formatting import (
    count,
    counted,
    labels,
    number,
    one_line,
    percent,
    signed,
)
from zeitgraph.reports.report.cards import Card
from zeitgraph.reports.report.evidence import AnyItem, Evidence
from zeitgraph.reports.report.rule_text import bound_text

WEEKLY = "week"
LONGEST_TEXT = 90
"""Room for a post's text in a row, in Latin letters."""


@dataclass(frozen=True)
class TableCell:
    """A cell: its text, its link (empty: none), and its class on the page."""

    text: str
    href: str = ""
    style: str = ""


@dataclass(frozen=True)
class TableColumn:
    """A column: its label, and whether it holds numbers."""

    label: str
    number: bool


@dataclass(frozen=True)
class EvidenceTable:
    """One item of evidence as a page shows it; `group` is a cluster's id, or `week`."""

    evidence_id: str
    title: str
    command: str
    size: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    derived: str
    group: str


_NUMBERS: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(("posts", "clustered", "clusters", "entities", "members", "position"), count),
    **dict.fromkeys(("share", "share_low", "share_high", "fair_share", "probability"), percent),
    **dict.fromkeys(("forecast", "forecast_low", "forecast_high"), percent),
    **dict.fromkeys(("precision", "recall"), percent),
    **dict.fromkeys(("heat",), number),
    **dict.fromkeys(("measure", "weight"), lambda value: f"{value:.2f}"),
    "growth": signed,
}
_BOUNDS = frozenset({"low", "high"})
_HIDDEN = frozenset({"cluster_id", "entity_id", "post_id", "name_zh", "name_en"})
_TRANSLATED: Mapping[str, str] = {
    "feature": "feature",
    "state": "state",
    "origin": "page",
    "kind": "kind_of",
    "event": "event",
    "done_by": "done_by",
}
"""Columns whose values are words of zeitgraph, each with the branch of its labels."""


def cluster_anchor(cluster_id: str) -> str:
    """The id of a cluster's section on the page."""
    return f"style-{cluster_id}"


def evidence_table(item: AnyItem, evidence: Evidence, cards: Mapping[str, Card]) -> EvidenceTable:
    """An item with its rows in the words of the report's language.

    The text of a post links to its card if `cards` holds one.
    """
    words = labels(evidence.lang)
    columns = [name for name in item.columns if name not in _HIDDEN]
    cell = partial(_cell, evidence=evidence, cards=cards)
    about = [
        evidence.display_name(str(item.arguments.get("cluster", ""))),
        words["kind"].get(item.arguments.get("kind"), ""),
        str(item.arguments.get("week", "")),
    ]
    return EvidenceTable(
        evidence_id=item.evidence_id,
        title=words["question"][item.question].format(*about),
        command=_command(item),
        size=counted(len(item.rows), "rows", evidence.lang),
        columns=tuple(
            TableColumn(words["column"].get(name, name), name in _NUMBERS or name in _BOUNDS)
            for name in columns
        ),
        rows=tuple(tuple(cell(row, name) for name in columns) for row in item.rows),
        derived=_derived(item, words["column"]),
        group=str(item.arguments.get("cluster", WEEKLY)),
    )


def _command(item: AnyItem) -> str:
    arguments = " ".join(f"{name}={value}" for name, value in item.arguments.items())
    return f"zeitgraph answer {item.question} {arguments}"


def _derived(item: AnyItem, names: Mapping[str, str]) -> str:
    parts = [
        f"{names[name]} {value * 100:+.1f}" if name == "points" else f"{names[name]} {value:.0f}"
        for name, value in item.derived.items()
    ]
    return " · ".join(parts)


def _cell(
    row: Mapping[str, object], column: str, evidence: Evidence, cards: Mapping[str, Card]
) -> TableCell:
    value = row[column]
    if value is None or value == "":
        return TableCell("–", style="num" if column in _NUMBERS else "")
    if column in _NUMBERS:
        return TableCell(_NUMBERS[column](cast("float", value)), style="num")
    if column in _BOUNDS:
        return TableCell(bound_text(str(row["feature"]), cast("float", value)), style="num")
    node_id = str(row.get("cluster_id") or row.get("entity_id")) if column == "name" else str(value)
    if column == "name" or node_id in evidence.known:
        return _named_cell(node_id, evidence)
    if column == "text":
        card = cards.get(str(row["post_id"]))
        text = shorten(one_line(str(value)), LONGEST_TEXT)
        return TableCell(text, f"#{card.anchor}" if card else "", "long")
    return TableCell(_word(column, str(value), labels(evidence.lang)))


def _word(column: str, value: str, words: Mapping[str, Any]) -> str:
    """A word of zeitgraph in the reader's language; any other value unchanged, on one line."""
    if column == "published_at":
        return value[:16].replace("T", " ")
    if column in _TRANSLATED:
        return str(words[_TRANSLATED[column]].get(value, value))
    return one_line(value)


def _named_cell(node_id: str, evidence: Evidence) -> TableCell:
    href = f"#{cluster_anchor(node_id)}" if node_id in evidence.featured else ""
    return TableCell(evidence.display_name(node_id), href)
