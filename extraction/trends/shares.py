"""Shares of a week as counts that chance drew: intervals, and what is to be expected next.

The posts of a cluster are drawn from those of its week with a probability that itself wanders from
week to week. `spread` says how far: of two posts of a week it is the correlation, ρ of the
beta-binomial, so that a share p of n posts has the variance p (1 − p) (1 + (n − 1) ρ) / n. Where it
is 0 a week is a plain draw. Knows nothing about clusters, tables and states.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAILS = (0.025, 0.975)
"""The ends of an interval of 95 %."""


@dataclass(frozen=True)
class Interval:
    """The 95 % interval of a share; both ends in [0, 1]."""

    low: float
    high: float


def design_effect(totals: Floats, spread: float) -> Floats:
    """How many posts of weeks of so many posts tell as much as one that is drawn on its own."""
    return 1 + (np.maximum(totals, 1) - 1) * spread


def interval(count: float, total: float, spread: float = 0.0) -> Interval:
    """The equal-tailed interval of Jeffreys, of the share from which the week is one draw.

    Beta(x + 1/2, n − x + 1/2) (Brown, Cai & DasGupta 2001, section 4) of counts divided by the
    design effect (Rao & Scott 1992, section 2). Wandering never narrows: where the half post of
    Jeffreys outweighs what is left of a small count, the interval of a plain draw bounds it. The
    end at 0 (at 1) is exact where there is nothing below (above) it.
    """
    from scipy.special import betaincinv

    worth = np.array([1.0, 1 + (total - 1) * spread])[:, None]
    ends = betaincinv(count / worth + 0.5, (total - count) / worth + 0.5, TAILS)
    low, high = ends[:, 0].min(), ends[:, 1].max()
    return Interval(0.0 if count == 0 else float(low), 1.0 if count == total else float(high))


@dataclass(frozen=True)
class Level:
    """What weeks of the past tell of a share: Beta(`for_it`, `against`)."""

    for_it: float
    against: float

    @classmethod
    def of(
        cls, counts: Floats, totals: Floats, spread: float, weights: Floats | None = None
    ) -> "Level":
        """From counts and totals of weeks; `weights` in [0, 1] say how much each still counts."""
        worth = design_effect(totals, spread)
        weighed = 1 / worth if weights is None else weights / worth
        return cls(
            0.5 + float(np.sum(weighed * counts)),
            0.5 + float(np.sum(weighed * np.maximum(totals - counts, 0))),
        )

    def draw(self, total: int, spread: float) -> "Draw":
        """What a week of `total` posts may bring: sure of the level as far as the past is."""
        known = self.for_it + self.against
        wide = min(spread + (1 - spread) / (known + 1), 0.999)
        precision = 1 / wide - 1
        return Draw(total, precision * self.for_it / known, precision * self.against / known)


@dataclass(frozen=True)
class Draw:
    """The beta-binomial distribution of how many of `total` posts are the cluster's."""

    total: int
    alpha: float
    beta: float

    @cached_property
    def chances(self) -> Floats:
        """P(count) for the counts 0 .. `total`, float64; they add up to 1."""
        count = np.arange(self.total, dtype=np.float64)
        up = np.log((self.total - count) * (self.alpha + count))
        down = np.log((count + 1) * (self.total - count - 1 + self.beta))
        logs = np.concatenate([[0.0], np.cumsum(up - down)])
        chances = np.exp(logs - logs.max())
        return np.asarray(chances / chances.sum())

    def at_least(self, count: int) -> float:
        """P(so many or more)."""
        return min(1.0, float(self.chances[count:].sum()))

    def at_most(self, count: int) -> float:
        """P(so many or fewer)."""
        return min(1.0, float(self.chances[: count + 1].sum()))
