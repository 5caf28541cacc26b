"""The graph of a week as nodes and relations: the description that both stores write.

Input: the tables of a week. Output: a `WeekGraph` with the kinds of `vocabulary.py`; its order
depends only on the rows. This module does not know about RDF or Cypher.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from zeitgraph.kg.base.terms import Predicate
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.graph.vocabulary import NODE_KINDS, iso_text
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import ClusterRow
from zeitgraph.kg.workspace.tables import (
    CLUSTERS,
    ENTITIES,
    FACTS,
    LINEAGE,
    LINKS,
    MEDIA,
    MEMBERSHIPS,
    POSTS,
    RULES,
    TRENDS,
)

Value = str | int | float | datetime
Key = TypeVar("Key")
Item = TypeVar("Item")

_NAMES = ["name", "name_en", "name_zh"]
_LINE_END = re.compile("\r\n?")
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, order=True)
class Ref:
    """The identity of a node: its kind and the keys that identify it among nodes of that kind."""

    kind: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A node and its known properties; unknown ones are left out."""

    ref: Ref
    properties: Mapping[str, Value]


@dataclass(frozen=True)
class Relation:
    """A relation of a week from `source` to `target`."""

    kind: str
    source: Ref
    target: Ref
    properties: Mapping[str, Value]


@dataclass(frozen=True)
class WeekGraph:
    """The nodes and relations of a week. A week without posts has none."""

    week: str
    nodes: tuple[Node, ...]
    relations: tuple[Relation, ...]


def week_graph(job: Job) -> WeekGraph:
    """The graph of the job's week, from the tables that `_PARTS` read.

    Nodes are unique and sorted by kind and keys, relations by kind, source and target. A relation
    with an unknown end is left out, such as one to a post that was set aside; so is a node without
    relations.
    """
    if job.table("posts", columns=["post_id"]).num_rows == 0:
        return WeekGraph(job.week, (), ())
    nodes: dict[Ref, dict[str, Value]] = {}
    relations: dict[tuple[str, Ref, Ref], Relation] = {}
    for part in chain.from_iterable(make(job) for make in _PARTS):
        if isinstance(part, Node):
            nodes.setdefault(part.ref, {}).update(part.properties)
        else:
            relations[part.kind, part.source, part.target] = part
    in_order = [relations[key] for key in sorted(relations)]
    complete = [r for r in in_order if {r.source, r.target} <= nodes.keys()]
    ends = {ref for relation in complete for ref in (relation.source, relation.target)}
    return WeekGraph(
        job.week,
        tuple(Node(ref, nodes[ref]) for ref in sorted(nodes.keys() & ends)),
        tuple(complete),
    )


# -- parts: each gives the nodes and relations of some tables ------------------------------------

Part = Iterator[Node | Relation]


def _week(job: Job) -> Part:
    posts = job.rows(POSTS, columns=["heat"])
    heat = math.fsum(row["heat"] or 0.0 for row in posts)
    week = Ref("Week", (job.week,))
    yield Node(week, {"id": job.week, "posts": len(posts), "heat": heat})
    for relation, day in (("BEGINS", job.week), ("ENDS", week_after(job.week))):
        moment = week_start(day)
        instant = Ref("Instant", (iso_text(moment),))
        yield Node(instant, {"id": iso_text(moment), "at": moment})
        yield Relation(relation, week, instant, {})


def _posts(job: Job) -> Part:
    columns = ["post_id", "text", "published_at", "lang", "url", "heat"]
    for row in job.rows(POSTS, columns=columns):
        post = Ref("Post", (row["post_id"],))
        yield make_node(post, row, id=row["post_id"])
        yield _in_week(job, post)


def _images(job: Job) -> Part:
    for row in job.rows(MEDIA, columns=["media_id", "post_id", "path"]):
        image = Ref("Image", (row["media_id"],))
        yield make_node(image, row, id=row["media_id"])
        yield Relation("SHOWS", Ref("Post", (row["post_id"],)), image, {})


def _clusters(job: Job) -> Part:
    """Clusters, and a ClusterWeek with the names of that week for each cluster with a trend."""
    clusters = _clusters_by_id(job)
    for cluster_id, row in clusters.items():
        yield make_node(Ref("Cluster", (cluster_id,)), row, id=cluster_id)
    for trend in job.rows(TRENDS):
        cluster_id = trend["cluster_id"]
        cluster, week = Ref("Cluster", (cluster_id,)), Ref("ClusterWeek", (cluster_id, job.week))
        yield _cluster(cluster_id)
        yield make_node(week, trend, **_names(clusters.get(cluster_id)))
        yield Relation("OBSERVES", week, cluster, {})
        yield _in_week(job, week)


def _memberships(job: Job) -> Part:
    for row in job.rows(MEMBERSHIPS, columns=["post_id", "cluster_id", "weight"]):
        if row["cluster_id"]:
            post, cluster = Ref("Post", (row["post_id"],)), Ref("Cluster", (row["cluster_id"],))
            yield _cluster(row["cluster_id"])
            yield Relation("IN_CLUSTER", post, cluster, known_values({"weight": row["weight"]}))


def _events(job: Job) -> Part:
    """Events, each with the names of its cluster in the week, if the cluster still has a row."""
    clusters = _clusters_by_id(job)
    for row in job.rows(LINEAGE):
        others = [row["other_id"]] if row["other_id"] else []
        event = Ref("Event", (job.week, row["cluster_id"], row["event"], *others))
        yield make_node(event, row, **_names(clusters.get(row["cluster_id"])))
        yield _in_week(job, event)
        for relation, cluster_id in (("ABOUT", row["cluster_id"]), *(("OTHER", o) for o in others)):
            yield _cluster(cluster_id)
            yield Relation(relation, event, Ref("Cluster", (cluster_id,)), {})


def _rules(job: Job) -> Part:
    """The conditions of the rules that set clusters, or sub-styles of clusters, apart."""
    for row in job.rows(RULES):
        of = (row["cluster_id"], job.week, *filter(None, [row["substyle_id"]]))
        condition = Ref("Condition", (*of, str(row["position"])))
        yield make_node(condition, row)
        yield _in_week(job, condition)
        yield _cluster(row["cluster_id"])
        yield Relation("SETS_APART", condition, Ref("Cluster", (row["cluster_id"],)), {})


def _entities(job: Job) -> Part:
    """Entities, and an EntityWeek for each entity that a post of the week mentions."""
    entities = {row["entity_id"]: row for row in job.rows(ENTITIES)}
    links = job.rows(LINKS, columns=["post_id", "entity_id"])
    mentions = {(row["post_id"], row["entity_id"]) for row in links if row["entity_id"]}
    for entity_id, posts in Counter(entity_id for _, entity_id in mentions).items():
        entity, week = Ref("Entity", (entity_id,)), Ref("EntityWeek", (entity_id, job.week))
        yield make_node(entity, entities[entity_id], id=entity_id)
        yield make_node(week, entities[entity_id], posts=posts)
        yield Relation("OBSERVES", week, entity, {})
        yield _in_week(job, week)
    for post_id, entity_id in mentions:
        yield Relation("MENTIONS", Ref("Post", (post_id,)), Ref("Entity", (entity_id,)), {})


def _facts(job: Job) -> Part:
    for row in job.rows(FACTS):
        subject = "Entity" if row["predicate"] == Predicate.CO_OCCURS_WITH else "Cluster"
        properties = known_values({"count": row["count"], "probability": row["probability"]})
        ends = Ref(subject, (row["subject"],)), Ref("Entity", (row["object"],))
        yield Relation(row["predicate"].upper(), *ends, properties)


_PARTS = (_week, _posts, _images, _clusters, _memberships, _events, _rules, _entities, _facts)


# -- values --------------------------------------------------------------------------------------


def make_node(ref: Ref, row: Mapping[str, Any], **more: Any) -> Node:
    """The node `ref` with the values of a row that are properties of its kind; `more` overrides."""
    values = {**row, **more}
    names = NODE_KINDS[ref.kind].properties
    return Node(ref, known_values({name: values.get(name) for name in names}))


def _cluster(cluster_id: str) -> Node:
    """A cluster without other properties, so that a relation to it has an end."""
    return make_node(Ref("Cluster", (cluster_id,)), {}, id=cluster_id)


def _clusters_by_id(job: Job) -> dict[str, ClusterRow]:
    columns = ["cluster_id", *_NAMES, "origin", "style"]
    return {row["cluster_id"]: row for row in job.rows(CLUSTERS, columns=columns)}


def _names(row: ClusterRow | None) -> dict[str, str | None]:
    if row is None:
        return {}
    return {"name": row["name"], "name_en": row["name_en"], "name_zh": row["name_zh"]}


def _in_week(job: Job, ref: Ref) -> Relation:
    return Relation("IN_WEEK", ref, Ref("Week", (job.week,)), {})


def known_values(values: Mapping[Key, Any]) -> dict[Key, Value]:
    """The values without nulls, empty texts, NaN and infinities; texts as by `clean_text`."""
    return {name: _clean(value) for name, value in values.items() if _is_known(value)}


def _is_known(value: object) -> bool:
    return math.isfinite(value) if isinstance(value, float) else value not in (None, "")


def _clean(value: Value) -> Value:
    """A text as by `clean_text`; 0.0 for -0.0, since some stores distinguish the two."""
    if isinstance(value, str):
        return clean_text(value)
    return value + 0.0 if isinstance(value, float) else value


def clean_text(text: str) -> str:
    """`text` in a form that all formats can hold.

    Line ends become line feeds (XML 1.0, 2.11); characters that XML does not allow (2.2) become
    U+FFFD.
    """
    return _NOT_IN_XML.sub("\ufffd", _LINE_END.sub("\n", text))


def batches(items: Iterable[Item], size: int = 1000) -> Iterator[list[Item]]:
    """`items` in their order, in lists of at most `size`."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
