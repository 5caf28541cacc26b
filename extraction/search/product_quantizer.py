"""A point in 64 bytes: inverted lists of points that lie together, and a product quantiser.

Comes in: unit points. Goes out: a `Codebook` learned from them, which writes any point as the
number of a list and 64 bytes; many codes give a query its shortlist. Jégou, Douze & Schmid 2011
(PAMI 33, sections III and IV), by faiss. Knows nothing of posts or files.

Points are first turned onto their main axes, and these are mixed at random, so that each byte tells
about equally much and one set of words serves all 64 (as in Gong & Lazebnik 2011, section 3).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.extraction.geometry.unit_vectors import Points

BYTES = 64
MAIN_AXES = 256
"""Directions kept of wider points: the shortlist is made with them, the answer with all."""

WORDS = 256
ROUNDS = 10
A_LIST = 40
"""Points learned from for each list; k-means gains nothing from more (faiss warns below 39)."""

TOGETHER = 16
"""Points that are looked up together; 20 were many to faiss before version 1.14."""

SEED = 1
Codes = NDArray[np.uint8]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Codebook:
    """What codes mean: float32 `axes` (w, d), list `centres` (lists, w), `words` (256, w / 64)."""

    axes: Points
    centres: Points
    words: Points

    def codes(self, points: Points) -> Codes:
        """Points (n, d) as rows of bytes: the number of a list, little end first, then 64."""
        with _one_thread_in_faiss():
            turned = np.ascontiguousarray(points @ self.axes.T)
            return np.asarray(self._empty().sa_encode(turned))

    def shortlist(self, codes: Codes) -> "Shortlist":
        """What finds candidates among many codes; they are numbered as they come."""
        index = self._empty()
        index.add_sa_codes(codes)
        return Shortlist(self.axes, index)

    def _empty(self) -> Any:
        import faiss

        count, width = self.centres.shape
        coarse = faiss.IndexFlatL2(width)
        coarse.add(self.centres)
        index = faiss.IndexIVFPQ(coarse, width, count, BYTES, 8)
        words = np.ascontiguousarray(np.broadcast_to(self.words, (BYTES, *self.words.shape)))
        faiss.copy_array_to_vector(words.ravel(), index.pq.centroids)
        index.by_residual = False
        index.is_trained = True
        return index


@dataclass(frozen=True)
class Shortlist:
    """Many codes, by list: `axes` of the codebook, and the faiss `index`, whose ids are rows."""

    axes: Points
    index: Any

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return int(self.index.nlist)

    def rows(self, queries: Points, length: int, lists_seen: int) -> Rows:
        """About `length` rows that may be near each of some points (m, d): sorted, (m, length).

        Where lists are short, -1 stands before them. Of no more than `TOGETHER` points at a time:
        of many, faiss looks for lists by a product of matrices, which differs in its last bits with
        the number of points and threads.
        """
        import faiss

        asked = faiss.SearchParametersIVF()
        asked.nprobe = lists_seen
        turned = np.stack([inner_products(query, self.axes) for query in queries])
        found = [
            self.index.search(turned[begin : begin + TOGETHER], length, params=asked)[1]
            for begin in range(0, len(turned), TOGETHER)
        ]
        return np.sort(np.concatenate(found), axis=1)


def inner_products(query: Points, points: Points) -> Points:
    """Of one vector (d,) and each row of (n, d), contiguous float32; each by itself, no BLAS."""
    import faiss

    out = np.empty(len(points), np.float32)
    pointers = (faiss.swig_ptr(array) for array in (out, query, points))
    products = faiss.fvec_inner_products_ny  # type: ignore[attr-defined]  # not in its stubs
    products(*pointers, len(query), len(points))
    return out


def inner_products_of_rows(queries: Points, points: Points, rows: Rows) -> Points:
    """Of each vector (m, d) and the rows of points (n, d) that it names, (m, k), those as well.

    -inf where the row is -1. Each by itself, as `inner_products`.
    """
    import faiss

    out = np.empty(rows.shape, np.float32)
    pointers = (faiss.swig_ptr(array) for array in (out, queries, points, rows))
    products = faiss.fvec_inner_products_by_idx  # type: ignore[attr-defined]
    products(*pointers, queries.shape[1], *rows.shape)
    return out


def lists_for(count: int) -> int:
    """How many lists serve `count` points: the power of two next above twice their root."""
    return int(2 ** np.ceil(1 + np.log2(max(count, 1)) / 2))


def learn_codebook(points: Points, lists: int) -> Codebook:
    """A codebook of so many lists from points (n, d), in their order; the same bytes each time.

    Raises `ValueError` for fewer points than there are lists, or than 256.
    """
    if len(points) < max(lists, WORDS):
        raise ValueError(f"{len(points)} points are too few for {lists} lists")
    with _one_thread_in_faiss():
        axes = _mixed_main_axes(points)
        turned = np.ascontiguousarray(points @ axes.T)
        centres = _means(turned, lists)
        bits = turned.reshape(len(points) * BYTES, -1)
        words = _means(bits[:: max(1, len(bits) // (WORDS * 10 * A_LIST))], WORDS)
    return Codebook(axes, centres, words)


def _mixed_main_axes(points: Points) -> Points:
    """(w, d) float32: the main axes of the points, turned at random; w is a multiple of 64."""
    width = points.shape[1]
    some = points[:: max(1, len(points) // (8 * width))].astype(np.float64)
    main = np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :MAIN_AXES]
    kept = main.shape[1]
    wide = -(-kept // BYTES) * BYTES
    mixed = np.linalg.qr(np.random.default_rng(SEED).normal(size=(wide, kept)))[0].T
    return np.ascontiguousarray((main @ mixed).T, np.float32)


def _means(points: Points, count: int) -> Points:
    """Centres of k-means, (count, w) float32."""
    import faiss

    means = faiss.Clustering(points.shape[1], count)
    means.niter, means.seed, means.max_points_per_centroid = ROUNDS, SEED, 10 * A_LIST
    means.min_points_per_centroid = 1
    means.train(np.ascontiguousarray(points), faiss.IndexFlatL2(points.shape[1]))
    return faiss.vector_to_array(means.centroids).reshape(count, -1)


@contextmanager
def _one_thread_in_faiss() -> Iterator[None]:
    """`one_thread`, which holds only what is loaded when it begins."""
    import faiss  # noqa: F401

    with one_thread():
        yield
