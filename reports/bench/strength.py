"""Columns about how strong styles are: shares, bursts of heat, bots, seasons.

In comes a case, out come scores. Knows nothing about how the product came to its figures.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from zeitgraph.reports.bench.case import Case
from zeitgraph.reports.bench.score import CannotScore, Curve, Score, rate_score, share_score
from zeitgraph.reports.bench.truth import Planted
from zeitgraph.reports.charts import Point

STATES = frozenset({"emerging", "rising", "steady", "fading", "heat-burst", "not-enough-data"})
"""The states that the stage `trends` tells today: one of them that is never told was not seen. Any
other that is never told is not built."""

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

    A lineage's told share is the sum over the clusters that stand for it.
    """
    shares = _shares(case)
    errors = [abs(share.told - share.drawn) for share in shares]
    naught = sum(share.drawn for share in shares) / len(shares)
    by_lineage: dict[str, list[_Share]] = defaultdict(list)
    for share in shares:
        by_lineage[share.lineage].append(share)
    largest = sorted(by_lineage, key=lambda name: (-sum(s.planted for s in by_lineage[name]), name))
    return Score(
        sum(errors) / len(errors),
        detail=f"0 → {naught:.4f}",
        curves=tuple(_curve(name, by_lineage[name]) for name in largest[:DRAWN]),
    )


def share_coverage(case: Case) -> Score:
    """How many planted shares lie in the interval of the cluster with most posts of the lineage."""
    asked = [share for share in _shares(case) if share.planted > 0]
    return share_score(sum(share.covered for share in asked), len(asked))


def _shares(case: Case) -> list[_Share]:
    columns = ("week", "cluster_id", "share", "share_low", "share_high")
    total: dict[tuple[str, str], float] = defaultdict(float)
    interval = {}
    for row in case.rows("trends", *columns):
        cluster = row["cluster_id"]
        lineage = case.lineage_of.get(cluster, "")
        total[row["week"], lineage] += row["share"] or 0.0
        if case.cluster_of.get(lineage) == cluster:
            interval[row["week"], lineage] = (row["share_low"], row["share_high"])
    rows = case.truth.rows("shares", "week", "lineage", "share", "posts")
    volume: Counter[str] = Counter()
    for row in rows:
        volume[row["week"]] += int(row["posts"])
    told = [
        _Share(
            row["week"],
            row["lineage"],
            float(row["share"]),
            int(row["posts"]) / volume[row["week"]],
            total[row["week"], row["lineage"]],
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
    """The share of planted events of which a trend tells with its state, within a week."""
    planted, told = case.truth.events(event), _told(case, state)
    found = [p for p in planted if any(_tells(p, *one) for one in told)]
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
    """Week and lineage of the trends with a state; raises `CannotScore` for one not built."""
    told = [
        (row["week"], case.lineage_of.get(row["cluster_id"], ""))
        for row in case.rows("trends", "week", "cluster_id", "state")
        if row["state"] == state
    ]
    if not told and state not in STATES:
        raise CannotScore("unbuilt")
    return sorted(told)
