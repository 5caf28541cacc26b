"""What a person said about clusters, respected in a week's clustering.

Comes in: the table `edits` of the week. Beneath every edit the clusters live on as they were found:
a cluster that is merged or deleted by hand still draws its posts, so that nothing like it is born
again, and moves with them; its posts are only *told* as another's, or as nobody's. So that
changes no other id, and taking it back gives what was there before; only a part that leaves, and a
centre held still, may change what is born later. A cluster that a hand merged, split, deleted or
pinned is held: it is never merged by itself (`Cluster.hold`).

Knows nothing about the file, which `kg/edits/file.py` reads.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import reach_of
from zeitgraph.extraction.clusters.lineage import Event
from zeitgraph.extraction.clusters.naming import NAMELESS, Name
from zeitgraph.extraction.clusters.new_clusters import cluster_of_posts, core_of
from zeitgraph.extraction.clusters.state import (
    ACTIVE,
    FADED,
    FOLLOWS,
    HELD,
    STILL,
    Cluster,
    mean_direction,
)
from zeitgraph.extraction.clusters.window import NONE, Window
from zeitgraph.extraction.geometry.cosine import cosine, cosines
from zeitgraph.extraction.names.words import is_chinese
from zeitgraph.kg.workspace.settings import ClusterSettings

Labels = NDArray[np.object_]
Clusters = MutableMapping[str, Cluster]

ROUNDS = 20
"""Rounds after which a part that is to leave has its border."""

HAND = "hand"


@dataclass(frozen=True)
class Part:
    """What is to leave a cluster: its id and name, and how it is known."""

    part_id: str
    whole_id: str
    name: Name
    posts: frozenset[str]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Hand:
    """The edits of a week by what they do, each by cluster id."""

    names: Mapping[str, Name]
    into: Mapping[str, str]
    deleted: frozenset[str]
    pins: Mapping[str, str]
    parts: tuple[Part, ...]

    # -- before posts join -------------------------------------------------------------------

    def hold(self, cluster: Cluster) -> Cluster:
        """The cluster with what a hand does to it; one that had faded is back when it is pinned."""
        hold = self.pins.get(cluster.cluster_id) or (
            HELD if cluster.cluster_id in self._touched else None
        )
        state = ACTIVE if cluster.state == FADED and hold in {FOLLOWS, STILL} else cluster.state
        return replace(cluster, hold=hold, state=state)

    def hold_all(self, clusters: Clusters) -> None:
        """Hold all that are to be held, in place."""
        for cluster_id, cluster in clusters.items():
            clusters[cluster_id] = self.hold(cluster)

    @property
    def _touched(self) -> frozenset[str]:
        split = {cluster_id for part in self.parts for cluster_id in (part.part_id, part.whole_id)}
        return frozenset({*self.into, *self.into.values(), *self.deleted, *split})

    # -- parts that leave --------------------------------------------------------------------

    def split(
        self, window: Window, clusters: Clusters, labels: Labels, settings: ClusterSettings
    ) -> list[Event]:
        """Let the parts leave that have not yet; clusters and labels are changed in place."""
        events = []
        for part in self.parts:
            whole = clusters.get(part.whole_id)
            if part.part_id in clusters or whole is None:
                continue
            rows = _leaving(part, window, labels)
            if not (rows & window.current).any():
                continue
            labels[rows] = part.part_id
            rest = np.flatnonzero(labels == part.whole_id)
            child = _child(part, window, np.flatnonzero(rows), settings)
            clusters[part.part_id] = child
            clusters[part.whole_id] = whole = replace(whole, core=core_of(window, rest, settings))
            near = cosine(child.core, whole.core)
            events.append(Event("split", part.part_id, near, part.whole_id, HAND))
        return events

    def stilled(self, cluster: Cluster, before: Mapping[str, Cluster]) -> Cluster:
        """The cluster, with the place that it had `before` where it is pinned to it."""
        if cluster.hold != STILL or cluster.cluster_id not in before:
            return cluster
        place = before[cluster.cluster_id]
        if not place.draws:
            return cluster
        return replace(
            cluster,
            centre=place.centre,
            plain_centre=place.plain_centre,
            core=place.core,
            min_similarity=place.min_similarity,
        )

    # -- how it is told ----------------------------------------------------------------------

    def home(self, cluster_id: str, clusters: Mapping[str, Cluster]) -> str | None:
        """Under which id a cluster is told: another, none (empty), or null for its own.

        It is merged only from the week in which both are there.
        """
        home = cluster_id
        while (into := self.into.get(home)) in clusters and clusters[str(into)].alive:
            home = str(into)
        if home in self.deleted:
            return NONE
        return None if home == cluster_id else home

    def told(self, labels: Labels, clusters: Clusters) -> Labels:
        """The label of each post as it is told; clusters get their `shown_as`, in place."""
        homes = {}
        for cluster_id, cluster in clusters.items():
            home = self.home(cluster_id, clusters)
            homes[cluster_id] = cluster_id if home is None else home
            clusters[cluster_id] = replace(cluster, shown_as=home)
        return np.array([homes.get(label, label) for label in labels], object)

    def happened(
        self,
        found: Iterable[Event],
        before: Iterable[Cluster],
        clusters: Iterable[Cluster],
    ) -> list[Event]:
        """The events that are told: those of clusters that are told, and what the hand did."""
        earlier = {cluster.cluster_id: cluster for cluster in before}
        now = {cluster.cluster_id: cluster for cluster in clusters}
        shown_as = {
            c: cluster.shown_as for c, cluster in now.items() if cluster.shown_as is not None
        }
        events = []
        for event in found:
            other = shown_as.get(event.other_id) or event.other_id
            if event.cluster_id not in shown_as and other != event.cluster_id:
                events.append(replace(event, other_id=other))
        for cluster_id in sorted(now):
            events += self._done(now[cluster_id], earlier.get(cluster_id), now)
        return events

    def _done(
        self, cluster: Cluster, before: Cluster | None, now: Mapping[str, Cluster]
    ) -> Iterable[Event]:
        """What the hand did to a cluster in this week and not yet in the last."""
        cluster_id = cluster.cluster_id
        if cluster.shown_as is not None:
            if before is None or before.shown_as is None:
                if cluster.shown_as == NONE:
                    yield Event("deleted", cluster_id, None, done_by=HAND)
                else:
                    near = cosine(cluster.core, now[cluster.shown_as].core)
                    yield Event("merged", cluster_id, near, cluster.shown_as, HAND)
            return
        name = self.names.get(cluster_id, NAMELESS)
        is_part = any(part.part_id == cluster_id and part.name == name for part in self.parts)
        had = Name(before.name_en, before.name_zh) if before else NAMELESS
        if not is_part and name.over(had) != had:
            yield Event("renamed", cluster_id, None, done_by=HAND)
        if cluster.is_pinned and (before is None or not before.is_pinned):
            yield Event("pinned", cluster_id, None, done_by=HAND)


def hand_of(edits: pa.Table) -> Hand:
    """The hand whose edits are rows of the table `edits`."""
    rows: list[dict[str, Any]] = edits.to_pylist()
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda r: (r["kind"], r["cluster_id"], r["other_id"])):
        by_kind.setdefault(row["kind"], []).append(row)
    parts = tuple(
        Part(
            row["other_id"],
            row["cluster_id"],
            Name(row["en"], row["zh"]),
            frozenset(row["posts"]),
            tuple(row["words"]),
        )
        for row in by_kind.get("split", ())
    )
    names = {part.part_id: part.name for part in parts}
    for row in by_kind.get("rename", ()):
        name = Name(row["en"] or "", row["zh"] or "")
        names[row["cluster_id"]] = name.over(names.get(row["cluster_id"], NAMELESS))
    return Hand(
        names=names,
        into={row["cluster_id"]: row["other_id"] for row in by_kind.get("merge", ())},
        deleted=frozenset(row["cluster_id"] for row in by_kind.get("delete", ())),
        pins={row["cluster_id"]: row["centre"] for row in by_kind.get("pin", ())},
        parts=parts,
    )


# -- which posts leave -----------------------------------------------------------------------------


def _leaving(part: Part, window: Window, labels: Labels) -> NDArray[np.bool_]:
    """The posts of the window that leave, (n,): none where there is no example, or nothing stays.

    Seeded k-means with two centres (Basu, Banerjee & Mooney 2002, section 3): the examples are of
    the part and stay so; every other post of the cluster goes to the nearer of the two centres, by
    its place among its neighbours, until none moves.
    """
    whole = labels == part.whole_id
    examples = _examples(part, window, whole | (labels == NONE))
    leaving, rows = examples.copy(), whole | examples
    seen = window.cloud.seen
    for _ in range(ROUNDS):
        if not leaving.any() or not (rows & ~leaving).any():
            return np.zeros(len(labels), bool)
        own, rest = (
            mean_direction(seen[side], np.ones(int(side.sum())))
            for side in (leaving, rows & ~leaving)
        )
        near = cosines(seen, np.stack([own, rest]))
        moved = examples | (rows & (near[:, 0] > near[:, 1]))
        if (moved == leaving).all():
            break
        leaving = moved
    return leaving if (rows & ~leaving).any() else np.zeros(len(labels), bool)


def _examples(part: Part, window: Window, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The posts, (n,), that the part names, or that say one of its words."""
    words = [_pattern(word) for word in part.words]
    says: NDArray[np.bool_] = np.array(
        [
            post_id in part.posts or any(word.search(text.words) for word in words)
            for post_id, text in zip(window.cloud.post_ids, window.texts, strict=True)
        ],
        bool,
    )
    return among & says


def _pattern(word: str) -> re.Pattern[str]:
    """Finds a word; one of letters stands by itself, as Chinese ones need not."""
    within = re.escape(word)
    return re.compile(
        within if is_chinese(word) else rf"(?<!\w){within}(?!\w)", flags=re.IGNORECASE
    )


def _child(
    part: Part, window: Window, rows: NDArray[np.intp], settings: ClusterSettings
) -> Cluster:
    """The cluster of a part that leaves with these posts."""
    core = core_of(window, rows, settings)
    near = cosines(window.cloud.points[rows], core[None])[:, 0]
    return replace(
        cluster_of_posts(part.part_id, window, rows, settings),
        core=core,
        min_similarity=reach_of(near, settings.fence, settings.min_similarity),
        parent=part.whole_id,
    )
