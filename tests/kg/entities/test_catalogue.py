"""Catalogues are read from CSV and SKOS, errors in them are reported, and names are looked up."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.names import HEADER, workspace_with
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.entities.catalogue import (
    Catalogue,
    catalogue_identity,
    everyday_words,
    known_entities,
    load_catalogue,
    normal_form,
    surface_forms,
)
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.workspace.workspace import Workspace

SKOS = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix zg: <https://zeitgraph.example/ontology/> .
@prefix : <https://names.example/> .

:brands a schema:Brand, skos:Concept ; skos:prefLabel "brands"@en .
:uniqlo a skos:Concept ; skos:broader :brands ;
    skos:prefLabel "Uniqlo"@en, "优衣库"@zh-Hans ; skos:altLabel "ユニクロ"@ja, "UQ"@en ;
    skos:definition "clothes for everyone"@en ; skos:related :tokyo .
:tokyo a schema:City ; skos:prefLabel "Tokyo"@en, "东京"@zh .
:tent a zg:Object ; skos:prefLabel "tent"@en .
:lost skos:prefLabel "of no known kind"@en .
"""


def a_file(folder: Path, text: str, name: str = "catalogue.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_csv_row_becomes_an_entity_with_all_its_names(tmp_path: Path) -> None:
    row = 'uniqlo,brand,Uniqlo,优衣库,UNIQLO CO|UQ,"clothes, cheap",tokyo|tent\n'
    entity = load_catalogue(a_file(tmp_path, HEADER + row)).entities["uniqlo"]
    assert entity == Entity(
        "uniqlo", "brand", "Uniqlo", "优衣库", ("UNIQLO CO", "UQ"), "clothes, cheap",
        ("tokyo", "tent"),
    )  # fmt: skip


def test_bad_rows_are_reported_with_their_line_and_the_good_rows_are_used(
    tmp_path: Path,
) -> None:
    rows = (
        "a,brand,Aster,,,,\n"
        ",brand,No Id,,,,\n"
        "b,brandd,Wrong Kind,,,,\n"
        "c,brand,,,,,\n"
        "a,brand,Twice,,,,\n"
        "d,brand,too few\n"
        "e,brand,Ember,,,,\n"
    )
    catalogue = load_catalogue(a_file(tmp_path, HEADER + rows))
    assert list(catalogue.entities) == ["a", "e"]
    assert {problem.where: problem.why.split(";")[0] for problem in catalogue.problems} == {
        "line 3": "no id",
        "line 4": "«brandd» is no kind",
        "line 5": "no name",
        "line 6": "the id «a» occurs above already",
        "line 7": "3 cells where the header has 7",
    }


def test_skos_gives_names_by_language_and_kinds_by_type_or_by_a_broader_concept(
    tmp_path: Path,
) -> None:
    catalogue = load_catalogue(a_file(tmp_path, SKOS, "names.ttl"))
    uniqlo = catalogue.entities["https://names.example/uniqlo"]
    assert (uniqlo.kind, uniqlo.name_en, uniqlo.name_zh) == ("brand", "Uniqlo", "优衣库")
    assert {"ユニクロ", "UQ"} <= set(uniqlo.aliases)
    assert uniqlo.description == "clothes for everyone"
    assert "https://names.example/tokyo" in uniqlo.related
    kinds = {e.entity_id.rpartition("/")[2]: e.kind for e in catalogue.entities.values()}
    assert kinds == {"brands": "brand", "uniqlo": "brand", "tokyo": "place", "tent": "object"}
    assert [p.where for p in catalogue.problems] == ["https://names.example/lost"]


def test_rdf_xml_and_turtle_of_the_same_graph_give_the_same_catalogue(tmp_path: Path) -> None:
    import rdflib

    turtle = a_file(tmp_path, SKOS, "names.ttl")
    rdflib.Graph().parse(turtle).serialize(tmp_path / "names.rdf", format="xml")
    assert load_catalogue(turtle).entities == load_catalogue(tmp_path / "names.rdf").entities


def test_an_external_xml_entity_is_never_read_from_a_file(tmp_path: Path) -> None:
    secret = a_file(tmp_path, "the secret", "secret.txt")
    xml = f"""<?xml version="1.0"?>
    <!DOCTYPE rdf:RDF [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
             xmlns:skos="http://www.w3.org/2004/02/skos/core#" xmlns:s="https://schema.org/">
      <s:Brand rdf:about="https://names.example/a">
        <skos:prefLabel>Aster &leak;</skos:prefLabel>
      </s:Brand>
    </rdf:RDF>"""
    entities = load_catalogue(a_file(tmp_path, xml, "names.rdf")).entities.values()
    assert not any("secret" in name for entity in entities for name in entity.names)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.csv", None, "cannot be read"),
        ("c.txt", b"id,kind\n", "cannot be a «.txt» file"),
        ("c.csv", b"name,colour\nAster,blue\n", "columns are missing"),
        ("c.csv", b"", "columns are missing"),
        ("c.csv", b"id,kind,name_en\na,brand,\xff\xfe\n", "not UTF-8"),
        ("c.csv", b"id,kind,name_en\na,brand," + b"x" * 200_000 + b"\n", "not CSV"),
        ("c.ttl", b"this is no turtle", "not ttl"),
        ("c.ttl", b"", "skos:prefLabel"),
        ("c.rdf", b"<html>", "not rdf"),
    ],
)
def test_a_file_that_is_not_a_catalogue_is_refused_in_one_line(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        load_catalogue(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_the_case_distinguishes_a_brand_from_a_fruit() -> None:
    catalogue = Catalogue.of(
        [Entity("brand", "brand", "Apple"), Entity("fruit", "object", "apple", "苹果")]
    )
    assert [e.entity_id for e in catalogue.candidates("apple")] == ["fruit"]
    assert [e.entity_id for e in catalogue.candidates("Apple")] == ["brand", "fruit"]
    assert [e.entity_id for e in catalogue.candidates("APPLES")] == ["fruit"]
    assert [e.entity_id for e in catalogue.candidates("ＡＰＰＬＥ")] == ["brand", "fruit"]


def test_a_name_in_small_letters_means_the_brand_if_no_other_entity_has_that_name() -> None:
    catalogue = Catalogue.of([Entity("nike", "brand", "Nike")])
    assert [e.entity_id for e in catalogue.candidates("nike")] == ["nike"]
    assert catalogue.by_cased_name("nike") == ()


@pytest.mark.parametrize(
    ("noun", "plural"),
    [("tent", "tents"), ("dress", "dresses"), ("balcony", "balconies"), ("toy", "toys")],
)
def test_common_nouns_have_plural_forms_and_proper_names_do_not(noun: str, plural: str) -> None:
    assert plural in surface_forms(Entity("x", "object", noun))
    assert surface_forms(Entity("x", "brand", noun)) == (noun,)


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    entities = [Entity(f"e{i}", "brand", f"Name {i % 3}") for i in range(6)]
    shuffled = Catalogue.of([entities[i] for i in order])
    assert shuffled.forms == Catalogue.of(entities).forms
    assert list(shuffled.entities) == list(Catalogue.of(entities).entities)


def test_everyday_words_have_each_name_once_and_names_in_both_languages() -> None:
    words = everyday_words()
    assert len(words.entities) >= 110
    for entity in words.entities:
        assert entity.name_en
        assert entity.name_zh
    catalogue = Catalogue.of(words.entities)
    assert {form: ids for form, ids in catalogue.forms.items() if len(ids) > 1} == {}
    assert set(words.cues) <= set(EntityKind)


def test_a_name_in_the_catalogue_replaces_the_everyday_word(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, HEADER + "my-tent,object,Tent,,,,\n")
    known = known_entities(workspace)
    assert [e.entity_id for e in known.candidates("tents")] == ["my-tent"]
    assert [e.entity_id for e in known.candidates("沙发")] == ["object-sofa"]


def test_the_identity_changes_with_the_catalogue_and_only_with_it(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, HEADER + "a,brand,Aster,,,,\n")
    before = catalogue_identity(workspace)
    assert catalogue_identity(Workspace(tmp_path)) == before
    assert known_entities(workspace) is known_entities(workspace)
    a_file(tmp_path, HEADER + "a,brand,Astra,,,,\n")
    assert catalogue_identity(workspace) != before
    assert known_entities(workspace).entities["a"].name == "Astra"


def test_a_missing_catalogue_is_an_input_error(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    (tmp_path / "catalogue.csv").unlink()
    with pytest.raises(InputError, match="not there"):
        catalogue_identity(workspace)


def test_all_of_sixteen_thousand_real_brands_are_read(real_data: Path) -> None:
    catalogue = load_catalogue(real_data / "entities" / "brands_nsi.csv")
    assert len(catalogue.entities) == 16_630
    assert catalogue.problems == ()
    assert sum(len(ids) > 1 for ids in catalogue.forms.values()) > 700
    assert {e.name_zh for e in catalogue.candidates("优衣库")} == {"优衣库"}
