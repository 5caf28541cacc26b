"""The number and the pace of the rounds of a training."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeitgraph.training.painter.train_denoiser import linear_after_half
from zeitgraph.training.schedule import RunningMean, by_count, by_the_clock, cosine, rounds


@given(st.integers(0, 300), st.integers(1, 80))
def test_there_are_as_many_rounds_as_steps_with_a_pace_from_0_to_1(
    steps: int, warm_up: int
) -> None:
    made = list(rounds(by_count(steps), warm_up=warm_up))
    assert [turn.number for turn in made] == list(range(1, steps + 1))
    for turn in made:
        assert turn.done == (turn.number - 1) / steps
        warmth = min(1, turn.number / warm_up)
        assert turn.pace == pytest.approx(warmth * (1 + math.cos(math.pi * turn.done)) / 2)


def test_the_pace_falls_to_zero() -> None:
    assert (cosine(0), linear_after_half(0), linear_after_half(0.5)) == (1, 1, 1)
    assert cosine(1) == linear_after_half(1) == 0
    assert 0 < linear_after_half(0.9) < cosine(0.5) < 1


def test_zero_minutes_give_no_rounds_and_a_short_training_ends() -> None:
    assert list(rounds(by_the_clock(0))) == []
    done = [turn.done for turn in rounds(by_the_clock(0.001))]
    assert done == sorted(done)
    assert 0 <= done[-1] < 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.floats(0.01, 0.999))
def test_recent_figures_weigh_more(figures: list[float], keep: float) -> None:
    mean_loss = RunningMean(keep)
    assert math.isnan(mean_loss.mean)
    for figure in figures:
        mean_loss.add(figure)
    weights = [keep ** (len(figures) - 1 - index) for index in range(len(figures))]
    mean = sum(w * f for w, f in zip(weights, figures, strict=True)) / sum(weights)
    assert mean_loss.mean == pytest.approx(mean, rel=1e-6, abs=1e-6)
