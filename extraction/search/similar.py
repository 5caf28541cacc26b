"""The posts most similar to a post, a picture or a text: `zeitgraph similar`.

Input: a workspace and a query. Output: an `Answer` with the nearest posts first.
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
from zeitgraph.kg.workspace.rows import PostRow
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.tables import CLUSTERS, INTAKE, MEDIA, MEMBERSHIPS, POSTS
from zeitgraph.kg.workspace.workspace import Workspace

Kind = Literal["post", "picture", "text"]
COLUMNS = ("post_id", "week", "cluster", "cosine", "text", "link", "picture")
SAME_MODEL = 0.99
"""The least cosine of two vectors that one model makes of the same content, on any machine."""


def similar_posts(
    workspace: Workspace,
    query: str,
    count: int = 10,
    kind: Kind | None = None,
    note: Callable[[str], None] = lambda _line: None,
) -> Answer:
    """The `count` posts most similar to `query`: a post's id, a picture's path, or else a text.

    `kind` decides if the query could be more than one of these. A post is not in its own answer.
    `cosine` is in [-1, 1], between vectors corrected for the gap between pictures and texts;
    `cluster` is the latest name of the post's cluster, `picture` the path of its first picture.
    Raises `UserError` for a query that cannot be answered, and the errors of `open_index`.
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
    return Answer(COLUMNS, tuple(_answer_rows(workspace, near[:count])))


# -- the query -------------------------------------------------------------------------------------


def _embedded(workspace: Workspace, posts: PostIndex, query: str, kind: Kind | None) -> Points:
    """The unit vector of a picture or a text, (d,)."""
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
    return np.ascontiguousarray(posts.means.centred(vector[None], side)[0])


def _side_of(posts: PostIndex, query: str) -> Literal["picture", "text"]:
    """`picture` for the path of a file, else `text`.

    Raises `UserError` for a query that looks like a mistyped id or path.
    """
    if os.path.isfile(query):  # noqa: PTH113 -- takes any text; Path.is_file refuses long ones
        return "picture"
    if os.path.isdir(query):  # noqa: PTH112 -- as above
        raise InputError("a folder", where=query, do="name a picture in it, or add --as text")
    if os.path.splitext(query)[1].lower() in PICTURE_SUFFIXES:  # noqa: PTH122 -- as above
        raise InputError("no such picture", where=query, do="check the path, or add --as text")
    pattern = _pattern_of(query)
    if pattern and any(_pattern_of(ids[0]) == pattern for ids in posts.post_ids if ids):
        raise UserError(
            f"no post with a vector is called «{query}»", do="check the id, or add --as text"
        )
    return "text"


def _pattern_of(text: str) -> str:
    """The pattern of a word with a digit: `a-0` for `p-123`, `#` for a digest; empty for others."""
    if not (text.isascii() and re.search(r"\d", text)) or re.search(r"\s", text):
        return ""
    return re.sub(r"\d+", "0", re.sub(r"[A-Za-z]+", "a", re.sub(r"[\da-f]{8,}", "#", text)))


def _no_such_post(workspace: Workspace, post_id: str) -> UserError:
    for week in workspace.weeks("intake"):
        if any(row["post_id"] == post_id for row in workspace.rows(INTAKE, week, ["post_id"])):
            return UserError(
                f"the post «{post_id}» has no vector", where=week, do="`zeitgraph run` makes them"
            )
    return UserError(f"no post is called «{post_id}»", where=workspace.root, do="check the id")


def _picture(path: Path, settings: Settings) -> Any:
    """A picture, checked by decoding as pictures of posts are; raises `InputError`."""
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

    The check compares the width and, if the newest week has one, a text that is embedded again.
    """
    same = len(vector) == posts.means.width
    if same and "text" in embedder.sides:
        week = posts.weeks[-1]
        vectors, known = workspace.read("vectors", week), _posts_by_id(workspace, week)
        widths = pc.list_value_length(vectors["vector"])
        mine = pc.and_(pc.equal(vectors["side"], "text"), pc.equal(widths, len(vector)))
        for row in vectors.filter(mine).slice(0, 1).to_pylist():
            post = known.get(row["post_id"])
            if post and post["text"]:
                again = embedder.texts([post["text"]])[0].astype(np.float64)
                same = float(again @ np.array(row["vector"])) >= SAME_MODEL
    if not same:
        raise UserError(
            "the vectors of the posts are of another model than the settings name",
            where=workspace.root,
            do="bring them up to date with `zeitgraph run`",
        )


# -- the answer ------------------------------------------------------------------------------------


def _answer_rows(workspace: Workspace, near: list[tuple[str, str, float]]) -> list[tuple[Any, ...]]:
    """A row for each of the nearest posts, given as week, post id and cosine."""
    weeks = {week for week, _, _ in near}
    posts = {week: _posts_by_id(workspace, week) for week in weeks}
    clusters = {week: _clusters_by_post(workspace, week) for week in weeks}
    pictures = {week: _first_pictures(workspace, week) for week in weeks}
    names = dict[str, str]()
    for week in workspace.weeks("clusters"):
        named = workspace.rows(CLUSTERS, week, ["cluster_id", "name"])
        names |= {row["cluster_id"]: row["name"] for row in named}
    rows = []
    for week, post_id, cosine in near:
        post = posts[week].get(post_id)
        text, url = (post["text"], post["url"]) if post else (None, None)
        cluster = clusters[week].get(post_id)
        name = names.get(cluster) if cluster else None
        rows.append((post_id, week, name, round(cosine, 4), text, url, pictures[week].get(post_id)))
    return rows


def _posts_by_id(workspace: Workspace, week: str) -> Mapping[str, PostRow]:
    rows = workspace.rows(POSTS, week, ["post_id", "text", "url"])
    return {row["post_id"]: row for row in rows}


def _clusters_by_post(workspace: Workspace, week: str) -> Mapping[str, str]:
    rows = workspace.rows(MEMBERSHIPS, week, ["post_id", "cluster_id"])
    return {row["post_id"]: row["cluster_id"] for row in rows}


def _first_pictures(workspace: Workspace, week: str) -> Mapping[str, str]:
    rows = workspace.rows(MEDIA, week, ["post_id", "path", "position"])
    return {row["post_id"]: row["path"] for row in reversed(rows)}
