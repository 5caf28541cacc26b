"""Which of many changes are significant: p-values, and control of the false discovery rate.

This module does not know about clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from zeitgraph.extraction.trends.shares import BetaBinomial


@dataclass(frozen=True)
class Change:
    """The one-sided p-values of a week's count: `p_rise` of so many or more, `p_fall` or fewer."""

    p_rise: float
    p_fall: float

    @classmethod
    def of(cls, count: int, expected: Sequence[BetaBinomial]) -> "Change":
        """Of a week with `count` posts; each of the `expected` distributions is equally likely."""
        return cls(
            fmean(distribution.at_least(count) for distribution in expected),
            fmean(distribution.at_most(count) for distribution in expected),
        )

    @property
    def p(self) -> float:
        """The two-sided p-value in [0, 1]: twice the smaller of the one-sided ones."""
        return min(1.0, 2 * min(self.p_rise, self.p_fall))

    @property
    def is_rise(self) -> bool:
        """Whether the count is above what was expected rather than below."""
        return self.p_rise < self.p_fall


def significant(p_values: Sequence[float], max_rate: float) -> list[bool]:
    """Which of the p-values are discoveries, with a false discovery rate of at most `max_rate`.

    Benjamini & Hochberg 1995. The rate holds for p-values that are independent or rise together
    (Benjamini & Yekutieli 2001, theorem 1.2); that it also holds for shares, which add up to 1, is
    simulated in the tests. The direction of a two-sided test has the same error rate (Benjamini &
    Yekutieli 2005).
    """
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control(np.asarray(p_values, np.float64), method="bh")
    return [bool(value <= max_rate) for value in adjusted]
