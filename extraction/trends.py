"""The stage `trends`: how strong each cluster is this week, how sure that is, and what it does.

Reads the posts of the week, memberships of this week and before, clusters, and earlier trends.
Writes a row for each cluster with posts in this week or in the weeks it is measured against, but
for those that a hand merged or deleted: their past is another's, or nobody's. Knows nothing about
vectors.

`share` is a cluster's part of all posts of the week, with Jeffreys' interval of 95 % (Brown, Cai &
DasGupta 2001, section 4). `growth` is the share over its mean in the `clusters.trend_weeks` weeks
before, less one: 0.5 is half as much again; null where there is nothing to compare with. The first
rule that holds gives the state:

    bot-suspect       more copies by authors who copy again and again than chance brings
    not-enough-data   no earlier week, or fewer than `ENOUGH` posts now and in the mean before
    emerging          no older than `trend_weeks`, and its interval lies above that of the past
    rising            its interval lies above that of the past
    fading            its interval lies below that of the past
    heat-burst        as many posts as ever, but warmer than in any of the weeks before
    steady            none of these

The past of a cluster that nobody had named counts the posts that were already like it before its
birth (`unseen_posts`): what is found late is not new. The past of a cluster that split leaves out
those that were already like its children: a split is no fall.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeitgraph.extraction.clusters.state import CONTINUED
from zeitgraph.kg.stages import Job, Outputs
from zeitgraph.kg.tables import TABLES, make_table
from zeitgraph.kg.weeks import week_after

ENOUGH = 5
BURST = 1.3
"""How much warmer than before, on the scale of heat, the posts of a burst are at least."""
COPIED, CHANCE = 0.02, 0.001
"""So many of a cluster's posts may be such copies; more are told where chance is so small."""
SURE = 2.58
"""Standard errors of a warmth that a burst must stand out by: 99 %, as many clusters are asked."""


@dataclass(frozen=True)
class Interval:
    """The 95 % interval of a share; both ends in [0, 1]."""

    low: float
    high: float


def jeffreys(count: float, total: float) -> Interval:
    """The equal-tailed interval of Beta(count + 1/2, total − count + 1/2), as wide as it must be.

    The end at 0 (at 1) is exact where there is nothing below (above) it.
    """
    from scipy.stats import beta

    low, high = beta.ppf([0.025, 0.975], count + 0.5, total - count + 0.5)
    return Interval(0.0 if count == 0 else float(low), 1.0 if count == total else float(high))


@dataclass(frozen=True)
class Week:
    """A cluster in a week: its posts among all, and its warmth.

    `warmth` is the mean heat of its posts over that of all posts, None without posts or heat.
    """

    posts: float
    total: int
    warmth: float | None = None

    @property
    def share(self) -> float:
        """Its part of the posts of the week."""
        return self.posts / self.total


@dataclass(frozen=True)
class Course:
    """What the state of a cluster is read from.

    `warmth_low` is the lower end of the interval of 99 % of this week's warmth, `copied` counts the
    copies of the week by authors of several.
    """

    now: Week
    past: Sequence[Week]
    is_new: bool
    warmth_low: float
    copied: int = 0

    @property
    def past_interval(self) -> Interval:
        """Of its share in the weeks before, taken together."""
        return jeffreys(sum(w.posts for w in self.past), sum(w.total for w in self.past))

    @property
    def growth(self) -> float | None:
        """The share over its mean in the weeks before, less one."""
        before = float(np.mean([week.share for week in self.past])) if self.past else 0.0
        return self.now.share / before - 1 if before else None

    @property
    def is_rise(self) -> bool:
        """Whether the interval of the week lies above that of the past."""
        return jeffreys(self.now.posts, self.now.total).low > self.past_interval.high

    @property
    def is_fall(self) -> bool:
        """Whether the interval of the week lies below that of the past."""
        return jeffreys(self.now.posts, self.now.total).high < self.past_interval.low


def _too_little(course: Course) -> bool:
    posts = [week.posts for week in course.past]
    return not posts or max(course.now.posts, float(np.mean(posts))) < ENOUGH


def _is_of_bots(course: Course) -> bool:
    from scipy.stats import binom

    chance = binom.sf(course.copied - 1, round(course.now.posts), COPIED)
    return bool(course.copied >= ENOUGH and chance < CHANCE)


def _is_burst(course: Course) -> bool:
    warmths = [week.warmth for week in course.past if week.warmth is not None]
    if len(warmths) < 2 or course.now.warmth is None:
        return False
    hotter = course.now.warmth > BURST * float(np.mean(warmths))
    return hotter and course.warmth_low > max(warmths)


STATES: Sequence[tuple[str, Callable[[Course], bool]]] = (
    ("bot-suspect", _is_of_bots),
    ("not-enough-data", _too_little),
    ("emerging", lambda course: course.is_new and course.is_rise),
    ("rising", lambda course: course.is_rise),
    ("fading", lambda course: course.is_fall),
    ("heat-burst", _is_burst),
    ("steady", lambda _course: True),
)


def state_of(course: Course) -> str:
    """The first state of `STATES` whose rule holds."""
    return next(state for state, holds in STATES if holds(course))


@dataclass(frozen=True)
class _Posts:
    """The posts of a cluster in a week: the heat of each, and the author of each copy."""

    heats: list[float]
    copiers: list[str]


def measure_trends(job: Job) -> Outputs:
    """One week of the table `trends`."""
    rows_of_week = job.table("posts").select(["post_id", "heat", "author"]).to_pylist()
    posts = {row["post_id"]: row["heat"] for row in rows_of_week}
    authors = {row["post_id"]: row["author"] for row in rows_of_week}
    if not posts:
        return {}
    inside: dict[str, _Posts] = {}
    for row in job.table("memberships").to_pylist():
        own = inside.setdefault(row["cluster_id"], _Posts([], []))
        own.heats.append(posts[row["post_id"]])
        if row["copy_of"]:
            own.copiers.append(authors[row["post_id"]] or row["post_id"])
    past = _Past.of(job)
    clusters = job.table("clusters").to_pylist()
    rows = []
    for cluster in (row for row in clusters if row["told_as"] is None):
        own = inside.get(cluster["cluster_id"], _Posts([], []))
        children = [child for child in clusters if child["parent"] == cluster["cluster_id"]]
        before = past.course(cluster, children)
        if own.heats or any(week.posts for week in before):
            rows.append(_row(job, cluster, own, list(posts.values()), before))
    return {"trends": make_table(TABLES["trends"], rows)}


@dataclass(frozen=True)
class _Past:
    """The weeks that a trend is measured against, oldest first; and all weeks, to look back on."""

    weeks: Sequence[str]
    every: Sequence[str]
    totals: Mapping[str, int]
    joined: Mapping[tuple[str, str], int]
    warmths: Mapping[tuple[str, str], float]
    window: int

    @classmethod
    def of(cls, job: Job) -> "_Past":
        settings = job.settings.clusters
        members = job.table("memberships", "history").select(["week", "cluster_id"]).to_pylist()
        follow = _told_now(job.table("clusters").to_pylist())
        totals = Counter(row["week"] for row in members)
        every = sorted(totals)
        trends = job.table("trends", "history").to_pylist()
        return cls(
            weeks=[w for w in every if w >= week_after(job.week, -settings.trend_weeks)],
            every=every,
            totals=totals,
            joined=Counter(
                (follow.get(row["cluster_id"], row["cluster_id"]), row["week"]) for row in members
            ),
            warmths={
                (row["cluster_id"], row["week"]): row["heat_share"] / row["share"]
                for row in trends
                if row["share"] and row["heat_share"] is not None
            },
            window=settings.window_weeks,
        )

    def course(
        self, cluster: Mapping[str, Any], children: Sequence[Mapping[str, Any]]
    ) -> list[Week]:
        """The weeks of `cluster`, with what was like it before its birth, without its children."""
        cluster_id = cluster["cluster_id"]
        return [
            Week(
                posts=max(
                    self.joined.get((cluster_id, week), 0)
                    + self._unseen(cluster, week)
                    - sum(self._unseen(child, week) for child in children),
                    0,
                ),
                total=self.totals[week],
                warmth=self.warmths.get((cluster_id, week)),
            )
            for week in self.weeks
        ]

    def _unseen(self, cluster: Mapping[str, Any], week: str) -> float:
        """Posts like the cluster in a week before its birth: spread evenly over its window."""
        born = cluster["first_week"]
        since = week_after(born, -self.window)
        if not since <= week < born:
            return 0.0
        return float(cluster["unseen_posts"] / sum(since <= w < born for w in self.every))


def _told_now(clusters: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Under which id the past of a cluster counts now, where that is not its own."""
    told = {row["cluster_id"]: row["told_as"] for row in clusters if row["told_as"] is not None}
    gone = {row["cluster_id"]: row["parent"] for row in clusters if row["state"] == CONTINUED}
    return {cluster_id: told.get(parent, parent) for cluster_id, parent in gone.items()} | told


def _row(
    job: Job,
    cluster: Mapping[str, Any],
    posts: _Posts,
    everyone: Sequence[float],
    past: Sequence[Week],
) -> dict[str, object]:
    own = posts.heats
    total_heat = float(np.sum(everyone))
    mean = total_heat / len(everyone)
    warmth = float(np.mean(own)) / mean if own and mean else None
    error = float(np.std(own, ddof=1)) / len(own) ** 0.5 / mean if len(own) > 1 and mean else np.inf
    now = Week(len(own), len(everyone), warmth)
    course = Course(
        now=now,
        past=past,
        is_new=cluster["first_week"] > week_after(job.week, -job.settings.clusters.trend_weeks),
        warmth_low=-np.inf if warmth is None else warmth - SURE * error,
        copied=sum(count for count in Counter(posts.copiers).values() if count > 1),
    )
    interval = jeffreys(now.posts, now.total)
    return {
        "week": job.week,
        "cluster_id": cluster["cluster_id"],
        "posts": len(own),
        "heat": round(float(np.sum(own)), 6),
        "share": now.share,
        "share_low": interval.low,
        "share_high": interval.high,
        "heat_share": float(np.sum(own)) / total_heat if total_heat else None,
        "growth": course.growth,
        "state": state_of(course),
    }
