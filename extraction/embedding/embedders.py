"""Embedders turn texts and pictures into unit vectors. The settings choose one by name.

An embedder is made from the settings `vectors`, and loads its weights at its first use. This module
holds the Protocol, the table of names, what embedders with a network share, and `given`, which
embeds nothing. The others are in `clip.py`, `sentences.py` and `toy_embedder.py`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.base.plugins import choose_part
from zeitgraph.kg.workspace.settings import VectorSettings

Vectors = NDArray[np.float32]
Item = TypeVar("Item")

EMBEDDERS: Mapping[str, str] = {
    "open_clip": "zeitgraph.extraction.embedding.clip:OpenClipEmbedder",
    "sentence_transformers": "zeitgraph.extraction.embedding.sentences:SentenceEmbedder",
    "given": "zeitgraph.extraction.embedding.embedders:GivenEmbedder",
    "toy": "zeitgraph.extraction.embedding.toy_embedder:ToyEmbedder",
}


class Embedder(Protocol):
    """Maps texts and pictures to vectors of one space.

    `sides` names what it can embed: `text`, `picture`, both or neither. `identity` names the model
    and its weights. On one machine, the same content under the same identity gives the same bytes,
    whatever else is in the batch and however many threads run.
    """

    identity: str
    sides: frozenset[str]

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32 of shape (len(texts), d)."""
        ...

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Unit rows, float32 of shape (len(pictures), d), of RGB pictures."""
        ...


@cache
def load_embedder(settings: VectorSettings) -> Embedder:
    """The embedder of the settings, made once per process.

    Raises `UnknownName` if no embedder has that name, `MissingPart` if a package is missing.
    """
    make: Callable[[VectorSettings], Embedder] = choose_part(
        "embedder", settings.embedder, EMBEDDERS
    )
    return make(settings)


class GivenEmbedder:
    """No model: posts have only the vectors that their file gives."""

    identity = "given"
    sides: frozenset[str] = frozenset()

    def __init__(self, _settings: VectorSettings) -> None:
        pass

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Raises `ModelError`: there is no model."""
        raise ModelError(f"the embedder «given» cannot embed {len(texts)} texts", do=_CHOOSE)

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Raises `ModelError`: there is no model."""
        raise ModelError(f"the embedder «given» cannot embed {len(pictures)} pictures", do=_CHOOSE)


_CHOOSE = "choose a profile with a model, such as clip, or name no style library"


# -- shared by embedders that run a network --------------------------------------------------------

CHUNK = 16
"""Rows in every batch of a network.

The last bits of a matrix product depend on its shape, so a vector would depend on the size of its
batch. With batches of one size it does not: no bit changed with the order of the rows or the number
of threads, while batches of 1 and of 8 differed by 1e-6.
"""


def in_chunks(items: Sequence[Item], run: Callable[[list[Item]], Vectors]) -> Vectors:
    """Apply `run` to chunks of exactly `CHUNK` items; returns one row per item, at least one.

    The last chunk is filled up with copies of its first item. `run` returns a row per item, and is
    called from several threads. Each chunk runs on one thread: two threads on one chunk wait for
    each other at every layer, which took eight times as long when another process held a core.
    """
    import torch

    def rows_of(start: int) -> Vectors:
        chunk = list(items[start : start + CHUNK])
        filled = chunk + chunk[:1] * (CHUNK - len(chunk))
        return run(filled)[: len(chunk)]

    with ThreadPoolExecutor(os.cpu_count(), initializer=partial(torch.set_num_threads, 1)) as pool:
        return np.concatenate(list(pool.map(rows_of, range(0, len(items), CHUNK))))


def model_folder(named: str) -> Path:
    """The folder that the user named, `~` resolved; raises `ModelError` if it does not exist."""
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        raise ModelError("no folder of a model", where=named, do="name one that exists")
    return folder
