"""The state of a week's clustering: the posts, the clusters, and the cluster of each post.

A `WeekState` never changes. A step takes one and returns the next one and its events; the steps of
a week are listed in `week.py`. This module does not know what the steps do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cluster import Cluster, mean_direction
from zeitgraph.extraction.clusters.window import Labels, Window
from zeitgraph.extraction.geometry.neighbours import Rows
from zeitgraph.extraction.geometry.unit_vectors import Vector
from zeitgraph.kg.base.terms import DoneBy, LineageEvent
from zeitgraph.kg.workspace.rows import LineageRow
from zeitgraph.kg.workspace.settings import ClusterSettings


@dataclass(frozen=True)
class Event:
    """Something that happened to a cluster in a week; `other_id` is empty unless it applies.

    The `measure` depends on the event:

        born, revived   posts of the week
        faded           weeks without posts, apart from strays
        drifted         cosine of the core now and when the cluster settled or last drifted
        merged          into `other_id`; cosine of the two cores
        split           from `other_id`; cosine of the two parts
        continued       is `other_id` with a new look; cosine of the two cores
        renamed, deleted, pinned    none: a manual edit did it
    """

    event: LineageEvent
    cluster_id: str
    measure: float | None
    other_id: str = ""
    done_by: DoneBy | None = None

    def row(self, week: str) -> LineageRow:
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
class WeekState:
    """The clusters by id, and the cluster of each of the n posts of the window: `labels`, (n,).

    Labels hold `NO_CLUSTER` for a post in no cluster. Those of earlier weeks serve the search only;
    in the tables a post keeps the cluster of its own week. `proposed_splits` are splits that were
    found this week and are not yet reviewed.
    """

    window: Window
    settings: ClusterSettings
    clusters: Mapping[str, Cluster]
    labels: Labels
    proposed_splits: tuple[Event, ...] = ()

    # -- the next state ----------------------------------------------------------------------

    def with_clusters(self, *clusters: Cluster) -> "WeekState":
        """The state in which these clusters replace those with the same ids, or are added."""
        return replace(
            self, clusters={**self.clusters, **{own.cluster_id: own for own in clusters}}
        )

    def without_cluster(self, cluster_id: str) -> "WeekState":
        """The state without a cluster; the labels of its posts are unchanged."""
        rest = {key: own for key, own in self.clusters.items() if key != cluster_id}
        return replace(self, clusters=rest)

    def with_labels(self, rows: Rows | NDArray[np.bool_], labels: str | Labels) -> "WeekState":
        """The state in which the posts of these rows have other labels."""
        changed = self.labels.copy()
        changed[rows] = labels
        return replace(self, labels=changed)

    # -- questions ---------------------------------------------------------------------------

    @property
    def accepting(self) -> Sequence[Cluster]:
        """The clusters that accept posts near their cores, in the order of the state."""
        return [cluster for cluster in self.clusters.values() if cluster.accepts_posts]

    def posts_in(self, cluster_id: str) -> NDArray[np.bool_]:
        """Which posts of the window are in a cluster, bool (n,)."""
        return np.asarray(self.labels == cluster_id, bool)

    def new_posts_in(self, cluster_id: str) -> Rows:
        """The rows of the posts of the week that are in a cluster."""
        return np.flatnonzero(self.posts_in(cluster_id) & self.window.current)

    @cached_property
    def shown_labels(self) -> Labels:
        """The cluster under which each post is shown, (n,): manual edits merge or delete some."""
        shown = {
            cluster_id: cluster.shown_as
            for cluster_id, cluster in self.clusters.items()
            if cluster.shown_as is not None
        }
        return np.array([shown.get(label, label) for label in self.labels], object)

    def weights(self, rows: Rows) -> NDArray[np.float64]:
        """The weight in a centre of these posts and of the posts that they represent, (m,)."""
        return (self.window.heat[rows] + self.settings.heat_floor) * self.window.weights[rows]

    def core(self, rows: Rows) -> Vector:
        """The core of these posts, (d,): their mean direction, weighted by heat."""
        return mean_direction(self.window.space.aligned[rows], self.weights(rows))


StepResult = tuple[WeekState, tuple[Event, ...]]
Step = Callable[[WeekState], StepResult]


def run_steps(state: WeekState, steps: Iterable[Step]) -> StepResult:
    """The state after all steps, and their events in order."""
    events: list[Event] = []
    for step in steps:
        state, own = step(state)
        events += own
    return state, tuple(events)
