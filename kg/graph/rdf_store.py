"""The RDF store: an Oxigraph dataset on disk with one named graph a week and one for the catalogue.

Input: triples and the name of their graph. Output: a store that is open for reading. Either one
process writes or several read; a file lock separates them, which the operating system releases when
its holder dies. This module does not know what the triples mean.

The default graph is the RDF merge of all named graphs (RDF 1.1 Semantics, section 4.1): a triple of
several weeks is in it once. Oxigraph can also build the union of all graphs for a query, but then
returns such a triple once for each graph.

A graph is written completely or not at all. A new graph is one transaction. To replace a graph, the
new triples are first written to the graph `WAITING`; one SPARQL update, which Oxigraph executes as
one transaction, then moves them into place. If a writer is killed between the two steps, the next
process that opens the store drops the waiting triples.
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from zeitgraph.kg.base.errors import StoreError, UserError

WAITING = ox.NamedNode("urn:x-zeitgraph:waiting")
"""The graph for new triples until they are moved into place."""

_LOCK_FILE = "zeitgraph.lock"
_MADE = "zeitgraph.made"
"""An empty file in the folder of a complete store; a store without it may be half made."""

_DROP = """
DELETE {{ ?s ?p ?o }} WHERE {{
  GRAPH {graph} {{ ?s ?p ?o }}
  FILTER NOT EXISTS {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({graph}, {waiting})) }}
}} ; DROP GRAPH {graph}
"""
_PLACE = "ADD {waiting} TO DEFAULT ; MOVE {waiting} TO {graph}"


def store_id(folder: Path) -> str:
    """The id of the store, which it got when it was made; makes an empty store if there is none.

    Raises `StoreError` if the store cannot be opened.
    """
    file = folder / "IDENTITY"  # written by RocksDB: a UUID for each new database
    if not (folder / _MADE).is_file() or not file.is_file():
        with _locked(folder, fcntl.LOCK_EX):
            _open(folder)
    return file.read_text("ascii").strip()


def replace_graph(folder: Path, name: str, triples: Iterable[ox.Triple], ending: str) -> None:
    """Replace the content of the graph `name` by `triples`; without triples, remove the graph.

    Other graphs whose names end in `ending` are removed in the same transaction. When this
    function returns, all is on disk. Raises `StoreError` if the store cannot be written.
    """
    with _locked(folder, fcntl.LOCK_EX):
        _replace(folder, ox.NamedNode(name), triples, ending)


def _replace(folder: Path, name: ox.NamedNode, triples: Iterable[ox.Triple], ending: str) -> None:
    """A function of its own, so that the store is closed before the lock is released."""
    store = _open(folder)
    try:
        store.remove_graph(WAITING)
        before = [ox.NamedNode(graph) for graph in graph_names(store) if graph.endswith(ending)]
        if before:
            store.extend(_placed(triples, WAITING))
            full = store.contains_named_graph(WAITING)
            steps = [_DROP.format(graph=graph, waiting=WAITING) for graph in before]
            steps += [_PLACE.format(graph=name, waiting=WAITING)] if full else []
            store.update(" ; ".join(steps))
        else:
            store.extend(_placed(triples, name, ox.DefaultGraph()))
        store.flush()
    except OSError as error:
        raise StoreError(f"the RDF store cannot be written: {error}", where=folder) from error


def _placed(
    triples: Iterable[ox.Triple], *graphs: ox.NamedNode | ox.DefaultGraph
) -> Iterator[ox.Quad]:
    for triple in triples:
        for graph in graphs:
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


@contextmanager
def reading(folder: Path) -> Iterator[ox.Store]:
    """The store, open for reading only. Writers wait until the context ends: keep it short.

    Raises `UserError` if there is no store yet, `StoreError` if it cannot be read.
    """
    if not (folder / "CURRENT").is_file():
        raise UserError("there is no graph yet", where=folder, do="make it with `zeitgraph run`")
    if not (folder / _MADE).is_file():
        with _locked(folder, fcntl.LOCK_EX):
            _open(folder)
    with _locked(folder, fcntl.LOCK_SH):
        store = _open_read_only(folder)
        if not store.contains_named_graph(WAITING):
            yield store
            return
        del store
    with _locked(folder, fcntl.LOCK_EX):
        _drop_waiting(folder)
    with reading(folder) as store:
        yield store


def graph_names(store: ox.Store) -> list[str]:
    """The IRIs of the named graphs in `store`, sorted; `WAITING` is not among them."""
    return sorted(str(graph.value) for graph in store.named_graphs() if graph != WAITING)


def _drop_waiting(folder: Path) -> None:
    """Drop the triples of a writer that was killed; a live writer would hold the lock."""
    store = _open(folder)
    store.remove_graph(WAITING)
    store.flush()


def _open(folder: Path) -> ox.Store:
    """The store, open for writing. Completes a store whose making was interrupted."""
    try:
        store = ox.Store(folder)
    except (OSError, RuntimeError) as error:
        raise StoreError(
            f"the RDF store cannot be opened: {error}",
            where=folder,
            do="delete the folder and run again; it is made from the tables",
        ) from error
    (folder / _MADE).touch()
    return store


def _open_read_only(folder: Path) -> ox.Store:
    try:
        return ox.Store.read_only(str(folder))
    except (OSError, RuntimeError) as error:
        raise StoreError(f"the RDF store cannot be read: {error}", where=folder) from error


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK_FILE).open("a") as file:
        fcntl.flock(file, how)
        yield
