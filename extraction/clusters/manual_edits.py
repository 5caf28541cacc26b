"""Manual edits of clusters, respected in a week's clustering.

Input: the table `edits` of the week. Under each edit the clusters live on as they were found: a
cluster that an edit merges or deletes still receives its posts and moves with them, so that nothing
like it is found again; its posts are only *shown* under another cluster, or under none. So an edit
changes no other id, and withdrawing it restores what was there before. Only a split by an edit, and
a pinned centre, may change which clusters are found later. A cluster that is merged, split, deleted
or pinned by an edit is held: it never merges automatically (`Cluster.hold`).

This module does not know about the file of edits, which `kg/edits/file.py` reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zeitgraph.extraction.clusters.cluster import Cluster, take_place
from zeitgraph.extraction.clusters.edit_split import Part, split_part
from zeitgraph.extraction.clusters.naming import NAMELESS, Name
from zeitgraph.extraction.clusters.week_state import Event, StepResult, WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER
from zeitgraph.extraction.geometry.unit_vectors import cosine
from zeitgraph.kg.base.terms import ClusterState, DoneBy, EditKind, Hold, LineageEvent
from zeitgraph.kg.workspace.rows import EditRow


@dataclass(frozen=True)
class ManualEdits:
    """The edits of a week by what they do.

    `names`, `merged_into` and `pins` are by cluster id; `deleted` are cluster ids; `parts` are the
    parts that split from a cluster.
    """

    names: Mapping[str, Name]
    merged_into: Mapping[str, str]
    deleted: frozenset[str]
    pins: Mapping[str, Hold]
    parts: tuple[Part, ...]

    # -- steps -------------------------------------------------------------------------------

    def hold(self, state: WeekState) -> StepResult:
        """Step: each cluster has the hold that an edit gives it, or none.

        A faded cluster that is pinned is active again.
        """
        return state.with_clusters(*map(self.hold_cluster, state.clusters.values())), ()

    def hold_cluster(self, cluster: Cluster) -> Cluster:
        """The cluster with the hold that an edit gives it, or none."""
        held = Hold.HELD if cluster.cluster_id in self._touched else None
        hold = self.pins.get(cluster.cluster_id) or held
        is_back = cluster.state == ClusterState.FADED and hold in {Hold.FOLLOWS, Hold.STILL}
        return replace(cluster, hold=hold, state=ClusterState.ACTIVE if is_back else cluster.state)

    def split(self, state: WeekState) -> StepResult:
        """Step: parts that an edit names leave their clusters, unless they have left already."""
        events = []
        for part in self.parts:
            if part.part_id in state.clusters or part.whole_id not in state.clusters:
                continue
            after = split_part(part, state)
            if after is not state:
                child, whole = after.clusters[part.part_id], after.clusters[part.whole_id]
                near, kind = cosine(child.core, whole.core), LineageEvent.SPLIT
                events.append(Event(kind, part.part_id, near, part.whole_id, DoneBy.HAND))
                state = after
        return state, tuple(events)

    def pin_places(self, state: WeekState, places: Mapping[str, Cluster]) -> StepResult:
        """Step: a cluster that is pinned to its place has that of `places` again, by id."""
        still = [
            take_place(cluster, of=places[cluster.cluster_id])
            for cluster in state.clusters.values()
            if cluster.hold == Hold.STILL
            and cluster.cluster_id in places
            and places[cluster.cluster_id].accepts_posts
        ]
        return state.with_clusters(*still), ()

    def show(self, state: WeekState) -> StepResult:
        """Step: each cluster knows the id under which its posts are shown."""
        shown = [
            replace(cluster, shown_as=self.shown_as(cluster.cluster_id, state.clusters))
            for cluster in state.clusters.values()
        ]
        return state.with_clusters(*shown), ()

    # -- what is shown -----------------------------------------------------------------------

    def shown_as(self, cluster_id: str, clusters: Mapping[str, Cluster]) -> str | None:
        """The id under which a cluster is shown: another, empty for none, or None for its own.

        A merge by an edit begins in the first week in which both clusters exist.
        """
        shown = cluster_id
        while (into := self.merged_into.get(shown)) is not None:
            if into not in clusters or not clusters[into].is_alive:
                break
            shown = into
        if shown in self.deleted:
            return NO_CLUSTER
        return None if shown == cluster_id else shown

    def shown_events(
        self, found: Iterable[Event], before: Mapping[str, Cluster], now: Mapping[str, Cluster]
    ) -> list[Event]:
        """The events of the clusters that are shown, then what the edits did this week.

        `before` are the clusters at the end of the last week, `now` those at the end of this week.
        """
        shown_as = {key: own.shown_as for key, own in now.items() if own.shown_as is not None}
        events = []
        for event in found:
            other = shown_as.get(event.other_id) or event.other_id
            if event.cluster_id not in shown_as and other != event.cluster_id:
                events.append(replace(event, other_id=other))
        for cluster_id in sorted(now):
            events += self._done(now[cluster_id], before.get(cluster_id), now)
        return events

    def _done(
        self, cluster: Cluster, before: Cluster | None, now: Mapping[str, Cluster]
    ) -> Iterable[Event]:
        """What an edit did to a cluster in this week and had not done in the last."""
        cluster_id, shown_as = cluster.cluster_id, cluster.shown_as
        if shown_as is not None:
            if before is None or before.shown_as is None:
                if shown_as == NO_CLUSTER:
                    yield Event(LineageEvent.DELETED, cluster_id, None, done_by=DoneBy.HAND)
                else:
                    near = cosine(cluster.core, now[shown_as].core)
                    yield Event(LineageEvent.MERGED, cluster_id, near, shown_as, DoneBy.HAND)
            return
        name = self.names.get(cluster_id, NAMELESS)
        is_part = any(part.part_id == cluster_id and part.name == name for part in self.parts)
        had = Name(before.name_en, before.name_zh) if before else NAMELESS
        if not is_part and name.over(had) != had:
            yield Event(LineageEvent.RENAMED, cluster_id, None, done_by=DoneBy.HAND)
        if cluster.is_pinned and (before is None or not before.is_pinned):
            yield Event(LineageEvent.PINNED, cluster_id, None, done_by=DoneBy.HAND)

    @property
    def _touched(self) -> frozenset[str]:
        """The clusters that an edit merges, splits or deletes."""
        split = {cluster_id for part in self.parts for cluster_id in (part.part_id, part.whole_id)}
        return frozenset({*self.merged_into, *self.merged_into.values(), *self.deleted, *split})


def read_manual_edits(rows: Sequence[EditRow]) -> ManualEdits:
    """The edits of rows of the table `edits`; their order changes nothing."""
    by_kind: dict[str, list[EditRow]] = {kind: [] for kind in EditKind}
    for row in sorted(rows, key=lambda r: (r["kind"], r["cluster_id"], r["other_id"])):
        by_kind[row["kind"]].append(row)
    parts = tuple(
        Part(
            row["other_id"],
            row["cluster_id"],
            Name(row["en"] or "", row["zh"] or ""),
            frozenset(row["posts"] or ()),
            tuple(row["words"] or ()),
        )
        for row in by_kind[EditKind.SPLIT]
    )
    names = {part.part_id: part.name for part in parts}
    for row in by_kind[EditKind.RENAME]:
        name = Name(row["en"] or "", row["zh"] or "")
        names[row["cluster_id"]] = name.over(names.get(row["cluster_id"], NAMELESS))
    return ManualEdits(
        names=names,
        merged_into={row["cluster_id"]: row["other_id"] for row in by_kind[EditKind.MERGE]},
        deleted=frozenset(row["cluster_id"] for row in by_kind[EditKind.DELETE]),
        pins={row["cluster_id"]: Hold(row["centre"] or "") for row in by_kind[EditKind.PIN]},
        parts=parts,
    )
