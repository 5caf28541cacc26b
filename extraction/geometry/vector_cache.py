"""A cache of computed vectors by content and model, in one SQLite file.

The file is in the cache folder of the workspace. It may be deleted at any time; the same vectors
are then computed again. This module does not know what a model or a content is.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing

import numpy as np

from zeitgraph.extraction.geometry.unit_vectors import Vector
from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.workspace.workspace import Workspace

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vector (
    model TEXT, side TEXT, content TEXT, vector BLOB NOT NULL,
    PRIMARY KEY (content, side, model)) WITHOUT ROWID;
"""


class VectorCache:
    """The cache of a workspace; its methods raise `StoreError` if the file is damaged."""

    def __init__(self, workspace: Workspace) -> None:
        self.path = workspace.cache_folder / "vectors.sqlite"

    def look_up(self, model: str, side: str, contents: Iterable[str]) -> dict[str, Vector]:
        """The known vectors, float32 (d,), by content; `contents` are digests."""
        question = "SELECT vector FROM vector WHERE content = ? AND side = ? AND model = ?"
        with closing(self._open()) as database:
            rows = {
                content: database.execute(question, (content, side, model)).fetchone()
                for content in contents
            }
        return {content: np.frombuffer(row[0], "<f4") for content, row in rows.items() if row}

    def keep(self, model: str, side: str, vectors: Mapping[str, Vector]) -> None:
        """Store vectors (d,) by content; one that is known already is replaced."""
        rows = [(model, side, key, value.astype("<f4").tobytes()) for key, value in vectors.items()]
        with closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)", rows)

    def forget(self, contents: Iterable[str]) -> None:
        """Delete the vectors of some contents, for all models, and overwrite their bytes."""
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
