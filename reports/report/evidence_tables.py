"""Evidence as a reader sees it: a title, the command that asks again, and tables with links.

In: evidence, the cards on the page. Out: plain view records that templates fill in. Knows nothing
about HTML: a cell has a text and perhaps a link.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from zeitgraph.reports.page.charts import shorten
from zeitgraph.reports.page.formatting import count, counted, labels, number, percent, signed
from zeitgraph.reports.report.cards import Card
from zeitgraph.reports.report.evidence import Evidence, Item, Row, one_line
from zeitgraph.reports.report.rule_text import bound_text

WEEKLY = "week"
LONG = 90
"""Room for a post's text in a row, in Latin letters."""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, where it leads (nowhere if empty), and its class on the page."""

    text: str
    href: str = ""
    style: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its label, and whether it holds numbers."""

    label: str
    number: bool


@dataclass(frozen=True)
class Shown:
    """One item of evidence as shown; `group` is a cluster's id, or `week`."""

    evidence_id: str
    title: str
    command: str
    size: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
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


def cluster_anchor(cluster_id: str) -> str:
    """The id of a cluster's section on the page."""
    return f"style-{cluster_id}"


def show_item(item: Item, evidence: Evidence, cards: Mapping[str, Card]) -> Shown:
    """An item with its rows in the words of the report's language."""
    words = labels(evidence.lang)
    columns = [name for name in item.columns if name not in _HIDDEN]
    cell = partial(_cell, evidence=evidence, cards=cards)
    rows = tuple(tuple(cell(row, name) for name in columns) for row in item.rows)
    size = counted(len(rows), "rows", evidence.lang)
    about = [evidence.called(str(item.arguments.get("cluster", "")))]
    about.append(words["kind"].get(item.arguments.get("kind"), ""))
    about.append(str(item.arguments.get("week", "")))
    return Shown(
        evidence_id=item.evidence_id,
        title=words["question"][item.question].format(*about),
        command=_command(item),
        size=size,
        columns=tuple(
            Column(words["column"].get(n, n), n in _NUMBERS or n in _BOUNDS) for n in columns
        ),
        rows=rows,
        derived=_derived(item, words["column"]),
        group=str(item.arguments.get("cluster", WEEKLY)),
    )


def _command(item: Item) -> str:
    given = " ".join(f"{name}={value}" for name, value in item.arguments.items())
    return f"zeitgraph answer {item.question} {given}"


def _derived(item: Item, names: Mapping[str, str]) -> str:
    parts = [
        f"{names[name]} {value * 100:+.1f}" if name == "points" else f"{names[name]} {value:.0f}"
        for name, value in item.derived.items()
    ]
    return " · ".join(parts)


def _cell(row: Row, column: str, evidence: Evidence, cards: Mapping[str, Card]) -> Cell:
    value = row[column]
    if value is None or value == "":
        return Cell("–", style="num" if column in _NUMBERS else "")
    if column in _NUMBERS or column in _BOUNDS:
        told = _NUMBERS[column](value) if column in _NUMBERS else bound_text(row["feature"], value)
        return Cell(told, style="num")
    if column == "name":
        return _named(str(row.get("cluster_id") or row.get("entity_id")), evidence)
    if str(value) in evidence.known:
        return _named(str(value), evidence)
    if column == "text":
        card = cards.get(str(row["post_id"]))
        return Cell(shorten(one_line(str(value)), LONG), f"#{card.anchor}" if card else "", "long")
    return Cell(_word(column, str(value), labels(evidence.lang)))


def _word(column: str, value: str, words: Mapping[str, Any]) -> str:
    """A word of ours in the reader's language; anything else as it stands, on one line."""
    if column == "published_at":
        return value[:16].replace("T", " ")
    told = {
        "feature": "feature",
        "state": "state",
        "origin": "page",
        "kind": "kind_of",
        "event": "event",
        "done_by": "done_by",
    }
    return str(words[told[column]].get(value, value)) if column in told else one_line(value)


def _named(known_id: str, evidence: Evidence) -> Cell:
    href = f"#{cluster_anchor(known_id)}" if known_id in evidence.told else ""
    return Cell(evidence.called(known_id), href)
