"""The RDF store is whole with one writer or many readers, whichever process is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.graph.rdf_store import WAITING, graph_names, reading, replace_graph, store_id

NAME, PREDICATE = "https://a.example/graph/w", ox.NamedNode("https://a.example/is")

WRITER = """
import sys
from pathlib import Path
from tests.kg.graph.test_rdf_store import triples, replace_graph, NAME
while True:
    for number in (1, 2):
        replace_graph(Path(sys.argv[1]), NAME, triples(number), "graph/w")
        print(number, flush=True)
"""


def triples(number: int, count: int = 400) -> list[ox.Triple]:
    """Triples with the object `number`; a graph with two numbers was replaced only in part."""
    subjects = (ox.NamedNode(f"https://a.example/{i}") for i in range(count))
    return [ox.Triple(subject, PREDICATE, ox.Literal(number)) for subject in subjects]


def numbers(folder: Path) -> list[tuple[str, int]]:
    """The objects in the default graph, with their counts."""
    query = "SELECT ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?o ORDER BY ?o"
    with reading(folder) as store:
        found = store.query(query)
        return [(row["o"].value, int(row["n"].value)) for row in found]  # type: ignore[union-attr]


def start_writer(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 -- our own code
        [sys.executable, "-c", WRITER, str(folder)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_store_cannot_be_read_before_something_was_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="zeitgraph run"), reading(tmp_path / "graph"):
        pass


def test_a_graph_is_replaced_completely_and_removed_without_triples(tmp_path: Path) -> None:
    replace_graph(tmp_path, NAME, triples(1), "graph/w")
    replace_graph(tmp_path, NAME, triples(2, 3), "graph/w")
    assert numbers(tmp_path) == [("2", 3)]
    replace_graph(tmp_path, NAME, [], "graph/w")
    assert numbers(tmp_path) == []
    with reading(tmp_path) as store:
        assert graph_names(store) == []


def test_a_triple_that_another_graph_still_has_stays_in_the_merge(tmp_path: Path) -> None:
    replace_graph(tmp_path, NAME, triples(1, 5), "graph/w")
    replace_graph(tmp_path, "https://a.example/graph/v", triples(1, 3), "graph/v")
    replace_graph(tmp_path, NAME, triples(2, 5), "graph/w")
    assert numbers(tmp_path) == [("1", 3), ("2", 5)]


def test_each_store_has_its_own_constant_id(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert store_id(first) == store_id(first) != store_id(second)


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_writer_leaves_the_old_graph_or_the_new_one(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    for _ in range(4):
        writer = start_writer(tmp_path)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(dice.random() * 0.3)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert numbers(tmp_path) in ([("1", 400)], [("2", 400)])
        with reading(tmp_path) as store:
            assert graph_names(store) == [NAME]
            assert not store.contains_named_graph(WAITING)


def test_triples_that_a_killed_writer_left_waiting_are_never_seen(tmp_path: Path) -> None:
    replace_graph(tmp_path, NAME, triples(1), "graph/w")
    store = ox.Store(tmp_path)
    store.extend(ox.Quad(t.subject, t.predicate, t.object, WAITING) for t in triples(2))
    store.flush()
    del store
    with reading(tmp_path) as read:
        assert not read.contains_named_graph(WAITING)
    assert numbers(tmp_path) == [("1", 400)]


def test_readers_beside_a_writer_see_one_version_of_the_graph(tmp_path: Path) -> None:
    writer = start_writer(tmp_path)
    assert writer.stdout
    writer.stdout.readline()
    try:
        for _ in range(20):
            assert numbers(tmp_path) in ([("1", 400)], [("2", 400)])
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()


MAKER = """
import sys
from pathlib import Path
from zeitgraph.kg.graph.rdf_store import store_id
print("ready", flush=True)
store_id(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("milliseconds", range(0, 24, 4))
def test_a_store_whose_maker_was_killed_is_completed(tmp_path: Path, milliseconds: int) -> None:
    folder = tmp_path / "graph"
    maker = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", MAKER, str(folder)], stdout=subprocess.PIPE
    )
    with maker:
        assert maker.stdout is not None
        maker.stdout.readline()
        time.sleep(milliseconds / 1000)
        os.kill(maker.pid, signal.SIGKILL)
    assert store_id(folder)
    replace_graph(folder, NAME, triples(1), "graph/w")
    assert numbers(folder) == [("1", 400)]
