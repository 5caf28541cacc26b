"""The tables of a workspace: their columns, and how one partition is read and written.

A table is a folder, a partition is one ISO week of it: `tables/posts/week=2026-W46/part.parquet`.
A partition is written aside and renamed, sorted by the table's key, with fixed Parquet settings, so
that the same rows give the same bytes. A partition with no rows is no file. This module knows
columns, not what they mean to anybody.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zeitgraph.kg.base.conditions import FEATURES

Rows = Iterable[Mapping[str, Any]]

PIECE = 16_384
"""Rows that are read at a time where a partition is read in pieces."""

TEXT, COUNT, REAL, TIME = pa.string(), pa.int64(), pa.float64(), pa.timestamp("us", tz="UTC")
VECTOR, TEXTS = pa.list_(pa.float32()), pa.list_(pa.string())
ENGAGEMENT = ("views", "likes", "comments", "shares", "saves", "clicks", "impressions")


@dataclass(frozen=True)
class Table:
    """A table: its name, what it tells, its columns, and the columns that identify a row.

    With `rolls_up`, a row of a later week replaces the row of an earlier week with the same key
    when the whole table is asked for.
    """

    name: str
    about: str
    schema: pa.Schema
    key: tuple[str, ...]
    rolls_up: bool = False


def _table(
    name: str, about: str, columns: Mapping[str, pa.DataType], key: str, *, rolls_up: bool = False
) -> Table:
    return Table(name, about, pa.schema(list(columns.items())), tuple(key.split()), rolls_up)


_WHO = {"author": TEXT, "region": TEXT, "gender": TEXT, "age_band": TEXT}
_COUNTS = dict.fromkeys(ENGAGEMENT, COUNT)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        _table(
            "intake",
            "posts as they came in; `author` hashed, `extra` the unknown columns as JSON",
            {"post_id": TEXT, "week": TEXT, "published_at": TIME, "text": TEXT, "lang": TEXT}
            | {"url": TEXT}
            | _WHO
            | _COUNTS
            | {"image_vector": VECTOR, "text_vector": VECTOR, "extra": TEXT}
            | {"content": TEXT, "file": TEXT, "row": COUNT},
            "post_id",
        ),
        _table(
            "media",
            "pictures of posts and key frames of their videos (`at_s` seconds into the video)",
            {"media_id": TEXT, "post_id": TEXT, "kind": TEXT, "path": TEXT}
            | {"width": COUNT, "height": COUNT, "at_s": REAL, "position": COUNT, "week": TEXT},
            "post_id position",
        ),
        _table(
            "posts",
            "posts as they are known: language settled, heat from engagement",
            {"post_id": TEXT, "week": TEXT, "published_at": TIME, "text": TEXT, "lang": TEXT}
            | {"heat": REAL, "url": TEXT}
            | _WHO
            | _COUNTS
            | {"extra": TEXT},
            "post_id",
        ),
        _table(
            "vectors",
            "unit vectors; side is `picture` (item a media_id), `text` or `post` (item a post_id)",
            {"post_id": TEXT, "side": TEXT, "item_id": TEXT, "vector": VECTOR, "week": TEXT},
            "post_id side item_id",
        ),
        _table(
            "edits",
            "edits by hand that hold in a week; `since` is the first of them, null for all",
            {"week": TEXT, "kind": TEXT, "cluster_id": TEXT, "other_id": TEXT, "entry": TEXT}
            | {"since": TEXT, "en": TEXT, "zh": TEXT, "posts": TEXTS, "words": TEXTS}
            | {"centre": TEXT},
            "kind cluster_id other_id",
        ),
        _table(
            "features",
            "what is measured of a post: means over its `pictures` (null without any), hue in "
            "degrees in [0,360), all others in [0,1], see kg/base/conditions; its words, each once",
            {"post_id": TEXT, "week": TEXT, "pictures": COUNT}
            | dict.fromkeys(FEATURES, REAL)
            | {"words": TEXTS},
            "post_id",
        ),
        _table(
            "clusters",
            "clusters as they stood at the end of a week; `centre` weighs by heat, `told_as` is the"
            " id under which an edit tells its posts (empty for none, null where no edit does);"
            " `style_near` is the cosine to a style's phrasings from which a text joined it",
            {"cluster_id": TEXT, "name": TEXT, "origin": TEXT, "first_week": TEXT}
            | {"last_week": TEXT, "week": TEXT, "name_en": TEXT, "name_zh": TEXT, "style": TEXT}
            | {"posts": COUNT, "total_posts": COUNT, "heat": REAL, "words": TEXTS}
            | {"exemplars": TEXTS, "centre": VECTOR, "plain_centre": VECTOR, "state": TEXT}
            | {"mass": REAL, "plain_mass": REAL, "core": VECTOR, "anchor": VECTOR, "reach": REAL}
            | {
                "unseen_posts": COUNT,
                "parent": TEXT,
                "hold": TEXT,
                "told_as": TEXT,
                "style_near": REAL,
            },
            "cluster_id",
            rolls_up=True,
        ),
        _table(
            "memberships",
            "which cluster each post is in (`cluster_id` empty for none; `found_in` is the one that"
            " it joined where an edit tells it otherwise), and which post it copies",
            {"post_id": TEXT, "cluster_id": TEXT, "week": TEXT, "weight": REAL}
            | {"similarity": REAL, "heat_weight": REAL, "copy_of": TEXT, "found_in": TEXT},
            "post_id",
        ),
        _table(
            "lineage",
            "what happened to clusters: born, drifted, continued, faded, revived, split, merged;"
            " renamed, deleted, pinned; `done_by` is `hand` where an edit did it",
            {"week": TEXT, "event": TEXT, "cluster_id": TEXT, "other_id": TEXT, "measure": REAL}
            | {"done_by": TEXT},
            "cluster_id event other_id",
        ),
        _table(
            "substyles",
            "how far each post of a cluster's window is in a sub-style of it, seen in `week`; the "
            "weights of a post, in [0,1], sum to 1 at most",
            {"post_id": TEXT, "cluster_id": TEXT, "substyle_id": TEXT, "weight": REAL}
            | {"week": TEXT},
            "cluster_id post_id substyle_id",
        ),
        _table(
            "rules",
            "what sets a cluster, or a sub-style of it, apart: a row for each condition, low ≤ "
            "feature < high or the word, all of which hold; position 0 where no rule is good "
            "enough. Measured on posts that the rule was not learnt on: it picks `posts`, is right "
            "in the part `precision` of them, and finds the part `recall` of `members`",
            {"week": TEXT, "cluster_id": TEXT, "substyle_id": TEXT, "position": COUNT}
            | {"feature": TEXT, "low": REAL, "high": REAL, "word": TEXT}
            | {"precision": REAL, "recall": REAL, "posts": COUNT, "members": COUNT},
            "cluster_id substyle_id position",
        ),
        _table(
            "trends",
            "a cluster's week: volume, heat, share in [0,1], growth, state; next week's `forecast`",
            {"week": TEXT, "cluster_id": TEXT, "posts": COUNT, "heat": REAL, "share": REAL}
            | {"growth": REAL, "state": TEXT, "share_low": REAL, "share_high": REAL}
            | {"heat_share": REAL, "fair_share": REAL, "p_value": REAL}
            | {"forecast": REAL, "forecast_low": REAL, "forecast_high": REAL},
            "cluster_id",
        ),
        _table(
            "balance",
            "what fair shares are balanced by: the part of a value's posts before and after",
            {"week": TEXT, "side": TEXT, "value": TEXT, "posts": COUNT, "before": REAL}
            | {"target": REAL, "after": REAL},
            "side value",
        ),
        _table(
            "mentions",
            "spans of text (`start`, `end`: Python string offsets) that name something",
            {"post_id": TEXT, "start": COUNT, "end": COUNT, "surface": TEXT, "kind": TEXT}
            | {"week": TEXT},
            "post_id start end kind",
        ),
        _table(
            "links",
            "which entity a mention means; `how` is alias, context, new or nil (entity_id empty)",
            {"post_id": TEXT, "start": COUNT, "end": COUNT, "entity_id": TEXT, "score": REAL}
            | {"how": TEXT, "week": TEXT},
            "post_id start end",
        ),
        _table(
            "entities",
            "entities met in the posts; source is `catalogue` or `posts`",
            {"entity_id": TEXT, "name": TEXT, "kind": TEXT, "name_en": TEXT, "name_zh": TEXT}
            | {"source": TEXT, "week": TEXT},
            "entity_id",
            rolls_up=True,
        ),
        _table(
            "facts",
            "subject–predicate–object with the count of posts that say so and P(object | subject)",
            {"week": TEXT, "subject": TEXT, "predicate": TEXT, "object": TEXT, "count": COUNT}
            | {"probability": REAL},
            "subject predicate object",
        ),
        _table(
            "claims",
            "sentences of a report, the evidence each names, and whether it was kept or dropped",
            {"week": TEXT, "claim_id": TEXT, "text": TEXT, "evidence": TEXTS, "status": TEXT}
            | {"reason": TEXT, "lang": TEXT, "section": TEXT},
            "lang claim_id",
        ),
        _table(
            "gallery",
            "pictures shown for a cluster; role is typical, rising, odd, prototype or mosaic; of a"
            " prototype entity_id is the thing that it was asked to show, empty for none",
            {"week": TEXT, "cluster_id": TEXT, "role": TEXT, "position": COUNT, "post_id": TEXT}
            | {"media_id": TEXT, "entity_id": TEXT, "path": TEXT, "note": TEXT},
            "cluster_id role position",
        ),
        _table(
            "rejects",
            "what was set aside: the item, the stage that did so, and why",
            {"item": TEXT, "stage": TEXT, "reason": TEXT, "file": TEXT, "row": COUNT, "week": TEXT},
            "stage file row item reason",
        ),
    )
}


def make_table(table: Table, rows: Rows) -> pa.Table:
    """Rows (mappings by column name; a missing column is null) as an Arrow table of `table`."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=table.schema)


def empty_table(name: str) -> pa.Table:
    """The table called `name` with no rows."""
    return TABLES[name].schema.empty_table()


def join_tables(name: str, tables: Sequence[pa.Table]) -> pa.Table:
    """Partitions of the table called `name`, one under the other."""
    return pa.concat_tables([empty_table(name), *tables])


def newest_by_key(table: Table, data: pa.Table) -> pa.Table:
    """The last row for each key, rows sorted by key: how a table that `rolls_up` is seen whole."""
    newest = {tuple(row[k] for k in table.key): row for row in data.to_pylist()}
    return make_table(table, (newest[key] for key in sorted(newest)))


def write_partition(path: Path, table: Table, data: pa.Table) -> None:
    """Write `data` to `path`, sorted by key; no rows remove the file. Whole or not at all.

    What a killed write left beside it is taken away; a workspace has one writer at a time.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()
    if data.num_rows == 0:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return
    data = data.select(table.schema.names).cast(table.schema).combine_chunks()
    order = pc.sort_indices(data, sort_keys=[(k, "ascending") for k in table.key])
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(data.take(order), aside, compression="zstd", store_schema=True)
    aside.replace(path)


def read_partition(path: Path, table: Table) -> pa.Table:
    """The rows at `path`, or no rows where there is no file; a column it lacks is null.

    On one thread: one that Arrow's pool has just started may end a short command by SIGABRT after
    its work is done (apache/arrow issue 34314; two of forty commands, and none of a hundred since).
    """
    if not path.is_file():
        return table.schema.empty_table()
    with path.open("rb") as file, pq.ParquetFile(file) as found:
        rows = found.read(_known(table, found), use_threads=False)
    return _conformed(rows, table)


def read_pieces(path: Path, table: Table, size: int = PIECE) -> Iterator[pa.Table]:
    """The rows at `path` in order, about `size` at a time, so that few of them are in memory.

    Rows with the same first column of the key come together.
    """
    if not path.is_file():
        return
    with path.open("rb") as file, pq.ParquetFile(file) as found:
        left = table.schema.empty_table()
        for batch in found.iter_batches(size, columns=_known(table, found), use_threads=False):
            rows = pa.concat_tables([left, _conformed(pa.Table.from_batches([batch]), table)])
            begin = int(pc.index(rows[table.key[0]], rows[table.key[0]][-1]).as_py())
            if begin:
                yield rows.slice(0, begin)
            left = rows.slice(begin)
        yield left


def _known(table: Table, found: pq.ParquetFile) -> list[str]:
    return [name for name in table.schema.names if name in found.schema_arrow.names]


def _conformed(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with all columns of the table; one that they lack is null."""
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in table.schema
    ]
    return pa.table(columns, schema=table.schema)
