"""The timeline of the demo world: lineages, drift and engagement, week by week.

Input: the number of weeks and the last week. Output: the shares of the lineages, how far each look
has moved, and the planted events. The whole story is the table `PLAN`; the functions below it say
how one of its lines changes a week. This module does not know about pictures and texts.

A *lineage* is the identity that a perfect tracker would assign; a *look* is what a viewer sees.
Times are shares of the timeline, so that a world of any length has the same story.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from zeitgraph.kg.base.weeks import week_after

INITIAL_WEIGHTS: Mapping[str, float] = {
    "cyberpunk": 1.0, "pastoral": 1.0, "ink-wash": 0.9, "bohemian": 0.9, "nordic-minimal": 1.0,
    "korean-cream": 1.1, "camping": 1.2, "coastal": 1.1, "gothic": 1.0, "dopamine": 1.4,
    "y2k": 0.8, "vaporwave": 0.8, "vintage-film": 1.3,
}  # fmt: skip
"""The lineages of the first week and their relative weights."""

FAMILIES: Mapping[str, str] = dict.fromkeys(
    ("nordic-minimal", "korean-cream", "bohemian"), "ins-style home"
)
"""Styles with a common family name; rules distinguish the members of the family."""

GROWN_SHARE = 0.06
"""The share of a week's volume that a new style reaches."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One line of the story.

    It begins at `begins` and ends at `ends` (shares of the timeline), or ends `weeks` weeks after
    it began. The meaning of `strength` depends on the event: how far a drift or merge goes (0..1);
    the share of posts that a split takes away; the share of a week's posts by people that a new
    style has at birth or a season has at its peak; the share that bots add; the factor of an
    engagement burst.
    """

    event: str
    lineage: str
    other: str = ""
    begins: float = 0.0
    ends: float = 0.0
    weeks: int = 0
    strength: float = 1.0


PLAN = (
    Plan("drift", "camping", "glamping", begins=0.2, ends=0.85, strength=1.0),
    Plan("drift", "coastal", "riviera", begins=0.2, ends=0.85, strength=0.65),
    Plan("drift", "gothic", "velvet", begins=0.2, ends=0.85, strength=0.3),
    Plan("split", "dopamine", "candy", begins=0.5, weeks=3, strength=0.5),
    Plan("merge", "vaporwave", "y2k", begins=0.2, ends=0.6, strength=0.5),
    Plan("death", "vintage-film", begins=0.1, ends=0.7),
    Plan("birth", "fairycore", begins=0.35, weeks=4, strength=0.01),
    Plan("birth", "solarpunk", begins=0.55, weeks=4, strength=0.02),
    Plan("birth", "balletcore", begins=0.78, weeks=3, strength=0.05),
    Plan("season", "harvest", strength=0.07),
    Plan("bot-burst", "nordic-minimal", begins=0.6, ends=0.6, strength=0.06),
    Plan("heat-burst", "cyberpunk", begins=1.0, ends=1.0, strength=7.0),
)
DATED_AT_END = {"merge", "death"}
DATED_AS_SPANS = {"drift", "split"}
SEASON, PEAK = range(36, 45), 40
"""The ISO weeks of the season in each year, and the week of its peak."""


@dataclass(frozen=True, slots=True)
class Event:
    """A planted event: `style` is the lineage it happens to, `other` the second lineage involved.

    A drift, a split and a season last from `week` until `until`. A merge has the first week in
    which the two lineages are one, a death the first week without posts. `strength` is as in
    `Plan`.
    """

    week: str
    until: str
    event: str
    style: str
    other: str
    strength: float


@dataclass(frozen=True, slots=True)
class LookState:
    """The look of a lineage in a week: a share `drift` (0..1) of the way from `look` to `toward`.

    No post goes further than `max_drift`. A lineage that shall keep its look stays below one half.
    """

    look: str
    toward: str = ""
    drift: float = 0.0
    max_drift: float = 1.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline of a world of `weeks` ISO weeks that ends with `end_week`."""

    weeks: int
    end_week: str

    def week(self, index: int) -> str:
        """Returns the ISO week at `index`; 0 is the first."""
        return week_after(self.end_week, index - self.weeks + 1)

    def span(self, plan: Plan) -> tuple[int, int]:
        """Returns the indexes of the weeks in which a line of the story begins and ends."""
        last = self.weeks - 1
        first = round(plan.begins * last)
        return first, min(last, first + plan.weeks) if plan.weeks else round(plan.ends * last)

    def progress(self, plan: Plan, index: int) -> float:
        """Returns how much of a line of the story has happened: 0 before it begins, 1
        at its end.
        """
        first, last = self.span(plan)
        if first == last:
            return float(index >= first)
        return min(1.0, max(0.0, (index - first) / (last - first)))

    def has_begun(self, plan: Plan, index: int) -> bool:
        """Returns whether a line of the story is in progress or over."""
        return index >= self.span(plan)[0]

    def iso_week(self, index: int) -> int:
        """Returns the number of the week in its year, 1..53."""
        return int(self.week(index)[-2:])

    def volume(self, index: int) -> float:
        """Returns the number of posts, bots included, as a multiple of an average week."""
        swing = 1.0 + 0.18 * math.sin(1.7 * index + 0.5) + 0.07 * math.cos(2.9 * index)
        return swing * (1 + self.bot_share(index))

    def bot_share(self, index: int) -> float:
        """Returns the posts by bots in the week as a share of the posts by people."""
        plan = planned("bot-burst")
        return plan.strength if index == self.span(plan)[0] else 0.0

    def shares(self, index: int) -> dict[str, float]:
        """Returns the share of each lineage among the week's posts by people; the
        shares sum to 1.
        """
        weights, fixed = dict(INITIAL_WEIGHTS), dict[str, float]()
        for plan in PLAN:
            if plan.event in SHARES:
                SHARES[plan.event](self, plan, index, weights, fixed)
        left = (1 - sum(fixed.values())) / sum(weights.values())
        shares = {lineage: weight * left for lineage, weight in weights.items()} | fixed
        return {lineage: share for lineage, share in shares.items() if share > 0}

    def look_state(self, index: int, lineage: str) -> LookState:
        """Returns the look of a lineage in a week."""
        for plan in PLAN:
            if plan.event in MOVES and lineage in (plan.lineage, plan.other):
                return MOVES[plan.event](plan, lineage, self.progress(plan, index))
        return LookState(lineage)

    def heat(self, index: int, lineage: str) -> float:
        """Returns the factor by which a lineage's engagement exceeds the usual level in a week."""
        plan = planned("heat-burst")
        bursts = lineage == plan.lineage and index == self.span(plan)[0]
        return plan.strength if bursts else 1.0

    def events(self) -> tuple[Event, ...]:
        """Returns the planted events, sorted by week. A season without a week in the timeline is
        left out.
        """
        events = [event for plan in PLAN for event in self._events_of(plan)]
        return tuple(sorted(events, key=lambda event: (event.week, event.event, event.style)))

    def _events_of(self, plan: Plan) -> list[Event]:
        spans = self._seasons() if plan.event == "season" else [self.span(plan)]
        named = (plan.event, plan.lineage, plan.other, plan.strength)
        if plan.event in DATED_AT_END:
            return [Event(self.week(last), "", *named) for _, last in spans]
        if plan.event in DATED_AS_SPANS or plan.event == "season":
            return [Event(self.week(first), self.week(last), *named) for first, last in spans]
        return [Event(self.week(first), "", *named) for first, _ in spans]

    def _seasons(self) -> list[tuple[int, int]]:
        inside = [index for index in range(self.weeks) if self.iso_week(index) in SEASON]
        firsts = [index for index in inside if index - 1 not in inside]
        lasts = [index for index in inside if index + 1 not in inside]
        return list(zip(firsts, lasts, strict=True))


@cache
def planned(event: str) -> Plan:
    """Returns the only line of the story for `event`."""
    (plan,) = (line for line in PLAN if line.event == event)
    return plan


# -- how a line of the story changes the shares of a week ------------------------------------------

Weights = dict[str, float]
"""Weights divide the part of a week's volume that the planned shares (`fixed`) leave."""


def _dies(time: Timeline, plan: Plan, index: int, weights: Weights, _fixed: Weights) -> None:
    weights[plan.lineage] *= 1 - time.progress(plan, index)


def _splits(time: Timeline, plan: Plan, index: int, weights: Weights, _fixed: Weights) -> None:
    if time.has_begun(plan, index):
        leaving = plan.strength * weights[plan.lineage]
        weights[plan.lineage] -= leaving
        weights[plan.other] = leaving


def _merges(time: Timeline, plan: Plan, index: int, weights: Weights, _fixed: Weights) -> None:
    if time.progress(plan, index) == 1:
        weights[plan.other] += weights.pop(plan.lineage)


def _is_born(time: Timeline, plan: Plan, index: int, _weights: Weights, fixed: Weights) -> None:
    if time.has_begun(plan, index):
        growth = time.progress(plan, index) * (GROWN_SHARE - plan.strength)
        fixed[plan.lineage] = plan.strength + growth


def _has_its_season(
    time: Timeline, plan: Plan, index: int, _weights: Weights, fixed: Weights
) -> None:
    week = time.iso_week(index)
    if week in SEASON:
        fixed[plan.lineage] = plan.strength * (1 - abs(week - PEAK) / (len(SEASON) // 2 + 1))


SHARES: Mapping[str, Callable[[Timeline, Plan, int, Weights, Weights], None]] = {
    "death": _dies,
    "split": _splits,
    "merge": _merges,
    "birth": _is_born,
    "season": _has_its_season,
}


# -- how a line of the story moves a look ----------------------------------------------------------


def _drifts(plan: Plan, lineage: str, progress: float) -> LookState:
    return LookState(lineage, plan.other, plan.strength * progress, _max_drift(plan))


def _leaves(plan: Plan, lineage: str, progress: float) -> LookState:
    """The part that leaves starts from the look of the whole; the rest keeps that look."""
    return (
        LookState(plan.lineage, lineage, progress) if lineage == plan.other else LookState(lineage)
    )


def _meets(plan: Plan, lineage: str, progress: float) -> LookState:
    """Each of the two moves toward the other, up to the middle."""
    toward = plan.other if lineage == plan.lineage else plan.lineage
    return LookState(lineage, toward, plan.strength * progress, _max_drift(plan))


def _max_drift(plan: Plan) -> float:
    return 1.0 if plan.strength > 0.5 else 0.49


MOVES: Mapping[str, Callable[[Plan, str, float], LookState]] = {
    "drift": _drifts,
    "split": _leaves,
    "merge": _meets,
}

LOOK_CHANGES = tuple(
    (plan.other, plan.lineage) if plan.event == "merge" else (plan.lineage, plan.other)
    for plan in PLAN
    if plan.event in MOVES
)
"""The pairs of looks between which a lineage moves; in a merge, the surviving look comes first."""
