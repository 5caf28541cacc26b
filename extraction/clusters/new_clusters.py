"""Clusters that come into being: out of posts that are in none, or out of one that splits.

Comes in: the window, the clusters that stand, and the label of each post of the window. Both are
changed in place: clusters are added, posts get their labels (those of earlier weeks only here, for
the search; in their tables they stay what they were). Knows nothing about names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import reach_of
from zeitgraph.extraction.clusters.density import find_groups, find_tight_groups
from zeitgraph.extraction.clusters.lineage import Event
from zeitgraph.extraction.clusters.state import (
    ACTIVE,
    DISCOVERED,
    Cluster,
    Vector,
    mean_direction,
    newborn,
)
from zeitgraph.extraction.clusters.transition_models import PARTED, onset_of, stories_of
from zeitgraph.extraction.clusters.window import NONE, Window
from zeitgraph.extraction.geometry.cosine import cosines
from zeitgraph.extraction.geometry.neighbours import sample_of
from zeitgraph.extraction.geometry.post_space import Points
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.settings import ClusterSettings

Labels = NDArray[np.object_]
Rows = NDArray[np.intp]

ID_POSTS = 5
"""Posts of the first week that go into the id of a discovered cluster."""

MOST_LEFT = 4000
"""Posts among which seedlings are looked for: of more that are in none, an even sample."""

LOOSE = 0.05
"""Posts with nothing in common form groups with their neighbours too: two of such a group have no
greater cosine than this on the mean. In clusters of real posts it was 0.09 and more."""

LEAST_PART = 0.2
"""A part of a cluster with a smaller share of its posts is a shade of it, and does not leave."""


def grown_up(window: Window, clusters: dict[str, Cluster], labels: Labels) -> None:
    """Label a parent's posts of earlier weeks as its children's where these are nearer."""
    families: dict[str, list[Cluster]] = {}
    for child in sorted(clusters.values(), key=lambda cluster: cluster.cluster_id):
        if child.parent in clusters and child.draws:
            families.setdefault(child.parent, [clusters[child.parent]]).append(child)
    for parent, family in families.items():
        rows = np.flatnonzero((labels == parent) & ~window.current)
        near = cosines(window.cloud.points[rows], np.stack([c.core for c in family]))
        for row, best in zip(rows, near.argmax(axis=1), strict=True):
            labels[row] = family[best].cluster_id


def discover(
    window: Window, clusters: dict[str, Cluster], labels: Labels, settings: ClusterSettings
) -> list[Event]:
    """Find dense groups of the window, and make clusters of those that are none; the splits.

    The whole window is searched, posts in clusters too: a lone new group has no shape against
    nothing. A group most of whose posts are in no cluster is born, or taken in by a cluster that is
    `same`. Of several groups within one cluster, the one nearest to its core keeps its id.
    """
    search = _Search(window, clusters, labels, settings)
    groups = find_groups(window.cloud.seen, search.smallest_even, window.even)
    within: dict[str, list[Rows]] = {}
    for group in range(groups.max(initial=-1) + 1):
        rows = np.flatnonzero(groups == group)
        owner, share = _owner(labels[rows], window.weights[rows])
        if owner == NONE and share >= 0.5:
            search.bear(rows[labels[rows] == NONE], settings.smallest)
        elif share > 0.5 and owner in clusters and clusters[owner].draws:
            within.setdefault(owner, []).append(rows)
    events = [event for owner in sorted(within) for event in search.split(owner, within[owner])]
    for rows in search.seedlings():
        search.bear(rows, settings.small_group)
    return events


def core_of(window: Window, rows: Rows, settings: ClusterSettings) -> Vector:
    """The core of these posts, (d,): their mean direction, weighted by heat."""
    return mean_direction(window.cloud.points[rows], _pulls(window, rows, settings))


def _pulls(window: Window, rows: Rows, settings: ClusterSettings) -> NDArray[np.float64]:
    """What these posts, and those that they stand for, weigh in a centre."""
    return (window.heat[rows] + settings.heat_floor) * window.weights[rows]


def cluster_of_posts(
    cluster_id: str, window: Window, rows: Rows, settings: ClusterSettings
) -> Cluster:
    """A cluster of these posts that nobody had named, found this week; core and reach are to come.

    Its mass is that of the posts of earlier weeks; those of this week are still to come too.
    """
    cloud = window.cloud
    weights = _pulls(window, rows, settings)
    is_past = ~window.current[rows]
    past = window.posts(rows[is_past])
    return replace(
        newborn(cluster_id, DISCOVERED, window.week, cloud.width),
        centre=mean_direction(cloud.raw[rows], weights),
        plain_centre=mean_direction(cloud.raw[rows], window.weights[rows]),
        mass=float(weights[is_past].sum()),
        plain_mass=past,
        unseen_posts=round(past),
        state=ACTIVE,
    )


def mean_cosine(points: Points) -> float:
    """The mean cosine of two different rows of unit `points`, (n, d), n at least 2."""
    count = len(points)
    length = float(np.square(points.sum(axis=0, dtype=float)).sum())
    return (length - count) / (count * (count - 1))


def _owner(labels: Labels, weights: NDArray[np.float64]) -> tuple[str, float]:
    """The label of most, the least of those that tie, and its share."""
    names, of = np.unique(labels.astype(str), return_inverse=True)
    counts = np.bincount(of, weights)
    most = int(counts.argmax())
    return str(names[most]), float(counts[most] / weights.sum())


@dataclass(frozen=True)
class _Search:
    """What births are made of, and written into: see the module."""

    window: Window
    clusters: dict[str, Cluster]
    labels: Labels
    settings: ClusterSettings

    @property
    def smallest(self) -> int:
        """Posts of the smallest group that is looked for."""
        share = self.settings.smallest_share * float(self.window.weights.sum())
        return max(self.settings.smallest, round(share))

    @property
    def smallest_even(self) -> int:
        """Rows of the even sample of the window that stand for the smallest group."""
        part = float(self.window.even.sum() / max(self.window.weights.sum(), 1.0))
        return max(self.settings.smallest, round(part * self.smallest))

    @property
    def seedling(self) -> int:
        """Posts of the smallest seedling, beside its weeks as a group beside the window."""
        share = self.settings.smallest_share * self.window.posts(self._is_recent)
        return max(self.settings.small_group, round(share))

    @property
    def _is_recent(self) -> NDArray[np.bool_]:
        recent: NDArray[np.bool_] = self.window.weeks >= week_after(self.window.week, -1)
        return recent

    def bear(self, rows: Rows, least: int) -> None:
        """A new cluster of at least `least` posts that are in none; or more posts for one near."""
        if len(rows) < self.settings.small_group or self.window.posts(rows) < least:
            return
        if mean_cosine(self.window.cloud.points[rows]) <= LOOSE:
            return
        standing = self._nearest(self._core(rows), without=NONE)
        if standing is None or standing[1] < self.settings.same:
            self._settle(rows)
            return
        cluster = standing[0]
        own = cosines(self.window.cloud.points[rows], cluster.core[None])[:, 0]
        self.labels[rows[own >= cluster.min_similarity]] = cluster.cluster_id

    def seedlings(self) -> list[Rows]:
        """Small groups of the last two weeks among the posts in none, too few to show among all.

        Each is as tight as the clusters that stand: none before there are any.
        """
        window, tight = self.window, self._tightness()
        left = np.flatnonzero((self.labels == NONE) & self._is_recent)
        some = left[sample_of(len(left), MOST_LEFT)]
        smallest = max(
            self.settings.small_group,
            round(self.seedling * len(some) / max(window.posts(left), 1.0)),
        )
        if tight is None or len(some) < smallest:
            return []
        groups = find_tight_groups(window.cloud.points[some], tight, smallest)
        found = [some[groups == group] for group in range(groups.max(initial=-1) + 1)]
        return [rows for rows in found if window.current[rows].sum() >= smallest / 2]

    def _tightness(self) -> float | None:
        """The mean cosine of two posts of a cluster: the median over the clusters that draw."""
        points = self.window.cloud.points
        rows = [np.flatnonzero(self.labels == c.cluster_id) for c in self._drawing()]
        fair = [own for own in rows if len(own) >= self.settings.smallest]
        return float(np.median([mean_cosine(points[own]) for own in fair])) if fair else None

    def _drawing(self) -> list[Cluster]:
        return [self.clusters[key] for key in sorted(self.clusters) if self.clusters[key].draws]

    def split(self, owner: str, groups: Sequence[Rows]) -> list[Event]:
        """Parts of a cluster that live beside the part that keeps its id, but far from it, leave.

        A part that ended, or one that all have moved to, is no split: that is how a style drifts.
        """
        parts = [part for part in (self._part(rows, owner) for rows in groups) if len(part)]
        if len(parts) < 2:
            return []
        cores = np.stack([self._core(rows) for rows in parts])
        keeper = int(cosines(cores, self.clusters[owner].core[None])[:, 0].argmax())
        apart = cosines(cores, cores[keeper][None])[:, 0]
        events = []
        for part, rows in enumerate(parts):
            known = self._nearest(cores[part], without=owner)
            is_known = known is not None and known[1] >= self.settings.same
            is_apart = apart[part] < self.settings.split and not is_known
            if is_apart and self._has_parted(parts[keeper], rows):
                child = self._settle(rows, parent=owner)
                if child is not None:
                    events.append(Event("split", child.cluster_id, float(apart[part]), owner))
        if events:
            rest = np.flatnonzero(self.labels == owner)
            self.clusters[owner] = replace(self.clusters[owner], core=self._core(rest))
        return events

    def _has_parted(self, kept: Rows, left: Rows) -> bool:
        """Whether two parts go on beside each other, and neither only takes the other's place."""
        totals = self.window.posts_by_week()
        one, other = self.window.posts_by_week(kept), self.window.posts_by_week(left)
        onset = max(onset_of(one), onset_of(other))
        older, younger = (one, other) if onset_of(one) <= onset_of(other) else (other, one)
        spread = float(self.window.weights.max())  # numbers of few that stand for many vary more
        return stories_of(older, younger, totals, onset, spread).parted >= PARTED

    def _part(self, rows: Rows, owner: str) -> Rows:
        """The rows that are the owner's or free, if they are a fair part of it then and now."""
        posts, whole = self.window.posts, self.labels == owner
        own: Rows = rows[whole[rows] | (self.labels[rows] == NONE)]
        now = self.window.current
        fair = posts(own) >= max(self.smallest, LEAST_PART * posts(whole))
        fair_now = now[own].sum() >= max(2, LEAST_PART * (whole & now).sum())
        return own if fair and fair_now else own[:0]

    def _settle(self, rows: Rows, parent: str = "") -> Cluster | None:
        """Add a cluster of these posts but for those beyond its reach; None if none are of now."""
        window, settings = self.window, self.settings
        core = self._core(rows)
        similarities = cosines(window.cloud.points[rows], core[None])[:, 0]
        reach = reach_of(similarities, settings.fence, settings.min_similarity)
        inside = similarities >= reach
        rows, similarities = rows[inside], similarities[inside]
        now = window.current[rows]
        if not now.any():
            return None
        nearest = sorted(zip(-similarities[now], rows[now], strict=True))[:ID_POSTS]
        first = sorted(window.cloud.post_ids[row] for _, row in nearest)
        cluster_id = content_id("c", DISCOVERED, window.week, first)
        cluster = replace(
            cluster_of_posts(cluster_id, window, rows, settings),
            core=core,
            min_similarity=reach,
            parent=parent,
        )
        self.clusters[cluster.cluster_id] = cluster
        self.labels[rows] = cluster.cluster_id
        return cluster

    def _core(self, rows: Rows) -> Vector:
        return core_of(self.window, rows, self.settings)

    def _nearest(self, core: Vector, without: str) -> tuple[Cluster, float] | None:
        """The cluster with the nearest core, and its cosine; of those that draw, but for one."""
        others = [cluster for cluster in self._drawing() if cluster.cluster_id != without]
        if not others:
            return None
        near = cosines(core[None], np.stack([cluster.core for cluster in others]))[0]
        return others[int(near.argmax())], float(near.max())
