"""Dense groups among the posts of a window, found without a given number of groups: HDBSCAN.

Input: smoothed vectors (`PostSpace.smoothed`). Output: a group number for each post, -1 for none.
This module does not know about ids, names, weeks or earlier clusters.

HDBSCAN finds little among raw sentence vectors, since in hundreds of dimensions all distances are
similar. It works on smoothed vectors along their principal components; docs/decisions.md gives the
measurements.
"""

import math
import warnings

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import (
    EXACT_LIMIT,
    CellIndex,
    projected,
    sample_rows,
    strongest_axes,
)
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.extraction.geometry.unit_vectors import Points

COMPONENTS = 12
"""Principal components along which groups are searched."""

CORE = 5
"""`min_samples` of HDBSCAN: the density at a point depends on its fifth nearest neighbour."""

GRAIN = 20
"""Rows of a sample that the smallest group must have in order to be found."""

ONE_GROUP = 0.9
"""If HDBSCAN finds no groups, points whose mean has at least this length are one group."""

ALL_BUT_EQUAL = 1e-6
"""Points at most this far apart (one less the cosine) count as equal."""

Groups = NDArray[np.intp]
"""A group number from 0 for each row, -1 for none, (n,)."""


def find_groups(
    smoothed: Points, smallest: int, sampled: NDArray[np.bool_] | None = None
) -> Groups:
    """The dense groups of unit rows (n, d), each with at least `smallest` rows: a number per row.

    HDBSCAN with excess of mass (Campello, Moulavi & Sander 2013). It never returns all points as
    one group; so if it finds none and the points are nearly equal, they are one group here.

    Of more than `EXACT_LIMIT` rows a sample is searched, so large that the smallest group has
    `GRAIN` rows in it; each other row joins the group of the nearest row of the sample. The sample
    is drawn from the mask `sampled` (n,), None for all; `smallest` counts rows of that mask.
    """
    if len(smoothed) < smallest:
        return np.full(len(smoothed), -1)
    groups = _search(smoothed, smallest, sampled) if len(smoothed) > smallest else None
    if groups is None or groups.max() < 0:
        tight = float(np.linalg.norm(smoothed.mean(axis=0, dtype=np.float64))) >= ONE_GROUP
        return np.full(len(smoothed), 0 if tight else -1)
    return groups


def _search(smoothed: Points, smallest: int, sampled: NDArray[np.bool_] | None) -> Groups:
    among = len(smoothed) if sampled is None else int(sampled.sum())
    size = max(EXACT_LIMIT, math.ceil(GRAIN * among / smallest))
    some = sample_rows(len(smoothed), size, sampled)
    if len(some) == len(smoothed):
        with one_thread():
            return hdbscan_groups(principal_components(smoothed), smallest)
    axes, middle = _principal_axes(smoothed[some])
    flat = projected(smoothed, axes) - (middle @ axes).astype(np.float32)
    with one_thread():
        found = hdbscan_groups(flat[some].astype(np.float64), round(smallest * len(some) / among))
    nearest = CellIndex(flat[some]).nearest(flat, 1)[0][:, 0]
    groups = np.where(nearest < 0, -1, found[nearest])
    groups[some] = found
    return groups


def find_tight_groups(points: Points, tight: float, smallest: int) -> Groups:
    """The tight groups of unit rows (n, d), each with at least `smallest` rows: a number per row.

    Average linkage (Sokal & Michener 1958): two groups join while their mean cosine is at least
    `tight`. It finds small groups that a density over all posts is too coarse to show. Time and
    memory grow with n².
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


def principal_components(points: Points) -> NDArray[np.float64]:
    """Rows (n, d), less their mean, along their `COMPONENTS` strongest axes: float64 (n, k)."""
    axes, middle = _principal_axes(points)
    return np.asarray((points.astype(np.float64) - middle) @ axes)


def _principal_axes(points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The strongest axes (d, k) of the covariance of the columns, and the mean (d,)."""
    middle = points.mean(axis=0, dtype=np.float64)
    centred = points.astype(np.float64) - middle
    with one_thread():
        return strongest_axes(centred.T @ centred, COMPONENTS), middle


def hdbscan_groups(points: NDArray[np.float64], smallest: int) -> Groups:
    """The groups of HDBSCAN among points (n, k), n > `smallest`; a group has `smallest` or more.

    Points may be equal. benchmarks/hdbscan_vs_sklearn.py compares the package with scikit-learn.
    """
    import hdbscan

    search = hdbscan.HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(CORE, smallest),
        cluster_selection_method="eom",
        core_dist_n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it divides by the distance of equal points
        return np.asarray(search.fit_predict(points), np.intp)
