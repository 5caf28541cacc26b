"""Which posts are copies: posts of a week that say and show what an earlier one did.

Comes in: the window. Goes out: for each post of the week the id of the first post that it copies.
Looks among the neighbours of each post, and follows copies of copies to their beginning, so that
many copies cost no more than few. Knows nothing about clusters or authors.
"""

from collections.abc import Mapping

import numpy as np

from zeitgraph.extraction.assign import cosines
from zeitgraph.extraction.window import Window


def copies_of(window: Window, near: float) -> Mapping[str, str]:
    """By the id of a copy of this week, the id of the earliest post of the window that it copies.

    A copy's vector lies at a cosine of at least `near` to that of an earlier post; of posts of one
    moment, the lesser id is the earlier one.
    """
    ids, nearest = window.cloud.post_ids, window.cloud.nearest
    order = np.lexsort((np.array(ids, object), window.moments))
    rank = np.empty(len(ids), int)
    rank[order] = np.arange(len(ids))
    first = np.arange(len(ids))
    for row in order:
        earlier = nearest[row][rank[nearest[row]] < rank[row]]
        if not len(earlier):
            continue
        alike = cosines(window.cloud.raw[row][None], window.cloud.raw[earlier])[0] >= near
        if alike.any():
            first[row] = min(first[earlier[alike]], key=lambda other: rank[other])
    copies = np.flatnonzero(window.current & (first != np.arange(len(ids))))
    return {ids[row]: ids[first[row]] for row in copies}
