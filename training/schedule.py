"""The rounds of a training: progress, learning rate and reports.

Input: a function for the progress. Output: one `Round` after another until the training is over.
This module does not know about networks and pictures.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

WARM_UP = 50
"""The number of rounds in which the factor `pace` grows from 0."""

Progress = Callable[[int], float]
"""From the number of completed rounds to the completed share of the training, 0..1."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round: its number (from 1), the share `done` at its start (0..1), and the learning rate's
    factor `pace` (0..1).
    """

    number: int
    done: float
    pace: float


class RunningMean:
    """The mean of a figure over the rounds, with a weight that falls by `keep` each round."""

    def __init__(self, keep: float = 0.98) -> None:
        self._keep, self._sum, self._weight = keep, 0.0, 0.0

    def add(self, figure: float) -> None:
        """Adds the figure of one more round."""
        self._sum = self._keep * self._sum + (1 - self._keep) * figure
        self._weight = self._keep * self._weight + (1 - self._keep)

    @property
    def mean(self) -> float:
        """The mean so far; NaN before the first round."""
        return self._sum / self._weight if self._weight else math.nan


def by_the_clock(minutes: float) -> Progress:
    """Returns the progress of a training that lasts `minutes`, whatever the number of rounds."""
    start = time.monotonic()
    return lambda _count: (time.monotonic() - start) / (60 * minutes) if minutes else 1.0


def by_count(steps: int) -> Progress:
    """Returns the progress of a training of `steps` rounds."""
    return lambda made: made / steps if steps else 1.0


def cosine(done: float) -> float:
    """Returns a factor that falls from 1 to 0 along half a cosine (Loshchilov & Hutter
    2016, SGDR).
    """
    return 0.5 * (1 + math.cos(math.pi * done))


def rounds(
    progress: Progress, fall: Callable[[float], float] = cosine, *, warm_up: int = WARM_UP
) -> Iterator[Round]:
    """Yields rounds until `progress` reaches 1; `fall` gives their `pace` from the share done."""
    for number in count(1):
        if (done := progress(number - 1)) >= 1:
            return
        yield Round(number, done, min(1.0, number / warm_up) * fall(done))


def report(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)  # noqa: T201 - a script prints
