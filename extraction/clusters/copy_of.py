"""Which posts of a week are copies, and of which earlier post.

Input: the window, with its pairs of duplicates and the copies known from earlier weeks. Output: for
each copy of the week the id of the first post that it copies. Chains of copies are joined into
groups, so that many copies cost no more than few. This module does not know about vectors, clusters
or authors.
"""

from collections.abc import Mapping

import numpy as np

from zeitgraph.extraction.clusters.window import Window


def copies_of(window: Window) -> Mapping[str, str]:
    """For the id of each copy of this week, the id of the earliest post that it copies.

    Duplicates, their duplicates, and the posts that these copy form one group; all its posts copy
    its earliest post. Among posts of the same moment, and among those that the window no longer
    covers, the least id counts as the earliest.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = {post for pair in window.duplicates for post in pair} & window.originals.keys()
    pairs = [*window.duplicates, *((post, window.originals[post]) for post in sorted(known))]
    ids = sorted({post for pair in pairs for post in pair})
    if not ids:
        return {}
    row = {post_id: number for number, post_id in enumerate(ids)}
    edges = np.array([[row[one], row[other]] for one, other in pairs]).T
    graph = coo_array((np.ones(edges.shape[1]), (edges[0], edges[1])), (len(ids), len(ids)))
    _, group = connected_components(graph, directed=False)
    moments = [window.published_at.get(post_id, -np.inf) for post_id in ids]
    order = np.argsort(moments, kind="stable")  # ids are sorted
    _, first = np.unique(group[order], return_index=True)
    original = order[first][group]
    this_week = {window.space.post_ids[row] for row in np.flatnonzero(window.current)}
    return {
        post_id: ids[original[number]]
        for number, post_id in enumerate(ids)
        if post_id in this_week and original[number] != number
    }
