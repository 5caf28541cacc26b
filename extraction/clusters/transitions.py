"""Transitions: posts that one cluster lost and another gained, from week to week.

Within days a style may turn into something that lies elsewhere among the vectors: a group appears
that resembles nothing nearby, while its predecessor falls silent. The number of its posts stays the
same. So a young cluster is compared with the clusters nearest to it, by the posts of both
(`transition_models.py`), by their similarity among all pairs, and by whether they approached each
other (`approach.py`):

    evidence                                        decision
    it came out of an older cluster; it is not yet  its posts count for the older cluster for now;
    known whether that one continues                if that one is silent, it has turned
    it came out of a cluster that continues         a split
    it counted as new, and all posts of an older    the same style continues, under the older id
    cluster have moved to it
    all posts of a cluster are gone, and an older   a merge
    cluster gained them

A cluster whose posts no other has lost is new. Input: a `WeekState`. Output: the next state and its
events. `transition_evidence.py` computes the numbers, this module decides. It does not know about
texts or engagement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zeitgraph.extraction.clusters.approach import approach_t, merge_support
from zeitgraph.extraction.clusters.cluster import Cluster, take_place
from zeitgraph.extraction.clusters.transition_evidence import (
    LEAST_PAST,
    PairSimilarities,
    base_begin,
    is_gone,
    is_silent,
    models_of_pair,
    onset_range,
    overdispersion,
    pair_similarities,
)
from zeitgraph.extraction.clusters.transition_models import (
    SURE_SPLIT,
    Counts,
    ModelEvidence,
    merge_odds,
    onset_week,
)
from zeitgraph.extraction.clusters.week_state import Event, StepResult, WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER
from zeitgraph.extraction.geometry.unit_vectors import cosine, cosines
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState, Hold, LineageEvent
from zeitgraph.kg.base.weeks import week_after

YOUNG_WEEKS = 3
"""A cluster is young for this number of weeks after its first."""
CANDIDATES = 3
"""How many of the nearest clusters may be the partner in a transition."""
TURN_DEVIATIONS = 2.5
"""A turn needs clusters that are at least this many robust deviations more similar than the median
pair. A split does not: the part that stays proves the relation."""
SURE, POSSIBLE = 1.0, -0.5
"""Log odds from which one cluster certainly came out of another, and from which it may have."""
PROVEN_WEEKS = 2
"""Weeks after which the number of posts alone may prove a split."""


def settle_transitions(state: WeekState) -> StepResult:
    """Step: young clusters are turns, splits or new; silent clusters may have merged into others.

    The proposed splits are reviewed first: the part need not come from the cluster that held it.
    """
    evidence = _Evidence.of(state)
    state, events = _review_splits(state, evidence)
    origins = _origins(state, evidence)
    for origin in origins:
        state, own = _apply_origin(state, evidence, origin)
        events += own
    settled = {origin.elder.cluster_id for origin in origins}
    silent = [old for old in _silent(state, evidence) if old.cluster_id not in settled]
    explained = frozenset[str]()  # clusters that are known to have gained the posts of another
    for old in silent:
        state, merged = _merge_into_gainer(state, evidence, old, explained)
        explained |= {event.other_id for event in merged}
        events += merged
    return state, events


@dataclass(frozen=True)
class _Evidence:
    """Posts of each cluster and of all by week, (weeks,), at the beginning of the step.

    `spread` is the overdispersion of the counts, `pairs` the similarities of all clusters.
    """

    weeks: Sequence[str]
    totals: Counts
    counts: Mapping[str, Counts]
    spread: float
    pairs: PairSimilarities

    @classmethod
    def of(cls, state: WeekState) -> "_Evidence":
        window, ids = state.window, sorted(state.clusters)
        weeks, totals = window.all_weeks, window.posts_by_week()
        counts = {own: window.posts_by_week(state.posts_in(own)) for own in ids}
        whole = [counts[own] for own in ids if state.clusters[own].first_week <= weeks[0]]
        pairs = pair_similarities([cluster.core for cluster in state.accepting])
        return cls(weeks, totals, counts, overdispersion(whole, totals), pairs)

    @property
    def now(self) -> int:
        """The number of this week."""
        return len(self.weeks) - 1

    def begin_of(self, cluster: Cluster) -> int:
        """The first week of the window in which the posts of a cluster have a path."""
        is_whole = cluster.first_week <= self.weeks[0]
        return 0 if is_whole else onset_week(self.counts[cluster.cluster_id])

    def related_odds(self, one: Cluster, other: Cluster) -> float:
        """Log odds, by their similarity, that two clusters are related."""
        return self.pairs.related_odds(cosine(one.core, other.core))

    def may_turn(self, young: Cluster, elder: Cluster) -> bool:
        """Whether two clusters are so similar that the elder may be the younger one's old look."""
        return self.pairs.deviations(cosine(young.core, elder.core)) >= TURN_DEVIATIONS

    def is_gone(self, elder: Cluster, young: Cluster, weeks: int = 1) -> bool:
        """Whether in the last weeks hardly any posts of the two clusters are of the elder."""
        left, gained = self.counts[elder.cluster_id], self.counts[young.cluster_id]
        return is_gone(left, gained, weeks)

    def is_silent(self, cluster: Cluster, since: int) -> bool:
        """Whether a cluster has hardly any of its expected posts from the week `since` on."""
        if cluster.first_week > self.weeks[base_begin(since)]:
            return False
        return is_silent(self.counts[cluster.cluster_id], self.totals, since)


def _candidates(state: WeekState, evidence: _Evidence, cluster: Cluster, at: int) -> list[Cluster]:
    """The clusters nearest to one that had a past in the week `at`, the nearest first."""
    others = [
        other
        for other in state.accepting
        if other.cluster_id != cluster.cluster_id and at - evidence.begin_of(other) >= LEAST_PAST
    ]
    if not others:
        return []
    near = cosines(cluster.core[None], np.stack([other.core for other in others]))[0]
    order = sorted(range(len(others)), key=lambda i: (-near[i], others[i].cluster_id))
    return [others[i] for i in order[:CANDIDATES]]


def _approach(state: WeekState, of: Cluster, toward: Cluster, at: int) -> float | None:
    """The t of how the posts of one cluster approached another in the weeks until `at`."""
    window, rows = state.window, np.flatnonzero(state.posts_in(of.cluster_id))
    near = cosines(window.space.aligned[rows], toward.core[None])[:, 0]
    return approach_t(near, window.week_numbers[rows], at)


def _models(
    state: WeekState, evidence: _Evidence, young: Cluster, elder: Cluster, onsets: Sequence[int]
) -> list[ModelEvidence]:
    """The evidence for each model of two clusters, for each week the younger may have begun in."""
    return models_of_pair(
        evidence.counts[elder.cluster_id],
        evidence.counts[young.cluster_id],
        evidence.totals,
        onsets=onsets,
        begin=evidence.begin_of(elder),
        approach=_approach(state, elder, young, onsets[0]),
        spread=evidence.spread,
    )


# -- proposed splits -------------------------------------------------------------------------------


def _review_splits(state: WeekState, evidence: _Evidence) -> StepResult:
    """The state without proposed splits, and the splits that hold."""
    events: tuple[Event, ...] = ()
    for split in state.proposed_splits:
        state, own = _review_split(state, evidence, split)
        events += own
    return replace(state, proposed_splits=()), events


def _review_split(state: WeekState, evidence: _Evidence, split: Event) -> StepResult:
    """A part split from the cluster that held it, or from another, or is new.

    A part that has been in its cluster for long came from there.
    """
    part, holder = state.clusters[split.cluster_id], state.clusters[split.other_id]
    onsets = onset_range(evidence.counts[part.cluster_id])
    if onsets[0] - evidence.begin_of(holder) < LEAST_PAST:
        return state, (split,)
    candidates = (holder, *_candidates(state, evidence, part, onsets[0]))
    elders = {elder.cluster_id: elder for elder in candidates}
    odds = {
        key: max(model.split_or_born for model in _models(state, evidence, part, elder, onsets))
        + evidence.related_odds(part, elder)
        for key, elder in elders.items()
    }
    best = max(odds, key=lambda key: (round(odds[key], 6), key == split.other_id, key))
    if odds[best] < SURE and odds[split.other_id] <= POSSIBLE:
        return state.with_clusters(replace(part, parent="")), ()
    if odds[best] < SURE or best == split.other_id:
        return state, (split,)
    near = cosine(part.core, elders[best].core)
    moved = replace(split, other_id=best, measure=near)
    return state.with_clusters(replace(part, parent=best)), (moved,)


# -- where young clusters came from ----------------------------------------------------------------


@dataclass(frozen=True)
class _Origin:
    """A young cluster and the elder that it came out of.

    `odds` and `split_odds` are log odds that it did, and that it split instead of turning.
    `may_turn` is true if they are so similar that the elder may be the young one's old look.
    """

    young: Cluster
    elder: Cluster
    odds: float
    split_odds: float
    may_turn: bool


def _origins(state: WeekState, evidence: _Evidence) -> list[_Origin]:
    """The origins of young clusters, the surest first; each cluster is in one pair at most."""
    found = [
        origin for young in _young(state) for origin in _possible_origins(state, evidence, young)
    ]
    found.sort(key=lambda o: (-round(o.odds, 6), o.young.cluster_id, o.elder.cluster_id))
    chosen: list[_Origin] = []
    used: set[str] = set()
    for origin in found:
        pair = {origin.young.cluster_id, origin.elder.cluster_id}
        if not pair & used:
            chosen.append(origin)
            used |= pair
    return chosen


def _young(state: WeekState) -> Iterator[Cluster]:
    """Clusters discovered in the last weeks whose origin is not known."""
    since = week_after(state.window.week, -YOUNG_WEEKS)
    for cluster in state.accepting:
        is_free = not cluster.parent and not cluster.hold
        is_discovered = cluster.origin == ClusterOrigin.DISCOVERED
        if is_discovered and is_free and cluster.first_week >= since:
            yield cluster


def _possible_origins(state: WeekState, evidence: _Evidence, young: Cluster) -> Iterator[_Origin]:
    onsets = onset_range(evidence.counts[young.cluster_id])
    begin = evidence.weeks[onsets[0]]
    parents = {own.parent for own in state.clusters.values() if own.first_week >= begin}
    for elder in _candidates(state, evidence, young, onsets[0]):
        if elder.cluster_id in parents or elder.hold == Hold.STILL:
            continue
        models = _models(state, evidence, young, elder, onsets)
        may_turn = evidence.may_turn(young, elder)
        if not may_turn and evidence.is_gone(elder, young):
            continue
        odds = max(model.related if may_turn else model.split_or_born for model in models)
        odds += evidence.related_odds(young, elder)
        if odds > POSSIBLE:
            yield _Origin(young, elder, odds, models[0].split_or_turned, may_turn)


def _apply_origin(state: WeekState, evidence: _Evidence, origin: _Origin) -> StepResult:
    """What an origin means for the two clusters."""
    young, elder = origin.young, origin.elder
    if young.first_week == state.window.week:
        if origin.may_turn and origin.odds >= SURE:
            return _count_for_elder(state, evidence, origin), ()
        return (_postpone(state, evidence, young) if origin.may_turn else state), ()
    if origin.odds < SURE:
        return state, ()
    weeks = evidence.now - onset_week(evidence.counts[young.cluster_id])
    is_proven = not origin.may_turn and weeks >= PROVEN_WEEKS
    if origin.split_odds >= SURE_SPLIT or is_proven:
        child = replace(young, parent=elder.cluster_id, unseen_posts=0)
        near = cosine(young.core, elder.core)
        split = Event(LineageEvent.SPLIT, young.cluster_id, near, elder.cluster_id)
        return state.with_clusters(child), (split,)
    if origin.split_odds <= 0 and evidence.is_gone(elder, young, weeks=2):
        return _continue_as_elder(state, elder, young)
    return state, ()


def _postpone(state: WeekState, evidence: _Evidence, young: Cluster) -> WeekState:
    """The state without a cluster that appeared only this week; next week will show its origin."""
    counts = evidence.counts[young.cluster_id]
    if counts[:-1].sum() > counts[evidence.now] / 2:
        return state
    free = state.with_labels(state.posts_in(young.cluster_id), NO_CLUSTER)
    return free.without_cluster(young.cluster_id)


def _count_for_elder(state: WeekState, evidence: _Evidence, origin: _Origin) -> WeekState:
    """The state in which the posts of a cluster found this week are the elder's.

    They show a turn, or a split that will be known later.
    """
    young, elder = origin.young, origin.elder
    state = state.with_labels(state.posts_in(young.cluster_id), elder.cluster_id)
    state = state.without_cluster(young.cluster_id)
    if origin.split_odds <= 0 and evidence.is_gone(elder, young):
        state = state.with_clusters(_turned(elder, young))
    return state


def _continue_as_elder(state: WeekState, elder: Cluster, young: Cluster) -> StepResult:
    """The elder takes the place of a cluster that counted as new in earlier weeks."""
    state = state.with_labels(state.new_posts_in(young.cluster_id), elder.cluster_id)
    ended = replace(young, state=ClusterState.CONTINUED, parent=elder.cluster_id, unseen_posts=0)
    near = cosine(young.core, elder.core)
    event = Event(LineageEvent.CONTINUED, young.cluster_id, near, elder.cluster_id)
    return state.with_clusters(_turned(elder, young), ended), (event,)


def _turned(elder: Cluster, young: Cluster) -> Cluster:
    """The elder with the place and the mass of the young cluster."""
    turned = take_place(elder, of=young)
    return replace(turned, mass=young.mass, plain_mass=young.plain_mass)


# -- where old clusters went -----------------------------------------------------------------------


def _silent(state: WeekState, evidence: _Evidence) -> Iterator[Cluster]:
    """Active clusters that had posts and have hardly any this week, by id."""
    for cluster_id in sorted(state.clusters):
        cluster = state.clusters[cluster_id]
        is_free = cluster.state == ClusterState.ACTIVE and not cluster.hold
        if is_free and evidence.is_silent(cluster, evidence.now):
            yield cluster


def _merge_into_gainer(
    state: WeekState, evidence: _Evidence, old: Cluster, explained: frozenset[str]
) -> StepResult:
    """The silent cluster merges into one that gained its posts, if there is one.

    The loss may have begun in one of the last weeks. A cluster in `explained` gained the posts of
    another cluster already.
    """
    best: tuple[float, Cluster] | None = None
    for since in range(evidence.now, max(LEAST_PAST, evidence.now - YOUNG_WEEKS), -1):
        if not evidence.is_silent(old, since):
            continue
        for other in _candidates(state, evidence, old, since):
            begin = max(evidence.begin_of(old), evidence.begin_of(other))
            if other.cluster_id in explained or since - begin < LEAST_PAST:
                continue
            odds = _merge_odds(state, evidence, old, other, since=since, begin=begin)
            if odds > (best[0] if best else SURE):
                best = odds, other
    if best is None:
        return state, ()
    other = best[1]
    is_named = old.origin == ClusterOrigin.NAMED  # a named style may come back
    merged = replace(old, state=ClusterState.FADED if is_named else ClusterState.MERGED)
    near = cosine(old.core, other.core)
    event = Event(LineageEvent.MERGED, old.cluster_id, near, other.cluster_id)
    return state.with_clusters(merged), (event,)


def _merge_odds(
    state: WeekState, evidence: _Evidence, old: Cluster, other: Cluster, *, since: int, begin: int
) -> float:
    """Log odds that the posts of `old` went to `other` in the week `since`; paths from `begin`."""
    odds = merge_odds(
        evidence.counts[old.cluster_id][begin:],
        evidence.counts[other.cluster_id][begin:],
        evidence.totals[begin:],
        since - begin,
        evidence.spread,
    )
    both = _approach(state, old, other, since), _approach(state, other, old, since)
    return odds + (evidence.related_odds(old, other) + merge_support(both))
