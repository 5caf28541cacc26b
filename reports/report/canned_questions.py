"""The canned questions that a report asks: the columns of their rows, and how to read the rows.

The queries themselves are in `kg/graph/questions/`. For each question this module declares a typed
row and says which columns hold a number and which cluster or entity such a number belongs to. A
new question for the report is added here. This module does not know about workspaces or sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

Cell = str | int | float | None
"""A value of an answer; times are ISO 8601 text."""

RowT_co = TypeVar("RowT_co", bound=Mapping[str, object], covariant=True)


class OverviewRow(TypedDict):
    """Counts of a week; `clustered` are the posts that belong to a cluster."""

    posts: int
    clustered: int
    heat: float
    clusters: int
    entities: int


class RankedClusterRow(TypedDict):
    """A cluster in a week. Shares are in [0, 1]; `growth` is a fraction (0.4 is 40 % up)."""

    cluster_id: str
    name: str
    name_zh: str | None
    origin: str
    posts: int
    share: float
    share_low: float | None
    share_high: float | None
    heat: float
    growth: float | None
    state: str


class ForecastRow(TypedDict):
    """The share that a cluster is expected to have next week, with its interval."""

    cluster_id: str
    name: str
    name_zh: str | None
    posts: int
    share: float
    forecast: float
    forecast_low: float
    forecast_high: float


class FairShareRow(TypedDict):
    """The share of a cluster before and after the posts are weighted."""

    cluster_id: str
    name: str
    name_zh: str | None
    posts: int
    share: float
    fair_share: float


class EventRow(TypedDict):
    """An event of a cluster; `done_by` is `hand` if an editor caused it."""

    event: str
    cluster_id: str
    name: str | None
    other_id: str | None
    measure: float | None
    done_by: str | None


class TripleRow(TypedDict):
    """How many posts show a style, an object and a scene together, all given by name."""

    style: str
    object: str
    scene: str
    posts: int


class HistoryRow(TypedDict):
    """A cluster in one of its weeks."""

    week: str
    posts: int
    share: float | None
    heat: float
    growth: float | None
    state: str


class ClusterEntityRow(TypedDict):
    """An entity in the posts of a cluster; `probability` is the share of posts that name it."""

    entity_id: str
    name: str
    name_zh: str | None
    kind: str
    posts: int
    probability: float | None


class ClusterRuleRow(TypedDict):
    """One condition of a cluster's rule; `position` is 0 if no rule is good enough."""

    position: int
    feature: str
    low: float | None
    high: float | None
    word: str | None
    precision: float | None
    recall: float | None
    posts: int | None
    members: int | None


class ClusterPostRow(TypedDict):
    """A post of a cluster; `weight` is how well it belongs, in [0, 1]."""

    post_id: str
    text: str | None
    heat: float
    published_at: str
    weight: float


@dataclass(frozen=True)
class CannedQuestion(Generic[RowT_co]):
    """The question called `name`, the class of its rows, and how to read them.

    `focus` names the columns or arguments whose cluster or entity a number belongs to, `context`
    the arguments that also restrict it. Rows of a `ranked` question come best first. A sentence
    must name at least `min_named` things of the focus before it may state numbers of the row. A
    question that is `always_shown` gets a number even without rows, since that says something too.
    """

    name: str
    row: type[RowT_co]
    focus: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    ranked: bool = False
    min_named: int = 1
    always_shown: bool = False


WEEK_OVERVIEW = CannedQuestion("week_overview", OverviewRow, always_shown=True)
TOP_CLUSTERS = CannedQuestion("top_clusters", RankedClusterRow, focus=("cluster_id",), ranked=True)
RISING_CLUSTERS = CannedQuestion(
    "rising_clusters", RankedClusterRow, focus=("cluster_id",), ranked=True, always_shown=True
)
FADING_CLUSTERS = CannedQuestion(
    "fading_clusters", RankedClusterRow, focus=("cluster_id",), ranked=True, always_shown=True
)
FORECASTS = CannedQuestion("forecasts", ForecastRow, focus=("cluster_id",))
FAIR_SHARES = CannedQuestion("fair_shares", FairShareRow, focus=("cluster_id",))
EVENTS = CannedQuestion("events", EventRow, focus=("cluster_id", "other_id"), always_shown=True)
STYLE_OBJECT_SCENE = CannedQuestion(
    "style_object_scene", TripleRow, focus=("style", "object", "scene"), min_named=2
)
CLUSTER_HISTORY = CannedQuestion("cluster_history", HistoryRow, focus=("cluster",))
CLUSTER_ENTITIES = CannedQuestion(
    "cluster_entities", ClusterEntityRow, focus=("entity_id",), context=("cluster",), ranked=True
)
CLUSTER_RULES = CannedQuestion("cluster_rules", ClusterRuleRow, focus=("cluster",))
CLUSTER_POSTS = CannedQuestion("cluster_posts", ClusterPostRow, context=("cluster",))

MEASURES: Mapping[str, str] = {
    "posts": "posts",
    "clustered": "posts",
    "clusters": "clusters",
    "entities": "entities",
    "heat": "heat",
    "share": "share",
    "share_low": "share",
    "share_high": "share",
    "fair_share": "share",
    "forecast": "share",
    "forecast_low": "share",
    "forecast_high": "share",
    "probability": "share",
    "growth": "growth",
    "measure": "measure",
    "weight": "measure",
    "low": "bound",
    "high": "bound",
    "precision": "share",
    "recall": "share",
    "members": "posts",
}
"""The measure that a column of an answer holds; other columns hold no number."""
