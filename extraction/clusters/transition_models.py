"""What an older and a younger cluster have to do with each other, told by their posts in each week.

Comes in: posts of both and of all clusters by week. Goes out: how well each of three stories
explains them, as logarithms of their evidence (Kass & Raftery 1995). Knows nothing about vectors.

    born     the older goes on along its path, the younger along one of its own or none
    split    both together go on along the path of the older; a part that stays the same left it
    turned   both together go on along that path; all have left, or are about to

A path is a level and a steady growth or decline, or a fall in a straight line to nothing; all are
averaged over (a Gamma prior of the level, which has an exact integral; grids of the others). So a
style that was dying anyway has not lost its last posts to one that is born, and one that split is
known although its posts became fewer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp, xlogy

Counts = NDArray[np.float64]

SLOPES = np.array([-0.6, -0.4, -0.25, -0.15, -0.08, -0.04, 0.0, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6])
"""Growth of a path in a week, as a logarithm."""
GENTLE = 0.05
"""Slopes are as likely as a Laplace distribution of this width says."""
FALLS = np.array([0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0])
"""When a path that falls in a straight line ends, over the weeks looked at."""
FALLING, LEFT = 0.2, 0.03
"""One path in five is such a fall; a few posts still come after its end."""
PARTING = 2.0
"""A part that leaves is as large as Beta(2, 2) says: none and all are no part."""
HASTE = np.array([0.8, 1.2, 2.0, 3.0])
"""Growth of the odds of the new look in a week, as a logarithm, where a style turns."""
MIDDLES = np.arange(-1.0, 4.0)
"""Weeks from the first of the younger one until half of a style has turned."""

PARTED = 1.5
"""Log of the odds from which a style has surely split, or its opposite from which it turned."""
ONSET = 0.25
"""A cluster begins in the first week with this part of the posts of its fullest."""


def onset_of(counts: Counts) -> int:
    """The week in which a cluster with these posts, (weeks,), begins."""
    return int(np.argmax(counts > ONSET * counts.max()))


@dataclass(frozen=True)
class Stories:
    """The logarithm of the evidence for each story; only differences mean anything."""

    born: float
    split: float
    turned: float

    @property
    def kin(self) -> float:
        """How much better it is explained by one having come out of the other: log of the odds."""
        return float(np.logaddexp(self.split, self.turned) - np.log(2)) - self.born

    @property
    def parted(self) -> float:
        """How much better a split explains it than a turn: log of the odds."""
        return self.split - self.turned


def stories_of(
    older: Counts, younger: Counts, totals: Counts, onset: int, spread: float = 1.0
) -> Stories:
    """The stories of two clusters by their posts, (weeks,) each, the younger one's from `onset` on.

    `totals` are the posts of all. `spread` is by how much the variance of counts exceeds that of a
    Poisson distribution: evidence is divided by it (quasi-likelihood; Wedderburn 1974).
    """
    both = older + younger
    rate = max(float(both.sum()), 1.0) / float(totals.sum())
    new, all_new = younger[onset:], both[onset:]
    expected = rate * totals[onset:]
    anything = float((xlogy(new, expected / (1 + expected)) - np.log1p(expected)).sum())
    something = float(np.logaddexp(anything, _path(new, totals[onset:], rate)) - np.log(2))
    old = all_new - new
    together = _path(both, totals, rate) + _ways(new, old)
    return Stories(
        born=(_path(older, totals, rate) + something) / spread,
        split=(together + _part(new, old, PARTING)) / spread,
        turned=(together + _turn(new, old)) / spread,
    )


def ended_in(gone: Counts, other: Counts, totals: Counts, since: int, spread: float = 1.0) -> float:
    """How much better it is explained that what is `gone` went over into the `other` one in the
    week `since` than that it ended and the other goes on along its path: log of the odds.
    """
    both = gone + other
    rate = max(float(both.sum()), 1.0) / float(totals.sum())
    before = slice(0, since)
    own, rest = gone[before], other[before]
    one = _path(both, totals, rate) + _ways(own, rest) + _part(own, rest, 1.0)
    two = _path(other, totals, rate) + _path(own, totals[before], rate)
    return (one - two) / spread


def _path(counts: Counts, totals: Counts, rate: float) -> float:
    """The evidence for Poisson counts along any path; levels are about `rate` of the totals."""
    weeks = np.arange(len(counts))
    grows = np.exp(SLOPES[:, None] * (weeks - weeks.mean()))
    falls = np.maximum(1 - weeks / (FALLS[:, None] * len(counts)), LEFT)
    exposure = totals * np.vstack([grows, falls])
    posts = counts.sum()
    level = (
        gammaln(1 + posts) - np.log(rate) - (1 + posts) * np.log(1 / rate + exposure.sum(axis=1))
    )
    single = (xlogy(counts, exposure) - gammaln(counts + 1)).sum(axis=1)
    gentle = np.exp(-np.abs(SLOPES) / GENTLE)
    prior = np.append(
        gentle / gentle.sum() * (1 - FALLING), np.full(len(FALLS), FALLING / len(FALLS))
    )
    return float(logsumexp(level + single, b=prior))


def _ways(some: Counts, rest: Counts) -> float:
    """In how many ways some posts and the rest may follow each other: its logarithm."""
    return float((gammaln(some + rest + 1) - gammaln(some + 1) - gammaln(rest + 1)).sum())


def _part(some: Counts, rest: Counts, prior: float) -> float:
    """The evidence for one part that some posts always are, as large as Beta(prior, prior) says."""
    evidence = betaln(prior + float(some.sum()), prior + float(rest.sum()))
    return float(evidence - betaln(prior, prior))


def _turn(new: Counts, old: Counts) -> float:
    """The evidence for the parts of new and old posts where the odds of the new grow steadily."""
    weeks = np.arange(len(new))
    odds = HASTE[:, None, None] * (weeks - MIDDLES[:, None])
    likelihood = -(new * np.log1p(np.exp(-odds)) + old * np.log1p(np.exp(odds))).sum(axis=2)
    return float(logsumexp(likelihood) - np.log(likelihood.size))
