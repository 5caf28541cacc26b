"""The number of posts that each cluster had in every earlier week.

Input: memberships of the past and the current clusters. Output: a `History`. What is known by now
corrects the past:

- The posts of a cluster that turned out to be another one count for that other one.
- A discovered cluster also counts the posts that were already like it before its birth
  (`unseen_posts`), spread evenly over the window that was searched, so that a style that is found
  late is not new. The cluster that it split from does not count them, so that a split is no fall.
- Copies do not count in weeks in which the cluster was suspected of bots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.kg.base.terms import ClusterState, TrendState
from zeitgraph.kg.base.weeks import week_after, weeks_between
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import ClusterRow

CLUSTER_WEEK = ["cluster_id", "week"]


@dataclass(frozen=True)
class History:
    """The earlier weeks that have posts, oldest first.

    `numbers`: each week relative to the week at hand, so that the week before it is −1. `totals`:
    all posts of each week. `counts`: the posts of each cluster, float64 of shape (weeks,).
    `first_index`: the index of the week in which a cluster was first reported, `len(weeks)` for a
    cluster of the week at hand.
    """

    weeks: tuple[str, ...]
    numbers: NDArray[np.int64]
    totals: Floats
    counts: Mapping[str, Floats]
    first_index: Mapping[str, int]

    def between(self, first: int, last: int) -> "NDArray[np.bool_]":
        """Which weeks have a number in `first` .. `last`, both included; shape (weeks,)."""
        return (self.numbers >= first) & (self.numbers <= last)


def successors(clusters: Sequence[ClusterRow]) -> dict[str, str]:
    """The cluster that the posts of a cluster now count for, by the id of each replaced cluster.

    A cluster is replaced if it turned out to be another one, or if an edit merged it or deleted it;
    the id is empty for a deleted cluster.
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


def look_back(job: Job, clusters: Sequence[ClusterRow]) -> History:
    """The history of `clusters`, the rows of the job's week in the table of that name."""
    counted = _posts_without_bots(job)
    weeks = tuple(sorted({week for _, week in counted}))
    index = {week: i for i, week in enumerate(weeks)}
    into = successors(clusters)
    names = {row["cluster_id"] for row in clusters}
    totals = np.zeros(len(weeks))
    counts = {name: np.zeros(len(weeks)) for name in sorted(names)}
    for (name, week), count in counted.items():
        totals[index[week]] += count
        if (own := into.get(name, name)) in counts:
            counts[own][index[week]] += count
    np.maximum(totals, 1, out=totals)
    _add_unseen_posts(counts, clusters, weeks, job.settings.clusters.window_weeks)
    return History(
        weeks=weeks,
        numbers=np.array([weeks_between(job.week, week) for week in weeks], np.int64),
        totals=totals,
        counts=counts,
        first_index={
            row["cluster_id"]: sum(week < row["first_week"] for week in weeks) for row in clusters
        },
    )


def _posts_without_bots(job: Job) -> dict[tuple[str, str], int]:
    """The posts by cluster and week, without the copies where bots were suspected."""
    trends = job.table("trends", "history", [*CLUSTER_WEEK, "state"])
    is_suspected = pc.equal(trends["state"], TrendState.BOT_SUSPECT)
    suspected = trends.filter(is_suspected).select(CLUSTER_WEEK).to_pylist()
    members = job.table("memberships", "history", [*CLUSTER_WEEK, "copy_of"])
    copies = members.filter(pc.greater(pc.utf8_length(members["copy_of"]), 0))
    posts, copied = (_counts(rows.select(CLUSTER_WEEK)) for rows in (members, copies))
    for row in suspected:
        key = row["cluster_id"], row["week"]
        posts[key] = posts.get(key, 0) - copied.get(key, 0)
    return posts


def _counts(rows: pa.Table) -> dict[tuple[str, str], int]:
    grouped = rows.group_by(CLUSTER_WEEK).aggregate([([], "count_all")]).to_pylist()
    return {(row["cluster_id"], row["week"]): row["count_all"] for row in grouped}


def _add_unseen_posts(
    counts: Mapping[str, Floats], clusters: Sequence[ClusterRow], weeks: Sequence[str], window: int
) -> None:
    """Add to each cluster its posts from before its birth, and subtract them from its parent."""
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
