"""The score from which a post joins a named style: a threshold for each style, set by the posts.

Input: scores of the posts of a window for each style (`membership_rules.style_scores`). Output: a
threshold for each style. This module does not know about clusters.

The scores of a style are a mixture of two groups (Efron 2004, JASA 99): posts of other styles,
usually nearly all, and a separate peak above them, the posts of the style. The threshold is the
lower end of that peak. A test against chance is not used: posts of unnamed styles also score above
chance, because they have something in common with the style, and would join it.
"""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.membership_rules import MAD_TO_DEVIATION

Scores = NDArray[np.float64]

STEP = 0.01
"""Width of a bin of scores."""
BANDWIDTH = 0.04
"""Standard deviation of the normal kernel that turns scores into a density (Silverman 1986)."""
FOOT = 0.05
"""A peak ends where the density falls to this share of its maximum."""
APART = 3.0
"""A peak must end at least this many robust deviations above the median of the other posts; of
normal scores one in 740 lies higher."""


def style_thresholds(scores: Scores, fixed: NDArray[np.float64], few: int) -> NDArray[np.float64]:
    """A threshold for each style, (k,); `scores` is (n, k), -inf for a post without a score.

    A style without a peak of its own gets its `fixed` threshold, (k,). If n posts score at least
    the fixed threshold, the end of the peak has the weight n / (n + few), the fixed one the rest.
    """
    if not scores.size:
        return fixed
    known = scores[np.isfinite(scores).all(axis=1)]
    nearest = known.argmax(axis=1)
    found = fixed.copy()
    for style, threshold in enumerate(fixed):
        own = known[nearest == style, style]
        above = int((own >= threshold).sum())
        end = _end_of_peak(own, threshold, _above_others(known[:, style])) if above else None
        if end is not None:
            found[style] = (above * end + few * threshold) / (above + few)
    return np.round(found, 6)


def _above_others(scores: Scores) -> float:
    """The score below which posts of other styles lie: `APART` deviations above the median.

    The deviation is that of the lower half, since the posts of the style lie in the upper half.
    """
    median = float(np.median(scores))
    spread = MAD_TO_DEVIATION * float(np.median(median - scores[scores <= median]))
    return median + APART * spread


def _end_of_peak(scores: Scores, threshold: float, least: float) -> float | None:
    """The lower end, at least `least`, of the peak whose maximum is above `threshold`, or None."""
    edges = np.arange(-1.0, 1.0 + 2 * STEP, STEP) - STEP / 2
    counts, _ = np.histogram(scores, edges)
    offsets = np.arange(-round(4 * BANDWIDTH / STEP), round(4 * BANDWIDTH / STEP) + 1) * STEP
    kernel = np.exp(-np.square(offsets / BANDWIDTH) / 2)
    density = np.round(np.convolve(counts, kernel, "same"), 9)
    middles = edges[:-1] + STEP / 2
    top = int(np.where(middles >= threshold, density, -1.0).argmax())
    if middles[top] < threshold + 2 * STEP:  # the density only falls: the tail of another peak
        return None
    low = np.flatnonzero(density[:top] <= FOOT * density[top])
    if not len(low) or middles[low[-1]] < least:
        return None
    return float(middles[low[-1]])
