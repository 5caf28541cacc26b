"""Models of how an older and a younger cluster are related, compared by their posts in each week.

Input: posts of both clusters and of all clusters by week. Output: the logarithm of the evidence for
each of three models (Kass & Raftery 1995). This module does not know about vectors.

    born     the older cluster continues on its path; the younger has a path of its own, or none
    split    both together continue on the path of the older; a constant share of posts has left it
    turned   both together continue on that path; all posts have moved to the younger, or soon will

A path is a level with a constant rate of growth or decline, or a linear fall to zero. The evidence
averages over all paths: a Gamma prior of the level, whose integral is exact, and grids of the other
parameters. So a style that was dying anyway is not taken for the source of a new one, and a split
is recognised although the whole is shrinking.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp, xlogy

Counts = NDArray[np.float64]
"""Posts of a cluster, or of all clusters, in each week: float64 (weeks,)."""

SLOPES = np.array([-0.6, -0.4, -0.25, -0.15, -0.08, -0.04, 0.0, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6])
"""Growth of a path per week, as a logarithm."""
SLOPE_SCALE = 0.05
"""Scale of the Laplace prior of the slopes."""
FALLS = np.array([0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0])
"""When a path that falls linearly reaches zero, as a multiple of the number of weeks."""
FALL_PRIOR, AFTER_FALL = 0.2, 0.03
"""Prior probability of a fall, and the share of the posts that still come after its end."""
SHARE_PRIOR = 2.0
"""The share that leaves in a split is distributed as Beta(2, 2): neither none nor all."""
TURN_RATES = np.array([0.8, 1.2, 2.0, 3.0])
"""Growth per week of the odds of the new look during a turn, as a logarithm."""
TURN_MIDDLES = np.arange(-1.0, 4.0)
"""Weeks from the first post of the younger cluster until half of the style has turned."""

SURE_SPLIT = 1.5
"""Log odds of a split against a turn from which a split is certain."""
ONSET = 0.25
"""A cluster begins in the first week with more than this share of the posts of its largest week."""


def onset_week(counts: Counts) -> int:
    """The number of the week in which a cluster with these posts, (weeks,), begins."""
    return int(np.argmax(counts > ONSET * counts.max()))


@dataclass(frozen=True)
class ModelEvidence:
    """The logarithm of the evidence for each model; only differences have a meaning."""

    born: float
    split: float
    turned: float

    @property
    def related(self) -> float:
        """Log odds that one cluster came out of the other, by a split or a turn."""
        return float(np.logaddexp(self.split, self.turned) - np.log(2)) - self.born

    @property
    def split_or_born(self) -> float:
        """Log odds of a split against a birth."""
        return self.split - self.born

    @property
    def split_or_turned(self) -> float:
        """Log odds of a split against a turn."""
        return self.split - self.turned


def compare_models(
    older: Counts, younger: Counts, totals: Counts, onset: int, spread: float = 1.0
) -> ModelEvidence:
    """The evidence for each model, from posts by week, (weeks,); the younger begins at `onset`.

    `totals` are the posts of all clusters. `spread` is the variance of counts over that of a
    Poisson distribution, at least 1; the evidence is divided by it (quasi-likelihood; Wedderburn
    1974).
    """
    both = older + younger
    rate = max(float(both.sum()), 1.0) / float(totals.sum())
    new, all_new = younger[onset:], both[onset:]
    expected = rate * totals[onset:]
    no_path = float((xlogy(new, expected / (1 + expected)) - np.log1p(expected)).sum())
    own_path = float(np.logaddexp(no_path, _path(new, totals[onset:], rate)) - np.log(2))
    old = all_new - new
    together = _path(both, totals, rate) + _arrangements(new, old)
    return ModelEvidence(
        born=(_path(older, totals, rate) + own_path) / spread,
        split=(together + _constant_share(new, old, SHARE_PRIOR)) / spread,
        turned=(together + _growing_share(new, old)) / spread,
    )


def merge_odds(
    gone: Counts, other: Counts, totals: Counts, since: int, spread: float = 1.0
) -> float:
    """Log odds that the posts of `gone` moved to `other` in the week `since`.

    The alternative is that `gone` ended and `other` continues on its own path. Counts are (weeks,);
    `totals` and `spread` are those of `compare_models`.
    """
    both = gone + other
    rate = max(float(both.sum()), 1.0) / float(totals.sum())
    before = slice(0, since)
    own, rest = gone[before], other[before]
    one = _path(both, totals, rate) + _arrangements(own, rest) + _constant_share(own, rest, 1.0)
    two = _path(other, totals, rate) + _path(own, totals[before], rate)
    return (one - two) / spread


def _path(counts: Counts, totals: Counts, rate: float) -> float:
    """Log evidence for Poisson counts along any path; levels are about `rate` of the totals."""
    weeks = np.arange(len(counts))
    slopes = np.exp(SLOPES[:, None] * (weeks - weeks.mean()))
    falls = np.maximum(1 - weeks / (FALLS[:, None] * len(counts)), AFTER_FALL)
    exposure = totals * np.vstack([slopes, falls])
    posts = counts.sum()
    level = (
        gammaln(1 + posts) - np.log(rate) - (1 + posts) * np.log(1 / rate + exposure.sum(axis=1))
    )
    single = (xlogy(counts, exposure) - gammaln(counts + 1)).sum(axis=1)
    slope_prior = np.exp(-np.abs(SLOPES) / SLOPE_SCALE)
    prior = np.append(
        slope_prior / slope_prior.sum() * (1 - FALL_PRIOR),
        np.full(len(FALLS), FALL_PRIOR / len(FALLS)),
    )
    return float(logsumexp(level + single, b=prior))


def _arrangements(some: Counts, rest: Counts) -> float:
    """Log of the number of orders in which some posts and the rest can follow each other."""
    return float((gammaln(some + rest + 1) - gammaln(some + 1) - gammaln(rest + 1)).sum())


def _constant_share(some: Counts, rest: Counts, prior: float) -> float:
    """Log evidence for a constant share of `some` in all, with the prior Beta(prior, prior)."""
    evidence = betaln(prior + float(some.sum()), prior + float(rest.sum()))
    return float(evidence - betaln(prior, prior))


def _growing_share(new: Counts, old: Counts) -> float:
    """Log evidence for a share of `new` whose odds grow at a constant rate."""
    weeks = np.arange(len(new))
    odds = TURN_RATES[:, None, None] * (weeks - TURN_MIDDLES[:, None])
    likelihood = -(new * np.log1p(np.exp(-odds)) + old * np.log1p(np.exp(odds))).sum(axis=2)
    return float(logsumexp(likelihood) - np.log(likelihood.size))
