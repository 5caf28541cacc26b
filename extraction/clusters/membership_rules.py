"""The rules by which posts join clusters: nearest centre, nearest style, majority of neighbours.

Input: a space of posts, and centres or scores. Output: for each post the number of what it joins,
-1 for none. A rule never forces a post into a cluster. This module does not know about weeks, ids
or the order of the rules (see `assignment.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.post_space import PostSpace
from zeitgraph.extraction.geometry.unit_vectors import Points, cosines, paired_cosines, unit_rows

Choice = NDArray[np.intp]
"""For each post the number of what it joins, -1 for none, (n,)."""

MAD_TO_DEVIATION = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""

LEAST_NEIGHBOURS = 3
"""Neighbours in a cluster that are needed for a post to follow them."""


@dataclass(frozen=True)
class ClusterCentres:
    """Unit centres (k, d), and for each the least cosine of a post that may join it, (k,)."""

    cores: Points
    min_similarities: NDArray[np.float64]


def nearest_centre(space: PostSpace, centres: ClusterCentres, near: float) -> Choice:
    """For each post the centre nearest to its smoothed vector, or -1.

    The cosine of the smoothed vector must be at least `near`, and that of the post itself at least
    the centre's `min_similarity`. Smoothing helps posts that say little themselves; the second
    condition keeps out posts that merely lie between groups.
    """
    if len(centres.cores) == 0 or len(space) == 0:
        return np.full(len(space), -1)
    similarities = np.where(
        cosines(space.aligned, centres.cores) >= centres.min_similarities,
        cosines(space.smoothed, centres.cores),
        -np.inf,
    )
    best = similarities.argmax(axis=1)
    return np.where(similarities.max(axis=1) >= near, best, -1)


def majority_of_neighbours(
    space: PostSpace, labels: Choice, new: NDArray[np.bool_], agree: float, near: float
) -> Choice:
    """For each `new` unlabelled post the label of most of its neighbours, or -1.

    `labels` (n,) holds -1 for no label, `new` (n,) marks the posts of the week. The label must be
    that of at least `LEAST_NEIGHBOURS` neighbours and of the share `agree` of those that vote; the
    cosine of the post and their mean must be at least `near`. Neighbours that are new and
    unlabelled do not vote. Of labels with equal votes the least wins.

    When a style moves faster than its centre, its newest posts still have the newest earlier posts
    as neighbours.
    """
    chosen = np.full(len(space), -1)
    voters = np.flatnonzero(new & (labels < 0))
    if not len(voters):
        return chosen
    others = space.nearest[voters]
    is_other = others != voters[:, None]
    votes = np.where(is_other, labels[others], -1)
    counts = np.zeros(votes.shape, int)  # of each neighbour's label among all neighbours
    for rank in votes.T:
        counts += (votes == rank[:, None]) & (votes >= 0)
    most = counts.max(axis=1)
    best = np.where(counts == most[:, None], votes, labels.max()).min(axis=1)
    known = (is_other & ((votes >= 0) | ~new[others])).sum(axis=1)
    fit = np.flatnonzero(most >= np.maximum(agree * known, LEAST_NEIGHBOURS))
    means = np.zeros((len(fit), space.width))
    for rank, vote in zip(others[fit].T, votes[fit].T, strict=True):
        own = np.flatnonzero(vote == best[fit])
        means[own] += space.aligned[rank[own]]
    similarities = paired_cosines(space.aligned[voters[fit]], unit_rows(means))
    inside = fit[similarities >= near]
    chosen[voters[inside]] = best[inside]
    return chosen


def style_scores(
    space: PostSpace, prototypes: Points, text_match: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How near each post is to each style prototype (k, d): (n, k), 1 for a full match.

    The score is the cosine to the prototype over `text_match` (n,), the cosine that a post with its
    sides has to a matching text (see `style_prototypes.expected_text_match`); -inf where that is
    infinite. The lesser of the post's own cosine and that of its smoothed vector counts: a single
    post often uses a word in another sense, and neighbours alone would include posts without any
    word of the style.
    """
    if len(prototypes) == 0 or len(space) == 0:
        return np.empty((len(space), len(prototypes)))
    own, smoothed = (cosines(side, prototypes) for side in (space.aligned, space.smoothed))
    both = np.minimum(own, smoothed) / text_match[:, None]
    return np.where(np.isfinite(text_match)[:, None], both, -np.inf)


def nearest_style(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> Choice:
    """For each row of `scores` (n, k) the style with the highest score, or -1.

    The score must be at least the threshold of that style, (k,).
    """
    if not scores.size:
        return np.full(len(scores), -1)
    best = scores.argmax(axis=1)
    return np.where(scores[np.arange(len(scores)), best] >= thresholds[best], best, -1)


def min_similarity_of(similarities: NDArray[np.float64], fence: float, most: float) -> float:
    """The least cosine to the core of a cluster whose posts have these cosines to it, (n,).

    The median less `fence` robust deviations, at most `most`. The upper limit matters for a tight
    cluster: without it, the cluster would lose its posts when it drifts.
    """
    median = float(np.median(similarities))
    spread = MAD_TO_DEVIATION * float(np.median(np.abs(similarities - median)))
    return min(median - fence * spread, most)
