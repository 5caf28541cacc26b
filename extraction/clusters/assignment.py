"""Who joins what in a week: by the centres of clusters, by the words of styles, by neighbours.

Comes in: the window, the clusters that stand, the named styles. Goes out: labels, changed in place.
Only posts of the week that are in no cluster join. How near is near is asked of `assign.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import (
    Centres,
    Choice,
    join_centres,
    join_neighbours,
    join_styles,
    style_scores,
)
from zeitgraph.extraction.clusters.state import NAMED, Cluster
from zeitgraph.extraction.clusters.style_prototypes import StyleCentres
from zeitgraph.extraction.clusters.thresholds import style_thresholds
from zeitgraph.extraction.clusters.window import NONE, Window
from zeitgraph.extraction.geometry.neighbours import FEW, sample_of
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.workspace.settings import ClusterSettings
from zeitgraph.prompts.library import Style

Labels = NDArray[np.object_]


@dataclass(frozen=True)
class Doors:
    """Named styles by their words: of each the id as a cluster, and its threshold, (k,).

    `scores`, (n, k), are those of the posts of the week.
    """

    ids: list[str]
    thresholds: NDArray[np.float64]
    scores: NDArray[np.float64]


def cluster_id_of(style: Style) -> str:
    """The id of the cluster that a named style is."""
    return content_id("c", NAMED, style.style_id)


def doors_of(window: Window, styles: StyleCentres, settings: ClusterSettings) -> Doors:
    """The doors by which posts of the week join named styles.

    What the whole window (of many posts a sample) looks like tells the thresholds. The fixed one is
    `settings.style_near`, or where a phrasing of another style comes nearer than that, beyond it.
    """
    cloud, phrasings, now = window.cloud, styles.phrasings, window.current
    thresholds = np.maximum(settings.style_near, phrasings.siblings)
    if settings.style_thresholds == "calibrated":
        some = np.zeros(len(cloud), bool)
        some[sample_of(len(cloud), FEW, window.even)] = True
        scores = style_scores(cloud.part(some), phrasings, window.like_text[some])
        thresholds = style_thresholds(scores, thresholds, settings.style_few)
    return Doors(
        [cluster_id_of(style) for style in styles.styles],
        thresholds,
        style_scores(cloud.part(now), phrasings, window.like_text[now]),
    )


def join(
    window: Window,
    clusters: Mapping[str, Cluster],
    doors: Doors,
    labels: Labels,
    settings: ClusterSettings,
) -> None:
    """Label the posts of the week that are in no cluster: by centres, phrasings, neighbours."""
    drawing = [cluster for cluster in clusters.values() if cluster.draws]
    ids = [cluster.cluster_id for cluster in drawing]
    centres = Centres(
        np.array([cluster.core for cluster in drawing], np.float32),
        np.array([cluster.min_similarity for cluster in drawing]),
    )
    cloud, now = window.cloud, window.current
    near = join_centres(cloud.part(now), centres, settings.near)
    _label(labels, window, _of_all(near, now), ids)
    said = join_styles(doors.scores, doors.thresholds)
    _label(labels, window, _of_all(said, now), doors.ids)
    number = {cluster_id: i for i, cluster_id in enumerate(ids)}
    voices = np.array([number.get(label, -1) for label in labels], int)
    beside = join_neighbours(cloud, voices, now, settings.agree, settings.near)
    _label(labels, window, beside, ids)


def _of_all(chosen: Choice, rows: NDArray[np.bool_]) -> Choice:
    """What `rows` chose, among all: -1 for the others."""
    everyone = np.full(len(rows), -1)
    everyone[rows] = chosen
    return everyone


def _label(labels: Labels, window: Window, chosen: Choice, ids: Sequence[str]) -> None:
    for row in np.flatnonzero(window.current & (chosen >= 0) & (labels == NONE)):
        labels[row] = ids[chosen[row]]
