"""An index of vectors: a shortlist by 64 bytes a vector, then the exact cosines of its members.

Input: vectors in parts (arrays, usually mapped from files), and their codes. Output: for a query
the rows of its nearest vectors, numbered through all parts. Few vectors need no shortlist: all are
compared. This module does not know about posts or files.
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

SHORTLIST_FACTOR = 8
"""The length of a shortlist, in lengths of the answer; it is at least `MIN_SHORTLIST`."""

MIN_SHORTLIST = 80
PROBES = 12
"""Lists that are searched for a short answer."""
QUERY_BATCH = 64
"""Queries that are answered together."""
ROW_BATCH = 4096
"""Rows that are compared at a time with one query."""


@dataclass(frozen=True)
class Index:
    """Vectors in `parts`, each (n, d) float32 of unit rows; `shortlist` is over all parts, or None.

    The answer to a query does not depend on other queries or on the number of threads: its sums are
    computed in the same order as alone.
    """

    parts: Sequence[Points]
    shortlist: Shortlist | None = None

    def __len__(self) -> int:
        return int(self._starts[-1])

    def search(
        self, queries: Points, count: int, probes: int | None = None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """For unit queries (q, d) the rows of the nearest vectors, and their cosines in [-1, 1].

        Both are of shape (q, min(count, len(self))), nearest first; ties go to the lower row.
        Searches `probes` lists: by default `PROBES`, or as many as a long answer needs. Where these
        lists hold fewer vectors, the row is -1 and its cosine -inf.
        """
        count = min(count, len(self))
        queries = np.ascontiguousarray(queries, np.float32)
        if self.shortlist is None or len(queries) == 1:
            found = in_parts(
                lambda part: self._search_one(queries[part.start], count, probes), len(queries), 1
            )
        else:
            found = in_parts(
                lambda part: self._search_batch(queries[part], count, probes),
                len(queries),
                QUERY_BATCH,
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
        """The vector at a row, (d,)."""
        part = int(np.searchsorted(self._starts, row, "right")) - 1
        return np.array(self.parts[part][row - self._starts[part]])

    def _search_one(
        self, query: Points, count: int, probes: int | None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """The answer to one query: (1, ≤ count) each."""
        if self.shortlist is None:
            rows = np.arange(len(self))
        else:
            rows = self._shortlisted(query[None], count, probes)[0]
            rows = rows[rows >= 0]
        cosines = np.round(self._cosines(query, rows), 6)
        best = np.lexsort((rows, -cosines))[:count]
        return rows[None, best], cosines[None, best]

    def _search_batch(
        self, queries: Points, count: int, probes: int | None
    ) -> tuple[Rows, NDArray[np.float64]]:
        """The same answers for a batch of queries, (m, count), in less time for each."""
        rows = self._shortlisted(queries, count, probes)
        products = np.full(rows.shape, -np.inf)
        for part, points in enumerate(self.parts):
            inside = (rows >= self._starts[part]) & (rows < self._starts[part + 1])
            own = np.where(inside, rows - self._starts[part], -1)
            np.maximum(products, inner_products_of_rows(queries, points, own), out=products)
        cosines = np.round(products, 6)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :count]  # rows are sorted
        near: NDArray[np.float64] = np.take_along_axis(cosines, best, 1)
        found: Rows = np.take_along_axis(rows, best, 1)
        return np.where(np.isfinite(near), found, -1), near

    def _shortlisted(self, queries: Points, count: int, probes: int | None) -> Rows:
        """The shortlists of a few queries, (m, k)."""
        if self.shortlist is None:
            raise ValueError("the index has no shortlist")
        length = min(max(MIN_SHORTLIST, SHORTLIST_FACTOR * count), len(self))
        needed = -(-2 * length * self.shortlist.lists // len(self))
        return self.shortlist.rows(queries, length, probes or max(PROBES, needed))

    def _cosines(self, query: Points, rows: Rows) -> NDArray[np.float64]:
        """The cosines of a query (d,) and the vectors at sorted rows (k,); shape (k,)."""
        ends = np.searchsorted(rows, self._starts).tolist()
        gathered = np.empty((min(len(rows), ROW_BATCH), len(query)), np.float32)
        cosines = np.empty(len(rows))
        for begin in range(0, len(rows), ROW_BATCH):
            for part, points in enumerate(self.parts):
                first, end = max(ends[part], begin), min(ends[part + 1], begin + ROW_BATCH)
                if first < end:
                    own = rows[first:end] - self._starts[part]
                    points.take(own, 0, gathered[first - begin : end - begin], "clip")
            batch = cosines[begin : begin + ROW_BATCH]
            batch[:] = inner_products(query, gathered[: len(batch)])
        return cosines

    @cached_property
    def _starts(self) -> Rows:
        return np.cumsum([0, *map(len, self.parts)])
