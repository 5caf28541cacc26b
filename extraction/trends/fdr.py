"""Which of many changes are more than chance: p values, and false discoveries held.

Knows nothing about clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from zeitgraph.extraction.trends.shares import Draw, Floats


@dataclass(frozen=True)
class Change:
    """How likely chance makes a count as high as that of the week, or as low as it."""

    up: float
    down: float

    @classmethod
    def of(cls, count: int, expected: Sequence[Draw]) -> "Change":
        """Of a week with `count` posts where one of `expected` was to come, as likely each."""
        return cls(
            fmean(draw.at_least(count) for draw in expected),
            fmean(draw.at_most(count) for draw in expected),
        )

    @property
    def p(self) -> float:
        """The two-sided p value: chance brings one as small with at most its own probability."""
        return min(1.0, 2 * min(self.up, self.down))

    @property
    def is_rise(self) -> bool:
        """Whether the week has rather too many than too few."""
        return self.up < self.down


def discovered(p_values: Sequence[float], false: float) -> list[bool]:
    """Which of the p values are discoveries, when of these a part of `false` may be none.

    Benjamini & Hochberg 1995. It holds for p values that are independent or rise together
    (Benjamini & Yekutieli 2001, theorem 1.2); that it holds for shares, which add up to 1, is
    simulated in the tests. The sides of two-sided tests are told with the same
    error (Benjamini & Yekutieli 2005).
    """
    p: Floats = np.asarray(p_values, dtype=np.float64)
    ranked = np.sort(p)
    allowed = false * np.arange(1, len(p) + 1) / max(len(p), 1)
    held = np.flatnonzero(ranked <= allowed)
    limit = ranked[held[-1]] if len(held) else -1.0
    return [bool(value <= limit) for value in p]
