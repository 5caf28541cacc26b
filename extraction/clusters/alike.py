"""Which posts lie so near each other that one copies the other.

Comes in: vectors of posts. Goes out: pairs of ids. Knows nothing about who was first.

Among few posts the neighbours that are known anyway are compared. Among many each post of the week
is held against each week by itself, which costs the week's posts and not the square of all: which
earlier posts copied which was told in their own weeks.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Cloud, Side
from zeitgraph.extraction.clusters.neighbours import (
    AXES,
    Cells,
    closest_of,
    distinct,
    principal_axes,
    projected,
)
from zeitgraph.extraction.clusters.threads import blocks, in_parts

Pairs = tuple[tuple[str, str], ...]
Rows = NDArray[np.int64]

CLOSEST = 8
"""Posts closest to each that are compared with it."""

ROUNDING = 1e-5
"""What single precision may add to a squared distance."""


def alike_in(cloud: Cloud, near: float) -> Pairs:
    """Pairs of neighbours in the cloud whose vectors have a cosine of at least `near`."""
    side = cloud.post_ids, cloud.raw
    return tuple(_alike(side, side, *_pairs_of(cloud.nearest), near))


class Likeness:
    """Looks for posts like those of one week, `now`, among them and among those of other weeks."""

    def __init__(self, now: Side, near: float) -> None:
        self._now, self._near = now, near

    def among_themselves(self) -> Iterator[tuple[str, str]]:
        """Pairs of posts of the week whose vectors have a cosine of at least `near`."""
        if self._now[0]:
            nearest = closest_of(self._now[1], CLOSEST)
            yield from _alike(self._now, self._now, *_pairs_of(nearest), self._near)

    def across(self, then: Side) -> Iterator[tuple[str, str]]:
        """Pairs of some post of another week and one of this week that are as near.

        Posts that are near in all directions are so along some, where they are looked for. Of posts
        of the week that are equal the first stands for all.
        """
        if self._now[0] and then[0]:
            first, axes, cells = self._cells
            nearest, apart = cells.nearest(projected(then[1], axes), CLOSEST)
            row, rank = np.nonzero(apart <= 2 - 2 * self._near + ROUNDING)
            yield from _alike(then, self._now, row, first[nearest[row, rank]], self._near)

    @cached_property
    def _cells(self) -> tuple[Rows, NDArray[np.float64], Cells]:
        first, _ = distinct(self._now[1])
        axes = principal_axes(self._now[1], AXES)
        return first, axes, Cells(projected(self._now[1][first], axes))


def _pairs_of(nearest: Rows) -> tuple[Rows, Rows]:
    return np.repeat(np.arange(len(nearest)), nearest.shape[1]), nearest.ravel()


def _alike(
    one: Side, other: Side, rows: Rows, places: Rows, near: float
) -> Iterator[tuple[str, str]]:
    """Of pairs of a row and a place those whose cosine, rounded as `cosines`, is `near`; by ids."""
    (ids, points), (other_ids, others) = one, other

    def some(part: slice) -> list[Rows]:
        found = []
        for block in blocks(part):
            mine, their = points[rows[block]], others[places[block]]
            cosine = np.einsum("ij,ij->i", mine.astype(np.float64), their.astype(np.float64))
            found.append(block.start + np.flatnonzero(np.round(cosine, 9) >= near))
        return found

    for part in in_parts(some, len(rows)):
        for pair in np.concatenate(part).tolist():
            mine, their = ids[rows[pair]], other_ids[places[pair]]
            if mine != their:
                yield mine, their
