"""Where posts went: what one cluster lost and another gained, from week to week.

A style may turn within days into something that lies elsewhere among the vectors: then a group
appears that nothing near explains, while its forerunner falls silent. What stays the same is how
many people post it. So a young cluster is held against the losses of the clusters nearest to it:

    all of one is lost, and a young one has gained it    it is the same style: it keeps its id
    a part of one is lost, and a young one has gained it it has split
    all of one is lost, and an older one has gained it   the two have merged

What nobody lost is new. Comes in: the window, the clusters, the label of each post; the latter two
are changed in place. Goes out: events. Knows nothing about texts or engagement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import NORMAL_SPREAD, cosine, cosines
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
from zeitgraph.extraction.clusters.window import NONE, Window
from zeitgraph.kg.weeks import week_after

Labels = NDArray[np.object_]

BASE = 6
"""Weeks from which one tells how many posts a cluster would have had."""
FRESH = 3
"""A cluster is young for so many weeks after the first."""
ONSET = 0.25
"""A cluster begins in the first week with this part of the posts of its fullest."""
KIN = 3
"""How many of the nearest clusters may have to do with it."""
KINSHIP = 0.1
"""The least cosine of two clusters of which one goes on as the other."""
APART = 3.0
"""And so many robust deviations above the median of all pairs, where most are alike."""
SURE, LIKELY = 0.001, 0.01
"""Chance (binomial) brings a real loss less often than `SURE`, a gain beside it than `LIKELY`."""
DECLINE = 0.1
"""Where chance brings a decline less often than this, one expects that it goes on."""
FALLING = 0.75
"""A cluster that has this part of its posts left, or less, may be about to move away."""
GONE = 0.3
"""A cluster of which no more than this part is left has moved away."""
BALANCE = (0.4, 2.0)
"""What was gained, over what was lost elsewhere, where the one explains the other."""


def settle_flows(window: Window, clusters: dict[str, Cluster], labels: Labels) -> list[Event]:
    """Tell which young clusters go on or come out of older ones, and which older ones merged."""
    flows = _Flows(window, clusters, labels)
    flows.wait()
    origins = flows.origins()
    events = [event for origin in origins for event in flows.told(origin)]
    known = {origin.elder.cluster_id for origin in origins}
    silent = [old for old in flows.silent() if old.cluster_id not in known]
    return events + [event for old in silent for event in flows.end_of(old)]


@dataclass(frozen=True)
class _Change:
    """Posts of a cluster in some weeks: how many there are, how many its past lets one expect.

    Of the posts then and before (`both`), a part of `share` would be found if nothing had changed:
    the exact test of two Poisson rates (Przyborowski & Wilenski 1940).
    """

    found: float
    expected: float
    both: float
    share: float

    @property
    def lost(self) -> float:
        return self.expected - self.found

    @property
    def chance_of_less(self) -> float:
        from scipy.stats import binom

        return float(binom.cdf(self.found, self.both, self.share))

    @property
    def is_loss(self) -> bool:
        return self.lost > 0 and self.chance_of_less < SURE

    @property
    def is_gain(self) -> bool:
        from scipy.stats import binom

        return bool(self.lost < 0 and binom.sf(self.found - 1, self.both, self.share) < LIKELY)

    @property
    def is_gone(self) -> bool:
        return self.is_loss and self.found <= GONE * self.expected

    def explains(self, gained: float) -> bool:
        """Whether what another one gained is about what was lost here."""
        return BALANCE[0] * self.lost <= gained <= BALANCE[1] * self.lost


@dataclass(frozen=True)
class _Origin:
    """A young cluster that goes on, or came out of, an elder one at a cosine of `near`."""

    young: Cluster
    elder: Cluster
    near: float
    goes_on: bool


class _Flows:
    """Posts of each cluster by week of the window."""

    def __init__(self, window: Window, clusters: dict[str, Cluster], labels: Labels) -> None:
        self.window, self.clusters, self.labels = window, clusters, labels
        self.explained = set[str]()  # clusters of which it is known where their posts came from
        self.weeks: Sequence[str] = sorted({window.week, *window.weeks.tolist()})
        at = np.searchsorted(np.array(self.weeks, object), window.weeks)
        self.totals = np.bincount(at, minlength=len(self.weeks)).astype(float)
        self.counts = {
            cluster_id: np.bincount(at[labels == cluster_id], minlength=len(self.weeks))
            for cluster_id in sorted(clusters)
        }

    @property
    def now(self) -> int:
        return len(self.weeks) - 1

    def change(
        self, cluster: Cluster, since: int, base: int | None = None, *, steady: bool = False
    ) -> _Change | None:
        """Of a cluster from week `since` on, against the weeks before `base`; None without any.

        Where it was declining one expects that to go on, unless it is taken for `steady`.
        """
        base = since if base is None else base
        before = slice(max(0, base - BASE), base)
        total = float(self.totals[before].sum())
        if total == 0 or cluster.first_week > self.weeks[before.start]:
            return None
        counts = self.counts[cluster.cluster_id]
        rate = float(counts[before].sum()) / total
        rate = rate if steady else min(rate, self._declining(counts, before))
        found, volume = float(counts[since:].sum()), float(self.totals[since:].sum())
        both = round(found + rate * total)
        return _Change(found, rate * volume, both, volume / (volume + total))

    def _declining(self, counts: NDArray[np.int64], before: slice) -> float:
        """The rate after some weeks in which it surely fell, if it goes on so; else no limit."""
        from scipy.stats import binom

        middle = (before.start + before.stop) // 2
        halves = slice(before.start, middle), slice(middle, before.stop)
        posts = [float(counts[half].sum()) for half in halves]
        totals = [float(self.totals[half].sum()) for half in halves]
        if not all(totals):
            return np.inf
        fell = binom.cdf(posts[1], sum(posts), totals[1] / sum(totals)) < DECLINE
        early, late = (n / total for n, total in zip(posts, totals, strict=True))
        return max(0.0, 2 * late - early) if fell else np.inf

    def kin(self, cluster: Cluster) -> list[Cluster]:
        """The clusters nearest to one, the nearest first."""
        others = [c for c in self.clusters.values() if c.draws and c is not cluster]
        if not others:
            return []
        near = cosines(cluster.core[None], np.stack([c.core for c in others]))[0]
        order = sorted(range(len(others)), key=lambda i: (-near[i], others[i].cluster_id))
        return [others[i] for i in order[:KIN]]

    @cached_property
    def kinship(self) -> float:
        """The cosine from which two clusters are more alike than most."""
        cores = [cluster.core for cluster in self.clusters.values() if cluster.draws]
        if len(cores) < 2:
            return KINSHIP
        near = cosines(np.stack(cores), cores)[np.triu_indices(len(cores), 1)]
        middle = float(np.median(near))
        spread = NORMAL_SPREAD * float(np.median(np.abs(near - middle)))
        return max(KINSHIP, middle + APART * spread)

    # -- what young clusters come from ---------------------------------------------------------

    def wait(self) -> None:
        """Leave for next week what appeared only now, beside a falling cluster that is its kin.

        It may be where that one goes. A week later it is told, as its posts are then there already.
        """
        for young in list(self.young()):
            counts = self.counts[young.cluster_id]
            is_untold = young.first_week == self.window.week
            is_newest = is_untold and counts[:-1].sum() <= counts[self.now]
            if is_newest and any(self._is_falling(elder, young) for elder in self.kin(young)):
                self.labels[self.labels == young.cluster_id] = NONE
                del self.clusters[young.cluster_id]

    def _is_falling(self, elder: Cluster, young: Cluster) -> bool:
        change = self.change(elder, self.now)
        if change is None or change.is_gone or cosine(young.core, elder.core) < self.kinship:
            return False
        return change.found <= FALLING * change.expected and change.chance_of_less < DECLINE

    def origins(self) -> list["_Origin"]:
        """What young clusters go on or come out of, the nearest pairs first; each cluster once."""
        found = [origin for young in self.young() for origin in self._origins_of(young)]
        found.sort(key=lambda o: (-o.near, o.young.cluster_id, o.elder.cluster_id))
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

    def _origins_of(self, young: Cluster) -> Iterator["_Origin"]:
        counts = self.counts[young.cluster_id]
        onset = int(np.argmax(counts > ONSET * counts.max()))
        parents = {c.parent for c in self.clusters.values() if c.first_week >= self.weeks[onset]}
        for elder in self.kin(young):
            now = self.change(elder, self.now, base=onset)
            whole = self.change(elder, onset)
            if now is None or whole is None or elder.cluster_id in parents or elder.hold == STILL:
                continue
            if not (whole.is_loss and whole.explains(float(counts[onset:].sum()))):
                continue
            near = cosine(young.core, elder.core)
            is_left = now.found > GONE * now.expected
            if near >= self.kinship and now.is_gone and now.explains(float(counts[self.now])):
                yield _Origin(young, elder, near, goes_on=True)
            elif is_left and young.first_week < self.window.week:
                yield _Origin(young, elder, near, goes_on=False)

    def told(self, origin: "_Origin") -> list[Event]:
        """What an origin makes of the two clusters, and the event."""
        young, elder = origin.young, origin.elder
        if origin.goes_on:
            return self._goes_on(elder, young)
        self.clusters[young.cluster_id] = replace(young, parent=elder.cluster_id, unseen_posts=0)
        return [Event("split", young.cluster_id, origin.near, elder.cluster_id)]

    def _goes_on(self, elder: Cluster, young: Cluster) -> list[Event]:
        """The elder takes the young one's place; one that was never told of leaves no trace."""
        was_told = young.first_week < self.window.week
        own = self.labels == young.cluster_id
        self.labels[own & self.window.current if was_told else own] = elder.cluster_id
        self.clusters[elder.cluster_id] = replace(
            elder,
            centre=young.centre,
            plain_centre=young.plain_centre,
            core=young.core,
            reach=young.reach,
            mass=young.mass,
            plain_mass=young.plain_mass,
        )
        if not was_told:
            del self.clusters[young.cluster_id]
            return []
        self.clusters[young.cluster_id] = replace(
            young, state=CONTINUED, parent=elder.cluster_id, unseen_posts=0
        )
        return [
            Event("continued", young.cluster_id, cosine(young.core, elder.core), elder.cluster_id)
        ]

    # -- what old clusters went into -----------------------------------------------------------

    def silent(self) -> Iterator[Cluster]:
        """Clusters that had posts and have hardly any in the week, by id."""
        for cluster_id in sorted(self.clusters):
            cluster = self.clusters[cluster_id]
            change = self.change(cluster, self.now, steady=True)
            if (
                cluster.state == ACTIVE
                and not cluster.hold
                and change
                and change.found <= GONE * change.expected
            ):
                yield cluster

    def end_of(self, old: Cluster) -> list[Event]:
        """The merge in which it ended, if another gained what it lost, in one of the last weeks."""
        for since in range(self.now, max(0, self.now - FRESH), -1):
            loss = self.change(old, since, steady=True)
            if loss is None or not loss.is_gone:
                continue
            for other in self.kin(old):
                gain, near = self.change(other, since, steady=True), cosine(old.core, other.core)
                if gain is None or near < self.kinship or other.cluster_id in self.explained:
                    continue
                if gain.is_gain and loss.explains(-gain.lost):
                    self.explained.add(other.cluster_id)
                    state = FADED if old.origin == NAMED else MERGED  # a name may come back
                    self.clusters[old.cluster_id] = replace(old, state=state)
                    return [Event("merged", old.cluster_id, near, other.cluster_id)]
        return []
