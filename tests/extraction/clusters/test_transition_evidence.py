"""The evidence for transitions and for new clusters: numbers from counts and similarities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from zeitgraph.extraction.clusters.new_cluster_evidence import (
    is_large_part,
    mean_cosine,
    most_common_label,
)
from zeitgraph.extraction.clusters.transition_evidence import (
    LEAST_DEVIATION,
    NEAREST,
    PairSimilarities,
    is_gone,
    is_silent,
    onset_range,
    overdispersion,
    pair_similarities,
)
from zeitgraph.extraction.geometry.unit_vectors import cosines, unit_rows


@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
def test_pair_similarities_are_the_median_and_a_robust_deviation(seed: int, count: int) -> None:
    cores = unit_rows(np.random.default_rng(seed).normal(size=(count, 16)))
    near = cosines(cores, cores)[np.triu_indices(count, 1)]
    found = pair_similarities(list(cores))
    assert found.clusters == count
    assert found.median == np.median(near)
    assert found.deviation >= LEAST_DEVIATION
    assert found.deviations(found.median) == 0


def test_fewer_than_three_clusters_have_neutral_similarities() -> None:
    assert pair_similarities([]) == PairSimilarities(0.0, 1.0, 1)
    assert pair_similarities(list(np.eye(2, dtype=np.float32))) == PairSimilarities(0.0, 1.0, 2)


def test_the_odds_of_a_relation_grow_with_similarity_up_to_a_limit() -> None:
    pairs = PairSimilarities(0.0, 0.1, 10)
    odds = [pairs.related_odds(deviations * 0.1) for deviations in (0, 1, 2, 3, 4)]
    assert odds == sorted(odds)
    assert pairs.related_odds(0.1 * NEAREST) == pairs.related_odds(1.0)
    assert PairSimilarities(0.0, 0.1, 100).related_odds(0.3) < pairs.related_odds(0.3)


@given(arrays.arrays(np.float64, (4, 12), elements=st.integers(0, 80).map(float)))
def test_overdispersion_is_at_least_one(
    counts: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    assert overdispersion(counts, counts.sum(axis=0) + 1) >= 1


def test_overdispersion_of_poisson_counts_is_about_one_and_of_varying_counts_more() -> None:
    random = np.random.default_rng(3)
    poisson = random.poisson(30, (40, 12)).astype(float)
    varying = random.poisson(30 * random.choice([0.4, 1.6], (40, 12))).astype(float)
    totals = np.full(12, 1200.0)
    assert overdispersion(poisson, totals) < 1.3
    assert overdispersion(varying, totals) > 3


@pytest.mark.parametrize(
    ("counts", "onset", "first"),
    [([0, 0, 9, 9], 2, 2), ([0, 1, 9, 9], 2, 1), ([1, 1, 1, 9], 3, 1), ([9, 9, 9, 9], 0, 0)],
)
def test_a_cluster_may_begin_up_to_two_weeks_before_its_onset(
    counts: list[int], onset: int, first: int
) -> None:
    assert onset_range(np.array(counts, float)) == (onset, first)


def test_a_cluster_with_three_tenths_of_its_posts_is_gone_or_silent_and_with_more_is_not() -> None:
    totals = np.full(7, 100.0)
    assert is_silent(np.array([10] * 6 + [3], float), totals, 6)
    assert not is_silent(np.array([10] * 6 + [4], float), totals, 6)
    assert not is_silent(np.zeros(7), np.zeros(7), 6)
    assert is_gone(np.array([9, 3], float), np.array([0, 7], float))
    assert not is_gone(np.array([9, 4], float), np.array([0, 6], float))
    assert not is_gone(np.array([9, 3], float), np.array([0, 7], float), weeks=2)


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_the_mean_cosine_is_that_of_all_pairs(count: int, seed: int) -> None:
    points = unit_rows(np.random.default_rng(seed).normal(size=(count, 8)))
    pairs = cosines(points, points)[np.triu_indices(count, 1)]
    assert mean_cosine(points) == pytest.approx(pairs.mean(), abs=1e-6)


def test_the_most_common_label_is_by_weight_and_of_equal_ones_the_least() -> None:
    labels = np.array(["b", "a", "c", "b"], object)
    assert most_common_label(labels, np.ones(4)) == ("b", 0.5)
    assert most_common_label(labels, np.array([1.0, 5.0, 1.0, 1.0])) == ("a", 0.625)
    assert most_common_label(labels[:2], np.ones(2)) == ("a", 0.5)


def test_a_large_part_has_enough_posts_and_a_fifth_of_the_whole() -> None:
    assert is_large_part(20, 100, 8)
    assert not is_large_part(19, 100, 8)
    assert not is_large_part(7, 10, 8)
