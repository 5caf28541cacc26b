"""The evidence for new clusters: labels, counts and vectors in, numbers out.

All functions are pure. They say how homogeneous a group is and whether two parts live side by side;
`new_clusters.py` decides what follows. This module does not know about weeks, ids or events.
"""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.transition_models import (
    Counts,
    compare_models,
    onset_week,
)
from zeitgraph.extraction.geometry.unit_vectors import Points

LEAST_SHARE = 0.2
"""A part with a smaller share of its cluster's posts is a variant of it, and does not leave."""


def mean_cosine(points: Points) -> float:
    """The mean cosine of two different rows of unit `points` (n, d), n at least 2."""
    count = len(points)
    length = float(np.square(points.sum(axis=0, dtype=float)).sum())
    return (length - count) / (count * (count - 1))


def most_common_label(
    labels: NDArray[np.object_], weights: NDArray[np.float64]
) -> tuple[str, float]:
    """The label with the largest total weight, and its share of all weight; rows (n,), n > 0.

    Of labels with equal weight the least.
    """
    names, of = np.unique(labels.astype(str), return_inverse=True)
    counts = np.bincount(of, weights)
    most = int(counts.argmax())
    return str(names[most]), float(counts[most] / weights.sum())


def split_odds(one: Counts, other: Counts, totals: Counts, spread: float) -> float:
    """Log odds that two parts with these posts by week, (weeks,), split; against a turn.

    The part that began later is taken for the younger. `totals` and `spread` are those of
    `transition_models.compare_models`.
    """
    onset = max(onset_week(one), onset_week(other))
    older, younger = (one, other) if onset_week(one) <= onset_week(other) else (other, one)
    return compare_models(older, younger, totals, onset, spread).split_or_turned


def is_large_part(posts: float, whole: float, least: float) -> bool:
    """Whether a part has at least `least` posts and `LEAST_SHARE` of the posts of the whole."""
    return posts >= max(least, LEAST_SHARE * whole)
