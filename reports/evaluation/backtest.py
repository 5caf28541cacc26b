"""The backtest: how well the forecasts and states of each week agree with the weeks after it.

Input: a workspace with the table `trends`, in which each week was computed without later weeks.
Output: scores of the forecasts beside those of two naive methods, and how often a reported rise or
fall lasted. This module does not know how trends are computed.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import fmean

from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.base.terms import TrendState
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.edits.checks import REPLACED
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.rows import TrendRow
from zeitgraph.kg.workspace.tables import CLUSTERS, TRENDS
from zeitgraph.kg.workspace.workspace import Workspace

TAIL = 0.025
"""The probability below an interval of 95 %, and above it."""
RISES = (TrendState.EMERGING, TrendState.RISING)
FALLS = (TrendState.FADING,)


@dataclass(frozen=True)
class Prediction:
    """A predicted share: the median, and the ends of its 95 % interval; each in [0, 1]."""

    median: float
    low: float
    high: float

    def contains(self, share: float) -> bool:
        """Whether the actual share is in the interval."""
        return self.low <= share <= self.high

    def winkler(self, share: float) -> float:
        """The width, plus 2 / 0.05 times the distance outside the interval (Winkler 1972)."""
        missed = max(self.low - share, share - self.high, 0.0)
        return self.high - self.low + missed / TAIL

    def pinball(self, share: float) -> float:
        """The mean quantile loss of the three quantiles (Gneiting & Raftery 2007, section 6.1)."""
        quantiles = ((self.low, TAIL), (self.median, 0.5), (self.high, 1 - TAIL))
        return fmean((share - value) * (level - (share < value)) for value, level in quantiles)


@dataclass(frozen=True)
class ForecastScore:
    """The scores of a forecasting method; `winkler` and `pinball` are shares, less is better."""

    forecast: str
    weeks: int
    forecasts: int
    coverage: float
    winkler: float
    pinball: float


@dataclass(frozen=True)
class CallScore:
    """How often a reported rise or fall lasted (`held`), and how often a steady cluster moved so.

    `held` and `usual` are in [0, 1]; each is None without cases.
    """

    call: str
    calls: int
    held: float | None
    usual: float | None


@dataclass(frozen=True)
class Backtest:
    """The scores; `left_out` is the number of forecasts for clusters that became another."""

    forecasts: tuple[ForecastScore, ...]
    calls: tuple[CallScore, ...]
    left_out: int

    def as_json(self) -> str:
        """All scores as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        tables = [_table(self.forecasts), _table(self.calls)]
        if self.left_out:
            tables.append(f"Left out: {self.left_out} forecasts of clusters that became another.")
        return "\n\n".join(tables)


def look_back(workspace: Workspace) -> Backtest:
    """Score all forecasts and states; raises `UserError` if no week follows one with a forecast."""
    trends = _Trends(workspace)
    pairs = list(trends.pairs())
    if not any(pairs):
        raise UserError(
            "there is nothing to look back on: no week follows one with a forecast",
            do="add the posts of another week, then `zeitgraph run`",
        )
    scored = [pair for pair in pairs if pair.actual is not None]
    return Backtest(
        forecasts=tuple(_forecast_score(name, scored, method) for name, method in METHODS.items()),
        calls=(
            _call_score("rise", trends, RISES, lambda after, before: after > before),
            _call_score("fall", trends, FALLS, lambda after, before: after < before),
        ),
        left_out=len(pairs) - len(scored),
    )


# -- forecasts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    """The trends of a cluster in the trend weeks, oldest first, and its share in the week after.

    `actual` is None if the cluster became another.
    """

    rows: Sequence[TrendRow]
    actual: float | None

    @property
    def now(self) -> TrendRow:
        return self.rows[-1]


def _ours(pair: _Pair) -> Prediction:
    row = pair.now
    return _prediction(row["forecast"], row["forecast_low"], row["forecast_high"])


def _same(pair: _Pair) -> Prediction:
    row = pair.now
    return _prediction(row["share"], row["share_low"], row["share_high"])


def _mean(pair: _Pair) -> Prediction:
    weeks = [_prediction(row["share"], row["share_low"], row["share_high"]) for row in pair.rows]
    return Prediction(
        fmean(week.median for week in weeks),
        fmean(week.low for week in weeks),
        fmean(week.high for week in weeks),
    )


def _prediction(median: float | None, low: float | None, high: float | None) -> Prediction:
    """A prediction from columns of a row with a forecast, none of which is null."""
    if median is None or low is None or high is None:
        raise ValueError("a forecast without its interval")
    return Prediction(median, low, high)


METHODS: Mapping[str, Callable[[_Pair], Prediction]] = {
    "zeitgraph": _ours,
    "same as this week": _same,
    "mean of the weeks of the trend": _mean,
}
"""The forecasting methods. The naive ones use the intervals of the shares that they repeat."""


def _forecast_score(
    name: str, pairs: Sequence[_Pair], method: Callable[[_Pair], Prediction]
) -> ForecastScore:
    scored = [(method(pair), pair.actual) for pair in pairs if pair.actual is not None]
    return ForecastScore(
        name,
        weeks=len({pair.now["week"] for pair in pairs}),
        forecasts=len(scored),
        coverage=fmean(predicted.contains(actual) for predicted, actual in scored),
        winkler=fmean(predicted.winkler(actual) for predicted, actual in scored),
        pinball=fmean(predicted.pinball(actual) for predicted, actual in scored),
    )


# -- rises and falls -------------------------------------------------------------------------------


def _call_score(
    name: str, trends: "_Trends", states: Sequence[str], lasts: Callable[[float, float], bool]
) -> CallScore:
    """Compares the mean share of the weeks after with that of the weeks before."""
    cases = [
        (row["state"], trends.after_and_before(row))
        for rows in trends.rows.values()
        for row in rows.values()
    ]
    held = [lasts(*shares) for state, shares in cases if shares and state in states]
    usual = [lasts(*shares) for state, shares in cases if shares and state == TrendState.STEADY]
    return CallScore(
        name,
        calls=len(held),
        held=fmean(held) if held else None,
        usual=fmean(usual) if usual else None,
    )


class _Trends:
    """All trends, by week and cluster."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.span = workspace.settings.clusters.trend_weeks
        self.rows = {
            week: {row["cluster_id"]: row for row in workspace.rows(TRENDS, week)}
            for week in workspace.weeks("trends")
        }

    @cached_property
    def replaced(self) -> Mapping[str, set[str]]:
        """The clusters of each week that have become another."""
        return {
            week: {
                row["cluster_id"]
                for row in self.workspace.rows(CLUSTERS, week, ["cluster_id", "state"])
                if row["state"] in REPLACED
            }
            for week in self.rows
        }

    def pairs(self) -> Iterator[_Pair]:
        """All forecasts of weeks that are in the table."""
        for week, rows in self.rows.items():
            after = week_after(week)
            if after not in self.rows:
                continue
            for cluster, row in rows.items():
                if row["forecast"] is not None:
                    yield _Pair(self._past(cluster, week), self._share(cluster, after))

    def after_and_before(self, row: TrendRow) -> tuple[float, float] | None:
        """The mean share in the weeks after a row, and the one that its growth refers to.

        None if either is unknown.
        """
        coming = [week_after(row["week"], count) for count in range(1, self.span + 1)]
        shares = [self._share(row["cluster_id"], week) for week in coming if week in self.rows]
        known = [share for share in shares if share is not None]
        before = [r["share"] for r in self._past(row["cluster_id"], week_after(row["week"], -1))]
        if not known or len(known) < len(shares) or not before:
            return None
        return fmean(known), fmean(before)

    def _past(self, cluster: str, week: str) -> list[TrendRow]:
        weeks = [week_after(week, -back) for back in reversed(range(self.span))]
        return [self.rows[w][cluster] for w in weeks if cluster in self.rows.get(w, {})]

    def _share(self, cluster: str, week: str) -> float | None:
        """The cluster's share of a week; None if it has become another."""
        if cluster in self.replaced[week]:
            return None
        row = self.rows[week].get(cluster)
        return row["share"] if row else 0.0


def _table(rows: Sequence[ForecastScore] | Sequence[CallScore]) -> str:
    values = [asdict(row) for row in rows]
    shown = [
        tuple(f"{v:.4f}" if isinstance(v, float) else v for v in row.values()) for row in values
    ]
    return Answer(tuple(values[0]), tuple(shown)).render("table")
