"""The stage `vectors`: unit vectors of every picture, every text and every post of a week.

Reads `intake`, `posts` and `media`, writes `vectors`. An embedder's vectors are cached by content
and model. The vectors that come with posts (`image_vector`, `text_vector`) are used by the embedder
`given`, and by it alone: with any other, all vectors come from its model, so that they share one
space. Knows nothing of clusters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from zeitgraph.extraction.embedding.embedders import Embedder, Vectors, load_embedder
from zeitgraph.extraction.embedding.fusion import fuse
from zeitgraph.extraction.geometry.unit_vectors import Vector, unit_rows
from zeitgraph.extraction.geometry.vector_cache import VectorCache
from zeitgraph.extraction.intake.pictures import load_picture, strict_decoding
from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

LONGEST = 1024
"""Pixels of a picture's longer side as embedders see it; models take a few hundred, and a batch of
photographs in full size would not fit in memory."""


TEXTS = 2048
"""Texts embedded at a time: many, so that those of like length fill whole chunks of the network."""


@dataclass(frozen=True)
class _Sides:
    """The vectors of one post: of its pictures by item id, in order, and of its text."""

    pictures: Mapping[str, Vector]
    text: Vector | None


def compute_vectors(job: Job) -> Outputs:
    """Vectors of the week: sides `picture`, `text` and `post`; a post with neither has none."""
    embedder = load_embedder(job.settings.vectors)
    sides = _embedded(job, embedder) if embedder.sides else _given(job)
    rows = [
        {"post_id": post_id, "side": side, "item_id": item, "vector": vector, "week": job.week}
        for post_id, own in sides
        for side, item, vector in _rows_of(post_id, own)
    ]
    return {"vectors": make_table(TABLES["vectors"], rows)}


def models_identity(workspace: Workspace) -> str:
    """What changes when the vectors would: the embedder's identity, weights included."""
    return load_embedder(workspace.settings.vectors).identity


def _rows_of(post_id: str, own: _Sides) -> Iterator[tuple[str, str, Vector]]:
    for item, vector in own.pictures.items():
        yield "picture", item, vector
    if own.text is not None:
        yield "text", post_id, own.text
    if own.pictures:
        yield "post", post_id, fuse(np.stack(list(own.pictures.values())), own.text)
    elif own.text is not None:
        yield "post", post_id, fuse(np.empty((0, len(own.text)), np.float32), own.text)


def _given(job: Job) -> Iterator[tuple[str, _Sides]]:
    """The vectors that came with the posts, made unit; a picture's item is the post itself."""
    for row in job.table("intake").select(["post_id", "image_vector", "text_vector"]).to_pylist():
        picture, text = (
            None
            if row[column] is None
            else unit_rows(np.array([row[column]], np.float32), least_norm=0.0)[0]
            for column in ("image_vector", "text_vector")
        )
        yield row["post_id"], _Sides({} if picture is None else {row["post_id"]: picture}, text)


def _embedded(job: Job, embedder: Embedder) -> Iterator[tuple[str, _Sides]]:
    posts = job.table("posts").select(["post_id", "text"]).to_pylist()
    media = job.table("media").select(["post_id", "media_id", "path"]).to_pylist()
    files = {Path(row["path"]).stem: job.workspace.root / row["path"] for row in media}
    words = {digest_text(row["text"]): row["text"] for row in posts if row["text"]}
    work = (
        Work("picture", "vectors", files, job.settings.vectors.batch, _seen_by(embedder)),
        Work("text", "vectors", words, TEXTS, embedder.texts),
    )
    found = {
        side.name: made_once(job, embedder.identity, side)
        for side in work
        if side.name in embedder.sides
    }
    pictures: dict[str, dict[str, Vector]] = {}
    for row in media if "picture" in found else ():
        own = pictures.setdefault(row["post_id"], {})
        own[row["media_id"]] = found["picture"][Path(row["path"]).stem]
    for row in posts:
        text = found["text"][digest_text(row["text"])] if row["text"] and "text" in found else None
        yield row["post_id"], _Sides(pictures.get(row["post_id"], {}), text)


def _seen_by(embedder: Embedder) -> Callable[[Sequence[Path]], Vectors]:
    return lambda paths: embedder.pictures(load_pictures(paths, LONGEST))


@dataclass(frozen=True)
class Work:
    """A side whose contents become rows of numbers, called `what` where progress is told.

    `contents` by digest, how many at a time, and what makes a row of each.
    """

    name: str
    what: str
    contents: Mapping[str, Any]
    batch: int
    make: Callable[[Sequence[Any]], Vectors]


def made_once(job: Job, recipe: str, side: Work) -> Mapping[str, Vector]:
    """Rows by digest of content, from the cache where `recipe` made them before."""
    cache = VectorCache(job.workspace)
    vectors = cache.look_up(recipe, side.name, side.contents)
    missing = iter(sorted(side.contents.keys() - vectors.keys()))
    while digests := list(islice(missing, side.batch)):
        rows = side.make([side.contents[digest] for digest in digests])
        new = dict(zip(digests, rows, strict=True))
        cache.keep(recipe, side.name, new)
        vectors |= new
        job.note(f"{job.week}: {len(vectors):,} of {len(side.contents):,} {side.name} {side.what}")
    return vectors


def load_pictures(paths: Sequence[Path], longest: int) -> list[Any]:
    """Pictures decoded side by side, at most `longest` pixels a side.

    Raises `StoreError` for one that is gone from the media.
    """
    with strict_decoding(), ThreadPoolExecutor() as pool:
        try:
            return list(pool.map(partial(load_picture, longest=longest), paths))
        except OSError as error:
            raise StoreError(
                "a picture of the workspace cannot be read",
                where=error.filename or "media",
                do="put it back, or forget its post",
            ) from error
