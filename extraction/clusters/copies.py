"""Which posts are copies: posts of a week that say and show what an earlier one did.

Comes in: the window. Goes out: for each post of the week the id of the first post that it copies.
Looks among the neighbours of each post, and joins what hangs together, so that many copies cost no
more than few. Knows nothing about clusters or authors.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Points
from zeitgraph.extraction.clusters.neighbours import FEW, closest_of
from zeitgraph.extraction.clusters.threads import blocks, in_parts
from zeitgraph.extraction.clusters.window import Window

Rows = NDArray[np.intp]

CLOSEST = 8
"""Posts closest to each, itself among them, that are compared where the window has many."""


def copies_of(window: Window, near: float) -> Mapping[str, str]:
    """By the id of a copy of this week, the id of the earliest post of the window that it copies.

    Posts whose vectors lie at a cosine of at least `near`, and those alike to these, are one group,
    and all of it copies its earliest post; of posts of one moment, the lesser id is the earlier.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ids = window.cloud.post_ids
    if not ids:
        return {}
    cloud = window.cloud
    nearest = cloud.nearest if len(cloud) <= FEW else closest_of(cloud.raw, CLOSEST)
    row, other = _alike(cloud.raw, nearest, near)
    edges = coo_array((np.ones(len(row)), (row, other)), (len(ids), len(ids)))
    _, group = connected_components(edges, directed=False)
    order = np.argsort(window.moments, kind="stable")  # rows are sorted by id
    _, first = np.unique(group[order], return_index=True)
    original = order[first][group]
    copies = np.flatnonzero(window.current & (original != np.arange(len(ids))))
    return {ids[row]: ids[original[row]] for row in copies}


def _alike(points: Points, nearest: NDArray[np.int64], near: float) -> tuple[Rows, Rows]:
    """Pairs of a row and one of its nearest whose cosine, rounded as `cosines`, is `near`."""

    def one(part: slice) -> list[NDArray[np.intp]]:
        pairs = []
        for block in blocks(part):
            own, others = points[block].astype(np.float64), nearest[block]
            for rank in others.T:
                cosine = np.einsum("ij,ij->i", own, points[rank].astype(np.float64))
                rows = np.flatnonzero(np.round(cosine, 9) >= near)
                pairs.append(np.stack([block.start + rows, rank[rows]]))
        return pairs

    found = [pair for part in in_parts(one, len(points)) for pair in part]
    row, other = np.concatenate(found, axis=1)
    return row, other
