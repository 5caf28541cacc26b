"""Looks back: how well what was said of a week was borne out by the weeks after it.

In comes a workspace; what was said is what its table `trends` holds, each week told without a look
at later ones. Out come scores of forecasts, beside those of two ways to foretell that know nothing,
and how often what was called a rise or a fall stayed one. Knows nothing about how it was told.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.edits.checks import REPLACED
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace

Row = Mapping[str, Any]

TAIL = 0.025
"""What lies below an interval of 95 %, and above it."""
RISES, FALLS = ("emerging", "rising"), ("fading",)


@dataclass(frozen=True)
class Foretold:
    """A share of next week: the middle, and the ends of its interval of 95 %."""

    middle: float
    low: float
    high: float

    def holds(self, share: float) -> bool:
        """Whether the share that came lies in the interval."""
        return self.low <= share <= self.high

    def winkler(self, share: float) -> float:
        """The interval's width, and 2 / 0.05 times by how far it was missed (Winkler 1972)."""
        missed = max(self.low - share, share - self.high, 0.0)
        return self.high - self.low + missed / TAIL

    def pinball(self, share: float) -> float:
        """The quantile loss, mean of the three (Gneiting & Raftery 2007, section 6.1)."""
        quantiles = ((self.low, TAIL), (self.middle, 0.5), (self.high, 1 - TAIL))
        return fmean((share - told) * (level - (share < told)) for told, level in quantiles)


@dataclass(frozen=True)
class ForecastScore:
    """How a way to foretell did; `winkler` and `pinball` are shares, less is better."""

    forecast: str
    weeks: int
    forecasts: int
    coverage: float
    winkler: float
    pinball: float


@dataclass(frozen=True)
class CallScore:
    """How often a call held in the weeks after; `usual` is how often it would for a steady one.

    Both are None where there is nothing to take them of.
    """

    call: str
    calls: int
    held: float | None
    usual: float | None


@dataclass(frozen=True)
class Backtest:
    """Forecasts and calls, scored; `left_out` forecasts were of clusters that became another."""

    forecasts: tuple[ForecastScore, ...]
    calls: tuple[CallScore, ...]
    left_out: int

    def as_json(self) -> str:
        """All of it as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        tables = [_table(self.forecasts), _table(self.calls)]
        if self.left_out:
            tables.append(f"Left out: {self.left_out} forecasts of clusters that became another.")
        return "\n\n".join(tables)


def look_back(workspace: Workspace) -> Backtest:
    """Score what was said; raises `UserError` where no week follows one with a forecast."""
    told = _Told(workspace)
    pairs = list(told.pairs())
    if not any(pairs):
        raise UserError(
            "there is nothing to look back on: no week follows one with a forecast",
            do="add the posts of another week, then `zeitgraph run`",
        )
    asked = [pair for pair in pairs if pair.came is not None]
    return Backtest(
        forecasts=tuple(_forecast_score(name, asked, way) for name, way in WAYS.items()),
        calls=(
            _call_score("rise", told, RISES, lambda after, before: after > before),
            _call_score("fall", told, FALLS, lambda after, before: after < before),
        ),
        left_out=len(pairs) - len(asked),
    )


# -- forecasts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    """What was said of a cluster in the newest of its `rows`, and the share of the week after.

    `rows` are those of the weeks of a trend, oldest first; `came` is None where it became another.
    """

    rows: Sequence[Row]
    came: float | None

    @property
    def now(self) -> Row:
        return self.rows[-1]


def _ours(pair: _Pair) -> Foretold:
    row = pair.now
    return Foretold(row["forecast"], row["forecast_low"], row["forecast_high"])


def _same(pair: _Pair) -> Foretold:
    row = pair.now
    return Foretold(row["share"], row["share_low"], row["share_high"])


def _mean(pair: _Pair) -> Foretold:
    ends = ("share", "share_low", "share_high")
    return Foretold(*(fmean(row[end] for row in pair.rows) for end in ends))


WAYS: Mapping[str, Callable[[_Pair], Foretold]] = {
    "zeitgraph": _ours,
    "same as this week": _same,
    "mean of the weeks of the trend": _mean,
}
"""Ways to foretell; those that know nothing take the interval that goes with what they say."""


def _forecast_score(
    name: str, pairs: Sequence[_Pair], way: Callable[[_Pair], Foretold]
) -> ForecastScore:
    scored = [(way(pair), pair.came) for pair in pairs if pair.came is not None]
    return ForecastScore(
        name,
        weeks=len({pair.now["week"] for pair in pairs}),
        forecasts=len(scored),
        coverage=fmean(told.holds(came) for told, came in scored),
        winkler=fmean(told.winkler(came) for told, came in scored),
        pinball=fmean(told.pinball(came) for told, came in scored),
    )


# -- calls -----------------------------------------------------------------------------------------


def _call_score(
    name: str, told: "_Told", states: Sequence[str], holds: Callable[[float, float], bool]
) -> CallScore:
    """Whether the mean share of the weeks after is still beyond that of the weeks before."""
    after = [
        (row["state"], told.sides(row)) for rows in told.rows.values() for row in rows.values()
    ]
    held = [holds(*sides) for state, sides in after if sides and state in states]
    usual = [holds(*sides) for state, sides in after if sides and state == "steady"]
    return CallScore(
        name,
        calls=len(held),
        held=fmean(held) if held else None,
        usual=fmean(usual) if usual else None,
    )


class _Told:
    """All that was said, by week and cluster."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.span = workspace.settings.clusters.trend_weeks
        self.rows = {
            week: {row["cluster_id"]: row for row in workspace.read("trends", week).to_pylist()}
            for week in workspace.weeks("trends")
        }

    @cached_property
    def gone(self) -> Mapping[str, set[str]]:
        """The clusters of each week that have become another."""
        return {
            week: {
                row["cluster_id"]
                for row in self.workspace.read("clusters", week)
                .select(["cluster_id", "state"])
                .to_pylist()
                if row["state"] in REPLACED
            }
            for week in self.rows
        }

    def pairs(self) -> Iterator[_Pair]:
        """Every forecast whose week has come."""
        for week, rows in self.rows.items():
            after = week_after(week)
            if after not in self.rows:
                continue
            for cluster, row in rows.items():
                if row["forecast"] is not None:
                    yield _Pair(self._past(cluster, week), self._share(cluster, after))

    def sides(self, row: Row) -> tuple[float, float] | None:
        """The mean share in the weeks after a row, and that which its growth was measured against.

        None where one of them is not known.
        """
        coming = [week_after(row["week"], count) for count in range(1, self.span + 1)]
        shares = [self._share(row["cluster_id"], week) for week in coming if week in self.rows]
        known = [share for share in shares if share is not None]
        before = [r["share"] for r in self._past(row["cluster_id"], week_after(row["week"], -1))]
        if not known or len(known) < len(shares) or not before:
            return None
        return fmean(known), fmean(before)

    def _past(self, cluster: str, week: str) -> list[Row]:
        weeks = [week_after(week, -back) for back in reversed(range(self.span))]
        return [self.rows[w][cluster] for w in weeks if cluster in self.rows.get(w, {})]

    def _share(self, cluster: str, week: str) -> float | None:
        """Its share of a week; none where it has become another."""
        if cluster in self.gone[week]:
            return None
        row = self.rows[week].get(cluster)
        return row["share"] if row else 0.0


def _table(rows: Sequence[ForecastScore] | Sequence[CallScore]) -> str:
    values = [asdict(row) for row in rows]
    shown = [
        tuple(f"{v:.4f}" if isinstance(v, float) else v for v in row.values()) for row in values
    ]
    return Answer(tuple(values[0]), tuple(shown)).render("table")
