"""ISO weeks in UTC, written `2026-W46` (ISO 8601-1:2019, 5.2.4). Knows nothing about posts.

Weeks compare and sort as strings.
"""

import re
from datetime import UTC, datetime, timedelta

from zeitgraph.kg.base.errors import UnknownWeek

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def week_of(moment: datetime) -> str:
    """The ISO week that holds `moment` (aware; converted to UTC)."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_start(week: str) -> datetime:
    """Monday 00:00 UTC of `week`; raises `UnknownWeek` for anything that is not an ISO week."""
    year, number = match.groups() if (match := _WEEK.fullmatch(week)) else ("0", "0")
    try:
        return datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=UTC)
    except ValueError as error:
        raise UnknownWeek(f"«{week}» is no ISO week", do="write it like 2026-W46") from error


def week_after(week: str, count: int = 1) -> str:
    """The week `count` weeks later (earlier if negative)."""
    return week_of(week_start(week) + timedelta(weeks=count))


def weeks_between(week: str, later: str) -> int:
    """How many weeks after `week` the other one is; negative where it is earlier."""
    return (week_start(later) - week_start(week)).days // 7


def is_complete(week: str, now: datetime) -> bool:
    """Whether the whole of `week` lies before `now` (aware)."""
    return week_start(week_after(week)) <= now.astimezone(UTC)
