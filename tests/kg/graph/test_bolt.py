"""The property graph: the embedded server and the official driver, also after crashes."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests.worlds.graph import (
    World,
    fill,
    job_of,
    make_workspace,
    make_world,
    week_rows,
    write_rows,
)
from zeitgraph.kg.base.errors import QueryError, SettingsError, StoreError, UserError
from zeitgraph.kg.graph.bolt_client import ask_cypher
from zeitgraph.kg.graph.bolt_process import is_alive, leased_server, stop_server
from zeitgraph.kg.graph.bolt_stage import store_identity, write_bolt
from zeitgraph.kg.graph.vocabulary import NODE_KINDS, RELATIONS, resource_iri
from zeitgraph.kg.graph.week_graph import week_graph
from zeitgraph.kg.workspace.tables import empty_table
from zeitgraph.kg.workspace.workspace import Workspace

pytestmark = pytest.mark.models

BASE = "https://zeitgraph.example/"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two weeks in an embedded server that these tests share; it is stopped after them."""
    folder = tmp_path_factory.mktemp("bolt") / "w"
    limits: dict[str, Any] = {"query_rows": 300, "query_seconds": 8.0, "heap_mb": 256}
    made = make_world(folder, weeks=2, posts=14, idle_seconds=30.0, **limits)
    yield fill(made, write_bolt)
    stop_server(made.workspace)


def census(workspace: Workspace) -> list[object]:
    """Counts of nodes and relationships of each kind, and the properties of nodes."""
    return [
        ask_cypher(workspace, query).rows
        for query in (
            "MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS n ORDER BY kind",
            "MATCH ()-[r]->() RETURN type(r) AS k, r.week AS w, count(*) AS n ORDER BY k, w",
            "MATCH (n) RETURN n.iri AS iri, properties(n) AS p ORDER BY iri LIMIT 250",
        )
    ]


# -- the content -----------------------------------------------------------------------------------


def test_the_property_graph_has_the_nodes_and_relations_of_all_weeks(world: World) -> None:
    graphs = [week_graph(job_of(world.workspace, week)) for week in world.weeks]
    expected = {
        resource_iri(BASE, NODE_KINDS[node.ref.kind].path, *node.ref.keys): node
        for graph in graphs
        for node in graph.nodes
    }
    stored = ask_cypher(world.workspace, "MATCH (n) RETURN n.iri, labels(n), properties(n)").rows
    assert {row[0] for row in stored} == set(expected)
    for iri, labels, properties in stored:
        node = expected[str(iri)]
        assert labels == [node.ref.kind]
        own = {key: value for key, value in node.properties.items() if key != "published_at"}
        assert own.items() <= {**properties, "at": own.get("at")}.items()  # type: ignore[dict-item]
    counted = ask_cypher(world.workspace, "MATCH ()-[r]->() RETURN type(r), count(r)").rows
    assert {row[0]: row[1] for row in counted} == {
        kind: sum(r.kind == kind for graph in graphs for r in graph.relations)
        for kind in RELATIONS
        if any(r.kind == kind for graph in graphs for r in graph.relations)
    }


def test_writing_a_week_again_changes_nothing(world: World) -> None:
    before = census(world.workspace)
    write_bolt(job_of(world.workspace, world.weeks[0]))
    assert census(world.workspace) == before


def test_a_changed_week_leaves_nothing_of_its_earlier_content(world: World) -> None:
    import random

    place, week = world.workspace, world.weeks[1]
    before = census(place)
    write_rows(place, week, week_rows(week, random.Random(5), 5, ["plain"]))
    write_bolt(job_of(place, week))
    query = "MATCH (p:Post {week: $week}) RETURN count(p)"
    assert ask_cypher(place, query, {"week": week}).rows == ((5,),)
    place.write("posts", week, empty_table("posts"))
    write_bolt(job_of(place, week))
    left = ask_cypher(place, "MATCH (n) WHERE n.week = $week RETURN count(n)", {"week": week})
    assert left.rows == ((0,),)
    assert ask_cypher(place, "MATCH (n) WHERE NOT (n)--() RETURN count(n)").rows == ((0,),)
    write_rows(place, week, world.rows[week])
    write_bolt(job_of(place, week))
    assert census(place) == before


def test_a_name_that_the_newest_week_lacks_is_gone(world: World) -> None:
    place, week = world.workspace, world.weeks[-1]
    before = census(place)
    nameless = [{**row, "name_zh": None} for row in world.rows[week]["clusters"]]
    write_rows(place, week, {**world.rows[week], "clusters": nameless})
    write_bolt(job_of(place, week))
    query = "MATCH (c:Cluster) WHERE c.names_week = $week RETURN count(c), count(c.name_zh)"
    ((known, named),) = ask_cypher(place, query, {"week": week}).rows
    ((known, named),) = ask_cypher(place, query, {"week": week}).rows
    assert (bool(known), named) == (True, 0)
    write_rows(place, week, world.rows[week])
    write_bolt(job_of(place, week))
    assert census(place) == before


# -- queries of users ------------------------------------------------------------------------------


def test_answers_have_plain_values(world: World) -> None:
    answer = ask_cypher(
        world.workspace,
        "RETURN 1 AS i, 1.5 AS d, true AS b, null AS n, $text AS t, [1, 'a'] AS l, {k: 1} AS m, "
        "datetime('2026-11-09T08:30:00Z') AS at",
        {"text": "'; MATCH (n) DETACH DELETE n //"},
    )
    assert answer.columns == ("i", "d", "b", "n", "t", "l", "m", "at")
    assert answer.rows == (
        (1, 1.5, True, None, "'; MATCH (n) DETACH DELETE n //", [1, "a"], {"k": 1},
         "2026-11-09T08:30:00Z"),
    )  # fmt: skip
    path = ask_cypher(world.workspace, "MATCH p = (:Week)-[:BEGINS]->() RETURN p LIMIT 1")
    assert json.loads(path.render("json"))[0]["p"][0]["id"] in world.weeks


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (:Evil)",
        "create (:Post {iri: 'x'})",
        "MERGE (n:Evil {a: 1}) RETURN n",
        "MATCH (p:Post) SET p.text = 'x'",
        "MATCH (p:Post) SET p.text = 'x' RETURN p.text",
        "MATCH (p:Post) SET p:Evil",
        "MATCH (p:Post) REMOVE p.text RETURN count(p)",
        "MATCH (p) DETACH DELETE p",
        "MATCH ()-[r:IN_WEEK]->() DELETE r",
        "MATCH (p:Post) CALL { WITH p CREATE (:Evil) } RETURN count(p)",
        "MATCH (a:Post), (b:Week) WITH a, b LIMIT 1 CREATE (a)-[:IN_WEEK]->(b)",
        "FOREACH (x IN [1] | CREATE (:Evil))",
        "/* RETURN 1 */ CREATE // RETURN\n (:Evil)",
        "MATCH (p:Post) /* SET */ S\\u0045T p.text = 'x' RETURN p",
        "RETURN 1 AS x UNION CREATE (n:Evil) RETURN 1 AS x",
        "CREATE INDEX evil FOR (n:Post) ON (n.text)",
        "DROP CONSTRAINT post_iri",
        "CREATE USER evil SET PASSWORD 'evil-password'",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "LOAD CSV FROM 'http://127.0.0.1:9/' AS line RETURN line",
        "CALL apoc.create.node(['Evil'], {})",
    ],
)
def test_a_query_that_writes_or_loads_from_outside_is_refused_and_changes_nothing(
    world: World, query: str
) -> None:
    before = census(world.workspace)
    with pytest.raises(QueryError) as refused:
        ask_cypher(world.workspace, query)
    assert "\n" not in str(refused.value)
    assert census(world.workspace) == before


@pytest.mark.parametrize(
    "query",
    [
        "RETURN 'CREATE (:Evil) SET DELETE' AS x",
        "WITH 1 AS create RETURN create AS x // DELETE",
        "MATCH (n:Week) WHERE n.`set` IS NULL RETURN 'x' AS x LIMIT 1",
    ],
)
def test_a_query_with_such_words_that_only_reads_is_answered(world: World, query: str) -> None:
    assert len(ask_cypher(world.workspace, query).rows) == 1


def test_malformed_queries_and_unknown_functions_are_reported_in_one_line(world: World) -> None:
    for query in ("MATCH (n RETURN n", "RETURN nothing_such(1)", "", "SELECT * FROM Post"):
        with pytest.raises(QueryError) as refused:
            ask_cypher(world.workspace, query)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400


def test_too_many_rows_are_refused_and_not_cut(world: World) -> None:
    with pytest.raises(QueryError, match="more than 300 rows"):
        ask_cypher(world.workspace, "UNWIND range(1, 301) AS x RETURN x")
    assert len(ask_cypher(world.workspace, "UNWIND range(1, 300) AS x RETURN x").rows) == 300


def test_a_query_without_end_is_stopped_and_the_graph_stays_usable(world: World) -> None:
    before = census(world.workspace)
    place = Workspace(world.workspace.root)
    graph = place.settings.graph.model_copy(update={"query_seconds": 1.0})
    place.__dict__["settings"] = place.settings.model_copy(update={"graph": graph})
    endless = "MATCH p = (a:Entity)-[:CO_OCCURS_WITH*1..30]-(b:Entity) RETURN count(p)"
    with pytest.raises(QueryError, match="longer than 1 s"):
        ask_cypher(place, endless)
    assert census(world.workspace) == before


# -- the server ------------------------------------------------------------------------------------


def test_a_killed_server_is_started_again_and_has_lost_no_data(world: World) -> None:
    before = census(world.workspace)
    with leased_server(world.workspace) as server:
        os.kill(server.pid, signal.SIGKILL)
    while is_alive(world.workspace.bolt_folder):  # its threads may outlive the process by a moment
        time.sleep(0.05)
    assert census(world.workspace) == before
    with leased_server(world.workspace) as again:
        assert again.pid != server.pid


def test_only_the_owner_can_read_secrets_and_the_server_listens_on_this_machine_only(
    world: World,
) -> None:
    with leased_server(world.workspace) as server:
        for file in ("secrets.json", "server.json"):
            mode = (world.workspace.bolt_folder / file).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600
        process = psutil.Process(server.pid)
        listening = [c.laddr for c in process.net_connections() if c.status == "LISTEN"]
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
        assert server.port in {address.port for address in listening}
        words = " ".join(process.cmdline())
        assert server.writer not in words
        assert server.reader not in words


def test_an_idle_server_stops_and_users_at_the_same_time_share_one(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "w", idle_seconds=0.5, heap_mb=128)

    def ask(_: int) -> int:
        with leased_server(place) as server:
            assert ask_cypher(place, "RETURN 1 AS x").rows == ((1,),)
            return server.pid

    with ThreadPoolExecutor(3) as pool:
        (pid,) = set(pool.map(ask, range(3)))
    wait_until_gone(pid)
    assert not (place.bolt_folder / "server.json").exists()


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is not a child of this one."""
    with contextlib.suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.05)


def test_stale_files_are_not_trusted(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "w", idle_seconds=0.5, heap_mb=128)
    place.bolt_folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as other:
        stale = {"pid": os.getpid(), "port": other.getsockname()[1]}
        (place.bolt_folder / "server.json").write_text(json.dumps(stale))
        (place.bolt_folder / "secrets.json").write_text("{ half")
        assert ask_cypher(place, "RETURN 1 AS x").rows == ((1,),)
    stop_server(place)


def test_a_server_whose_user_was_killed_stops_by_itself(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "w", idle_seconds=0.5, heap_mb=128)
    code = (
        "import sys, time\n"
        "from zeitgraph.kg.graph.bolt_process import leased_server\n"
        "from zeitgraph.kg.workspace.workspace import Workspace\n"
        "with leased_server(Workspace(sys.argv[1])) as server:\n"
        "    print(server.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-P", "-c", code, str(place.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as user:  # noqa: S603
        assert user.stdout
        pid = int(user.stdout.readline())
        user.kill()
    wait_until_gone(pid)


def test_a_deleted_database_has_another_identity(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "w")
    before = store_identity(place)
    assert store_identity(place) == before
    (place.bolt_folder / "databases" / "zeitgraph-id").unlink()
    assert store_identity(place) != before


# -- without it, or elsewhere ----------------------------------------------------------------------


def test_if_it_is_off_the_stage_does_nothing_and_a_query_is_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path / "w", weeks=1, posts=3, bolt="off")
    assert write_bolt(job_of(world.workspace, world.weeks[0])) == {}
    with pytest.raises(UserError, match="the property graph is off"):
        ask_cypher(world.workspace, "RETURN 1")
    assert not world.workspace.bolt_folder.exists()


def test_another_server_is_reached_by_uri_user_and_password(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with leased_server(world.workspace) as server:
        uri, variable = f"bolt://127.0.0.1:{server.port}", "THE_VARIABLE"
        elsewhere = {
            "bolt": uri,
            "user": "writer",
            "database": "zeitgraph",
            "password_env": variable,
        }
        place = make_workspace(tmp_path / "w", **elsewhere)
        with pytest.raises(SettingsError, match=variable):
            ask_cypher(place, "RETURN 1")
        monkeypatch.setenv(variable, "wrong")
        with pytest.raises(StoreError):
            ask_cypher(place, "RETURN 1")
        monkeypatch.setenv(variable, server.writer)
        before = census(world.workspace)
        for query in ("MATCH (w:Week) SET w.x = 1", "MATCH (w:Week) DETACH DELETE w RETURN 1"):
            with pytest.raises(QueryError, match="can only be read"):
                ask_cypher(place, query)
        assert census(place) == before
    assert not place.bolt_folder.exists()


def test_a_server_that_does_not_answer_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEITGRAPH_BOLT_PASSWORD", "x")
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(StoreError, match="no answer"):
        ask_cypher(make_workspace(tmp_path / "a", bolt=f"bolt://127.0.0.1:{port}"), "RETURN 1")
    with pytest.raises(SettingsError):
        ask_cypher(make_workspace(tmp_path / "b", bolt="nonsense"), "RETURN 1")
