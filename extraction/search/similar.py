"""Which posts are most like a post, a picture or a text: `zeitgraph similar`.

Comes in: a workspace and what somebody typed. Goes out: an `Answer`, the nearest posts first.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc

from zeitgraph.extraction.embedding.embedders import Embedder, load_embedder
from zeitgraph.extraction.embedding.vectors import LONGEST
from zeitgraph.extraction.geometry.unit_vectors import Points
from zeitgraph.extraction.intake.pictures import (
    PICTURE_SUFFIXES,
    BadPicture,
    load_picture,
    strict_decoding,
    verify_picture,
)
from zeitgraph.extraction.search.index_store import PostIndex, open_index
from zeitgraph.kg.base.errors import InputError, UserError
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.workspace import Workspace

Kind = Literal["post", "picture", "text"]
COLUMNS = ("post_id", "week", "cluster", "cosine", "text", "link", "picture")
SAME_MODEL = 0.99
"""Cosine that two vectors of one content have by one model, on whatever machine."""


def similar_posts(
    workspace: Workspace,
    query: str,
    count: int = 10,
    kind: Kind | None = None,
    note: Callable[[str], None] = lambda _line: None,
) -> Answer:
    """The `count` posts most like `query`: the id of a post, the path of a picture, else a text.

    `kind` says which it is where that is not plain. A post is not like itself. The cosine is in
    [-1, 1], of vectors corrected for the gap between pictures and texts; `cluster` is the newest
    name of the post's cluster, `picture` the path of its first one. Raises `UserError` for what
    cannot be asked, and what `open_index` raises.
    """
    if count < 1:
        raise UserError("at least one post must be asked for", do="--count 10")
    posts = open_index(workspace, note)
    row = posts.row_of(query) if kind in {None, "post"} else None
    if row is not None:
        rows, cosines = posts.index.search(posts.index.point(row)[None], count + 1)
    else:
        vector = _embedded(workspace, posts, query, kind)
        rows, cosines = posts.index.search(vector[None], count)
    near = [
        (*posts.post_at(found), float(cosine))
        for found, cosine in zip(rows[0].tolist(), cosines[0].tolist(), strict=True)
        if found not in {-1, row}
    ]
    return Answer(COLUMNS, tuple(_told(workspace, near[:count])))


# -- what is asked with ----------------------------------------------------------------------------


def _embedded(workspace: Workspace, posts: PostIndex, query: str, kind: Kind | None) -> Points:
    """The unit point of a picture or a text, (d,)."""
    if kind == "post":
        raise _no_such_post(workspace, query)
    side = kind or _side_of(posts, query)
    embedder = load_embedder(workspace.settings.vectors)
    if side not in embedder.sides:
        raise UserError(
            f"the embedder «{workspace.settings.vectors.embedder}» reads no {side}s",
            where=workspace.root,
            do="ask with the id of a post, or choose a profile that does",
        )
    if side == "picture":
        vector = embedder.pictures([_picture(Path(query), workspace.settings)])[0]
    elif query.strip():
        vector = embedder.texts([query])[0]
    else:
        raise UserError("the text is empty", do="ask with some words")
    _check_model(workspace, posts, embedder, vector)
    moved = posts.middles.moved(vector[None], side)
    return np.ascontiguousarray(moved[0])


def _side_of(posts: PostIndex, query: str) -> Literal["picture", "text"]:
    """A file is a picture, all else a text, unless it looks like a slip of an id or a path."""
    if os.path.isfile(query):  # noqa: PTH113 -- takes any text; Path.is_file refuses long ones
        return "picture"
    if os.path.isdir(query):  # noqa: PTH112 -- as above
        raise InputError("a folder", where=query, do="name a picture in it, or add --as text")
    if os.path.splitext(query)[1].lower() in PICTURE_SUFFIXES:  # noqa: PTH122 -- as above
        raise InputError("no such picture", where=query, do="check the path, or add --as text")
    build = _build_of(query)
    if build and any(_build_of(ids[0]) == build for ids in posts.post_ids if ids):
        raise UserError(
            f"no post with a vector is called «{query}»", do="check the id, or add --as text"
        )
    return "text"


def _build_of(text: str) -> str:
    """How a word with a digit is built: `p-123` as `a-0`, a digest as `#`; empty for any other."""
    if not (text.isascii() and re.search(r"\d", text)) or re.search(r"\s", text):
        return ""
    return re.sub(r"\d+", "0", re.sub(r"[A-Za-z]+", "a", re.sub(r"[\da-f]{8,}", "#", text)))


def _no_such_post(workspace: Workspace, post_id: str) -> UserError:
    for week in workspace.weeks("intake"):
        if post_id in workspace.read("intake", week)["post_id"].to_pylist():
            return UserError(
                f"the post «{post_id}» has no vector", where=week, do="`zeitgraph run` makes them"
            )
    return UserError(f"no post is called «{post_id}»", where=workspace.root, do="check the id")


def _picture(path: Path, settings: Settings) -> Any:
    """A picture, verified by decoding as those of posts are; raises `InputError`."""
    try:
        if path.stat().st_size > settings.intake.max_picture_bytes:
            raise InputError("the picture's file is too large", where=path, do="shrink it")
        with strict_decoding():
            verify_picture(path.read_bytes(), settings.intake.max_pixels)
            return load_picture(path, LONGEST)
    except BadPicture as error:
        raise InputError(f"not a usable picture: {error}", where=path) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read the picture: {why}", where=path) from error


def _check_model(
    workspace: Workspace, posts: PostIndex, embedder: Embedder, vector: Points
) -> None:
    """Raise `UserError` unless the vectors of the workspace are of this model.

    By the width, and by one text that is embedded again, if any post of the newest week has one.
    """
    same = len(vector) == posts.middles.width
    if same and "text" in embedder.sides:
        week = posts.weeks[-1]
        vectors, known = workspace.read("vectors", week), _rows_by_id(workspace, "posts", week)
        widths = pc.list_value_length(vectors["vector"])
        mine = pc.and_(pc.equal(vectors["side"], "text"), pc.equal(widths, len(vector)))
        for row in vectors.filter(mine).slice(0, 1).to_pylist():
            if text := known.get(row["post_id"], {}).get("text"):
                again = embedder.texts([text])[0].astype(np.float64)
                same = float(again @ np.array(row["vector"])) >= SAME_MODEL
    if not same:
        raise UserError(
            "the vectors of the posts are of another model than the settings name",
            where=workspace.root,
            do="bring them up to date with `zeitgraph run`",
        )


# -- what is told ----------------------------------------------------------------------------------


def _told(workspace: Workspace, near: list[tuple[str, str, float]]) -> list[tuple[Any, ...]]:
    """A row for each of the nearest: week, post id and cosine."""
    weeks = {week for week, _, _ in near}
    posts, members = (
        {week: _rows_by_id(workspace, table, week) for week in weeks}
        for table in ("posts", "memberships")
    )
    pictures = {week: _first_pictures(workspace, week) for week in weeks}
    names = dict[str, str]()
    for week in workspace.weeks("clusters"):
        table = workspace.read("clusters", week).select(["cluster_id", "name"])
        names |= {row["cluster_id"]: row["name"] for row in table.to_pylist()}
    rows = []
    for week, post_id, cosine in near:
        post = posts[week].get(post_id, {})
        cluster = members[week].get(post_id, {}).get("cluster_id")
        name = names.get(cluster) if cluster else None
        shows = pictures[week].get(post_id)
        rows.append(
            (post_id, week, name, round(cosine, 4), post.get("text"), post.get("url"), shows)
        )
    return rows


def _rows_by_id(workspace: Workspace, table: str, week: str) -> Mapping[str, Mapping[str, Any]]:
    wanted = {"post_id", "cluster_id", "text", "url"}
    data = workspace.read(table, week)
    columns = [name for name in data.column_names if name in wanted]
    return {row["post_id"]: row for row in data.select(columns).to_pylist()}


def _first_pictures(workspace: Workspace, week: str) -> Mapping[str, str]:
    rows = workspace.read("media", week).select(["post_id", "path", "position"]).to_pylist()
    return {row["post_id"]: row["path"] for row in reversed(rows)}
