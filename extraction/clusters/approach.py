"""Whether the posts of a cluster approach another cluster before a turn or a merge.

Input: cosines of the posts of one cluster to the core of another, and the weeks of the posts.
Output: logarithms of the odds for a turn or a merge. This module does not know about counts or ids.

A style that is about to turn already shows some of its new look, and two styles that are about to
merge show some of each other. If one style ends and another begins by chance, neither approaches.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WEEKS, POSTS = 2, 5
"""A cluster approaches another if its posts of the last `WEEKS` + 1 weeks are nearer to it than its
earlier posts. Both groups need at least `POSTS` posts."""
TURN_MEAN, MERGE_MEAN = 3.0, 3.8
"""Mean of Welch's t before a turn, and of the combined t of both clusters before a merge; otherwise
it is 0. Measured in planted worlds."""
DEVIATION, MOST_ODDS = 1.3, 3.0
"""Standard deviation of t. Chance has heavier tails than a normal distribution, so the odds are
limited to `MOST_ODDS` (logarithm)."""


def approach_t(near: NDArray[np.float64], weeks: NDArray[np.intp], at: int) -> float | None:
    """Welch's t: posts of the last weeks until `at` against earlier posts; positive means nearer.

    `near` (n,) are cosines of posts to the core that they may approach, `weeks` (n,) the numbers of
    their weeks. None if either group has fewer than `POSTS` posts.
    """
    last = near[(weeks >= at - WEEKS) & (weeks <= at)]
    before = near[weeks < at - WEEKS]
    if min(len(last), len(before)) < POSTS:
        return None
    error = np.sqrt(last.var(ddof=1) / len(last) + before.var(ddof=1) / len(before))
    return float((last.mean() - before.mean()) / max(float(error), 1e-9))


def turn_support(t: float | None) -> float:
    """Log odds for a turn, from how the older cluster approached the younger; 0 if unknown."""
    return 0.0 if t is None else _log_odds(t, TURN_MEAN)


def merge_support(both: Sequence[float | None]) -> float:
    """Log odds for a merge, from how each of the two clusters approached the other; 0 if unknown.

    Two styles may also merge at once, without any approach, so that the odds never fall below ½.
    """
    known = [t for t in both if t is not None]
    if not known:
        return 0.0
    together = _log_odds(sum(known) / len(known) ** 0.5, MERGE_MEAN)
    return float(np.logaddexp(together, 0.0) - np.log(2))


def _log_odds(t: float, mean: float) -> float:
    """Log odds of a normal distribution around `mean` against one around 0, limited."""
    return float(np.clip(mean * (t - mean / 2) / DEVIATION**2, -MOST_ODDS, MOST_ODDS))
