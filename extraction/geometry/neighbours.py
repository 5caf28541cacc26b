"""Who is near whom: exactly among few points, among a sample or by cells where they are many.

Comes in: unit rows. Goes out: for each the rows of its nearest. Knows nothing about posts.

Among n points the exact search costs n². Beyond `FEW` each looks among an even sample of `FEW`, cut
to their principal axes: a group of which the sample holds a few dozen lies around its posts as
before. Only who is almost the same as whom cannot be told by a sample; that is looked up by cells
(an inverted file: Jégou, Douze & Schmid 2011, section III). What was measured, and why cells alone
do not do, stands in docs/decisions.md.
"""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.threads import in_parts, one_thread

Points = NDArray[np.float32]
Nearest = NDArray[np.int64]
Rows = NDArray[np.intp]

FEW = 6_000
"""Up to so many points, everything is exact."""

AXES = 64
"""Principal axes of the space in which many points are searched."""

CELLS = 2.0
"""Cells for the square root of the number of points."""

PROBES = 4
"""Cells that a point looks into."""

PER_CELL = 40
"""Points of the sample for each cell, from which its middle is learned."""

LEAST = 1e-9
"""A norm below this is none."""

SEED = 20
"""Of the sample and of the cells."""


def neighbours_of(points: Points, count: int, even: NDArray[np.bool_] | None = None) -> Nearest:
    """(n, min(count, n)) rows of the nearest points by cosine, each point's own among them.

    Beyond `FEW` points: its own row first, then about the nearest rows of a sample of those that
    are `even`, (n,), most often all.
    """
    few = min(count, len(points))
    if len(points) <= FEW and (even is None or even.all()):
        return _nearest_among(points, points, few)
    small = projected(points, principal_axes(points, AXES))
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), LEAST)
    some = sample_of(len(points), FEW, even)
    found = some[_nearest_among(small[some], small, few)]
    own = np.arange(len(points))[:, None]
    others = np.argsort(found == own, axis=1, kind="stable")[:, : few - 1]
    return np.hstack([own, np.take_along_axis(found, others, axis=1)])


def closest_of(points: Points, count: int) -> Nearest:
    """(n, min(count, n)) rows of about the very nearest points, where many may be almost equal.

    A point's own row is among them. Of points that are equal each has some of its equals, in turn,
    so that all hang together.
    """
    few = min(count, len(points))
    first, group = distinct(points)
    small = projected(points[first], principal_axes(points, AXES))
    found, _ = Cells(small).nearest(small, few)
    return _with_equals(first[found], group, few)


def sample_of(count: int, size: int, even: NDArray[np.bool_] | None = None) -> Rows:
    """Rows of an even sample, in order: the same for the same numbers; all where `size` is more.

    Where rows are no even sample of what they stand for, only of those that are `even`, (count,).
    """
    if even is not None and not even.all():
        rows = np.flatnonzero(even)
        return rows[sample_of(len(rows), size)]
    if size >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).permutation(count)[:size])


def distinct(points: Points) -> tuple[Rows, Rows]:
    """The first row of each different point, and for each row the number of its point.

    Rows are told apart by a hash of their bits, 64 wide.
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
    """Each number stirred, so that sums of different ones do not meet (splitmix64's middle)."""
    bits = (bits ^ (bits >> np.uint64(15))) * np.uint64(0xBF58476D1CE4E5B9)
    return bits ^ (bits >> np.uint64(27))


def principal_axes(points: Points, count: int) -> NDArray[np.float64]:
    """The strongest axes of a sample of `FEW` points about the origin, (d, min(count, d))."""
    some = points[sample_of(len(points), FEW)].astype(np.float64)
    with one_thread():
        return strongest_axes(some.T @ some, count)


def strongest_axes(spread: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The eigenvectors of a symmetric matrix (d, d) with the greatest values, (d, min(count, d)).

    LAPACK's `syevr` for some of them takes half the time of all. Not finite: `ValueError`.
    """
    from scipy.linalg import eigh

    width = len(spread)
    some = (max(width - count, 0), width - 1)
    axes: NDArray[np.float64] = eigh(spread, subset_by_index=some, driver="evr")[1][:, ::-1]
    return axes


def projected(points: Points, axes: NDArray[np.float64]) -> Points:
    """Points by their coordinates along `axes` (d, k): float32 (n, k)."""
    narrow = axes.astype(np.float32)
    parts = in_parts(lambda part: points[part] @ narrow, len(points))
    return np.concatenate(parts) if parts else np.empty((0, axes.shape[1]), np.float32)


class Cells:
    """Points sorted into cells, in which those near others are looked up: float32 (n, d)."""

    def __init__(self, known: Points) -> None:
        import faiss

        count = max(1, min(round(CELLS * len(known) ** 0.5), len(known) // PER_CELL))
        self._known = len(known)
        with one_thread():
            width = known.shape[1]
            self._index = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, count)
            self._index.cp.seed = SEED
            self._index.cp.min_points_per_centroid = 1  # fewer are no reason to warn
            self._index.train(known[sample_of(len(known), PER_CELL * count)])
            self._index.add(known)
        self._index.nprobe = PROBES

    def nearest(self, asked: Points, count: int) -> tuple[Nearest, Points]:
        """For each row of `asked` about the nearest known rows, and their squared distances.

        Both are (m, min(count, n)). A row that finds fewer has its nearest again instead.
        """
        few = min(count, self._known)
        answers = in_parts(lambda part: self._index.search(asked[part], few), len(asked))
        apart, found = (np.concatenate(side) for side in zip(*answers, strict=True))
        missing = found < 0
        apart = np.where(missing, apart[:, :1], apart)
        return np.where(missing, found[:, :1], found).astype(np.int64), apart


def _nearest_among(known: Points, asked: Points, count: int) -> Nearest:
    """For each row of `asked` the `count` rows of `known` with the greatest product."""
    import faiss

    index = faiss.IndexFlatIP(known.shape[1])
    index.add(known)
    parts = in_parts(lambda part: np.asarray(index.search(asked[part], count)[1]), len(asked))
    return np.concatenate(parts) if parts else np.empty((0, count), np.int64)


def _with_equals(found: Nearest, group: Rows, count: int) -> Nearest:
    """Neighbours of rows from those of their points, `found`: a row's equals, then what is near.

    Its equals are itself and those after it, around. Where there is too little, its own row again.
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
