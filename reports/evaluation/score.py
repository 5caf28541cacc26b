"""The score of a column of the scoreboard: a figure with its bounds, or why there is none.

Input: counts. Output: frozen values. This module does not know about workspaces, truth or
languages.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from zeitgraph.kg.base.errors import ZeitgraphError
from zeitgraph.reports.page.charts import Point

Why = Literal["unbuilt", "no_truth", "unplanted", "early", "unmeasured", "failed"]
"""Why there is no figure. unbuilt: the product does not do it. no_truth: the truth lacks it.
unplanted: the world has no such thing. early: there is too little history for it. unmeasured: it
was not measured. failed: the run failed."""

Bounds = Literal["interval", "range"]
"""What two bounds contain: the true value with 95 % confidence, or all figures."""


class CannotScore(ZeitgraphError):
    """A column has no figure. The scoreboard catches it and shows the reason."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(f"{why}: {what}")
        self.why = why
        self.what = what


@dataclass(frozen=True)
class Goal:
    """The values that count as good: [low, high]."""

    low: float = -math.inf
    high: float = math.inf

    def met(self, value: float) -> bool:
        """Whether `value` is within the goal."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Curve:
    """A figure over the weeks: as the product measured it, and as planted if it was."""

    name: str
    measured: tuple[Point, ...]
    planted: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Score:
    """A figure, or why there is none.

    `low` and `high` are its `bounds`. `detail`: the counts behind it, in names and figures that are
    the same in all languages. `parts`: the same figure for parts of the world. A score without a
    `value` has a reason `why`, and `what` names the missing thing.
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
    """`hits` / `total` with Wilson's interval; raises `CannotScore` if `total` is 0."""
    from scipy.stats import binomtest

    if total == 0:
        raise CannotScore("unplanted")
    interval = binomtest(hits, total).proportion_ci(method="wilson")
    fields = {"detail": f"{hits:,} / {total:,}"} | more
    return Score(hits / total, float(interval.low), float(interval.high), **fields)  # type: ignore[arg-type]


def rate_score(count: int, weeks: int, detail: str = "") -> Score:
    """`count` / `weeks` with the exact interval of a Poisson rate (Garwood 1936).

    Raises `CannotScore` without weeks.
    """
    from scipy.stats import chi2

    if weeks < 1:
        raise CannotScore("unplanted")
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf(0.975, 2 * count + 2)) / 2
    return Score(count / weeks, low / weeks, high / weeks, detail or f"{count} / {weeks}")


def error_of_mean(values: Collection[float]) -> str:
    """`ø → 0.0206`: the mean absolute error of giving the mean of `values` for each of them."""
    mean = sum(values) / len(values)
    return f"ø → {sum(abs(value - mean) for value in values) / len(values):.4f}"


def f1_of(hits: float, planted: float, found: float) -> float:
    """The F1 from counts: 2 · hits / (planted + found); 0 if both are 0."""
    return 2 * hits / (planted + found) if planted + found else 0.0
