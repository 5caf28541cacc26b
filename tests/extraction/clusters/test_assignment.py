"""A post follows its neighbours into a cluster if enough of them are in it."""

import numpy as np
import pytest

from zeitgraph.extraction.clusters.membership_rules import (
    LEAST_NEIGHBOURS,
    majority_of_neighbours,
)
from zeitgraph.extraction.geometry.post_space import PostSpace

AGREE, NEAR, LAST = 0.5, 0.5, 12


def _joined(placed: int, unplaced_new: int) -> int:
    """The choice of the last of equal posts; others are in a cluster, or new and in none."""
    count = LAST + 1
    points = np.tile(np.eye(1, 4, dtype=np.float32), (count, 1))
    nearest = np.tile(np.arange(count), (count, 1))
    space = PostSpace(tuple(f"p{row:02d}" for row in range(count)), points, points, points, nearest)
    labels = np.full(count, -1)
    labels[:placed] = 0
    new = np.zeros(count, bool)
    new[placed : placed + unplaced_new] = True
    new[LAST] = True
    return int(majority_of_neighbours(space, labels, new, AGREE, NEAR)[LAST])


@pytest.mark.parametrize("placed", range(LEAST_NEIGHBOURS, LAST + 1))
def test_new_neighbours_in_no_cluster_do_not_vote(placed: int) -> None:
    assert _joined(placed, unplaced_new=LAST - placed) == 0


@pytest.mark.parametrize("placed", range(LAST + 1))
def test_earlier_neighbours_in_no_cluster_vote_for_none(placed: int) -> None:
    assert (_joined(placed, unplaced_new=0) == 0) == (placed >= AGREE * LAST)


@pytest.mark.parametrize("placed", range(LEAST_NEIGHBOURS))
def test_fewer_than_three_neighbours_are_not_followed(placed: int) -> None:
    assert _joined(placed, unplaced_new=LAST - placed) == -1
