"""Next week's share, with the interval in which it will lie.

A share is a level that wanders: each week the past counts a little less, and what the weeks so far
tell is a beta distribution (discounting: West & Harrison 1997, section 2.3; for counts Harvey &
Fernandes 1989). How fast the past is forgotten and how far a week may swing is not known: each of
`MANNERS` has the weight with which it would have foretold the weeks so far, over all clusters
(multi-process models of class I: West & Harrison 1997, section 12.2). Next week is taken to have as
many posts as the weeks of the trend had. Knows nothing about states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from zeitgraph.extraction.trends.shares import TAILS, Draw, Floats, Interval

MEMORIES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""What is left of a week's word a week later."""
SWINGS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Spread of the next week beyond what chance draws and what is not known of the level."""
MANNERS = tuple(product(MEMORIES, SWINGS))
LEAST = 0.001
"""A manner of less weight than this has no say."""
FINEST = 20_000
"""A week of more posts than this is foretold as one of so many: shares are no finer."""


@dataclass(frozen=True)
class Past:
    """Clusters in weeks up to now: counts (clusters × weeks), totals and numbers of the weeks.

    `born` is the place of the week from which each cluster is told of; `spread` that of each.
    """

    counts: Floats
    totals: Floats
    numbers: Floats
    born: Sequence[int]
    spread: Floats


@dataclass(frozen=True)
class Forecast:
    """A share of next week: the middle one of what may come, and the interval of 95 %."""

    share: float
    interval: Interval


def forecasts(past: Past, asked: Sequence[int], total: int) -> list[Forecast]:
    """The shares of `total` posts in the week after the newest of `past`, of these rows of it."""
    total = min(total, FINEST)
    levels = [_levels(past, memory) for memory in MEMORIES]
    weights = _weights(past, levels)
    told = []
    for row in asked:
        chances = np.zeros(total + 1)
        for (memory, swing), weight in zip(MANNERS, weights, strict=True):
            if weight >= LEAST:
                level = levels[MEMORIES.index(memory)][:, row, -1]
                chances += weight * _draw(level, total, float(past.spread[row]) + swing).chances
        chances /= chances.sum()
        places = np.searchsorted(np.cumsum(chances), (TAILS[0], 0.5, TAILS[1]))
        low, middle, high = (float(share) for share in np.minimum(places, total) / total)
        told.append(Forecast(middle, Interval(low, high)))
    return told


def _levels(past: Past, memory: float) -> Floats:
    """Both parameters of the level's beta distribution after each week: 2 × clusters × weeks."""
    worth = 1 + (np.maximum(past.totals, 1) - 1) * past.spread[:, None]
    seen = np.stack([past.counts, np.maximum(past.totals - past.counts, 0)]) / worth
    kept = memory ** np.diff(past.numbers, prepend=past.numbers[0])
    told = np.zeros_like(seen)
    so_far = np.zeros(seen.shape[:2])
    for week in range(seen.shape[2]):
        so_far = so_far * kept[week] + seen[:, :, week]
        told[:, :, week] = so_far
    return told + 0.5


def _precision(level: Floats, spread: Floats) -> Floats:
    """α + β of the beta-binomial that the next week is drawn from."""
    known = level.sum(axis=0) + 1
    return np.asarray(1 / np.minimum(spread + (1 - spread) / known, 0.999) - 1)


def _draw(level: Floats, total: int, spread: float) -> Draw:
    alpha, beta = level * (_precision(level, np.asarray(spread)) / level.sum(axis=0))
    return Draw(total, float(alpha), float(beta))


def _weights(past: Past, levels: Sequence[Floats]) -> Floats:
    """How well each manner foretold every week from those before it, as parts of 1."""
    from scipy.special import betaln

    weeks = np.arange(1, len(past.totals))
    known = np.add.accumulate(past.counts, axis=1)[:, :-1] > 0
    asked = known & (weeks >= np.asarray(past.born)[:, None] + 1)
    count, rest = past.counts[:, 1:], np.maximum(past.totals - past.counts, 0)[:, 1:]
    scores = []
    for level in levels:
        before = level[:, :, :-1]
        for swing in SWINGS:
            precision = _precision(before, past.spread[:, None] + swing)
            alpha, beta = before * (precision / before.sum(axis=0))
            chance = betaln(count + alpha, rest + beta) - betaln(alpha, beta)
            scores.append(float(chance[asked].sum()))
    weights = np.exp(np.array(scores) - max(scores))
    return np.asarray(weights / weights.sum())
