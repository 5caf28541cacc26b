"""Columns about trends: shares of styles, bursts of heat, bots, seasons.

Input: a case. Output: scores. This module does not know how the product computes its figures.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from zeitgraph.kg.base.weeks import weeks_between
from zeitgraph.kg.workspace.tables import TRENDS
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import (
    CannotScore,
    Curve,
    Score,
    error_of_mean,
    rate_score,
    share_score,
)
from zeitgraph.reports.evaluation.truth import PlantedEvent
from zeitgraph.reports.page.charts import Point

HISTORY: Mapping[str, int] = {"season": 52}
"""Weeks of history that an event needs to be recognisable: a single rise is not a season."""

MAX_CURVES = 6
"""The number of lineages whose shares are plotted, those with the largest shares."""


@dataclass(frozen=True)
class _Share:
    """A lineage's share of a week: as planted, among the generated posts, and as reported."""

    week: str
    lineage: str
    planted: float
    generated: float
    reported: float
    low: float | None
    high: float | None

    @property
    def covered(self) -> bool:
        """Whether the interval contains the planted share."""
        if self.low is None or self.high is None:
            return False
        return self.low <= self.planted <= self.high


def share_error(case: Case) -> Score:
    """The mean absolute error of the reported shares over all weeks and lineages.

    The reported share of a lineage is the sum over the clusters that represent it, and is compared
    with its share of the generated posts. A share that is reported in a week without the lineage is
    an error too. `detail`: the error of giving the mean of all shares for each.
    """
    shares = case.once(_shares)
    planted = {(share.week, share.lineage) for share in shares}
    error = sum(abs(share.reported - share.generated) for share in shares)
    error += sum(own for at, own in case.once(_reported_shares).items() if at not in planted)
    by_lineage: dict[str, list[_Share]] = defaultdict(list)
    for share in shares:
        by_lineage[share.lineage].append(share)
    largest = sorted(by_lineage, key=lambda name: (-sum(s.planted for s in by_lineage[name]), name))
    return Score(
        error / len(shares),
        detail=error_of_mean([share.generated for share in shares]),
        curves=tuple(_curve(name, by_lineage[name]) for name in largest[:MAX_CURVES]),
    )


def share_coverage(case: Case) -> Score:
    """The part of the planted shares that lie in the interval of the lineage's main cluster.

    `detail`: half the mean width of the intervals, since one from 0 to 1 contains every share.
    """
    shares = [share for share in case.once(_shares) if share.planted > 0]
    hits = sum(share.covered for share in shares)
    widths = [s.high - s.low for s in shares if s.low is not None and s.high is not None]
    width = f"; ± {sum(widths) / len(widths) / 2:.3f}" if widths else ""
    return share_score(hits, len(shares), detail=f"{hits:,} / {len(shares):,}{width}")


def _reported_shares(case: Case) -> Mapping[tuple[str, str], float]:
    """The reported share by week and lineage, over all clusters that represent the lineage."""
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for row in case.rows(TRENDS, "week", "cluster_id", "share"):
        if lineage := case.lineage_of.get(row["cluster_id"]):
            shares[row["week"], lineage] += row["share"] or 0.0
    return shares


def _shares(case: Case) -> list[_Share]:
    interval = {}
    for row in case.rows(TRENDS, "week", "cluster_id", "share_low", "share_high"):
        lineage = case.lineage_of.get(row["cluster_id"], "")
        if case.cluster_of.get(lineage) == row["cluster_id"]:
            interval[row["week"], lineage] = (row["share_low"], row["share_high"])
    reported = case.once(_reported_shares)
    rows = case.truth.rows("shares", "week", "lineage", "share", "posts")
    volume: Counter[str] = Counter()
    for planted in rows:
        volume[planted["week"]] += planted["posts"]
    shares = [
        _Share(
            planted["week"],
            planted["lineage"],
            planted["share"],
            planted["posts"] / (volume[planted["week"]] or 1),
            reported.get((planted["week"], planted["lineage"]), 0.0),
            *interval.get((planted["week"], planted["lineage"]), (None, None)),
        )
        for planted in rows
        if planted["week"] in case.weeks
    ]
    if not shares:
        raise CannotScore("unplanted")
    return sorted(shares, key=lambda share: (share.lineage, share.week))


def _curve(name: str, shares: list[_Share]) -> Curve:
    return Curve(
        name,
        tuple(Point(s.week, s.reported, s.low, s.high) for s in shares),
        tuple(Point(s.week, s.planted) for s in shares),
    )


# -- states ----------------------------------------------------------------------------------------


def state_found(case: Case, event: str, state: str) -> Score:
    """The share of planted events for which a trend has the state, within a week.

    An event before enough history that is not reported does not count; raises `CannotScore` if
    there is no other event.
    """
    reported = _reported(case, state)
    all_planted = case.truth.events(event)
    found = [p for p in all_planted if any(_is_of(p, *one) for one in reported)]
    least = HISTORY.get(event, 0)
    first = case.weeks[0]
    planted = [p for p in all_planted if p in found or weeks_between(first, p.until) >= least]
    if not planted:
        raise CannotScore("early", str(least))
    missed = [p.style for p in planted if p not in found]
    listed = f" (– {', '.join(missed)})" if missed else ""
    return share_score(len(found), len(planted), detail=f"{len(found)} / {len(planted)}{listed}")


def state_false(case: Case, event: str, state: str) -> Score:
    """The trends with the state without such a planted event, per week."""
    planted, reported = case.truth.events(event), _reported(case, state)
    false = Counter(one[1] or "?" for one in reported if not any(_is_of(p, *one) for p in planted))
    detail = ", ".join(f"{lineage} {n}" for lineage, n in sorted(false.items()))
    return rate_score(false.total(), len(case.weeks), detail)


def _is_of(planted: PlantedEvent, week: str, lineage: str) -> bool:
    return planted.style == lineage and planted.near(week, 1, 1)


def _reported(case: Case, state: str) -> list[tuple[str, str]]:
    """The week and the lineage of each trend with the state."""
    return sorted(
        (row["week"], case.lineage_of.get(row["cluster_id"], ""))
        for row in case.rows(TRENDS, "week", "cluster_id", "state")
        if row["state"] == state
    )
