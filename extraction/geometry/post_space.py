"""Posts as points of one space in which pictures and texts can be compared.

Input: the table `vectors` of a week and of the earlier weeks that the window covers. Output: a
`PostSpace`, sorted by post id, so that the order of the input changes nothing. This module does not
know about clusters.

The pictures and the texts of a CLIP model lie in two cones with a gap between them (Liang et al.
2022, arXiv:2203.02053). So each side is first centred on its own mean; then the sides that a post
has are averaged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import Nearest, neighbours_of
from zeitgraph.extraction.geometry.threads import blocks, in_parts
from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows
from zeitgraph.kg.base.terms import VectorSide

Side = tuple[tuple[str, ...], Points]
"""Post ids, sorted, and for each a unit vector of one side, float32 (n, d)."""

FillSides = Callable[[Side, Side], Sequence[Side]]
"""Takes pictures and texts, returns both with the missing ones added."""

SIDES = (VectorSide.POST, VectorSide.PICTURE, VectorSide.TEXT)
"""The sides of a post, as the table `vectors` names them."""

PRIOR_ROWS = 20
"""A mean of n rows counts n / (n + PRIOR_ROWS): centring must not move a single post to zero."""


@dataclass(frozen=True)
class PostSpace:
    """Posts with vectors: `post_ids` sorted, and three float32 arrays of unit rows, shape (n, d).

    `raw` is the post's vector as in the table. `aligned` is corrected for the gap between pictures
    and texts. `smoothed` is the unit mean of the nearest aligned rows of a post; `nearest` (n, k)
    are their row numbers, usually with the post itself first.
    """

    post_ids: tuple[str, ...]
    raw: Points
    aligned: Points
    smoothed: Points
    nearest: Nearest

    def __len__(self) -> int:
        return len(self.post_ids)

    def subset(self, rows: NDArray[np.bool_]) -> "PostSpace":
        """The posts that the mask `rows` (n,) selects; `nearest` keeps the row numbers of all."""
        return PostSpace(
            tuple(np.array(self.post_ids, object)[rows]),
            self.raw[rows],
            self.aligned[rows],
            self.smoothed[rows],
            self.nearest[rows],
        )

    @property
    def width(self) -> int:
        """Dimensions d of a vector."""
        return int(self.raw.shape[1])


def space_of_table(vectors: pa.Table, neighbours: int) -> PostSpace:
    """The space of rows of the table `vectors`, of any number of weeks; empty for no rows.

    Raises `ValueError` if the vectors differ in length.
    """
    return space_of_sides({side: read_side(vectors, side) for side in SIDES}, neighbours)


def space_of_sides(
    sides: Mapping[VectorSide, Side],
    neighbours: int,
    fill: FillSides | None = None,
    sampled: NDArray[np.bool_] | None = None,
) -> PostSpace:
    """The space of posts given by their `SIDES`, each as `read_side` returns it.

    `fill` adds to the centred pictures and texts what posts lack of the two. Above the exact limit
    of `neighbours.py`, neighbours are chosen among rows of the mask `sampled` (n,); None: all.
    """
    post_ids, raw = sides[VectorSide.POST]
    if not post_ids:
        nothing = np.empty((0, 0), np.float32)
        return PostSpace((), nothing, nothing, nothing, np.empty((0, 0), np.int64))
    parts = [
        (ids, centred(rows) if ids else rows) for ids, rows in map(sides.__getitem__, SIDES[1:])
    ]
    aligned = _mean_of_sides(post_ids, fill(*parts) if fill else parts, raw.shape[1])
    nearest = neighbours_of(aligned, neighbours, sampled)
    return PostSpace(post_ids, raw, aligned, mean_shift(aligned, nearest), nearest)


def _mean_of_sides(post_ids: Sequence[str], sides: Sequence[Side], width: int) -> Points:
    """Each post as the unit mean of its sides, (n, width)."""
    parts = [side for side in sides if side[0]]
    if len(parts) == 1 and parts[0][0] == post_ids:
        return parts[0][1]
    row = {post_id: i for i, post_id in enumerate(post_ids)}
    total = np.zeros((len(post_ids), width))
    for ids, rows in parts:
        total[[row[post_id] for post_id in ids]] += rows
    return unit_rows(total)


def centred(rows: NDArray[np.floating]) -> Points:
    """Unit rows (n, d) less their mean, normalised again; the mean of few rows counts less."""
    total = rows.sum(axis=0, dtype=np.float64)
    return unit_rows(rows, minus=total / (len(rows) + PRIOR_ROWS))


def mean_shift(points: Points, nearest: Nearest) -> Points:
    """Each point as the unit mean of its nearest rows (n, k), itself among them: float32 (n, d).

    One step of mean shift over nearest neighbours (Fukunaga & Hostetler 1975, section III): groups
    become denser, points between them stay behind.
    """
    result = np.empty(points.shape, np.float32)

    def shift(part: slice) -> None:
        for block in blocks(part):
            total = np.zeros((block.stop - block.start, points.shape[1]))
            for rank in nearest[block].T:
                total += points[rank]
            result[block] = unit_rows(total)

    in_parts(shift, len(points))
    return result


def read_side(vectors: pa.Table, side: VectorSide) -> Side:
    """Post ids, sorted, and for each the unit mean of its vectors of `side`, float32 (n, d)."""
    own = vectors.filter(pc.equal(vectors["side"], side))
    if own.num_rows == 0:
        return (), np.empty((0, 0), np.float32)
    keys = own.select(["post_id", "item_id"])
    order = pc.sort_indices(keys, [("post_id", "ascending"), ("item_id", "ascending")]).to_numpy()
    chunks = [np.asarray(chunk.flatten()) for chunk in own["vector"].chunks]
    flat = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    rows = flat.reshape(own.num_rows, -1)
    if (order[1:] < order[:-1]).any():  # usually they are in order
        rows = rows[order]
    sorted_ids = keys["post_id"].to_numpy()[order]
    is_first = np.append(True, sorted_ids[1:] != sorted_ids[:-1])
    first = np.flatnonzero(is_first)
    if len(first) == len(order):
        return tuple(sorted_ids.tolist()), unit_rows(rows)
    return tuple(sorted_ids[first].tolist()), unit_rows(np.add.reduceat(rows, first, 0, np.float64))
