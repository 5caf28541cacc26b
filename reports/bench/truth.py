"""The truth of a world: what was planted, as `truth/*.csv` tell it.

In comes the folder; out come rows, and typed events. A file or a column that is not there leaves
the columns that need it without a figure, with one line that names it. Knows nothing about what
the product found.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zeitgraph.kg.errors import InputError
from zeitgraph.kg.weeks import week_start
from zeitgraph.reports.bench.score import CannotScore

Row = Mapping[str, str]

MAKE = "write the world with `zeitgraph demo DIR`"


@dataclass(frozen=True)
class Planted:
    """Something planted in the weeks `week` .. `until`; what does not apply is empty, or None."""

    event: str
    week: str
    until: str
    style: str
    other: str
    strength: float | None

    def near(self, week: str, before: int, after: int) -> bool:
        """Whether `week` lies no more than so many weeks before or after it."""
        number = week_number(week)
        return week_number(self.week) - before <= number <= week_number(self.until) + after


class Truth:
    """The tables in `folder`; raises `InputError` where it holds no posts.csv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Sequence[Row]] = {}
        if not (folder / "posts.csv").is_file():
            raise InputError("no posts.csv of a world's truth", where=folder, do=MAKE)

    def rows(self, name: str, *columns: str) -> Sequence[Row]:
        """The rows of `NAME.csv`.

        Raises `CannotScore` where the file or one of `columns` is missing, and `InputError` for a
        file that is no CSV in UTF-8.
        """
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            raise CannotScore("untold", f"truth/{path.name}")
        if name not in self._read:
            self._read[name] = _read(path)
        rows = self._read[name]
        missing = [column for column in columns if rows and column not in rows[0]]
        if missing:
            raise CannotScore("untold", f"truth/{path.name}: {', '.join(missing)}")
        return rows

    def events(self, event: str) -> list[Planted]:
        """The planted events of one kind; raises `CannotScore` where none was planted."""
        found = [planted for planted in self.all_events() if planted.event == event]
        if not found:
            raise CannotScore("unplanted", event)
        return found

    def all_events(self) -> list[Planted]:
        """All planted events, in the order of their weeks; raises `CannotScore` as `rows` does."""
        columns = ("week", "until", "event", "style", "other", "strength")
        planted = [
            Planted(
                event=row["event"],
                week=row["week"],
                until=row["until"] or row["week"],
                style=row["style"],
                other=row["other"],
                strength=float(row["strength"]) if row["strength"] else None,
            )
            for row in self.rows("events", *columns)
        ]
        return sorted(planted, key=lambda p: (p.week, p.event, p.style, p.other))


def _read(path: Path) -> Sequence[Row]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"no CSV in UTF-8: {error}", where=path, do=MAKE) from error


def week_number(week: str) -> int:
    """Weeks as numbers, so that they can be subtracted."""
    return week_start(week).toordinal() // 7
