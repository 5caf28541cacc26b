"""Posts as a cloud of unit vectors in which pictures and texts can be compared.

Comes in: the table `vectors` of this week and of the weeks before it that the window reaches.
Goes out: a `Cloud`, sorted by post id, so that no row order shows in it. Knows nothing of clusters.

Pictures and texts of a CLIP lie in two cones a gap apart (Liang et al. 2022, arXiv:2203.02053). So
each side is first moved by its own mean; what a post has of the two is then averaged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import neighbours_of
from zeitgraph.extraction.geometry.threads import PART, blocks, in_parts

Points = NDArray[np.float32]
Side = tuple[tuple[str, ...], Points]
Fill = Callable[[Side, Side], Sequence[Side]]

SIDES = ("post", "picture", "text")

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

    def part(self, rows: NDArray[np.bool_]) -> "Cloud":
        """The cloud of some of the posts; `nearest` still counts the rows of the whole."""
        return Cloud(
            tuple(np.array(self.post_ids, object)[rows]),
            self.raw[rows],
            self.points[rows],
            self.seen[rows],
            self.nearest[rows],
        )

    @property
    def width(self) -> int:
        """Dimensions of a vector."""
        return int(self.raw.shape[1])


def make_cloud(vectors: pa.Table, neighbours: int) -> Cloud:
    """The cloud of the table `vectors` (several weeks of it); empty where there are no vectors.

    Raises `ValueError` where vectors differ in length.
    """
    return cloud_of({side: sides_of(vectors, side) for side in SIDES}, neighbours)


def cloud_of(
    sides: Mapping[str, Side],
    neighbours: int,
    fill: Fill | None = None,
    even: NDArray[np.bool_] | None = None,
) -> Cloud:
    """The cloud of posts by their `SIDES`, each as `sides_of` gives it.

    `fill` adds to pictures and texts, each less its own mean, what posts lack of the two. Among
    many posts neighbours are of those that are `even`, (n,), most often all.
    """
    post_ids, raw = sides["post"]
    if not post_ids:
        nothing = np.empty((0, 0), np.float32)
        return Cloud((), nothing, nothing, nothing, np.empty((0, 0), np.int64))
    parts = [(ids, moved(rows) if ids else rows) for ids, rows in map(sides.__getitem__, SIDES[1:])]
    points = _together(post_ids, fill(*parts) if fill else parts, raw.shape[1])
    nearest = neighbours_of(points, neighbours, even)
    return Cloud(post_ids, raw, points, contracted(points, nearest), nearest)


def _together(post_ids: Sequence[str], sides: Sequence[Side], width: int) -> Points:
    """Each post as the unit mean of its sides, (n, width)."""
    parts = [side for side in sides if side[0]]
    if len(parts) == 1 and parts[0][0] == post_ids:
        return parts[0][1]
    row = {post_id: i for i, post_id in enumerate(post_ids)}
    total = np.zeros((len(post_ids), width))
    for ids, rows in parts:
        total[[row[post_id] for post_id in ids]] += rows
    return unit(total)


def unit(rows: NDArray[np.floating]) -> Points:
    """Rows divided by their norms, float32; a zero row stays zero."""
    return _unit_less(rows, np.zeros(rows.shape[1]))


def moved(rows: NDArray[np.floating]) -> Points:
    """Unit rows less their mean, unit again; the mean counts less where rows are few."""
    total = rows.sum(axis=0, dtype=np.float64)
    return _unit_less(rows, total / (len(rows) + PRIOR_ROWS))


def _unit_less(rows: NDArray[np.floating], middle: NDArray[np.float64]) -> Points:
    result = np.empty(rows.shape, np.float32)

    def one(part: slice) -> None:
        for block in blocks(part):
            wide = rows[block] - middle
            norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
            result[block] = wide / np.where(norms > 1e-9, norms, 1.0)[:, None]

    if len(rows) <= PART:  # most often a few: not worth the looking for threads
        one(slice(0, len(rows)))
    else:
        in_parts(one, len(rows))
    return result


def contracted(points: Points, nearest: NDArray[np.int64]) -> Points:
    """Each point as the unit mean of its nearest, (n, k) rows, itself one of them.

    One step of mean shift with nearest neighbours (Fukunaga & Hostetler 1975, section III): groups
    draw together, and what is between them stays behind.
    """
    result = np.empty(points.shape, np.float32)

    def one(part: slice) -> None:
        for block in blocks(part):
            total = np.zeros((block.stop - block.start, points.shape[1]))
            for rank in nearest[block].T:
                total += points[rank]
            result[block] = unit(total)

    in_parts(one, len(points))
    return result


def sides_of(vectors: pa.Table, side: str) -> tuple[tuple[str, ...], Points]:
    """Post ids, sorted, and for each the unit mean of its vectors of `side`, shape (n, d)."""
    own = vectors.filter(pc.equal(vectors["side"], side))
    if own.num_rows == 0:
        return (), np.empty((0, 0), np.float32)
    keys = own.select(["post_id", "item_id"])
    order = pc.sort_indices(keys, [("post_id", "ascending"), ("item_id", "ascending")]).to_numpy()
    chunks = [np.asarray(chunk.flatten()) for chunk in own["vector"].chunks]
    flat = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    rows = flat.reshape(own.num_rows, -1)
    if (order[1:] < order[:-1]).any():  # most often they are in order
        rows = rows[order]
    sorted_ids = keys["post_id"].to_numpy()[order]
    is_first = np.append(True, sorted_ids[1:] != sorted_ids[:-1])
    first = np.flatnonzero(is_first)
    if len(first) == len(order):
        return tuple(sorted_ids.tolist()), unit(rows)
    return tuple(sorted_ids[first].tolist()), unit(np.add.reduceat(rows, first, 0, np.float64))
