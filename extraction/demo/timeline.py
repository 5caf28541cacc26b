"""What happens in the world, week by week: which styles there are, how many posts, how much heat.

In come a number of weeks and the last of them; out come shares of styles, how far the drift has
gone, and the planted events. This module knows nothing about pictures and texts.
"""

import math
from dataclasses import dataclass

from zeitgraph.kg.weeks import week_after

STEADY = (
    "cyberpunk", "pastoral", "nordic-minimal", "korean-cream", "bohemian", "ink-wash", "dopamine",
    "gothic", "coastal", "y2k",
)  # fmt: skip
LINEAGES = (*STEADY, "vintage-film", "camping", "balletcore")
BORN, FADING, DRIFTING, TARGET, BURSTING = (
    "balletcore", "vintage-film", "camping", "glamping", "y2k",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something planted: `other` is the style drifted into, empty for other events."""

    week: str
    event: str
    style: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The course of a world of `weeks` ISO weeks that ends with `end_week`."""

    weeks: int
    end_week: str

    def week(self, index: int) -> str:
        """The ISO week at `index` (0 is the first)."""
        return week_after(self.end_week, index - self.weeks + 1)

    def _at(self, share: float) -> int:
        return min(self.weeks - 1, round(share * (self.weeks - 1)))

    @property
    def birth(self) -> int:
        """The index of the week when a style is born: late, so that the last weeks tell of it."""
        return self._at(0.75)

    @property
    def burst(self) -> int:
        """The index of the week whose engagement bursts: the last, whose report is read first."""
        return self.weeks - 1

    def drift(self, index: int) -> float:
        """How far the drifting style has gone, 0 at the start and 1 at the end."""
        if self.weeks == 1:
            return 0.0
        return min(1.0, max(0.0, (index / (self.weeks - 1) - 0.2) / 0.65))

    def volume(self, index: int) -> float:
        """How many posts the week has, as a multiple of an even week."""
        return 1.0 + 0.18 * math.sin(1.7 * index + 0.5) + 0.07 * math.cos(2.9 * index)

    def shares(self, index: int) -> dict[str, float]:
        """The share of each lineage among the posts of the week; the shares add up to 1."""
        weights = dict.fromkeys(STEADY, 1.0)
        weights["camping"] = 1.3
        weights[FADING] = max(0.06, 1.5 * (1 - 1.15 * index / max(1, self.weeks - 1)))
        since = index - self.birth
        ramp = (0.13, 0.3, 0.75, 1.1)
        weights[BORN] = ramp[min(since, len(ramp) - 1)] if since >= 0 else 0.0
        total = sum(weights.values())
        return {style: weight / total for style, weight in weights.items()}

    def heat(self, index: int, style: str) -> float:
        """The factor by which a style's engagement exceeds the usual in a week."""
        return 7.0 if style == BURSTING and index == self.burst else 1.0

    def events(self) -> tuple[Event, ...]:
        """Everything planted, by week."""
        steps = range(self.weeks)
        start = next((week for week in steps if self.drift(week) > 0), self.weeks - 1)
        planted = (
            Event(self.week(start), "drift_start", DRIFTING, TARGET),
            Event(self.week(self.birth), "birth", BORN),
            Event(self.week(self.burst), "burst", BURSTING),
            Event(self.week(self.weeks - 1), "fade", FADING),
            Event(self.week(self.weeks - 1), "drift", DRIFTING, TARGET),
        )
        return tuple(sorted(planted, key=lambda event: (event.week, event.event)))
