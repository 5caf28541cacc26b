"""The data that a page shows beside the sentences: post cards, shares by week, first weeks.

Input: a workspace and the evidence. Output: `PageData`. This module does not know about HTML.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.tables import CLUSTERS, TRENDS
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.charts import Point
from zeitgraph.reports.report.canned_questions import CLUSTER_POSTS
from zeitgraph.reports.report.cards import Card, post_cards
from zeitgraph.reports.report.evidence import Evidence


@dataclass(frozen=True)
class PageData:
    """Cards by post id, points by cluster id, first weeks by cluster id.

    `weeks` are the weeks of the charts, oldest first.
    """

    cards: Mapping[str, Card]
    points: Mapping[str, tuple[Point, ...]]
    weeks: tuple[str, ...]
    first_weeks: Mapping[str, str]


def gather_page_data(
    workspace: Workspace, evidence: Evidence, note: Callable[[str], None]
) -> PageData:
    """The data for everything that the evidence mentions; `note` receives unreadable pictures."""
    settings, week = workspace.settings.report, evidence.week
    post_ids = {row["post_id"] for item in evidence.answers(CLUSTER_POSTS) for row in item.rows}
    known = [w for w in workspace.weeks("trends") if w <= week] or [week]
    weeks = [week_after(week, -back) for back in range(settings.history)][::-1]
    weeks = [w for w in weeks if w >= known[0]]
    clusters = workspace.rows(CLUSTERS, week, ["cluster_id", "first_week"])
    return PageData(
        cards=post_cards(workspace, week, post_ids, settings.picture_pixels, note),
        points=share_points(workspace, weeks, evidence.featured),
        weeks=tuple(weeks),
        first_weeks={row["cluster_id"]: row["first_week"] for row in clusters},
    )


def share_points(
    workspace: Workspace, weeks: Iterable[str], clusters: Iterable[str]
) -> Mapping[str, tuple[Point, ...]]:
    """The share and interval of each cluster in each of `weeks`; None in weeks without a row."""
    columns = ["cluster_id", "share", "share_low", "share_high"]
    trends = {
        week: {row["cluster_id"]: row for row in workspace.rows(TRENDS, week, columns)}
        for week in weeks
    }

    def point(week: str, cluster: str) -> Point:
        row = trends[week].get(cluster)
        if row is None:
            return Point(week, None)
        return Point(week, row["share"], row["share_low"], row["share_high"])

    return {cluster: tuple(point(week, cluster) for week in trends) for cluster in clusters}
