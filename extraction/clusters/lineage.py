"""What happens to a cluster between weeks: it merges with a similar one, drifts, fades, comes back.

Input: clusters. Output: clusters and events. This module does not know about posts. Splits, turns
and merges that only posts can show are found in `new_clusters.py` and `transitions.py`.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zeitgraph.extraction.clusters.cluster import Cluster, mean_direction
from zeitgraph.extraction.clusters.week_state import Event, StepResult, WeekState
from zeitgraph.extraction.geometry.unit_vectors import cosine, cosines
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState, LineageEvent
from zeitgraph.kg.base.weeks import weeks_between
from zeitgraph.kg.workspace.settings import ClusterSettings

SETTLED = 2.0
"""A core has settled once its cluster has this many times the posts of the smallest cluster."""

LEAST_REVIVAL, TIMES_STRAYS = 3, 1.5
"""Posts of a week that revive a faded cluster: at least this number, and at least this many times
the strays that it received lately."""


# -- merging ---------------------------------------------------------------------------------------


def merge_similar_clusters(state: WeekState) -> StepResult:
    """Step: clusters whose cores have come together are one cluster from now on.

    A held cluster is never merged. Posts of earlier weeks follow: those of a cluster that merged
    now, or that continued as another earlier, count for the cluster that remains.
    """
    free = [cluster for cluster in state.clusters.values() if not cluster.hold]
    merged, events = merge_similar(free, state.settings.merge)
    follow = {event.cluster_id: event.other_id for event in events}
    follow |= {
        cluster.cluster_id: cluster.parent
        for cluster in state.clusters.values()
        if cluster.state == ClusterState.CONTINUED
    }

    def remaining(label: str) -> str:
        while label in follow:
            label = follow[label]
        return label

    labels = np.array([remaining(label) for label in state.labels], object)
    return replace(state.with_clusters(*merged), labels=labels), events


def merge_similar(
    clusters: Sequence[Cluster], merge: float
) -> tuple[tuple[Cluster, ...], tuple[Event, ...]]:
    """The clusters after merging pairs whose cores have a cosine of at least `merge`; the events.

    The nearest pair merges first. A named cluster remains, else the older, else the larger. Two
    named clusters never merge: their names say that they differ.
    """
    current = {cluster.cluster_id: cluster for cluster in clusters}
    events: list[Event] = []
    while (pair := _nearest_pair(list(current.values()), merge)) is not None:
        into, gone, near = pair
        current[into.cluster_id] = _united(into, gone)
        current[gone.cluster_id] = replace(gone, state=ClusterState.MERGED)
        events.append(Event(LineageEvent.MERGED, gone.cluster_id, near, into.cluster_id))
    return tuple(current.values()), tuple(events)


def _nearest_pair(
    clusters: Sequence[Cluster], merge: float
) -> tuple[Cluster, Cluster, float] | None:
    """The nearest pair that may merge: the one that remains, the other, their cosine."""
    accepting = [cluster for cluster in clusters if cluster.accepts_posts]
    if len(accepting) < 2:
        return None
    cores = np.stack([cluster.core for cluster in accepting])
    near = np.triu(cosines(cores, cores), k=1)
    named = np.array([cluster.origin == ClusterOrigin.NAMED for cluster in accepting])
    near[np.outer(named, named)] = 0.0
    i, j = np.unravel_index(int(near.argmax()), near.shape)
    if near[i, j] < merge or near[i, j] <= 0:
        return None
    into, gone = sorted((accepting[i], accepting[j]), key=_seniority)
    return into, gone, float(near[i, j])


def _seniority(cluster: Cluster) -> tuple[bool, str, int, str]:
    return (
        cluster.origin != ClusterOrigin.NAMED,
        cluster.first_week,
        -cluster.total_posts,
        cluster.cluster_id,
    )


def _united(into: Cluster, gone: Cluster) -> Cluster:
    weights = np.array([into.mass, gone.mass])
    plain = np.array([into.plain_mass, gone.plain_mass])
    return replace(
        into,
        centre=mean_direction(np.stack([into.centre, gone.centre]), weights),
        plain_centre=mean_direction(np.stack([into.plain_centre, gone.plain_centre]), plain),
        core=mean_direction(np.stack([into.core, gone.core]), weights),
        mass=float(weights.sum()),
        plain_mass=float(plain.sum()),
        last_week=max(into.last_week, gone.last_week),
    )


# -- the end of a week -----------------------------------------------------------------------------


def end_week(state: WeekState) -> StepResult:
    """Step: each cluster is born, revived, faded, settled or drifted, by the posts of the week."""
    ended = [
        end_week_of(cluster, state.window.week, state.settings)
        for cluster in state.clusters.values()
    ]
    events = tuple(event for _, own in ended for event in own)
    return state.with_clusters(*(cluster for cluster, _ in ended)), events


def end_week_of(
    cluster: Cluster, week: str, settings: ClusterSettings
) -> tuple[Cluster, list[Event]]:
    """The cluster at the end of `week`, after its posts were counted, and what happened to it."""
    events = []
    if cluster.first_week == week and not cluster.parent:
        events.append(Event(LineageEvent.BORN, cluster.cluster_id, cluster.posts))
    strays = (1 - settings.keep) * (cluster.plain_mass - cluster.posts) / max(settings.keep, 1e-9)
    has_posts = cluster.last_week == week and cluster.posts >= max(
        LEAST_REVIVAL, TIMES_STRAYS * strays
    )
    if cluster.state == ClusterState.FADED and has_posts:
        cluster = replace(cluster, state=ClusterState.ACTIVE)
        events.append(Event(LineageEvent.REVIVED, cluster.cluster_id, cluster.posts))
    silent = weeks_between(cluster.last_week, week)
    is_over = silent >= settings.fade_weeks and not cluster.is_pinned
    if cluster.state == ClusterState.ACTIVE and is_over:
        cluster = replace(cluster, state=ClusterState.FADED)
        events.append(Event(LineageEvent.FADED, cluster.cluster_id, silent))
    if cluster.accepts_posts and cluster.plain_mass >= SETTLED * settings.smallest:
        if cluster.anchor is None:
            return replace(cluster, anchor=cluster.core), events
        if cluster.has_moved(settings.drift):
            near = cosine(cluster.core, cluster.anchor)
            cluster = replace(cluster, anchor=cluster.core)
            events.append(Event(LineageEvent.DRIFTED, cluster.cluster_id, near))
    return cluster, events
