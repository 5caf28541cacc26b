"""How many posts each cluster had in every week so far.

In come memberships of the past and the clusters as they stand, out comes a `History`. What is known
by now of a cluster corrects its past: posts under the id of a cluster that was the same style count
for the one that goes on; a cluster that nobody had named counts the posts that were already like it
before its birth (`unseen_posts`), spread evenly over the window that was searched: what is found
late is not new; and the one that it split from does without them: a split is no fall. Copies of
weeks in which bots were suspected in a cluster are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.extraction.trends.states import SUSPECT
from zeitgraph.kg.base.terms import ClusterState
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job

Row = Mapping[str, Any]
PLACE = ["cluster_id", "week"]


@dataclass(frozen=True)
class History:
    """Weeks with posts before the one at hand, oldest first.

    `numbers` are the weeks as numbers that can be subtracted, `totals` all posts of each, `counts`
    those of each cluster, float64 in the order of `weeks`; `born` is the place in `weeks` of the
    week in which a cluster was first told of, `len(weeks)` for one of this week.
    """

    weeks: tuple[str, ...]
    numbers: NDArray[np.int64]
    totals: Floats
    counts: Mapping[str, Floats]
    born: Mapping[str, int]

    def since(self, number: int, until: int) -> "NDArray[np.bool_]":
        """Which weeks have a number in `number` .. `until`, both included."""
        return (self.numbers >= number) & (self.numbers <= until)


def week_number(week: str) -> int:
    """Weeks as numbers, so that they can be subtracted."""
    return week_start(week).toordinal() // 7


def followed(clusters: Sequence[Row]) -> dict[str, str]:
    """Under which id the posts of a cluster count that was the same style as another.

    Or that a hand merged or deleted: its past is another's too, or nobody's (empty).
    """
    into = {
        row["cluster_id"]: row["parent"]
        for row in clusters
        if row["state"] == ClusterState.CONTINUED
    }
    into |= {row["cluster_id"]: row["shown_as"] for row in clusters if row["shown_as"] is not None}
    while any(parent in into for parent in into.values()):
        into = {name: into.get(parent, parent) for name, parent in into.items()}
    return into


def look_back(job: Job, clusters: Sequence[Row]) -> History:
    """The history of `clusters`, rows of those that stand in the week of the job."""
    counted = _kept(job)
    weeks = tuple(sorted({week for _, week in counted}))
    place = {week: i for i, week in enumerate(weeks)}
    into = followed(clusters)
    names = {row["cluster_id"] for row in clusters}
    totals = np.zeros(len(weeks))
    counts = {name: np.zeros(len(weeks)) for name in sorted(names)}
    for (name, week), count in counted.items():
        totals[place[week]] += count
        if (own := into.get(name, name)) in counts:
            counts[own][place[week]] += count
    np.maximum(totals, 1, out=totals)
    _correct(counts, clusters, weeks, job.settings.clusters.window_weeks)
    return History(
        weeks=weeks,
        numbers=np.array([week_number(week) for week in weeks], np.int64),
        totals=totals,
        counts=counts,
        born={
            row["cluster_id"]: sum(week < row["first_week"] for week in weeks) for row in clusters
        },
    )


def _kept(job: Job) -> dict[tuple[str, str], int]:
    """The posts of each cluster and week, less the copies where bots were suspected."""
    trends = job.table("trends", "history")
    bots = trends.filter(pc.equal(trends["state"], SUSPECT)).select(PLACE).to_pylist()
    members = job.table("memberships", "history")
    copies = members.filter(pc.greater(pc.utf8_length(members["copy_of"]), 0))
    kept, copied = (_counts(rows.select(PLACE)) for rows in (members, copies))
    for row in bots:
        where = row["cluster_id"], row["week"]
        kept[where] = kept.get(where, 0) - copied.get(where, 0)
    return kept


def _counts(rows: pa.Table) -> dict[tuple[str, str], int]:
    told = rows.group_by(PLACE).aggregate([([], "count_all")]).to_pylist()
    return {(row["cluster_id"], row["week"]): row["count_all"] for row in told}


def _correct(
    counts: Mapping[str, Floats], clusters: Sequence[Row], weeks: Sequence[str], window: int
) -> None:
    """Give a cluster the posts that were like it before its birth, and take them from its kin."""
    taken = {name: np.zeros(len(weeks)) for name in counts}
    for row in clusters:
        since = week_after(row["first_week"], -window)
        before = np.array([since <= week < row["first_week"] for week in weeks], bool)
        if not row["unseen_posts"] or not before.any():
            continue
        unseen = before * (row["unseen_posts"] / before.sum())
        counts[row["cluster_id"]] += unseen
        if row["state"] != ClusterState.CONTINUED and row["parent"] in taken:
            taken[row["parent"]] += unseen
    for name, own in taken.items():
        np.maximum(counts[name] - own, 0, out=counts[name])
