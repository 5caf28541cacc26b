"""Which cluster a post joins: the nearest of those that reach as far as the post.

Comes in: a cloud of posts and clusters' centres, or styles' phrasings. Goes out: an index per post,
-1 for none. Nobody is forced in. Knows nothing about weeks or ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.cloud import Cloud, Points

Choice = NDArray[np.intp]

NORMAL_SPREAD = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""

STAND_OUT = 4.0
"""Standard deviations by which a post must stand out among all posts to join a style by words."""


@dataclass(frozen=True)
class Centres:
    """Unit centres, shape (k, d), and for each the least cosine of a post to it, shape (k,)."""

    cores: Points
    reaches: NDArray[np.float64]


def join_centres(cloud: Cloud, centres: Centres, near: float) -> Choice:
    """For each post the centre nearest to it as its neighbours show it, or -1.

    The post must be seen at least `near` its centre, and itself lie within the centre's reach: the
    neighbours carry a post whose own words are few, the reach keeps out what only strayed between.
    """
    if len(centres.cores) == 0 or len(cloud) == 0:
        return np.full(len(cloud), -1)
    seen = np.where(
        cosines(cloud.points, centres.cores) >= centres.reaches,
        cosines(cloud.seen, centres.cores),
        -np.inf,
    )
    best = seen.argmax(axis=1)
    return np.where(seen.max(axis=1) >= near, best, -1)


def join_styles(
    cloud: Cloud, phrasings: Points, like_text: NDArray[np.float64], near: float
) -> Choice:
    """For each post the style whose phrasings it is nearest to, shape (k, d) unit rows, or -1.

    Two thresholds must hold, both from the data. Among its neighbours the post reaches
    `near · like_text`, where `like_text` (n,) says how near a post of its sides comes to a text
    that matches it (`pair_likeness`). And the post itself stands out from all posts of the window
    by `STAND_OUT` deviations, for each style its own.
    """
    if len(phrasings) == 0 or len(cloud) == 0:
        return np.full(len(cloud), -1)
    seen = cosines(cloud.seen, phrasings)
    best = seen.argmax(axis=1)
    rows = np.arange(len(cloud))
    own = cosines(cloud.points, phrasings)
    stands_out = own[rows, best] >= _crowd_edge(own)[best]
    return np.where((seen[rows, best] >= near * like_text) & stands_out, best, -1)


def reach_of(similarities: NDArray[np.float64], fence: float, most: float) -> float:
    """Where a cluster of these cosines to its core ends, at most `most`.

    The median less `fence` robust deviations. The limit keeps the ends of a tight cluster from
    closing in on it: its posts would be lost when it drifts.
    """
    median = float(np.median(similarities))
    spread = NORMAL_SPREAD * float(np.median(np.abs(similarities - median)))
    return min(median - fence * spread, most)


def cosines(points: Points, centres: Points | Sequence[Points]) -> NDArray[np.float64]:
    """(n, k) cosines of unit rows, rounded so that no two machines' last bits decide."""
    product = points.astype(np.float64) @ np.asarray(centres, np.float64).T
    return np.round(product, 9)


def _crowd_edge(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each column, the score at which a post stands out from those that are not of the style.

    Read off the lower quarter, because the style itself may be most of the posts: for a normal
    crowd the quartile lies 0.674 deviations below its middle, and 0.970 above the 5th percentile.
    """
    low, quartile = np.quantile(scores, [0.05, 0.25], axis=0)
    deviation = (quartile - low) / 0.970
    edge: NDArray[np.float64] = quartile + (0.674 + STAND_OUT) * deviation
    return edge
