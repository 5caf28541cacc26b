"""Which posts lie so near each other that one copies the other.

Comes in: vectors of posts. Goes out: pairs of ids. Knows nothing about who was first.

Near is told in two ways: by a cosine, and beside how far others lie (the ratio test of Lowe 2004,
section 7.1). Among many posts of one style some are alike by chance, and the more the nearer; a
copy lies far nearer to its original than to these.

Among few posts the neighbours that are known anyway are compared. Among many each post of the week
is held against each week by itself, which costs the week's posts and not the square of all: which
earlier posts copied which was told in their own weeks.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import (
    AXES,
    Cells,
    closest_of,
    distinct,
    principal_axes,
    projected,
)
from zeitgraph.extraction.geometry.post_space import Cloud, Side
from zeitgraph.extraction.geometry.threads import blocks, in_parts

Pairs = tuple[tuple[str, str], ...]
Likely = tuple[str, str, float]
"""Two posts and their cosine."""

Rows = NDArray[np.int64]

CLOSEST = 8
"""Posts closest to each that are compared with it."""

ROUNDING = 1e-5
"""What single precision may add to a squared distance."""

CROWD = 0.5
"""Others are taken to lie no nearer than this part of what is usual: in a crowd of copies of one
post the others are copies too."""

DIMENSION = 10
"""So many numbers tell where a post of a style lies (8 to 10 for CLIP, benchmarks/search.py): of n
times as many posts the nearest lie n^(2 / DIMENSION) times nearer, squared."""


def alike_in(cloud: Cloud, near: float) -> list[Likely]:
    """Pairs of neighbours in the cloud whose vectors have a cosine of at least `near`."""
    side = cloud.post_ids, cloud.raw
    return list(_alike(side, side, *_pairs_of(cloud.nearest), near))


def far_nearer(
    likely: Iterable[Likely], cloud: Cloud, near: float, part: float, thinned: float
) -> Pairs:
    """Of likely pairs, the first a post of the cloud, those far nearer than what else is near it.

    That is, no more than `part` of the way (one less the cosine) to the last of its neighbours, of
    which there are `thinned` times fewer than posts; others are taken to lie beyond `near`.
    """
    usual = _apart(cloud)
    if len(usual):
        usual = np.maximum(usual, max(CROWD * float(np.median(usual)), 1 - near))
    limits = part * usual / thinned ** (2 / DIMENSION) + ROUNDING
    limit = dict(zip(cloud.post_ids, limits.tolist(), strict=True))
    return tuple((one, other) for one, other, cosine in likely if 1 - cosine <= limit[one])


def _apart(cloud: Cloud) -> NDArray[np.float64]:
    """One less the cosine of each post and the farthest of its neighbours, (n,)."""

    def some(part: slice) -> list[NDArray[np.float64]]:
        found = []
        for block in blocks(part):
            own, others = cloud.raw[block].astype(np.float64), cloud.nearest[block]
            near = [np.einsum("ij,ij->i", own, cloud.raw[rank]) for rank in others.T]
            found.append(1 - np.min(near, axis=0))
        return found

    parts = in_parts(some, len(cloud))
    return np.concatenate([np.empty(0), *(block for part in parts for block in part)])


class Likeness:
    """Looks for posts like those of one week, `now`, among them and among those of other weeks."""

    def __init__(self, now: Side, near: float) -> None:
        self._now, self._near = now, near

    def among_themselves(self) -> Iterator[Likely]:
        """Pairs of posts of the week whose vectors have a cosine of at least `near`."""
        if self._now[0]:
            nearest = closest_of(self._now[1], CLOSEST)
            yield from _alike(self._now, self._now, *_pairs_of(nearest), self._near)

    def across(self, then: Side) -> Iterator[Likely]:
        """Pairs of a post of this week and one of another week that are as near.

        Posts that are near in all directions are so along some, where they are looked for. Of posts
        of the week that are equal the first stands for all.
        """
        if self._now[0] and then[0]:
            first, axes, cells = self._cells
            nearest, apart = cells.nearest(projected(then[1], axes), CLOSEST)
            row, rank = np.nonzero(apart <= 2 - 2 * self._near + ROUNDING)
            yield from _alike(self._now, then, first[nearest[row, rank]], row, self._near)

    @cached_property
    def _cells(self) -> tuple[Rows, NDArray[np.float64], Cells]:
        first, _ = distinct(self._now[1])
        axes = principal_axes(self._now[1], AXES)
        return first, axes, Cells(projected(self._now[1][first], axes))


def _pairs_of(nearest: Rows) -> tuple[Rows, Rows]:
    return np.repeat(np.arange(len(nearest)), nearest.shape[1]), nearest.ravel()


def _alike(one: Side, other: Side, rows: Rows, places: Rows, near: float) -> Iterator[Likely]:
    """Of pairs of a row and a place those whose cosine, rounded as `cosines`, is `near`; by ids."""
    (ids, points), (other_ids, others) = one, other

    def some(part: slice) -> list[tuple[Rows, NDArray[np.float64]]]:
        found = []
        for block in blocks(part):
            mine, their = points[rows[block]], others[places[block]]
            cosine = np.einsum("ij,ij->i", mine.astype(np.float64), their.astype(np.float64))
            cosine = np.round(cosine, 9)
            pairs = np.flatnonzero(cosine >= near)
            found.append((block.start + pairs, cosine[pairs]))
        return found

    for part in in_parts(some, len(rows)):
        for pairs, cosines in part:
            for pair, cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
                mine, their = ids[rows[pair]], other_ids[places[pair]]
                if mine != their:
                    yield mine, their, cosine
