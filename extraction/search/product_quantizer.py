"""A product quantizer with inverted lists: each vector as the number of a list and 64 bytes.

Input: unit vectors. Output: a `ProductQuantizer` trained on them, which encodes any vector; many
codes give a query its shortlist. Jégou, Douze & Schmid 2011 (PAMI 33, sections III and IV), by
faiss. This module does not know about posts or files.

Vectors are first projected on their principal axes, and these are mixed by a random rotation, so
that each byte carries about the same information and one set of codewords serves all 64 bytes (as
in Gong & Lazebnik 2011, section 3).
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
MAX_AXES = 256
"""Principal axes that are kept of wider vectors, for the shortlist; the answer uses all of them."""

CODEWORDS = 256
ITERATIONS = 10
POINTS_PER_LIST = 40
"""Training vectors for each list; k-means gains nothing from more (faiss warns below 39)."""

BATCH = 16
"""Queries that faiss gets at once; before version 1.14 it treats 20 or more as many."""

SEED = 1
Codes = NDArray[np.uint8]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class ProductQuantizer:
    """What codes mean, all float32.

    `axes`: (w, d). `centres`: those of the lists, (lists, w). `codewords`: (256, w / 64).
    """

    axes: Points
    centres: Points
    codewords: Points

    def encode(self, points: Points) -> Codes:
        """Vectors (n, d) as rows of bytes: the number of the list, little-endian, then 64 bytes."""
        with _one_thread_in_faiss():
            rotated = np.ascontiguousarray(points @ self.axes.T)
            return np.asarray(self._empty_index().sa_encode(rotated))

    def shortlist(self, codes: Codes) -> "Shortlist":
        """What finds candidates among many codes; their numbers are their rows in `codes`."""
        index = self._empty_index()
        index.add_sa_codes(codes)
        return Shortlist(self.axes, index)

    def _empty_index(self) -> Any:
        import faiss

        count, width = self.centres.shape
        coarse = faiss.IndexFlatL2(width)
        coarse.add(self.centres)
        index = faiss.IndexIVFPQ(coarse, width, count, BYTES, 8)
        repeated = np.broadcast_to(self.codewords, (BYTES, *self.codewords.shape))
        faiss.copy_array_to_vector(np.ascontiguousarray(repeated).ravel(), index.pq.centroids)
        index.by_residual = False
        index.is_trained = True
        return index


@dataclass(frozen=True)
class Shortlist:
    """Many codes by list: the `axes` of the quantizer, and a faiss `index` with rows as ids."""

    axes: Points
    index: Any

    @property
    def lists(self) -> int:
        """The number of lists."""
        return int(self.index.nlist)

    def rows(self, queries: Points, length: int, probes: int) -> Rows:
        """About `length` rows that may be near each of the queries (m, d): sorted, (m, length).

        `probes` is the number of lists that are searched; where they hold too few vectors, the rows
        begin with -1. faiss gets at most `BATCH` queries at a time: for more it finds the lists by
        a matrix product, whose last bits depend on the number of queries and threads.
        """
        import faiss

        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = probes
        rotated = np.stack([inner_products(query, self.axes) for query in queries])
        found = [
            self.index.search(rotated[begin : begin + BATCH], length, params=parameters)[1]
            for begin in range(0, len(rotated), BATCH)
        ]
        return np.sort(np.concatenate(found), axis=1)


def inner_products(query: Points, points: Points) -> Points:
    """The products of a vector (d,) and each row of (n, d), contiguous float32; shape (n,).

    Each is computed by itself and not by BLAS, so that its bits do not depend on the others.
    """
    import faiss

    out = np.empty(len(points), np.float32)
    pointers = (faiss.swig_ptr(array) for array in (out, query, points))
    products = faiss.fvec_inner_products_ny  # type: ignore[attr-defined]  # not in its stubs
    products(*pointers, len(query), len(points))
    return out


def inner_products_of_rows(queries: Points, points: Points, rows: Rows) -> Points:
    """The products of each query (m, d) and its own `rows` (m, k) of the points (n, d): (m, k).

    -inf where the row is -1. Each is computed by itself, as in `inner_products`.
    """
    import faiss

    out = np.empty(rows.shape, np.float32)
    pointers = (faiss.swig_ptr(array) for array in (out, queries, points, rows))
    products = faiss.fvec_inner_products_by_idx  # type: ignore[attr-defined]
    products(*pointers, queries.shape[1], *rows.shape)
    return out


def lists_for(count: int) -> int:
    """The number of lists for `count` vectors: the next power of two above twice its root."""
    return int(2 ** np.ceil(1 + np.log2(max(count, 1)) / 2))


def train_quantizer(points: Points, lists: int) -> ProductQuantizer:
    """A quantizer with `lists` lists from vectors (n, d) in their order; deterministic to the byte.

    Raises `ValueError` for fewer vectors than lists, or than 256.
    """
    if len(points) < max(lists, CODEWORDS):
        raise ValueError(f"{len(points)} points are too few for {lists} lists")
    with _one_thread_in_faiss():
        axes = _mixed_principal_axes(points)
        rotated = np.ascontiguousarray(points @ axes.T)
        centres = _k_means(rotated, lists)
        parts = rotated.reshape(len(points) * BYTES, -1)
        step = max(1, len(parts) // (CODEWORDS * 10 * POINTS_PER_LIST))
        codewords = _k_means(parts[::step], CODEWORDS)
    return ProductQuantizer(axes, centres, codewords)


def _mixed_principal_axes(points: Points) -> Points:
    """The principal axes after a random rotation, float32 (w, d); w is a multiple of 64."""
    width = points.shape[1]
    some = points[:: max(1, len(points) // (8 * width))].astype(np.float64)
    principal = np.linalg.eigh(some.T @ some)[1][:, ::-1][:, :MAX_AXES]
    kept = principal.shape[1]
    padded = -(-kept // BYTES) * BYTES
    rotation = np.linalg.qr(np.random.default_rng(SEED).normal(size=(padded, kept)))[0].T
    return np.ascontiguousarray((principal @ rotation).T, np.float32)


def _k_means(points: Points, count: int) -> Points:
    """The centres of k-means, float32 (count, w)."""
    import faiss

    means = faiss.Clustering(points.shape[1], count)
    means.niter, means.seed = ITERATIONS, SEED
    means.max_points_per_centroid = 10 * POINTS_PER_LIST
    means.min_points_per_centroid = 1
    means.train(np.ascontiguousarray(points), faiss.IndexFlatL2(points.shape[1]))
    return faiss.vector_to_array(means.centroids).reshape(count, -1)


@contextmanager
def _one_thread_in_faiss() -> Iterator[None]:
    """`one_thread` with faiss imported first: it limits only libraries that are loaded."""
    import faiss  # noqa: F401

    with one_thread():
        yield
