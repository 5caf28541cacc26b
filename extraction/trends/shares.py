"""Shares of a week as random counts: confidence intervals, and predictions of the next week.

The posts of a cluster are drawn from all posts of a week with a probability that varies from week
to week. `rho` measures that variation: it is the correlation ρ of two posts of the same week in a
beta-binomial distribution, so that a share p of n posts has the variance
p (1 − p) (1 + (n − 1) ρ) / n. With ρ = 0 a week is a plain binomial sample. This module does not
know about clusters, tables or states.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAILS = (0.025, 0.975)
"""The quantiles at the ends of an interval of 95 %."""


@dataclass(frozen=True)
class Interval:
    """The 95 % interval of a share; both ends in [0, 1]."""

    low: float
    high: float


def design_effect(totals: Floats, rho: float) -> Floats:
    """How many posts of weeks with `totals` posts carry the information of one independent post."""
    return 1 + (np.maximum(totals, 1) - 1) * rho


def interval(count: float, total: float, rho: float = 0.0) -> Interval:
    """The equal-tailed Jeffreys interval of the share that a week with `count` of `total` has.

    Beta(x + 1/2, n − x + 1/2) (Brown, Cai & DasGupta 2001, section 4) of counts divided by the
    design effect (Rao & Scott 1992, section 2). A positive `rho` never narrows the interval: where
    the half post of Jeffreys outweighs the rest of a small count, the binomial interval bounds it.
    The end at 0 is exact for `count` = 0, and the end at 1 for `count` = `total`.
    """
    from scipy.special import betaincinv

    effect = np.array([1.0, 1 + (total - 1) * rho])[:, None]
    ends = betaincinv(count / effect + 0.5, (total - count) / effect + 0.5, TAILS)
    low, high = ends[:, 0].min(), ends[:, 1].max()
    return Interval(0.0 if count == 0 else float(low), 1.0 if count == total else float(high))


@dataclass(frozen=True)
class SharePosterior:
    """What past weeks say about a share: the distribution Beta(`alpha`, `beta`)."""

    alpha: float
    beta: float

    @classmethod
    def of(
        cls, counts: Floats, totals: Floats, rho: float, weights: Floats | None = None
    ) -> "SharePosterior":
        """From counts and totals, each of shape (weeks,); `weights` in [0, 1] discount weeks."""
        effect = design_effect(totals, rho)
        weighed = 1 / effect if weights is None else weights / effect
        return cls(
            0.5 + float(np.sum(weighed * counts)),
            0.5 + float(np.sum(weighed * np.maximum(totals - counts, 0))),
        )

    def predict(self, total: int, rho: float) -> "BetaBinomial":
        """The count in a week of `total` posts; it is as uncertain as the share itself, or more."""
        size = self.alpha + self.beta
        correlation = min(rho + (1 - rho) / (size + 1), 0.999)
        precision = 1 / correlation - 1
        return BetaBinomial(total, precision * self.alpha / size, precision * self.beta / size)


@dataclass(frozen=True)
class BetaBinomial:
    """The beta-binomial distribution of how many of `total` posts belong to a cluster."""

    total: int
    alpha: float
    beta: float

    @cached_property
    def probabilities(self) -> Floats:
        """P(count) for the counts 0 .. `total`, shape (total + 1,); they sum to 1."""
        count = np.arange(self.total, dtype=np.float64)
        up = np.log((self.total - count) * (self.alpha + count))
        down = np.log((count + 1) * (self.total - count - 1 + self.beta))
        logs = np.concatenate([[0.0], np.cumsum(up - down)])
        probabilities = np.exp(logs - logs.max())
        return np.asarray(probabilities / probabilities.sum())

    def at_least(self, count: int) -> float:
        """P(`count` or more)."""
        return min(1.0, float(self.probabilities[count:].sum()))

    def at_most(self, count: int) -> float:
        """P(`count` or fewer)."""
        return min(1.0, float(self.probabilities[: count + 1].sum()))
