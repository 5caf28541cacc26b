"""The nearest neighbours of points: exact for few points, by a sample or by cells for many.

Input: unit rows. Output: for each row the numbers of its nearest rows. This module does not know
about posts.

An exact search among n points costs n² products. Above `EXACT_LIMIT` points, each point is compared
with a uniform sample of `EXACT_LIMIT` points along their principal axes: a group of which the
sample holds a few dozen points still surrounds its members. A sample cannot show which points are
almost equal; those are found by cells (an inverted file: Jégou, Douze & Schmid 2011, section III).
docs/decisions.md gives the measurements, and why cells alone are not enough.
"""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.threads import in_parts, one_thread
from zeitgraph.extraction.geometry.unit_vectors import LEAST_NORM, Points

Nearest = NDArray[np.int64]
"""Row numbers of neighbours, the nearest first, (n, k)."""

Rows = NDArray[np.intp]
"""Row numbers, (m,)."""

EXACT_LIMIT = 6_000
"""Up to this number of points the search is exact."""

AXES = 64
"""Principal axes of the space in which many points are searched."""

CELLS = 2.0
"""Number of cells, in square roots of the number of points."""

PROBES = 4
"""Cells in which a point looks for neighbours."""

PER_CELL = 40
"""Sampled points per cell, from which the centre of the cell is learned."""

SEED = 20
"""Seed of the sample and of the cells."""


def neighbours_of(points: Points, count: int, sampled: NDArray[np.bool_] | None = None) -> Nearest:
    """The `count` nearest rows of each point by cosine, itself among them: (n, min(count, n)).

    Above `EXACT_LIMIT` points: its own row first, then approximately the nearest rows of a sample
    of the rows that the mask `sampled` (n,) selects; None selects all.
    """
    few = min(count, len(points))
    if len(points) <= EXACT_LIMIT and (sampled is None or sampled.all()):
        return _nearest_among(points, points, few)
    small = projected(points, principal_axes(points, AXES))
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), LEAST_NORM)
    some = sample_rows(len(points), EXACT_LIMIT, sampled)
    found = some[_nearest_among(small[some], small, few)]
    own = np.arange(len(points))[:, None]
    others = np.argsort(found == own, axis=1, kind="stable")[:, : few - 1]
    return np.hstack([own, np.take_along_axis(found, others, axis=1)])


def closest_of(points: Points, count: int) -> Nearest:
    """The `count` nearest rows of each point, where many may be almost equal: (n, min(count, n)).

    Approximate. A point's own row is among them. Each of several equal points gets the next ones of
    its equals, so that all equal points form one connected group.
    """
    few = min(count, len(points))
    first, group = distinct_rows(points)
    small = projected(points[first], principal_axes(points, AXES))
    found, _ = CellIndex(small).nearest(small, few)
    return _equals_first(first[found], group, few)


def sample_rows(count: int, size: int, sampled: NDArray[np.bool_] | None = None) -> Rows:
    """A uniform sample of `size` of `count` rows, ascending; all rows if `size` is not smaller.

    The same arguments give the same rows. If the mask `sampled` (count,) is given, only rows that
    it selects are drawn.
    """
    if sampled is not None and not sampled.all():
        rows = np.flatnonzero(sampled)
        return rows[sample_rows(len(rows), size)]
    if size >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).permutation(count)[:size])


def distinct_rows(points: Points) -> tuple[Rows, Rows]:
    """The first row of each different point (m,), and for each row the number of its point (n,).

    Rows are compared by a 64-bit hash of their bits.
    """
    bits = np.random.default_rng(SEED).integers(2**63, size=points.shape[1], dtype=np.uint64)
    odd = bits * np.uint64(2) + np.uint64(1)
    whole = np.ascontiguousarray(points).view(np.uint32)
    hashes = np.concatenate(
        in_parts(lambda part: _mixed(whole[part].astype(np.uint64)) @ odd, len(points))
    )
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    return first, group


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers mixed, so that sums of different rows do not collide (part of splitmix64)."""
    bits = (bits ^ (bits >> np.uint64(15))) * np.uint64(0xBF58476D1CE4E5B9)
    return bits ^ (bits >> np.uint64(27))


def principal_axes(points: Points, count: int) -> NDArray[np.float64]:
    """The strongest axes of a sample of points about the origin: float64 (d, min(count, d))."""
    some = points[sample_rows(len(points), EXACT_LIMIT)].astype(np.float64)
    with one_thread():
        return strongest_axes(some.T @ some, count)


def strongest_axes(spread: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The eigenvectors of a symmetric matrix (d, d) with the largest values: (d, min(count, d)).

    LAPACK's `syevr` finds some of them in half the time that all of them take. Raises `ValueError`
    if the matrix is not finite.
    """
    from scipy.linalg import eigh

    width = len(spread)
    some = (max(width - count, 0), width - 1)
    axes: NDArray[np.float64] = eigh(spread, subset_by_index=some, driver="evr")[1][:, ::-1]
    return axes


def projected(points: Points, axes: NDArray[np.float64]) -> Points:
    """The coordinates of points along `axes` (d, k): float32 (n, k)."""
    narrow = axes.astype(np.float32)
    parts = in_parts(lambda part: points[part] @ narrow, len(points))
    return np.concatenate(parts) if parts else np.empty((0, axes.shape[1]), np.float32)


class CellIndex:
    """An inverted file over points, float32 (n, d): a query searches the cells nearest to it."""

    def __init__(self, known: Points) -> None:
        import faiss

        count = max(1, min(round(CELLS * len(known) ** 0.5), len(known) // PER_CELL))
        self._known = len(known)
        with one_thread():
            width = known.shape[1]
            self._index = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, count)
            self._index.cp.seed = SEED
            self._index.cp.min_points_per_centroid = 1  # fewer are no reason for a warning
            self._index.train(known[sample_rows(len(known), PER_CELL * count)])
            self._index.add(known)
        self._index.nprobe = PROBES

    def nearest(self, queries: Points, count: int) -> tuple[Nearest, Points]:
        """The nearest known rows of each query (m, d), and their squared distances.

        Both are (m, min(count, n)). Approximate. If a query finds fewer rows, its nearest row is
        repeated.
        """
        few = min(count, self._known)
        answers = in_parts(lambda part: self._index.search(queries[part], few), len(queries))
        apart, found = (np.concatenate(side) for side in zip(*answers, strict=True))
        missing = found < 0
        apart = np.where(missing, apart[:, :1], apart)
        return np.where(missing, found[:, :1], found).astype(np.int64), apart


def _nearest_among(known: Points, queries: Points, count: int) -> Nearest:
    """For each query (m, d) the `count` rows of `known` with the largest product: (m, count)."""
    import faiss

    index = faiss.IndexFlatIP(known.shape[1])
    index.add(known)
    parts = in_parts(lambda part: np.asarray(index.search(queries[part], count)[1]), len(queries))
    return np.concatenate(parts) if parts else np.empty((0, count), np.int64)


def _equals_first(found: Nearest, group: Rows, count: int) -> Nearest:
    """Neighbours of rows (n, count), from the neighbours `found` of the distinct points.

    A row's equals come first: itself, those after it, and from the beginning again. Then come rows
    near it. If there are too few, its own row is repeated.
    """
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    begin = np.cumsum(size) - size
    place = np.empty(len(group), np.intp)
    place[order] = np.arange(len(group)) - begin[group[order]]
    rank = np.arange(count)
    equals, start = size[group][:, None], begin[group][:, None]
    own = order[start + (place[:, None] + rank) % equals]
    other = rank - equals + 1
    near = found[group[:, None], np.clip(other, 0, found.shape[1] - 1)]
    near = np.where(other < found.shape[1], near, np.arange(len(group))[:, None])
    return np.where(rank < equals, own, near)
