"""Bursts of heat: clusters whose posts get far more engagement than before.

Heat is a logarithm, so the difference between a post's heat and the mean of its week is the log of
the factor by which people engage with it more. A burst is a cluster whose mean difference is
significantly above its own of the weeks before (Student's t for two means that also vary between
weeks), and above it by at least the factor `MIN_FACTOR`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zeitgraph.extraction.trends.fdr import significant
from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.kg.base.terms import TrendState
from zeitgraph.kg.workspace.rows import TrendRow

MIN_FACTOR = 2.0
"""The least factor by which a burst gets more engagement than before."""
MIN_POSTS = 5
"""Posts that a cluster needs in the week, and in each week that it is compared with."""
MIN_WEEKS = 2
"""Weeks that it needs to be compared with."""


@dataclass(frozen=True)
class RelativeHeat:
    """The posts of a cluster in a week, and their mean heat less the mean of all posts."""

    posts: int
    mean: float


def relative_heats(
    trends: Iterable[TrendRow], successors: Mapping[str, str]
) -> dict[str, dict[str, RelativeHeat]]:
    """The relative heat by cluster and week, from earlier rows of `trends`.

    `successors`: the cluster that a replaced cluster counts for. Weeks in which a cluster was
    suspected of bots are left out.
    """
    heats: dict[str, dict[str, RelativeHeat]] = {}
    for row in trends:
        if not row["share"] or not row["heat_share"] or row["state"] == TrendState.BOT_SUSPECT:
            continue
        overall = (row["heat"] / row["heat_share"]) / (row["posts"] / row["share"])
        posts, mean = row["posts"], row["heat"] / row["posts"] - overall
        weeks = heats.setdefault(successors.get(row["cluster_id"], row["cluster_id"]), {})
        if other := weeks.get(row["week"]):
            mean = (other.posts * other.mean + posts * mean) / (other.posts + posts)
            posts += other.posts
        weeks[row["week"]] = RelativeHeat(posts, mean)
    return heats


def bursting(
    heats: Mapping[str, Floats],
    all_heats: Floats,
    past: Mapping[str, Sequence[RelativeHeat]],
    max_rate: float,
) -> set[str]:
    """The clusters that burst, with a false discovery rate of at most `max_rate`.

    `heats`: the heat of each post by cluster. `all_heats`: the heat of all posts of the week,
    shape (posts,). `past`: the weeks that each cluster is compared with.
    """
    from scipy.special import stdtr

    weeks = {name: [week for week in own if week.posts >= MIN_POSTS] for name, own in past.items()}
    tested = sorted(
        name
        for name, own in heats.items()
        if len(own) >= MIN_POSTS and len(weeks.get(name, ())) >= MIN_WEEKS
    )
    variance = float(np.var(all_heats, ddof=1)) if len(all_heats) > 1 else 0.0
    between_weeks = _variance_between_weeks([weeks[name] for name in tested], variance)
    freedom = sum(len(weeks[name]) - 1 for name in tested)
    rises, p_values = [], []
    for name in tested:
        posts = np.array([week.posts for week in weeks[name]], np.float64)
        usual = float(np.average([week.mean for week in weeks[name]], weights=posts))
        rise = float(np.mean(heats[name])) - float(np.mean(all_heats)) - usual
        error = variance * (1 / len(heats[name]) + 1 / posts.sum()) + between_weeks * (
            1 + 1 / len(posts)
        )
        rises.append(rise)
        p_values.append(float(stdtr(freedom, -rise / error**0.5)) if error else 1.0)
    is_significant = significant(p_values, max_rate)
    is_large = [rise >= np.log(MIN_FACTOR) for rise in rises]
    return {
        name
        for name, sure, large in zip(tested, is_significant, is_large, strict=True)
        if sure and large
    }


def _variance_between_weeks(clusters: Sequence[Sequence[RelativeHeat]], variance: float) -> float:
    """The variance of a cluster's relative heat between weeks, beyond that of a mean of its posts.

    By moments over all clusters, each around its own mean. `variance` is that of single posts.
    """
    squares, freedom, sampling = 0.0, 0, 0.0
    for weeks in clusters:
        means: Floats = np.array([week.mean for week in weeks])
        squares += float(np.sum((means - means.mean()) ** 2))
        freedom += len(weeks) - 1
        sampling += variance * (1 - 1 / len(weeks)) * sum(1 / week.posts for week in weeks)
    return max(0.0, (squares - sampling) / freedom) if freedom else 0.0
