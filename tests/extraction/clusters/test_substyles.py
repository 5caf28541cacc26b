"""Sub-styles: planted parts of a cluster are found and keep their ids; weights are soft."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.clusters import FIRST, directions, new_workspace, put_week
from zeitgraph.extraction.clusters import substyles
from zeitgraph.extraction.clusters.substyles import soft_weights
from zeitgraph.extraction.geometry.sampling import sample_ids
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

STAGE = [stage for stage in STAGES if stage.name == "substyles"]
WEEKS, A_WEEK, PARTS = 3, 60, 3


def plant(folder: Path, seed: int, parts: int, order: int = 1) -> Workspace:
    """One cluster of posts around `parts` directions that are near each other."""
    place = new_workspace(folder)
    random = np.random.default_rng(seed)
    style = directions(random, 1, 48)[0]
    ways = style + 0.9 * directions(random, parts, 48)
    for week in (week_after(FIRST, number) for number in range(WEEKS)):
        posts, vectors = [], []
        for number in range(A_WEEK):
            vector = ways[number % parts] + 0.35 * random.normal(size=48) / np.sqrt(48)
            posts.append({"post_id": f"{week}-{number:03d}"})
            vectors.append(vector / np.linalg.norm(vector))
        put_week(place, week, posts[::order], vectors[::order])
        members = [p | {"week": week, "cluster_id": "c-1", "weight": 1.0} for p in posts]
        place.write("memberships", week, make_table(TABLES["memberships"], members))
    bring_up_to_date(place, STAGE, place.weeks("posts"))
    return place


def strongest(place: Workspace, week: str) -> dict[str, str]:
    rows = sorted(place.read("substyles", week).to_pylist(), key=lambda row: row["weight"])
    return {row["post_id"]: row["substyle_id"] for row in rows}


@pytest.mark.parametrize("seed", [101, 102])
def test_planted_parts_are_found_and_keep_their_ids(tmp_path: Path, seed: int) -> None:
    place = plant(tmp_path / "w", seed, PARTS)
    ids = []
    for week in place.weeks("posts"):
        best = strongest(place, week)
        found = Counter((int(post[-3:]) % PARTS, part) for post, part in best.items())
        owner = {part: max(found, key=lambda k: found[k] * (k[0] == part))[1] for part in range(3)}
        right = sum(best.get(post) == owner[int(post[-3:]) % PARTS] for post in best)
        assert len(set(owner.values())) == PARTS
        assert right >= 0.95 * len(best) > 0.8 * A_WEEK
        ids.append(owner)
    assert ids[0] == ids[1] == ids[2]
    for week in place.weeks("substyles"):
        total: Counter[str] = Counter()
        for row in place.read("substyles", week).to_pylist():
            assert 0 < row["weight"] <= 1
            total[row["post_id"]] += row["weight"]
        assert max(total.values()) <= 1 + 1e-9


def test_a_cluster_without_separate_groups_or_with_few_posts_has_no_sub_styles(
    tmp_path: Path,
) -> None:
    place = plant(tmp_path / "one", 104, 1)
    assert place.weeks("substyles") == []
    few = new_workspace(tmp_path / "few")
    put_week(few, FIRST, [{"post_id": f"p{n}"} for n in range(9)], list(np.eye(9)))
    rows = [{"post_id": f"p{n}", "week": FIRST, "cluster_id": "c-1"} for n in range(9)]
    few.write("memberships", FIRST, make_table(TABLES["memberships"], rows))
    bring_up_to_date(few, STAGE, [FIRST])
    assert few.weeks("substyles") == []


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    one, other = plant(tmp_path / "a", 105, PARTS), plant(tmp_path / "b", 105, PARTS, order=-1)
    week = one.weeks("substyles")[-1]
    assert one.digest("substyles", week) == other.digest("substyles", week)


def test_of_many_posts_those_with_the_least_digests_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(substyles, "MOST", 2 * A_WEEK)
    place = plant(tmp_path / "w", 106, PARTS)
    week = place.weeks("substyles")[-1]
    rows = place.read("substyles", week).to_pylist()
    everyone = place.read_all("posts")["post_id"].to_pylist()
    assert len(everyone) == WEEKS * A_WEEK
    assert {row["post_id"] for row in rows} <= set(sample_ids(everyone, 2 * A_WEEK))
    best = strongest(place, week)
    parts = {(int(post[-3:]) % PARTS, part) for post, part in best.items()}
    assert len(parts) == len({part for _, part in parts}) == PARTS
    assert len(best) >= 0.8 * 2 * A_WEEK


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 4), spread=st.sampled_from((0.0, 0.05)))
def test_weights_sum_to_at_most_one_and_the_own_group_has_the_largest(
    seed: int, count: int, spread: float
) -> None:
    random = np.random.default_rng(seed)
    ways = directions(random, count, 16)
    groups = np.arange(40) % count
    near = ways[groups] + spread * random.normal(size=(40, 16))
    smoothed = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    weights = soft_weights(smoothed, groups)
    assert weights.shape == (40, count)
    assert (weights >= 0).all()
    assert (weights.sum(axis=1) <= 1).all()
    assert (weights.argmax(axis=1) == groups).all()
    stray = soft_weights(np.vstack([smoothed, -smoothed[:1]]), np.append(groups, -1))[-1]
    assert stray.max() < weights[0].max()


@given(st.lists(st.text(max_size=5), unique=True, max_size=30), st.integers(1, 9))
def test_a_sample_of_ids_ignores_order_and_changes_little_when_ids_are_removed(
    ids: list[str], most: int
) -> None:
    some = sample_ids(ids, most)
    assert set(some) == set(sample_ids(ids[::-1], most))
    assert len(some) == min(len(ids), most)
    gone = [post_id for post_id in ids if post_id not in some[:1]]
    assert len(set(some) - set(sample_ids(gone, most))) <= 1
