"""New clusters: found among posts in no cluster, or split from a cluster.

Input: a `WeekState`. Output: the state with new clusters, and with labels for their posts, also
those of earlier weeks; in the tables posts of earlier weeks keep their clusters. The splits are
proposals, which `transitions.py` reviews. This module does not know about names or words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cluster import Cluster, empty_cluster, mean_direction
from zeitgraph.extraction.clusters.density import find_groups, find_tight_groups
from zeitgraph.extraction.clusters.membership_rules import min_similarity_of
from zeitgraph.extraction.clusters.new_cluster_evidence import (
    is_large_part,
    mean_cosine,
    most_common_label,
    split_odds,
)
from zeitgraph.extraction.clusters.transition_models import SURE_SPLIT
from zeitgraph.extraction.clusters.week_state import Event, StepResult, WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER, Window
from zeitgraph.extraction.geometry.neighbours import Rows, sample_rows
from zeitgraph.extraction.geometry.unit_vectors import Vector, cosines
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState, LineageEvent
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.settings import ClusterSettings

ID_POSTS = 5
"""Posts of the first week that go into the id of a discovered cluster."""

MOST_FREE_POSTS = 4000
"""Posts in no cluster among which small groups are searched: of more, a uniform sample."""

LOOSE = 0.05
"""Greatest mean cosine of posts without anything in common: such posts form groups with their
neighbours too. In clusters of real posts it was at least 0.09."""


def find_new_clusters(state: WeekState) -> StepResult:
    """Step: dense groups of the window become clusters, or leave the cluster they were part of.

    The whole window is searched, including posts in clusters: a new group cannot be recognised
    without the others around it. A group most of whose posts are in no cluster becomes a cluster,
    or joins one whose core has a cosine of at least `same`. If several groups lie within one
    cluster, the one nearest to its core keeps the id and others may split from it. At last, small
    tight groups are searched among the posts that are still in no cluster.
    """
    window, settings = state.window, state.settings
    sizes = _Sizes.of(window, settings)
    groups = find_groups(window.space.smoothed, sizes.smallest_sampled, window.sampled)
    within: dict[str, list[Rows]] = {}
    for group in range(groups.max(initial=-1) + 1):
        rows = np.flatnonzero(groups == group)
        owner, share = most_common_label(state.labels[rows], window.weights[rows])
        if owner == NO_CLUSTER and share >= 0.5:
            free = rows[state.labels[rows] == NO_CLUSTER]
            state = add_cluster(state, free, settings.smallest)
        elif share > 0.5 and owner in state.clusters and state.clusters[owner].accepts_posts:
            within.setdefault(owner, []).append(rows)
    for owner in sorted(within):
        state = split_cluster(state, owner, within[owner], sizes.smallest)
    for rows in small_groups(state, sizes.small_group):
        state = add_cluster(state, rows, settings.small_group)
    return state, ()


@dataclass(frozen=True)
class _Sizes:
    """The smallest groups of a week.

    `smallest` counts posts of the window. `smallest_sampled` counts rows of the uniform sample of
    the window. `small_group` counts posts of this week and the last, among which small groups are
    searched.
    """

    smallest: int
    smallest_sampled: int
    small_group: int

    @classmethod
    def of(cls, window: Window, settings: ClusterSettings) -> "_Sizes":
        total = float(window.weights.sum())
        smallest = max(settings.smallest, round(settings.smallest_share * total))
        part = float(window.sampled.sum() / max(window.weights.sum(), 1.0))
        recent = settings.smallest_share * window.count_posts(_is_recent(window))
        return cls(
            smallest,
            max(settings.smallest, round(part * smallest)),
            max(settings.small_group, round(recent)),
        )


def _is_recent(window: Window) -> NDArray[np.bool_]:
    """Which posts are of this week or the last, (n,)."""
    recent: NDArray[np.bool_] = window.weeks >= week_after(window.week, -1)
    return recent


# -- groups outside clusters -----------------------------------------------------------------------


def add_cluster(state: WeekState, rows: Rows, least: int) -> WeekState:
    """The state in which these free posts are a new cluster, or have joined a similar one.

    Unchanged if they represent fewer than `least` posts or have nothing in common.
    """
    window, settings = state.window, state.settings
    if len(rows) < settings.small_group or window.count_posts(rows) < least:
        return state
    if mean_cosine(window.space.aligned[rows]) <= LOOSE:
        return state
    similar = _most_similar(state, state.core(rows), without=NO_CLUSTER)
    if similar is None or similar[1] < settings.same:
        return _found_cluster(state, rows)[0]
    cluster = similar[0]
    own = cosines(window.space.aligned[rows], cluster.core[None])[:, 0]
    return state.with_labels(rows[own >= cluster.min_similarity], cluster.cluster_id)


def small_groups(state: WeekState, least: int) -> list[Rows]:
    """Groups of free posts of the last two weeks that are too small to show in the whole window.

    `least` is their smallest number of posts. Each is as tight as the known clusters; without any
    cluster no group is found. At least half of the smallest group must be of this week.
    """
    window, tightness = state.window, _tightness(state)
    free = np.flatnonzero(state.posts_in(NO_CLUSTER) & _is_recent(window))
    some = free[sample_rows(len(free), MOST_FREE_POSTS)]
    scaled = round(least * len(some) / max(window.count_posts(free), 1.0))
    smallest = max(state.settings.small_group, scaled)
    if tightness is None or len(some) < smallest:
        return []
    groups = find_tight_groups(window.space.aligned[some], tightness, smallest)
    found = [some[groups == group] for group in range(groups.max(initial=-1) + 1)]
    return [rows for rows in found if window.current[rows].sum() >= smallest / 2]


def _tightness(state: WeekState) -> float | None:
    """The mean cosine of two posts of a cluster: the median over the clusters that accept posts."""
    aligned = state.window.space.aligned
    rows = [np.flatnonzero(state.posts_in(own.cluster_id)) for own in _accepting_by_id(state)]
    large = [own for own in rows if len(own) >= state.settings.smallest]
    return float(np.median([mean_cosine(aligned[own]) for own in large])) if large else None


# -- parts of a cluster ----------------------------------------------------------------------------


def split_cluster(state: WeekState, owner: str, groups: Sequence[Rows], smallest: int) -> WeekState:
    """The state in which distant parts of a cluster that live beside its core have split from it.

    A part whose posts ended, or to which all posts have moved, is not a split but a drift. The
    splits are added to `proposed_splits`.
    """
    parts = [part for part in (_part(state, owner, rows, smallest) for rows in groups) if len(part)]
    if len(parts) < 2:
        return state
    settings = state.settings
    cores = np.stack([state.core(rows) for rows in parts])
    keeper = int(cosines(cores, state.clusters[owner].core[None])[:, 0].argmax())
    apart = cosines(cores, cores[keeper][None])[:, 0]
    splits = []
    for part, rows in enumerate(parts):
        similar = _most_similar(state, cores[part], without=owner)
        is_known = similar is not None and similar[1] >= settings.same
        is_apart = apart[part] < settings.split and not is_known
        if is_apart and _live_side_by_side(state.window, parts[keeper], rows):
            state, child = _found_cluster(state, rows, parent=owner)
            if child is not None:
                near = float(apart[part])
                splits.append(Event(LineageEvent.SPLIT, child.cluster_id, near, owner))
    if not splits:
        return state
    rest = replace(state.clusters[owner], core=state.core(np.flatnonzero(state.posts_in(owner))))
    proposed = (*state.proposed_splits, *splits)
    return replace(state.with_clusters(rest), proposed_splits=proposed)


def _live_side_by_side(window: Window, kept: Rows, left: Rows) -> bool:
    """Whether two parts both continue, and neither only takes the place of the other."""
    one, other = window.posts_by_week(kept), window.posts_by_week(left)
    spread = float(window.weights.max())  # counts of a sample vary more than counts of all posts
    return split_odds(one, other, window.posts_by_week(), spread) >= SURE_SPLIT


def _part(state: WeekState, owner: str, rows: Rows, smallest: int) -> Rows:
    """The rows that belong to the owner or are free, if they are a large part of it; else none."""
    window, whole = state.window, state.posts_in(owner)
    own: Rows = rows[whole[rows] | (state.labels[rows] == NO_CLUSTER)]
    now = window.current
    is_large = is_large_part(window.count_posts(own), window.count_posts(whole), smallest)
    is_large_now = is_large_part(now[own].sum(), (whole & now).sum(), 2)
    return own if is_large and is_large_now else own[:0]


# -- making a cluster ------------------------------------------------------------------------------


def cluster_of_posts(
    state: WeekState,
    cluster_id: str,
    rows: Rows,
    *,
    core: Vector,
    min_similarity: float,
    parent: str = "",
) -> Cluster:
    """A discovered cluster of these posts, found this week, active and without a name.

    Its mass is that of its posts of earlier weeks; those of this week are added with the others at
    the end of the week.
    """
    window, weights = state.window, state.weights(rows)
    is_past = ~window.current[rows]
    past = window.count_posts(rows[is_past])
    raw = window.space.raw[rows]
    return replace(
        empty_cluster(cluster_id, ClusterOrigin.DISCOVERED, window.week, window.space.width),
        centre=mean_direction(raw, weights),
        plain_centre=mean_direction(raw, window.weights[rows]),
        core=core,
        min_similarity=min_similarity,
        mass=float(weights[is_past].sum()),
        plain_mass=past,
        unseen_posts=round(past),
        parent=parent,
        state=ClusterState.ACTIVE,
    )


def _found_cluster(
    state: WeekState, rows: Rows, parent: str = ""
) -> tuple[WeekState, Cluster | None]:
    """The state with a new cluster of those of these posts that are near its core; the cluster.

    Unchanged, and None, if none of the near posts is of this week.
    """
    window, settings = state.window, state.settings
    core = state.core(rows)
    similarities = cosines(window.space.aligned[rows], core[None])[:, 0]
    least = min_similarity_of(similarities, settings.fence, settings.min_similarity)
    inside = similarities >= least
    rows, similarities = rows[inside], similarities[inside]
    now = window.current[rows]
    if not now.any():
        return state, None
    nearest = sorted(zip(-similarities[now], rows[now], strict=True))[:ID_POSTS]
    first = sorted(window.space.post_ids[row] for _, row in nearest)
    cluster = cluster_of_posts(
        state,
        content_id("c", ClusterOrigin.DISCOVERED, window.week, first),
        rows,
        core=core,
        min_similarity=least,
        parent=parent,
    )
    return state.with_clusters(cluster).with_labels(rows, cluster.cluster_id), cluster


def _accepting_by_id(state: WeekState) -> list[Cluster]:
    return sorted(state.accepting, key=lambda cluster: cluster.cluster_id)


def _most_similar(state: WeekState, core: Vector, without: str) -> tuple[Cluster, float] | None:
    """The accepting cluster with the nearest core, and the cosine; `without` is left out."""
    others = [own for own in _accepting_by_id(state) if own.cluster_id != without]
    if not others:
        return None
    near = cosines(core[None], np.stack([cluster.core for cluster in others]))[0]
    return others[int(near.argmax())], float(near.max())
