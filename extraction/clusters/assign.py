"""Which cluster a post joins: the nearest of those that reach as far as the post.

Comes in: a cloud of posts and clusters' centres, or styles' phrasings. Goes out: an index per post,
-1 for none. Nobody is forced in. Knows nothing about weeks or ids.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.cosine import cosines
from zeitgraph.extraction.geometry.post_space import Cloud, Points, unit

Choice = NDArray[np.intp]

NORMAL_SPREAD = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""

FEWEST = 3
"""Neighbours that carry a post into their cluster."""


@dataclass(frozen=True)
class Phrasings:
    """What styles are by their words: unit centres, shape (k, d), and for each how near the nearest
    phrasing of any other style comes to it, shape (k,).
    """

    centres: Points
    siblings: NDArray[np.float64]


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


def join_neighbours(
    cloud: Cloud, labels: Choice, new: NDArray[np.bool_], agree: float, near: float
) -> Choice:
    """For each `new` post in none, the label of most of its neighbours, or -1; of those that tie
    the least. `labels`, (n,), has -1 for none, and so has who is not asked.

    At least `agree` of its neighbours must have that label, `FEWEST` of them, and the post must lie
    at least `near` the mean of those that do. Neighbours that are `new`, (n,), and in none have no
    voice, as nobody knows yet where they belong. Where a style moves faster than its centre, its
    newest posts are still the neighbours of the newest before them.
    """
    chosen = np.full(len(cloud), -1)
    asked = np.flatnonzero(new & (labels < 0))
    if not len(asked):
        return chosen
    others = cloud.nearest[asked]
    is_other = others != asked[:, None]
    voices = np.where(is_other, labels[others], -1)
    counts = np.zeros(voices.shape, int)  # of each neighbour's label among all
    for rank in voices.T:
        counts += (voices == rank[:, None]) & (voices >= 0)
    most = counts.max(axis=1)
    best = np.where(counts == most[:, None], voices, labels.max()).min(axis=1)
    known = (is_other & ((voices >= 0) | ~new[others])).sum(axis=1)
    fit = np.flatnonzero(most >= np.maximum(agree * known, FEWEST))
    middles = np.zeros((len(fit), cloud.width))
    for rank, voice in zip(others[fit].T, voices[fit].T, strict=True):
        own = np.flatnonzero(voice == best[fit])
        middles[own] += cloud.points[rank[own]]
    mine = cloud.points[asked[fit]].astype(np.float64)
    cosine = np.einsum("ij,ij->i", mine, unit(middles).astype(np.float64))
    inside = fit[np.round(cosine, 9) >= near]
    chosen[asked[inside]] = best[inside]
    return chosen


def style_scores(
    cloud: Cloud, phrasings: Phrasings, like_text: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How near each post comes to each style, (n, k): 1 for as near as a post of its sides may.

    The cosine to the phrasings over `like_text` (n,), how near a post of its sides comes to a text
    that matches it (`pair_likeness`); -inf where that is infinite. A post must come near itself,
    and as its neighbours show it: one voice alone is often a pun, and neighbours alone carry in
    what has no words of the style.
    """
    if len(phrasings.centres) == 0 or len(cloud) == 0:
        return np.empty((len(cloud), len(phrasings.centres)))
    own, seen = (cosines(side, phrasings.centres) for side in (cloud.points, cloud.seen))
    both = np.minimum(own, seen) / like_text[:, None]
    return np.where(np.isfinite(like_text)[:, None], both, -np.inf)


def join_styles(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> Choice:
    """For each row of `scores` (n, k) the style whose phrasings it is nearest to, or -1.

    A post joins at that style's threshold, (k,).
    """
    if not scores.size:
        return np.full(len(scores), -1)
    best = scores.argmax(axis=1)
    return np.where(scores[np.arange(len(scores)), best] >= thresholds[best], best, -1)


def reach_of(similarities: NDArray[np.float64], fence: float, most: float) -> float:
    """Where a cluster of these cosines to its core ends, at most `most`.

    The median less `fence` robust deviations. The limit keeps the ends of a tight cluster from
    closing in on it: its posts would be lost when it drifts.
    """
    median = float(np.median(similarities))
    spread = NORMAL_SPREAD * float(np.median(np.abs(similarities - median)))
    return min(median - fence * spread, most)
