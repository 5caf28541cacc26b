"""Stages: plain functions from tables to tables, brought up to date week by week.

A stage is one row of a table of stages. Its function takes a `Job` and gives the tables it writes.
The runner calls it only if something it reads, its settings or its version changed since the
ledger was written. A week's ledger is written when the week is done, so a killed run repeats one
week at most. This module does not know what any stage does.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.base.plugins import load_attribute, missing_part
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.tables import TABLES, R, Table, empty_table, join_tables, rows_of
from zeitgraph.kg.workspace.workspace import Workspace

Span = Literal["week", "before", "history"]
Outputs = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Read:
    """A table that a stage reads.

    `week`: the rows of the week at hand. `before`: the rows of the newest earlier week that has
    any. `history`: the rows of all earlier weeks; or of no more weeks of the calendar than the
    settings named in `back` (`clusters.window_weeks`) allow together. A week beyond is never read,
    and its change never noticed.
    """

    table: str
    span: Span = "week"
    back: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One row of the table of stages.

    `run` is `module:function`, imported when the stage first has work; the function takes a `Job`
    and returns a table for each name in `writes` (a missing one means no rows). `settings` are the
    branches of the settings it depends on. `also`, if given, is `module:function` from a
    `Workspace` to a string that changes when something else the stage reads changes (a file, a
    model). Raise `version` when the function would write something else from the same input.
    `arguments` are passed to the function by name, so that `cli.py` can give a stage of one layer a
    tool of another. They do not count as input: `also` covers what they depend on.
    """

    name: str
    run: str
    reads: tuple[Read, ...]
    writes: tuple[str, ...]
    settings: tuple[str, ...] = ()
    also: str | None = None
    version: int = 1
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What a stage's function gets: the workspace, the week, and the tables it asked for.

    A large table is read from disk each time it is requested: keep one that you need twice, and let
    go of it when you are done. Name the columns that you need, so that others are not read.
    """

    workspace: Workspace
    week: str
    inputs: Mapping[tuple[str, Span], pa.Table]
    note: Callable[[str], None] = field(default=lambda _line: None)

    @property
    def settings(self) -> Settings:
        """The workspace's settings."""
        return self.workspace.settings

    def table(
        self, name: str, span: Span = "week", columns: Sequence[str] | None = None
    ) -> pa.Table:
        """A table that the stage declared in `reads`, with all its columns or some.

        Raises `KeyError` for a table that the stage did not declare.
        """
        if isinstance(self.inputs, _Inputs):
            return self.inputs.read(name, span, columns)
        found = self.inputs[name, span]
        return found if columns is None else found.select(list(columns))

    def rows(
        self, table: Table[R], span: Span = "week", columns: Sequence[str] | None = None
    ) -> list[R]:
        """As `table`, as typed rows: `job.rows(POSTS, "history", ["post_id", "heat"])`."""
        return rows_of(table, self.table(table.name, span, columns))

    def window(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The earlier weeks that the stage reads and this week, in that order."""
        spans: tuple[Span, Span] = ("history", "week")
        return join_tables(name, [self.table(name, span, columns) for span in spans], columns)

    def earlier(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The earlier weeks that the stage reads, the oldest first, in pieces.

        Only few rows are in memory at a time. Rows of a week with the same first column of the
        table's key are in one piece; `columns` must include that column.
        """
        if isinstance(self.inputs, _Inputs):
            yield from self.inputs.pieces(name, "history", columns)
        else:
            yield self.table(name, "history", columns)

    def window_of(
        self, name: str, things: Collection[str], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The rows of the window whose first key column is one of `things`.

        Only few of the other rows are in memory at a time.
        """
        key, wanted = TABLES[name].key[0], pa.array(sorted(things), pa.string())
        pieces = chain(self.earlier(name, columns), iter([self.table(name, columns=columns)]))
        found = [piece.filter(pc.is_in(piece[key], wanted)) for piece in pieces]
        return join_tables(name, found, columns)


@dataclass(frozen=True)
class Step:
    """One stage brought up to date for one week: `done` is False where nothing had changed."""

    stage: str
    week: str
    done: bool
    rows: int = 0


def bring_up_to_date(
    workspace: Workspace,
    stages: Sequence[Stage],
    weeks: Iterable[str],
    *,
    watch: Callable[[Step], None] = lambda _step: None,
    note: Callable[[str], None] = lambda _line: None,
) -> list[Step]:
    """Run, week by week and in the order given, every stage whose inputs changed.

    Weeks that have lost all their rows are swept: pass them too, and stages see empty tables.
    `watch` is called after each step. Same input, same tables, whatever was killed before.
    """
    steps = []
    with workspace.remembering():
        fingerprints = _Fingerprints(workspace)
        for week in sorted(weeks):
            with Ledger(workspace, week).kept() as ledger:
                for stage in stages:
                    job = Job(workspace, week, _Inputs(workspace, stage, week), note)
                    try:
                        step = _one_step(ledger, fingerprints, stage, job)
                    except ModuleNotFoundError as error:
                        raise missing_part(error, f"the stage «{stage.name}»") from error
                    watch(step)
                    steps.append(step)
    return steps


def _one_step(ledger: "Ledger", fingerprints: "_Fingerprints", stage: Stage, job: Job) -> Step:
    fingerprint = fingerprints.of(stage, job.week)
    if ledger.holds(stage, fingerprint):
        return Step(stage.name, job.week, done=False)
    ledger.forget(stage)
    outputs = load_attribute(stage.run)(job, **stage.arguments)
    written = {
        name: job.workspace.write(name, job.week, outputs.get(name, empty_table(name)))
        for name in stage.writes
    }
    ledger.record(stage, fingerprint, written)
    return Step(stage.name, job.week, done=True, rows=sum(t.num_rows for t in outputs.values()))


def _weeks_of(workspace: Workspace, read: Read, week: str) -> list[str]:
    if read.span == "week":
        return [week]
    earlier = [w for w in workspace.weeks(read.table) if w < week]
    if read.span == "before":
        return earlier[-1:]
    if not read.back:
        return earlier
    back = sum(int(workspace.settings.value(path)) for path in read.back)
    since = week_after(week, -back)
    return [w for w in earlier if w >= since]


class _Inputs(Mapping[tuple[str, Span], pa.Table]):
    """The tables that a stage reads, each read when it is asked for and held by who asked."""

    def __init__(self, workspace: Workspace, stage: Stage, week: str) -> None:
        self._workspace, self._week = workspace, week
        self._reads = {(read.table, read.span): read for read in stage.reads}

    def __getitem__(self, key: tuple[str, Span]) -> pa.Table:
        return self.read(*key)

    def read(self, name: str, span: Span, columns: Sequence[str] | None = None) -> pa.Table:
        """The table, with all its columns or some."""
        tables = [self._workspace.read(name, week, columns) for week in self._weeks(name, span)]
        return join_tables(name, tables, columns)

    def pieces(
        self, name: str, span: Span, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """The table in pieces, each read from disk when it is requested."""
        for week in self._weeks(name, span):
            yield from self._workspace.pieces(name, week, columns)

    def _weeks(self, name: str, span: Span) -> list[str]:
        return _weeks_of(self._workspace, self._reads[name, span], self._week)

    def __iter__(self) -> Iterator[tuple[str, Span]]:
        return iter(self._reads)

    def __len__(self) -> int:
        return len(self._reads)


class _Fingerprints:
    """What a stage reads for a week, as one digest. Settings and `also` are read once a run."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._settings = workspace.settings.model_dump(mode="json")
        self._also: dict[str, object] = {}

    def of(self, stage: Stage, week: str) -> str:
        """The digest of the stage's version, settings, `also` and partitions."""
        workspace = self._workspace
        return digest_json(
            {
                "stage": [stage.name, stage.version, stage.run],
                "settings": {branch: self._settings[branch] for branch in stage.settings},
                "also": self._also_of(stage),
                "reads": [
                    [read.table, read.span, w, workspace.digest(read.table, w)]
                    for read in stage.reads
                    for w in _weeks_of(workspace, read, week)
                ],
            }
        )

    def _also_of(self, stage: Stage) -> object:
        if stage.also is None:
            return None
        if stage.name not in self._also:
            self._also[stage.name] = load_attribute(stage.also)(self._workspace)
        return self._also[stage.name]


class Ledger:
    """What each stage read and wrote for one week: `ledger/2026-W46.json`.

    For each stage it holds the fingerprint of what it read, and the digest of each partition that
    it wrote.
    """

    def __init__(self, workspace: Workspace, week: str) -> None:
        self.workspace, self.week = workspace, week
        self._path = workspace.ledger_folder / f"{week}.json"
        self._changed = False
        self.entries: dict[str, dict[str, object]] = (
            json.loads(self._path.read_bytes()) if self._path.is_file() else {}
        )

    @contextmanager
    def kept(self) -> Iterator["Ledger"]:
        """Write the file once when the block ends, also if a stage fails in it."""
        try:
            yield self
        finally:
            self._write()

    def holds(self, stage: Stage, fingerprint: str) -> bool:
        """Whether the stage read exactly this before, and its output is still in place."""
        entry = self.entries.get(stage.name)
        if entry is None or entry["fingerprint"] != fingerprint:
            return False
        return entry["wrote"] == {n: self.workspace.digest(n, self.week) for n in stage.writes}

    def forget(self, stage: Stage) -> None:
        """Drop the entry of a stage that is about to run.

        The output of a stage that writes no table cannot be compared. So its entry leaves the file
        before the stage runs: it would be wrong if the run were killed.
        """
        if self.entries.pop(stage.name, None) is not None:
            self._changed = True
            if not stage.writes:
                self._write()

    def record(self, stage: Stage, fingerprint: str, wrote: Mapping[str, str]) -> None:
        """Note that the stage is done for the week."""
        self.entries[stage.name] = {"fingerprint": fingerprint, "wrote": dict(wrote)}
        self._changed = True

    def _write(self) -> None:
        if self._changed:
            text = json.dumps(self.entries, indent=1, sort_keys=True)
            write_aside(self._path, text.encode())
            self._changed = False
