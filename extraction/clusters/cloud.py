"""Posts as a cloud of unit vectors in which pictures and texts can be compared.

Comes in: the table `vectors` of this week and of the weeks before it that the window reaches.
Goes out: a `Cloud`, sorted by post id, so that no row order shows in it. Knows nothing of clusters.

Pictures and texts of a CLIP lie in two cones a gap apart (Liang et al. 2022, arXiv:2203.02053). So
each side is first moved by its own mean; what a post has of the two is then averaged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Points = NDArray[np.float32]

PRIOR_ROWS = 20
"""A mean of n rows is trusted n / (n + PRIOR_ROWS): one post alone is not moved to nowhere."""


@dataclass(frozen=True)
class Cloud:
    """Posts with vectors: `post_ids` sorted; three float32 arrays of unit rows, shape (n, d).

    `raw` is the post's vector as the table has it. `points` is corrected for the gap between the
    sides. `seen` is a post as its neighbours show it: the unit mean of its nearest points, whose
    rows are `nearest`, (n, k), most often itself first.
    """

    post_ids: tuple[str, ...]
    raw: Points
    points: Points
    seen: Points
    nearest: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.post_ids)

    @property
    def width(self) -> int:
        """Dimensions of a vector."""
        return int(self.raw.shape[1])


def make_cloud(vectors: pa.Table, neighbours: int) -> Cloud:
    """The cloud of the table `vectors` (several weeks of it); empty where there are no vectors.

    Raises `ValueError` where vectors differ in length.
    """
    sides = {side: sides_of(vectors, side) for side in ("post", "picture", "text")}
    post_ids, raw = sides.pop("post")
    if not post_ids:
        nothing = np.empty((0, 0), np.float32)
        return Cloud((), nothing, nothing, nothing, np.empty((0, 0), np.int64))
    row = {post_id: i for i, post_id in enumerate(post_ids)}
    total = np.zeros(raw.shape)
    for ids, rows in sides.values():
        if ids:
            total[[row[post_id] for post_id in ids]] += moved(rows)
    points = unit(total)
    with one_thread():
        nearest = neighbours_of(points, neighbours)
        seen = contracted(points, nearest)
    return Cloud(post_ids, raw, points, seen, nearest)


def unit(rows: NDArray[np.floating]) -> Points:
    """Rows divided by their norms, float32; a zero row stays zero."""
    wide = np.asarray(rows, np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return (wide / np.where(norms > 1e-9, norms, 1.0)[:, None]).astype(np.float32)


def moved(rows: NDArray[np.floating]) -> Points:
    """Unit rows less their mean, unit again; the mean counts less where rows are few."""
    wide = np.asarray(rows, np.float64)
    return unit(wide - wide.sum(axis=0) / (len(wide) + PRIOR_ROWS))


def neighbours_of(points: Points, count: int) -> NDArray[np.int64]:
    """(n, min(count, n)) rows of the nearest points by cosine, each point's own among them."""
    import faiss

    index = faiss.IndexFlatIP(points.shape[1])
    index.add(points)
    return np.asarray(index.search(points, min(count, len(points)))[1])


def contracted(points: Points, nearest: NDArray[np.int64]) -> Points:
    """Each point as the unit mean of its nearest, (n, k) rows, itself one of them.

    One step of mean shift with nearest neighbours (Fukunaga & Hostetler 1975, section III): groups
    draw together, and what is between them stays behind.
    """
    total = np.zeros(points.shape)
    for rank in nearest.T:
        total += points[rank]
    return unit(total)


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread: its sums then have one order, on one core as on sixty-four."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def sides_of(vectors: pa.Table, side: str) -> tuple[tuple[str, ...], Points]:
    """Post ids, sorted, and for each the unit mean of its vectors of `side`, shape (n, d)."""
    own = vectors.filter(pc.equal(vectors["side"], side)).sort_by(
        [("post_id", "ascending"), ("item_id", "ascending")]
    )
    if own.num_rows == 0:
        return (), np.empty((0, 0), np.float32)
    lists = own["vector"].combine_chunks()
    rows = np.asarray(lists.flatten()).reshape(own.num_rows, -1).astype(np.float64)
    ids, first = np.unique(np.asarray(own["post_id"].to_pylist(), object), return_index=True)
    return tuple(ids.tolist()), unit(np.add.reduceat(rows, first, axis=0))
