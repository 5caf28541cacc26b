"""Very many earlier posts are represented by a sample: the same properties hold."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score

from tests.conftest import Few
from tests.seeds import new_seed
from tests.worlds.clusters import (
    FIRST,
    Floats,
    directions,
    joined_in_order,
    new_workspace,
    plant,
    put,
    put_week,
    run,
)
from zeitgraph.extraction.clusters.window import read_window
from zeitgraph.extraction.geometry.sampling import draw_sample
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Span
from zeitgraph.kg.workspace.tables import TABLES, join_tables, make_table
from zeitgraph.kg.workspace.workspace import Workspace

SETTINGS = "[clusters]\nwindow_posts = 300"
IDS = st.lists(st.text(min_size=1, max_size=8), unique=True, min_size=1, max_size=60)


@given(IDS, st.data())
def test_the_sample_ignores_order_and_a_smaller_sample_is_part_of_a_larger(
    ids: list[str], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(ids))
    most, fewer = sorted(data.draw(st.tuples(*[st.integers(1, 60)] * 2)), reverse=True)
    sample, smaller = draw_sample(ids, most), draw_sample(ids, fewer)
    assert sample == draw_sample(mixed, most)
    if sample.earlier is None:
        assert len(ids) <= most
        assert sample.weight == 1
        assert sample.is_sampled(ids).all()
        return
    assert len(sample.earlier) == most
    assert sample.weight == len(ids) / most
    assert {
        i for i, is_in in zip(ids, sample.is_sampled(ids), strict=True) if is_in
    } == sample.earlier
    assert smaller.earlier is not None
    assert smaller.earlier <= sample.earlier


@given(IDS, st.data())
def test_named_posts_are_in_the_sample(ids: list[str], data: st.DataObject) -> None:
    named = data.draw(st.sets(st.sampled_from([*ids, "of no week"])))
    sample = draw_sample(ids, 2, named)
    assert sample.earlier is None or sample.earlier >= named - {"of no week"}


@pytest.mark.parametrize("_seed", range(2))
def test_a_sample_shows_the_clusters_that_all_posts_show(
    _seed: int, few: Few, tmp_path: Path
) -> None:
    """Six styles and one born in week 5; style 0 turns by 60°; a fifth of the past is sampled."""
    few(150)
    planted = plant(new_seed())
    workspace = new_workspace(tmp_path, SETTINGS)
    put(workspace, planted)
    run(workspace)
    labels = np.array(joined_in_order(workspace, planted))
    assert adjusted_mutual_info_score(planted.style, labels) >= 0.8
    turning = labels[planted.style == 0]
    assert max(np.mean(turning == label) for label in set(turning.tolist())) >= 0.9
    young = labels[(planted.style == 6) & (planted.week >= 8)]
    own = max(set(young.tolist()), key=young.tolist().count)
    assert own != ""
    assert np.mean(young == own) >= 0.8
    assert not (labels[planted.week < 4] == own).any()


def test_clusters_count_all_posts_and_not_only_the_sample(few: Few, tmp_path: Path) -> None:
    few(150)
    planted = plant(4, weeks=8, birth=20)
    workspace = new_workspace(tmp_path, SETTINGS)
    put(workspace, planted)
    run(workspace)
    for number in range(8):
        week = week_after(FIRST, number)
        clusters = {row["cluster_id"]: row for row in workspace.read("clusters", week).to_pylist()}
        members = [row["cluster_id"] for row in workspace.read("memberships", week).to_pylist()]
        assert len(members) == 200
        for cluster_id, row in clusters.items():
            assert row["posts"] == members.count(cluster_id)
        # each keeps 0.7 of its mass from week to week, and styles have equal sizes
        masses = [row["plain_mass"] for row in clusters.values() if row["state"] == "active"]
        assert number < 4 or np.median(masses) == pytest.approx(28.3 / 0.3, rel=0.25)


@pytest.mark.parametrize("count", [150, 12_000])
def test_a_copy_is_found_even_if_its_original_is_not_in_the_sample(
    count: int, few: Few, tmp_path: Path
) -> None:
    few(count)
    workspace, copied = _with_copies(tmp_path)
    rows = workspace.read_all("memberships").to_pylist()
    found = {row["post_id"]: row["copy_of"] for row in rows if row["copy_of"]}
    assert found == copied


def _with_copies(folder: Path) -> tuple[Workspace, dict[str, str]]:
    """Ten weeks; in each from the fourth on, 20 posts copy a post of three weeks before.

    A copy of a copy counts as a copy of the first post, even if the window no longer covers it.
    """
    random = np.random.default_rng(new_seed())
    workspace = new_workspace(folder, SETTINGS + "\nwindow_weeks = 4")
    kinds = directions(random, 4, 64)
    vectors: dict[str, Floats] = {}
    originals: dict[str, str] = {}
    for number in range(10):
        posts = {f"p{number}-{row:03d}": _near(kinds[row % 4], random, 0.8) for row in range(120)}
        for row in range(20) if number >= 3 else ():
            copy, source = f"p{number}-{row:03d}", f"p{number - 3}-{row:03d}"
            posts[copy] = _near(vectors[source], random, 0.02)
            originals[copy] = originals.get(source, source)
        vectors |= posts
        named = [{"post_id": post_id} for post_id in posts]
        put_week(workspace, week_after(FIRST, number), named, list(posts.values()))
    run(workspace)
    return workspace, originals


def _near(vector: Floats, random: np.random.Generator, far: float) -> Floats:
    moved = vector + far * random.normal(size=len(vector)) / np.sqrt(len(vector))
    return np.asarray(moved / np.linalg.norm(moved))


def test_posts_that_an_edit_names_represent_only_themselves(few: Few, tmp_path: Path) -> None:
    few(150)
    workspace = new_workspace(tmp_path, SETTINGS)
    put(workspace, plant(3, weeks=5))
    run(workspace)
    *earlier, week = workspace.weeks("posts")
    ids = [post for w in earlier for post in workspace.read("posts", w)["post_id"].to_pylist()]
    edit = {"week": week, "kind": "split", "cluster_id": "c", "other_id": "d", "posts": ids[:400]}
    inputs: dict[tuple[str, Span], pa.Table] = {
        ("edits", "week"): make_table(TABLES["edits"], [edit]),
        ("clusters", "before"): workspace.read("clusters", earlier[-1]),
        ("memberships", "history"): _history(workspace, "memberships", earlier),
    }
    for name in ("posts", "vectors"):
        inputs[name, "week"] = workspace.read(name, week)
        inputs[name, "history"] = _history(workspace, name, earlier)
    found = read_window(Job(workspace, week, inputs))
    assert set(found.space.post_ids) > set(ids[:400])
    assert found.count_posts(found.sampled & ~found.current) == pytest.approx(800)
    assert found.count_posts(found.current) == 200
    assert set(found.weights[~found.sampled].tolist()) == {1.0}


def _history(workspace: Workspace, name: str, weeks: list[str]) -> pa.Table:
    return join_tables(name, [workspace.read(name, week) for week in weeks])
