"""Removes posts, and what intake derived from them: the first half of `zeitgraph forget`.

`kg.forget` is the other half: it removes what pages and stores say of them.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from zeitgraph.extraction.geometry.vector_cache import VectorCache
from zeitgraph.extraction.intake.add import forgotten_ids, paths_in_use, rows_without
from zeitgraph.extraction.search.index_store import drop_index
from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.workspace.workspace import NO_WEEK, Workspace


def known_posts(workspace: Workspace, post_ids: Sequence[str]) -> tuple[list[str], str]:
    """Those of some ids that posts have, or had before they went, and a word about the others.

    A row that was set aside counts as a post. Raises `UserError` where none is known.
    """
    known, gone = workspace.posts_among(post_ids), forgotten_ids(workspace)
    known |= set(workspace.read_all("rejects")["item"].to_pylist())
    found = [i for i in post_ids if i in known or digest_text(i) in gone]
    others = ", ".join(f"«{i}»" for i in post_ids if i not in found)
    if not found:
        raise UserError(f"no post is called {others}", where=workspace.root, do="check the ids")
    return found, f" No post is called {others}." if others else ""


def remove_posts(workspace: Workspace, post_ids: Iterable[str]) -> list[str]:
    """Remove posts as they came in, for good, and return the weeks they stood in, oldest first.

    Their rows in `intake`, `media` and `rejects` go, the pictures that no other post has, the
    cached vectors of their texts and pictures, and the index of posts. Their ids are remembered as
    digests, so that they stay out when their file is read again; so is an id that no post has.
    Tables of stages are not touched: bring the returned weeks up to date.
    """
    ids = set(post_ids)
    listed = sorted(forgotten_ids(workspace) | {digest_text(post_id) for post_id in ids})
    write_aside(workspace.root / "forgotten.json", json.dumps(listed, indent=1).encode())
    contents, gone, touched = set[str](), set[str](), []
    for week in sorted({*workspace.weeks("intake"), *workspace.weeks("media")}):
        posts = _rows_of_posts(workspace.read("intake", week), ids)
        media = _rows_of_posts(workspace.read("media", week), ids)
        contents |= {digest_text(text) for text in posts["text"].to_pylist() if text}
        gone |= set(media["path"].to_pylist())
        if posts.num_rows or media.num_rows:
            touched.append(week)
    gone -= paths_in_use(workspace, but=ids)
    if touched:
        drop_index(workspace)
    VectorCache(workspace).forget(contents | {Path(path).stem for path in gone})
    for path in sorted(gone):
        (workspace.root / path).unlink(missing_ok=True)
    for week in [*workspace.weeks("rejects"), NO_WEEK]:
        rejects = workspace.read("rejects", week)
        if (left := rows_without(rejects, ids, "item")).num_rows < rejects.num_rows:
            workspace.write("rejects", week, left)
    for name, week in product(("media", "intake"), touched):
        workspace.write(name, week, rows_without(workspace.read(name, week), ids))
    return touched


def _rows_of_posts(table: pa.Table, ids: Iterable[str]) -> pa.Table:
    return table.filter(pc.is_in(table["post_id"], pa.array(sorted(ids), pa.string())))
