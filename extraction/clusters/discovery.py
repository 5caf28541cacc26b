"""Dense groups among the posts of a window, found with no number given: HDBSCAN.

Comes in: points as their neighbours show them (`Cloud.seen`). Goes out: a group number per point,
-1 for a point in none. Knows nothing about ids, names, weeks or earlier clusters.

HDBSCAN on raw sentence vectors finds little: distances in hundreds of dimensions are all alike. On
points drawn together with their neighbours and cut to their principal components it does; what was
measured stands in docs/decisions.md.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Points, one_thread

COMPONENTS = 12
"""Principal components on which groups are searched."""

CORE = 5
"""`min_samples` of HDBSCAN: a point's density is judged by its 5th nearest neighbour."""

ONE_GROUP = 0.9
"""Where no two groups part, points whose mean is at least this long are one group."""

ALL_BUT_EQUAL = 1e-6
"""Posts no further apart (one less the cosine) are taken for equal."""

Groups = NDArray[np.intp]


def find_groups(seen: Points, smallest: int) -> Groups:
    """A group number from 0 for each row of `seen`, -1 for none; a group has at least `smallest`.

    HDBSCAN with excess of mass (Campello, Moulavi & Sander 2013). It never takes all points for one
    group; so where it finds none and the points are all but equal, they are one here.
    """
    if len(seen) < smallest:
        return np.full(len(seen), -1)
    with one_thread():
        groups = _hdbscan(_principal(seen), smallest) if len(seen) > smallest else None
    if groups is None or groups.max() < 0:
        tight = float(np.linalg.norm(seen.mean(axis=0, dtype=np.float64))) >= ONE_GROUP
        return np.full(len(seen), 0 if tight else -1)
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
    """The `COMPONENTS` strongest principal components, by the covariance of the columns."""
    centred = seen.astype(np.float64) - seen.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    strongest: NDArray[np.float64] = axes[:, ::-1][:, :COMPONENTS]
    return np.asarray(centred @ strongest)


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
