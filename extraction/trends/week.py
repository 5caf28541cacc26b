"""The stage `trends`: how strong each cluster is this week, how sure that is, and what comes next.

Reads the posts of the week, memberships of this week and before, clusters, and earlier trends.
Writes a row for each cluster with posts in this week or in the weeks it is measured against. Knows
nothing about vectors. In order:

    look back    how many posts every cluster had in each week                 history.py
    wander       how far its share swings from week to week beyond chance      dispersion.py
    tell         its share with an interval; changes that chance does not make shares.py
                                                                               discoveries.py
    compare      with the same weeks of a year ago, with its usual warmth      season.py, bursts.py
    name         the state that this makes                                     states.py
    foretell     its share of next week                                        forecast.py
    balance      its share if the week were balanced, where that is asked for  fairness.py

`share` is a cluster's part of all posts of the week, less the copies in clusters that bots are
suspected in: a flood of one post lets no other style fall. `growth` is the share over its mean in
the `clusters.trend_weeks` weeks before, less one: 0.5 is half as much again; null where there is
nothing to compare with, and so is `p_value`, that of the share against those weeks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.trends.bursts import Warmth, bursting, warmths
from zeitgraph.extraction.trends.fairness import Balance, balance
from zeitgraph.extraction.trends.fdr import Change, discovered
from zeitgraph.extraction.trends.forecast import Forecast, Past, forecasts
from zeitgraph.extraction.trends.history import History, followed, look_back, week_number
from zeitgraph.extraction.trends.overdispersion import Spread, spreads
from zeitgraph.extraction.trends.season import season_p
from zeitgraph.extraction.trends.shares import Floats, Level, interval
from zeitgraph.extraction.trends.states import Course, state_of
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.tables import TABLES, make_table

Row = Mapping[str, Any]


def measure_trends(job: Job) -> Outputs:
    """One week of the tables `trends` and, where fair shares are asked for, `balance`."""
    posts = job.table("posts").select(_COLUMNS).to_pylist()
    if not posts:
        return {}
    week = _Week.of(job, posts)
    told = sorted(name for name in week.history.counts if week.tells_of(name))
    states = _states(job, week, told)
    coming = _coming(week, told)
    sides = balance(posts, job.settings.fairness) if job.settings.fairness.balance else None
    rows = [
        week.row(name)
        | states[name]
        | {
            "forecast": coming[name].share,
            "forecast_low": coming[name].interval.low,
            "forecast_high": coming[name].interval.high,
            "fair_share": week.fair_share(name, sides) if sides else None,
        }
        for name in told
    ]
    parts = [asdict(part) | {"week": job.week} for part in sides.parts] if sides else []
    return {
        "trends": make_table(TABLES["trends"], rows),
        "balance": make_table(TABLES["balance"], parts),
    }


_COLUMNS = ["post_id", "heat", "views", "author", "region", "gender", "age_band"]
_CLUSTER = ["cluster_id", "first_week", "state", "parent", "shown_as", "unseen_posts"]

NOBODY = "?"
"""Before the id of a post, for the unknown authors of its copies."""


@dataclass(frozen=True)
class _Own:
    """The posts of a cluster in the week: their places among all; of the copies also who made each.

    Copies of one post by authors whom nobody knows count as by one.
    """

    places: list[int] = field(default_factory=list)
    copies: list[int] = field(default_factory=list)
    copiers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Week:
    """A week and what it is measured against: `window` are the places of the weeks of the trend."""

    name: str
    number: int
    heats: Floats
    own: Mapping[str, _Own]
    clusters: Mapping[str, Row]
    history: History
    window: NDArray[np.bool_]
    spread: Mapping[str, Spread]

    @classmethod
    def of(cls, job: Job, posts: Sequence[Row]) -> "_Week":
        """The week of the job with `posts`."""
        place = {row["post_id"]: i for i, row in enumerate(posts)}
        own: dict[str, _Own] = {}
        for row in job.table("memberships").to_pylist():
            mine = own.setdefault(row["cluster_id"], _Own())
            mine.places.append(place[row["post_id"]])
            if row["copy_of"]:
                author = posts[mine.places[-1]]["author"]
                mine.copies.append(mine.places[-1])
                mine.copiers.append(author or f"{NOBODY}{row['copy_of']}")
        clusters = job.table("clusters").select(_CLUSTER).to_pylist()
        history = look_back(job, clusters)
        number = week_number(job.week)
        return cls(
            name=job.week,
            number=number,
            heats=np.array([row["heat"] for row in posts], np.float64),
            own=own,
            clusters={row["cluster_id"]: row for row in clusters},
            history=history,
            window=history.since(number - job.settings.clusters.trend_weeks, number - 1),
            spread=spreads(history),
        )

    @property
    def window_weeks(self) -> list[str]:
        """The weeks that a trend is measured against, oldest first."""
        return [
            week for week, inside in zip(self.history.weeks, self.window, strict=True) if inside
        ]

    @cached_property
    def is_kept(self) -> NDArray[np.bool_]:
        """Which of its posts are no copies in a cluster that bots are suspected in, (n,)."""
        kept = np.ones(len(self.heats), bool)
        for name, own in self.own.items():
            if name and self.course(name).is_of_bots:
                kept[own.copies] = False
        return kept

    @property
    def total(self) -> int:
        """How many posts of the week are kept; at least one."""
        return max(int(self.is_kept.sum()), 1)

    def places(self, name: str) -> list[int]:
        """Which posts of the week are the cluster's."""
        return self.own[name].places if name in self.own else []

    def posts(self, name: str) -> int:
        """How many these are."""
        return len(self.places(name))

    def kept(self, name: str) -> int:
        """How many of these are kept."""
        return len(self.heat(name))

    def course(self, name: str) -> Course:
        """What its state is read from, before it is compared with anything."""
        before = self.before(name) if name in self.history.counts else np.empty(0)
        return Course(
            posts=self.posts(name),
            before=float(np.mean(before)) if len(before) else None,
            copied=self.copied(name),
        )

    def heat(self, name: str) -> Floats:
        """The heat of each post of the cluster that is kept."""
        own = self.places(name)
        return self.heats[own][self.is_kept[own]]

    def before(self, name: str) -> Floats:
        """Its posts in each of the weeks that it is measured against."""
        return self.history.counts[name][self.window]

    def tells_of(self, name: str) -> bool:
        """Whether it has posts in this week or in those."""
        return bool(self.posts(name) or self.before(name).any())

    def copied(self, name: str) -> int:
        """The copies of the week by authors of several."""
        copiers = Counter(self.own[name].copiers if name in self.own else [])
        return sum(count for count in copiers.values() if count > 1)

    def fair_share(self, name: str, sides: Balance) -> float:
        """Its share when the posts that are kept weigh as they must for the week to be balanced."""
        weights = sides.weights * self.is_kept
        whole = float(weights.sum())
        return float(weights[self.places(name)].sum()) / whole if whole else 0.0

    def row(self, name: str) -> dict[str, object]:
        """What is counted of the cluster."""
        kept, heat = self.kept(name), float(np.sum(self.heat(name)))
        share, all_heat = kept / self.total, float(np.sum(self.heats[self.is_kept]))
        around = interval(kept, self.total, self.spread[name].expected(self.total))
        shares = self.before(name) / self.history.totals[self.window]
        usual = float(np.mean(shares)) if len(shares) else 0.0
        return {
            "week": self.name,
            "cluster_id": name,
            "posts": self.posts(name),
            "heat": round(float(np.sum(self.heats[self.places(name)])), 6),
            "share": share,
            "share_low": around.low,
            "share_high": around.high,
            "heat_share": heat / all_heat if all_heat else None,
            "growth": share / usual - 1 if usual else None,
        }


def _states(job: Job, week: _Week, told: Sequence[str]) -> dict[str, dict[str, object]]:
    """State and p value of each cluster; what is more than chance is decided over all of them."""
    false = job.settings.trends.false_discoveries
    since = week_after(job.week, -job.settings.clusters.trend_weeks)
    courses = {
        name: replace(week.course(name), is_new=week.clusters[name]["first_week"] > since)
        for name in told
    }
    known = [name for name in told if courses[name].is_known]
    changes = {name: _change(week, name) for name in known}
    changed = _found({name: change.p for name, change in changes.items()}, false)
    rises = {name for name in changed if changes[name].is_rise}
    in_season = _found({name: _season(week, name) for name in known}, false)
    heats = {name: week.heat(name) for name in known}
    bursts = bursting(heats, week.heats[week.is_kept], _warm_weeks(job, week), false)
    return {
        name: {
            "state": state_of(
                replace(
                    course,
                    rises=name in rises,
                    falls=name in changed - rises,
                    bursts=name in bursts,
                    is_in_season=name in in_season,
                )
            ),
            "p_value": changes[name].p if name in changes else None,
        }
        for name, course in courses.items()
    }


def _warm_weeks(job: Job, week: _Week) -> dict[str, list[Warmth]]:
    """How warm each cluster was in the weeks that it is measured against."""
    into = followed(list(week.clusters.values()))
    return {
        name: [own[w] for w in week.window_weeks if w in own]
        for name, own in warmths(job.table("trends", "history"), into).items()
    }


def _found(p_values: Mapping[str, float], false: float) -> set[str]:
    told = discovered(list(p_values.values()), false)
    return {name for name, is_told in zip(p_values, told, strict=True) if is_told}


def _change(week: _Week, name: str) -> Change:
    """How likely chance makes the week's posts out of the weeks before."""
    before, totals = week.before(name), week.history.totals[week.window]
    expected = [
        Level.of(before, totals, spread).draw(week.total, spread)
        for spread in week.spread[name].likely(week.total)
    ]
    return Change.of(week.kept(name), expected)


def _season(week: _Week, name: str) -> float:
    now = week.kept(name), week.total
    spread = week.spread[name].expected(week.total)
    return season_p(week.history, week.history.counts[name], week.number, now, spread)


def _coming(week: _Week, told: Sequence[str]) -> dict[str, Forecast]:
    """What next week is to bring, told as the past of all clusters has taught."""
    if not told:
        return {}
    history = week.history
    names = sorted(history.counts)
    past = Past(
        counts=np.array([[*history.counts[name], week.kept(name)] for name in names]),
        totals=np.array([*history.totals, week.total]),
        numbers=np.array([*history.numbers, week.number], np.float64),
        born=[history.born[name] for name in names],
        spread=np.array([week.spread[name].value for name in names]),
    )
    total = round(float(np.mean([*history.totals[week.window], week.total])))
    asked = [names.index(name) for name in told]
    return dict(zip(told, forecasts(past, asked, total), strict=True))
