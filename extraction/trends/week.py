"""The stage `trends`: the share of each cluster in a week, its trend, and its forecast.

Reads the posts of the week, the memberships of this week and of earlier ones, the clusters, and
earlier trends. Writes a row for each cluster that has posts in this week or in the trend weeks.
This module does not know about vectors. The steps in order:

    history           the posts of each cluster in each earlier week           history.py
    overdispersion    how far its share varies beyond random sampling          overdispersion.py
    significance      the interval of its share; significant changes           shares.py, fdr.py
    comparison        with the same weeks of a year ago, with its usual heat   season.py, bursts.py
    state             one word for all of this                                 states.py
    forecast          its share of next week                                   forecast.py
    fair share        its share in a balanced week, if the settings ask for it fairness.py

`share` is the part of a cluster among all posts of the week, without the copies in clusters that
are suspected of bots: a flood of copies of one post lets no other style fall. `growth` is the share
divided by its mean in the `clusters.trend_weeks` weeks before, less 1: 0.5 means half as much
again. `growth` and `p_value`, the p-value of the share against those weeks, are null if there is
nothing to compare with.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.trends.bursts import RelativeHeat, bursting, relative_heats
from zeitgraph.extraction.trends.fairness import Balance, Part, balance
from zeitgraph.extraction.trends.fdr import Change, significant
from zeitgraph.extraction.trends.forecast import Forecast, Past, forecasts
from zeitgraph.extraction.trends.history import History, look_back, successors
from zeitgraph.extraction.trends.overdispersion import Overdispersion, overdispersions
from zeitgraph.extraction.trends.season import season_p
from zeitgraph.extraction.trends.shares import Floats, SharePosterior, interval
from zeitgraph.extraction.trends.states import Signals, state_of
from zeitgraph.kg.base.terms import TrendState
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import BalanceRow, ClusterRow, PostRow, TrendRow
from zeitgraph.kg.workspace.tables import BALANCE, CLUSTERS, MEMBERSHIPS, POSTS, TRENDS, make_table


def measure_trends(job: Job) -> Outputs:
    """One week of the table `trends`, and of `balance` if the settings ask for fair shares."""
    posts = job.rows(POSTS, "week", _POST_COLUMNS)
    if not posts:
        return {}
    week = _Week.of(job, posts)
    names = sorted(name for name in week.history.counts if week.has_posts(name))
    states = _states(job, week, names)
    predicted = _forecasts(week, names)
    balanced = balance(posts, job.settings.fairness) if job.settings.fairness.balance else None
    rows = [week.row(name, states[name], predicted[name], balanced) for name in names]
    parts = [_balance_row(job.week, part) for part in balanced.parts] if balanced else []
    return {"trends": make_table(TRENDS, rows), "balance": make_table(BALANCE, parts)}


_POST_COLUMNS = ["post_id", "heat", "views", "author", "region", "gender", "age_band"]
_CLUSTER_COLUMNS = ["cluster_id", "first_week", "state", "parent", "shown_as", "unseen_posts"]

_MEMBER_COLUMNS = ["post_id", "cluster_id", "copy_of"]

UNKNOWN_AUTHOR = "?"
"""Before the id of a post, for the unknown authors of its copies."""


@dataclass(frozen=True)
class _Members:
    """The posts of a cluster in the week, by their indices among all posts.

    `copies` are the indices of the copies, and `copiers` their authors: the unknown authors of
    copies of one post count as one author.
    """

    posts: list[int] = field(default_factory=list)
    copies: list[int] = field(default_factory=list)
    copiers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Week:
    """A week and the past that it is compared with.

    `heats`: the heat of each post, (posts,). `members`: by cluster. `window`: which weeks of
    `history` are the trend weeks, (weeks,).
    """

    name: str
    heats: Floats
    members: Mapping[str, _Members]
    clusters: Mapping[str, ClusterRow]
    history: History
    window: NDArray[np.bool_]
    overdispersion: Mapping[str, Overdispersion]

    @classmethod
    def of(cls, job: Job, posts: Sequence[PostRow]) -> "_Week":
        """The week of the job, with its `posts`."""
        index = {row["post_id"]: i for i, row in enumerate(posts)}
        members: dict[str, _Members] = {}
        for row in job.rows(MEMBERSHIPS, "week", _MEMBER_COLUMNS):
            own = members.setdefault(row["cluster_id"], _Members())
            own.posts.append(index[row["post_id"]])
            if row["copy_of"]:
                author = posts[own.posts[-1]]["author"]
                own.copies.append(own.posts[-1])
                own.copiers.append(author or f"{UNKNOWN_AUTHOR}{row['copy_of']}")
        clusters = job.rows(CLUSTERS, "week", _CLUSTER_COLUMNS)
        history = look_back(job, clusters)
        return cls(
            name=job.week,
            heats=np.array([row["heat"] for row in posts], np.float64),
            members=members,
            clusters={row["cluster_id"]: row for row in clusters},
            history=history,
            window=history.between(-job.settings.clusters.trend_weeks, -1),
            overdispersion=overdispersions(history),
        )

    @property
    def window_weeks(self) -> list[str]:
        """The trend weeks, oldest first."""
        return [
            week for week, inside in zip(self.history.weeks, self.window, strict=True) if inside
        ]

    @cached_property
    def is_kept(self) -> NDArray[np.bool_]:
        """Which posts are not copies in a cluster that is suspected of bots, shape (posts,)."""
        kept = np.ones(len(self.heats), bool)
        for name, own in self.members.items():
            if name and self.signals(name).is_of_bots:
                kept[own.copies] = False
        return kept

    @property
    def total(self) -> int:
        """The number of posts that are kept; at least 1."""
        return max(int(self.is_kept.sum()), 1)

    def posts_of(self, name: str) -> list[int]:
        """The indices of the cluster's posts."""
        return self.members[name].posts if name in self.members else []

    def posts(self, name: str) -> int:
        """The number of the cluster's posts."""
        return len(self.posts_of(name))

    def kept(self, name: str) -> int:
        """The number of the cluster's posts that are kept."""
        return len(self.heat(name))

    def signals(self, name: str) -> Signals:
        """The signals of the cluster without comparisons."""
        before = self.before(name) if name in self.history.counts else np.empty(0)
        return Signals(
            posts=self.posts(name),
            before=float(np.mean(before)) if len(before) else None,
            copied=self.copied(name),
        )

    def heat(self, name: str) -> Floats:
        """The heat of each kept post of the cluster."""
        own = self.posts_of(name)
        return self.heats[own][self.is_kept[own]]

    def before(self, name: str) -> Floats:
        """The cluster's posts in each trend week."""
        return self.history.counts[name][self.window]

    def has_posts(self, name: str) -> bool:
        """Whether the cluster has posts in this week or in the trend weeks."""
        return bool(self.posts(name) or self.before(name).any())

    def copied(self, name: str) -> int:
        """The number of this week's copies by authors of several."""
        copiers = Counter(self.members[name].copiers if name in self.members else [])
        return sum(count for count in copiers.values() if count > 1)

    def fair_share(self, name: str, balanced: Balance) -> float:
        """The cluster's share, in [0, 1], of the weights of the kept posts."""
        weights = balanced.weights * self.is_kept
        whole = float(weights.sum())
        return float(weights[self.posts_of(name)].sum()) / whole if whole else 0.0

    def row(
        self, name: str, state: "_State", predicted: Forecast, balanced: Balance | None
    ) -> TrendRow:
        """The cluster's row of the table `trends`."""
        kept, heat = self.kept(name), float(np.sum(self.heat(name)))
        share, all_heat = kept / self.total, float(np.sum(self.heats[self.is_kept]))
        around = interval(kept, self.total, self.overdispersion[name].expected(self.total))
        shares = self.before(name) / self.history.totals[self.window]
        usual = float(np.mean(shares)) if len(shares) else 0.0
        return {
            "week": self.name,
            "cluster_id": name,
            "posts": self.posts(name),
            "heat": round(float(np.sum(self.heats[self.posts_of(name)])), 6),
            "share": share,
            "share_low": around.low,
            "share_high": around.high,
            "heat_share": heat / all_heat if all_heat else None,
            "growth": share / usual - 1 if usual else None,
            "state": state.state,
            "p_value": state.p,
            "forecast": predicted.share,
            "forecast_low": predicted.interval.low,
            "forecast_high": predicted.interval.high,
            "fair_share": self.fair_share(name, balanced) if balanced else None,
        }


class _State(NamedTuple):
    """The state of a cluster, and the p-value of its change, None without a comparison."""

    state: TrendState
    p: float | None


def _balance_row(week: str, part: Part) -> BalanceRow:
    return {
        "week": week,
        "side": part.side,
        "value": part.value,
        "posts": part.posts,
        "before": part.before,
        "target": part.target,
        "after": part.after,
    }


def _states(job: Job, week: _Week, names: Sequence[str]) -> dict[str, _State]:
    """State and p-value of each cluster; significance is controlled over all clusters."""
    max_rate = job.settings.trends.false_discoveries
    since = week_after(job.week, -job.settings.clusters.trend_weeks)
    signals = {
        name: replace(week.signals(name), is_new=week.clusters[name]["first_week"] > since)
        for name in names
    }
    known = [name for name in names if signals[name].is_known]
    changes = {name: _change(week, name) for name in known}
    changed = _significant({name: change.p for name, change in changes.items()}, max_rate)
    rises = {name for name in changed if changes[name].is_rise}
    in_season = _significant({name: _season(week, name) for name in known}, max_rate)
    heats = {name: week.heat(name) for name in known}
    bursts = bursting(heats, week.heats[week.is_kept], _past_heats(job, week), max_rate)
    return {
        name: _State(
            state_of(
                replace(
                    own,
                    rises=name in rises,
                    falls=name in changed - rises,
                    bursts=name in bursts,
                    is_in_season=name in in_season,
                )
            ),
            changes[name].p if name in changes else None,
        )
        for name, own in signals.items()
    }


_HEAT_COLUMNS = ["week", "cluster_id", "posts", "heat", "share", "heat_share", "state"]


def _past_heats(job: Job, week: _Week) -> dict[str, list[RelativeHeat]]:
    """The relative heat of each cluster in the trend weeks."""
    into = successors(list(week.clusters.values()))
    past = job.rows(TRENDS, "history", _HEAT_COLUMNS)
    return {
        name: [own[w] for w in week.window_weeks if w in own]
        for name, own in relative_heats(past, into).items()
    }


def _significant(p_values: Mapping[str, float], max_rate: float) -> set[str]:
    found = significant(list(p_values.values()), max_rate)
    return {name for name, is_found in zip(p_values, found, strict=True) if is_found}


def _change(week: _Week, name: str) -> Change:
    """The p-values of the week's posts, given the trend weeks."""
    before, totals = week.before(name), week.history.totals[week.window]
    expected = [
        SharePosterior.of(before, totals, rho).predict(week.total, rho)
        for rho in week.overdispersion[name].likely(week.total)
    ]
    return Change.of(week.kept(name), expected)


def _season(week: _Week, name: str) -> float:
    now = week.kept(name), week.total
    rho = week.overdispersion[name].expected(week.total)
    return season_p(week.history, week.history.counts[name], now, rho)


def _forecasts(week: _Week, names: Sequence[str]) -> dict[str, Forecast]:
    """The forecast of each cluster; the past of all clusters decides how to forecast."""
    if not names:
        return {}
    history = week.history
    clusters = sorted(history.counts)
    past = Past(
        counts=np.array([[*history.counts[name], week.kept(name)] for name in clusters]),
        totals=np.array([*history.totals, week.total]),
        numbers=np.array([*history.numbers, 0], np.float64),
        first_index=[history.first_index[name] for name in clusters],
        rho=np.array([week.overdispersion[name].rho for name in clusters]),
    )
    total = round(float(np.mean([*history.totals[week.window], week.total])))
    rows = [clusters.index(name) for name in names]
    return dict(zip(names, forecasts(past, rows, total), strict=True))
