"""Which model explains the posts of two clusters by week: born, split, turned, or merged."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.transition_models import (
    SURE_SPLIT,
    ModelEvidence,
    compare_models,
    merge_odds,
    onset_week,
)

Counts = NDArray[np.float64]
Drawn = NDArray[np.int64]
Make = Callable[[np.random.Generator, Counts, float], tuple[Drawn, Drawn]]
SEEDS = st.integers(0, 2**32 - 1)
WEEKS, AFTER, DRAWS = 9, 4, 40
TOTALS = np.full(WEEKS, 200.0)


def _split(random: np.random.Generator, after: Counts, level: float) -> tuple[Drawn, Drawn]:
    part = random.uniform(0.4, 0.6) * after
    return random.poisson(level * (1 - part)), random.poisson(level * part)


def _turn(random: np.random.Generator, after: Counts, level: float) -> tuple[Drawn, Drawn]:
    middle = WEEKS - AFTER + random.uniform(0.0, 1.5)
    part = after / (1 + np.exp(-2.0 * (np.arange(WEEKS) - middle)))
    return random.poisson(level * (1 - part)), random.poisson(level * part)


def _birth(random: np.random.Generator, after: Counts, level: float) -> tuple[Drawn, Drawn]:
    return random.poisson(np.full(WEEKS, level)), random.poisson(level / 2 * after)


def _evidence(make: Make, seed: int) -> list[ModelEvidence]:
    random = np.random.default_rng(seed)
    after = (np.arange(WEEKS) >= WEEKS - AFTER).astype(float)
    evidence: list[ModelEvidence] = []
    while len(evidence) < DRAWS:
        drawn = make(random, after, random.uniform(16, 26))
        older, younger = (counts.astype(np.float64) for counts in drawn)
        if younger[-AFTER:].sum():
            evidence.append(compare_models(older, younger, TOTALS, onset_week(younger)))
    return evidence


@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_most_planted_pairs_are_explained_by_their_model(seed: int) -> None:
    split, turned, born = (_evidence(make, seed) for make in (_split, _turn, _birth))
    assert np.mean([s.related > 0 for s in split]) >= 0.8
    assert np.mean([s.related > 0 for s in turned]) >= 0.8
    assert np.mean([s.related < 1 for s in born]) >= 0.8
    assert np.mean([s.split_or_turned > 0 for s in split]) >= 0.8
    assert np.mean([s.split_or_turned < 0 for s in turned]) >= 0.85
    assert np.mean([s.split_or_turned >= SURE_SPLIT for s in turned]) <= 0.05


@pytest.mark.parametrize("weeks", range(1, 6))
def test_a_cluster_that_grows_beside_a_steady_one_is_not_related(weeks: int) -> None:
    younger = np.where(np.arange(WEEKS) >= WEEKS - weeks, 12.0, 0.0)
    older = np.full(WEEKS, 24.0)
    assert compare_models(older, younger, 144 + younger, WEEKS - weeks).related < 0


def test_a_style_that_was_dying_anyway_is_not_the_source_of_another() -> None:
    older = np.array([28, 25, 22, 19, 16, 13, 10, 7, 4], float)
    steady = np.full(WEEKS, 24.0)
    younger = np.where(np.arange(WEEKS) >= WEEKS - 3, 20.0, 0.0)
    dying = compare_models(older, younger, TOTALS, WEEKS - 3)
    fell = compare_models(np.where(younger > 0, 4.0, steady), younger, TOTALS, WEEKS - 3)
    assert dying.related < 0
    assert fell.related > 4


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_an_ended_cluster_merged_into_the_one_that_grew_and_no_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    before = np.arange(WEEKS) < WEEKS - 2
    grew, stayed = [], []
    for _ in range(DRAWS):
        gone = random.poisson(18.0 * before).astype(float)
        other = random.poisson(15.0 + 18.0 * ~before).astype(float)
        third = random.poisson(np.full(WEEKS, 15.0)).astype(float)
        grew.append(merge_odds(gone, other, TOTALS, WEEKS - 2))
        stayed.append(merge_odds(gone, third, TOTALS, WEEKS - 2))
    assert np.mean(np.array(grew) > 1) >= 0.8  # 0.96 of many
    assert np.mean(np.array(stayed) < 0) >= 0.8


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=30),
    st.floats(1.0, 5.0),
    st.sampled_from([0.0, 10.0]),
)
def test_any_counts_have_finite_evidence_divided_by_the_spread(
    posts: list[tuple[int, int]], spread: float, rest: float
) -> None:
    older, younger = np.array(posts, float).T
    totals = older + younger + rest
    if not totals.any():
        return  # no posts, no clusters
    for onset in {0, len(posts) // 2, len(posts) - 1}:
        plain = compare_models(older, younger, totals, onset)
        wide = compare_models(older, younger, totals, onset, spread)
        values = np.array([plain.born, plain.split, plain.turned])
        assert np.isfinite(values).all()
        assert np.allclose(values / spread, [wide.born, wide.split, wide.turned])
        assert np.isfinite(merge_odds(older, younger, totals, max(onset, 1)))
