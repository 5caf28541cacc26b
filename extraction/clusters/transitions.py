"""Where posts went: what one cluster lost and another gained, from week to week.

A style may turn within days into something that lies elsewhere among the vectors: then a group
appears that nothing near explains, while its forerunner falls silent. What stays the same is how
many people post it. So a young cluster is held against the clusters nearest to it, by the posts of
both (`stories.py`), by how near they lie among all pairs, and by how they lean (`leaning.py`):

    it came out of an older one, and it is not known   its posts are the older one's for now: where
    yet whether that one goes on beside it             that one falls silent, it has only turned
    it came out of one that goes on beside it          that one has split
    it was taken for new, and all of an older one      it is the same style, which keeps its id
    has gone over into it
    all of one is lost, and an older one gained it     the two have merged

What nobody lost is new. Comes in: the window, the clusters, the label of each post; the latter two
are changed in place. Goes out: events. Knows nothing about texts or engagement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.approach import coming, leans, turning
from zeitgraph.extraction.clusters.assign import NORMAL_SPREAD
from zeitgraph.extraction.clusters.lineage import Event
from zeitgraph.extraction.clusters.state import (
    ACTIVE,
    CONTINUED,
    DISCOVERED,
    FADED,
    MERGED,
    NAMED,
    STILL,
    Cluster,
)
from zeitgraph.extraction.clusters.transition_models import (
    PARTED,
    Stories,
    ended_in,
    onset_of,
    stories_of,
)
from zeitgraph.extraction.clusters.window import NONE, Window
from zeitgraph.extraction.geometry.cosine import cosine, cosines
from zeitgraph.kg.base.weeks import week_after

Labels = NDArray[np.object_]

LEAST_SPREAD = 0.02
"""Cosines of pairs are taken to spread at least so much."""
FRESH = 3
"""A cluster is young for so many weeks after the first."""
KIN = 3
"""How many of the nearest clusters may have to do with it."""
APART = 2.5
"""Two clusters of which one goes on as the other lie so many robust deviations above the median of
all pairs. Where a part stays, that proves it, and they need not."""
SURE, MAYBE = 1.0, -0.5
"""Log of the odds from which one cluster came out of another, and from which it may have."""
PROVEN = 2
"""Weeks after the first of a part in which its number may prove a split, though nothing else says
so."""
NEARNESS, NEARER = 3.0, 2.0
"""Mean and deviation of that number for clusters that have to do with each other; for others it is
like Student's t of `TAILS` degrees of freedom, since some pairs are alike by chance."""
TAILS = 3
NEAREST = NEARNESS + NEARER
"""Nearer than this says no more."""
GONE = 0.3
"""A cluster of which no more than this part is left has moved away."""
BASE = 6
"""Weeks from which one tells how many posts a cluster would have had."""
OLD = 3
"""Weeks without which a cluster has no past to hold anything against."""


def settle_flows(
    window: Window, clusters: dict[str, Cluster], labels: Labels, splits: Sequence[Event] = ()
) -> list[Event]:
    """Tell which young clusters go on or come out of older ones, and which older ones merged.

    `splits` are parts that have left the cluster that held them; it need not be where they came
    from.
    """
    flows = _Flows(window, clusters, labels)
    parted = [event for split in splits for event in flows.reviewed(split)]
    origins = flows.origins()
    events = [event for origin in origins for event in flows.told(origin)]
    known = {origin.elder.cluster_id for origin in origins}
    silent = [old for old in flows.silent() if old.cluster_id not in known]
    return parted + events + [event for old in silent for event in flows.end_of(old)]


@dataclass(frozen=True)
class _Origin:
    """A young cluster that came out of an elder one; logs of odds that it did, and that it parted.

    `may_turn` where they lie so near that the elder may be the young one in its old look.
    """

    young: Cluster
    elder: Cluster
    odds: float
    parted: float
    may_turn: bool


class _Flows:
    """Posts of each cluster by week of the window."""

    def __init__(self, window: Window, clusters: dict[str, Cluster], labels: Labels) -> None:
        self.window, self.clusters, self.labels = window, clusters, labels
        self.explained = set[str]()  # clusters of which it is known where their posts came from
        self.weeks = window.all_weeks
        self.totals = window.posts_by_week()
        self.counts = {
            cluster_id: window.posts_by_week(labels == cluster_id)
            for cluster_id in sorted(clusters)
        }

    @property
    def now(self) -> int:
        return len(self.weeks) - 1

    def begin_of(self, cluster: Cluster) -> int:
        """The week of the window from which the posts of a cluster have a path."""
        is_old = cluster.first_week <= self.weeks[0]
        return 0 if is_old else onset_of(self.counts[cluster.cluster_id])

    def kin(self, cluster: Cluster, at: int) -> list[Cluster]:
        """The clusters nearest to one that had a past in the week `at`, the nearest first."""
        others = [c for c in self.clusters.values() if c.draws and c is not cluster]
        others = [c for c in others if at - self.begin_of(c) >= OLD]
        if not others:
            return []
        near = cosines(cluster.core[None], np.stack([c.core for c in others]))[0]
        order = sorted(range(len(others)), key=lambda i: (-near[i], others[i].cluster_id))
        return [others[i] for i in order[:KIN]]

    @cached_property
    def pairs(self) -> tuple[float, float, int]:
        """The median cosine of two clusters, its robust deviation, and the number of clusters."""
        cores = [cluster.core for cluster in self.clusters.values() if cluster.draws]
        if len(cores) < 3:
            return 0.0, 1.0, max(len(cores), 1)
        near = cosines(np.stack(cores), cores)[np.triu_indices(len(cores), 1)]
        middle = float(np.median(near))
        spread = NORMAL_SPREAD * float(np.median(np.abs(near - middle)))
        return middle, max(spread, LEAST_SPREAD), len(cores)

    def apart(self, one: Cluster, other: Cluster) -> float:
        """How many deviations nearer two clusters lie than most."""
        middle, spread, _ = self.pairs
        return (cosine(one.core, other.core) - middle) / spread

    def nearness(self, one: Cluster, other: Cluster) -> float:
        """What their places say for one having to do with the other: log of the odds.

        It may have to do with any cluster.
        """
        from scipy.stats import norm, t

        apart, among = min(self.apart(one, other), NEAREST), self.pairs[2]
        ratio = norm.logpdf(apart, NEARNESS, NEARER) - t.logpdf(apart, TAILS)
        return float(ratio) - float(np.log(among))

    def leans(self, of: Cluster, toward: Cluster, at: int) -> float | None:
        """How surely the posts of one lean to another in the weeks until `at` (leaning.py)."""
        rows = np.flatnonzero(self.labels == of.cluster_id)
        near = cosines(self.window.cloud.points[rows], toward.core[None])[:, 0]
        return leans(near, self.window.places[rows], at)

    @cached_property
    def spread(self) -> float:
        """By how much counts spread more than Poisson ones, at least 1.

        The squares of what changed from week to week over what chance lets one expect (von Neumann
        1941), so that what grows or fades spreads no more; the median over the clusters.
        """
        found = []
        scale = self.totals.mean() / np.maximum(self.totals, 1.0)
        for cluster_id, counts in self.counts.items():
            if self.clusters[cluster_id].first_week <= self.weeks[0] and self.now >= OLD:
                rates = counts * scale
                chance = (rates * scale)[1:] + (rates * scale)[:-1]
                full = chance > 0
                if full.sum() >= OLD:
                    found.append(float((np.square(np.diff(rates))[full] / chance[full]).mean()))
        return max(1.0, float(np.median(found))) if found else 1.0

    # -- what young clusters come from ---------------------------------------------------------

    def origins(self) -> list[_Origin]:
        """What young clusters go on or come out of, the surest pairs first; each cluster once."""
        found = [origin for young in self.young() for origin in self._origins_of(young)]
        found.sort(key=lambda o: (-round(o.odds, 6), o.young.cluster_id, o.elder.cluster_id))
        chosen: list[_Origin] = []
        used: set[str] = set()
        for origin in found:
            pair = {origin.young.cluster_id, origin.elder.cluster_id}
            if not pair & used:
                chosen.append(origin)
                used |= pair
        return chosen

    def young(self) -> Iterator[Cluster]:
        """Clusters found in the last weeks that came out of none yet."""
        since = week_after(self.window.week, -FRESH)
        for cluster in self.clusters.values():
            is_found = cluster.origin == DISCOVERED and cluster.draws and not cluster.parent
            if is_found and not cluster.hold and cluster.first_week >= since:
                yield cluster

    def reviewed(self, split: Event) -> list[Event]:
        """The split of a part from where it came: the cluster that held it, another, or none.

        What has been in its cluster for long came from there.
        """
        part, holder = self.clusters[split.cluster_id], self.clusters[split.other_id]
        onset, first = self._onsets(part)
        if onset - self.begin_of(holder) < OLD:
            return [split]
        elders = {elder.cluster_id: elder for elder in (holder, *self.kin(part, onset))}
        odds = {
            key: max(tale.split - tale.born for tale in self._tales(part, elder, (onset, first)))
            + self.nearness(part, elder)
            for key, elder in elders.items()
        }
        best = max(odds, key=lambda key: (round(odds[key], 6), key == split.other_id, key))
        if odds[best] < SURE and odds[split.other_id] <= MAYBE:
            self.clusters[part.cluster_id] = replace(part, parent="")
            return []
        if odds[best] < SURE or best == split.other_id:
            return [split]
        self.clusters[part.cluster_id] = replace(part, parent=best)
        near = cosine(part.core, elders[best].core)
        return [replace(split, other_id=best, measure=near)]

    def _onsets(self, young: Cluster) -> tuple[int, int]:
        """The week in which one begins, and the first of at most two before with some of it."""
        counts = self.counts[young.cluster_id]
        onset = first = onset_of(counts)
        while first > max(0, onset - 2) and counts[first - 1] > 0:
            first -= 1
        return onset, first

    def _tales(self, young: Cluster, elder: Cluster, onsets: tuple[int, int]) -> list[Stories]:
        """The stories of two clusters, by each week in which the young one may have begun."""
        begin, leant = self.begin_of(elder), turning(self.leans(elder, young, onsets[0]))
        counts, past = self.counts[young.cluster_id][begin:], self.counts[elder.cluster_id][begin:]
        tales = [
            stories_of(past, counts, self.totals[begin:], onset - begin, self.spread)
            for onset in onsets
        ]
        return [replace(tale, turned=tale.turned + leant) for tale in tales]

    def _origins_of(self, young: Cluster) -> Iterator[_Origin]:
        onset, first = self._onsets(young)
        parents = {c.parent for c in self.clusters.values() if c.first_week >= self.weeks[onset]}
        for elder in self.kin(young, onset):
            if elder.cluster_id in parents or elder.hold == STILL:
                continue
            origin = self._origin(young, elder, (onset, first))
            if origin is not None:
                yield origin

    def _origin(self, young: Cluster, elder: Cluster, onsets: tuple[int, int]) -> _Origin | None:
        """How the young one came out of the elder; None where it did not, or not surely."""
        tales = self._tales(young, elder, onsets)
        may_turn = self.apart(young, elder) >= APART
        if not may_turn and self._is_gone(elder, young):
            return None
        odds = max(tale.kin if may_turn else tale.split - tale.born for tale in tales)
        odds += self.nearness(young, elder)
        return _Origin(young, elder, odds, tales[0].parted, may_turn) if odds > MAYBE else None

    def told(self, origin: _Origin) -> list[Event]:
        """What an origin makes of the two clusters, and the event."""
        young, elder = origin.young, origin.elder
        if young.first_week == self.window.week:
            if origin.may_turn and origin.odds >= SURE:
                self._hold(origin)
            elif origin.may_turn:
                self._wait(young)
            return []
        if origin.odds < SURE:
            return []
        weeks = self.now - onset_of(self.counts[young.cluster_id])
        if origin.parted >= PARTED or (not origin.may_turn and weeks >= PROVEN):
            self.clusters[young.cluster_id] = replace(
                young, parent=elder.cluster_id, unseen_posts=0
            )
            near = cosine(young.core, elder.core)
            return [Event("split", young.cluster_id, near, elder.cluster_id)]
        if origin.parted <= 0 and self._is_gone(elder, young, 2):
            return self._goes_on(elder, young)
        return []

    def _wait(self, young: Cluster) -> None:
        """Leave for next week what may have come out of another, if it appeared only now."""
        counts = self.counts[young.cluster_id]
        if counts[:-1].sum() <= counts[self.now] / 2:
            self.labels[self.labels == young.cluster_id] = NONE
            del self.clusters[young.cluster_id]

    def _is_gone(self, elder: Cluster, young: Cluster, weeks: int = 1) -> bool:
        """Whether in so many last weeks hardly any of the two was of the elder."""
        left, gained = (self.counts[c.cluster_id][-weeks:].sum() for c in (elder, young))
        return bool(left <= GONE * (left + gained))

    def _hold(self, origin: _Origin) -> None:
        """The posts of one that was never told of are the elder's: a turn, or a split to come."""
        young, elder = origin.young, origin.elder
        self.labels[self.labels == young.cluster_id] = elder.cluster_id
        del self.clusters[young.cluster_id]
        if origin.parted <= 0 and self._is_gone(elder, young):
            self._takes_place(elder, young)

    def _takes_place(self, elder: Cluster, young: Cluster) -> None:
        self.clusters[elder.cluster_id] = replace(
            elder,
            centre=young.centre,
            plain_centre=young.plain_centre,
            core=young.core,
            min_similarity=young.min_similarity,
            mass=young.mass,
            plain_mass=young.plain_mass,
        )

    def _goes_on(self, elder: Cluster, young: Cluster) -> list[Event]:
        """The elder takes the place of one that was told of as new."""
        own = (self.labels == young.cluster_id) & self.window.current
        self.labels[own] = elder.cluster_id
        self._takes_place(elder, young)
        self.clusters[young.cluster_id] = replace(
            young, state=CONTINUED, parent=elder.cluster_id, unseen_posts=0
        )
        near = cosine(young.core, elder.core)
        return [Event("continued", young.cluster_id, near, elder.cluster_id)]

    # -- what old clusters went into -----------------------------------------------------------

    def silent(self) -> Iterator[Cluster]:
        """Clusters that had posts and have hardly any in the week, by id."""
        for cluster_id in sorted(self.clusters):
            cluster = self.clusters[cluster_id]
            if cluster.state == ACTIVE and not cluster.hold and self._is_silent(cluster, self.now):
                yield cluster

    def _is_silent(self, cluster: Cluster, since: int) -> bool:
        """Whether hardly any is left from a week on of what the weeks before let one expect."""
        before = slice(max(0, since - BASE), since)
        total = float(self.totals[before].sum())
        if not total or cluster.first_week > self.weeks[before.start]:
            return False
        counts = self.counts[cluster.cluster_id]
        expected = float(counts[before].sum()) / total * float(self.totals[since:].sum())
        return float(counts[since:].sum()) <= GONE * expected

    def end_of(self, old: Cluster) -> list[Event]:
        """The merge in which it ended, if another gained what it lost, in one of the last weeks."""
        gone = self.counts[old.cluster_id]
        best: tuple[float, Cluster] | None = None
        for since in range(self.now, max(OLD, self.now - FRESH), -1):
            if not self._is_silent(old, since):
                continue
            for other in self.kin(old, since):
                if other.cluster_id in self.explained:
                    continue
                begin = max(self.begin_of(old), self.begin_of(other))
                if since - begin < OLD:
                    continue
                odds = ended_in(
                    gone[begin:],
                    self.counts[other.cluster_id][begin:],
                    self.totals[begin:],
                    since - begin,
                    self.spread,
                )
                both = self.leans(old, other, since), self.leans(other, old, since)
                odds += self.nearness(old, other) + coming(both)
                if odds > (best[0] if best else SURE):
                    best = odds, other
        if best is None:
            return []
        other = best[1]
        self.explained.add(other.cluster_id)
        state = FADED if old.origin == NAMED else MERGED  # a name may come back
        self.clusters[old.cluster_id] = replace(old, state=state)
        return [Event("merged", old.cluster_id, cosine(old.core, other.core), other.cluster_id)]
