"""Bursts of heat: clusters whose posts are answered far more than they used to be.

Heat is a logarithm, so what a post has above the mean of its week is by which factor people answer
it more. A burst is a cluster whose mean of that stands out from its own of the weeks before by more
than chance (Student's t of two means, whose weeks may wander), and by at least the factor `BURST`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zeitgraph.extraction.trends.fdr import discovered
from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.extraction.trends.states import SUSPECT

BURST = 2.0
"""By which factor the posts of a burst are answered more than usual, at least."""
ENOUGH = 5
"""Posts that a cluster needs in the week, and in each week that it is measured against."""
FEWEST = 2
"""Weeks that it is measured against, at least."""


@dataclass(frozen=True)
class Warmth:
    """Posts of a cluster in a week, and their mean heat above the mean of all posts of the week."""

    posts: int
    above: float


def warmths(trends: pa.Table, into: Mapping[str, str]) -> dict[str, dict[str, Warmth]]:
    """From earlier rows of `trends`: by cluster and week; `into` says under which id one counts.

    Weeks in which bots were suspected tell nothing of how warm a cluster is.
    """
    told: dict[str, dict[str, Warmth]] = {}
    for row in trends.to_pylist():
        if not row["share"] or not row["heat_share"] or row["state"] == SUSPECT:
            continue
        mean = (row["heat"] / row["heat_share"]) / (row["posts"] / row["share"])
        posts, above = row["posts"], row["heat"] / row["posts"] - mean
        weeks = told.setdefault(into.get(row["cluster_id"], row["cluster_id"]), {})
        if one := weeks.get(row["week"]):
            above = (one.posts * one.above + posts * above) / (one.posts + posts)
            posts += one.posts
        weeks[row["week"]] = Warmth(posts, above)
    return told


def bursting(
    heats: Mapping[str, Floats],
    everyone: Floats,
    past: Mapping[str, Sequence[Warmth]],
    false: float,
) -> set[str]:
    """The clusters that burst, of these a part of `false` perhaps by chance.

    `heats` are those of each cluster's posts, `everyone` those of all posts of the week, `past` the
    weeks that a cluster is measured against.
    """
    from scipy.special import stdtr

    weeks = {name: [week for week in own if week.posts >= ENOUGH] for name, own in past.items()}
    asked = sorted(
        name
        for name, own in heats.items()
        if len(own) >= ENOUGH and len(weeks.get(name, ())) >= FEWEST
    )
    noise = float(np.var(everyone, ddof=1)) if len(everyone) > 1 else 0.0
    wander = _wander([weeks[name] for name in asked], noise)
    freedom = sum(len(weeks[name]) - 1 for name in asked)
    rises, p_values = [], []
    for name in asked:
        posts = np.array([week.posts for week in weeks[name]], np.float64)
        usual = float(np.average([week.above for week in weeks[name]], weights=posts))
        rise = float(np.mean(heats[name])) - float(np.mean(everyone)) - usual
        error = noise * (1 / len(heats[name]) + 1 / posts.sum()) + wander * (1 + 1 / len(posts))
        rises.append(rise)
        p_values.append(float(stdtr(freedom, -rise / error**0.5)) if error else 1.0)
    found = discovered(p_values, false)
    large = [rise >= np.log(BURST) for rise in rises]
    return {name for name, told, much in zip(asked, found, large, strict=True) if told and much}


def _wander(clusters: Sequence[Sequence[Warmth]], noise: float) -> float:
    """The variance of a cluster's warmth between weeks, beyond that of the mean of so many posts.

    By moments over all clusters, each around its own mean.
    """
    squares, freedom, chance = 0.0, 0, 0.0
    for weeks in clusters:
        above: Floats = np.array([week.above for week in weeks])
        squares += float(np.sum((above - above.mean()) ** 2))
        freedom += len(weeks) - 1
        chance += noise * (1 - 1 / len(weeks)) * sum(1 / week.posts for week in weeks)
    return max(0.0, (squares - chance) / freedom) if freedom else 0.0
