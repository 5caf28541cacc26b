"""Above the limit of the exact search: the same properties hold as below it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from tests.conftest import Few
from tests.seeds import new_seed
from tests.worlds.clusters import (
    FIRST,
    directions,
    joined,
    joined_in_order,
    new_workspace,
    plant,
    put,
    put_week,
    run,
)
from zeitgraph.extraction.clusters import new_clusters
from zeitgraph.extraction.clusters.density import find_groups
from zeitgraph.extraction.clusters.week import cluster_week
from zeitgraph.extraction.geometry import threads
from zeitgraph.extraction.geometry.neighbours import (
    closest_of,
    distinct_rows,
    neighbours_of,
    sample_rows,
)
from zeitgraph.extraction.geometry.post_space import mean_shift
from zeitgraph.extraction.geometry.threads import in_parts
from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Span
from zeitgraph.kg.workspace.tables import TABLES, join_tables

FEW = 500
_KEYS = {name: [(key, "ascending") for key in table.key] for name, table in TABLES.items()}


def _planted(seed: int, count: int = 3000, styles: int = 8) -> tuple[Points, NDArray[np.intp]]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(styles, 96))
    own = random.integers(styles, size=count)
    return unit_rows(centres[own] + 0.8 * random.normal(size=(count, 96))), own


def _groups(points: Points) -> NDArray[np.intp]:
    return find_groups(mean_shift(points, neighbours_of(points, 15)), 40)


@given(count=st.integers(1, 60), wanted=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_neighbours_of_few_points_are_exact(count: int, wanted: int, seed: int) -> None:
    points = unit_rows(np.random.default_rng(seed).normal(size=(count, 8)))
    near = np.sort(points @ points.T, axis=1)[:, ::-1][:, :wanted]
    found = neighbours_of(points, wanted)
    assert found.shape == near.shape
    cosines = np.einsum("nd,nkd->nk", points, points[found])
    assert np.allclose(cosines, near, atol=1e-5)


@pytest.mark.parametrize("_seed", range(3))
def test_a_sample_shows_the_same_groups_as_the_exact_search(_seed: int, few: Few) -> None:
    points, own = _planted(new_seed())
    exact = _groups(points)
    few(FEW)
    sampled = _groups(points)
    assert adjusted_mutual_info_score(exact, sampled) >= 0.95
    assert adjusted_mutual_info_score(own, sampled) >= 0.95


def test_among_many_points_each_is_its_own_first_neighbour_and_none_is_repeated(few: Few) -> None:
    points, own = _planted(5, count=1300)
    few(FEW)
    nearest = neighbours_of(points, 15)
    assert nearest[:, 0].tolist() == list(range(1300))
    assert all(len(set(row)) == 15 for row in nearest.tolist())
    assert (own[nearest] == own[:, None]).mean() >= 0.99


@pytest.mark.parametrize("count", [300, 1700])
def test_the_number_of_threads_changes_no_bit(
    count: int, few: Few, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, _ = _planted(6, count=count)
    few(FEW)

    def everything() -> list[bytes]:
        nearest = neighbours_of(points, 15)
        smoothed = mean_shift(points, nearest)
        groups = find_groups(smoothed, 20)
        return [
            a.tobytes()
            for a in (nearest, smoothed, groups, closest_of(points, 6), unit_rows(smoothed))
        ]

    results = []
    for processors in (1, 2, 5):
        monkeypatch.setattr(threads, "_processors", lambda n=processors: n)
        results.append(everything())
    assert results[0] == results[1] == results[2]


def test_parts_are_in_order_and_of_one_size(few: Few) -> None:
    few(FEW)
    parts = in_parts(lambda part: (part.start, part.stop), 120)
    assert parts == [(0, 50), (50, 100), (100, 120)]
    assert in_parts(lambda part: part, 0) == []


def test_an_exception_in_a_part_is_raised(few: Few) -> None:
    few(FEW)

    def faulty(part: slice) -> int:
        begin: int = part.start
        return 1 // (100 - begin)

    with pytest.raises(ZeroDivisionError):
        in_parts(faulty, 120)


@given(count=st.integers(0, 300), size=st.integers(1, 300))
@settings(max_examples=30, deadline=None)
def test_a_sample_has_different_rows_in_ascending_order(count: int, size: int) -> None:
    rows = sample_rows(count, size).tolist()
    assert len(rows) == min(count, size)
    assert rows == sorted(set(rows))
    assert all(0 <= row < count for row in rows)


# -- almost equal points ---------------------------------------------------------------------------


def _is_connected(nearest: NDArray[np.int64], rows: NDArray[np.intp]) -> bool:
    known, new = set(rows[:1].tolist()), set(rows[:1].tolist())
    inside = set(rows.tolist())
    pairs = {(int(a), int(b)) for a in rows for b in nearest[a] if int(b) in inside}
    while new:
        new = {b for a, b in pairs | {(b, a) for a, b in pairs} if a in known} - known
        known |= new
    return known == inside


def test_copies_among_many_points_are_found(few: Few) -> None:
    seed = new_seed()
    points, _ = _planted(seed, count=2500)
    random = np.random.default_rng(seed)
    original, copy = np.split(random.permutation(2500)[:200], 2)
    points[copy] = unit_rows(points[original] + 0.01 * random.normal(size=(100, 96)))
    few(FEW)
    nearest = closest_of(points, 8)
    assert (nearest[copy] == original[:, None]).any(axis=1).mean() >= 0.97


def test_equal_points_are_connected_whatever_their_number(few: Few) -> None:
    points, _ = _planted(7, count=1500)
    equal = np.arange(100, 1300)
    points[equal] = points[100]
    few(FEW)
    nearest = closest_of(points, 8)
    assert _is_connected(nearest, equal)
    first, group = distinct_rows(points)
    assert len(first) == 301
    assert len(set(group[equal].tolist())) == 1
    assert (points[first[group]] == points).all()


@pytest.mark.parametrize("different", [1, 3])
def test_points_that_are_nearly_all_equal_have_neighbours(different: int, few: Few) -> None:
    points = np.repeat(_planted(8, count=different)[0], 1200 // different, axis=0)
    few(FEW)
    for nearest in (neighbours_of(points, 15), closest_of(points, 8)):
        assert ((nearest >= 0) & (nearest < len(points))).all()
        assert (nearest == np.arange(len(points))[:, None]).any(axis=1).all()
    assert len(_groups(points)) == len(points)


# -- the whole stage -------------------------------------------------------------------------------


def test_the_stage_finds_the_same_clusters_above_and_below_the_limit(
    few: Few, tmp_path: Path
) -> None:
    planted = plant(new_seed(), weeks=7)
    below = new_workspace(tmp_path / "below")
    put(below, planted)
    run(below)
    few(FEW)
    above = new_workspace(tmp_path / "above")
    put(above, planted)
    run(above)
    labels = [joined_in_order(workspace, planted) for workspace in (below, above)]
    assert adjusted_mutual_info_score(*labels) >= 0.9
    assert adjusted_mutual_info_score(planted.style, labels[1]) >= 0.85


@pytest.mark.parametrize("window_posts", [40_000, 300])
def test_row_order_and_threads_change_no_byte_above_the_limit(
    window_posts: int, few: Few, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(150)
    workspace = new_workspace(tmp_path, f"[clusters]\nwindow_posts = {window_posts}")
    put(workspace, plant(9, weeks=3))
    run(workspace)
    week = workspace.weeks("posts")[-1]
    earlier = workspace.weeks("posts")[:-1]
    spans: list[tuple[str, Span, list[str]]] = [
        ("edits", "week", [week]),
        ("posts", "week", [week]),
        ("posts", "history", earlier),
        ("vectors", "week", [week]),
        ("vectors", "history", earlier),
        ("memberships", "history", earlier),
        ("clusters", "before", earlier[-1:]),
    ]
    inputs = {
        (name, span): join_tables(name, [workspace.read(name, w) for w in weeks])
        for name, span, weeks in spans
    }
    random = np.random.default_rng(new_seed())
    mixed = {key: rows.take(random.permutation(rows.num_rows)) for key, rows in inputs.items()}
    results = []
    for processors, tables in ((1, inputs), (4, mixed)):
        monkeypatch.setattr(threads, "_processors", lambda n=processors: n)
        outputs = cluster_week(Job(workspace, week, tables))
        results.append({name: rows.sort_by(_KEYS[name]) for name, rows in outputs.items()})
    assert results[0] == results[1]
    assert results[0]["memberships"].num_rows == 200


@pytest.mark.parametrize("most_free", [4000, 60])
def test_a_small_new_style_is_found_among_many_posts_in_no_cluster(
    most_free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve posts a week of a new style beside thirty a week in no cluster."""
    monkeypatch.setattr(new_clusters, "MOST_FREE_POSTS", most_free)
    planted = plant(new_seed(), weeks=7, birth=99)
    workspace = new_workspace(tmp_path, "[clusters]\nsmallest_share = 0.05")
    random = np.random.default_rng(new_seed())
    [new] = directions(random, 1, planted.vectors.shape[1])
    for number in range(7):
        rows = list(planted.vectors[planted.week == number])
        count = len(rows)
        if number >= 5:
            near = [new + 0.5 * random.normal(size=len(new)) / len(new) ** 0.5 for _ in range(12)]
            rows += [row / np.linalg.norm(row) for row in near]
        posts = [
            {"post_id": f"{'new' if row >= count else 'p'}{number}-{row:03d}"}
            for row in range(len(rows))
        ]
        put_week(workspace, week_after(FIRST, number), posts, rows)
    run(workspace)
    labels = joined(workspace)
    own = [labels[post] for post in labels if post.startswith("new6")]
    most = max(set(own), key=own.count)
    assert most != ""
    assert own.count(most) >= 9
