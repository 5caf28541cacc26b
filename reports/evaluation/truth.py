"""The truth of a world: what was planted in it, read from `truth/*.csv`.

Input: the folder. Output: rows of typed values, and events. A missing file or column leaves the
columns that need it without a score, and names it; a cell that cannot be read is an error that
names its file, row and column. This module does not know what the product found.
"""

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from zeitgraph.kg.base.errors import InputError, UnknownWeek
from zeitgraph.kg.base.weeks import week_start, weeks_between
from zeitgraph.reports.evaluation.score import CannotScore

TruthRow = Mapping[str, Any]
"""A row of a file, with the values that `READERS` gives."""

Reader = Callable[[str], Any]
"""From a cell to its value; raises `ValueError`, which says what the cell should be."""

MAKE = "write the world with `zeitgraph demo DIR`"
REPAIR = f"mend it, or {MAKE}"
MAX_SHOWN = 40
"""Characters of an unreadable cell that an error shows."""


def _number(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("no number")
    return number


def _part(cell: str) -> float:
    if not 0 <= (part := _number(cell)) <= 1:
        raise ValueError("no number from 0 to 1")
    return part


def _count(cell: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", cell):
        raise ValueError("no whole number")
    return int(cell)


def _week(cell: str) -> str:
    try:
        week_start(cell)
    except UnknownWeek as error:
        raise ValueError("no ISO week such as 2026-W46") from error
    return cell


def _or_none(read: Reader) -> Reader:
    return lambda cell: read(cell) if cell else None


READERS: Mapping[str, Mapping[str, Reader]] = {
    "posts": {"week": _week, "drift": _part, "pictures": _count},
    "mentions": {"start": _count, "end": _count},
    "events": {"week": _week, "until": _or_none(_week), "strength": _or_none(_number)},
    "rules": {"low": _number, "high": _number},
    "shares": {"week": _week, "share": _part, "posts": _count},
}
"""How the cells of a file's columns are read; all others are text."""

REQUIRED = ("post_id", "week", "lineage")
"""The columns of posts.csv that every score needs."""


@dataclass(frozen=True)
class PlantedEvent:
    """An event that was planted in the weeks `week` .. `until`; unused fields are empty or None."""

    event: str
    week: str
    until: str
    style: str
    other: str
    strength: float | None

    def near(self, week: str, before: int, after: int) -> bool:
        """Whether `week` is at most `before` weeks before it and `after` weeks after it."""
        since, past = weeks_between(self.week, week), weeks_between(self.until, week)
        return since >= -before and past <= after


class _Table(NamedTuple):
    header: Sequence[str]
    rows: Sequence[TruthRow]


class Truth:
    """The files in `folder`; raises `InputError` without a posts.csv of a world."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, _Table] = {}
        try:
            self.rows("posts", *REQUIRED)
        except CannotScore as error:
            line = f"no posts.csv with {', '.join(REQUIRED)} of a world's truth"
            raise InputError(line, where=folder, do=MAKE) from error

    def rows(self, name: str, *columns: str) -> Sequence[TruthRow]:
        """The rows of `NAME.csv`, with cells read as in `READERS`.

        Raises `CannotScore` if the file or one of `columns` is missing, and `InputError` for a file
        that is not CSV in UTF-8 and for a cell that cannot be read.
        """
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            raise CannotScore("no_truth", f"truth/{path.name}")
        if name not in self._read:
            self._read[name] = _read(path, READERS.get(name, {}))
        table = self._read[name]
        if missing := [column for column in columns if column not in table.header]:
            raise CannotScore("no_truth", f"truth/{path.name}: {', '.join(missing)}")
        return table.rows

    def events(self, event: str) -> list[PlantedEvent]:
        """The planted events of one kind; raises `CannotScore` if there are none."""
        found = [planted for planted in self.all_events() if planted.event == event]
        if not found:
            raise CannotScore("unplanted", event)
        return found

    def all_events(self) -> list[PlantedEvent]:
        """All planted events in the order of their weeks; raises `CannotScore` as `rows` does."""
        columns = ("week", "until", "event", "style", "other", "strength")
        planted = [
            PlantedEvent(
                event=row["event"],
                week=row["week"],
                until=row["until"] or row["week"],
                style=row["style"],
                other=row["other"],
                strength=row["strength"],
            )
            for row in self.rows("events", *columns)
        ]
        return sorted(planted, key=lambda p: (p.week, p.event, p.style, p.other))


def _read(path: Path, readers: Mapping[str, Reader]) -> _Table:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = next(lines, [])
            if len(set(header)) < len(header):
                raise InputError("a column is here twice", where=path, do=REPAIR)
            return _Table(header, list(_rows(path, header, lines, readers)))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"no CSV in UTF-8: {error}", where=path, do=MAKE) from error


def _rows(
    path: Path, header: Sequence[str], lines: Iterator[list[str]], readers: Mapping[str, Reader]
) -> Iterator[TruthRow]:
    """The rows below the header; errors number them from 2, as spreadsheets do."""
    for number, cells in enumerate(lines, 2):
        if not cells:
            continue
        where = f"{path}, row {number}"
        if len(cells) != len(header):
            line = f"{len(cells)} cells under {len(header)} columns"
            raise InputError(line, where=where, do=REPAIR)
        row: dict[str, Any] = dict(zip(header, cells, strict=True))
        for column in (column for column in readers if column in row):
            try:
                row[column] = readers[column](row[column])
            except ValueError as error:
                line = f"«{row[column][:MAX_SHOWN]}» is {error}"
                raise InputError(line, where=f"{where}, column {column}", do=REPAIR) from error
        yield row
