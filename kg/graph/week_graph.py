"""What is known of a week, as nodes and relations: the one description that both stores write.

Comes in: the tables of a week. Goes out: a `WeekGraph`, whose kinds are those of
`vocabulary.py`, in an order that depends only on the rows. Knows nothing about RDF or Cypher.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.graph.vocabulary import KINDS, iso_text
from zeitgraph.kg.workspace.pipeline import Job

Value = str | int | float | datetime
Row = Mapping[str, Any]
Key = TypeVar("Key")

_NAMES = ("name", "name_en", "name_zh")
_LINE_END = re.compile("\r\n?")
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, order=True)
class Ref:
    """Which node: its kind, and the keys that tell it from others of that kind."""

    kind: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A node and what is known of it; what is not known is left out."""

    ref: Ref
    properties: Mapping[str, Value]


@dataclass(frozen=True)
class Relation:
    """A relation of a week from one node to another."""

    kind: str
    source: Ref
    target: Ref
    properties: Mapping[str, Value]


@dataclass(frozen=True)
class WeekGraph:
    """All that is known of a week; a week with no posts has no nodes."""

    week: str
    nodes: tuple[Node, ...]
    relations: tuple[Relation, ...]


def week_graph(job: Job) -> WeekGraph:
    """The graph of the job's week, from the tables of `_PARTS`.

    Nodes are unique and sorted by kind and keys, relations by kind, source and target. What only
    tells of posts that were set aside (their pictures, say) is left out.
    """
    if job.table("posts").num_rows == 0:
        return WeekGraph(job.week, (), ())
    nodes: dict[Ref, dict[str, Value]] = {}
    relations: dict[tuple[str, Ref, Ref], Relation] = {}
    for part in chain.from_iterable(make(job) for make in _PARTS):
        if isinstance(part, Node):
            nodes.setdefault(part.ref, {}).update(part.properties)
        else:
            relations[part.kind, part.source, part.target] = part
    told = [relations[key] for key in sorted(relations)]
    told = [relation for relation in told if {relation.source, relation.target} <= nodes.keys()]
    held = {ref for relation in told for ref in (relation.source, relation.target)}
    return WeekGraph(
        job.week,
        tuple(Node(ref, nodes[ref]) for ref in sorted(nodes.keys() & held)),
        tuple(told),
    )


# -- parts: each gives the nodes and relations that some tables tell -----------------------------

Part = Iterator[Node | Relation]


def _week(job: Job) -> Part:
    posts = job.table("posts").to_pylist()
    heat = math.fsum(row["heat"] or 0.0 for row in posts)
    week = Ref("Week", (job.week,))
    yield Node(week, {"id": job.week, "posts": len(posts), "heat": heat})
    for relation, day in (("BEGINS", job.week), ("ENDS", week_after(job.week))):
        moment = week_start(day)
        instant = Ref("Instant", (iso_text(moment),))
        yield Node(instant, {"id": iso_text(moment), "at": moment})
        yield Relation(relation, week, instant, {})


def _posts(job: Job) -> Part:
    for row in job.table("posts").to_pylist():
        post = Ref("Post", (row["post_id"],))
        yield make_node(post, row, id=row["post_id"])
        yield _in_week(job, post)


def _images(job: Job) -> Part:
    for row in job.table("media").to_pylist():
        image = Ref("Image", (row["media_id"],))
        yield make_node(image, row, id=row["media_id"])
        yield Relation("SHOWS", Ref("Post", (row["post_id"],)), image, {})


def _clusters(job: Job) -> Part:
    """A cluster's week is told where its trend was measured; its names are those of that week."""
    stood = {row["cluster_id"]: row for row in job.table("clusters").to_pylist()}
    trends = {row["cluster_id"]: row for row in job.table("trends").to_pylist()}
    for cluster_id, row in stood.items():
        yield _cluster(cluster_id, row)
    for cluster_id, trend in trends.items():
        cluster, week = Ref("Cluster", (cluster_id,)), Ref("ClusterWeek", (cluster_id, job.week))
        names = {name: stood.get(cluster_id, {}).get(name) for name in _NAMES}
        yield _cluster(cluster_id)
        yield make_node(week, {**trend, **names})
        yield Relation("OBSERVES", week, cluster, {})
        yield _in_week(job, week)


def _memberships(job: Job) -> Part:
    for row in job.table("memberships").to_pylist():
        if row["cluster_id"]:
            post, cluster = Ref("Post", (row["post_id"],)), Ref("Cluster", (row["cluster_id"],))
            yield _cluster(row["cluster_id"])
            yield Relation("IN_CLUSTER", post, cluster, known_values({"weight": row["weight"]}))


def _events(job: Job) -> Part:
    """An event is told with the names that its cluster has in the week, if it still has any."""
    stood = {row["cluster_id"]: row for row in job.table("clusters").to_pylist()}
    for row in job.table("lineage").to_pylist():
        others = [row["other_id"]] if row["other_id"] else []
        event = Ref("Event", (job.week, row["cluster_id"], row["event"], *others))
        names = {name: stood.get(row["cluster_id"], {}).get(name) for name in _NAMES}
        yield make_node(event, {**row, **names})
        yield _in_week(job, event)
        for relation, cluster_id in (("ABOUT", row["cluster_id"]), *(("OTHER", o) for o in others)):
            yield _cluster(cluster_id)
            yield Relation(relation, event, Ref("Cluster", (cluster_id,)), {})


def _rules(job: Job) -> Part:
    """A condition of the rule that sets a cluster, or a sub-style of it, apart."""
    for row in job.table("rules").to_pylist():
        of = (row["cluster_id"], job.week, *filter(None, [row["substyle_id"]]))
        condition = Ref("Condition", (*of, str(row["position"])))
        yield make_node(condition, row)
        yield _in_week(job, condition)
        yield _cluster(row["cluster_id"])
        yield Relation("SETS_APART", condition, Ref("Cluster", (row["cluster_id"],)), {})


def _entities(job: Job) -> Part:
    """An entity is told of in the weeks whose posts mention it."""
    met = {row["entity_id"]: row for row in job.table("entities").to_pylist()}
    links = job.table("links").to_pylist()
    mentions = {(row["post_id"], row["entity_id"]) for row in links if row["entity_id"]}
    for entity_id, posts in Counter(entity_id for _, entity_id in mentions).items():
        entity, week = Ref("Entity", (entity_id,)), Ref("EntityWeek", (entity_id, job.week))
        yield make_node(entity, met[entity_id], id=entity_id)
        yield make_node(week, {**met[entity_id], "posts": posts})
        yield Relation("OBSERVES", week, entity, {})
        yield _in_week(job, week)
    for post_id, entity_id in mentions:
        yield Relation("MENTIONS", Ref("Post", (post_id,)), Ref("Entity", (entity_id,)), {})


def _facts(job: Job) -> Part:
    for row in job.table("facts").to_pylist():
        relation = row["predicate"].upper()
        subject = "Entity" if relation == "CO_OCCURS_WITH" else "Cluster"
        counted = known_values({"count": row["count"], "probability": row["probability"]})
        ends = Ref(subject, (row["subject"],)), Ref("Entity", (row["object"],))
        yield Relation(relation, *ends, counted)


_PARTS = (_week, _posts, _images, _clusters, _memberships, _events, _rules, _entities, _facts)


# -- values --------------------------------------------------------------------------------------


def make_node(ref: Ref, row: Row, **more: Any) -> Node:
    """What a row tells of a node, by the names of the vocabulary."""
    told = {**row, **more}
    return Node(ref, known_values({name: told.get(name) for name in KINDS[ref.kind].properties}))


def _cluster(cluster_id: str, row: Row | None = None) -> Node:
    return make_node(Ref("Cluster", (cluster_id,)), row or {}, id=cluster_id)


def _in_week(job: Job, ref: Ref) -> Relation:
    return Relation("IN_WEEK", ref, Ref("Week", (job.week,)), {})


def known_values(values: Mapping[Key, Any]) -> dict[Key, Value]:
    """The values that say something: no nulls, no empty texts, no NaN, no infinities."""
    return {name: _clean(value) for name, value in values.items() if _says(value)}


def _says(value: object) -> bool:
    return math.isfinite(value) if isinstance(value, float) else value not in (None, "")


def _clean(value: Value) -> Value:
    """A text as `clean_text` has it; 0.0 for -0.0, which some stores keep apart."""
    if isinstance(value, str):
        return clean_text(value)
    return value + 0.0 if isinstance(value, float) else value


def clean_text(text: str) -> str:
    """`text` as every format can carry it: lines end in a line feed (XML 1.0, 2.11), and what is no
    character of XML (2.2) is U+FFFD.
    """
    return _NOT_IN_XML.sub("\ufffd", _LINE_END.sub("\n", text))


def batches(rows: Iterable[Row], size: int = 1000) -> Iterator[list[Row]]:
    """`rows` in lists of at most `size`."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
