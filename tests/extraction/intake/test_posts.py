"""Heat: engagement as one number, which exposure and age reduce if the settings say so."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeitgraph.extraction.intake.posts import heat_of
from zeitgraph.kg.base.weeks import week_start
from zeitgraph.kg.workspace.rows import ENGAGEMENT, IntakeRow
from zeitgraph.kg.workspace.settings import HeatSettings

WEEK = "2026-W46"
COUNTS = st.fixed_dictionaries({name: st.integers(0, 10**9) | st.none() for name in ENGAGEMENT})


def _post(counts: Mapping[str, int | None], hours: float = 0.0) -> IntakeRow:
    time = {"week": WEEK, "published_at": week_start(WEEK) + timedelta(hours=hours)}
    return cast("IntakeRow", {**counts, **time})


@given(COUNTS, st.floats(0, 1), st.floats(0, 60), st.floats(0, 167))
def test_heat_lies_between_zero_and_the_cap(
    counts: dict[str, int | None], exposure: float, half_life: float, hours: float
) -> None:
    weights = HeatSettings(exposure=exposure, half_life_days=half_life)
    heat = heat_of(_post(counts, hours), weights)
    assert 0 <= heat <= weights.cap
    plain = HeatSettings()
    assert heat_of(_post(counts), plain) == heat_of(_post(counts, hours), plain)


def test_heat_is_the_formula_of_the_settings() -> None:
    counts: dict[str, int | None] = dict.fromkeys(ENGAGEMENT)
    counts |= {"views": 4000, "likes": 10, "saves": 2, "impressions": 16_000}
    weighted = 0.01 * 4000 + 10 + 3 * 2
    assert heat_of(_post(counts), HeatSettings()) == pytest.approx(math.log1p(weighted))
    half = HeatSettings(exposure=0.5)
    assert heat_of(_post(counts), half) == pytest.approx(math.log1p(weighted / 4))
    aged = HeatSettings(half_life_days=2.0)  # published on Friday: three days before Monday
    assert heat_of(_post(counts, 96), aged) == pytest.approx(math.log1p(weighted) * 0.5**1.5)
    assert heat_of(_post(counts), HeatSettings(cap=2.0)) == 2.0


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_at_full_exposure_a_post_shown_more_often_is_no_hotter(likes: int, times: int) -> None:
    weights = HeatSettings(exposure=1.0)
    few: dict[str, int | None] = dict.fromkeys(ENGAGEMENT)
    few |= {"likes": likes, "views": 7 * likes}
    many = {name: value and value * times for name, value in few.items()}
    assert heat_of(_post(many), weights) == pytest.approx(heat_of(_post(few), weights))
    assert heat_of(_post(many), HeatSettings()) >= heat_of(_post(few), HeatSettings())


def test_counts_of_a_post_without_views_are_not_divided_by_exposure() -> None:
    counts: dict[str, int | None] = dict.fromkeys(ENGAGEMENT)
    counts["likes"] = 50
    assert heat_of(_post(counts), HeatSettings(exposure=1.0)) == pytest.approx(math.log1p(50))
