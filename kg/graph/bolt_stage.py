"""The Bolt stage: writes the graph of a week to the property graph as nodes and relationships.

Input: a `WeekGraph`. Output: its nodes and relationships, written in one transaction that replaces
the earlier content of the week. Values are sent as parameters, in batches (`UNWIND`); the text of a
query contains only names from `kg/graph/vocabulary.py`.

Each node has the `iri` that it has in RDF. Nodes and relationships of one week have its `week`.
Clusters, entities, images and instants are shared by all weeks and are deleted with their last
relationship. Clusters and entities have the names of the newest week that has them, whichever week
is written last; `names_week` is that week.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.base.plugins import pip_line
from zeitgraph.kg.graph.bolt_client import Connection, connect
from zeitgraph.kg.graph.bolt_process import database_id, has_embedded_server
from zeitgraph.kg.graph.vocabulary import NODE_KINDS, RELATIONS, resource_iri
from zeitgraph.kg.graph.week_graph import Ref, Relation, Value, WeekGraph, batches, week_graph
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    import neo4j

WEEKLY = tuple(label for label, kind in NODE_KINDS.items() if kind.weekly)
SHARED = tuple(label for label, kind in NODE_KINDS.items() if not kind.weekly)
NAMED = ("Cluster", "Entity")
"""Labels of shared nodes whose names may change from week to week."""

FACTS = tuple(name for name, kind in RELATIONS.items() if kind.statement == "zg:Fact")
"""Relations between shared nodes; their week is a property of the relation."""

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
        for kind in FACTS
    ),
)
"""Statements for a new database: IRIs are unique; weeks and ids have an index."""


def write_bolt(job: Job) -> dict[str, pa.Table]:
    """Replace the week in the property graph; returns no tables.

    A week without posts loses its nodes and relationships. Does nothing if `graph.bolt` is off, or
    if the embedded server is not installed, which a note says in the first week. Raises
    `StoreError` if the server fails, or as `connect` does.
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
    with connect(job.workspace, "writer") as connection:
        try:
            _create_schema(connection)
            with connection.driver.session(database=connection.database) as session:
                session.execute_write(_replace, graph, job.settings.graph.base)
        except neo4j.exceptions.Neo4jError as error:
            raise StoreError(f"the week {job.week} cannot be written: {error.message}") from error
    return {}


def store_identity(workspace: Workspace) -> str:
    """A string that changes when the embedded database is made anew or another one is chosen."""
    bolt = workspace.settings.graph.bolt
    if bolt == "embedded" and not has_embedded_server():
        return "not installed"
    if bolt == "embedded":
        return database_id(workspace.bolt_folder)
    return digest_json([bolt, workspace.settings.graph.database])


def _create_schema(connection: Connection) -> None:
    with connection.driver.session(database=connection.database) as session:
        known = {record["name"] for record in session.run("SHOW CONSTRAINTS")}
        if len(known) < len(NODE_KINDS):
            for statement in SCHEMA:
                session.run(statement).consume()


def _replace(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    _clear(transaction, graph, base)
    _write_nodes(transaction, graph, base)
    for ends, relations in groupby(sorted(graph.relations, key=_ends), key=_ends):
        more = {"week": graph.week} if ends[0] in FACTS else {}
        for batch in batches(_relation_row(base, relation) for relation in relations):
            transaction.run(_RELATIONS.format(*ends), rows=batch, more=more)
    for kind in SHARED:
        transaction.run(f"MATCH (n:{kind}) WHERE NOT (n)--() DELETE n")
    for kind in NAMED:  # nodes that the week had before and no longer has
        transaction.run(_EARLIER_NAMES.format(kind=kind))


def _clear(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    """Delete the nodes and facts of the week, and mark the names that come from it as outdated."""
    week = {"week": graph.week}
    for kind in WEEKLY:
        transaction.run(f"MATCH (n:{kind}) WHERE n.week = $week DETACH DELETE n", week)
    for kind in NAMED:
        transaction.run(f"MATCH (n:{kind}) WHERE n.names_week = $week REMOVE n.names_week", week)
    for kind in FACTS:
        transaction.run(f"MATCH ()-[r:{kind}]->() WHERE r.week = $week DELETE r", week)
    posts = ({"iri": _iri(base, node.ref)} for node in graph.nodes if node.ref.kind == "Post")
    for batch in batches(posts):  # also posts of another week whose time was corrected
        transaction.run(_DELETE_POSTS, rows=batch)


def _write_nodes(transaction: "neo4j.ManagedTransaction", graph: WeekGraph, base: str) -> None:
    for kind, nodes in groupby(graph.nodes, key=lambda node: node.ref.kind):
        rows = ({"iri": _iri(base, n.ref), "values": _in_utc(n.properties)} for n in nodes)
        query = (_NAMED_NODES if kind in NAMED else _NODES).format(kind=kind)
        more = {"week": graph.week} if NODE_KINDS[kind].weekly else {}
        for batch in batches(rows):
            transaction.run(query, rows=batch, more=more, week=graph.week)


_DELETE_POSTS = "UNWIND $rows AS row MATCH (n:Post {iri: row.iri}) DETACH DELETE n"
_NODES = "UNWIND $rows AS row MERGE (n:{kind} {{iri: row.iri}}) SET n += row.values SET n += $more"
_NAMED_NODES = (
    "UNWIND $rows AS row MERGE (n:{kind} {{iri: row.iri}}) "
    "WITH n, row WHERE n.names_week IS NULL OR n.names_week <= $week SET n += row.values "
    "SET n.name = row.values.name SET n.name_en = row.values.name_en "
    "SET n.name_zh = row.values.name_zh "
    "SET n.names_week = $week"
)
_EARLIER_NAMES = (
    "MATCH (seen)-[:OBSERVES]->(n:{kind}) WHERE n.names_week IS NULL "
    "WITH n, seen ORDER BY seen.week DESC WITH n, collect(seen)[0] AS newest "
    "SET n.name = newest.name SET n.name_en = newest.name_en SET n.name_zh = newest.name_zh "
    "SET n.names_week = newest.week"
)
_RELATIONS = (
    "UNWIND $rows AS row MATCH (a:{1} {{iri: row.source}}) MATCH (b:{2} {{iri: row.target}}) "
    "CREATE (a)-[r:{0}]->(b) SET r += row.values SET r += $more"
)


def _ends(relation: Relation) -> tuple[str, str, str]:
    return relation.kind, relation.source.kind, relation.target.kind


def _relation_row(base: str, relation: Relation) -> Mapping[str, Any]:
    source, target = _iri(base, relation.source), _iri(base, relation.target)
    return {"source": source, "target": target, "values": _in_utc(relation.properties)}


def _iri(base: str, ref: Ref) -> str:
    return resource_iri(base, NODE_KINDS[ref.kind].path, *ref.keys)


def _in_utc(properties: Mapping[str, Value]) -> dict[str, Value]:
    """The properties with all times in UTC, since ArcadeDB does not store a time zone."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in properties.items()
    }
