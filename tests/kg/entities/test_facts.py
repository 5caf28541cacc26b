"""Facts are counts of posts and probabilities; a simple count of the same posts gives the same."""

from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.names import WEEK, find_names, workspace_with, write_posts
from zeitgraph.kg.entities.facts import derive_facts
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

KINDS = {"a": "object", "b": "brand", "c": "scene", "d": "hashtag"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_with(tmp_path_factory.mktemp("facts"), most_per_post=3)


def facts_of(
    workspace: Workspace, posts: list[tuple[str, list[str]]]
) -> dict[tuple[str, str, str], tuple[int, float]]:
    """The facts of `posts`: pairs of a cluster and the entities that the post links to."""
    links = [
        {"post_id": f"p{i}", "start": j, "end": j + 1, "entity_id": key, "week": WEEK}
        for i, (_, keys) in enumerate(posts)
        for j, key in enumerate(keys)
    ]
    members = [{"post_id": f"p{i}", "cluster_id": cluster} for i, (cluster, _) in enumerate(posts)]
    entities = [{"entity_id": key, "kind": kind} for key, kind in KINDS.items()]
    rows: dict[str, list[dict[str, Any]]] = {
        "links": links, "memberships": members, "entities": entities, "clusters": [],
    }  # fmt: skip
    inputs = {(name, "week"): make_table(TABLES[name], rows[name]) for name in rows}
    table = derive_facts(Job(workspace, WEEK, inputs))["facts"]  # type: ignore[arg-type]
    facts = {
        (r["subject"], r["predicate"], r["object"]): (r["count"], r["probability"])
        for r in table.to_pylist()
    }
    assert len(facts) == table.num_rows
    return facts


def test_a_feature_of_a_cluster_is_counted_in_the_posts_of_the_cluster(
    workspace: Workspace,
) -> None:
    posts = [("c1", ["a", "a"]), ("c1", ["a", "b"]), ("c1", []), ("c2", ["a"]), ("", ["a"])]
    assert facts_of(workspace, posts) == {("c1", "features_object", "a"): (2, 2 / 3)}


def test_a_co_occurrence_has_a_row_in_each_direction_with_its_own_probability(
    workspace: Workspace,
) -> None:
    posts = [("", ["a", "b"]), ("", ["a", "b"]), ("", ["a"]), ("", ["", "c"])]
    assert facts_of(workspace, posts) == {
        ("a", "co_occurs_with", "b"): (2, 2 / 3),
        ("b", "co_occurs_with", "a"): (2, 1.0),
    }


def test_a_post_that_names_a_long_list_counts_for_no_co_occurrence(
    workspace: Workspace,
) -> None:
    posts = [("c1", ["a", "b", "c", "d"])] * 5 + [("c1", ["a", "b"])] * 2
    found = facts_of(workspace, posts)
    assert found["a", "co_occurs_with", "b"] == (2, 1.0)
    assert ("a", "co_occurs_with", "c") not in found
    assert found["c1", "features_scene", "c"] == (5, 5 / 7)


CLUSTERS, NAMED = st.sampled_from(["", "c1", "c2"]), st.lists(st.sampled_from(["", "a", "b", "c"]))


@settings(deadline=None)
@given(st.lists(st.tuples(CLUSTERS, NAMED), max_size=12))
def test_facts_equal_those_of_a_simple_count(
    workspace: Workspace, posts: list[tuple[str, list[str]]]
) -> None:
    sets = [(cluster, {key for key in keys if key}) for cluster, keys in posts]
    sizes = Counter(cluster for cluster, _ in sets)
    named = Counter(key for _, keys in sets for key in keys)
    counted: Counter[tuple[str, str, str]] = Counter()
    for cluster, keys in sets:
        counted.update((cluster, f"features_{KINDS[key]}", key) for key in keys if cluster)
        counted.update((a, "co_occurs_with", b) for a, b in permutations(keys, 2))
    assert facts_of(workspace, posts) == {
        fact: (count, count / (named if fact[1] == "co_occurs_with" else sizes)[fact[0]])
        for fact, count in counted.items()
        if count >= 2
    }


def test_a_week_without_posts_has_no_facts(workspace: Workspace) -> None:
    assert facts_of(workspace, []) == {}


@pytest.mark.models
def test_the_stage_writes_the_facts_of_the_texts(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, min_count=1)
    write_posts(workspace, ["a globe lamp in the park", "露营"], clusters=["c1", "c1"])
    find_names(workspace)
    facts = {
        (r["subject"], r["predicate"], r["object"]): r["probability"]
        for r in workspace.read("facts", WEEK).to_pylist()
    }
    assert facts == {
        ("c1", "features_object", "globe-lamp"): 0.5,
        ("c1", "features_scene", "park"): 0.5,
        ("c1", "features_scene", "scene-camping"): 0.5,
        ("globe-lamp", "co_occurs_with", "park"): 1.0,
        ("park", "co_occurs_with", "globe-lamp"): 1.0,
    }


def test_two_hostile_posts_with_thousands_of_hashtags_make_no_facts(
    tmp_path: Path,
) -> None:
    workspace = workspace_with(tmp_path)
    spam = " ".join(f"#t{i}" for i in range(2500))
    write_posts(workspace, [spam, spam])
    find_names(workspace)
    assert workspace.read("entities", WEEK).num_rows == 2500
    assert workspace.read("facts", WEEK).num_rows == 0
