"""The evidence for transitions between clusters: counts and similarities in, numbers out.

All functions are pure. They say how strongly something points to a transition; `transitions.py`
decides what follows. This module does not know about cluster ids, labels or events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from zeitgraph.extraction.clusters.approach import turn_support
from zeitgraph.extraction.clusters.membership_rules import MAD_TO_DEVIATION
from zeitgraph.extraction.clusters.transition_models import (
    Counts,
    ModelEvidence,
    compare_models,
    onset_week,
)
from zeitgraph.extraction.geometry.unit_vectors import Vector, cosines

LEAST_DEVIATION = 0.02
"""Least standard deviation of the cosines of two clusters."""
NEAR_MEAN, NEAR_DEVIATION = 3.0, 2.0
"""Mean and standard deviation of `PairSimilarities.deviations` for related clusters. For others the
number is distributed as Student's t with `TAILS` degrees of freedom: some are similar by chance."""
TAILS = 3
NEAREST = NEAR_MEAN + NEAR_DEVIATION
"""Clusters that are still nearer add nothing to the odds."""
GONE = 0.3
"""A cluster that keeps at most this share of its expected posts is gone."""
BASE_WEEKS = 6
"""Weeks from which the expected posts of a cluster are estimated."""
LEAST_PAST = 3
"""Weeks of posts that a cluster needs before its path can be compared."""


@dataclass(frozen=True)
class PairSimilarities:
    """The cosines of all pairs of clusters: median, robust deviation, and number of clusters."""

    median: float
    deviation: float
    clusters: int

    def deviations(self, similarity: float) -> float:
        """How many deviations the cosine `similarity` of two clusters lies above the median."""
        return (similarity - self.median) / self.deviation

    def related_odds(self, similarity: float) -> float:
        """Log odds that two clusters with this cosine are related.

        Any of the other clusters may be the partner, so the odds are divided by their number.
        """
        from scipy.stats import norm, t

        deviations = min(self.deviations(similarity), NEAREST)
        ratio = norm.logpdf(deviations, NEAR_MEAN, NEAR_DEVIATION) - t.logpdf(deviations, TAILS)
        return float(ratio) - float(np.log(self.clusters))


def pair_similarities(cores: Sequence[Vector]) -> PairSimilarities:
    """The similarities of clusters with these cores, (d,) each; neutral for fewer than three."""
    if len(cores) < 3:
        return PairSimilarities(0.0, 1.0, max(len(cores), 1))
    near = cosines(np.stack(cores), cores)[np.triu_indices(len(cores), 1)]
    median = float(np.median(near))
    deviation = MAD_TO_DEVIATION * float(np.median(np.abs(near - median)))
    return PairSimilarities(median, max(deviation, LEAST_DEVIATION), len(cores))


def overdispersion(counts_of_clusters: Iterable[Counts], totals: Counts) -> float:
    """The variance of counts over that of Poisson counts, at least 1; counts are (weeks,).

    The squared differences of successive weeks over their expectation (von Neumann 1941), so that
    growth and decline do not count; the median over the clusters.
    """
    found = []
    scale = totals.mean() / np.maximum(totals, 1.0)
    for counts in counts_of_clusters:
        rates = counts * scale
        expected = (rates * scale)[1:] + (rates * scale)[:-1]
        full = expected > 0
        if full.sum() >= LEAST_PAST:
            found.append(float((np.square(np.diff(rates))[full] / expected[full]).mean()))
    return max(1.0, float(np.median(found))) if found else 1.0


def onset_range(counts: Counts) -> tuple[int, int]:
    """The week in which a cluster begins, and the first of at most two before it with posts."""
    onset = first = onset_week(counts)
    while first > max(0, onset - 2) and counts[first - 1] > 0:
        first -= 1
    return onset, first


def models_of_pair(
    older: Counts,
    younger: Counts,
    totals: Counts,
    *,
    onsets: Sequence[int],
    begin: int,
    approach: float | None,
    spread: float,
) -> list[ModelEvidence]:
    """The evidence for each model of two clusters, for each week in which the younger may begin.

    `begin` is the first week with a path of the older cluster; `approach` the t of how the older
    approached the younger (`approach.py`), which supports a turn.
    """
    support = turn_support(approach)
    evidence = [
        compare_models(older[begin:], younger[begin:], totals[begin:], onset - begin, spread)
        for onset in onsets
    ]
    return [ModelEvidence(own.born, own.split, own.turned + support) for own in evidence]


def is_gone(left: Counts, gained: Counts, weeks: int = 1) -> bool:
    """Whether in the last weeks at most `GONE` of the posts of two clusters are of the first."""
    kept, moved = left[-weeks:].sum(), gained[-weeks:].sum()
    return bool(kept <= GONE * (kept + moved))


def is_silent(counts: Counts, totals: Counts, since: int) -> bool:
    """Whether a cluster has at most `GONE` of its expected posts from the week `since` on.

    The expectation is its share of all posts in the `BASE_WEEKS` before. False if there were none.
    """
    before = slice(base_begin(since), since)
    total = float(totals[before].sum())
    if not total:
        return False
    expected = float(counts[before].sum()) / total * float(totals[since:].sum())
    return float(counts[since:].sum()) <= GONE * expected


def base_begin(since: int) -> int:
    """The first of the weeks from which the posts from `since` on are estimated."""
    return max(0, since - BASE_WEEKS)
