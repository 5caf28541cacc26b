"""The assignment of the week's posts: by centres of clusters, phrasings of styles, and neighbours.

Input: a `WeekState`, and the scores of the named styles. Output: the state in which posts of the
week that were in no cluster have joined one. `membership_rules.py` says when a post is near enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.membership_rules import (
    Choice,
    ClusterCentres,
    majority_of_neighbours,
    nearest_centre,
    nearest_style,
    style_scores,
)
from zeitgraph.extraction.clusters.style_prototypes import StylePrototypes
from zeitgraph.extraction.clusters.thresholds import style_thresholds
from zeitgraph.extraction.clusters.week_state import StepResult, WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER, Window
from zeitgraph.extraction.geometry.neighbours import EXACT_LIMIT, sample_rows
from zeitgraph.extraction.geometry.unit_vectors import cosines
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.terms import ClusterOrigin
from zeitgraph.kg.workspace.settings import ClusterSettings
from zeitgraph.prompts.library import Style


@dataclass(frozen=True)
class StyleScores:
    """The k named styles: their ids as clusters, their thresholds (k,), the scores of posts.

    `scores` (m, k) are those of the m posts of the week, see `membership_rules.style_scores`.
    """

    ids: Sequence[str]
    thresholds: NDArray[np.float64]
    scores: NDArray[np.float64]


def cluster_id_of(style: Style) -> str:
    """The id of the cluster of a named style."""
    return content_id("c", ClusterOrigin.NAMED, style.style_id)


def score_styles(
    window: Window, prototypes: StylePrototypes, settings: ClusterSettings
) -> StyleScores:
    """The scores of the week's posts for each named style, and the thresholds to join them.

    The fixed threshold of a style is `settings.style_near`, or, if it is higher, the cosine to the
    nearest phrasing of another style. Calibrated thresholds are set by the posts of the window, or
    by a sample of them if they are many.
    """
    space, now = window.space, window.current
    thresholds = np.maximum(settings.style_near, prototypes.nearest_other)
    if settings.style_thresholds == "calibrated":
        some = np.zeros(len(space), bool)
        some[sample_rows(len(space), EXACT_LIMIT, window.sampled)] = True
        scores = style_scores(space.subset(some), prototypes.centres, window.text_match[some])
        thresholds = style_thresholds(scores, thresholds, settings.style_few)
    return StyleScores(
        [cluster_id_of(style) for style in prototypes.styles],
        thresholds,
        style_scores(space.subset(now), prototypes.centres, window.text_match[now]),
    )


def assign_posts(state: WeekState, styles: StyleScores) -> StepResult:
    """Step: posts of the week in no cluster join by centres, then phrasings, then neighbours."""
    accepting, settings = state.accepting, state.settings
    ids = [cluster.cluster_id for cluster in accepting]
    centres = ClusterCentres(
        np.array([cluster.core for cluster in accepting], np.float32),
        np.array([cluster.min_similarity for cluster in accepting]),
    )
    space, now = state.window.space, state.window.current
    near = nearest_centre(space.subset(now), centres, settings.near)
    state = _join(state, _among_all(near, now), ids)
    by_words = nearest_style(styles.scores, styles.thresholds)
    state = _join(state, _among_all(by_words, now), styles.ids)
    number = {cluster_id: i for i, cluster_id in enumerate(ids)}
    labels = np.array([number.get(label, -1) for label in state.labels], int)
    followed = majority_of_neighbours(space, labels, now, settings.agree, settings.near)
    return _join(state, followed, ids), ()


def assign_to_children(state: WeekState) -> StepResult:
    """Step: posts of earlier weeks move from a parent to the child cluster that they are nearer to.

    This is for the search of this week only; in the tables they stay with the parent.
    """
    families: dict[str, list[str]] = {}
    for cluster_id in sorted(state.clusters):
        child = state.clusters[cluster_id]
        if child.parent in state.clusters and child.accepts_posts:
            families.setdefault(child.parent, [child.parent]).append(cluster_id)
    for parent, family in families.items():
        rows = np.flatnonzero(state.posts_in(parent) & ~state.window.current)
        cores = np.stack([state.clusters[member].core for member in family])
        best = cosines(state.window.space.aligned[rows], cores).argmax(axis=1)
        state = state.with_labels(rows, np.array(family, object)[best])
    return state, ()


def _among_all(chosen: Choice, rows: NDArray[np.bool_]) -> Choice:
    """The choice of the posts in the mask `rows` (n,), as a choice of all posts: -1 for others."""
    among_all = np.full(len(rows), -1)
    among_all[rows] = chosen
    return among_all


def _join(state: WeekState, chosen: Choice, ids: Sequence[str]) -> WeekState:
    """The state in which unlabelled posts of the week have joined the cluster they chose."""
    free = state.window.current & state.posts_in(NO_CLUSTER)
    rows = np.flatnonzero(free & (chosen >= 0))
    return state.with_labels(rows, np.array(ids, object)[chosen[rows]]) if len(rows) else state
