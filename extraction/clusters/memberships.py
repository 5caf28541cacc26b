"""The rows of the table `memberships`: the cluster of each post of the week.

Input: the `WeekState` at the end of a week. Output: rows. This module does not know how the posts
were assigned.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.copy_of import copies_of
from zeitgraph.extraction.clusters.week_state import WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER
from zeitgraph.extraction.geometry.unit_vectors import Points, cosines
from zeitgraph.kg.workspace.rows import MembershipRow


def membership_rows(state: WeekState) -> list[MembershipRow]:
    """A row for each post of the week, also for those without vectors.

    `similarity` is the cosine of the post to the core of its assigned cluster, `weight` that of its
    smoothed vector, in [0, 1]; `heat_weight` is the weight of the post in the centre.
    """
    window, copies = state.window, copies_of(state.window)
    rows: list[MembershipRow] = [
        _row(post_id, window.week, NO_CLUSTER, copies={}) for post_id in window.without_vector
    ]
    weights, similarities = (
        _to_assigned_core(side, state) for side in (window.space.smoothed, window.space.aligned)
    )
    for row in np.flatnonzero(window.current):
        shown, assigned = state.shown_labels[row], state.labels[row]
        member = _row(window.space.post_ids[row], window.week, shown, copies)
        member["heat_weight"] = round(float(window.heat[row] + state.settings.heat_floor), 6)
        member["assigned_cluster"] = None if assigned == shown else assigned
        if shown != NO_CLUSTER:
            member["weight"] = round(max(float(weights[row]), 0.0), 6)
            member["similarity"] = round(float(similarities[row]), 6)
        rows.append(member)
    return rows


def _row(post_id: str, week: str, cluster_id: str, copies: Mapping[str, str]) -> MembershipRow:
    return {
        "post_id": post_id,
        "cluster_id": cluster_id,
        "week": week,
        "weight": 0.0,
        "copy_of": copies.get(post_id, ""),
    }


def _to_assigned_core(side: Points, state: WeekState) -> NDArray[np.float64]:
    """The cosine of each post of the week to the core of its cluster; zero for others, (n,)."""
    similarities = np.zeros(len(side))
    for cluster_id, cluster in state.clusters.items():
        own = state.new_posts_in(cluster_id)
        similarities[own] = cosines(side[own], cluster.core[None])[:, 0]
    return similarities
