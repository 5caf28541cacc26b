"""Approach before a turn or a merge, and the transitions that are decided from it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.seeds import new_seed
from zeitgraph.extraction.clusters.approach import (
    MOST_ODDS,
    approach_t,
    merge_support,
    turn_support,
)
from zeitgraph.extraction.clusters.cluster import Cluster, empty_cluster
from zeitgraph.extraction.clusters.naming import Text
from zeitgraph.extraction.clusters.transitions import settle_transitions
from zeitgraph.extraction.clusters.week_state import Event, WeekState
from zeitgraph.extraction.clusters.window import Window
from zeitgraph.extraction.geometry.post_space import PostSpace
from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState, LineageEvent
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.settings import ClusterSettings

FIRST, WIDTH = "2026-W10", 64
Counts = dict[str, list[int]]


def _drawn(
    random: np.random.Generator, approach: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Cosines of twelve posts a week, eight weeks; higher by `approach` in the last three."""
    weeks = np.repeat(np.arange(8), 12)
    return random.normal(0.05, 0.1, len(weeks)) + approach * (weeks >= 5), weeks


def test_an_approach_supports_a_turn_and_a_merge_and_none_speaks_against_them() -> None:
    random = np.random.default_rng(new_seed())
    still, approaching = (
        [approach_t(*_drawn(random, approach), at=7) for _ in range(200)] for approach in (0.0, 0.1)
    )
    assert np.mean([turn_support(t) > 0 for t in approaching]) >= 0.95
    assert np.mean([turn_support(t) < 0 for t in still]) >= 0.85
    assert np.mean([merge_support((t, t)) > 1 for t in approaching]) >= 0.95
    assert np.mean([merge_support((t, t)) < 0 for t in still]) >= 0.8


@given(st.lists(st.none() | st.floats(-50, 50), min_size=2, max_size=2))
def test_a_sudden_merge_is_always_possible_and_no_approach_is_proof_alone(
    both: list[float | None],
) -> None:
    assert -np.log(2) <= merge_support(both) <= MOST_ODDS
    assert all(-MOST_ODDS <= turn_support(t) <= MOST_ODDS for t in both)
    assert merge_support([None, None]) == turn_support(None) == 0.0


@pytest.mark.parametrize("weeks", [[0] * 4 + [6] * 40, [0] * 40 + [6] * 4, [6] * 40, []])
def test_few_posts_give_no_t(weeks: list[int]) -> None:
    near = np.linspace(0, 1, len(weeks))
    assert approach_t(near, np.array(weeks, int), at=7) is None


# -- a part that split -----------------------------------------------------------------------------


def _window(
    counts: Counts, near: float, approach: float = 0.0
) -> tuple[Window, dict[str, Cluster]]:
    """A window with these posts of clusters by week, and the clusters.

    The last cluster is `near` the one before it. In the last three weeks the posts of both lie
    nearer to the other cluster by `approach`.
    """
    random = np.random.default_rng(3)
    cores = unit_rows(random.normal(size=(len(counts), WIDTH)))
    cores[-1] = unit_rows(cores[-1:] + near * cores[-2:-1])[0]
    toward = dict.fromkeys(counts, cores[-1]) | {list(counts)[-1]: cores[-2]}
    approaching = list(counts)[-2:]
    rows, labels, weeks = [], [], []
    for core, (name, posts) in zip(cores, counts.items(), strict=True):
        for number, count in enumerate(posts):
            nearer = approach * (name in approaching and number >= len(posts) - 3)
            place = core + nearer * toward[name]
            rows += [place + 0.7 * random.normal(size=WIDTH) / WIDTH**0.5 for _ in range(count)]
            labels += [name] * count
            weeks += [week_after(FIRST, number)] * count
    points, count = unit_rows(np.array(rows)), len(rows)
    last = max(weeks)
    nearest = np.arange(count)[:, None]
    ids = tuple(f"p{row:04d}" for row in range(count))
    window = Window(
        week=last,
        space=PostSpace(ids, points, points, points, nearest),
        texts=(Text("", ""),) * count,
        weeks=np.array(weeks, object),
        current=np.array(weeks) == last,
        weights=np.ones(count),
        sampled=np.ones(count, bool),
        heat=np.ones(count),
        text_match=np.ones(count),
        earlier=np.array(labels, object),
        without_vector=(),
        duplicates=(),
        originals={},
        published_at={},
    )
    clusters = {
        name: replace(
            empty_cluster(name, ClusterOrigin.DISCOVERED, FIRST, WIDTH),
            core=core,
            state=ClusterState.ACTIVE,
        )
        for core, name in zip(cores, counts, strict=True)
    }
    return window, clusters


def _settled(
    window: Window, clusters: dict[str, Cluster], splits: tuple[Event, ...] = ()
) -> tuple[WeekState, tuple[Event, ...]]:
    """The state and the events after the transitions of a week."""
    state = WeekState(window, ClusterSettings(), clusters, window.earlier, splits)
    return settle_transitions(state)


def _reviewed(counts: Counts) -> tuple[list[Event], dict[str, Cluster]]:
    """The events of `part`, which left `holder` in the last week of these posts by week.

    It is slightly nearer to the cluster that it may have come from than to others.
    """
    window, clusters = _window(counts, near=0.3)
    clusters["part"] = replace(clusters["part"], first_week=window.week, parent="holder")
    split = Event(LineageEvent.SPLIT, "part", 0.1, "holder")
    state, events = _settled(window, clusters, (split,))
    assert not state.proposed_splits
    return [event for event in events if event.cluster_id == "part"], dict(state.clusters)


STAY: Counts = {f"stays{n}": [20, 21, 19, 20, 20, 21, 20, 19, 20] for n in range(5)}
NEW = [0, 0, 0, 0, 0, 0, 30, 31, 29]


def test_a_part_comes_from_the_cluster_that_lost_posts_and_not_from_its_holder() -> None:
    counts = STAY | {"holder": [20] * 9, "loser": [60] * 6 + [30] * 3, "part": NEW}
    [event], clusters = _reviewed(counts)
    assert (event.event, event.other_id) == ("split", "loser")
    assert clusters["part"].parent == "loser"


def test_a_part_that_no_cluster_lost_is_new() -> None:
    events, clusters = _reviewed(STAY | {"holder": [20] * 9, "part": NEW})
    assert events == []
    assert clusters["part"].parent == ""


@pytest.mark.parametrize("part", [NEW, [10, 11, 9, 10, 10, 9, 11, 10, 10]])
def test_a_part_comes_from_its_holder_that_lost_it_or_had_it_for_long(part: list[int]) -> None:
    holder = [60] * 6 + [30] * 3 if part is NEW else [20] * 9
    [event], _ = _reviewed(STAY | {"holder": holder, "part": part})
    assert (event.event, event.other_id) == ("split", "holder")


# -- turns and merges ------------------------------------------------------------------------------


def _events(counts: Counts, approach: float, born: int) -> list[tuple[str, str, str]]:
    """The events of the last two clusters; the last was found `born` weeks ago."""
    window, clusters = _window(counts, near=0.5, approach=approach)
    last = list(counts)[-1]
    first = week_after(window.week, -born)
    clusters[last] = replace(clusters[last], first_week=first)
    _, events = _settled(window, clusters)
    return [(event.event, event.cluster_id, event.other_id) for event in events]


@pytest.mark.parametrize(("left", "gained", "turns"), [(2, 18, True), (14, 6, False)])
def test_a_turn_needs_two_weeks_without_the_old_look(
    left: int, gained: int, *, turns: bool
) -> None:
    """In the last week the old look is gone; the week before decides."""
    old, new = [20] * 7 + [left, 2], [0] * 7 + [gained, 18]
    events = _events(STAY | {"old": old, "new": new}, approach=0.3, born=1)
    assert events == [("continued", "new", "old")] * turns


def test_the_same_posts_are_a_turn_after_an_approach_and_a_split_without() -> None:
    counts = STAY | {"old": [12, 8, 11, 9, 10, 12, 6, 3, 1], "new": [0] * 7 + [5, 8]}
    assert _events(counts, approach=0.3, born=1) == [("continued", "new", "old")]
    assert _events(counts, approach=0.0, born=1) == [("split", "new", "old")]


def test_the_same_posts_are_a_merge_after_an_approach_and_nothing_without() -> None:
    ends, takes = [10, 9, 11, 9, 10, 10, 9, 8, 1], [9, 10, 9, 11, 10, 9, 10, 9, 12]
    counts = STAY | {"ends": ends, "takes": takes}
    assert _events(counts, approach=0.3, born=9) == [("merged", "ends", "takes")]
    assert _events(counts, approach=0.0, born=9) == []
