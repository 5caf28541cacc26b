"""What happens in the world, week by week: which lineages there are, where they move, how loud.

In come a number of weeks and the last of them; out come shares of lineages, how far each look has
moved, and the planted events. The whole story is the table `PLAN`; the functions below it say what
one line of it does to a week. This module knows nothing about pictures and texts.

A *lineage* is the identity that a perfect tracker would assign, a *look* is what one sees. Times
are shares of the timeline, so that a world of any length tells the same story.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from zeitgraph.kg.base.weeks import week_after

STANDING: Mapping[str, float] = {
    "cyberpunk": 1.0, "pastoral": 1.0, "ink-wash": 0.9, "bohemian": 0.9, "nordic-minimal": 1.0,
    "korean-cream": 1.1, "camping": 1.2, "coastal": 1.1, "gothic": 1.0, "dopamine": 1.4,
    "y2k": 0.8, "vaporwave": 0.8, "vintage-film": 1.3,
}  # fmt: skip
"""The lineages of the first week, and how they weigh against each other."""

FAMILIES: Mapping[str, str] = dict.fromkeys(
    ("nordic-minimal", "korean-cream", "bohemian"), "ins-style home"
)
"""Styles that a family name covers; its members are told apart by rules."""

GROWN = 0.06
"""The share of a week's volume that a newborn style reaches."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One line of the story.

    It begins at `begins` and ends at `ends` (shares of the timeline), or `weeks` weeks after it
    began. `strength` is, by event: how far a drift or merge goes (0..1), which share of the posts a
    split takes away, which share of people's posts of the week a newborn or a season at its peak
    has and a crowd of bots adds, by which factor engagement bursts.
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
TOLD_AT_THEIR_END = {"merge", "death"}
TOLD_AS_SPANS = {"drift", "split"}
SEASON, PEAK = range(36, 45), 40
"""The ISO weeks of the season in each year, and the one at which it is fullest."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something planted: `style` is the lineage it happens to, `other` the one it has to do with.

    A drift and a split last from `week` until `until`, a season likewise; a merge tells the first
    week in which the two are one, a death the first week without posts. `strength` as in `Plan`.
    """

    week: str
    until: str
    event: str
    style: str
    other: str
    strength: float


@dataclass(frozen=True, slots=True)
class Course:
    """Where a lineage stands in a week: on the way from `look` to `toward`, `drift` (0..1) of it.

    No post goes further than `most`: what is to be seen as it was stays on its side of the middle.
    """

    look: str
    toward: str = ""
    drift: float = 0.0
    most: float = 1.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The course of a world of `weeks` ISO weeks that ends with `end_week`."""

    weeks: int
    end_week: str

    def week(self, index: int) -> str:
        """The ISO week at `index` (0 is the first)."""
        return week_after(self.end_week, index - self.weeks + 1)

    def span(self, plan: Plan) -> tuple[int, int]:
        """The indexes of the weeks in which a line of the story begins and ends."""
        last = self.weeks - 1
        first = round(plan.begins * last)
        return first, min(last, first + plan.weeks) if plan.weeks else round(plan.ends * last)

    def progress(self, plan: Plan, index: int) -> float:
        """How much of a line of the story has happened in a week, 0 before it and 1 at its end."""
        first, last = self.span(plan)
        if first == last:
            return float(index >= first)
        return min(1.0, max(0.0, (index - first) / (last - first)))

    def has_begun(self, plan: Plan, index: int) -> bool:
        """Whether a line of the story is under way, or over."""
        return index >= self.span(plan)[0]

    def iso_week(self, index: int) -> int:
        """The number of the week in its year, 1..53."""
        return int(self.week(index)[-2:])

    def volume(self, index: int) -> float:
        """How many posts the week has, as a multiple of an even week, bots among them."""
        swing = 1.0 + 0.18 * math.sin(1.7 * index + 0.5) + 0.07 * math.cos(2.9 * index)
        return swing * (1 + self.bot_share(index))

    def bot_share(self, index: int) -> float:
        """How many posts bots add to the week, as a share of what people post."""
        plan = planned("bot-burst")
        return plan.strength if index == self.span(plan)[0] else 0.0

    def shares(self, index: int) -> dict[str, float]:
        """The share of each lineage among the posts of people in the week; they add up to 1."""
        weights, fixed = dict(STANDING), dict[str, float]()
        for plan in PLAN:
            if plan.event in SHARES:
                SHARES[plan.event](self, plan, index, weights, fixed)
        left = (1 - sum(fixed.values())) / sum(weights.values())
        shares = {lineage: weight * left for lineage, weight in weights.items()} | fixed
        return {lineage: share for lineage, share in shares.items() if share > 0}

    def course(self, index: int, lineage: str) -> Course:
        """Where a lineage stands in a week."""
        for plan in PLAN:
            if plan.event in MOVES and lineage in (plan.lineage, plan.other):
                return MOVES[plan.event](plan, lineage, self.progress(plan, index))
        return Course(lineage)

    def heat(self, index: int, lineage: str) -> float:
        """The factor by which a lineage's engagement exceeds the usual in a week."""
        plan = planned("heat-burst")
        bursts = lineage == plan.lineage and index == self.span(plan)[0]
        return plan.strength if bursts else 1.0

    def events(self) -> tuple[Event, ...]:
        """Everything planted, by week; a season of which no week is in the timeline is none."""
        told = [event for plan in PLAN for event in self._told(plan)]
        return tuple(sorted(told, key=lambda event: (event.week, event.event, event.style)))

    def _told(self, plan: Plan) -> list[Event]:
        spans = self._seasons() if plan.event == "season" else [self.span(plan)]
        named = (plan.event, plan.lineage, plan.other, plan.strength)
        if plan.event in TOLD_AT_THEIR_END:
            return [Event(self.week(last), "", *named) for _, last in spans]
        if plan.event in TOLD_AS_SPANS or plan.event == "season":
            return [Event(self.week(first), self.week(last), *named) for first, last in spans]
        return [Event(self.week(first), "", *named) for first, _ in spans]

    def _seasons(self) -> list[tuple[int, int]]:
        inside = [index for index in range(self.weeks) if self.iso_week(index) in SEASON]
        firsts = [index for index in inside if index - 1 not in inside]
        lasts = [index for index in inside if index + 1 not in inside]
        return list(zip(firsts, lasts, strict=True))


@cache
def planned(event: str) -> Plan:
    """The one line of the story that tells of `event`."""
    (plan,) = (plan for plan in PLAN if plan.event == event)
    return plan


# -- what a line of the story does to the shares of a week -----------------------------------------

Weights = dict[str, float]
"""Weights divide what the planned shares (`fixed`) leave of a week's volume."""


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
        growth = time.progress(plan, index) * (GROWN - plan.strength)
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


# -- and where it moves a look ---------------------------------------------------------------------


def _drifts(plan: Plan, lineage: str, progress: float) -> Course:
    return Course(lineage, plan.other, plan.strength * progress, _most(plan))


def _leaves(plan: Plan, lineage: str, progress: float) -> Course:
    """Those that leave start from the look that they leave; the others stay where they are."""
    return Course(plan.lineage, lineage, progress) if lineage == plan.other else Course(lineage)


def _meets(plan: Plan, lineage: str, progress: float) -> Course:
    """Each goes toward the other, as far as the middle."""
    toward = plan.other if lineage == plan.lineage else plan.lineage
    return Course(lineage, toward, plan.strength * progress, _most(plan))


def _most(plan: Plan) -> float:
    return 1.0 if plan.strength > 0.5 else 0.49


MOVES: Mapping[str, Callable[[Plan, str, float], Course]] = {
    "drift": _drifts,
    "split": _leaves,
    "merge": _meets,
}

JOURNEYS = tuple(
    (plan.other, plan.lineage) if plan.event == "merge" else (plan.lineage, plan.other)
    for plan in PLAN
    if plan.event in MOVES
)
"""The pairs of looks between which looks move: of a merge, the one that stays comes first."""
