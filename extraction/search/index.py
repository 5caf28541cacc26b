"""An index of points: a shortlist by 64 bytes a point, then the exact cosines of those on it.

Comes in: points in shelves (arrays, most often mapped from files), and their codes. Goes out: for a
query the rows of its nearest points, numbered through all shelves. Few points need no shortlist:
then all are compared. Knows nothing of posts or files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.threads import in_parts
from zeitgraph.extraction.geometry.unit_vectors import Points
from zeitgraph.extraction.search.product_quantizer import (
    Rows,
    Shortlist,
    inner_products,
    inner_products_of_rows,
)

SHORTLIST = 8
"""A shortlist is so many times as long as the answer, and never shorter than `SHORTEST`."""

SHORTEST = 80
LISTS_SEEN = 12
QUESTIONS = 64
"""Questions that are answered together."""
PART = 4096
"""Rows compared at a time where all are."""


@dataclass(frozen=True)
class Index:
    """Points in `shelves`, each (n, d) float32 of unit rows; `shortlist` of all, if there is one.

    An answer is the same whatever else is asked at the same time and however many threads there
    are: each query is worked out with the same sums as alone.
    """

    shelves: Sequence[Points]
    shortlist: Shortlist | None = None

    def __len__(self) -> int:
        return int(self._starts[-1])

    def search(
        self, queries: Points, count: int, lists_seen: int | None = None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """For unit queries (q, d) the rows of the nearest points and their cosines.

        Both are of shape (q, min(count, len(self))), nearest first; of points equally near the
        lower row. Looks into `LISTS_SEEN` lists, or as many as a long answer needs; a row is -1
        and its cosine -inf where the lists seen hold fewer points.
        """
        count = min(count, len(self))
        queries = np.ascontiguousarray(queries, np.float32)
        if self.shortlist is None or len(queries) == 1:
            found = in_parts(
                lambda part: self._search(queries[part.start], count, lists_seen), len(queries), 1
            )
        else:
            found = in_parts(
                lambda part: self._search_few(queries[part], count, lists_seen),
                len(queries),
                QUESTIONS,
            )
        rows = np.full((len(queries), count), -1, np.int64)
        cosines = np.full((len(queries), count), -np.inf)
        begin = 0
        for own, near in found:
            part = slice(begin, begin + len(own))
            rows[part, : own.shape[1]], cosines[part, : own.shape[1]] = own, near
            begin = part.stop
        return rows, cosines

    def point(self, row: int) -> Points:
        """The point of a row, (d,)."""
        shelf = int(np.searchsorted(self._starts, row, "right")) - 1
        return np.array(self.shelves[shelf][row - self._starts[shelf]])

    def _search(
        self, query: Points, count: int, lists_seen: int | None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """The answer to one question: (1, ≤ count) each."""
        if self.shortlist is None:
            rows = np.arange(len(self))
        else:
            rows = self._listed(query[None], count, lists_seen)[0]
            rows = rows[rows >= 0]
        cosines = np.round(self._cosines(query, rows), 6)
        best = np.lexsort((rows, -cosines))[:count]
        return rows[None, best], cosines[None, best]

    def _search_few(
        self, queries: Points, count: int, lists_seen: int | None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """The same answers to a few questions at once, (m, count), in less time for each."""
        rows = self._listed(queries, count, lists_seen)
        products = np.full(rows.shape, -np.inf)
        for shelf, points in enumerate(self.shelves):
            inside = (rows >= self._starts[shelf]) & (rows < self._starts[shelf + 1])
            own = np.where(inside, rows - self._starts[shelf], -1)
            np.maximum(products, inner_products_of_rows(queries, points, own), out=products)
        cosines = np.round(products, 6)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :count]  # rows are sorted
        near: NDArray[np.float64] = np.take_along_axis(cosines, best, 1)
        found: Rows = np.take_along_axis(rows, best, 1)
        return np.where(np.isfinite(near), found, -1), near

    def _listed(self, queries: Points, count: int, lists_seen: int | None) -> Rows:
        """The shortlists of a few queries, (m, k)."""
        if self.shortlist is None:
            raise ValueError("no shortlist")
        length = min(max(SHORTEST, SHORTLIST * count), len(self))
        needed = -(-2 * length * self.shortlist.lists // len(self))
        return self.shortlist.rows(queries, length, lists_seen or max(LISTS_SEEN, needed))

    def _cosines(self, query: Points, rows: Rows) -> NDArray[np.float64]:
        """Cosines of the query (d,) and the points of sorted rows."""
        ends = np.searchsorted(rows, self._starts).tolist()
        together = np.empty((min(len(rows), PART), len(query)), np.float32)
        cosines = np.empty(len(rows))
        for begin in range(0, len(rows), PART):
            for shelf, points in enumerate(self.shelves):
                one, end = max(ends[shelf], begin), min(ends[shelf + 1], begin + PART)
                if one < end:
                    own = rows[one:end] - self._starts[shelf]
                    points.take(own, 0, together[one - begin : end - begin], "clip")
            part = cosines[begin : begin + PART]
            part[:] = inner_products(query, together[: len(part)])
        return cosines

    @cached_property
    def _starts(self) -> Rows:
        return np.cumsum([0, *map(len, self.shelves)])
