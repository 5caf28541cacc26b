"""Posts and questions as points in which pictures and texts can be compared.

Comes in: the table `vectors`, a week at a time. Goes out: a unit point for each post, and for a
vector asked with. Knows nothing of indexes or files.

Pictures and texts of a CLIP lie a gap apart, so each side is moved by its own mean first, as in
`geometry/post_space.py`. Here the means are of some weeks and then stay, so that a new week moves
no earlier post.
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

SIDES = ("picture", "text")


@dataclass(frozen=True)
class Middles:
    """The means of the sides, each float32 (d,); zero for a side that no post has."""

    by_side: Mapping[str, Points]

    @property
    def width(self) -> int:
        """Dimensions of a vector."""
        return len(self.by_side[SIDES[0]])

    def moved(self, rows: Points, side: str) -> Points:
        """Unit rows of one side, moved by its mean, unit again."""
        return unit_rows(rows.astype(np.float64) - self.by_side[side])

    def points(self, vectors: pa.Table) -> tuple[tuple[str, ...], Points]:
        """The posts of a table of vectors, sorted, and a unit point for each, (n, d).

        Vectors of another width are of another model: a post that has only such has no point.
        """
        of_width = vectors.filter(pc.equal(pc.list_value_length(vectors["vector"]), self.width))
        sides = {side: read_side(of_width, side) for side in SIDES}
        post_ids = sorted({post_id for ids, _ in sides.values() for post_id in ids})
        place = {post_id: row for row, post_id in enumerate(post_ids)}
        total = np.zeros((len(post_ids), self.width))
        for side, (ids, rows) in sides.items():
            if ids:
                total[[place[post_id] for post_id in ids]] += self.moved(rows, side)
        return tuple(post_ids), unit_rows(total)


def middles_of(tables: Iterable[pa.Table]) -> Middles:
    """The means of the sides over tables of vectors, read one at a time.

    The width is the one most vectors of the first have. A mean counts less where rows are few.
    Raises `ValueError` where the first table is missing or holds no vectors.
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
        raise ValueError("no vectors to take means of")
    means = {side: sums[side] / (counts[side] + PRIOR_ROWS) for side in SIDES}
    return Middles({side: mean.astype(np.float32) for side, mean in means.items()})
