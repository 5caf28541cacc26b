"""Which posts are copies: posts of a week that say and show what an earlier one did.

Comes in: the window, with its pairs of posts alike and what was told of copies before. Goes out:
for each post of the week the id of the first post that it copies. Joins what hangs together, so
that many copies cost no more than few. Knows nothing about vectors, clusters or authors.
"""

from collections.abc import Mapping

import numpy as np

from zeitgraph.extraction.clusters.window import Window


def copies_of(window: Window) -> Mapping[str, str]:
    """By the id of a copy of this week, the id of the earliest post that it copies.

    Posts alike, those alike to these, and what these copy are one group, and all of it copies its
    earliest post; of posts of one moment, and of those that the window has left behind, the
    lesser id is the earlier.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    told = {post for pair in window.alike for post in pair} & window.originals.keys()
    pairs = [*window.alike, *((post, window.originals[post]) for post in sorted(told))]
    ids = sorted({post for pair in pairs for post in pair})
    if not ids:
        return {}
    row = {post_id: number for number, post_id in enumerate(ids)}
    edges = np.array([[row[one], row[other]] for one, other in pairs]).T
    graph = coo_array((np.ones(edges.shape[1]), (edges[0], edges[1])), (len(ids), len(ids)))
    _, group = connected_components(graph, directed=False)
    moments = [window.moment_of.get(post_id, -np.inf) for post_id in ids]
    order = np.argsort(moments, kind="stable")  # ids are sorted
    _, first = np.unique(group[order], return_index=True)
    original = order[first][group]
    now = {window.cloud.post_ids[row] for row in np.flatnonzero(window.current)}
    return {
        post_id: ids[original[number]]
        for number, post_id in enumerate(ids)
        if post_id in now and original[number] != number
    }
