"""The stage `substyles`: dense groups inside each cluster, with how far each post is in them.

Reads the vectors and memberships of the weeks that a search looks back on, and the sub-styles of
the week before; writes `substyles`, a row for each post of a cluster's window and each sub-style
that it is in. A cluster that does not part has none. Knows nothing about names or rules.

HDBSCAN finds the groups, as among all posts. Soft membership is that of noise clustering (Davé
1991, «Characterization and detection of noise in clustering», equation 8, with fuzzifier 2): one
over the squared distance to a core, over the sum of these and of the same for a distance at which
a post belongs nowhere. hdbscan's own soft clusters need its condensed tree and points apart from
each other; posts are often equal.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.density import Groups, find_groups
from zeitgraph.extraction.geometry.cosine import cosines
from zeitgraph.extraction.geometry.post_space import Cloud, Points, make_cloud, unit
from zeitgraph.extraction.geometry.sampling import fewer
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.settings import ClusterSettings
from zeitgraph.kg.workspace.tables import TABLES, make_table

Weights = NDArray[np.float64]

MEMBER = ("post_id", "cluster_id")

PARTS = 4
"""A cluster of fewer posts than this times the smallest group is not searched."""

MOST = 5_000
"""Posts of a cluster that are looked at: of more, those with the least digests of their ids."""

LEAST_PART = 0.1
"""The smallest share of a cluster's posts that is a sub-style."""

NOWHERE = 1.5
"""Distance at which a post belongs nowhere, in median distances of the groups' posts to cores."""

LEAST_WEIGHT = 0.05
"""A post that is less in a sub-style has no row for it."""

ID_POSTS = 5
"""Posts of a group that go into the id of a new sub-style."""


def find_substyles(job: Job) -> Outputs:
    """The sub-styles of the clusters that have posts this week; same posts, same bytes."""
    settings = job.settings.clusters
    own = _posts_of_clusters(job, PARTS * settings.smallest)
    vectors = job.window_of("vectors", set(chain.from_iterable(own.values())))
    before = strongest(job.table("substyles", "before").to_pylist())
    rows: list[dict[str, Any]] = []
    with one_thread():
        for cluster in sorted(own):
            rows += _of_cluster(job.week, cluster, _of(vectors, own[cluster]), before, settings)
    return {"substyles": make_table(TABLES["substyles"], rows)}


def _posts_of_clusters(job: Job, least: int) -> dict[str, Sequence[str]]:
    """The posts that are looked at of each cluster that has `least`, and some of this week."""
    now = set(job.table("memberships")["cluster_id"].to_pylist()) - {"", None}
    posts: dict[str, list[str]] = {}
    members = job.window("memberships")
    for post_id, cluster in zip(*(members[c].to_pylist() for c in MEMBER), strict=True):
        if cluster in now:
            posts.setdefault(cluster, []).append(post_id)
    return {cluster: fewer(own, MOST) for cluster, own in posts.items() if len(own) >= least}


def _of(vectors: pa.Table, post_ids: Sequence[str]) -> pa.Table:
    """Their vectors; those of another length than most are left out: they come of another model."""
    own = vectors.filter(pc.is_in(vectors["post_id"], pa.array(sorted(post_ids), pa.string())))
    lengths = pc.list_value_length(own["vector"])
    usual = pc.mode(lengths).to_pylist()
    return own.filter(pc.equal(lengths, usual[0]["mode"])) if usual else own


def strongest(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The sub-style that each post, by cluster and id, is most in; `rows` of the table."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for row in rows:
        key, told = (row["cluster_id"], row["post_id"]), (row["weight"], row["substyle_id"])
        best[key] = max(best.get(key, told), told)
    return {key: part for key, (_, part) in best.items()}


def _of_cluster(
    week: str,
    cluster: str,
    vectors: pa.Table,
    before: Mapping[tuple[str, str], str],
    settings: ClusterSettings,
) -> list[dict[str, Any]]:
    cloud = make_cloud(vectors, settings.neighbours)
    groups = find_groups(cloud.seen, max(settings.smallest, round(LEAST_PART * len(cloud))))
    count = int(groups.max(initial=-1)) + 1
    if count < 2:
        return []
    ids = _ids(week, cluster, cloud, groups, before)
    weights = soft_weights(cloud.seen, groups)
    return [
        {"post_id": cloud.post_ids[row], "cluster_id": cluster, "substyle_id": ids[part]}
        | {"weight": float(weights[row, part]), "week": week}
        for row in range(len(cloud))
        for part in range(count)
        if weights[row, part] >= LEAST_WEIGHT
    ]


def soft_weights(seen: Points, groups: Groups) -> Weights:
    """How far each of n posts is in each of k groups, shape (n, k): in [0, 1], rows sum to ≤ 1.

    `seen` are unit rows, `groups` numbers from 0, -1 for none; each group has a post.
    """
    count = int(groups.max()) + 1
    cores = np.stack(
        [unit(seen[groups == g].sum(axis=0, dtype=float)[None])[0] for g in range(count)]
    )
    apart = np.maximum(2 - 2 * cosines(seen, cores), 1e-6)  # squared distances of unit vectors
    held = np.flatnonzero(groups >= 0)
    nowhere = NOWHERE**2 * float(np.median(apart[held, groups[held]]))
    near = 1 / apart
    shares = near / (near.sum(axis=1, keepdims=True) + 1 / nowhere)
    return np.asarray(np.floor(shares * 1e6) / 1e6)


def _ids(
    week: str,
    cluster: str,
    cloud: Cloud,
    groups: Groups,
    before: Mapping[tuple[str, str], str],
) -> list[str]:
    """An id for each group: that of the sub-style most of whose posts it holds, else a new one.

    Pairs are matched by how many posts they share, the most first; each id goes to one group.
    """
    shared: Counter[tuple[int, str]] = Counter()
    for post_id, group in zip(cloud.post_ids, groups.tolist(), strict=True):
        earlier = before.get((cluster, post_id))
        if earlier is not None and group >= 0:
            shared[group, earlier] += 1
    ids: dict[int, str] = {}
    for group, earlier in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if group not in ids and earlier not in ids.values():
            ids[group] = earlier
    for group in sorted(set(groups.tolist()) - {-1} - ids.keys()):
        first = [cloud.post_ids[row] for row in np.flatnonzero(groups == group)[:ID_POSTS]]
        ids[group] = content_id("s", cluster, week, first)
    return [ids[group] for group in range(int(groups.max()) + 1)]
