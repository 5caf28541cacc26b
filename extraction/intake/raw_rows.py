"""Raw rows from the file readers, and rejects for lines that cannot be used.

Input: the place of a file. Output: the types that all readers share. This module does not know the
formats of files, nor what the columns of a row mean.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.workspace.workspace import NO_WEEK

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of a JSONL line, characters of a CSV record; longer ones become rejects."""


@dataclass(frozen=True)
class RawRow:
    """A row as the file holds it: its place, and its values by column.

    `file` is relative to the folder that holds the source. `number` is the line on which the row
    begins (JSONL, CSV), the row counted from 1 (Parquet), or 0 for a file that is itself the row.
    Paths in `values` are relative to `folder`, and must stay inside it. `by_picture`: the post was
    made from a lone picture, so that the picture alone is its content.
    """

    file: str
    number: int
    folder: Path
    values: Mapping[str, Any]
    by_picture: bool = False


@dataclass(frozen=True)
class Reject:
    """An item that is set aside. `reason` is a kind, then a colon and particulars."""

    item: str
    reason: str
    file: str
    row: int
    week: str = NO_WEEK

    @property
    def kind(self) -> str:
        """The part of the reason before the colon."""
        return self.reason.partition(":")[0]


Rows = Iterator[RawRow | Reject]


@dataclass(frozen=True)
class Source:
    """A file of posts, or a lone picture. `name` is how rejects and the table intake call it."""

    path: Path
    name: str
    folder: Path
    read: Callable[["Source"], Rows]

    def broken(self, number: int, raw: object, reason: str) -> Reject:
        """A reject for line or row `number`; its id comes from the content `raw`."""
        return Reject(content_id("row", self.name, raw), reason, self.name, number)
