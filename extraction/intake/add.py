"""Posts come in and posts go: the tables `intake`, `media` and `rejects`, and the media folder.

In go paths that a user named; out come new rows in the weeks that they belong to, and nothing else
changes. What stands always stays: reading the same posts again, in any order and from any split of
files, changes no byte. What cannot be used is a row of `rejects`. Knows nothing of what posts mean.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zeitgraph.extraction.intake.columns import LONGEST_ID, BadRow, Draft, read_columns
from zeitgraph.extraction.intake.media import Attachment, Kept, MediaStore, find_attachment
from zeitgraph.extraction.intake.pictures import strict_decoding
from zeitgraph.extraction.intake.readers import Reject, Row, find_sources
from zeitgraph.extraction.intake.spool import Candidate, Spool
from zeitgraph.kg.base.ids import content_id, digest_bytes, digest_json, digest_text
from zeitgraph.kg.base.weeks import week_of
from zeitgraph.kg.workspace.tables import TABLES, join_tables, make_table
from zeitgraph.kg.workspace.workspace import Workspace

BATCH = 512
"""Rows read, and their pictures decoded, at a time."""

_NO_CONTENT = "no content: neither text nor a usable picture, video or vector"


@dataclass(frozen=True)
class AddSummary:
    """What came of an `add`.

    Of `read` rows, `new` became posts, `known` were posts already, `forgotten` stay out by wish,
    and the rest was set aside. `rejected` counts what was set aside by kind of reason; a bad
    picture of a post that arrived counts there too. `weeks` are those that have new posts.
    """

    read: int
    new: int
    known: int
    forgotten: int
    rejected: Mapping[str, int]
    weeks: tuple[str, ...]

    def __str__(self) -> str:
        told = f"{self.read:,} rows read: {self.new:,} new posts, {self.known:,} known"
        told += f", {self.forgotten:,} forgotten" if self.forgotten else ""
        lines = [f"  {count:,} x {kind}" for kind, count in sorted(self.rejected.items())]
        set_aside = sum(self.rejected.values())
        told += f", {set_aside:,} rejects (see the table rejects):" if set_aside else "."
        now = week_of(datetime.now(UTC))
        if ahead := [week for week in self.weeks if week > now]:
            lines.append(
                f"  posts of weeks to come, up to {ahead[-1]}: no report tells of them before these"
                " are over; is a clock wrong?"
            )
        return "\n".join([told, *lines])


def add_posts(
    workspace: Workspace,
    sources: Sequence[Path],
    note: Callable[[str], None] = lambda _line: None,
) -> AddSummary:
    """Read posts into the workspace; the caller holds it.

    Idempotent by content. Raises `InputError` for a path that cannot be read at all; whatever is
    wrong with a row or a picture is a reject and stops nothing.
    """
    files = find_sources(sources, note)
    forgotten = forgotten_ids(workspace)
    store = MediaStore(workspace)
    with (
        closing(Spool(workspace.cache_folder / "add.sqlite")) as spool,
        ThreadPoolExecutor(os.cpu_count()) as pool,
        strict_decoding(),
    ):
        length = _note_standing(workspace, spool)
        counts: Counter[str] = Counter()
        rows = chain.from_iterable(source.read(source) for source in files)
        while batch := list(islice(rows, BATCH)):
            counts += _take_in(batch, spool, store, pool, forgotten)
            if counts["read"] % (20 * BATCH) == 0:
                note(f"{counts['read']:,} rows read")
        counts["known"] += spool.decide(length)
        kinds = _write_rejects(workspace, spool)
        counts["new"] = sum(_write_posts(workspace, spool, week) for week in spool.weeks())
        _drop_orphans(workspace, spool, store)
        weeks = tuple(spool.weeks())
    read, new, known = counts["read"], counts["new"], counts["known"]
    return AddSummary(read, new, known, counts["forgotten"], dict(kinds), weeks)


def _note_standing(workspace: Workspace, spool: Spool) -> int | None:
    """Tell the spool which posts stand; returns the length of their vectors, None without any."""
    length = None
    for week in workspace.weeks("intake"):
        table = workspace.read("intake", week)
        ids, contents = table["post_id"].to_pylist(), table["content"].to_pylist()
        spool.stand(zip(ids, contents, strict=True))
        for column in ("image_vector", "text_vector"):
            length = length or pc.max(pc.list_value_length(table[column])).as_py()
    return length


# -- rows become candidates ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """A row, checked, with what it names looked for."""

    row: Row
    draft: Draft
    attachments: Sequence[Attachment]

    @property
    def post_id(self) -> str:
        return self.draft.post_id or content_id("p", self.content)

    @property
    def content(self) -> str:
        """Digest of all that the row says: pictures and vectors by their bytes, not their names."""
        attached = [[found.kind, found.digest] for found in self.attachments]
        if self.row.by_picture:
            return digest_json(attached)
        vectors = {name: digest_bytes(v.tobytes()) for name, v in self.draft.vectors.items()}
        plain = [self.draft.published_at.isoformat(), dict(self.draft.columns), self.draft.extra]
        return digest_json([self.draft.post_id, *plain, attached, vectors])


def _take_in(
    batch: Sequence[Row | Reject],
    spool: Spool,
    store: MediaStore,
    pool: Executor,
    forgotten: frozenset[str],
) -> Counter[str]:
    """Put the candidates of some rows, and the rejects among them, into the spool."""
    counts = Counter(read=len(batch))
    rejects = [entry for entry in batch if isinstance(entry, Reject)]
    fresh = []
    for read in _look_for_media(_check(batch, store, rejects), store, pool):
        if digest_text(read.post_id) in forgotten:
            counts["forgotten"] += 1
        elif spool.standing(read.post_id) == read.content:
            counts["known"] += 1
        else:
            fresh.append(read)
    candidates = []
    for read, kept in zip(fresh, _keep_media(fresh, store, pool), strict=True):
        candidate = _candidate(read, kept)
        if candidate.media or candidate.vectors or "text" in candidate.columns:
            candidates.append(candidate)
        else:
            rejects += [*candidate.flaws, _reject(read, _NO_CONTENT)]
    spool.put(candidates, rejects)
    return counts


def _check(
    batch: Sequence[Row | Reject], store: MediaStore, rejects: list[Reject]
) -> Iterator[tuple[Row, Draft]]:
    for row in batch:
        if isinstance(row, Row):
            try:
                yield row, read_columns(row.values, store.settings.max_text)
            except BadRow as error:
                rejects.append(Reject(_name_of(row), str(error), row.file, row.number))


def _name_of(row: Row) -> str:
    """What a bad row is called: its id if that can be told, else an id of where and what it is."""
    given = str(row.values.get("id") or "")
    if given.isprintable() and 0 < len(given) <= LONGEST_ID:
        return given
    return content_id("row", row.file, ascii(dict(row.values)))


def _look_for_media(
    checked: Iterable[tuple[Row, Draft]], store: MediaStore, pool: Executor
) -> Iterator[_Read]:
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
        yield _Read(row, draft, list(islice(found, len(draft.images) + len(draft.videos))))


def _find(named: tuple[Path, str, str], settings: Any) -> Attachment:
    return find_attachment(*named, settings)


def _keep_media(fresh: Sequence[_Read], store: MediaStore, pool: Executor) -> Iterator[list[Kept]]:
    kept = pool.map(store.keep, [found for read in fresh for found in read.attachments])
    for read in fresh:
        yield list(islice(kept, len(read.attachments)))


def _candidate(read: _Read, kept: Sequence[Kept]) -> Candidate:
    draft, row = read.draft, read.row
    columns = dict(draft.columns) | ({"extra": draft.extra} if draft.extra else {})
    media = {medium.media_id: medium for media, _ in reversed(kept) for medium in reversed(media)}
    flaws = [
        _reject(read, f"{found.kind} {problem} «{_short(found.named)}»")
        for found, (_, problem) in zip(read.attachments, kept, strict=True)
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


def _reject(read: _Read, reason: str) -> Reject:
    return Reject(read.post_id, reason, read.row.file, read.row.number, read.draft.week)


def _short(path: str) -> str:
    return path if len(path) <= 100 else f"…{path[-99:]}"


# -- candidates become rows of tables --------------------------------------------------------------


def _write_rejects(workspace: Workspace, spool: Spool) -> Counter[str]:
    """Write the rejects, before the posts: a run killed in between reads the rows again."""
    kinds: Counter[str] = Counter()
    table = TABLES["rejects"]
    for week in spool.reject_weeks():
        standing = workspace.read("rejects", week).to_pylist()
        rows = {tuple(row[key] for key in table.key): row for row in standing}
        for reject in spool.rejects(week):
            kinds[reject.kind] += 1
            row = asdict(reject) | {"stage": "intake"}
            rows[tuple(row[key] for key in table.key)] = row
        if len(rows) > len(standing):
            workspace.write("rejects", week, make_table(table, rows.values()))
    return kinds


def _write_posts(workspace: Workspace, spool: Spool, week: str) -> int:
    """Write the new posts of a week beside those that stand; media first, then the posts."""
    posts = list(spool.posts(week))
    media = [
        asdict(medium) | {"post_id": post.post_id, "position": position, "week": week}
        for post in posts
        for position, medium in enumerate(post.media)
    ]
    ids = {post.post_id for post in posts}
    _replace(workspace, "media", week, ids, media)
    _replace(workspace, "intake", week, ids, map(_intake_row, posts))
    return len(posts)


def _intake_row(post: Candidate) -> dict[str, Any]:
    mine = {name: getattr(post, name) for name in ("post_id", "week", "published_at", "content")}
    return mine | dict(post.columns) | dict(post.vectors) | {"file": post.file, "row": post.row}


def _replace(
    workspace: Workspace, name: str, week: str, ids: set[str], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Put `rows` in the place of whatever rows a table has for some posts of a week."""
    standing = rows_without(workspace.read(name, week), ids)
    new = make_table(TABLES[name], rows)
    workspace.write(name, week, join_tables(name, [standing, new]))


def rows_without(table: pa.Table, ids: Iterable[str], column: str = "post_id") -> pa.Table:
    """The rows of `table` whose `column` holds none of `ids`."""
    return table.filter(pc.invert(pc.is_in(table[column], pa.array(sorted(ids), pa.string()))))


def _drop_orphans(workspace: Workspace, spool: Spool, store: MediaStore) -> None:
    """Remove pictures that were kept for rows which then did not stay."""
    used = {m.path for week in spool.weeks() for post in spool.posts(week) for m in post.media}
    if store.created - used:
        store.drop_created(but=used | paths_in_use(workspace))


def paths_in_use(workspace: Workspace, but: Iterable[str] = ()) -> set[str]:
    """The paths of all media but those of some posts."""
    weeks = workspace.weeks("media")
    tables = (rows_without(workspace.read("media", week), but) for week in weeks)
    return {path for table in tables for path in table["path"].to_pylist()}


# -- forgotten posts ------------------------------------------------------------------------------


def forgotten_ids(workspace: Workspace) -> frozenset[str]:
    """Digests (SHA-256 of the id) of posts that must stay out."""
    path = workspace.root / "forgotten.json"
    return frozenset(json.loads(path.read_bytes())) if path.is_file() else frozenset()
