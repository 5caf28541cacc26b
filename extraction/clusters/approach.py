"""Whether a cluster leans to another before something happens to the two.

Comes in: how near the posts of one lie to the core of another, and their weeks. Goes out: what that
says for a turn or for a merge, as a logarithm of the odds. Knows nothing about counts or ids.

A style that is about to turn shows something of its new look before, and two that come together
something of each other. Where one ends and another begins by chance nothing leans.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WEEKS, POSTS = 2, 5
"""A cluster leans where its posts of so many weeks before something happens lie nearer to another
than those before them. As many posts, then and before, can tell it."""
TURNING, COMING = 3.0, 3.8
"""Welch's t of that is about so much where a style turns, and, of both together, where two come
together; 0 where nothing does; in planted worlds give or take `SPREAD`."""
SPREAD, MOST = 1.3, 3.0
"""Chance brings more than a normal distribution of that width says, so none says more than this."""


def leans(near: NDArray[np.float64], weeks: NDArray[np.intp], at: int) -> float | None:
    """Welch's t for posts of the weeks until `at` lying nearer than those before; (n,) each.

    `near` are cosines to where they may lean. None where few posts could tell.
    """
    last = near[(weeks >= at - WEEKS) & (weeks <= at)]
    before = near[weeks < at - WEEKS]
    if min(len(last), len(before)) < POSTS:
        return None
    error = np.sqrt(last.var(ddof=1) / len(last) + before.var(ddof=1) / len(before))
    return float((last.mean() - before.mean()) / max(float(error), 1e-9))


def turning(lean: float | None) -> float:
    """What it says for a turn how the older cluster leant to the younger: log of the odds."""
    return 0.0 if lean is None else _leant(lean, TURNING)


def coming(both: Sequence[float | None]) -> float:
    """What it says for a merge how each of the two leant to the other: log of the odds.

    They may as well have become one at a stroke, so that little is said against it.
    """
    known = [lean for lean in both if lean is not None]
    if not known:
        return 0.0
    together = _leant(sum(known) / len(known) ** 0.5, COMING)
    return float(np.logaddexp(together, 0.0) - np.log(2))


def _leant(t: float, mean: float) -> float:
    """How much better a mean of `mean` explains it than one of 0, both of width `SPREAD`: log."""
    return float(np.clip(mean * (t - mean / 2) / SPREAD**2, -MOST, MOST))
