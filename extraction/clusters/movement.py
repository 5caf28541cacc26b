"""The movement of clusters: centres, counts and borders after the posts of a week.

Input: a `WeekState` whose posts are assigned. Output: the state in which each cluster has moved
with its posts. This module does not know about names, words or events.
"""

from dataclasses import replace

import numpy as np

from zeitgraph.extraction.clusters.cluster import Cluster, NewPosts, update_centres
from zeitgraph.extraction.clusters.membership_rules import min_similarity_of
from zeitgraph.extraction.clusters.week_state import StepResult, WeekState
from zeitgraph.extraction.geometry.neighbours import Rows
from zeitgraph.extraction.geometry.unit_vectors import cosines
from zeitgraph.kg.base.terms import ClusterState
from zeitgraph.kg.base.weeks import week_after, weeks_between


def move_clusters(state: WeekState) -> StepResult:
    """Step: the posts of the week are added to the centres and the counts of their clusters."""
    return state.with_clusters(*(moved(own, state) for own in state.clusters.values())), ()


def moved(cluster: Cluster, state: WeekState) -> Cluster:
    """The cluster after the posts of the week.

    Its core and its border follow the posts that were assigned to it; its counts and its shown
    centres follow the posts that are shown in it, which differ after a merge by an edit.
    """
    window, settings = state.window, state.settings
    assigned = state.posts_in(cluster.cluster_id)
    is_shown = state.shown_labels == cluster.cluster_id
    new = np.flatnonzero(assigned & window.current)
    shown = np.flatnonzero(is_shown & window.current)
    before = cluster
    cluster = update_centres(before, _new_posts(state, new), settings.keep)
    if len(shown) > len(new):
        whole = update_centres(before, _new_posts(state, shown), settings.keep)
        cluster = replace(cluster, centre=whole.centre, plain_centre=whole.plain_centre)
    if cluster.state == ClusterState.YOUNG and cluster.plain_mass >= settings.smallest:
        cluster = replace(cluster, state=ClusterState.ACTIVE)
    own_rows = new if cluster.has_moved(settings.drift) else np.flatnonzero(assigned)
    if cluster.accepts_posts and len(own_rows) >= settings.smallest:
        own = cosines(window.space.aligned[own_rows], cluster.core[None])[:, 0]
        least = min_similarity_of(own, settings.fence, settings.min_similarity)
        cluster = replace(cluster, min_similarity=least)
    return replace(
        cluster,
        posts=len(shown),
        total_posts=cluster.total_posts + len(shown),
        heat=round(float(window.heat[shown].sum()), 6),
        last_week=_last_week(before, state),
    )


def _last_week(cluster: Cluster, state: WeekState) -> str:
    """This week if more posts came than strays would since the last one, else the last one."""
    window, fade_weeks = state.window, state.settings.fade_weeks
    is_silent = weeks_between(cluster.last_week, window.week) > 1
    begin = max(cluster.last_week, week_after(window.week, -fade_weeks))
    since = int(((state.shown_labels == cluster.cluster_id) & (window.weeks > begin)).sum())
    strays = cluster.expected_strays(fade_weeks if is_silent else 1)
    return window.week if since > strays else cluster.last_week


def _new_posts(state: WeekState, rows: Rows) -> NewPosts:
    """The posts of these rows, weighted by their heat."""
    space = state.window.space
    weights = state.window.heat[rows] + state.settings.heat_floor
    return NewPosts(space.raw[rows], space.aligned[rows], weights)
