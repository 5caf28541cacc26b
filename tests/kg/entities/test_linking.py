"""Mentions are linked to the entity that their context suggests, or to none without evidence."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.names import (
    CATALOGUE,
    HEADER,
    WEEK,
    find_names,
    linked,
    small_disambiguator,
    workspace_with,
    write_posts,
)
from zeitgraph.kg.base.terms import EntityKind, LinkWay
from zeitgraph.kg.entities.catalogue import Catalogue, everyday_words
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.entities.disambiguation import (
    Choice,
    Disambiguator,
    Name,
    has_proper_name_case,
    terms,
)
from zeitgraph.kg.entities.linking import new_entity_id
from zeitgraph.kg.workspace.pipeline import bring_up_to_date

DECIDE = small_disambiguator()


def choose(text: str, surface: str, kind: str = "", *others: str) -> Choice:
    names = [
        Name(text.index(s), text.index(s) + len(s), s, k)
        for s, k in [(surface, kind), *((other, "") for other in others)]
    ]
    return DECIDE.choose(text, names)[0]


@pytest.mark.parametrize(
    ("text", "surface", "entity"),
    [
        ("the lamp is by Juniper", "Juniper", "juniper"),
        ("Juniper sang in ribbons", "Juniper", "juniper-hale"),
        ("a long walk at Juniper", "Juniper", "juniper-bay"),
        ("灯笼很好看", "灯笼", "lantern"),
        ("相机来自灯笼", "灯笼", "lantern-films"),
        ("去杜松旅行", "杜松", "juniper-bay"),
        ("杜松家的新款", "杜松", "juniper"),
    ],
)
def test_an_ambiguous_name_is_decided_by_its_context(text: str, surface: str, entity: str) -> None:
    choice = choose(text, surface)
    assert choice.entity
    assert choice.entity.entity_id == entity
    assert choice.how == "context"
    assert 0.5 <= choice.score < 1


def test_a_related_entity_in_the_same_text_decides() -> None:
    text = "globe lamp! Juniper!"
    assert choose(text, "Juniper").how == "nil"
    choice = choose(text, "Juniper", "", "globe lamp")
    assert choice.entity == DECIDE.catalogue.entities["juniper"]


def test_no_evidence_and_equal_evidence_for_two_candidates_give_no_entity() -> None:
    assert choose("Juniper!", "Juniper") == Choice(None, 0.0, LinkWay.NIL)
    twins = Catalogue.of([Entity(i, "brand", "Aster", description="shoes") for i in ("a", "b")])
    choice = Disambiguator(twins, everyday_words(), 0.0).choose(
        "shoes by Aster", [Name(9, 14, "Aster", "brand")]
    )[0]
    assert choice == Choice(None, 0.0, LinkWay.NIL)


def test_a_name_with_one_meaning_is_an_alias_with_score_one_unless_its_kind_differs() -> None:
    assert choose("Juniper Bay", "Juniper Bay").score == 1.0
    assert choose("Juniper Bay", "Juniper Bay", "place").how == "alias"
    assert choose("Juniper Bay", "Juniper Bay", "person") == Choice(None, 0.0, LinkWay.NIL)


def test_an_unknown_name_may_be_new() -> None:
    assert choose("Velmora", "Velmora", "brand") == Choice(None, 0.0, LinkWay.NEW)


def test_a_hashtag_means_itself_and_not_an_entity_with_the_same_word() -> None:
    assert choose("#lantern", "lantern", "hashtag") == Choice(None, 0.0, LinkWay.NEW)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("we love Target", True),
        ("我爱Target", True),
        ("we «really» love, Target", True),
        ("Target", False),
        ("Yes. Target", False),
        ("We Love Target", False),
        ("WE LOVE TARGET", False),
        ("we love target", False),
    ],
)
def test_a_capital_after_small_letters_or_chinese_marks_a_proper_name(
    text: str,
    marked: bool,  # noqa: FBT001
) -> None:
    start = text.lower().index("target")
    assert has_proper_name_case(text, start, text[start:]) is marked


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Juniper", "杜松", "灯笼", "Lantern", "globe lamp", "Juniper Hale", "at", "by", "wore"]
        ),
        max_size=8,
    ),
    st.sampled_from(["", *EntityKind]),
)
def test_scores_are_between_zero_and_one_and_a_link_has_the_given_kind(
    words: list[str], kind: str
) -> None:
    text, names = "", []
    for word in words:
        names.append(Name(len(text), len(text) + len(word), word, kind))
        text += word + " "
    for choice in DECIDE.choose(text, names):
        assert 0 <= choice.score <= 1
        assert (choice.entity is not None) == (choice.how in ("alias", "context"))
        if choice.entity:
            assert kind in ("", choice.entity.kind)
            assert choice.score >= DECIDE.min_score


@given(st.text())
def test_terms_are_casefolded_and_not_blank(text: str) -> None:
    assert all(term == term.casefold() and not term.isspace() for term in terms(text))


def test_terms_are_words_and_pairs_of_han_characters() -> None:
    assert terms("Lamps & a lamp 露营灯") == {"lamp", "露营", "营灯"}


# -- the stage -------------------------------------------------------------------------------------


@pytest.mark.models
def test_every_mention_has_one_link_and_every_linked_entity_one_row(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    write_posts(workspace, ["a globe lamp by Juniper #home", "Juniper!", "坐在沙发上 #home", ""])
    find_names(workspace)
    home = new_entity_id("hashtag", "#home")
    assert linked(workspace) == {
        "p0": [
            ("globe lamp", "object", "globe-lamp", "alias"),
            ("Juniper", "brand", "juniper", "context"),
            ("#home", "hashtag", home, "new"),
        ],
        "p1": [("Juniper", "brand", "", "nil")],
        "p2": [
            ("沙发", "object", "object-sofa", "alias"),
            ("#home", "hashtag", home, "new"),
        ],
    }
    entities = {row["entity_id"]: row for row in workspace.read("entities", WEEK).to_pylist()}
    assert set(entities) == {"globe-lamp", "juniper", "object-sofa", home}
    assert entities["juniper"] == {
        "entity_id": "juniper", "name": "Juniper", "kind": "brand", "name_en": "Juniper",
        "name_zh": "杜松", "source": "catalogue", "week": WEEK,
    }  # fmt: skip
    assert (entities[home]["name"], entities[home]["source"]) == ("home", "posts")


def test_an_unknown_name_becomes_an_entity_when_it_recurs_and_remains_one(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    weeks = ("2026-W40", "2026-W41", "2026-W42")
    write_posts(workspace, ["#Velmora"], weeks[0])
    write_posts(workspace, ["#Velmora", "#velmora", "#Velmora #Velmora"], weeks[1])
    write_posts(workspace, ["#VELMORA"], weeks[2])
    find_names(workspace, weeks)
    key = new_entity_id("hashtag", "#velmora")
    assert {row["entity_id"] for row in workspace.read("links", weeks[0]).to_pylist()} == {""}
    second = workspace.read("links", weeks[1]).to_pylist()
    assert {(row["entity_id"], row["score"]) for row in second} == {(key, 0.75)}
    third = workspace.read("links", weeks[2]).to_pylist()
    assert [(row["entity_id"], row["score"], row["how"]) for row in third] == [(key, 0.5, "new")]
    names = [row["name"] for row in workspace.read_all("entities").to_pylist()]
    assert names == ["Velmora"]


def test_a_name_that_only_one_post_repeats_does_not_recur(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    write_posts(workspace, ["#spam #spam #spam"])
    find_names(workspace)
    assert workspace.read("entities", WEEK).num_rows == 0


@pytest.mark.models
def test_a_second_run_does_nothing_and_a_changed_catalogue_runs_all_stages_again(
    tmp_path: Path,
) -> None:
    from tests.worlds.names import STAGES

    workspace = workspace_with(tmp_path)
    write_posts(workspace, ["the lamp is by Juniper"])
    find_names(workspace)
    assert not any(step.done for step in bring_up_to_date(workspace, STAGES, [WEEK]))
    (tmp_path / "catalogue.csv").write_text(HEADER + "other,brand,Juniper,,,,\n", "utf-8")
    find_names(workspace)
    assert linked(workspace)["p0"][-1] == ("Juniper", "brand", "other", "alias")


@pytest.mark.models
def test_with_a_higher_min_score_more_mentions_have_no_entity(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, CATALOGUE, min_score=0.95)
    write_posts(workspace, ["the lamp is by Juniper"])
    find_names(workspace)
    assert linked(workspace)["p0"][-1] == ("Juniper", "brand", "", "nil")
    links = workspace.read("links", WEEK).to_pylist()
    assert 0 < links[-1]["score"] < 0.95


def test_a_text_cannot_forge_an_entity_of_another_kind() -> None:
    assert new_entity_id("brand", "x") != new_entity_id("person", "x")
    assert new_entity_id("hashtag", "#露营#") == new_entity_id("hashtag", "＃露营")
