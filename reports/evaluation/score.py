"""What a column of the scoreboard says: a figure with its bounds, or why there is none.

In come counts; out come frozen values. Knows nothing about workspaces, truth or languages.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from zeitgraph.kg.base.errors import ZeitgraphError
from zeitgraph.reports.page.charts import Point

Why = Literal["unbuilt", "untold", "unplanted", "early", "unmeasured", "failed"]
"""Why there is no figure: the product does not do it; the truth does not tell it; the world has no
such thing, or too early for anybody to know it; nobody measured it; the run failed."""

Bounds = Literal["interval", "range"]
"""What lies between two bounds: with 95 % the true value; or every figure there was."""


class CannotScore(ZeitgraphError):
    """A column has no figure; caught where columns are scored, and shown in the figure's place."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(f"{why}: {what}")
        self.why = why
        self.what = what


@dataclass(frozen=True)
class Goal:
    """What counts as good: a value within [low, high]."""

    low: float = -math.inf
    high: float = math.inf

    def met(self, value: float) -> bool:
        """Whether `value` is good."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Curve:
    """A figure over the weeks: as told, and as planted where there is such a thing."""

    name: str
    told: tuple[Point, ...]
    planted: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Score:
    """A figure, or why there is none.

    `low` and `high`: its `bounds`. `detail`: what it is made of, in names and figures that need no
    language. `parts`: the same figure for parts of the world. A score without a `value` has its
    `why`, and `what` is missing.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    detail: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    why: Why | None = None
    what: str = ""
    bounds: Bounds = "interval"


def share_score(hits: int, total: int, **more: object) -> Score:
    """A share with Wilson's interval; raises `CannotScore` for a share of nothing."""
    from scipy.stats import binomtest

    if total == 0:
        raise CannotScore("unplanted")
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    told = {"detail": f"{hits:,} / {total:,}"} | more
    return Score(hits / total, float(interval.low), float(interval.high), **told)  # type: ignore[arg-type]


def rate_score(count: int, weeks: int, detail: str = "") -> Score:
    """Events per week with the exact interval of a Poisson rate (Garwood 1936)."""
    from scipy.stats import chi2

    if weeks < 1:
        raise CannotScore("unplanted")
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf(0.975, 2 * count + 2)) / 2
    return Score(count / weeks, low / weeks, high / weeks, detail or f"{count} / {weeks}")


def error_of_mean(values: Collection[float]) -> str:
    """`ø → 0.0206`: the mean absolute error of telling the mean of `values` for each of them."""
    mean = sum(values) / len(values)
    return f"ø → {sum(abs(value - mean) for value in values) / len(values):.4f}"


def f1_of(hits: float, planted: float, told: float) -> float:
    """The F1 from counts: 2 · hits / (planted + told)."""
    return 2 * hits / (planted + told) if planted + told else 0.0
