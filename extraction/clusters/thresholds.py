"""From which score on a post joins a style by its words: a threshold of each style, from the posts.

Comes in: how near the posts of a window come to each style, 1 for as near as a post may come to a
text that says what it shows. Goes out: a threshold for each style. Knows nothing about clusters.

Two groups make up the scores of a style (Efron 2004, JASA 99): the posts that are not of it, most
often nearly all, and a hill of its own above them. The threshold is where the hill ends. What
chance alone brings is not asked: posts of styles that nobody named lie above it too, as they have
something in common with the style, and would come in.
"""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import NORMAL_SPREAD

Scores = NDArray[np.float64]

STEP = 0.01
BANDWIDTH = 0.04
"""Standard deviation of the normal kernel by which scores become a density (Silverman 1986)."""
FOOT = 0.05
"""A hill ends where the density falls to this part of its top."""
APART = 3.0
"""It must end so many robust spreads above the middle of what is not of the style, or it is none:
of normal scores one in 740 lies there."""


def style_thresholds(scores: Scores, fixed: NDArray[np.float64], few: int) -> NDArray[np.float64]:
    """A threshold for each style, (k,); `scores` is (n, k), -inf where one means nothing.

    Where a style has no hill of its own that is its `fixed` one, (k,). With n posts at or above
    that, the end of the hill counts n / (n + few), and the fixed threshold the rest.
    """
    if not scores.size:
        return fixed
    known = scores[np.isfinite(scores).all(axis=1)]
    nearest = known.argmax(axis=1)
    found = fixed.copy()
    for style, near in enumerate(fixed):
        own = known[nearest == style, style]
        above = int((own >= near).sum())
        end = _end_of_hill(own, near, _above_others(known[:, style])) if above else None
        if end is not None:
            found[style] = (above * end + few * near) / (above + few)
    return np.round(found, 6)


def _above_others(scores: Scores) -> float:
    """Where posts that are not of the style end: `APART` spreads above the middle of all.

    The lower half tells the spread, mirrored, since a style's own posts only add to the upper one.
    """
    middle = float(np.median(scores))
    spread = NORMAL_SPREAD * float(np.median(middle - scores[scores <= middle]))
    return middle + APART * spread


def _end_of_hill(scores: Scores, near: float, least: float) -> float | None:
    """Where the hill whose top lies above `near` ends, at or above `least`; None without one."""
    edges = np.arange(-1.0, 1.0 + 2 * STEP, STEP) - STEP / 2
    counts, _ = np.histogram(scores, edges)
    offsets = np.arange(-round(4 * BANDWIDTH / STEP), round(4 * BANDWIDTH / STEP) + 1) * STEP
    kernel = np.exp(-np.square(offsets / BANDWIDTH) / 2)
    density = np.round(np.convolve(counts, kernel, "same"), 9)
    middles = edges[:-1] + STEP / 2
    top = int(np.where(middles >= near, density, -1.0).argmax())
    if middles[top] < near + 2 * STEP:  # it only falls from there: the foot of another hill
        return None
    low = np.flatnonzero(density[:top] <= FOOT * density[top])
    if not len(low) or middles[low[-1]] < least:
        return None
    return float(middles[low[-1]])
