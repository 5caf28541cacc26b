"""ISO weeks in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeitgraph.kg.base.errors import UnknownWeek
from zeitgraph.kg.base.weeks import is_complete, week_after, week_of, week_start

MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=11))]),
)


@given(MOMENTS)
def test_a_moment_lies_in_its_week(moment: datetime) -> None:
    week = week_of(moment)
    assert week_start(week) <= moment < week_start(week_after(week))


@given(MOMENTS, st.integers(-500, 500))
def test_weeks_sort_as_strings_in_the_order_of_time(moment: datetime, count: int) -> None:
    week = week_of(moment)
    assert (week_after(week, count) > week) == (count > 0)
    assert week_after(week_after(week, count), -count) == week


def test_the_first_days_of_january_may_belong_to_the_last_week_of_the_year_before() -> None:
    assert week_of(datetime(2027, 1, 3, tzinfo=UTC)) == "2026-W53"


@pytest.mark.parametrize("text", ["2026-W54", "2026-46", "2026-W00", "", "../../etc", "2026-W4６"])
def test_what_is_no_week_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UnknownWeek, match="is no ISO week"):
        week_start(text)


def test_a_week_is_complete_when_its_sunday_is_over() -> None:
    last_second = datetime(2026, 11, 15, 23, 59, 59, tzinfo=UTC)
    assert not is_complete("2026-W46", last_second)
    assert is_complete("2026-W46", last_second + timedelta(seconds=1))
