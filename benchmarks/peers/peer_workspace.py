"""A peer's clusters as a workspace, so that the scoreboard reads them as it reads zeitgraph's.

Input: the week and the cluster of each post, and the posts' vectors. Output: a workspace with
`memberships`, `clusters` (each week's core is the mean of its posts) and the births in `lineage`: a
topic is born in the week in which it has collected `BORN` posts. No peer here reports drifts,
splits, merges or deaths.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.kg.base.terms import LineageEvent
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

BORN = 3
"""Fewer posts do not make a topic: a single stray post would date a birth weeks too early."""


def as_workspace(
    folder: Path,
    weeks: Mapping[str, str],
    clusters: Mapping[str, str],
    vectors: Mapping[str, NDArray[np.float32]],
) -> Workspace:
    """Returns a new workspace in `folder` with the posts of `weeks`, in the clusters of
    `clusters`.
    """
    workspace = Workspace.create(folder, "vectors")
    posts_of: dict[str, list[str]] = defaultdict(list)
    for post_id in sorted(weeks):
        posts_of[weeks[post_id]].append(post_id)
    gathered = Counter[str]()
    for week, posts in sorted(posts_of.items()):
        rows_of: dict[str, list[Any]] = defaultdict(list)
        for post_id in posts:
            if clusters.get(post_id):
                rows_of[clusters[post_id]].append(vectors[post_id])
        sizes = {cluster: len(rows) for cluster, rows in rows_of.items()}
        born = [c for c, n in sizes.items() if gathered[c] < BORN <= gathered[c] + n]
        gathered.update(sizes)
        tables = {
            "memberships": [
                {"post_id": p, "cluster_id": clusters.get(p, ""), "week": week} for p in posts
            ],
            "clusters": [
                {
                    "cluster_id": cluster,
                    "week": week,
                    "core": unit_rows(np.array([np.mean(rows, 0)]))[0],
                }
                for cluster, rows in rows_of.items()
            ],
            "lineage": [{"week": week, "event": LineageEvent.BORN, "cluster_id": c} for c in born],
        }
        for name, rows in tables.items():
            workspace.write(name, week, make_table(TABLES[name], rows))
    return workspace
