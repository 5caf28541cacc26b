"""Collects the rows of one `add` in a SQLite file, and decides which of them become posts.

Input: candidates in any order. Output: the new posts, week by week, and rejects for the others. The
file bounds the memory, and makes every decision independent of the order of rows and files. This
module does not know about the formats of files and pictures.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from zeitgraph.extraction.intake.columns import Vector
from zeitgraph.extraction.intake.media import Medium
from zeitgraph.extraction.intake.raw_rows import Reject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE stored (post_id TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE candidate (
    post_id TEXT NOT NULL, week TEXT NOT NULL, published_us INTEGER NOT NULL,
    content TEXT NOT NULL, file TEXT NOT NULL, row INTEGER NOT NULL, length INTEGER,
    columns TEXT NOT NULL, media TEXT NOT NULL, flaws TEXT NOT NULL,
    image_vector BLOB, text_vector BLOB);
CREATE TABLE reject (item TEXT, reason TEXT, file TEXT, row INTEGER, week TEXT);
"""

_RANK = """
CREATE TABLE ranked AS SELECT rowid AS place, post_id, week, content, file, row,
    ROW_NUMBER() OVER mine AS rank, FIRST_VALUE(content) OVER mine AS kept
FROM candidate WINDOW mine AS (PARTITION BY post_id ORDER BY published_us, content, file, row);
CREATE INDEX winners ON ranked (rank, week, post_id);
"""


@dataclass(frozen=True)
class Candidate:
    """A row that could become a post.

    `columns` holds its plain columns, `flaws` the rejects of its media. All its vectors have the
    same length.
    """

    post_id: str
    week: str
    published_at: datetime
    content: str
    file: str
    row: int
    columns: Mapping[str, Any]
    media: Sequence[Medium]
    flaws: Sequence[Reject]
    vectors: Mapping[str, Vector]


class Spool:
    """The candidates and rejects of one `add`, in a file at `path` of its own."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)  # of an `add` that was killed
        self.path = path
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close and remove the file."""
        self.database.close()
        self.path.unlink()

    # -- filling -----------------------------------------------------------------------------------

    def add_stored(self, posts: Iterator[tuple[str, str]]) -> None:
        """Add posts of the workspace: ids and digests of their content."""
        with self._together():
            self.database.executemany("INSERT INTO stored VALUES (?, ?)", posts)

    def stored_content(self, post_id: str) -> str | None:
        """The digest of the content of a stored post; None if there is no such post."""
        row = self.database.execute("SELECT content FROM stored WHERE post_id = ?", (post_id,))
        found = row.fetchone()
        return found[0] if found else None

    def put(self, candidates: Sequence[Candidate], rejects: Sequence[Reject]) -> None:
        """Add candidates and rejects."""
        with self._together():
            self.database.executemany(
                f"INSERT INTO candidate VALUES ({','.join('?' * 12)})",  # noqa: S608 -- only placeholders
                map(_as_row, candidates),
            )
            self._reject(rejects)

    def _reject(self, rejects: Sequence[Reject]) -> None:
        self.database.executemany(
            "INSERT INTO reject VALUES (:item, :reason, :file, :row, :week)", map(asdict, rejects)
        )

    # -- deciding ----------------------------------------------------------------------------------

    def decide(self, length: int | None) -> int:
        """Choose the candidates that become posts, after all have been put.

        Returns the number of candidates that repeat a chosen one. Vectors must have the `length` of
        stored vectors; if it is None, the length that most candidates have, the greater of two that
        are equally common. A stored post is never replaced. Of several candidates with one id, the
        earliest published is chosen, then the one whose content has the smallest digest; the others
        become rejects unless their content is the same.
        """
        with self._together():
            length = length or self._commonest_length()
            wrong_length = f"vector of the wrong length: others have {length} numbers"
            self._set_aside("length <> ?", wrong_length, length)
            self._set_aside("post_id IN (SELECT post_id FROM stored)", _OTHER_CONTENT)
            self.database.executescript(_RANK)
            self._set_aside(
                "rowid IN (SELECT place FROM ranked WHERE content <> kept)", _OTHER_CONTENT
            )
            winners = "SELECT place FROM ranked WHERE rank = 1"
            for (flaws,) in self.database.execute(
                f"SELECT flaws FROM candidate WHERE flaws <> '[]' AND rowid IN ({winners})"  # noqa: S608 -- no text of a user
            ).fetchall():
                self._reject([Reject(**flaw) for flaw in json.loads(flaws)])
            again = "SELECT COUNT(*) FROM ranked WHERE rank > 1 AND content = kept"
            return int(self.database.execute(again).fetchone()[0])

    def _set_aside(self, which: str, reason: str, *values: object) -> None:
        """Turn candidates into rejects; `which` is an SQL condition, never text of a user."""
        self.database.execute(
            "INSERT INTO reject SELECT post_id, ?, file, row, week FROM candidate"  # noqa: S608
            f" WHERE {which}",
            (reason, *values),
        )
        self.database.execute(f"DELETE FROM candidate WHERE {which}", values)  # noqa: S608

    def _commonest_length(self) -> int | None:
        found = self.database.execute(
            "SELECT length FROM candidate WHERE length IS NOT NULL"
            " GROUP BY length ORDER BY COUNT(*) DESC, length DESC LIMIT 1"
        ).fetchone()
        return int(found[0]) if found else None

    # -- reading -----------------------------------------------------------------------------------

    def weeks(self) -> list[str]:
        """The weeks of the chosen posts, oldest first."""
        rows = self.database.execute("SELECT DISTINCT week FROM ranked WHERE rank = 1")
        return sorted(week for (week,) in rows)

    def posts(self, week: str) -> Iterator[Candidate]:
        """The chosen posts of one week, by id."""
        rows = self.database.execute(
            "SELECT candidate.* FROM candidate JOIN ranked ON ranked.place = candidate.rowid"
            " WHERE ranked.rank = 1 AND ranked.week = ? ORDER BY candidate.post_id",
            (week,),
        )
        return map(_as_candidate, rows)

    def reject_weeks(self) -> list[str]:
        """The weeks of the rejects."""
        rows = self.database.execute("SELECT DISTINCT week FROM reject")
        return sorted(week for (week,) in rows)

    def rejects(self, week: str) -> Iterator[Reject]:
        """The rejects of one week."""
        rows = self.database.execute(
            "SELECT item, reason, file, row, week FROM reject WHERE week = ?", (week,)
        )
        return (Reject(*row) for row in rows)

    def _together(self) -> "_Transaction":
        return _Transaction(self.database)


class _Transaction:
    """`BEGIN` … `COMMIT` around a block. No rollback: if a block fails, the file is removed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def __enter__(self) -> None:
        self.database.execute("BEGIN")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.database.in_transaction:
            self.database.execute("COMMIT")


_OTHER_CONTENT = "duplicate id: a post with this id and other content is kept"


def _as_row(candidate: Candidate) -> tuple[Any, ...]:
    vectors = candidate.vectors
    lengths = [len(vector) for vector in vectors.values()]
    return (
        candidate.post_id,
        candidate.week,
        (candidate.published_at - _EPOCH) // timedelta(microseconds=1),
        candidate.content,
        candidate.file,
        candidate.row,
        lengths[0] if lengths else None,
        json.dumps(dict(candidate.columns)),
        json.dumps([asdict(medium) for medium in candidate.media]),
        json.dumps([asdict(flaw) for flaw in candidate.flaws]),
        *(
            vectors[name].tobytes() if name in vectors else None
            for name in ("image_vector", "text_vector")
        ),
    )


def _as_candidate(row: Sequence[Any]) -> Candidate:
    post_id, week, published, content, file, number, _, columns, media, flaws, *blobs = row
    return Candidate(
        post_id,
        week,
        _EPOCH + timedelta(microseconds=published),
        content,
        file,
        number,
        json.loads(columns),
        [Medium(**medium) for medium in json.loads(media)],
        [Reject(**flaw) for flaw in json.loads(flaws)],
        {
            name: np.frombuffer(blob, np.float32)
            for name, blob in zip(("image_vector", "text_vector"), blobs, strict=True)
            if blob is not None
        },
    )
