"""The stage `vectors`: computes unit vectors of each picture, each text and each post of a week.

Input: the tables `intake`, `posts` and `media`. Output: the table `vectors`. Vectors are cached by
content and model. Only the embedder `given` uses the vectors that the files give (`image_vector`,
`text_vector`); with any other, all vectors come from one model, so that they share one space. This
module does not know about clusters.
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
from zeitgraph.kg.base.terms import VectorSide
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import VectorRow
from zeitgraph.kg.workspace.tables import INTAKE, MEDIA, POSTS, VECTORS, make_table
from zeitgraph.kg.workspace.workspace import Workspace

LONGEST = 1024
"""Pixels of a picture's longer side before it is embedded. Models need a few hundred, and a batch
of photographs in full size would not fit in memory."""

TEXTS = 2048
"""Texts embedded at a time: many, so that texts of one length fill whole chunks of the network."""


@dataclass(frozen=True)
class _Sides:
    """The vectors of one post: those of its pictures by item id, in order, and that of its text."""

    pictures: Mapping[str, Vector]
    text: Vector | None


def compute_vectors(job: Job) -> Outputs:
    """The vectors of the week. A post without text and pictures has none."""
    embedder = load_embedder(job.settings.vectors)
    posts = _embedded(job, embedder) if embedder.sides else _given(job)
    rows: Iterator[VectorRow] = (
        {"post_id": post_id, "side": side, "item_id": item, "vector": vector, "week": job.week}
        for post_id, sides in posts
        for side, item, vector in _vectors_of(post_id, sides)
    )
    return {"vectors": make_table(VECTORS, rows)}


def models_identity(workspace: Workspace) -> str:
    """The identity of the embedder, weights included: if it changes, so do the vectors."""
    return load_embedder(workspace.settings.vectors).identity


def _vectors_of(post_id: str, sides: _Sides) -> Iterator[tuple[VectorSide, str, Vector]]:
    """Each vector of a post, with its side and item id."""
    for item, vector in sides.pictures.items():
        yield VectorSide.PICTURE, item, vector
    if sides.text is not None:
        yield VectorSide.TEXT, post_id, sides.text
    if sides.pictures:
        yield VectorSide.POST, post_id, fuse(np.stack(list(sides.pictures.values())), sides.text)
    elif sides.text is not None:
        yield VectorSide.POST, post_id, fuse(np.empty((0, len(sides.text)), np.float32), sides.text)


def _given(job: Job) -> Iterator[tuple[str, _Sides]]:
    """The vectors that the files give, made unit; a picture's item id is the post's id."""
    for row in job.rows(INTAKE, columns=["post_id", "image_vector", "text_vector"]):
        picture, text = (
            None if given is None else unit_rows(np.array([given], np.float32), least_norm=0.0)[0]
            for given in (row["image_vector"], row["text_vector"])
        )
        yield row["post_id"], _Sides({} if picture is None else {row["post_id"]: picture}, text)


def _embedded(job: Job, embedder: Embedder) -> Iterator[tuple[str, _Sides]]:
    """The vectors that the embedder computes, or has computed before."""
    posts = job.rows(POSTS, columns=["post_id", "text"])
    media = job.rows(MEDIA, columns=["post_id", "media_id", "path"])
    files = {Path(row["path"]).stem: job.workspace.root / row["path"] for row in media}
    texts = {digest_text(row["text"]): row["text"] for row in posts if row["text"]}
    work = (
        Work("picture", "vectors", files, job.settings.vectors.batch, _picture_files(embedder)),
        Work("text", "vectors", texts, TEXTS, embedder.texts),
    )
    found = {
        side.name: made_once(job, embedder.identity, side)
        for side in work
        if side.name in embedder.sides
    }
    pictures: dict[str, dict[str, Vector]] = {}
    for medium in media if "picture" in found else ():
        of_post = pictures.setdefault(medium["post_id"], {})
        of_post[medium["media_id"]] = found["picture"][Path(medium["path"]).stem]
    for row in posts:
        text = found["text"][digest_text(row["text"])] if row["text"] and "text" in found else None
        yield row["post_id"], _Sides(pictures.get(row["post_id"], {}), text)


def _picture_files(embedder: Embedder) -> Callable[[Sequence[Path]], Vectors]:
    return lambda paths: embedder.pictures(load_pictures(paths, LONGEST))


@dataclass(frozen=True)
class Work:
    """Contents that become rows of numbers.

    `name` is the side, `what` the word for the rows in messages of progress. `contents` are given
    by digest; `make` computes a row of each, `batch` at a time.
    """

    name: str
    what: str
    contents: Mapping[str, Any]
    batch: int
    make: Callable[[Sequence[Any]], Vectors]


def made_once(job: Job, recipe: str, side: Work) -> Mapping[str, Vector]:
    """Rows by digest of content; taken from the cache if `recipe` has made them before."""
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
    """Pictures decoded in parallel, at most `longest` pixels a side.

    Raises `StoreError` if a file is missing or cannot be read.
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
