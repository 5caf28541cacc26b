"""A cluster as the stage carries it from week to week, and the row that it is in the table.

Knows columns and arithmetic of centres; nothing about how posts are found to belong to it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.cosine import cosine
from zeitgraph.extraction.geometry.post_space import Points, unit
from zeitgraph.kg.base.weeks import weeks_between

Vector = NDArray[np.float32]

NAMED, DISCOVERED = "named", "discovered"

YOUNG, ACTIVE, FADED, MERGED, CONTINUED = "young", "active", "faded", "merged", "continued"
"""States. A named cluster is young until enough posts have joined it by its phrasings; only then
does its own centre draw posts. A merged cluster draws none any more, and no more does one that
turned out to be its `parent` in a new look: its posts count for that one."""

HELD, FOLLOWS, STILL = "held", "follows", "still"
"""What a hand does to a cluster: it is never merged by itself; and it is pinned, where its centre
follows its posts or stays still."""

STRAYS = 0.03
"""In planted worlds one post in fifty is seen as of another style than its own."""

_VECTORS = frozenset({"centre", "plain_centre", "core", "anchor"})


@dataclass(frozen=True)
class Cluster:
    """One cluster at the end of a week.

    `centre` and `plain_centre` are unit means of its posts' vectors, with and without weights by
    heat; `mass` and `plain_mass` the weights behind them, decayed from week to week. `core` is the
    weighted centre in the corrected space of `Cloud.points`, `anchor` the core when the cluster had
    settled or last drifted, `min_similarity` the least cosine to the core of a post that belongs to
    it.
    `last_week` is the last since which no more came than `strays`.
    `posts` and `heat` are of this week, `total_posts` of all weeks. `unseen_posts` counts posts of
    the weeks before its birth that were already like it, and stay where they were. `parent` is the
    cluster that it split from, empty for none. `hold` is what a hand does to it; `shown_as` the id
    under which its posts are told where an edit says so, empty for none (clusters/edits.py).
    `style_near` is the threshold of the week at which posts join it by its style's phrasings.
    """

    cluster_id: str
    origin: str
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
    state: str
    hold: str | None = None
    shown_as: str | None = None
    style_near: float | None = None

    @property
    def draws(self) -> bool:
        """Whether posts near its core join it."""
        return self.state in {ACTIVE, FADED}

    def has_moved(self, drift: float) -> bool:
        """Whether its core lies further than `drift` (a cosine) from where it had settled."""
        return self.anchor is not None and cosine(self.core, self.anchor) < drift

    def strays(self, weeks: int) -> float:
        """So many posts may stray into it within so many weeks though its style is over.

        A small part of its posts in as many weeks, by the mean over its life.
        """
        lived = weeks_between(self.first_week, self.last_week) + 1
        return STRAYS * self.total_posts * weeks / lived

    @property
    def is_pinned(self) -> bool:
        """Whether it never fades, merges or changes its name."""
        return self.hold in {FOLLOWS, STILL}

    @property
    def alive(self) -> bool:
        """Whether posts may join it at all."""
        return self.state not in {MERGED, CONTINUED}


def newborn(cluster_id: str, origin: str, week: str, width: int) -> Cluster:
    """A cluster of `week` with no posts yet, no name, and no place among vectors of `width`."""
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
        state=YOUNG,
    )


def cluster_of(row: Mapping[str, Any]) -> Cluster:
    """The cluster that a row of the table `clusters` holds."""
    values = {field.name: row[field.name] for field in fields(Cluster)}
    for name in _VECTORS:
        values[name] = None if row[name] is None else np.asarray(row[name], np.float32)
    return Cluster(**values | {"words": tuple(row["words"]), "exemplars": tuple(row["exemplars"])})


def row_of(cluster: Cluster, week: str) -> dict[str, Any]:
    """The row of the table `clusters` for `week`."""
    return asdict(cluster) | {"week": week}


@dataclass(frozen=True)
class Intake:
    """The posts of one week that joined a cluster: rows of vectors, and their weights by heat."""

    raw: Points
    points: Points
    weights: NDArray[np.float64]


def moved_by(cluster: Cluster, new: Intake, keep: float) -> Cluster:
    """The cluster after a week: old mass decayed by `keep`, then the week's posts added.

    Streaming k-means with forgetting (Spark MLlib's rule, c' = (c·n·a + x·m) / (n·a + m)) on the
    sphere; weighted by heat as in the mission's S13, Σ(v·log heat) / Σ weights, and plain beside.
    """
    mass, plain_mass = cluster.mass * keep, cluster.plain_mass * keep
    if len(new.raw) == 0:
        return replace(cluster, mass=mass, plain_mass=plain_mass)
    ones = np.ones(len(new.raw))
    return replace(
        cluster,
        centre=_blend(cluster.centre, mass, new.raw, new.weights),
        plain_centre=_blend(cluster.plain_centre, plain_mass, new.raw, ones),
        core=_blend(cluster.core, mass, new.points, new.weights),
        mass=mass + float(new.weights.sum()),
        plain_mass=plain_mass + len(new.raw),
    )


def mean_direction(rows: Points, weights: NDArray[np.float64]) -> Vector:
    """The unit weighted mean of rows; zero where they cancel."""
    total: Vector = unit((rows.astype(np.float64) * weights[:, None]).sum(axis=0, keepdims=True))[0]
    return total


def _blend(old: Vector, mass: float, rows: Points, weights: NDArray[np.float64]) -> Vector:
    new = mean_direction(rows, weights)
    both = np.stack([old, new])
    return mean_direction(both, np.array([mass, weights.sum()]))
