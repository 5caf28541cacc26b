"""The rounds of a training: how far it has come, how fast it may learn, what it says of itself.

In comes a way to tell how far it has come; out comes one `Round` after another until it is over.
This module knows nothing about networks and pictures.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

WARM_UP = 50
"""Rounds in which the pace grows from nothing."""

Progress = Callable[[int], float]
"""From the number of rounds that were made to the share of the training that is over, 0..1."""


@dataclass(frozen=True, slots=True)
class Round:
    """The round of this number (from 1), begun at `done` (0..1); `pace` (0..1) times the rate."""

    number: int
    done: float
    pace: float


class Recent:
    """The mean of a figure over the rounds, those long ago counting less by `keep` each round."""

    def __init__(self, keep: float = 0.98) -> None:
        self._keep, self._sum, self._weight = keep, 0.0, 0.0

    def add(self, figure: float) -> None:
        """One more round."""
        self._sum = self._keep * self._sum + (1 - self._keep) * figure
        self._weight = self._keep * self._weight + (1 - self._keep)

    @property
    def mean(self) -> float:
        """The mean until now; NaN before the first round."""
        return self._sum / self._weight if self._weight else math.nan


def by_the_clock(minutes: float) -> Progress:
    """How much of so many minutes is over, whatever the number of rounds."""
    start = time.monotonic()
    return lambda _count: (time.monotonic() - start) / (60 * minutes) if minutes else 1.0


def by_count(steps: int) -> Progress:
    """How much of so many rounds is over."""
    return lambda made: made / steps if steps else 1.0


def cosine(done: float) -> float:
    """The pace falls from 1 to 0 along half a cosine (Loshchilov & Hutter 2016, SGDR)."""
    return 0.5 * (1 + math.cos(math.pi * done))


def rounds(
    progress: Progress, fall: Callable[[float], float] = cosine, *, warm_up: int = WARM_UP
) -> Iterator[Round]:
    """Rounds until `progress` says that all is over, their pace as `fall` has it of what is."""
    for number in count(1):
        if (done := progress(number - 1)) >= 1:
            return
        yield Round(number, done, min(1.0, number / warm_up) * fall(done))


def tell(line: str) -> None:
    """A line for whoever waits, at once."""
    print(line, flush=True)  # noqa: T201 - a script tells
