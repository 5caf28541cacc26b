"""Posts and queries as unit vectors in one space, in which pictures and texts can be compared.

Input: the table `vectors`, one week at a time. Output: a unit vector for each post, and for the
vector of a query. This module does not know about indexes or files.

A CLIP model puts pictures and texts into separate regions, so the mean of each side is subtracted
first, as in `extraction/geometry/post_space.py`. Here the means are of some weeks and then stay
fixed, so that a new week moves no earlier post.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.post_space import PRIOR_ROWS, read_side
from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows
from zeitgraph.kg.base.terms import VectorSide

SIDES = (VectorSide.PICTURE, VectorSide.TEXT)


@dataclass(frozen=True)
class SideMeans:
    """The mean vector of each side, float32 of shape (d,); zero for a side that no post has."""

    by_side: Mapping[str, Points]

    @property
    def width(self) -> int:
        """The number d of dimensions of a vector."""
        return len(self.by_side[SIDES[0]])

    def centred(self, rows: Points, side: str) -> Points:
        """Rows (n, d) of one side less its mean, scaled to unit length."""
        return unit_rows(rows.astype(np.float64) - self.by_side[side])

    def points(self, vectors: pa.Table) -> tuple[tuple[str, ...], Points]:
        """The ids of the posts of a table of vectors, sorted, and a unit vector for each, (n, d).

        Vectors of another width come from another model: a post with only such vectors is left out.
        """
        of_width = vectors.filter(pc.equal(pc.list_value_length(vectors["vector"]), self.width))
        sides = {side: read_side(of_width, side) for side in SIDES}
        post_ids = sorted({post_id for ids, _ in sides.values() for post_id in ids})
        index = {post_id: row for row, post_id in enumerate(post_ids)}
        total = np.zeros((len(post_ids), self.width))
        for side, (ids, rows) in sides.items():
            if ids:
                total[[index[post_id] for post_id in ids]] += self.centred(rows, side)
        return tuple(post_ids), unit_rows(total)


def side_means(tables: Iterable[pa.Table]) -> SideMeans:
    """The means of the sides over tables of vectors, which are read one at a time.

    The width is that of most vectors of the first table. Means of few rows are shrunk towards zero.
    Raises `ValueError` if there is no table, or if the first one holds no vectors.
    """
    width, sums, counts = 0, dict[str, NDArray[np.float64]](), Counter[str]()
    for table in tables:
        lengths = pc.list_value_length(table["vector"])
        if not width:
            width = max(Counter(lengths.to_pylist()).items(), key=lambda item: item[::-1])[0]
            sums = {side: np.zeros(width) for side in SIDES}
        for side in SIDES:
            rows = read_side(table.filter(pc.equal(lengths, width)), side)[1]
            if len(rows):
                sums[side] += rows.sum(axis=0, dtype=np.float64)
                counts[side] += len(rows)
    if not width:
        raise ValueError("there are no vectors to average")
    means = {side: sums[side] / (counts[side] + PRIOR_ROWS) for side in SIDES}
    return SideMeans({side: mean.astype(np.float32) for side, mean in means.items()})
