"""A workspace: a folder of tables, with its settings, stores, reports and ledger.

Everything below the folder is reached through `Workspace`, so that no other module builds a path
of its own. Nothing here knows what a stage does.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock
import pyarrow as pa
import pyarrow.compute as pc

from zeitgraph.kg.base.errors import (
    BusyWorkspace,
    InputError,
    NotAWorkspace,
    OldWorkspace,
    UnknownName,
    UnknownWeek,
)
from zeitgraph.kg.base.ids import digest_file
from zeitgraph.kg.base.weeks import is_complete, week_start
from zeitgraph.kg.workspace.run_memory import SMALL, RunMemory
from zeitgraph.kg.workspace.settings import SETTINGS_FILE, Settings, load_settings, write_settings
from zeitgraph.kg.workspace.tables import (
    TABLES,
    R,
    Table,
    empty_table,
    join_tables,
    newest_by_key,
    read_partition,
    read_pieces,
    rows_of,
    write_partition,
)

NO_WEEK = "unknown"
"""The partition of rows that belong to no week, such as a reject with no time."""

_OLD_LEDGER = "ledger.json"
"""The ledger of version 0.1. Since 0.2 it is a folder, and some columns have other names."""

_RENAMED_COLUMNS = ("clusters", "memberships")
"""The tables of version 0.1 with columns that have other names now."""


class Workspace:
    """The folder `root`, which must hold a `zeitgraph.toml`.

    Raises `NotAWorkspace` if it holds none, and `OldWorkspace` if its tables are those of version
    0.1; `Workspace.renewed` opens such a folder.
    """

    def __init__(self, root: Path | str = ".") -> None:
        self.root = Path(root).resolve()
        if not (self.root / SETTINGS_FILE).is_file():
            raise NotAWorkspace(
                f"{self.root} has no {SETTINGS_FILE}",
                do="make one with `zeitgraph init`, or name the folder with -w",
            )
        if (self.root / _OLD_LEDGER).exists():
            raise OldWorkspace(
                "zeitgraph 0.1 made the tables of this workspace",
                where=self.root,
                do="make them anew with `zeitgraph run`",
            )
        self._memory: RunMemory | None = None

    @classmethod
    def renewed(cls, root: Path | str) -> "Workspace":
        """The workspace at `root`, ready for a run, also if version 0.1 made it.

        Of such a workspace the posts, pictures, settings, edits and pages stay. The tables whose
        columns have other names now are removed, and so is the ledger: a run makes all derived
        tables anew. Raises `BusyWorkspace` if another process is working there.
        """
        folder = Path(root).resolve()
        if (folder / SETTINGS_FILE).is_file() and (folder / _OLD_LEDGER).exists():
            with _held(folder):
                for name in _RENAMED_COLUMNS:
                    shutil.rmtree(folder / "tables" / name, ignore_errors=True)
                (folder / _OLD_LEDGER).unlink(missing_ok=True)  # last: so a killed renewal goes on
        return cls(folder)

    @classmethod
    def create(cls, root: Path | str, profile: str, catalogue: Path | None = None) -> "Workspace":
        """A new workspace with the settings of `profile`; an existing one is left as it is.

        `catalogue` is named in the new settings relative to the workspace where it lies below it.

        Raises `UnknownName` for a profile that does not exist, and `InputError` if the folder is a
        workspace of another profile.
        """
        folder = Path(root)
        if not (folder / SETTINGS_FILE).exists():
            overrides = (
                {} if catalogue is None else {"entities": {"catalogue": _beside(catalogue, folder)}}
            )
            write_settings(folder, profile, overrides)
        workspace = cls(folder)
        if workspace.settings.profile != profile:
            raise InputError(
                f"this folder is a workspace with profile «{workspace.settings.profile}»",
                where=workspace.root,
                do="choose another folder, or edit its zeitgraph.toml",
            )
        return workspace

    def overriding(self, branch: str, **values: object) -> "Workspace":
        """The same workspace with some values of one branch of its settings changed for now."""
        other = Workspace(self.root)
        tree = self.settings.model_dump()
        tree[branch] |= {key: value for key, value in values.items() if value is not None}
        other.settings = Settings.model_validate(tree)
        return other

    @cached_property
    def settings(self) -> Settings:
        """The settings: defaults, then the profile's, then those of `zeitgraph.toml`."""
        return load_settings(self.root)

    # -- places ------------------------------------------------------------------------------

    @property
    def media_folder(self) -> Path:
        """Pictures and key frames, named by their content; `media.path` is relative to the root."""
        return self.root / "media"

    @property
    def cache_folder(self) -> Path:
        """What may be deleted at any time and only costs work to make again."""
        return self.root / "cache"

    @property
    def graph_folder(self) -> Path:
        """The Oxigraph store."""
        return self.root / "graph"

    @property
    def bolt_folder(self) -> Path:
        """The embedded Bolt database."""
        return self.root / "bolt"

    @property
    def ledger_folder(self) -> Path:
        """What each stage read and wrote, one file for each week."""
        return self.root / "ledger"

    def report_folder(self, week: str) -> Path:
        """Pages of one week: `index.html`, `report.md`, `report.json`, `gallery/`."""
        week_start(week)
        return self.root / "reports" / week

    def reported_weeks(self) -> list[str]:
        """The weeks that have a report or a gallery, oldest first."""
        return sorted(path.name for path in (self.root / "reports").glob("*-W*") if path.is_dir())

    def drop_report(self, week: str) -> None:
        """Remove the pages of a week and the rows that tell of them."""
        for name in ("claims", "gallery"):
            self.write(name, week, empty_table(name))
        shutil.rmtree(self.report_folder(week), ignore_errors=True)

    # -- tables ------------------------------------------------------------------------------

    def _partition(self, table: Table[Any], week: str) -> Path:
        return self.root / "tables" / table.name / f"week={week}" / "part.parquet"

    def weeks(self, name: str = "posts") -> list[str]:
        """The weeks for which the table called `name` has rows, oldest first."""
        memory = self._memory
        if memory is not None and name in memory.weeks:
            return list(memory.weeks[name])
        folder = self.root / "tables" / table_called(name).name
        found = (path.parent.name.removeprefix("week=") for path in folder.glob("*/part.parquet"))
        weeks = sorted(week for week in found if week != NO_WEEK)
        if memory is not None:
            memory.weeks[name] = list(weeks)
        return weeks

    def read(self, name: str, week: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one week, sorted by key, with all columns or some; no rows if it has none."""
        table, memory = table_called(name), self._memory
        if memory is None:
            return read_partition(self._partition(table, week), table, columns)
        rows = memory.rows((name, week))
        if rows is None and self._is_small(table, week):
            rows = read_partition(self._partition(table, week), table)
            memory.keep((name, week), rows)
        if rows is None:
            return read_partition(self._partition(table, week), table, columns)
        return rows if columns is None else rows.select(list(columns))

    def _is_small(self, table: Table[Any], week: str) -> bool:
        path = self._partition(table, week)
        return not path.is_file() or path.stat().st_size < SMALL

    def rows(self, table: Table[R], week: str, columns: Sequence[str] | None = None) -> list[R]:
        """As `read`, as typed rows: `workspace.rows(POSTS, week)`."""
        return rows_of(table, self.read(table.name, week, columns))

    def pieces(
        self, name: str, week: str, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """The rows of one week in order, in pieces, so that few rows are in memory at a time."""
        table, memory = table_called(name), self._memory
        if memory is not None and self._is_small(table, week):
            rows = self.read(name, week, columns)
            return iter([rows] if rows.num_rows else [])
        return read_pieces(self._partition(table, week), table, columns=columns)

    def read_all(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The whole table, oldest week first, with all columns or some.

        Of a table that rolls up: the newest row of each key, sorted by key.
        """
        table = table_called(name)
        weeks = [*self.weeks(name), NO_WEEK]
        wanted = columns
        if table.rolls_up and columns is not None:
            wanted = [*columns, *(key for key in table.key if key not in columns)]
        data = join_tables(name, [self.read(name, week, wanted) for week in weeks], wanted)
        newest = newest_by_key(table, data) if table.rolls_up else data
        return newest if columns is None else newest.select(list(columns))

    def all_rows(self, table: Table[R], columns: Sequence[str] | None = None) -> list[R]:
        """As `read_all`, as typed rows: `workspace.all_rows(ENTITIES, ["entity_id", "kind"])`."""
        return rows_of(table, self.read_all(table.name, columns))

    def posts_among(self, post_ids: Collection[str]) -> set[str]:
        """Those of some ids that posts have."""
        wanted, found = pa.array(sorted(post_ids), pa.string()), set[str]()
        for week in self.weeks("intake") if post_ids else ():
            for piece in self.pieces("intake", week, ["post_id"]):
                ids = piece["post_id"]
                found |= set(ids.filter(pc.is_in(ids, wanted)).to_pylist())
        return found

    def write(self, name: str, week: str, data: pa.Table) -> str:
        """Replace one week's rows. Returns the digest of the new partition, empty for no rows."""
        table = table_called(name)
        path = self._partition(table, week)
        rows, digest = write_partition(path, table, data)
        if self._memory is not None:
            self._memory.wrote((name, week), rows, digest)
        return digest

    def digest(self, name: str, week: str) -> str:
        """SHA-256 of a partition's bytes; empty if there is none."""
        memory = self._memory
        if memory is not None and (name, week) in memory.digests:
            return memory.digests[name, week]
        path = self._partition(table_called(name), week)
        digest = digest_file(path) if path.is_file() else ""
        if memory is not None:
            memory.digests[name, week] = digest
        return digest

    def stamp(self, name: str, week: str) -> str:
        """What changes whenever a partition is written, with nothing read; empty without one."""
        path = self._partition(table_called(name), week)
        if not path.is_file():
            return ""
        seen = path.stat()
        return f"{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ino}"

    def all_weeks(self) -> list[str]:
        """Every week for which any table has rows, oldest first."""
        return sorted({week for name in TABLES for week in self.weeks(name)})

    def newest_complete_week(self, now: datetime | None = None) -> str | None:
        """The newest week with posts that was over at `now` (default: by the clock), if any."""
        moment = now or datetime.now(UTC)
        complete = [week for week in self.weeks("intake") if is_complete(week, moment)]
        return complete[-1] if complete else None

    def known_week(self, week: str | None) -> str:
        """`week` if it has posts, the last complete week for None; else raises `UnknownWeek`."""
        week = week or self.newest_complete_week()
        if week is None:
            raise UnknownWeek(
                "no complete week of posts", where=self.root, do="add posts with `zeitgraph run`"
            )
        week_start(week)
        if week not in self.weeks("intake"):
            known = self.weeks("intake")
            span = f"posts are from {known[0]} to {known[-1]}" if known else "there are no posts"
            raise UnknownWeek(f"no posts in {week}", where=self.root, do=span)
        return week

    # -- one writer at a time ----------------------------------------------------------------

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Remember what is listed, hashed and read, for a run that is the only writer.

        Write tables through this object only, as long as it lasts.
        """
        outer, self._memory = self._memory, self._memory or RunMemory()
        try:
            yield
        finally:
            self._memory = outer

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the workspace for writing. Raises `BusyWorkspace` if another process does."""
        with _held(self.root):
            yield


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    lock = filelock.FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise BusyWorkspace(
            "another zeitgraph is working here", where=folder, do="wait until it is done"
        ) from error
    try:
        yield
    finally:
        lock.release()


def table_called(name: str) -> Table[Any]:
    """The table called `name`; raises `UnknownName`, which lists the known ones."""
    if name not in TABLES:
        raise UnknownName("table", name, TABLES)
    return TABLES[name]


def _beside(path: Path, folder: Path) -> str:
    inside, place = path.resolve(), folder.resolve()
    return str(inside.relative_to(place) if inside.is_relative_to(place) else inside)
