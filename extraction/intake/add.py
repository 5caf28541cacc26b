"""Adds posts to a workspace: the tables `intake`, `media` and `rejects`, and the media folder.

Input: paths that a user named. Output: new rows in the weeks of the posts; stored posts never
change. Adding the same posts again, in any order and from any split of files, changes no byte. A
row that cannot be used becomes a row of `rejects`. This module does not interpret posts.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from zeitgraph.extraction.intake.columns import LONGEST_ID, VECTORS, BadRow, Draft, read_columns
from zeitgraph.extraction.intake.media import (
    Attachment,
    MediaStore,
    Medium,
    Stored,
    find_attachment,
)
from zeitgraph.extraction.intake.pictures import strict_decoding
from zeitgraph.extraction.intake.raw_rows import RawRow, Reject
from zeitgraph.extraction.intake.readers import find_sources
from zeitgraph.extraction.intake.spool import Candidate, Spool
from zeitgraph.kg.base.ids import content_id, digest_bytes, digest_json, digest_text
from zeitgraph.kg.base.weeks import week_of
from zeitgraph.kg.workspace.rows import IntakeRow, MediaRow, RejectRow
from zeitgraph.kg.workspace.settings import IntakeSettings
from zeitgraph.kg.workspace.tables import (
    INTAKE,
    MEDIA,
    REJECTS,
    R,
    Table,
    join_tables,
    make_table,
)
from zeitgraph.kg.workspace.workspace import Workspace

BATCH = 512
"""Rows that are read, and whose pictures are decoded, at a time."""

_NO_CONTENT = "no content: neither text nor a usable picture, video or vector"


@dataclass(frozen=True)
class AddSummary:
    """The result of an `add`.

    Of `read` rows, `new` became posts, `known` were posts already, `forgotten` belong to posts that
    the user has removed for good, and the rest were rejected. `rejected` counts rejects by kind of
    reason, including bad pictures of posts that arrived. `weeks` are the weeks with new posts.
    """

    read: int
    new: int
    known: int
    forgotten: int
    rejected: Mapping[str, int]
    weeks: tuple[str, ...]

    def __str__(self) -> str:
        summary = f"{self.read:,} rows read: {self.new:,} new posts, {self.known:,} known"
        summary += f", {self.forgotten:,} forgotten" if self.forgotten else ""
        lines = [f"  {count:,} x {kind}" for kind, count in sorted(self.rejected.items())]
        rejects = sum(self.rejected.values())
        summary += f", {rejects:,} rejects (see the table rejects):" if rejects else "."
        now = week_of(datetime.now(UTC))
        if ahead := [week for week in self.weeks if week > now]:
            lines.append(
                f"  posts of weeks to come, up to {ahead[-1]}: reports cover them once these weeks"
                " are over; is a clock wrong?"
            )
        return "\n".join([summary, *lines])


def add_posts(
    workspace: Workspace,
    sources: Sequence[Path],
    note: Callable[[str], None] = lambda _line: None,
) -> AddSummary:
    """Read posts into the workspace, whose lock the caller holds.

    Idempotent by content. `note` receives lines of progress. Raises `InputError` if a path cannot
    be read at all. A fault in a row or a picture becomes a reject and stops nothing.
    """
    files = find_sources(sources, note)
    forgotten = forgotten_ids(workspace)
    store = MediaStore(workspace)
    with (
        closing(Spool(workspace.cache_folder / "add.sqlite")) as spool,
        ThreadPoolExecutor(os.cpu_count()) as pool,
        strict_decoding(),
    ):
        length = _load_stored_posts(workspace, spool)
        counts: Counter[str] = Counter()
        rows = chain.from_iterable(source.read(source) for source in files)
        while batch := list(islice(rows, BATCH)):
            counts += _add_batch(batch, spool, store, pool, forgotten)
            if counts["read"] % (20 * BATCH) == 0:
                note(f"{counts['read']:,} rows read")
        counts["known"] += spool.decide(length)
        kinds = _write_rejects(workspace, spool)
        counts["new"] = sum(_write_posts(workspace, spool, week) for week in spool.weeks())
        _remove_orphans(workspace, spool, store)
        weeks = tuple(spool.weeks())
    read, new, known = counts["read"], counts["new"], counts["known"]
    return AddSummary(read, new, known, counts["forgotten"], dict(kinds), weeks)


def _load_stored_posts(workspace: Workspace, spool: Spool) -> int | None:
    """Copy ids and contents of stored posts to the spool.

    Returns the length of their vectors, None if they have none.
    """
    length = None
    for week in workspace.weeks("intake"):
        table = workspace.read("intake", week, _COMPARED)
        ids, contents = table["post_id"].to_pylist(), table["content"].to_pylist()
        spool.add_stored(zip(ids, contents, strict=True))
        for column in VECTORS:
            length = length or pc.max(pc.list_value_length(table[column])).as_py()
    return length


_COMPARED = ["post_id", "content", *VECTORS]


# -- rows become candidates ------------------------------------------------------------------------


@dataclass(frozen=True)
class _CheckedRow:
    """A row whose columns are checked and whose files have been looked for."""

    row: RawRow
    draft: Draft
    attachments: Sequence[Attachment]

    @property
    def post_id(self) -> str:
        return self.draft.post_id or content_id("p", self.content)

    @property
    def content(self) -> str:
        """Digest of the row's content: pictures and vectors by their bytes, not their names."""
        attached = [[found.kind, found.digest] for found in self.attachments]
        if self.row.by_picture:
            return digest_json(attached)
        vectors = {name: digest_bytes(v.tobytes()) for name, v in self.draft.vectors.items()}
        plain = [self.draft.published_at.isoformat(), dict(self.draft.columns), self.draft.extra]
        return digest_json([self.draft.post_id, *plain, attached, vectors])


def _add_batch(
    batch: Sequence[RawRow | Reject],
    spool: Spool,
    store: MediaStore,
    pool: Executor,
    forgotten: frozenset[str],
) -> Counter[str]:
    """Put candidates and rejects of some rows into the spool; counts the rows by outcome."""
    counts = Counter(read=len(batch))
    rejects = [entry for entry in batch if isinstance(entry, Reject)]
    fresh = []
    for read in _look_for_media(_check(batch, store, rejects), store, pool):
        if digest_text(read.post_id) in forgotten:
            counts["forgotten"] += 1
        elif spool.stored_content(read.post_id) == read.content:
            counts["known"] += 1
        else:
            fresh.append(read)
    candidates = []
    for read, stored in zip(fresh, _store_media(fresh, store, pool), strict=True):
        candidate = _candidate(read, stored)
        if candidate.media or candidate.vectors or "text" in candidate.columns:
            candidates.append(candidate)
        else:
            rejects += [*candidate.flaws, _reject(read, _NO_CONTENT)]
    spool.put(candidates, rejects)
    return counts


def _check(
    batch: Sequence[RawRow | Reject], store: MediaStore, rejects: list[Reject]
) -> Iterator[tuple[RawRow, Draft]]:
    for row in batch:
        if isinstance(row, RawRow):
            try:
                yield row, read_columns(row.values, store.settings.max_text)
            except BadRow as error:
                rejects.append(Reject(_name_of(row), str(error), row.file, row.number))


def _name_of(row: RawRow) -> str:
    """The id of a bad row: its own if it is usable, else an id from its file and content."""
    given = str(row.values.get("id") or "")
    if given.isprintable() and 0 < len(given) <= LONGEST_ID:
        return given
    return content_id("row", row.file, ascii(dict(row.values)))


def _look_for_media(
    checked: Iterable[tuple[RawRow, Draft]], store: MediaStore, pool: Executor
) -> Iterator[_CheckedRow]:
    pairs = list(checked)
    named = [
        (row.folder, kind, path)
        for row, draft in pairs
        for kind, paths in (("picture", draft.images), ("video", draft.videos))
        for path in paths
    ]
    look = partial(_find, settings=store.settings)
    found = pool.map(look, named)
    for row, draft in pairs:
        yield _CheckedRow(row, draft, list(islice(found, len(draft.images) + len(draft.videos))))


def _find(named: tuple[Path, str, str], settings: IntakeSettings) -> Attachment:
    return find_attachment(*named, settings)


def _store_media(
    fresh: Sequence[_CheckedRow], store: MediaStore, pool: Executor
) -> Iterator[list[Stored]]:
    stored = pool.map(store.store, [found for read in fresh for found in read.attachments])
    for read in fresh:
        yield list(islice(stored, len(read.attachments)))


def _candidate(read: _CheckedRow, stored: Sequence[Stored]) -> Candidate:
    draft, row = read.draft, read.row
    columns = dict(draft.columns) | ({"extra": draft.extra} if draft.extra else {})
    media = {medium.media_id: medium for media, _ in reversed(stored) for medium in reversed(media)}
    flaws = [
        _reject(read, f"{found.kind} {problem} «{_short(found.named)}»")
        for found, (_, problem) in zip(read.attachments, stored, strict=True)
        if problem
    ]
    return Candidate(
        read.post_id,
        draft.week,
        draft.published_at,
        read.content,
        row.file,
        row.number,
        columns,
        list(reversed(media.values())),
        flaws,
        draft.vectors,
    )


def _reject(read: _CheckedRow, reason: str) -> Reject:
    return Reject(read.post_id, reason, read.row.file, read.row.number, read.draft.week)


def _short(path: str) -> str:
    return path if len(path) <= 100 else f"…{path[-99:]}"


# -- candidates become rows of tables --------------------------------------------------------------


def _write_rejects(workspace: Workspace, spool: Spool) -> Counter[str]:
    """Write the rejects, and count them by kind of reason.

    They are written before the posts: after a run that is killed in between, the rows are new.
    """
    kinds: Counter[str] = Counter()
    for week in spool.reject_weeks():
        before = workspace.rows(REJECTS, week)
        rows = {_reject_key(row): row for row in before}
        for reject in spool.rejects(week):
            kinds[reject.kind] += 1
            row = _reject_row(reject)
            rows[_reject_key(row)] = row
        if len(rows) > len(before):
            workspace.write("rejects", week, make_table(REJECTS, rows.values()))
    return kinds


def _reject_key(row: RejectRow) -> tuple[object, ...]:
    values: Mapping[str, object] = row
    return tuple(values[column] for column in REJECTS.key)


def _reject_row(reject: Reject) -> RejectRow:
    return {
        "item": reject.item,
        "stage": "intake",
        "reason": reject.reason,
        "file": reject.file,
        "row": reject.row,
        "week": reject.week,
    }


def _write_posts(workspace: Workspace, spool: Spool, week: str) -> int:
    """Add the new posts of a week to the stored ones: media first, then posts; counts the posts."""
    posts = list(spool.posts(week))
    media = [
        _media_row(post, position, medium)
        for post in posts
        for position, medium in enumerate(post.media)
    ]
    ids = {post.post_id for post in posts}
    _replace(workspace, MEDIA, week, ids, media)
    _replace(workspace, INTAKE, week, ids, map(_intake_row, posts))
    return len(posts)


def _media_row(post: Candidate, position: int, medium: Medium) -> MediaRow:
    return {
        "media_id": medium.media_id,
        "post_id": post.post_id,
        "kind": medium.kind,
        "path": medium.path,
        "width": medium.width,
        "height": medium.height,
        "at_s": medium.at_s,
        "position": position,
        "week": post.week,
    }


def _intake_row(post: Candidate) -> IntakeRow:
    given = cast("IntakeRow", dict(post.columns) | dict(post.vectors))  # checked in `columns`
    return {
        **given,
        "post_id": post.post_id,
        "week": post.week,
        "published_at": post.published_at,
        "content": post.content,
        "file": post.file,
        "row": post.row,
    }


def _replace(
    workspace: Workspace, table: Table[R], week: str, ids: set[str], rows: Iterable[R]
) -> None:
    """Replace all rows that a table has for the posts `ids` of a week by `rows`."""
    kept = rows_without(workspace.read(table.name, week), ids)
    new = make_table(table, rows)
    workspace.write(table.name, week, join_tables(table.name, [kept, new]))


def rows_without(table: pa.Table, ids: Iterable[str], column: str = "post_id") -> pa.Table:
    """The rows of `table` whose `column` is none of `ids`."""
    return table.filter(pc.invert(pc.is_in(table[column], pa.array(sorted(ids), pa.string()))))


def _remove_orphans(workspace: Workspace, spool: Spool, store: MediaStore) -> None:
    """Remove pictures that were stored for rows which did not become posts."""
    used = {m.path for week in spool.weeks() for post in spool.posts(week) for m in post.media}
    if store.created - used:
        store.remove_created(keep=used | paths_in_use(workspace))


def paths_in_use(workspace: Workspace, but: Iterable[str] = ()) -> set[str]:
    """The paths of all media, except those of the posts `but`."""
    weeks = workspace.weeks("media")
    tables = (
        rows_without(workspace.read("media", week, ["post_id", "path"]), but) for week in weeks
    )
    return {path for table in tables for path in table["path"].to_pylist()}


# -- forgotten posts ------------------------------------------------------------------------------


def forgotten_ids(workspace: Workspace) -> frozenset[str]:
    """Digests (SHA-256 of the id) of posts that the user has removed for good."""
    path = workspace.root / "forgotten.json"
    return frozenset(json.loads(path.read_bytes())) if path.is_file() else frozenset()
