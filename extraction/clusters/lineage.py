"""What happens to clusters between weeks: they converge, drift, fade and come back.

Comes in: clusters as they stood. Goes out: clusters as they stand, and events, rows of the table
`lineage`:

    born      measure: posts of the week
    revived   measure: posts of the week
    faded     measure: weeks without a post, but for strays
    drifted   measure: cosine of the core now and when the cluster settled or last drifted
    merged    into `other_id`; measure: cosine of the two cores (also told by flows.py)
    split     off from `other_id`; measure: cosine of the two parts (births.py and flows.py)
    continued turned out to be `other_id` in a new look; measure: cosine of the two (flows.py)
    renamed, deleted, pinned, and merged and split where `done_by` is hand (edits.py)

Knows nothing about posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zeitgraph.extraction.clusters.state import (
    ACTIVE,
    FADED,
    MERGED,
    NAMED,
    Cluster,
    mean_direction,
)
from zeitgraph.extraction.geometry.cosine import cosine, cosines
from zeitgraph.kg.base.weeks import weeks_between
from zeitgraph.kg.workspace.settings import ClusterSettings

SETTLED = 2.0
"""A core of fewer posts than this times the smallest cluster is still finding its place."""


REVIVED, BACK = 3, 1.5
"""Posts of a week that bring a faded cluster back: so many, and so many times those that strayed in
lately."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a cluster in a week; `other_id` is empty unless it applies."""

    event: str
    cluster_id: str
    measure: float | None
    other_id: str = ""
    done_by: str | None = None

    def row(self, week: str) -> dict[str, Any]:
        """The row of the table `lineage`."""
        return {
            "week": week,
            "event": self.event,
            "cluster_id": self.cluster_id,
            "other_id": self.other_id,
            "measure": None if self.measure is None else round(self.measure, 6),
            "done_by": self.done_by,
        }


@dataclass(frozen=True)
class Told:
    """Clusters as they stand after events, and the events."""

    clusters: tuple[Cluster, ...]
    events: tuple[Event, ...]


def converge(clusters: Sequence[Cluster], merge: float) -> Told:
    """Join pairs of clusters whose cores are at least `merge` near, the nearest pair first.

    The named one survives, else the older, else the larger; two named ones stay apart, because
    their names say that they are not the same.
    """
    standing = {cluster.cluster_id: cluster for cluster in clusters}
    events: list[Event] = []
    while (pair := _nearest_pair(list(standing.values()), merge)) is not None:
        into, gone, near = pair
        standing[into.cluster_id] = _united(into, gone)
        standing[gone.cluster_id] = replace(gone, state=MERGED)
        events.append(Event("merged", gone.cluster_id, near, into.cluster_id))
    return Told(tuple(standing.values()), tuple(events))


def _nearest_pair(
    clusters: Sequence[Cluster], merge: float
) -> tuple[Cluster, Cluster, float] | None:
    drawing = [cluster for cluster in clusters if cluster.draws]
    if len(drawing) < 2:
        return None
    cores = np.stack([cluster.core for cluster in drawing])
    near = np.triu(cosines(cores, cores), k=1)
    named = np.array([cluster.origin == NAMED for cluster in drawing])
    near[np.outer(named, named)] = 0.0
    i, j = np.unravel_index(int(near.argmax()), near.shape)
    if near[i, j] < merge or near[i, j] <= 0:
        return None
    into, gone = sorted((drawing[i], drawing[j]), key=_seniority)
    return into, gone, float(near[i, j])


def _seniority(cluster: Cluster) -> tuple[bool, str, int, str]:
    return (
        cluster.origin != NAMED,
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


def live_on(cluster: Cluster, week: str, settings: ClusterSettings) -> tuple[Cluster, list[Event]]:
    """The cluster at the end of `week`, its posts counted: settled, drifted, faded or revived."""
    events = []
    if cluster.first_week == week and not cluster.parent:
        events.append(Event("born", cluster.cluster_id, cluster.posts))
    trickle = (1 - settings.keep) * (cluster.plain_mass - cluster.posts) / max(settings.keep, 1e-9)
    is_heard = cluster.last_week == week
    if cluster.state == FADED and is_heard and cluster.posts >= max(REVIVED, BACK * trickle):
        cluster = replace(cluster, state=ACTIVE)
        events.append(Event("revived", cluster.cluster_id, cluster.posts))
    silent = weeks_between(cluster.last_week, week)
    if cluster.state == ACTIVE and silent >= settings.fade_weeks and not cluster.is_pinned:
        cluster = replace(cluster, state=FADED)
        events.append(Event("faded", cluster.cluster_id, silent))
    if cluster.draws and cluster.plain_mass >= SETTLED * settings.smallest:
        if cluster.anchor is None:
            return replace(cluster, anchor=cluster.core), events
        if cluster.has_moved(settings.drift):
            near = cosine(cluster.core, cluster.anchor)
            cluster = replace(cluster, anchor=cluster.core)
            events.append(Event("drifted", cluster.cluster_id, near))
    return cluster, events
