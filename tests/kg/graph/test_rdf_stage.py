"""The RDF graph: its triples, its declared terms, its shapes, and files that other tools load."""

import random
import shutil
from importlib import resources
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.graph import (
    HOSTILE,
    World,
    fill,
    job_of,
    job_with,
    make_world,
    week_rows,
    write_rows,
)
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.graph.rdf_stage import (
    export_graph,
    graph_iri,
    store_identity,
    week_triples,
    write_graph,
)
from zeitgraph.kg.graph.rdf_store import graph_names, reading
from zeitgraph.kg.graph.vocabulary import (
    ENTITY_CLASSES,
    NODE_KINDS,
    PREFIXES,
    RELATIONS,
    resource_iri,
)
from zeitgraph.kg.graph.week_graph import week_graph
from zeitgraph.kg.workspace.tables import empty_table
from zeitgraph.kg.workspace.workspace import Workspace

BASE = "https://zeitgraph.example/"
FOLDER = resources.files("zeitgraph.kg.graph")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two weeks in the RDF store; tests that change it take a copy."""
    return fill(make_world(tmp_path_factory.mktemp("world") / "w", weeks=2, posts=16), write_graph)


@pytest.fixture
def own(world: World, tmp_path: Path) -> World:
    """A copy of the world that a test may change."""
    shutil.copytree(world.workspace.root, tmp_path / "own")
    return World(Workspace(tmp_path / "own"), world.rows)


def quads(workspace: Workspace, graph: str | None = None) -> set[ox.Quad]:
    name = ox.NamedNode(graph) if graph else None
    with reading(workspace.graph_folder) as store:
        return set(store.quads_for_pattern(None, None, None, name))


def text_of(quad: ox.Quad) -> str:
    """The lexical form of the literal of a quad."""
    assert isinstance(quad.object, ox.Literal)
    return quad.object.value


# -- IRIs ------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_id_stays_inside_its_segment_whatever_it_holds(first: str, second: str) -> None:
    try:
        first.encode(), second.encode()
    except UnicodeEncodeError:
        return  # Arrow holds no lone surrogates
    iri = resource_iri(BASE, "post", first, second)
    ox.NamedNode(iri)
    parts = urlsplit(iri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == (
        "https", "zeitgraph.example", "", "",
    )  # fmt: skip
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "post", first, second]
    assert not {".", ".."} & set(parts.path.split("/"))


# -- the graph of a week ---------------------------------------------------------------------------


def test_the_same_rows_in_any_order_give_the_same_graph(world: World) -> None:
    job = job_of(world.workspace, world.weeks[0])
    shuffled = {key: table.take(_shuffle(table.num_rows)) for key, table in job.inputs.items()}
    again = type(job)(job.workspace, job.week, shuffled)
    assert week_graph(again) == week_graph(job)


def _shuffle(count: int) -> pa.Array:
    return pa.array(random.Random(3).sample(range(count), count), pa.int64())


def test_there_is_no_blank_node_and_no_relation_without_both_ends(world: World) -> None:
    for week in world.weeks:
        graph = week_graph(job_of(world.workspace, week))
        refs = {node.ref for node in graph.nodes}
        assert all({r.source, r.target} <= refs for r in graph.relations)
        assert not any(ref.keys == ("set aside",) for ref in refs)
        terms = {t for triple in week_triples(graph, BASE) for t in triple}
        assert not any(isinstance(term, ox.BlankNode) for term in terms)


def test_each_week_is_a_named_graph_and_the_default_graph_is_their_merge(world: World) -> None:
    with reading(world.workspace.graph_folder) as store:
        assert graph_names(store) == [graph_iri(BASE, w) for w in [*world.weeks, "catalogue"]]
        named = [q.triple for q in store if not isinstance(q.graph_name, ox.DefaultGraph)]
        merged = [q.triple for q in store if isinstance(q.graph_name, ox.DefaultGraph)]
    assert len(named) > len(set(named)) == len(merged)
    assert set(named) == set(merged)


def test_a_week_that_is_written_again_leaves_nothing_of_its_earlier_content(own: World) -> None:
    before = quads(own.workspace)
    week = own.weeks[1]
    write_rows(own.workspace, week, week_rows(week, random.Random(99), 9, HOSTILE))
    write_graph(job_of(own.workspace, week))
    assert quads(own.workspace) != before
    write_rows(own.workspace, week, own.rows[week])
    write_graph(job_of(own.workspace, week))
    assert quads(own.workspace) == before


def test_weeks_written_in_another_order_give_the_same_store(own: World, world: World) -> None:
    shutil.rmtree(own.workspace.graph_folder)
    for week in reversed(own.weeks):
        write_graph(job_of(own.workspace, week))
    assert quads(own.workspace) == quads(world.workspace)


def test_a_week_that_lost_all_its_posts_loses_its_graph(own: World) -> None:
    gone, stays = own.weeks
    own.workspace.write("posts", gone, empty_table("posts"))
    write_graph(job_of(own.workspace, gone))
    with reading(own.workspace.graph_folder) as store:
        assert graph_names(store) == [graph_iri(BASE, w) for w in (stays, "catalogue")]
        left = {q.triple for q in store if not isinstance(q.graph_name, ox.DefaultGraph)}
        merged = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        assert {q.triple for q in merged} == left


def test_graphs_of_another_base_replace_those_of_the_earlier_base(own: World) -> None:
    settings = own.workspace.root / "zeitgraph.toml"
    settings.write_text('profile = "vectors"\n[graph]\nbase = "http://other.example/x#"\n')
    moved = Workspace(own.workspace.root)
    for week in own.weeks:
        write_graph(job_of(moved, week))
    assert not any(BASE + "post" in str(q.subject) or BASE in str(q.graph_name)
                   for q in quads(moved))  # fmt: skip


def test_a_store_that_was_deleted_has_another_identity(own: World) -> None:
    before = store_identity(own.workspace)
    assert store_identity(own.workspace) == before
    shutil.rmtree(own.workspace.graph_folder)
    assert store_identity(own.workspace) != before
    assert store_identity(own.workspace) == store_identity(own.workspace)


def test_the_catalogue_is_a_graph_of_its_own_that_changes_with_its_file(own: World) -> None:
    root = own.workspace.root
    settings, identity = root / "zeitgraph.toml", store_identity(own.workspace)
    settings.write_text('profile = "vectors"\n[entities]\ncatalogue = "names.csv"\n')
    (root / "names.csv").write_text("id,kind,name_en,name_zh\ne 1,brand,Nova,诺瓦\n", "utf-8")
    place = Workspace(root)
    assert store_identity(place) != identity
    write_graph(job_of(place, own.weeks[0]))
    nova = ox.NamedNode(resource_iri(BASE, "entity", "e 1"))
    said = {str(q.object) for q in quads(place, graph_iri(BASE, "catalogue")) if q.subject == nova}
    assert {'"诺瓦"@zh', '"Nova"@en', f"<{PREFIXES['schema']}Brand>"} <= said
    (root / "names.csv").write_text("id,kind,name_en,name_zh\ne 2,brand,Other,另\n", "utf-8")
    write_graph(job_of(place, own.weeks[0]))
    assert not any(q.subject == nova for q in quads(place))


# -- ontology and shapes ---------------------------------------------------------------------------


def test_every_own_term_is_declared_with_labels_and_comments_in_both_languages() -> None:
    import rdflib
    from rdflib.namespace import RDFS

    ontology = rdflib.Graph().parse(str(FOLDER / "ontology.ttl"))
    used = {
        term.partition("@")[0]
        for kind in NODE_KINDS.values()
        for term in (*kind.classes, *kind.properties.values())
    }
    used |= {term for r in RELATIONS.values() for term in (r.predicate, r.statement)}
    used |= {term for r in RELATIONS.values() for term in r.properties.values()}
    used |= set(ENTITY_CLASSES.values())
    own = {rdflib.URIRef(PREFIXES["zg"] + term[3:]) for term in used if term.startswith("zg:")}
    declared = {s for s in ontology.subjects() if str(s).startswith(PREFIXES["zg"])}
    assert own <= declared
    for term in declared:
        for predicate in (RDFS.label, RDFS.comment):
            texts = [cast("rdflib.Literal", text) for text in ontology.objects(term, predicate)]
            languages = sorted(str(text.language) for text in texts)
            assert languages == ["en", "zh"], term


def test_the_graph_conforms_to_its_shapes_and_a_broken_one_does_not(world: World) -> None:
    import pyshacl
    import rdflib

    shapes = rdflib.Graph().parse(str(FOLDER / "shapes.ttl"))
    graph = rdflib.Graph()
    named = quads(world.workspace, graph_iri(BASE, world.weeks[0]))
    graph.parse(data="".join(f"{q.triple} .\n" for q in named), format="nt")
    conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes)
    assert conforms, text
    posts = rdflib.URIRef(PREFIXES["zg"] + "share")
    subject = next(graph.subjects(posts))
    graph.set((subject, posts, rdflib.Literal(2.0)))
    assert not pyshacl.validate(graph, shacl_graph=shapes)[0]


# -- files -----------------------------------------------------------------------------------------


RDFLIB_7 = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning:rdflib")
"""rdflib 7.6 itself uses names that it has deprecated."""


@RDFLIB_7
@pytest.mark.parametrize("ending", [".ttl", ".trig", ".nq", ".jsonld", ".rdf"])
def test_an_exported_graph_loads_elsewhere_and_is_the_same_each_time(
    world: World, own: World, tmp_path: Path, ending: str
) -> None:
    import rdflib

    out = tmp_path / f"graph{ending}"
    written = export_graph(world.workspace, out)
    dataset = rdflib.Dataset()
    dataset.parse(
        out.read_bytes(),
        format={".rdf": "xml", ".jsonld": "json-ld", ".nq": "nquads"}.get(ending, ending[1:]),
    )
    everything = list(dataset.quads())
    assert written == len(everything)
    named = [q for q in quads(world.workspace) if not isinstance(q.graph_name, ox.DefaultGraph)]
    merged = ending in (".ttl", ".rdf")
    assert written == (len({q.triple for q in named}) if merged else len(named))
    texts = {text_of(q) for q in named if q.predicate.value == PREFIXES["schema"] + "text"}
    assert texts == {str(o) for _, p, o, _ in everything if str(p) == PREFIXES["schema"] + "text"}
    shutil.rmtree(own.workspace.graph_folder)
    for week in reversed(own.weeks):
        write_graph(job_of(own.workspace, week))
    export_graph(own.workspace, tmp_path / f"again{ending}")
    assert (tmp_path / f"again{ending}").read_bytes() == out.read_bytes()


def test_an_unknown_suffix_or_folder_is_refused_and_no_file_is_left(
    world: World, tmp_path: Path
) -> None:
    for out in (tmp_path / "graph.xlsx", tmp_path / "nowhere" / "graph.ttl"):
        with pytest.raises(InputError):
            export_graph(world.workspace, out)
    assert not list(tmp_path.iterdir())


@RDFLIB_7
def test_rdflib_reads_the_store_through_oxrdflib(own: World) -> None:
    import rdflib

    graph = rdflib.Dataset(store="Oxigraph", default_union=False)
    graph.open(str(own.workspace.graph_folder))
    answers = graph.query("SELECT ?p { ?p a schema:SocialMediaPosting }",
                          initNs={"schema": PREFIXES["schema"]})  # fmt: skip
    found = {str(row[0]) for row in answers if not isinstance(row, bool)}
    graph.close()
    assert len(found) == sum(len(rows["posts"]) for rows in own.rows.values())


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=4))
def test_a_graph_with_any_texts_survives_writing_and_reading(
    world: World, texts: list[str]
) -> None:
    rows = week_rows("2026-W40", random.Random(1), 3, texts)
    graph = week_graph(job_with(world.workspace, "2026-W40", rows))
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in week_triples(graph, BASE))
    expected = {n.properties["text"] for n in graph.nodes if "text" in n.properties}
    found = store.quads_for_pattern(None, ox.NamedNode(PREFIXES["schema"] + "text"), None)
    assert {text_of(quad) for quad in found} == expected
    again = ox.Store()
    again.load(store.dump(format=ox.RdfFormat.N_QUADS), ox.RdfFormat.N_QUADS)
    assert set(again) == set(store)
