"""Pairs of posts so near each other that one copies the other.

Input: vectors of posts. Output: pairs of post ids. This module does not know which post came first
(see `copy_of.py`).

Two conditions decide: a cosine, and the distance compared with that of other neighbours (the ratio
test of Lowe 2004, section 7.1). Among many posts of one style some are similar by chance, and the
more posts, the nearer; a copy is far nearer to its original than to these.

Among few posts the known neighbours are compared. Among many, each post of the week is compared
with each earlier week separately. This costs the posts of the week, not the square of all posts;
copies among earlier posts were found in their own weeks.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.neighbours import (
    AXES,
    CellIndex,
    Nearest,
    Rows,
    closest_of,
    distinct_rows,
    principal_axes,
    projected,
)
from zeitgraph.extraction.geometry.post_space import PostSpace, Side
from zeitgraph.extraction.geometry.threads import blocks, in_parts
from zeitgraph.extraction.geometry.unit_vectors import paired_cosines

Pairs = tuple[tuple[str, str], ...]
"""Pairs of post ids."""

CandidatePair = tuple[str, str, float]
"""The ids of two posts, and their cosine."""

CLOSEST = 8
"""Nearest posts with which each post is compared."""

ROUNDING = 1e-5
"""What single precision may add to a squared distance."""

CROWD = 0.5
"""The distance of other posts counts as at least this part of the usual distance: among many copies
of one post the other neighbours are copies too."""

DIMENSION = 10
"""Intrinsic dimension of the posts of a style (8 to 10 for CLIP, benchmarks/search.py): among n
times as many posts the squared distance of the nearest is n^(2 / DIMENSION) times smaller."""


def neighbour_pairs(space: PostSpace, near: float) -> list[CandidatePair]:
    """The pairs of neighbours whose raw vectors have a cosine of at least `near`."""
    side = space.post_ids, space.raw
    return list(_near_pairs(side, side, *_rows_of_pairs(space.nearest), near))


def pass_ratio_test(
    candidates: Iterable[CandidatePair],
    space: PostSpace,
    *,
    near: float,
    part: float,
    posts_per_row: float,
) -> Pairs:
    """The candidates, each with its first post in the space, that are far nearer than other posts.

    The distance (one less the cosine) may be at most `part` of the distance to the farthest
    neighbour, which counts as at least 1 - `near`. Each row of the space represents
    `posts_per_row` posts, at least 1.
    """
    usual = _farthest_neighbour(space)
    if len(usual):
        usual = np.maximum(usual, max(CROWD * float(np.median(usual)), 1 - near))
    limits = part * usual / posts_per_row ** (2 / DIMENSION) + ROUNDING
    limit = dict(zip(space.post_ids, limits.tolist(), strict=True))
    return tuple((one, other) for one, other, cosine in candidates if 1 - cosine <= limit[one])


def _farthest_neighbour(space: PostSpace) -> NDArray[np.float64]:
    """One less the cosine of each post and the farthest of its neighbours, (n,)."""

    def some(part: slice) -> list[NDArray[np.float64]]:
        found = []
        for block in blocks(part):
            own, others = space.raw[block].astype(np.float64), space.nearest[block]
            near = [np.einsum("ij,ij->i", own, space.raw[rank]) for rank in others.T]
            found.append(1 - np.min(near, axis=0))
        return found

    parts = in_parts(some, len(space))
    return np.concatenate([np.empty(0), *(block for part in parts for block in part)])


class DuplicateSearch:
    """Searches posts near those of one week, `now`, among themselves and in other weeks."""

    def __init__(self, now: Side, near: float) -> None:
        self._now, self._near = now, near

    def within_week(self) -> Iterator[CandidatePair]:
        """Pairs of posts of the week whose vectors have a cosine of at least `near`."""
        if self._now[0]:
            nearest = closest_of(self._now[1], CLOSEST)
            yield from _near_pairs(self._now, self._now, *_rows_of_pairs(nearest), self._near)

    def in_other_week(self, then: Side) -> Iterator[CandidatePair]:
        """Pairs of a post of this week and one of another week that are as near.

        They are searched along the principal axes of this week: posts that are near each other are
        also near along some axes. Of equal posts of this week, the first represents all.
        """
        if self._now[0] and then[0]:
            first, axes, cells = self._cells
            nearest, apart = cells.nearest(projected(then[1], axes), CLOSEST)
            row, rank = np.nonzero(apart <= 2 - 2 * self._near + ROUNDING)
            yield from _near_pairs(self._now, then, first[nearest[row, rank]], row, self._near)

    @cached_property
    def _cells(self) -> tuple[Rows, NDArray[np.float64], CellIndex]:
        first, _ = distinct_rows(self._now[1])
        axes = principal_axes(self._now[1], AXES)
        return first, axes, CellIndex(projected(self._now[1][first], axes))


def _rows_of_pairs(nearest: Nearest) -> tuple[Rows, Rows]:
    return np.repeat(np.arange(len(nearest)), nearest.shape[1]), nearest.ravel()


def _near_pairs(
    one: Side, other: Side, rows: Rows, other_rows: Rows, near: float
) -> Iterator[CandidatePair]:
    """The ids of pairs of rows with a cosine of at least `near`; no post with itself."""
    (ids, points), (other_ids, others) = one, other

    def some(part: slice) -> list[tuple[Rows, NDArray[np.float64]]]:
        found = []
        for block in blocks(part):
            similarities = paired_cosines(points[rows[block]], others[other_rows[block]])
            pairs = np.flatnonzero(similarities >= near)
            found.append((block.start + pairs, similarities[pairs]))
        return found

    for part in in_parts(some, len(rows)):
        for pairs, similarities in part:
            for pair, similarity in zip(pairs.tolist(), similarities.tolist(), strict=True):
                own_id, other_id = ids[rows[pair]], other_ids[other_rows[pair]]
                if own_id != other_id:
                    yield own_id, other_id, similarity
