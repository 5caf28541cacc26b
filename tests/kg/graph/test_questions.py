"""Canned questions return the same rows in SPARQL and in Cypher, whatever the texts are."""

import re
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.graph import HOSTILE, KINDS, World, fill, job_of, make_workspace, make_world
from zeitgraph.kg.base.errors import UnknownName, UnknownWeek, UserError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.graph.bolt_client import ask_cypher
from zeitgraph.kg.graph.bolt_process import stop_server
from zeitgraph.kg.graph.bolt_stage import write_bolt
from zeitgraph.kg.graph.questions import QUESTIONS, Parameter, Question, answer, list_questions
from zeitgraph.kg.graph.rdf_stage import write_graph
from zeitgraph.kg.graph.sparql import ask_sparql
from zeitgraph.kg.workspace.answers import Answer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three weeks in both stores."""
    made = fill(make_world(tmp_path_factory.mktemp("questions") / "w", posts=40, heap_mb=256))
    yield made
    stop_server(made.workspace)


def both(world: World, name: str, **arguments: str | int) -> Answer:
    """The answer, which must be the same in both languages, including the types of values."""
    by_sparql = answer(world.workspace, name, arguments, via="sparql")
    by_cypher = answer(world.workspace, name, arguments, via="cypher")
    assert by_sparql == by_cypher
    assert by_sparql.render("json") == by_cypher.render("json")
    return by_sparql


def columns(found: Answer, *names: str) -> list[tuple[object, ...]]:
    places = [found.columns.index(name) for name in names]
    return [tuple(row[place] for place in places) for row in found.rows]


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_question_has_the_same_answer_in_both_languages_for_every_argument(
    world: World, name: str
) -> None:
    assert both(world, name).columns == QUESTIONS[name].columns
    week = world.weeks[1]
    rows = world.rows[week]
    choices: dict[str, list[str | int]] = {
        "week": [week, week_after(world.weeks[0], -1)],
        "limit": [1, 3, 1000],
        "kind": ["all", *KINDS],
        "cluster": [row["cluster_id"] for row in rows["clusters"]],
        "other": ["c-1", "c-3"],
        "entity": [*(row["entity_id"] for row in rows["entities"][::4]), "e nobody"],
        "post": [*(row["post_id"] for row in rows["posts"][::7]), "' OR 1 = 1 //"],
    }
    known = {parameter.name for parameter in QUESTIONS[name].parameters}
    found = 0
    for parameter in sorted(known):
        for value in choices[parameter]:
            arguments: dict[str, str | int] = {"week": week, "limit": 1000, parameter: value}
            asked = {key: arguments[key] for key in arguments if key in known}
            found += len(both(world, name, **asked).rows)
    assert found or not known


# -- that the rows are right -----------------------------------------------------------------------


def test_the_overview_of_a_week_agrees_with_its_tables(world: World) -> None:
    week = world.weeks[0]
    rows = world.rows[week]
    members = [row["cluster_id"] for row in rows["memberships"] if row["cluster_id"]]
    heat = round(sum(row["heat"] for row in rows["posts"]), 6)
    linked = {row["entity_id"] for row in rows["links"]} - {""}
    expected = (len(rows["posts"]), len(members), heat, len(set(members)), len(linked))
    assert both(world, "week_overview", week=week).rows == (expected,)
    assert [row[0] for row in both(world, "weeks").rows] == world.weeks[::-1]


def test_clusters_are_sorted_by_size_and_selected_by_state(world: World) -> None:
    for week in world.weeks:
        trends = {row["cluster_id"]: row for row in world.rows[week]["trends"]}
        sizes = columns(both(world, "top_clusters", week=week, limit=99), "share", "posts")
        expected = [(t["share"], t["posts"]) for t in trends.values() if t["posts"]]
        assert sizes == sorted(expected, reverse=True)
        for name, states in (
            ("rising_clusters", {"emerging", "rising"}),
            ("fading_clusters", {"fading"}),
        ):
            found = columns(both(world, name, week=week, limit=99), "state")
            assert len(found) == sum(t["state"] in states for t in trends.values())
            assert {state for (state,) in found} <= states


def test_facts_agree_with_their_table(world: World) -> None:
    week = world.weeks[2]
    facts = world.rows[week]["facts"]
    for subject, question, key, kinds in (
        ("c-2", "cluster_entities", "cluster", tuple(f"features_{kind}" for kind in KINDS)),
        ("e brand 0", "co_occurrence", "entity", ("co_occurs_with",)),
    ):
        found = both(world, question, week=week, limit=999, **{key: subject})
        expected = sorted(
            (fact["object"], fact["count"], round(fact["probability"], 6))
            for fact in facts
            if fact["subject"] == subject and fact["predicate"] in kinds
        )
        assert sorted(columns(found, "entity_id", "posts", "probability")) == expected


def test_triples_of_style_object_and_scene_count_posts(world: World) -> None:
    week = world.weeks[0]
    rows = world.rows[week]
    kinds = {row["entity_id"]: row["kind"] for row in rows["entities"]}
    linked: dict[str, set[str]] = {}
    for row in rows["links"]:
        linked.setdefault(row["post_id"], set()).add(row["entity_id"])
    expected = sum(
        kinds.get(one) == "object" and kinds.get(other) == "scene"
        for row in rows["memberships"]
        if row["cluster_id"]
        for one in linked.get(row["post_id"], ())
        for other in linked.get(row["post_id"], ())
    )
    found = both(world, "style_object_scene", week=week, limit=999)
    assert sum(int(str(posts)) for (posts,) in columns(found, "posts")) == expected > 0


def test_the_answer_about_a_post_has_all_its_statements(world: World) -> None:
    rows = world.rows[world.weeks[0]]
    post = next(row for row in rows["posts"] if row["text"])
    said = columns(both(world, "post", post=post["post_id"]), "said", "value")
    assert ("week", world.weeks[0]) in said
    assert sum(what == "shows" for what, _ in said) == 1
    linked = {r["entity_id"] for r in rows["links"] if r["post_id"] == post["post_id"]} - {""}
    assert sum(what == "mentions" for what, _ in said) == len(linked)


# -- hostile texts ---------------------------------------------------------------------------------


def test_any_text_and_id_gives_the_same_rows_in_both_languages(
    world: World, tmp_path: Path
) -> None:
    texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(
        HOSTILE
    )

    @settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(texts, min_size=1, max_size=5), st.integers(0, 99))
    def holds(some: list[str], seed: int) -> None:
        made = make_world(world.workspace.root, weeks=1, posts=8, texts=some, seed=seed)
        odd = World(world.workspace, made.rows)
        for stage in (write_graph, write_bolt):
            stage(job_of(odd.workspace, odd.weeks[0]))
        for name, question in QUESTIONS.items():
            weekly = any(p.name == "week" for p in question.parameters)
            both(odd, name, **({"week": odd.weeks[0]} if weekly else {}))

    holds()
    fill(World(world.workspace, world.rows))


# -- the documents -------------------------------------------------------------------------------


def test_the_examples_of_the_documents_run_and_agree(world: World) -> None:
    page = (Path(__file__).parents[3] / "docs" / "graph.md").read_text("utf-8")
    blocks = re.findall(r"```(sparql|cypher)\n(.*?)```", page, re.DOTALL)
    asked = {"sparql": ask_sparql, "cypher": ask_cypher}
    answers = [(way, asked[way](world.workspace, query)) for way, query in blocks]
    assert all(found.rows for _, found in answers)
    pairs = [(a, b) for (v, a), (w, b) in pairwise(answers) if (v, w) == ("sparql", "cypher")]
    assert len(pairs) == 3
    for by_sparql, by_cypher in pairs:
        assert by_sparql == by_cypher


# -- names and arguments ---------------------------------------------------------------------------


def test_no_argument_becomes_part_of_a_query() -> None:
    for question in QUESTIONS.values():
        names = {parameter.name for parameter in question.parameters}
        assert set(re.findall(r"\$(\w+)", question.cypher)) == names
        assert set(re.findall(r"\$(\w+)", question.sparql)) == names - {"limit"}
        assert "{0}" not in question.sparql + question.cypher


def test_every_question_is_described_in_both_languages() -> None:
    for question in QUESTIONS.values():
        parts: list[Question | Parameter] = [question, *question.parameters]
        for part in parts:
            assert part.about
            assert re.search("[一-鿿]", part.about_zh)
    listed = list_questions()
    assert [row[0] for row in listed.rows] == list(QUESTIONS)
    assert "limit=10" in listed.render("table")


def test_a_cluster_has_one_name_in_chinese() -> None:
    """A cluster is 风格簇 in all texts, never 聚类, which means the act of clustering."""
    place = resources.files("zeitgraph")
    words = [place / "kg" / "graph" / "ontology.ttl", place / "prompts" / "evaluation" / "zh.toml"]
    words += [place / "prompts" / "gallery" / "zh.toml"]
    words += [place / "prompts" / "report" / "zh" / "labels.toml"]
    texts = [file.read_text("utf-8") for file in words]
    for question in QUESTIONS.values():
        texts += [question.about_zh, *(parameter.about_zh for parameter in question.parameters)]
    assert any("风格簇" in text for text in texts)
    assert not any("聚类" in text for text in texts)


def test_unknown_names_and_values_are_user_errors(world: World) -> None:
    place = world.workspace
    for name, arguments, mistake in (
        ("nothing", {}, UnknownName),
        ("weeks", {"nothing": "1"}, UnknownName),
        ("top_clusters", {"week": "2026-W99"}, UnknownWeek),
        ("top_clusters", {"week": "last"}, UnknownWeek),
        ("top_entities", {"kind": "animal"}, UnknownName),
        ("cluster_history", {"cluster": "c-nobody"}, UserError),
        ("shared_entities", {"other": "nobody's"}, UserError),
        *(("top_clusters", {"limit": bad}, UserError) for bad in ("0", "-1", "x", "", "1e3", "٣")),
    ):
        with pytest.raises(mistake):
            answer(place, name, arguments)
    with pytest.raises(UnknownName):
        answer(place, "weeks", {}, via="gremlin")  # type: ignore[arg-type]


def test_a_cluster_may_be_given_by_its_name(world: World) -> None:
    for own in ("c-1", "c-2", "c-3"):
        found = both(world, "cluster_history", cluster=f"{own} in {world.weeks[-1]}")
        assert found.rows
        assert found == both(world, "cluster_history", cluster=own)


def test_before_the_first_run_a_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no graph yet"):
        answer(make_workspace(tmp_path / "w"), "weeks", {})
    with pytest.raises(UserError, match="there is no graph yet"):
        answer(make_workspace(tmp_path / "w"), "weeks", {}, via="cypher")
    assert not (tmp_path / "w" / "bolt").exists()
