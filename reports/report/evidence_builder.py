"""Collects the evidence of a week: asks the canned questions and numbers their answers.

Input: a workspace whose graph holds the week. Output: `Evidence`. Rows of later weeks are left out.
This module does not know about sentences or pages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.tables import CLUSTERS, ENTITIES
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.report.canned_questions import (
    CLUSTER_ENTITIES,
    CLUSTER_HISTORY,
    CLUSTER_POSTS,
    CLUSTER_RULES,
    EVENTS,
    FADING_CLUSTERS,
    FAIR_SHARES,
    FORECASTS,
    RISING_CLUSTERS,
    STYLE_OBJECT_SCENE,
    TOP_CLUSTERS,
    WEEK_OVERVIEW,
    CannedQuestion,
    Cell,
    RowT_co,
)
from zeitgraph.reports.report.evidence import CLUSTER_KIND, AnyItem, Evidence, Item, KnownName
from zeitgraph.reports.report.facts import facts_of_answer, text_cells

Ask = Callable[[str, Mapping[str, str | int]], Sequence[Mapping[str, object]]]
"""Answers the canned question of a name with its arguments; rows are given by column name."""

KINDS_BY_INTEREST = (
    EntityKind.OBJECT,
    EntityKind.SCENE,
    EntityKind.BRAND,
    EntityKind.PERSON,
    EntityKind.PRODUCT,
    EntityKind.PLACE,
    EntityKind.HASHTAG,
)
"""The kinds of entities in the order of a report."""
ENTITIES_PER_KIND = 5


@contextmanager
def graph_answers(workspace: Workspace) -> Iterator[Ask]:
    """Answers by SPARQL from the workspace's RDF store, which is opened once."""
    from zeitgraph.kg.graph.questions import asking

    with asking(workspace, via="sparql") as answer:

        def ask(name: str, arguments: Mapping[str, str | int]) -> list[dict[str, object]]:
            found = answer(name, arguments)
            return [dict(zip(found.columns, row, strict=True)) for row in found.rows]

        yield ask


def collect_evidence(
    workspace: Workspace, week: str, lang: str, ask: Ask | None = None
) -> Evidence:
    """The evidence of `week` for a report in `lang`; `ask` is the graph by default.

    The order is fixed, so that the same graph gives the same numbers: this week and the week
    before; the largest, rising and fading clusters; events and triples; for each featured cluster
    its history, rule, entities and posts; forecasts; and balanced shares if the settings ask for
    them.
    """
    if ask is None:
        with graph_answers(workspace) as ask_graph:
            return collect_evidence(workspace, week, lang, ask_graph)
    limits = workspace.settings.report
    builder = EvidenceBuilder(ask, week, known_names(workspace, week))
    builder.add(WEEK_OVERVIEW, week=week)
    builder.add(WEEK_OVERVIEW, week=week_after(week, -1))
    top = builder.add(TOP_CLUSTERS, week=week, limit=limits.clusters)
    builder.add(RISING_CLUSTERS, week=week, limit=limits.clusters)
    builder.add(FADING_CLUSTERS, week=week, limit=limits.clusters)
    builder.add(EVENTS, week=week)
    builder.add(STYLE_OBJECT_SCENE, week=week, limit=limits.clusters)
    featured = tuple(row["cluster_id"] for row in top.rows if row["posts"])
    for cluster in featured:
        builder.add(CLUSTER_HISTORY, cluster=cluster)
        builder.add(CLUSTER_RULES, cluster=cluster, week=week)
        for kind in KINDS_BY_INTEREST:
            builder.add(
                CLUSTER_ENTITIES, cluster=cluster, week=week, kind=kind, limit=ENTITIES_PER_KIND
            )
        builder.add(CLUSTER_POSTS, cluster=cluster, week=week, limit=limits.posts)
    builder.add(FORECASTS, week=week, limit=limits.clusters)
    builder.add(FAIR_SHARES, week=week, limit=limits.clusters)
    return Evidence(week, lang, tuple(builder.items), builder.known, featured)


def known_names(workspace: Workspace, week: str) -> dict[str, KnownName]:
    """The names of all clusters and entities up to `week`, by id; each as in its newest week."""
    found: dict[str, KnownName] = {}
    names = ("name", "name_en", "name_zh")
    for earlier in (w for w in workspace.weeks("clusters") if w <= week):
        for cluster in workspace.rows(CLUSTERS, earlier, ["cluster_id", *names]):
            found[cluster["cluster_id"]] = KnownName(
                cluster["cluster_id"],
                CLUSTER_KIND,
                cluster["name"],
                cluster["name_en"] or "",
                cluster["name_zh"] or "",
            )
    for earlier in (w for w in workspace.weeks("entities") if w <= week):
        for entity in workspace.rows(ENTITIES, earlier, ["entity_id", "kind", *names]):
            found[entity["entity_id"]] = KnownName(
                entity["entity_id"],
                entity["kind"],
                entity["name"],
                entity["name_en"] or "",
                entity["name_zh"] or "",
            )
    return {node_id: found[node_id] for node_id in sorted(found)}


class EvidenceBuilder:
    """Asks questions and numbers their answers; `items` holds the numbered ones in their order."""

    def __init__(self, ask: Ask, week: str, known: Mapping[str, KnownName]) -> None:
        self.ask, self.week, self.known = ask, week, known
        self.items: list[AnyItem] = []
        self.ids_by_name: dict[str, set[str]] = {}
        for node in known.values():
            for name in node.all_names():
                self.ids_by_name.setdefault(name.casefold(), set()).add(node.node_id)

    def add(self, question: CannedQuestion[RowT_co], **arguments: str | int) -> Item[RowT_co]:
        """The answer as an item.

        An answer without rows is numbered only if the question is `always_shown`.
        """
        rows = [
            {column: _cell(value) for column, value in row.items()}
            for row in self.ask(question.name, arguments)
            if str(row.get("week") or self.week) <= self.week
        ]
        facts, derived = facts_of_answer(question, arguments, rows, self.week, self.find_ids)
        item = Item(
            evidence_id=f"E{len(self.items) + 1}",
            question=question.name,
            arguments=arguments,
            columns=tuple(rows[0]) if rows else (),
            rows=tuple(cast("RowT_co", row) for row in rows),
            facts=facts,
            derived=derived,
            about=self.find_ids([*arguments.values(), *(v for row in rows for v in row.values())]),
        )
        if rows or question.always_shown:
            self.items.append(item)
        return item

    def find_ids(self, cells: Iterable[object]) -> frozenset[str]:
        """The ids of what `cells` name: a cell holds an id, or a name that several nodes may have.

        Text that is neither is returned as it is.
        """
        found = set()
        for cell in text_cells(cells):
            found |= {cell} if cell in self.known else self.ids_by_name.get(cell.casefold(), {cell})
        return frozenset(found)


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
