"""A cluster at the end of a week, its row in the table `clusters`, and how its centres move.

Input: rows of the table, and the posts that joined a cluster. Output: `Cluster` values. This module
does not know how posts are assigned to clusters.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.unit_vectors import Points, Vector, cosine, unit_rows
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState, Hold
from zeitgraph.kg.base.weeks import weeks_between
from zeitgraph.kg.workspace.rows import ClusterRow

STRAY_SHARE = 0.03
"""Share of a cluster's posts that belong to another style. In planted worlds it is one in fifty."""

_VECTORS = ("centre", "plain_centre", "core", "anchor")


@dataclass(frozen=True)
class Cluster:
    """A cluster at the end of a week; each field but `week` is a column of the table `clusters`.

    `centre` and `plain_centre` (d,) are unit means of the posts' raw vectors, with and without
    weights by heat; `mass` and `plain_mass` are the sums of those weights, which decay from week to
    week. `core` (d,) is the weighted mean in the aligned space (`PostSpace.aligned`); `anchor` is
    the core when the cluster had settled or last drifted; `min_similarity` is the least cosine to
    the core, in [-1, 1], of a post that belongs to the cluster.

    `posts` and `heat` count this week, `total_posts` all weeks. `last_week` is the last week after
    which no more posts came than `expected_strays`. `unseen_posts` counts posts of the weeks before
    the cluster was found that resemble it; they keep the cluster they joined then. `parent` is the
    id of the cluster that it split from, empty for none.

    `hold` is what a manual edit fixes. `shown_as` is the id under which its posts are shown if an
    edit changes it, empty for no cluster (see `manual_edits.py`). `style_near` is the similarity at
    which posts of this week joined by the phrasings of its style.
    """

    cluster_id: str
    origin: ClusterOrigin
    style: str | None
    name: str
    name_en: str
    name_zh: str
    first_week: str
    last_week: str
    posts: int
    total_posts: int
    unseen_posts: int
    parent: str
    heat: float
    words: tuple[str, ...]
    exemplars: tuple[str, ...]
    centre: Vector
    plain_centre: Vector
    core: Vector
    anchor: Vector | None
    min_similarity: float
    mass: float
    plain_mass: float
    state: ClusterState
    hold: Hold | None = None
    shown_as: str | None = None
    style_near: float | None = None

    @property
    def accepts_posts(self) -> bool:
        """Whether posts near its core join it. A young named cluster accepts by phrasings only."""
        return self.state in {ClusterState.ACTIVE, ClusterState.FADED}

    @property
    def is_alive(self) -> bool:
        """Whether posts may join it at all."""
        return self.state not in {ClusterState.MERGED, ClusterState.CONTINUED}

    @property
    def is_pinned(self) -> bool:
        """Whether it never fades, merges or changes its name."""
        return self.hold in {Hold.FOLLOWS, Hold.STILL}

    def has_moved(self, drift: float) -> bool:
        """Whether the cosine of its core and its anchor is below `drift`."""
        return self.anchor is not None and cosine(self.core, self.anchor) < drift

    def expected_strays(self, weeks: int) -> float:
        """How many posts of other styles it may receive in so many weeks after its style has ended.

        `STRAY_SHARE` of its posts in as many weeks, by the mean over its life.
        """
        lived = weeks_between(self.first_week, self.last_week) + 1
        return STRAY_SHARE * self.total_posts * weeks / lived


def empty_cluster(cluster_id: str, origin: ClusterOrigin, week: str, width: int) -> Cluster:
    """A young cluster of `week` without posts, name or place; its vectors are `width` zeros."""
    nowhere = np.zeros(width, np.float32)
    return Cluster(
        cluster_id=cluster_id,
        origin=origin,
        style=None,
        name="",
        name_en="",
        name_zh="",
        first_week=week,
        last_week=week,
        posts=0,
        total_posts=0,
        unseen_posts=0,
        parent="",
        heat=0.0,
        words=(),
        exemplars=(),
        centre=nowhere,
        plain_centre=nowhere,
        core=nowhere,
        anchor=None,
        min_similarity=-1.0,
        mass=0.0,
        plain_mass=0.0,
        state=ClusterState.YOUNG,
    )


def cluster_from_row(row: ClusterRow) -> Cluster:
    """The cluster of a row of the table `clusters`.

    Raises `ValueError` if the row has an unknown origin, state or hold.
    """
    columns = cast("dict[str, Any]", row)
    values = {field.name: columns[field.name] for field in fields(Cluster)}
    for name in _VECTORS:
        values[name] = None if columns[name] is None else np.asarray(columns[name], np.float32)
    return Cluster(
        **values
        | {
            "words": tuple(row["words"]),
            "exemplars": tuple(row["exemplars"]),
            "origin": ClusterOrigin(row["origin"]),
            "state": ClusterState(row["state"]),
            "hold": None if columns["hold"] is None else Hold(columns["hold"]),
        }
    )


def cluster_row(cluster: Cluster, week: str) -> ClusterRow:
    """The row of the table `clusters` for `week`."""
    return cast("ClusterRow", asdict(cluster) | {"week": week})


# -- centres ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewPosts:
    """Posts of one week that joined a cluster: raw and aligned rows (n, d), weights (n,)."""

    raw: Points
    aligned: Points
    weights: NDArray[np.float64]


def update_centres(cluster: Cluster, new: NewPosts, keep: float) -> Cluster:
    """The cluster after a week: its mass decays to the part `keep`, then new posts are added.

    Streaming k-means with forgetting (Spark MLlib's rule, c' = (c·n·a + x·m) / (n·a + m)) on the
    sphere, once weighted by heat, Σ(v·heat) / Σ heat, and once with equal weights.
    """
    mass, plain_mass = cluster.mass * keep, cluster.plain_mass * keep
    if len(new.raw) == 0:
        return replace(cluster, mass=mass, plain_mass=plain_mass)
    ones = np.ones(len(new.raw))
    return replace(
        cluster,
        centre=_blend(cluster.centre, mass, new.raw, new.weights),
        plain_centre=_blend(cluster.plain_centre, plain_mass, new.raw, ones),
        core=_blend(cluster.core, mass, new.aligned, new.weights),
        mass=mass + float(new.weights.sum()),
        plain_mass=plain_mass + len(new.raw),
    )


def take_place(cluster: Cluster, of: Cluster) -> Cluster:
    """The cluster with the centres, the core and the least similarity `of` another."""
    return replace(
        cluster,
        centre=of.centre,
        plain_centre=of.plain_centre,
        core=of.core,
        min_similarity=of.min_similarity,
    )


def mean_direction(rows: Points, weights: NDArray[np.float64]) -> Vector:
    """The weighted mean of rows (n, d) as a unit vector (d,); zero if they cancel each other."""
    total: Vector = unit_rows((rows.astype(np.float64) * weights[:, None]).sum(0, keepdims=True))[0]
    return total


def _blend(old: Vector, mass: float, rows: Points, weights: NDArray[np.float64]) -> Vector:
    new = mean_direction(rows, weights)
    return mean_direction(np.stack([old, new]), np.array([mass, weights.sum()]))
