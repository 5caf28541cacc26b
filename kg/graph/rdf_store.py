"""The RDF store: an Oxigraph dataset on disk, one named graph per week and one for the catalogue.

Comes in: triples and the name of their graph. Goes out: a store opened for reading. One process
writes or many read, kept apart by a lock that the system lets go of when its holder dies. Knows
nothing about what the triples say.

The default graph is the RDF merge of all named graphs: what several weeks say stands there once.
(Oxigraph can also take the union of all graphs when asked, but gives such a triple once for each.)

A graph is written whole or not at all. A new one is one transaction. To replace one, the new
triples wait in `WAITING`, and one SPARQL update, which Oxigraph runs as one transaction, moves them
into place. A writer that was killed before may leave them waiting; whoever opens the store next
drops them first.
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from zeitgraph.kg.base.errors import StoreError, UserError

WAITING = ox.NamedNode("urn:x-zeitgraph:waiting")
"""The graph in which triples wait to be moved into place."""

_LOCK_FILE = "zeitgraph.lock"
_MADE = "zeitgraph.made"
"""Stands in the folder once the store is whole: a process may be killed while it makes one."""

_DROP = """
DELETE {{ ?s ?p ?o }} WHERE {{
  GRAPH {graph} {{ ?s ?p ?o }}
  FILTER NOT EXISTS {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({graph}, {waiting})) }}
}} ; DROP GRAPH {graph}
"""
_PLACE = "ADD {waiting} TO DEFAULT ; MOVE {waiting} TO {graph}"


def store_id(folder: Path) -> str:
    """The id that the store got when it was made; makes an empty store where there is none."""
    file = folder / "IDENTITY"  # RocksDB's own: a UUID for each new database
    if not (folder / _MADE).is_file() or not file.is_file():
        with _locked(folder, fcntl.LOCK_EX):
            _open(folder)
    return file.read_text("ascii").strip()


def replace_graph(folder: Path, name: str, triples: Iterable[ox.Triple], ending: str) -> None:
    """Put `triples` into the graph `name`, in place of all that is there; no triples remove it.

    Other graphs whose names have this `ending` go at the same time. On return all is on disk.
    Raises `StoreError` where the store cannot be written.
    """
    with _locked(folder, fcntl.LOCK_EX):
        _replace(folder, ox.NamedNode(name), triples, ending)


def _replace(folder: Path, name: ox.NamedNode, triples: Iterable[ox.Triple], ending: str) -> None:
    """A function of its own, so that the store is closed before the lock is let go."""
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
    """The store, opened for reading only; raises `UserError` where there is none.

    Writers wait until the context ends, so it should be short.
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
    """The names of the graphs in `store`, sorted."""
    return sorted(str(graph.value) for graph in store.named_graphs() if graph != WAITING)


def _drop_waiting(folder: Path) -> None:
    """Drop what a killed writer left; a live one would hold the lock."""
    store = _open(folder)
    store.remove_graph(WAITING)
    store.flush()


def _open(folder: Path) -> ox.Store:
    """The store, opened for writing, which also ends the making of one that was broken off."""
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
