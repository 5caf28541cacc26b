"""The split of a cluster by a manual edit: which posts leave it, and the cluster they become.

Input: a `WeekState`, and the part that an edit describes by examples or words. Output: the state
after the split. This module does not know about other edits.
"""

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cluster import mean_direction
from zeitgraph.extraction.clusters.membership_rules import min_similarity_of
from zeitgraph.extraction.clusters.naming import Name
from zeitgraph.extraction.clusters.new_clusters import cluster_of_posts
from zeitgraph.extraction.clusters.week_state import WeekState
from zeitgraph.extraction.clusters.window import NO_CLUSTER, Window
from zeitgraph.extraction.geometry.unit_vectors import cosines
from zeitgraph.extraction.names.words import is_chinese

ROUNDS = 20
"""Most rounds in which posts are divided between a part and the rest."""


@dataclass(frozen=True)
class Part:
    """A part that splits from a cluster by an edit: ids of both, its name, and its examples.

    Examples are the posts with an id in `posts`, and those whose text has one of `words`.
    """

    part_id: str
    whole_id: str
    name: Name
    posts: frozenset[str]
    words: tuple[str, ...]


def split_part(part: Part, state: WeekState) -> WeekState:
    """The state in which the part has left its cluster, whose core is then that of the rest.

    The same state if no post of this week would leave.
    """
    leaving = _leaving_posts(part, state)
    if not (leaving & state.window.current).any():
        return state
    settings = state.settings
    rows = np.flatnonzero(leaving)
    state = state.with_labels(rows, part.part_id)
    core = state.core(rows)
    near = cosines(state.window.space.aligned[rows], core[None])[:, 0]
    child = cluster_of_posts(
        state,
        part.part_id,
        rows,
        core=core,
        min_similarity=min_similarity_of(near, settings.fence, settings.min_similarity),
        parent=part.whole_id,
    )
    rest = np.flatnonzero(state.posts_in(part.whole_id))
    whole = replace(state.clusters[part.whole_id], core=state.core(rest))
    return state.with_clusters(child, whole)


def _leaving_posts(part: Part, state: WeekState) -> NDArray[np.bool_]:
    """The posts of the window that leave, (n,): none without an example, or if nothing stays.

    Seeded k-means with two centres (Basu, Banerjee & Mooney 2002, section 3): the examples always
    belong to the part; each other post of the cluster goes to the nearer of the two centres, by its
    smoothed vector, until no post moves.
    """
    whole = state.posts_in(part.whole_id)
    nothing = np.zeros(len(whole), bool)
    examples = _examples(part, state.window, whole | state.posts_in(NO_CLUSTER))
    leaving, rows = examples.copy(), whole | examples
    smoothed = state.window.space.smoothed
    for _ in range(ROUNDS):
        if not leaving.any() or not (rows & ~leaving).any():
            return nothing
        own, rest = (
            mean_direction(smoothed[side], np.ones(int(side.sum())))
            for side in (leaving, rows & ~leaving)
        )
        near = cosines(smoothed, np.stack([own, rest]))
        moved = examples | (rows & (near[:, 0] > near[:, 1]))
        if (moved == leaving).all():
            break
        leaving = moved
    return leaving if (rows & ~leaving).any() else nothing


def _examples(part: Part, window: Window, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The posts, (n,), that the part names, or whose text has one of its words."""
    words = [_pattern(word) for word in part.words]
    is_example: NDArray[np.bool_] = np.array(
        [
            post_id in part.posts or any(word.search(text.words) for word in words)
            for post_id, text in zip(window.space.post_ids, window.texts, strict=True)
        ],
        bool,
    )
    return among & is_example


def _pattern(word: str) -> re.Pattern[str]:
    """A pattern that finds a word: a whole word, or for Chinese any place in the text."""
    within = re.escape(word)
    return re.compile(
        within if is_chinese(word) else rf"(?<!\w){within}(?!\w)", flags=re.IGNORECASE
    )
