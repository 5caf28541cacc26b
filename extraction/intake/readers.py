"""Finds the files of posts that a user named, and reads JSONL, Parquet and pictures.

Input: paths. Output: sources, each a stream of raw rows as the file holds them (`raw_rows`), with a
reject for each line that is no row. A broken line does not affect its neighbours. CSV has a module
of its own. This module does not know what the columns mean, except for pictures, which it turns
into rows.
"""

import csv
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from zeitgraph.extraction.intake.csv_reader import csv_columns, read_csv
from zeitgraph.extraction.intake.pictures import PICTURE_SUFFIXES, taken_at
from zeitgraph.extraction.intake.raw_rows import LONGEST_LINE, RawRow, Reject, Rows, Source
from zeitgraph.kg.base.errors import InputError


def find_sources(paths: Sequence[Path], note: Callable[[str], None]) -> list[Source]:
    """The files behind the paths that a user named, in order of path.

    A folder gives the files of posts directly in it; a CSV or Parquet file counts as one if it has
    a column `published_at`. A folder without such files gives a row for each picture in it and
    below. `note` receives a line for each file that is skipped. Raises `InputError` if a path does
    not exist, has no known ending, or holds nothing to read.
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
    """Whether a CSV or Parquet file has `published_at`. True for JSONL, which has no header."""
    try:
        if path.suffix.lower() == ".csv":
            return "published_at" in csv_columns(path)
        if path.suffix.lower() == ".parquet":
            return "published_at" in pq.read_schema(path).names
    except (pa.ArrowException, OSError, csv.Error):
        return True  # the reader will report why the file cannot be read
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
    """Lines of bytes, without a byte order mark; None for a line longer than `LONGEST_LINE`."""
    first = True
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False


def _json_row(source: Source, number: int, line: bytes | None) -> RawRow | Reject:
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
    return RawRow(source.name, number, source.folder, values)


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
                        else RawRow(source.name, number, source.folder, values)
                    )
    except (pa.ArrowException, OSError) as error:
        yield source.broken(number, "", f"file cannot be read on from here: {error}")


def _batch_rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | None]:
    """Rows as plain Python values, times in microseconds; None for a row that is not UTF-8."""
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
    """A lone picture as a row. Its time is when it was taken, else when the file last changed.

    EXIF rarely names a time zone; without one, the time is read as UTC.
    """
    inside = source.path.relative_to(source.folder).as_posix()
    outside = not source.path.resolve().is_relative_to(source.folder)  # a link is not opened
    taken = None if outside else taken_at(source.path)
    changed = datetime.fromtimestamp(source.path.lstat().st_mtime, UTC)
    values = {
        "published_at": taken or changed,
        "published_at_from": "exif" if taken else "file",
        "picture": inside,
        "images": [inside],
    }
    yield RawRow(source.name, 0, source.folder, values, by_picture=True)


FORMATS: Mapping[str, Callable[[Source], Rows]] = {
    ".jsonl": _read_jsonl,
    ".jsonl.gz": _read_jsonl,
    ".csv": read_csv,
    ".parquet": _read_parquet,
}
"""The reader for each ending of a file name."""
