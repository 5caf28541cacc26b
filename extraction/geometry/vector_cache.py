"""Vectors that were computed before, by content and model; a small SQLite file.

It lies in the cache folder and may be deleted at any time: the same vectors are then computed
again. Knows nothing of what a model or a content is.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.workspace.workspace import Workspace

Vector = NDArray[np.float32]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vector (
    model TEXT, side TEXT, content TEXT, vector BLOB NOT NULL,
    PRIMARY KEY (content, side, model)) WITHOUT ROWID;
"""


class VectorCache:
    """The cache of a workspace; raises `StoreError` where its file is damaged."""

    def __init__(self, workspace: Workspace) -> None:
        self.path = workspace.cache_folder / "vectors.sqlite"

    def look_up(
        self, model: str, side: str, contents: Iterable[str]
    ) -> dict[str, NDArray[np.float32]]:
        """The vectors known for some contents (digests), by content."""
        question = "SELECT vector FROM vector WHERE content = ? AND side = ? AND model = ?"
        with closing(self._open()) as database:
            rows = {
                content: database.execute(question, (content, side, model)).fetchone()
                for content in contents
            }
        return {content: np.frombuffer(row[0], "<f4") for content, row in rows.items() if row}

    def keep(self, model: str, side: str, vectors: Mapping[str, Vector]) -> None:
        """Remember vectors by content."""
        rows = [(model, side, key, value.astype("<f4").tobytes()) for key, value in vectors.items()]
        with closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)", rows)

    def forget(self, contents: Iterable[str]) -> None:
        """Drop the vectors of some contents, of any model, and overwrite where they stood."""
        if not self.path.is_file():
            return
        with closing(self._open()) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            rows = [(content,) for content in sorted(contents)]
            database.executemany("DELETE FROM vector WHERE content = ?", rows)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(exist_ok=True)
        database = sqlite3.connect(self.path)
        try:
            database.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            database.close()
            raise StoreError(
                "the cache of vectors is damaged", where=self.path, do="delete it and run again"
            ) from error
        return database
