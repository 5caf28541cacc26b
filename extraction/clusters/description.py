"""The description of clusters: distinctive words, exemplars and names.

Input: a `WeekState` whose clusters have moved, the style prototypes, and the names that edits give.
Output: the state in which each cluster is described. `naming.py` makes the words and the names;
this module finds the texts and the styles for it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cluster import Cluster
from zeitgraph.extraction.clusters.naming import (
    MOST_TEXTS,
    NAMELESS,
    Name,
    Text,
    WordCounts,
    distinctive_words,
    name_of,
    word_counts,
)
from zeitgraph.extraction.clusters.style_prototypes import StylePrototypes
from zeitgraph.extraction.clusters.week_state import StepResult, WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER, Labels, Window
from zeitgraph.extraction.geometry.unit_vectors import cosines
from zeitgraph.kg.base.terms import ClusterOrigin

NAMING_WORDS = 30
"""Distinctive words of each language from which a name may be made."""


def describe_clusters(
    state: WeekState, prototypes: StylePrototypes, edited_names: Mapping[str, Name]
) -> StepResult:
    """Step: clusters with posts have words and exemplars, and each cluster has a name; by id.

    A discovered cluster keeps its name from the week in which the name is complete, or in which an
    edit gives one. No two clusters get the same name.
    """
    clusters = sorted(state.clusters.values(), key=lambda cluster: cluster.cluster_id)
    words_of = _words_of_clusters(state)
    taken = {Name(cluster.name_en, cluster.name_zh) for cluster in clusters}
    taken |= set(edited_names.values())
    described = {}
    for cluster in clusters:
        words = words_of.get(cluster.cluster_id, [])
        exemplars = _exemplars(cluster, state)
        own = Name(cluster.name_en, cluster.name_zh)
        name = edited_names.get(cluster.cluster_id, NAMELESS)
        keeps = cluster.origin == ClusterOrigin.NAMED or not cluster.posts or cluster.is_pinned
        if own.en and keeps:
            name = name.over(own)
        elif not (name.en and name.zh):
            match = state.window.text_match[state.posts_in(cluster.cluster_id)]
            near = _nearest_style(cluster, prototypes, state.settings.style_near, match)
            name = name.over(name_of(words, cluster.cluster_id, taken - {own}, near, own))
        taken.add(name)
        described[cluster.cluster_id] = replace(
            cluster,
            words=tuple(words[: state.settings.words]) if cluster.posts else cluster.words,
            exemplars=() if cluster.shown_as == NO_CLUSTER else exemplars or cluster.exemplars,
            name=name.en,
            name_en=name.en,
            name_zh=name.zh,
        )
    return replace(state, clusters=described), ()


def _words_of_clusters(state: WeekState) -> Mapping[str, list[str]]:
    """The distinctive words of each cluster, by the posts that are shown in it.

    If a cluster without a name is shown as another, its words are those of its assigned posts.
    """
    words = distinctive_words(_word_counts(state.window, state.shown_labels), NAMING_WORDS)
    clusters = state.clusters.values()
    if any(cluster.shown_as is not None and not cluster.name for cluster in clusters):
        assigned = distinctive_words(_word_counts(state.window, state.labels), NAMING_WORDS)
        return assigned | words
    return words


def _word_counts(window: Window, labels: Labels) -> dict[str, WordCounts]:
    """The words of the posts of each label."""
    texts: dict[str, list[Text]] = {}
    for label, text in zip(labels, window.texts, strict=True):
        texts.setdefault(label, []).append(text)
    most = MOST_TEXTS if len(labels) <= MOST_TEXTS else MOST_TEXTS // len(texts)
    return {label: word_counts(texts[label], most) for label in sorted(texts)}


def _nearest_style(
    cluster: Cluster, prototypes: StylePrototypes, near: float, match: NDArray[np.floating]
) -> Name:
    """The name of the nearest style, if the cosine is at least `near` of the posts' `match`, (n,).

    `match` is the text match of the assigned posts. A cluster that received posts only through an
    edit may have none of its own, and then gets no name.
    """
    if not prototypes.styles or not len(match):
        return NAMELESS
    found = cosines(cluster.core[None], prototypes.centres)[0]
    style = prototypes.styles[found.argmax()]
    is_near = found.max() >= near * float(np.median(match))
    return Name(style.name_en, style.name_zh) if is_near else NAMELESS


def _exemplars(cluster: Cluster, state: WeekState) -> tuple[str, ...]:
    """The posts of the week nearest to the core; of equally near ones the hotter, then by id."""
    window, space = state.window, state.window.space
    rows = np.flatnonzero((state.shown_labels == cluster.cluster_id) & window.current)
    near = np.round(cosines(space.aligned[rows], cluster.core[None])[:, 0], 4)
    ids = [space.post_ids[row] for row in rows]
    order = sorted(zip(-near, -window.heat[rows], ids, strict=True))
    return tuple(post_id for _, _, post_id in order[: state.settings.exemplars])
