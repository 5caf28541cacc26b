"""The RDF stage: writes the graph of a week and of the catalogue, and exports the whole graph.

Input: a `WeekGraph`, or the catalogue. Output: named graphs in the RDF store, and files in five
formats. Every resource has an IRI and there are no blank nodes, so the same rows give the same
triples.

Each graph also describes itself: it is a `prov:Entity` about its week (`dcterms:temporal`) that is
attributed to the software agent zeitgraph (PROV-O, `prov:wasAttributedTo`).
"""

import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyoxigraph as ox

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.files import replacing
from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.entities.catalogue import Catalogue, catalogue_identity, known_entities
from zeitgraph.kg.graph.rdf_store import graph_names, reading, replace_graph, store_id
from zeitgraph.kg.graph.vocabulary import (
    ENTITY_CLASSES,
    NODE_KINDS,
    PREFIXES,
    RELATIONS,
    expand,
    iso_text,
    resource_iri,
)
from zeitgraph.kg.graph.week_graph import (
    Node,
    Ref,
    Relation,
    Value,
    WeekGraph,
    known_values,
    make_node,
    week_graph,
)
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.workspace import Workspace

XSD_OF: Mapping[type, str] = {
    str: "xsd:string",
    int: "xsd:integer",
    float: "xsd:double",
    datetime: "xsd:dateTime",
}
"""The XML Schema datatype of a literal, by the Python type of its value."""


def write_graph(job: Job) -> dict[str, pa.Table]:
    """Write the graph of the week to the store, and the graph of the catalogue if it changed.

    Returns no tables. The graph of a week without posts is removed, and so are graphs of the same
    week under another `graph.base`. Raises `StoreError` if the store cannot be written.
    """
    base, folder = job.settings.graph.base, job.workspace.graph_folder
    _write_catalogue(job.workspace)
    triples = week_triples(week_graph(job), base)
    replace_graph(folder, graph_iri(base, job.week), triples, graph_iri("", job.week))
    return {}


def store_identity(workspace: Workspace) -> str:
    """A string that changes when the store is made anew or the catalogue changes."""
    return f"{store_id(workspace.graph_folder)} {catalogue_identity(workspace)}"


def graph_iri(base: str, name: str) -> str:
    """The IRI of a named graph; `name` is an ISO week or `catalogue`."""
    return resource_iri(base, "graph", name)


# -- triples -------------------------------------------------------------------------------------


def week_triples(graph: WeekGraph, base: str) -> Iterator[ox.Triple]:
    """The triples of a week; none for a week without nodes."""
    if not graph.nodes:
        return
    week = _iri(base, Ref("Week", (graph.week,)))
    yield from _described(base, graph.week)
    yield _triple(ox.NamedNode(graph_iri(base, graph.week)), "dcterms:temporal", week)
    for node in graph.nodes:
        yield from _node_triples(base, node)
    for relation in graph.relations:
        yield from _relation_triples(base, relation, week, graph.week)


def _described(base: str, name: str) -> Iterator[ox.Triple]:
    graph = ox.NamedNode(graph_iri(base, name))
    agent = ox.NamedNode(resource_iri(base, "agent", "zg"))
    yield _triple(graph, "rdf:type", _term("prov:Entity"))
    yield _triple(graph, "prov:wasAttributedTo", agent)
    yield _triple(agent, "rdf:type", _term("prov:SoftwareAgent"))
    yield _triple(agent, "rdfs:label", ox.Literal("zeitgraph"))


def _node_triples(base: str, node: Node) -> Iterator[ox.Triple]:
    subject, kind = _iri(base, node.ref), NODE_KINDS[node.ref.kind]
    for name in kind.classes:
        yield _triple(subject, "rdf:type", _term(name))
    if node.ref.kind == "Entity":
        yield _triple(subject, "rdf:type", _term(ENTITY_CLASSES[str(node.properties["kind"])]))
    for name, value in node.properties.items():
        yield _literal(subject, kind.properties[name], value)


def _relation_triples(
    base: str, relation: Relation, week: ox.NamedNode, week_id: str
) -> Iterator[ox.Triple]:
    kind = RELATIONS[relation.kind]
    source, target = _iri(base, relation.source), _iri(base, relation.target)
    yield _triple(source, kind.predicate, target)
    if not kind.statement:
        return
    keys = (week_id, *relation.source.keys, relation.kind.lower(), *relation.target.keys)
    statement = ox.NamedNode(resource_iri(base, "statement", *keys))
    yield _triple(statement, "rdf:type", _term(kind.statement))
    yield _triple(statement, "rdf:subject", source)
    yield _triple(statement, "rdf:predicate", _term(kind.predicate))
    yield _triple(statement, "rdf:object", target)
    yield _triple(statement, "zg:inWeek", week)
    for name, value in relation.properties.items():
        yield _literal(statement, kind.properties[name], value)


def _iri(base: str, ref: Ref) -> ox.NamedNode:
    return ox.NamedNode(resource_iri(base, NODE_KINDS[ref.kind].path, *ref.keys))


@functools.cache
def _term(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))


def _triple(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, _term(predicate), value)


def _literal(subject: ox.NamedNode, tagged: str, value: Value) -> ox.Triple:
    """`tagged` is a predicate of the vocabulary, with or without a language: `schema:name@en`."""
    text = iso_text(value) if isinstance(value, datetime) else str(value)
    predicate, _, language = tagged.partition("@")
    if language:
        return _triple(subject, predicate, ox.Literal(text, language=language))
    return _triple(subject, predicate, ox.Literal(text, datatype=_term(XSD_OF[type(value)])))


# -- the catalogue -------------------------------------------------------------------------------


def _write_catalogue(workspace: Workspace) -> None:
    """Write the graph of the catalogue, unless the store has it in the same version."""
    base, folder = workspace.settings.graph.base, workspace.graph_folder
    name, digest = graph_iri(base, "catalogue"), digest_text(catalogue_identity(workspace))
    store_id(folder)
    version = ox.Quad(
        ox.NamedNode(name), _term("dcterms:hasVersion"), ox.Literal(digest), ox.NamedNode(name)
    )
    with reading(folder) as store:
        is_current = version in store
    if not is_current:
        triples = catalogue_triples(known_entities(workspace), base, digest)
        replace_graph(folder, name, triples, graph_iri("", "catalogue"))


def catalogue_triples(catalogue: Catalogue, base: str, version: str) -> Iterator[ox.Triple]:
    """The triples of the catalogue: names, aliases, descriptions and related entities.

    `version` becomes the dcterms:hasVersion of the graph.
    """
    yield from _described(base, "catalogue")
    graph = ox.NamedNode(graph_iri(base, "catalogue"))
    yield _literal(graph, "dcterms:hasVersion", version)
    for entity in catalogue.entities.values():
        ref = Ref("Entity", (entity.entity_id,))
        yield from _node_triples(
            base, make_node(ref, vars(entity), id=entity.entity_id, name=entity.name)
        )
        others = {
            "schema:alternateName": entity.aliases,
            "schema:description": [entity.description],
        }
        for predicate, texts in others.items():
            for text in known_values(dict(enumerate(texts))).values():
                yield _literal(_iri(base, ref), predicate, text)
        for other in entity.related:
            if other in catalogue.entities:
                yield _triple(_iri(base, ref), "skos:related", _iri(base, Ref("Entity", (other,))))


# -- the whole graph as a file -------------------------------------------------------------------

FORMATS: Mapping[str, ox.RdfFormat] = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nq": ox.RdfFormat.N_QUADS,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".rdf": ox.RdfFormat.RDF_XML,
}
"""The format of an exported graph, by the suffix of its file."""


def export_graph(workspace: Workspace, out: Path) -> int:
    """Write the whole graph to `out` in the format of its suffix; returns the count of statements.

    `.trig`, `.nq` and `.jsonld` keep the named graphs; `.ttl` and `.rdf` hold their merge. The
    order of statements depends only on their terms, so the same graph gives the same bytes. The
    file is written completely or not at all. Raises `InputError` for another suffix or a folder
    that does not exist, `UserError` if there is no graph yet.
    """
    form = FORMATS.get(out.suffix.lower())
    if form is None:
        raise InputError(
            f"cannot write the graph as «{out.name}»", do=f"end its name in {' '.join(FORMATS)}"
        )
    if not out.parent.is_dir():
        raise InputError("there is no such folder", where=out.parent)
    written = 0

    def counted(quads: Iterator[ox.Quad]) -> Iterator[ox.Quad]:
        nonlocal written
        for quad in quads:
            written += 1
            yield quad

    with reading(workspace.graph_folder) as store, replacing(out) as file:
        merged = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        quads = _quads_of(store) if form.supports_datasets else merged
        ox.serialize(counted(quads), file, form, prefixes=dict(PREFIXES))
    return written


def _quads_of(store: ox.Store) -> Iterator[ox.Quad]:
    """The quads of all named graphs, graph by graph."""
    for name in graph_names(store):
        yield from store.quads_for_pattern(None, None, None, ox.NamedNode(name))
