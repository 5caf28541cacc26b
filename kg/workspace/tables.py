"""The tables of a workspace: their rows and keys, and how one partition is read and written.

A table is a folder, a partition is one ISO week of it: `tables/posts/week=2026-W46/part.parquet`.
A partition is written aside and renamed, sorted by the table's key, with fixed Parquet settings, so
that the same rows give the same bytes. A partition with no rows is no file. The columns of a table
are those of its row class in `kg/workspace/rows.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_bytes
from zeitgraph.kg.workspace import rows
from zeitgraph.kg.workspace.rows import schema_of

PIECE = 16_384
"""Rows that are read at a time where a partition is read in pieces."""

R = TypeVar("R")
"""The row class of a table."""


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table: its name, the class of its rows, what it holds, and the columns that identify a row.

    With `rolls_up`, a row of a later week replaces the row of an earlier week with the same key
    when the whole table is read.
    """

    name: str
    row: type[R]
    about: str
    key: tuple[str, ...]
    rolls_up: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema that the row class gives."""
        return schema_of(self.row)

    @cached_property
    def empty(self) -> pa.Table:
        """The table with no rows."""
        return self.schema.empty_table()


INTAKE = Table(
    "intake",
    rows.IntakeRow,
    "posts as they were read",
    ("post_id",),
)
MEDIA = Table(
    "media",
    rows.MediaRow,
    "pictures of posts, and key frames of their videos",
    ("post_id", "position"),
)
POSTS = Table(
    "posts",
    rows.PostRow,
    "posts with their language settled and their heat computed from engagement",
    ("post_id",),
)
VECTORS = Table(
    "vectors",
    rows.VectorRow,
    "unit vectors of pictures, texts and whole posts",
    ("post_id", "side", "item_id"),
)
EDITS = Table(
    "edits",
    rows.EditRow,
    "manual edits of clusters, for each week in which they hold",
    ("kind", "cluster_id", "other_id"),
)
FEATURES = Table(
    "features",
    rows.FeatureRow,
    "measurements of a post's pictures (means over them; null without any) and its words",
    ("post_id",),
)
CLUSTERS = Table(
    "clusters",
    rows.ClusterRow,
    "clusters at the end of a week",
    ("cluster_id",),
    rolls_up=True,
)
MEMBERSHIPS = Table(
    "memberships",
    rows.MembershipRow,
    "which cluster each post belongs to, and which post it copies",
    ("post_id",),
)
LINEAGE = Table(
    "lineage",
    rows.LineageRow,
    "events in the life of clusters, from birth to fading or merging",
    ("cluster_id", "event", "other_id"),
)
SUBSTYLES = Table(
    "substyles",
    rows.SubstyleRow,
    "how far each post of a cluster's window belongs to a sub-style of the cluster",
    ("cluster_id", "post_id", "substyle_id"),
)
RULES = Table(
    "rules",
    rows.RuleRow,
    "what sets a cluster or a sub-style apart: one row a condition, all of which must hold",
    ("cluster_id", "substyle_id", "position"),
)
TRENDS = Table(
    "trends",
    rows.TrendRow,
    "figures of each cluster and week: volume, heat, share, growth, state, forecast",
    ("cluster_id",),
)
BALANCE = Table(
    "balance",
    rows.BalanceRow,
    "the groups of posts that fair shares are balanced by",
    ("side", "value"),
)
MENTIONS = Table(
    "mentions",
    rows.MentionRow,
    "spans of text that name something",
    ("post_id", "start", "end", "kind"),
)
LINKS = Table(
    "links",
    rows.LinkRow,
    "the entity that each mention means",
    ("post_id", "start", "end"),
)
ENTITIES = Table(
    "entities",
    rows.EntityRow,
    "entities that posts name",
    ("entity_id",),
    rolls_up=True,
)
FACTS = Table(
    "facts",
    rows.FactRow,
    "subject, predicate, object, with the count of posts that support it",
    ("subject", "predicate", "object"),
)
CLAIMS = Table(
    "claims",
    rows.ClaimRow,
    "sentences of a report, their evidence, and whether they were kept",
    ("lang", "claim_id"),
)
GALLERY = Table(
    "gallery",
    rows.GalleryRow,
    "pictures shown for a cluster",
    ("cluster_id", "role", "position"),
)
REJECTS = Table(
    "rejects",
    rows.RejectRow,
    "items that were set aside, by which stage, and why",
    ("stage", "file", "row", "item", "reason"),
)

TABLES: Mapping[str, Table[Any]] = {
    table.name: table
    for table in (
        INTAKE,
        MEDIA,
        POSTS,
        VECTORS,
        EDITS,
        FEATURES,
        CLUSTERS,
        MEMBERSHIPS,
        LINEAGE,
        SUBSTYLES,
        RULES,
        TRENDS,
        BALANCE,
        MENTIONS,
        LINKS,
        ENTITIES,
        FACTS,
        CLAIMS,
        GALLERY,
        REJECTS,
    )
}
"""All tables by name, in the order in which a run fills them."""


def make_table(table: Table[R], rows: Iterable[R]) -> pa.Table:
    """Typed rows as an Arrow table; a column that a row lacks is null."""
    return pa.Table.from_pylist(list(rows), schema=table.schema)


def rows_of(table: Table[R], data: pa.Table) -> list[R]:  # noqa: ARG001 -- it types the rows
    """An Arrow table as typed rows. `data` may hold only some columns of `table`."""
    found: list[R] = data.to_pylist()
    return found


def empty_table(name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The table called `name` with no rows, or only some of its columns."""
    empty = TABLES[name].empty
    return empty if columns is None else empty.select(list(columns))


def join_tables(
    name: str, tables: Sequence[pa.Table], columns: Sequence[str] | None = None
) -> pa.Table:
    """Partitions of the table called `name`, one below the other; all have the same columns."""
    return pa.concat_tables([empty_table(name, columns), *tables])


def newest_by_key(table: Table[Any], data: pa.Table) -> pa.Table:
    """The last row for each key, rows sorted by key: a table that `rolls_up`, read whole."""
    places = data.select(table.key).append_column("place", pa.array(np.arange(data.num_rows)))
    last = places.group_by(list(table.key), use_threads=False).aggregate([("place", "max")])
    order = pc.sort_indices(last, sort_keys=[(name, "ascending") for name in table.key])
    return data.take(last["place_max"].take(order))


def write_partition(path: Path, table: Table[Any], data: pa.Table) -> tuple[pa.Table, str]:
    """Write `data` to `path`, sorted by key; no rows remove the file. Whole or not at all.

    Returns the rows as they were written and the digest of the file, empty for no file. Removes
    what a killed write left beside it; a workspace has one writer at a time.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()
    if data.num_rows == 0:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return table.empty, ""
    data = data.select(table.schema.names).cast(table.schema).combine_chunks()
    order = pc.sort_indices(data, sort_keys=[(k, "ascending") for k in table.key])
    rows, buffer = data.take(order), pa.BufferOutputStream()
    pq.write_table(rows, buffer, compression="zstd", store_schema=True)
    written = buffer.getvalue()
    write_aside(path, written)
    return rows, digest_bytes(written)


def read_partition(path: Path, table: Table[Any], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows at `path`, all columns or some; no rows if there is no file.

    A column that the file lacks is null. Reads on one thread: a thread that Arrow's pool has just
    started may end a short command by SIGABRT after its work is done (apache/arrow issue 34314: two
    of forty commands, and none of a hundred since).
    """
    schema = _part_of(table, columns)
    if not path.is_file():
        return schema.empty_table()
    with path.open("rb") as file, pq.ParquetFile(file) as found:
        rows = found.read(_known(schema, found), use_threads=False)
    return _conformed(rows, schema)


def read_pieces(
    path: Path, table: Table[Any], size: int = PIECE, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The rows at `path` in order, about `size` at a time, so that few of them are in memory.

    Rows with the same first column of the key are in one piece; `columns` must include it.
    """
    if not path.is_file():
        return
    schema = _part_of(table, columns)
    with path.open("rb") as file, pq.ParquetFile(file) as found:
        left = schema.empty_table()
        for batch in found.iter_batches(size, columns=_known(schema, found), use_threads=False):
            rows = pa.concat_tables([left, _conformed(pa.Table.from_batches([batch]), schema)])
            begin = int(pc.index(rows[table.key[0]], rows[table.key[0]][-1]).as_py())
            if begin:
                yield rows.slice(0, begin)
            left = rows.slice(begin)
        yield left


def _part_of(table: Table[Any], columns: Sequence[str] | None) -> pa.Schema:
    schema = table.schema
    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


def _known(schema: pa.Schema, found: pq.ParquetFile) -> list[str]:
    return [name for name in schema.names if name in found.schema_arrow.names]


def _conformed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with all columns of the schema; a column that they lack is null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
