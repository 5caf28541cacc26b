"""Sources of posts as a stream of raw rows: JSONL (also .gz), CSV, Parquet, folders of pictures.

In go paths that a user named; out come `Row`s, values as the file holds them, and a `Reject` for
each line that is no row at all. A broken line never costs its neighbours. What the columns mean is
not known here, with two exceptions: a folder of pictures is made into rows of its own, and the time
of a CSV row tells whether a quotation mark swallowed it.
"""

import csv
import gzip
import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from zeitgraph.extraction.intake.columns import is_time
from zeitgraph.extraction.intake.pictures import PICTURE_SUFFIXES, taken_at
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.workspace.workspace import NO_WEEK

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of a JSONL line, characters of a CSV record; longer ones are set aside unread."""


@dataclass(frozen=True)
class Row:
    """One row as it came: where from, and its values by column.

    `file` is told relative to the folder that holds the source; `number` is the line on which the
    row begins (JSONL, CSV), the row counted from 1 (Parquet), or 0 for a file that is itself the
    row. Paths in `values` are relative to `folder`, and must stay inside it. `by_picture`: the post
    was made from a lone picture, so that the picture alone is its content.
    """

    file: str
    number: int
    folder: Path
    values: Mapping[str, Any]
    by_picture: bool = False


@dataclass(frozen=True)
class Reject:
    """What was set aside, and why: `reason` is a kind, then a colon and particulars."""

    item: str
    reason: str
    file: str
    row: int
    week: str = NO_WEEK

    @property
    def kind(self) -> str:
        """The part of the reason that is the same for all of its kind."""
        return self.reason.partition(":")[0]


Rows = Iterator[Row | Reject]


@dataclass(frozen=True)
class Source:
    """A file of posts (or a lone picture) and the name it is told by."""

    path: Path
    name: str
    folder: Path
    read: Callable[["Source"], Rows]

    def broken(self, number: int, raw: object, reason: str) -> Reject:
        """A reject for what stands at `number`, named by its own content."""
        return Reject(content_id("row", self.name, raw), reason, self.name, number)


def find_sources(paths: Sequence[Path], note: Callable[[str], None]) -> list[Source]:
    """The files behind the paths a user named, in order of path.

    A folder gives the posts files directly in it; a CSV or Parquet file counts as one if it has a
    column `published_at`. A folder without any gives a row per picture in it and below. Raises
    `InputError` for a path that is not there, is of no known kind, or holds nothing to read.
    """
    found = [source for path in paths for source in _sources_at(path, note)]
    return list({source.path: source for source in found}.values())


def _sources_at(path: Path, note: Callable[[str], None]) -> list[Source]:
    if path.is_dir():
        return _sources_in(path.resolve(), note)
    if not path.is_file():
        raise InputError("no such file or folder", where=path)
    read = _reader_of(path)
    if read is None:
        known = ", ".join(FORMATS)
        raise InputError("not a posts file", where=path, do=f"known are {known}, or a folder")
    place = path.resolve()
    return [Source(place, place.name, place.parent, read)]


def _sources_in(folder: Path, note: Callable[[str], None]) -> list[Source]:
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    readers = [(path, read) for path in files if (read := _reader_of(path))]
    posts = [(path, read) for path, read in readers if _has_time_column(path)]
    for path in sorted({path for path, _ in readers} - {path for path, _ in posts}):
        note(f"{folder.name}/{path.name} has no column published_at: not read as posts")
    if posts:
        return [Source(path, f"{folder.name}/{path.name}", folder, read) for path, read in posts]
    pictures = _pictures_below(folder)
    if not pictures:
        raise InputError("neither posts files nor pictures in this folder", where=folder)
    return [
        Source(path, f"{folder.name}/{path.relative_to(folder).as_posix()}", folder, _read_picture)
        for path in pictures
    ]


def _pictures_below(folder: Path) -> list[Path]:
    return sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in PICTURE_SUFFIXES and not name.startswith(".")
    )


def _reader_of(path: Path) -> Callable[[Source], Rows] | None:
    name = path.name.lower()
    return next((read for ending, read in FORMATS.items() if name.endswith(ending)), None)


def _has_time_column(path: Path) -> bool:
    """Whether a CSV or Parquet file has `published_at`; JSONL has no header and always counts."""
    try:
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                return "published_at" in next(csv.reader([file.readline(LONGEST_LINE)]), [])
        if path.suffix.lower() == ".parquet":
            return "published_at" in pq.read_schema(path).names
    except (pa.ArrowException, OSError, csv.Error):
        return True  # not readable: reading it as posts will say why
    return True


# -- JSONL -----------------------------------------------------------------------------------------


def _read_jsonl(source: Source) -> Rows:
    number = 0
    try:
        with _opened(source.path) as file:
            for number, line in enumerate(_lines(file), 1):
                if line is None or line.strip():
                    yield _json_row(source, number, line)
    except (OSError, EOFError, zlib.error) as error:
        yield source.broken(number + 1, "", f"file cannot be read on from here: {error}")


def _opened(path: Path) -> IO[bytes]:
    if path.name.lower().endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Lines of bytes without a byte order mark; None for a line longer than `LONGEST_LINE`."""
    first = True
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False


def _json_row(source: Source, number: int, line: bytes | None) -> Row | Reject:
    if line is None:
        return source.broken(number, number, f"line too long: more than {LONGEST_LINE} bytes")
    try:
        values = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return source.broken(number, line.hex(), f"not UTF-8: byte {error.start} of the line")
    except (ValueError, RecursionError) as error:
        return source.broken(number, line.hex(), f"broken JSON: {error}")
    if not isinstance(values, dict):
        return source.broken(number, line.hex(), f"not a JSON object: {type(values).__name__}")
    return Row(source.name, number, source.folder, values)


# -- CSV -------------------------------------------------------------------------------------------


def _read_csv(source: Source) -> Rows:
    """RFC 4180 with a header line, UTF-8; bytes that are not become lone surrogates, judged later.

    A quotation mark opens a cell only as its first character; elsewhere it is text, such as an inch
    mark. A cell that is opened by mistake could swallow the rest of the file. So where a record of
    several lines does not fit the header, or other rows lie within its quotes, only its first line
    is set aside, and reading goes on with the second.
    """
    try:
        with source.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            lines = _Lines(file)
            header = _cells([line]) if (line := lines.take()) else None
            if not header or len(set(header)) < len(header):
                yield source.broken(1, "header", "bad header: no columns, or one named twice")
                return
            while line := lines.take():
                if line.strip():
                    yield _csv_row(source, lines, header, line)
    except OSError as error:
        yield source.broken(0, "", f"file cannot be read: {error.strerror}")


class _Lines:
    """Lines of text, counted, that can be put back."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.back: deque[str] = deque()
        self.number = 0

    def take(self) -> str:
        line = self.back.popleft() if self.back else self.file.readline(LONGEST_LINE)
        self.number += bool(line)
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        self.back.extendleft(reversed(lines))
        self.number -= len(lines)


def _csv_row(source: Source, lines: _Lines, header: list[str], line: str) -> Row | Reject:
    number, taken = lines.number, [line]
    cells = _cells(_record(lines, header, taken))
    if cells is not None and len(cells) == len(header) and not _swallows_rows(taken, header):
        filled = {column: cell for column, cell in zip(header, cells, strict=True) if cell}
        return Row(source.name, number, source.folder, filled)
    lines.put_back(taken[1:])
    raw = line.encode("utf-8", "surrogateescape").hex()
    if cells is None or len(taken) > 1:
        return source.broken(number, raw, "broken CSV: a quote is not closed or stands astray")
    reason = f"broken CSV: {len(cells)} cells under {len(header)} columns"
    return source.broken(number, raw, reason)


def _record(lines: _Lines, header: list[str], taken: list[str]) -> Iterator[str]:
    """The lines of one record, added to `taken` as the parser asks for them.

    The parser asks for another line while a cell is open. Stops within the open cell, which the
    parser reports, after `LONGEST_LINE` characters or after a line that is a row by itself.
    """
    yield taken[0]
    size = len(taken[0])
    while size < LONGEST_LINE and (line := lines.take()):
        taken.append(line)
        size += len(line)
        yield line
        is_inside = '"' not in line.replace('""', "")
        if is_inside and _is_row(line.rstrip("\r\n").split(","), header):
            return


def _swallows_rows(taken: Sequence[str], header: list[str]) -> bool:
    """Whether the first or last line of a record is a row by itself, its time within the quotes.

    `_record` looks at the lines between them. A text of several lines may by chance have as many
    commas as a row, but no time at the place of `published_at`.
    """
    if len(taken) == 1 or "published_at" not in header:
        return False
    place = header.index("published_at")
    first = next(csv.reader(taken[:1]))  # its last cell is open
    inside, *after = next(csv.reader(['"' + taken[-1]]))
    begun = [*first[:-1], *first[-1].rstrip("\r\n").split(",")]
    ended = [*inside.split(","), *after]
    return (place >= len(first) and _is_row(begun, header)) or (
        place < inside.count(",") and _is_row(ended, header)
    )


def _is_row(cells: Sequence[str], header: list[str]) -> bool:
    """Whether cells fit the header and have a time under `published_at`."""
    return (
        len(cells) == len(header)
        and "published_at" in header
        and is_time(cells[header.index("published_at")])
    )


def _cells(lines: Iterable[str]) -> list[str] | None:
    try:
        return next(csv.reader(lines, strict=True), [])
    except csv.Error:
        return None


# -- Parquet ---------------------------------------------------------------------------------------


def _read_parquet(source: Source) -> Rows:
    number = 0
    try:
        with pq.ParquetFile(source.path) as file:
            names = file.schema_arrow.names
            if len(set(names)) < len(names):
                yield source.broken(0, "header", "bad header: a column is named twice")
                return
            for batch in file.iter_batches(batch_size=1024):
                for values in _batch_rows(batch):
                    number += 1
                    yield (
                        source.broken(number, number, "not UTF-8: a column of this row")
                        if values is None
                        else Row(source.name, number, source.folder, values)
                    )
    except (pa.ArrowException, OSError) as error:
        yield source.broken(number, "", f"file cannot be read on from here: {error}")


def _batch_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | None]:
    """Rows as plain values, times to the microsecond; None for a row that is not UTF-8."""
    fields = [
        pa.field(f.name, pa.timestamp("us", f.type.tz)) if pa.types.is_timestamp(f.type) else f
        for f in batch.schema
    ]
    batch = batch.cast(pa.schema(fields), safe=False)
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for place in range(batch.num_rows):
            try:
                yield from batch.slice(place, 1).to_pylist()
            except UnicodeDecodeError:
                yield None


# -- pictures --------------------------------------------------------------------------------------


def _read_picture(source: Source) -> Rows:
    """A lone picture as a row: its time is when it was taken, else when the file was last changed.

    EXIF seldom names a zone; where it does not, the time is read as UTC.
    """
    inside = source.path.relative_to(source.folder).as_posix()
    outside = not source.path.resolve().is_relative_to(source.folder)  # a link: never opened
    taken = None if outside else taken_at(source.path)
    changed = datetime.fromtimestamp(source.path.lstat().st_mtime, UTC)
    values = {
        "published_at": taken or changed,
        "published_at_from": "exif" if taken else "file",
        "picture": inside,
        "images": [inside],
    }
    yield Row(source.name, 0, source.folder, values, by_picture=True)


FORMATS: Mapping[str, Callable[[Source], Rows]] = {
    ".jsonl": _read_jsonl,
    ".jsonl.gz": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
