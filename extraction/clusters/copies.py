"""Which posts are copies: posts of a week that say and show what an earlier one did.

Comes in: the window. Goes out: for each post of the week the id of the first post that it copies.
Looks among the neighbours of each post, and joins what hangs together, so that many copies cost no
more than few. Knows nothing about clusters or authors.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Points
from zeitgraph.extraction.clusters.window import Window

Rows = NDArray[np.intp]


def copies_of(window: Window, near: float) -> Mapping[str, str]:
    """By the id of a copy of this week, the id of the earliest post of the window that it copies.

    Posts whose vectors lie at a cosine of at least `near`, and those alike to these, are one group,
    and all of it copies its earliest post; of posts of one moment, the lesser id is the earlier.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids, nearest = window.cloud.post_ids, window.cloud.nearest
    if not ids:
        return {}
    row = np.repeat(np.arange(len(ids)), nearest.shape[1])
    other = nearest.ravel()
    alike = _cosines_of_pairs(window.cloud.raw, row, other) >= near
    edges = coo_array((np.ones(alike.sum()), (row[alike], other[alike])), (len(ids), len(ids)))
    _, group = connected_components(edges, directed=False)
    order = np.lexsort((np.array(ids, object), window.moments))
    _, first = np.unique(group[order], return_index=True)
    original = order[first][group]
    copies = np.flatnonzero(window.current & (original != np.arange(len(ids))))
    return {ids[row]: ids[original[row]] for row in copies}


def _cosines_of_pairs(points: Points, one: Rows, other: Rows) -> NDArray[np.float64]:
    """Cosines of rows of unit vectors, pair by pair, a part at a time; rounded as `cosines`."""
    parts = [
        np.einsum("ij,ij->i", points[a].astype(np.float64), points[b].astype(np.float64))
        for a, b in zip(np.array_split(one, 16), np.array_split(other, 16), strict=True)
    ]
    return np.round(np.concatenate(parts), 9)
