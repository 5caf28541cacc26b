"""Dense groups among the posts of a window, found with no number given: HDBSCAN.

Comes in: points as their neighbours show them (`Cloud.seen`). Goes out: a group number per point,
-1 for a point in none. Knows nothing about ids, names, weeks or earlier clusters.

HDBSCAN on raw sentence vectors finds little: distances in hundreds of dimensions are all alike. On
points drawn together with their neighbours and cut to their principal components it does; what was
measured stands in docs/decisions.md.
"""

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import (
    FEW,
    Cells,
    Points,
    projected,
    sample_of,
    strongest_axes,
)
from zeitgraph.extraction.geometry.threads import one_thread

COMPONENTS = 12
"""Principal components on which groups are searched."""

CORE = 5
"""`min_samples` of HDBSCAN: a point's density is judged by its 5th nearest neighbour."""

GRAIN = 20
"""Rows of a sample in which the smallest group still shows."""

ONE_GROUP = 0.9
"""Where no two groups part, points whose mean is at least this long are one group."""

ALL_BUT_EQUAL = 1e-6
"""Posts no further apart (one less the cosine) are taken for equal."""

Groups = NDArray[np.intp]


def find_groups(seen: Points, smallest: int, even: NDArray[np.bool_] | None = None) -> Groups:
    """A group number from 0 for each row of `seen`, -1 for none; a group has at least `smallest`.

    HDBSCAN with excess of mass (Campello, Moulavi & Sander 2013). It never takes all points for one
    group; so where it finds none and the points are all but equal, they are one here.

    Of more rows than `FEW` a sample is searched, large enough that the smallest group has `GRAIN`
    rows in it; the others belong where the row of the sample does that is nearest to them. It is
    one of the rows that are `even`, (n,), where all are not: then `smallest` is a part of these.
    """
    if len(seen) < smallest:
        return np.full(len(seen), -1)
    groups = _searched(seen, smallest, even) if len(seen) > smallest else None
    if groups is None or groups.max() < 0:
        tight = float(np.linalg.norm(seen.mean(axis=0, dtype=np.float64))) >= ONE_GROUP
        return np.full(len(seen), 0 if tight else -1)
    return groups


def _searched(seen: Points, smallest: int, even: NDArray[np.bool_] | None) -> Groups:
    among = len(seen) if even is None else int(even.sum())
    some = sample_of(len(seen), max(FEW, math.ceil(GRAIN * among / smallest)), even)
    if len(some) == len(seen):
        with one_thread():
            return _hdbscan(_principal(seen), smallest)
    axes, middle = _principal_axes(seen[some])
    flat = projected(seen, axes) - (middle @ axes).astype(np.float32)
    with one_thread():
        found = _hdbscan(flat[some].astype(np.float64), round(smallest * len(some) / among))
    nearest = Cells(flat[some]).nearest(flat, 1)[0][:, 0]
    groups = np.where(nearest < 0, -1, found[nearest])
    groups[some] = found
    return groups


def find_tight_groups(points: Points, tight: float, smallest: int) -> Groups:
    """A group number from 0 for each row of `points`, -1 for none; a group has at least `smallest`.

    Average linkage (Sokal & Michener 1958) down to a mean cosine of `tight` between two groups that
    join: small groups show so, where a density over all posts is too coarse. n² in time and memory.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(points) < max(smallest, 2):
        return np.full(len(points), -1)
    with one_thread():
        near = np.round(points.astype(np.float64) @ points.astype(np.float64).T, 9)
    apart = np.maximum(1 - near[np.triu_indices(len(points), 1)], 0.0)
    numbers = fcluster(linkage(apart, "average"), max(1 - tight, ALL_BUT_EQUAL), "distance") - 1
    sizes = np.bincount(numbers)
    kept = np.cumsum(sizes >= smallest) - 1
    return np.where(sizes[numbers] >= smallest, kept[numbers], -1)


def _principal(seen: Points) -> NDArray[np.float64]:
    """Rows along their `COMPONENTS` strongest principal components, from their mean."""
    axes, middle = _principal_axes(seen)
    return np.asarray((seen.astype(np.float64) - middle) @ axes)


def _principal_axes(seen: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The strongest components (d, k) by the covariance of the columns, and the mean (d,)."""
    middle = seen.mean(axis=0, dtype=np.float64)
    centred = seen.astype(np.float64) - middle
    with one_thread():
        return strongest_axes(centred.T @ centred, COMPONENTS), middle


def _hdbscan(points: NDArray[np.float64], smallest: int) -> Groups:
    import hdbscan

    search = hdbscan.HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(CORE, smallest),
        cluster_selection_method="eom",
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # divides by the distance of equal points: density infinite
        return np.asarray(search.fit_predict(points), np.intp)
