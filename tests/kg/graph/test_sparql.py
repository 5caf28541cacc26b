"""SPARQL queries of users: answers have plain values; no query writes, fetches or runs forever."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.graph import World, fill, make_workspace, make_world
from zeitgraph.kg.base.errors import QueryError
from zeitgraph.kg.graph.rdf_stage import graph_iri, write_graph
from zeitgraph.kg.graph.sparql import ask_sparql
from zeitgraph.kg.workspace.workspace import Workspace

BASE = "https://zeitgraph.example/"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two weeks in the RDF store, with tight limits on queries."""
    folder = tmp_path_factory.mktemp("sparql") / "w"
    limits: dict[str, Any] = {"query_seconds": 20.0, "query_rows": 500}
    return fill(make_world(folder, weeks=2, posts=12, **limits), write_graph)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[int]]]:
    """The URL of a server on 127.0.0.1, and a list with an item for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls: list[int] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                calls.append(1)
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", calls
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_select_gives_plain_values_and_none(world: World) -> None:
    answer = ask_sparql(
        world.workspace,
        """SELECT (1 AS ?i) (1.5e0 AS ?d) (0.25 AS ?e) (true AS ?b) ("é"@fr AS ?t) ?nothing
        (<http://a.example/> AS ?iri) (1e0/0e0 AS ?inf) ("x"^^xsd:integer AS ?bad) {}""",
    )
    assert answer.columns == ("i", "d", "e", "b", "t", "nothing", "iri", "inf", "bad")
    assert answer.rows == ((1, 1.5, 0.25, True, "é", None, "http://a.example/", "INF", "x"),)


def test_ask_construct_and_describe_are_answered_too(world: World) -> None:
    place = world.workspace
    assert ask_sparql(place, "ASK { ?p a schema:SocialMediaPosting }").rows == ((True,),)
    made = ask_sparql(place, "CONSTRUCT { ?c a zg:Found } WHERE { ?c a zg:Cluster }")
    assert made.columns == ("subject", "predicate", "object")
    assert len(made.rows) == len({row[0] for row in made.rows}) > 0
    assert "@prefix zg:" in made.render("ttl")
    assert "a zg:Found" in made.render("ttl")
    week = ask_sparql(place, f"DESCRIBE <{BASE}week/{world.weeks[0]}>")
    assert any(row[2] == world.weeks[0] for row in week.rows)


def test_the_default_graph_has_each_triple_once_and_graph_chooses_a_week(world: World) -> None:
    place = world.workspace
    found = ask_sparql(place, "SELECT ?c { ?c a zg:Cluster }").rows
    assert len(found) == len(set(found))
    graphs = ask_sparql(place, "SELECT DISTINCT ?g { GRAPH ?g { ?p zg:inWeek ?w } } ORDER BY ?g")
    assert [row[0] for row in graphs.rows] == [graph_iri(BASE, week) for week in world.weeks]
    one = graph_iri(BASE, world.weeks[0])
    query = "SELECT (COUNT(?w) AS ?n) FROM <ONE> { ?w a time:ProperInterval }"
    assert ask_sparql(place, query.replace("ONE", one)).rows == ((1,),)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
        "select * { service silent <URL> { ?s ?p ?o } }",
        "ASK { SERVICE <URL> { ?s ?p ?o } }",
        "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1 # x\n LOAD <URL>",
        "DESCRIBE ?s { SERVICE <URL> { ?s ?p ?o } }",
        "PREFIX SERVICE: <URL> SELECT * { SERVICE SERVICE:x { ?s ?p ?o } }",
        "SELECT * { ?a ?b ?c FILTER(?a<?b) SERVICE#>\n<URL> { ?s ?p ?o } FILTER(1>0) }",
        'SELECT * { ?a ?b "SERVICE" . SERVICE <URL> { ?s ?p ?o } }',
        "SELECT * { \\u0053ERVICE <URL> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE ?where { ?s ?p ?o } VALUES ?where { <URL> } } } }",
        "LOAD <URL>",
        "INSERT DATA { <a:b> <a:c> <a:d> }",
        "DELETE WHERE { ?s ?p ?o }",
        "PREFIX x: <x:y> WITH <x:y> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DROP ALL",
    ],
)
def test_a_query_that_writes_or_calls_another_server_is_refused_before_any_call(
    world: World, listener: tuple[str, list[int]], query: str
) -> None:
    url, calls = listener
    with pytest.raises(QueryError) as refused:
        ask_sparql(world.workspace, query.replace("URL", url))
    assert "\n" not in str(refused.value)
    assert calls == []


def test_from_chooses_among_our_graphs_and_fetches_nothing(
    world: World, listener: tuple[str, list[int]]
) -> None:
    url, calls = listener
    for clause in (f"FROM <{url}>", f"FROM NAMED <{url}>"):
        query = f"SELECT * {clause} {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
        assert ask_sparql(world.workspace, query).rows == ()
    assert calls == []


@pytest.mark.parametrize(
    "query",
    [
        'SELECT ("SERVICE <http://a.example/> { }" AS ?x) {}',
        "SELECT ?service { VALUES ?service { 1 } } # SERVICE <x> {}",
        "PREFIX service: <http://a.example/SERVICE#> SELECT (service:x AS ?x) {}",
        "SELECT (<http://a.example/service> AS ?x) {}",
        "SELECT ?x { VALUES ?x { 'LOAD <http://a.example/>' } }",
    ],
)
def test_a_query_that_only_contains_the_word_is_answered(world: World, query: str) -> None:
    assert len(ask_sparql(world.workspace, query).rows) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * { ?s ?p }", "line 1, column 19"),
        ("SELECT ?x { ?s ?p ?o } GROUP BY ?s", "a variable that is unbound"),
        ("SELECT *\n{ ?s\nfoo:bar ?o }", "a prefix is not declared (line 3"),
        ("INSERT DATA { <a:b> <a:c> <a:d> }", "this is an update"),
        ("", "malformed"),
        ("{" * 100_000, "malformed|nested too deeply"),
    ],
)
def test_a_malformed_query_is_reported_in_one_line_with_its_place(
    world: World, query: str, message: str
) -> None:
    with pytest.raises(QueryError) as refused:
        ask_sparql(world.workspace, query)
    assert any(part in str(refused.value) for part in message.split("|"))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def _with(world: World, **limits: object) -> Workspace:
    place = Workspace(world.workspace.root)
    graph = place.settings.graph.model_copy(update=limits)
    place.__dict__["settings"] = place.settings.model_copy(update={"graph": graph})
    return place


def test_a_query_that_takes_too_long_is_stopped(world: World) -> None:
    with pytest.raises(QueryError, match="longer than 2 s"):
        ask_sparql(_with(world, query_seconds=2.0), SLOW)


def test_a_query_that_needs_too_much_memory_is_stopped(world: World) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
    with pytest.raises(QueryError, match=r"needed more than 256 MB|longer than"):
        ask_sparql(_with(world, query_mb=256), query)


def test_too_many_rows_are_refused_and_not_cut(world: World) -> None:
    with pytest.raises(QueryError, match="more than 500 rows"):
        ask_sparql(world.workspace, "SELECT * { ?s ?p ?o }")


def test_a_workspace_without_a_graph_says_so(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="there is no graph yet"):
        ask_sparql(make_workspace(tmp_path / "w"), "ASK {}")
