"""Numbered evidence: what a report of one week may say, as answers of canned questions.

In: a workspace whose graph knows the week. Out: `Evidence`, items E1, E2, … each with the question
that was asked, its arguments, the rows of the answer, and the numbers in them as `Fact`s (whose
number, of what measure). Rows of later weeks are left out. Knows nothing about sentences or pages.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.workspace import Workspace

Cell = str | int | float | None
Row = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, Any]], list[Row]]
"""Answers the canned question of a name with its arguments, as rows by column name."""

MEASURES: Mapping[str, str] = {
    "posts": "posts",
    "clustered": "posts",
    "clusters": "clusters",
    "entities": "entities",
    "heat": "heat",
    "share": "share",
    "share_low": "share",
    "share_high": "share",
    "fair_share": "share",
    "forecast": "share",
    "forecast_low": "share",
    "forecast_high": "share",
    "probability": "share",
    "growth": "growth",
    "measure": "measure",
    "weight": "measure",
    "low": "bound",
    "high": "bound",
    "precision": "share",
    "recall": "share",
    "members": "posts",
}
"""Which measure a column of an answer holds; a column that is not here holds no number."""

ENTITY_KINDS = ("object", "scene", "brand", "person", "product", "place", "hashtag")


@dataclass(frozen=True)
class Shape:
    """How to read a question's rows: `focus` are the columns (or `arguments`) whose number a row
    tells, `context` the arguments that the row hangs on; `ranked` rows come best first. A sentence
    must name at least `needs` of the focus before the row's numbers are its own.
    """

    focus: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    ranked: bool = False
    needs: int = 1


SHAPES: Mapping[str, Shape] = {
    "week_overview": Shape(),
    "top_clusters": Shape(focus=("cluster_id",), ranked=True),
    "rising_clusters": Shape(focus=("cluster_id",), ranked=True),
    "fading_clusters": Shape(focus=("cluster_id",), ranked=True),
    "forecasts": Shape(focus=("cluster_id",)),
    "fair_shares": Shape(focus=("cluster_id",)),
    "events": Shape(focus=("cluster_id", "other_id")),
    "style_object_scene": Shape(focus=("style", "object", "scene"), needs=2),
    "cluster_history": Shape(focus=("cluster",)),
    "cluster_entities": Shape(focus=("entity_id",), context=("cluster",), ranked=True),
    "cluster_rules": Shape(focus=("cluster",)),
    "cluster_posts": Shape(context=("cluster",)),
}


@dataclass(frozen=True)
class Fact:
    """One number: `value` of `measure` about `focus` (ids; none: the whole week), in `week`.

    Measures: posts, clusters, entities, rows, weeks, rank (counts); share in [0, 1]; growth, a
    fraction (0.4 is a share 40 % above its mean of the weeks before); points, a
    difference of shares; bound, of a condition of a rule; heat, measure. `focus` names what the
    number belongs to, `context` what else the row hangs on.
    """

    measure: str
    value: float
    week: str
    focus: frozenset[str] = frozenset()
    context: frozenset[str] = frozenset()
    needs: int = 1


@dataclass(frozen=True)
class Item:
    """One numbered answer. `about` are the ids of all that its rows and arguments name; `derived`
    tells in figures what was counted from the rows.
    """

    evidence_id: str
    question: str
    arguments: Mapping[str, str | int]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    facts: tuple[Fact, ...]
    derived: Mapping[str, float]
    about: frozenset[str]


@dataclass(frozen=True)
class Known:
    """Something that the graph knows by name; `name_en` and `name_zh` may be empty."""

    known_id: str
    kind: str
    name: str
    name_en: str
    name_zh: str

    def called(self, lang: str) -> str:
        """The name for a reader of `lang`."""
        own = self.name_zh if lang == "zh" else self.name_en
        return one_line(own or self.name)

    def names(self) -> set[str]:
        """Every name it goes by, each on one line."""
        return {one_line(n) for n in (self.name, self.name_en, self.name_zh)} - {""}


@dataclass(frozen=True)
class Evidence:
    """All that a report of `week` in `lang` may say. `known` is what the graph knows by name, by
    id; `told` are the ids of the clusters that get a section of their own, the largest first.
    """

    week: str
    lang: str
    items: tuple[Item, ...]
    known: Mapping[str, Known]
    told: tuple[str, ...]

    def item(self, evidence_id: str) -> Item | None:
        """The item of that number, None where there is none."""
        return next((item for item in self.items if item.evidence_id == evidence_id), None)

    def answers(self, question: str, **arguments: str | int) -> list[Item]:
        """The items that answer `question` with at least these arguments."""
        wanted = arguments.items()
        return [i for i in self.items if i.question == question and wanted <= i.arguments.items()]

    def called(self, known_id: str) -> str:
        """The name of a cluster or entity in the report's language; an unknown id is its name."""
        known = self.known.get(known_id)
        return known.called(self.lang) if known else one_line(known_id)


def one_line(text: str) -> str:
    """`text` on one line, without control characters, surrogates, and marks that turn the direction
    of writing; the joiners that hold an emoji together stay.
    """
    shown = (c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
    return " ".join("".join(shown).split())


def ask_graph(workspace: Workspace) -> Ask:
    """Questions answered by SPARQL over the workspace's RDF store."""
    from zeitgraph.kg.graph.questions import answer  # opens the store

    def ask(name: str, arguments: Mapping[str, Any]) -> list[Row]:
        answered = answer(workspace, name, dict(arguments), via="sparql")
        return [dict(zip(answered.columns, row, strict=True)) for row in answered.rows]

    return ask


def collect_evidence(
    workspace: Workspace, week: str, lang: str, ask: Ask | None = None
) -> Evidence:
    """What is known about `week`, numbered in a fixed order; `ask` is the graph unless given.

    Asks for the week and the one before, the largest, rising and fading clusters, events and
    triples; then, for each cluster told about, its history, its rule, entities and posts; last,
    what next week is to bring, and the shares of the balanced week where the settings ask for it.
    """
    limits = workspace.settings.report
    book = _Book(ask or ask_graph(workspace), week, known_names(workspace, week))
    book.add("week_overview", week=week)
    book.add("week_overview", week=week_after(week, -1))
    top = book.add("top_clusters", week=week, limit=limits.clusters)
    for question in ("rising_clusters", "fading_clusters"):
        book.add(question, week=week, limit=limits.clusters)
    book.add("events", week=week)
    book.add("style_object_scene", week=week, limit=limits.clusters)
    told = tuple(str(row["cluster_id"]) for row in top.rows if row["posts"])
    for cluster in told:
        book.add("cluster_history", cluster=cluster)
        book.add("cluster_rules", cluster=cluster, week=week)
        for kind in ENTITY_KINDS:
            book.add("cluster_entities", cluster=cluster, week=week, kind=kind, limit=5)
        book.add("cluster_posts", cluster=cluster, week=week, limit=limits.posts)
    for question in ("forecasts", "fair_shares"):
        book.add(question, week=week, limit=limits.clusters)
    return Evidence(week, lang, tuple(book.items), book.known, told)


def known_names(workspace: Workspace, week: str) -> dict[str, Known]:
    """Clusters and entities met up to `week`, by id, each as it stood last."""
    found = {}
    for table, key in (("clusters", "cluster_id"), ("entities", "entity_id")):
        for earlier in (w for w in workspace.weeks(table) if w <= week):
            for row in workspace.read(table, earlier).to_pylist():
                kind = row.get("kind") or "cluster"
                names = [row[n] or "" for n in ("name", "name_en", "name_zh")]
                found[row[key]] = Known(row[key], kind, *names)
    return {known_id: found[known_id] for known_id in sorted(found)}


class _Book:
    """Asks questions and numbers the answers that have rows (the first three always)."""

    def __init__(self, ask: Ask, week: str, known: Mapping[str, Known]) -> None:
        self.ask, self.week, self.known = ask, week, known
        self.items: list[Item] = []
        self.ids_by_name: dict[str, set[str]] = {}
        for thing in known.values():
            for name in thing.names():
                self.ids_by_name.setdefault(name.casefold(), set()).add(thing.known_id)

    def add(self, question: str, **arguments: str | int) -> Item:
        """The item for an answer; one without rows is numbered only where no rows say something."""
        rows = tuple(
            {column: _cell(value) for column, value in row.items()}
            for row in self.ask(question, arguments)
            if str(row.get("week") or self.week) <= self.week
        )
        facts, derived = self._facts(question, arguments, rows)
        columns = tuple(rows[0]) if rows else ()
        number = f"E{len(self.items) + 1}"
        cells = [*arguments.values(), *(value for row in rows for value in row.values())]
        about = self._ids(cells)
        item = Item(number, question, arguments, columns, rows, facts, derived, about)
        if rows or question in ("week_overview", "rising_clusters", "fading_clusters", "events"):
            self.items.append(item)
        return item

    def _facts(
        self, question: str, arguments: Mapping[str, str | int], rows: Sequence[Row]
    ) -> tuple[tuple[Fact, ...], dict[str, float]]:
        shape = SHAPES[question]
        context = _strings(arguments[name] for name in shape.context)
        facts = []
        for place, row in enumerate(rows, start=1):
            focus = self._ids({**arguments, **row}.get(name) for name in shape.focus)
            week = str(row.get("week") or arguments.get("week") or self.week)
            numbers = {(m, row[c]) for c, m in MEASURES.items() if row.get(c) is not None}
            if shape.ranked:
                numbers.add(("rank", place))
            facts += [
                Fact(measure, float(value), week, focus, context, shape.needs)
                for measure, value in sorted(numbers)
            ]
        counted = _count(question, rows, self.week)
        about = self._ids(arguments.get(name) for name in shape.focus)
        whole = {} if len(rows) == arguments.get("limit") else {"rows": float(len(rows))}
        facts += [
            Fact(measure, value, self.week, about, context)
            for measure, value in (counted | whole).items()
        ]
        return tuple(facts), counted

    def _ids(self, values: Iterable[object]) -> frozenset[str]:
        """Ids of what the cells name; a cell holds an id, or a name that may belong to several."""
        found = set()
        for value in _strings(values):
            found |= (
                {value} if value in self.known else self.ids_by_name.get(value.casefold(), {value})
            )
        return frozenset(found)


def _count(question: str, rows: Sequence[Row], week: str) -> dict[str, float]:
    """What is counted from a history: weeks with posts, points of share since the week before, and
    for how many weeks in a row the share has moved the way it moves now.
    """
    if question != "cluster_history":
        return {}
    past = sorted(rows, key=lambda row: str(row["week"]))
    counted: dict[str, float] = {"weeks": float(sum(bool(row["posts"]) for row in past))}
    moves = [
        (now["share"] or 0.0) - (before["share"] or 0.0)
        for before, now in pairwise(past)
        if now["week"] == week_after(str(before["week"]))
    ]
    if moves and past[-1]["week"] == week:
        counted["points"] = moves[-1]
        same = [(move > 0) == (moves[-1] > 0) and move != 0 for move in reversed(moves)]
        counted["run"] = float(same.index(False) if False in same else len(same))
    return counted


def _strings(values: Iterable[object]) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str) and value)


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
