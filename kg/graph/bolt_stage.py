"""The Bolt stage: a week's graph as nodes and relationships.

Comes in: a `WeekGraph`. Goes out: the same in the property graph, in one transaction that replaces
all that stood there of the week. Values travel as parameters, in batches (`UNWIND`); only names
from `kg/graph/vocabulary.py` stand in the text of a query.

Each node carries the `iri` that it has in RDF. Nodes and relationships that belong to one week
carry its `week`; a cluster, an entity, an image and an instant are shared by all, and go with their
last relationship. A cluster and an entity have the names of the newest week that knows them, which
is their `told`, whichever week is written last.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.base.plugins import pip_line
from zeitgraph.kg.graph.bolt_client import Connection, connected
from zeitgraph.kg.graph.bolt_process import database_id, has_embedded_server
from zeitgraph.kg.graph.vocabulary import NODE_KINDS, RELATIONS, resource_iri
from zeitgraph.kg.graph.week_graph import Ref, Relation, Value, WeekGraph, batches, week_graph
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    import neo4j

WEEKLY = tuple(kind for kind, about in NODE_KINDS.items() if about.weekly)
SHARED = tuple(kind for kind, about in NODE_KINDS.items() if not about.weekly)
NAMED = ("Cluster", "Entity")
"""Shared nodes whose names may change from week to week."""

COUNTED = tuple(kind for kind, about in RELATIONS.items() if about.statement == "zg:Fact")
"""Relations between shared nodes: they carry their week themselves."""

SCHEMA = (
    *(
        f"CREATE CONSTRAINT {kind.lower()}_iri IF NOT EXISTS FOR (n:{kind}) REQUIRE n.iri IS UNIQUE"
        for kind in NODE_KINDS
    ),
    *(
        f"CREATE INDEX {kind.lower()}_week IF NOT EXISTS FOR (n:{kind}) ON (n.week)"
        for kind in WEEKLY
    ),
    *(
        f"CREATE INDEX {kind.lower()}_id IF NOT EXISTS FOR (n:{kind}) ON (n.id)"
        for kind in ("Post", "Cluster", "Entity")
    ),
    *(
        f"CREATE INDEX {kind.lower()}_week IF NOT EXISTS FOR ()-[r:{kind}]-() ON (r.week)"
        for kind in COUNTED
    ),
)
"""What the database is told once: iris are unique, weeks and ids are looked up."""


def write_bolt(job: Job) -> dict[str, pa.Table]:
    """Replace the week in the property graph; no tables. Does nothing where `graph.bolt` is off.

    Does nothing either if the embedded server is not installed; a note says so in the first week.
    A week with no posts loses all it had. Raises `StoreError` where the server fails.
    """
    bolt = job.settings.graph.bolt
    if bolt == "off":
        return {}
    if bolt == "embedded" and not has_embedded_server():
        if [job.week] == job.workspace.weeks("posts")[:1]:
            job.note(f"The property graph is left out: {pip_line('neo4j')} and run again.")
        return {}
    import neo4j

    graph = week_graph(job)
    with connected(job.workspace, "writer") as connection:
        try:
            _tell_schema(connection)
            with connection.driver.session(database=connection.database) as session:
                session.execute_write(_replace, graph, job.settings.graph.base)
        except neo4j.exceptions.Neo4jError as error:
            raise StoreError(f"the week {job.week} cannot be written: {error.message}") from error
    return {}


def store_identity(workspace: Workspace) -> str:
    """A string that changes when the embedded database was made anew, or another one was chosen."""
    bolt = workspace.settings.graph.bolt
    if bolt == "embedded" and not has_embedded_server():
        return "not installed"
    if bolt == "embedded":
        return database_id(workspace.bolt_folder)
    return digest_json([bolt, workspace.settings.graph.database])


def _tell_schema(connection: Connection) -> None:
    with connection.driver.session(database=connection.database) as session:
        known = {record["name"] for record in session.run("SHOW CONSTRAINTS")}
        if len(known) < len(NODE_KINDS):
            for statement in SCHEMA:
                session.run(statement).consume()


def _replace(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    _clear(transaction, graph, base)
    _put_nodes(transaction, graph, base)
    for ends, relations in groupby(sorted(graph.relations, key=_ends), key=_ends):
        more = {"week": graph.week} if ends[0] in COUNTED else {}
        for batch in batches(_relation_row(base, relation) for relation in relations):
            transaction.run(_RELATIONS.format(*ends), rows=batch, more=more)
    for kind in SHARED:
        transaction.run(f"MATCH (n:{kind}) WHERE NOT (n)--() DELETE n")
    for kind in NAMED:  # those that the week knew and knows no more
        transaction.run(_EARLIER_NAMES.format(kind=kind))


def _clear(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    """Take away what belongs to the week, and what it said of what is shared."""
    week = {"week": graph.week}
    for kind in WEEKLY:
        transaction.run(f"MATCH (n:{kind}) WHERE n.week = $week DETACH DELETE n", week)
    for kind in NAMED:
        transaction.run(f"MATCH (n:{kind}) WHERE n.told = $week REMOVE n.told", week)
    for kind in COUNTED:
        transaction.run(f"MATCH ()-[r:{kind}]->() WHERE r.week = $week DELETE r", week)
    posts = ({"iri": _iri(base, node.ref)} for node in graph.nodes if node.ref.kind == "Post")
    for batch in batches(posts):  # those that another week had until their time was corrected
        transaction.run(_FORGET_POSTS, rows=batch)


def _put_nodes(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    for kind, nodes in groupby(graph.nodes, key=lambda node: node.ref.kind):
        rows = ({"iri": _iri(base, n.ref), "said": _sent(n.properties)} for n in nodes)
        query = (_NAMED_NODES if kind in NAMED else _NODES).format(kind=kind)
        more = {"week": graph.week} if NODE_KINDS[kind].weekly else {}
        for batch in batches(rows):
            transaction.run(query, rows=batch, more=more, week=graph.week)


_FORGET_POSTS = "UNWIND $rows AS row MATCH (n:Post {iri: row.iri}) DETACH DELETE n"
_NODES = "UNWIND $rows AS row MERGE (n:{kind} {{iri: row.iri}}) SET n += row.said SET n += $more"
_NAMED_NODES = (
    "UNWIND $rows AS row MERGE (n:{kind} {{iri: row.iri}}) "
    "WITH n, row WHERE n.told IS NULL OR n.told <= $week SET n += row.said "
    "SET n.name = row.said.name SET n.name_en = row.said.name_en SET n.name_zh = row.said.name_zh "
    "SET n.told = $week"
)
_EARLIER_NAMES = (
    "MATCH (seen)-[:OBSERVES]->(n:{kind}) WHERE n.told IS NULL "
    "WITH n, seen ORDER BY seen.week DESC WITH n, collect(seen)[0] AS newest "
    "SET n.name = newest.name SET n.name_en = newest.name_en SET n.name_zh = newest.name_zh "
    "SET n.told = newest.week"
)
_RELATIONS = (
    "UNWIND $rows AS row MATCH (a:{1} {{iri: row.source}}) MATCH (b:{2} {{iri: row.target}}) "
    "CREATE (a)-[r:{0}]->(b) SET r += row.said SET r += $more"
)


def _ends(relation: Relation) -> tuple[str, str, str]:
    return relation.kind, relation.source.kind, relation.target.kind


def _relation_row(base: str, relation: Relation) -> Mapping[str, Any]:
    source, target = _iri(base, relation.source), _iri(base, relation.target)
    return {"source": source, "target": target, "said": _sent(relation.properties)}


def _iri(base: str, ref: Ref) -> str:
    return resource_iri(base, NODE_KINDS[ref.kind].path, *ref.keys)


def _sent(said: Mapping[str, Value]) -> dict[str, Value]:
    """Properties as the driver sends them: moments in UTC."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in said.items()
    }
