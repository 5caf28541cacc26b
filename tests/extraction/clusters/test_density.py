"""Dense groups found among points, without a given number of groups."""

import numpy as np
import pytest

from tests.seeds import new_seed, new_seeds
from zeitgraph.extraction.clusters.density import find_groups
from zeitgraph.extraction.geometry.neighbours import neighbours_of
from zeitgraph.extraction.geometry.post_space import mean_shift
from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows

SEEDS = new_seeds(3)


def _blobs(random: np.random.Generator, groups: int, each: int, spread: float) -> Points:
    centres = random.normal(size=(groups, 48))
    rows = np.repeat(unit_rows(centres), each, axis=0)
    return unit_rows(rows + spread * random.normal(size=rows.shape) / np.sqrt(48))


def _smoothed(points: Points) -> Points:
    return mean_shift(points, neighbours_of(points, 15))


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_groups_are_found_and_separated(seed: int) -> None:
    points = _blobs(np.random.default_rng(seed), groups=7, each=40, spread=0.7)
    groups = find_groups(_smoothed(points), 10).reshape(7, 40)
    assert all(len(set(row[row >= 0].tolist())) == 1 for row in groups)
    assert len(set(groups[groups >= 0].tolist())) == 7


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_points_changes_no_group(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = _blobs(random, groups=5, each=30, spread=0.6)
    order = random.permutation(len(points))
    plain = find_groups(_smoothed(points), 8)
    mixed = find_groups(_smoothed(points[order]), 8)
    assert len({*zip(plain[order].tolist(), mixed.tolist(), strict=True)}) == len(set(plain))


def test_equal_points_are_one_group() -> None:
    point = unit_rows(np.random.default_rng(new_seed()).normal(size=(1, 16)))
    assert find_groups(np.repeat(point, 30, axis=0), 8).tolist() == [0] * 30


def test_a_few_points_are_no_group() -> None:
    points = _blobs(np.random.default_rng(new_seed()), groups=1, each=3, spread=0.1)
    assert find_groups(points, 8).tolist() == [-1, -1, -1]
    assert find_groups(np.empty((0, 0), np.float32), 8).tolist() == []


def test_random_directions_are_mostly_in_no_group() -> None:
    points = unit_rows(np.random.default_rng(new_seed()).normal(size=(200, 48)))
    assert (find_groups(points, 8) < 0).mean() > 0.5
