"""The stage `clusters`: style clusters that live from week to week, as a list of steps.

Input: the posts and vectors of the week and of the weeks before it, their memberships, the clusters
at the end of the last week, and the manual edits. Output: the tables `clusters`, `memberships` and
`lineage`. A post joins a cluster in its own week and stays there. Manual edits say where posts are
shown; where they were assigned is kept beside it, for the next week.

Each step takes a `WeekState` and returns the next one and its events. This module does not know
about graphs or reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from zeitgraph.extraction.clusters.assignment import (
    StyleScores,
    assign_posts,
    assign_to_children,
    cluster_id_of,
    score_styles,
)
from zeitgraph.extraction.clusters.cluster import (
    Cluster,
    cluster_from_row,
    cluster_row,
    empty_cluster,
)
from zeitgraph.extraction.clusters.description import describe_clusters
from zeitgraph.extraction.clusters.lineage import end_week, merge_similar_clusters
from zeitgraph.extraction.clusters.manual_edits import read_manual_edits
from zeitgraph.extraction.clusters.memberships import membership_rows
from zeitgraph.extraction.clusters.movement import move_clusters
from zeitgraph.extraction.clusters.new_clusters import find_new_clusters
from zeitgraph.extraction.clusters.style_prototypes import style_prototypes
from zeitgraph.extraction.clusters.transitions import settle_transitions
from zeitgraph.extraction.clusters.week_state import Event, Step, StepResult, WeekState, run_steps
from zeitgraph.extraction.clusters.window import NO_CLUSTER, read_window
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.kg.base.terms import ClusterOrigin
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.tables import CLUSTERS, EDITS, LINEAGE, MEMBERSHIPS, make_table
from zeitgraph.prompts.library import Style


def cluster_week(job: Job) -> Outputs:
    """One week of clustering: the tables `clusters`, `memberships` and `lineage`.

    The same posts give the same bytes, in any order and on any number of threads. Empty for a week
    without posts. Raises `SettingsError` for a malformed style library.
    """
    if job.table("posts", columns=["post_id"]).num_rows == 0:
        return {}
    with one_thread():
        state, events = run_week(job)
        memberships = membership_rows(state)
    clusters = (cluster_row(cluster, job.week) for cluster in state.clusters.values())
    return {
        "clusters": make_table(CLUSTERS, clusters),
        "memberships": make_table(MEMBERSHIPS, memberships),
        "lineage": make_table(LINEAGE, (event.row(job.week) for event in events)),
    }


def run_week(job: Job) -> tuple[WeekState, list[Event]]:
    """The state at the end of the week, and the events that are shown."""
    window, settings = read_window(job), job.settings.clusters
    before = {
        cluster.cluster_id: cluster
        for cluster in map(cluster_from_row, job.rows(CLUSTERS, "before"))
    }
    edits = read_manual_edits(job.rows(EDITS))
    prototypes = style_prototypes(job.workspace)
    styles = score_styles(window, prototypes, settings)

    assign: Sequence[Step] = (
        edits.hold,
        merge_similar_clusters,
        partial(assign_posts, styles=styles),
        assign_to_children,
        edits.split,
    )
    state, events = run_steps(WeekState(window, settings, before, window.earlier), assign)
    places = {cluster_id: state.clusters[cluster_id] for cluster_id in before}

    find_and_move: Sequence[Step] = (
        find_new_clusters,
        partial(assign_posts, styles=styles),
        edits.hold,
        settle_transitions,
        partial(add_named_styles, styles=prototypes.styles, hold=edits.hold_cluster),
        partial(record_thresholds, styles=styles),
        edits.show,
        move_clusters,
        partial(edits.pin_places, places=places),
        partial(describe_clusters, prototypes=prototypes, edited_names=edits.names),
        end_week,
    )
    state, more = run_steps(state, find_and_move)
    return state, edits.shown_events((*events, *more), before, state.clusters)


def add_named_styles(
    state: WeekState, styles: Sequence[Style], hold: Callable[[Cluster], Cluster]
) -> StepResult:
    """Step: a named style with its first posts is a cluster; `hold` applies edits to it."""
    by_id = {cluster_id_of(style): style for style in styles}
    new = set(state.labels[state.window.current]) - state.clusters.keys() - {NO_CLUSTER}
    added = [hold(_named(by_id[cluster_id], state)) for cluster_id in sorted(new)]
    return state.with_clusters(*added), ()


def _named(style: Style, state: WeekState) -> Cluster:
    """The cluster of a named style in the week of its first posts."""
    width, week = state.window.space.width, state.window.week
    return replace(
        empty_cluster(cluster_id_of(style), ClusterOrigin.NAMED, week, width),
        style=style.style_id,
        name=style.name_en,
        name_en=style.name_en,
        name_zh=style.name_zh,
    )


def record_thresholds(state: WeekState, styles: StyleScores) -> StepResult:
    """Step: each named cluster records the threshold at which posts of this week joined it."""
    thresholds = zip(styles.ids, styles.thresholds.tolist(), strict=True)
    named = [
        replace(state.clusters[cluster_id], style_near=threshold)
        for cluster_id, threshold in thresholds
        if cluster_id in state.clusters
    ]
    return state.with_clusters(*named), ()
