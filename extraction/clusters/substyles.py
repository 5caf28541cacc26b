"""The stage `substyles`: dense groups within each cluster, and how far each post belongs to them.

Input: the vectors and memberships of the window, and the sub-styles of the week before. Output: the
table `substyles`, a row for each post of a cluster's window and each of its sub-styles. A cluster
without separate groups has no sub-styles. This module does not know about names or rules.

HDBSCAN finds the groups, as among all posts. The soft membership is that of noise clustering (Davé
1991, «Characterization and detection of noise in clustering», equation 8, with fuzzifier 2): the
inverse squared distance to a core, over the sum of these for all cores and of the same for a fixed
distance at which a post belongs to no group. The soft clusters of hdbscan need its condensed tree,
and points that differ; posts are often equal.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.density import Groups, find_groups
from zeitgraph.extraction.geometry.post_space import PostSpace, space_of_table
from zeitgraph.extraction.geometry.sampling import sample_ids
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.extraction.geometry.unit_vectors import Points, cosines, unit_rows
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import SubstyleRow
from zeitgraph.kg.workspace.settings import ClusterSettings
from zeitgraph.kg.workspace.tables import SUBSTYLES, make_table

Weights = NDArray[np.float64]

MEMBER = ("post_id", "cluster_id")

PARTS = 4
"""Only clusters with at least this many times the posts of the smallest group are searched."""

MOST = 5_000
"""Most posts of a cluster that are searched: of more, those with the least digests of their ids."""

LEAST_PART = 0.1
"""Least share of a cluster's posts in a sub-style."""

NOWHERE = 1.5
"""Distance at which a post belongs to no group, in median distances of grouped posts to cores."""

LEAST_WEIGHT = 0.05
"""A post with a smaller weight in a sub-style has no row for it."""

ID_POSTS = 5
"""Posts of a group from which the id of a new sub-style is made."""


def find_substyles(job: Job) -> Outputs:
    """The table `substyles`, for the clusters with posts this week. Same posts, same bytes."""
    settings = job.settings.clusters
    own = _posts_of_clusters(job, PARTS * settings.smallest)
    vectors = job.window_of("vectors", set(chain.from_iterable(own.values())))
    before = strongest_substyles(job.rows(SUBSTYLES, "before"))
    rows: list[SubstyleRow] = []
    with one_thread():
        for cluster in sorted(own):
            vectors_of_posts = _vectors_of(vectors, own[cluster])
            rows += _rows_of_cluster(job.week, cluster, vectors_of_posts, before, settings)
    return {"substyles": make_table(SUBSTYLES, rows)}


def _posts_of_clusters(job: Job, least: int) -> dict[str, Sequence[str]]:
    """The posts to search, by cluster, of clusters with `least` posts and any post this week."""
    now = set(job.table("memberships", columns=["cluster_id"])["cluster_id"].to_pylist()) - {
        "",
        None,
    }
    posts: dict[str, list[str]] = {}
    members = job.window("memberships", MEMBER)
    for post_id, cluster in zip(*(members[c].to_pylist() for c in MEMBER), strict=True):
        if cluster in now:
            posts.setdefault(cluster, []).append(post_id)
    return {cluster: sample_ids(own, MOST) for cluster, own in posts.items() if len(own) >= least}


def _vectors_of(vectors: pa.Table, post_ids: Sequence[str]) -> pa.Table:
    """The vectors of posts, without those of an unusual length, which come from another model."""
    own = vectors.filter(pc.is_in(vectors["post_id"], pa.array(sorted(post_ids), pa.string())))
    lengths = pc.list_value_length(own["vector"])
    usual = pc.mode(lengths).to_pylist()
    return own.filter(pc.equal(lengths, usual[0]["mode"])) if usual else own


def strongest_substyles(rows: Sequence[SubstyleRow]) -> dict[tuple[str, str], str]:
    """The sub-style in which each post has the largest weight, by cluster id and post id."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for row in rows:
        key, own = (row["cluster_id"], row["post_id"]), (row["weight"], row["substyle_id"])
        best[key] = max(best.get(key, own), own)
    return {key: part for key, (_, part) in best.items()}


def _rows_of_cluster(
    week: str,
    cluster: str,
    vectors: pa.Table,
    before: Mapping[tuple[str, str], str],
    settings: ClusterSettings,
) -> list[SubstyleRow]:
    space = space_of_table(vectors, settings.neighbours)
    groups = find_groups(space.smoothed, max(settings.smallest, round(LEAST_PART * len(space))))
    count = int(groups.max(initial=-1)) + 1
    if count < 2:
        return []
    ids = _ids(week, cluster, space, groups, before)
    weights = soft_weights(space.smoothed, groups)
    return [
        {
            "post_id": space.post_ids[row],
            "cluster_id": cluster,
            "substyle_id": ids[part],
            "weight": float(weights[row, part]),
            "week": week,
        }
        for row in range(len(space))
        for part in range(count)
        if weights[row, part] >= LEAST_WEIGHT
    ]


def soft_weights(smoothed: Points, groups: Groups) -> Weights:
    """How far each of n posts belongs to each of k groups, (n, k): in [0, 1], rows sum to ≤ 1.

    `smoothed` are unit rows (n, d); `groups` (n,) are numbers from 0, -1 for none. Each group has a
    post.
    """
    count = int(groups.max()) + 1
    cores = np.stack(
        [unit_rows(smoothed[groups == g].sum(axis=0, dtype=float)[None])[0] for g in range(count)]
    )
    apart = np.maximum(2 - 2 * cosines(smoothed, cores), 1e-6)  # squared distances of unit vectors
    held = np.flatnonzero(groups >= 0)
    nowhere = NOWHERE**2 * float(np.median(apart[held, groups[held]]))
    near = 1 / apart
    shares = near / (near.sum(axis=1, keepdims=True) + 1 / nowhere)
    return np.asarray(np.floor(shares * 1e6) / 1e6)


def _ids(
    week: str,
    cluster: str,
    space: PostSpace,
    groups: Groups,
    before: Mapping[tuple[str, str], str],
) -> list[str]:
    """An id for each group: that of the earlier sub-style with the most shared posts, or a new id.

    Groups and earlier sub-styles are matched by the number of shared posts, the largest first. Each
    id goes to one group.
    """
    shared: Counter[tuple[int, str]] = Counter()
    for post_id, group in zip(space.post_ids, groups.tolist(), strict=True):
        earlier = before.get((cluster, post_id))
        if earlier is not None and group >= 0:
            shared[group, earlier] += 1
    ids: dict[int, str] = {}
    for group, earlier in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if group not in ids and earlier not in ids.values():
            ids[group] = earlier
    for group in sorted(set(groups.tolist()) - {-1} - ids.keys()):
        first = [space.post_ids[row] for row in np.flatnonzero(groups == group)[:ID_POSTS]]
        ids[group] = content_id("s", cluster, week, first)
    return [ids[group] for group in range(int(groups.max()) + 1)]
