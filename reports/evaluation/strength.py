"""Columns about how strong styles are: shares, bursts of heat, bots, seasons.

In comes a case, out come scores. Knows nothing about how the product came to its figures.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import (
    CannotScore,
    Curve,
    Score,
    error_of_mean,
    rate_score,
    share_score,
)
from zeitgraph.reports.evaluation.truth import Planted, week_number
from zeitgraph.reports.page.charts import Point

HISTORY: Mapping[str, int] = {"season": 52}
"""Weeks that must lie before the end of an event for anybody to know it: one rise is no season."""

DRAWN = 6
"""Lineages whose shares are drawn, those with the most posts first."""


@dataclass(frozen=True)
class _Share:
    """A lineage's share of a week: as planted, among the posts drawn from that, and as told."""

    week: str
    lineage: str
    planted: float
    drawn: float
    told: float
    low: float | None
    high: float | None

    @property
    def covered(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low <= self.planted <= self.high


def share_error(case: Case) -> Score:
    """Mean absolute error of the told shares of the posts there are, over all weeks and lineages.

    A lineage's told share is the sum over the clusters that stand for it. What is told of a lineage
    in a week that has none of it is error too. `detail` has the error of telling the mean of all
    shares for each: who knows no more than that has it.
    """
    shares = case.once(_shares)
    planted = {(share.week, share.lineage) for share in shares}
    error = sum(abs(share.told - share.drawn) for share in shares)
    error += sum(told for at, told in case.once(_told_shares).items() if at not in planted)
    by_lineage: dict[str, list[_Share]] = defaultdict(list)
    for share in shares:
        by_lineage[share.lineage].append(share)
    largest = sorted(by_lineage, key=lambda name: (-sum(s.planted for s in by_lineage[name]), name))
    return Score(
        error / len(shares),
        detail=error_of_mean([share.drawn for share in shares]),
        curves=tuple(_curve(name, by_lineage[name]) for name in largest[:DRAWN]),
    )


def share_coverage(case: Case) -> Score:
    """How many planted shares lie in the interval of the cluster with most posts of the lineage.

    `detail` has half the mean width of the intervals: one from 0 to 1 would hold everything.
    """
    asked = [share for share in case.once(_shares) if share.planted > 0]
    hits = sum(share.covered for share in asked)
    wide = [s.high - s.low for s in asked if s.low is not None and s.high is not None]
    width = f"; ± {sum(wide) / len(wide) / 2:.3f}" if wide else ""
    return share_score(hits, len(asked), detail=f"{hits:,} / {len(asked):,}{width}")


def _told_shares(case: Case) -> Mapping[tuple[str, str], float]:
    """The told share by week and lineage, over all clusters that stand for one."""
    told: dict[tuple[str, str], float] = defaultdict(float)
    for row in case.rows("trends", "week", "cluster_id", "share"):
        if lineage := case.lineage_of.get(row["cluster_id"]):
            told[row["week"], lineage] += row["share"] or 0.0
    return told


def _shares(case: Case) -> list[_Share]:
    interval = {}
    for row in case.rows("trends", "week", "cluster_id", "share_low", "share_high"):
        lineage = case.lineage_of.get(row["cluster_id"], "")
        if case.cluster_of.get(lineage) == row["cluster_id"]:
            interval[row["week"], lineage] = (row["share_low"], row["share_high"])
    total = case.once(_told_shares)
    rows = case.truth.rows("shares", "week", "lineage", "share", "posts")
    volume: Counter[str] = Counter()
    for row in rows:
        volume[row["week"]] += row["posts"]
    told = [
        _Share(
            row["week"],
            row["lineage"],
            row["share"],
            row["posts"] / (volume[row["week"]] or 1),
            total.get((row["week"], row["lineage"]), 0.0),
            *interval.get((row["week"], row["lineage"]), (None, None)),
        )
        for row in rows
        if row["week"] in case.weeks
    ]
    if not told:
        raise CannotScore("unplanted")
    return sorted(told, key=lambda share: (share.lineage, share.week))


def _curve(name: str, shares: list[_Share]) -> Curve:
    return Curve(
        name,
        tuple(Point(s.week, s.told, s.low, s.high) for s in shares),
        tuple(Point(s.week, s.planted) for s in shares),
    )


# -- states ----------------------------------------------------------------------------------------


def state_found(case: Case, event: str, state: str) -> Score:
    """The share of planted events of which a trend tells with its state, within a week.

    One that nobody could know, and that was not told, does not count; raises `CannotScore` where
    there is no other.
    """
    told = _told(case, state)
    every = case.truth.events(event)
    found = [p for p in every if any(_tells(p, *one) for one in told)]
    least = week_number(case.weeks[0]) + HISTORY.get(event, 0)
    planted = [p for p in every if p in found or week_number(p.until) >= least]
    if not planted:
        raise CannotScore("early", str(HISTORY.get(event, 0)))
    missed = [p.style for p in planted if p not in found]
    listed = f" (– {', '.join(missed)})" if missed else ""
    return share_score(len(found), len(planted), detail=f"{len(found)} / {len(planted)}{listed}")


def state_false(case: Case, event: str, state: str) -> Score:
    """Trends with the state where no such event was planted, per week."""
    planted, told = case.truth.events(event), _told(case, state)
    false = Counter(one[1] or "?" for one in told if not any(_tells(p, *one) for p in planted))
    detail = ", ".join(f"{lineage} {n}" for lineage, n in sorted(false.items()))
    return rate_score(false.total(), len(case.weeks), detail)


def _tells(planted: Planted, week: str, lineage: str) -> bool:
    return planted.style == lineage and planted.near(week, 1, 1)


def _told(case: Case, state: str) -> list[tuple[str, str]]:
    """Week and lineage of the trends with a state."""
    return sorted(
        (row["week"], case.lineage_of.get(row["cluster_id"], ""))
        for row in case.rows("trends", "week", "cluster_id", "state")
        if row["state"] == state
    )
