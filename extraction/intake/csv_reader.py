"""Reads posts from CSV (RFC 4180): a header line, UTF-8, commas, quoted cells of several lines.

Input: a source. Output: raw rows, and rejects. A quotation mark opens a cell only as its first
character; elsewhere it is text, such as an inch mark. A cell opened by mistake could swallow the
rest of the file; the time under `published_at` shows that a quoted text holds rows. This module
does not know any other column.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from zeitgraph.extraction.intake.columns import is_time
from zeitgraph.extraction.intake.raw_rows import LONGEST_LINE, RawRow, Reject, Rows, Source


def csv_columns(path: Path) -> list[str]:
    """The header of a CSV file; raises `OSError` or `csv.Error` if it cannot be read."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return next(csv.reader([file.readline(LONGEST_LINE)]), [])


def read_csv(source: Source) -> Rows:
    """The rows of a CSV file, and a reject for each record that does not fit the header.

    Bytes that are not UTF-8 become lone surrogates, which `columns` rejects. If a record of several
    lines does not fit the header, or holds other rows within its quotes, only its first line is
    rejected, and reading goes on with the second.
    """
    try:
        with source.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            lines = _Lines(file)
            header = _cells([line]) if (line := lines.take()) else None
            if header is None and line:
                yield source.broken(1, "header", "bad header: a quotation mark is not closed")
                return
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


def _csv_row(source: Source, lines: _Lines, header: list[str], line: str) -> RawRow | Reject:
    number, taken = lines.number, [line]
    cells = _cells(_record(lines, header, taken))
    if cells is not None and len(cells) == len(header) and not _swallows_rows(taken, header):
        filled = {column: cell for column, cell in zip(header, cells, strict=True) if cell}
        return RawRow(source.name, number, source.folder, filled)
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
