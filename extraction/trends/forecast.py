"""The forecast of next week's share, with its 95 % interval.

A share is a level that changes slowly: each week the past counts a little less, and what the weeks
so far say about the level is a beta distribution (discounting: West & Harrison 1997, section 2.3;
for counts Harvey & Fernandes 1989). How fast the past is forgotten and how far a week may deviate
is unknown: each pair in `MODELS` gets the weight with which it would have predicted the weeks so
far, over all clusters (multi-process models of class I: West & Harrison 1997, section 12.2). Next
week is assumed to have as many posts as the mean of the trend weeks. This module does not know
about states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from zeitgraph.extraction.trends.shares import TAILS, BetaBinomial, Floats, Interval

DISCOUNTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The weight of a week's counts one week later."""
EXTRA_RHOS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""The overdispersion of next week beyond that of random sampling and of the uncertain level."""
MODELS = tuple(product(DISCOUNTS, EXTRA_RHOS))
MIN_WEIGHT = 0.001
"""Models of less weight than this are left out."""
MAX_TOTAL = 20_000
"""A week of more posts is predicted as one of so many: a finer share is of no use."""


@dataclass(frozen=True)
class Past:
    """Clusters in the weeks up to now.

    `counts`: (clusters, weeks). `totals`, `numbers`: all posts and the number of each week,
    (weeks,). `first_index`: for each cluster the index of the week in which it was first reported.
    `rho`: its overdispersion, (clusters,).
    """

    counts: Floats
    totals: Floats
    numbers: Floats
    first_index: Sequence[int]
    rho: Floats


@dataclass(frozen=True)
class Forecast:
    """The share of next week in [0, 1]: its median, and its 95 % interval."""

    share: float
    interval: Interval


def forecasts(past: Past, clusters: Sequence[int], total: int) -> list[Forecast]:
    """The shares of `total` posts in the week after `past`, for the clusters in these rows."""
    total = min(total, MAX_TOTAL)
    levels = [_levels(past, discount) for discount in DISCOUNTS]
    weights = _weights(past, levels)
    found = []
    for row in clusters:
        probabilities = np.zeros(total + 1)
        for (discount, extra), weight in zip(MODELS, weights, strict=True):
            if weight >= MIN_WEIGHT:
                level = levels[DISCOUNTS.index(discount)][:, row, -1]
                predicted = _predict(level, total, float(past.rho[row]) + extra)
                probabilities += weight * predicted.probabilities
        probabilities /= probabilities.sum()
        places = np.searchsorted(np.cumsum(probabilities), (TAILS[0], 0.5, TAILS[1]))
        low, median, high = (float(share) for share in np.minimum(places, total) / total)
        found.append(Forecast(median, Interval(low, high)))
    return found


def _levels(past: Past, discount: float) -> Floats:
    """Both parameters of the level's beta distribution after each week: (2, clusters, weeks)."""
    effect = 1 + (np.maximum(past.totals, 1) - 1) * past.rho[:, None]
    observed = np.stack([past.counts, np.maximum(past.totals - past.counts, 0)]) / effect
    kept = discount ** np.diff(past.numbers, prepend=past.numbers[0])
    levels = np.zeros_like(observed)
    so_far = np.zeros(observed.shape[:2])
    for week in range(observed.shape[2]):
        so_far = so_far * kept[week] + observed[:, :, week]
        levels[:, :, week] = so_far
    return levels + 0.5


def _precision(level: Floats, rho: Floats) -> Floats:
    """α + β of the beta-binomial distribution of the next week's count."""
    size = level.sum(axis=0) + 1
    return np.asarray(1 / np.minimum(rho + (1 - rho) / size, 0.999) - 1)


def _predict(level: Floats, total: int, rho: float) -> BetaBinomial:
    alpha, beta = level * (_precision(level, np.asarray(rho)) / level.sum(axis=0))
    return BetaBinomial(total, float(alpha), float(beta))


def _weights(past: Past, levels: Sequence[Floats]) -> Floats:
    """How well each model predicted every week from the weeks before it; shape (models,), sum 1."""
    from scipy.special import betaln

    weeks = np.arange(1, len(past.totals))
    known = np.add.accumulate(past.counts, axis=1)[:, :-1] > 0
    used = known & (weeks >= np.asarray(past.first_index)[:, None] + 1)
    count, rest = past.counts[:, 1:], np.maximum(past.totals - past.counts, 0)[:, 1:]
    scores = []
    for level in levels:
        before = level[:, :, :-1]
        for extra in EXTRA_RHOS:
            precision = _precision(before, past.rho[:, None] + extra)
            alpha, beta = before * (precision / before.sum(axis=0))
            likelihood = betaln(count + alpha, rest + beta) - betaln(alpha, beta)
            scores.append(float(likelihood[used].sum()))
    weights = np.exp(np.array(scores) - max(scores))
    return np.asarray(weights / weights.sum())
