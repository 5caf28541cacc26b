"""The embedder `toy`: small and instant, without weights, for tests and experiments.

A text becomes its hashed words, a picture the shares of its colours. Both have the same axes for
eleven colours, so a text that names a colour is similar to a picture that shows it.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from PIL import Image

from zeitgraph.extraction.embedding.embedders import Vectors
from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.kg.workspace.settings import VectorSettings

COLOURS: tuple[tuple[tuple[int, int, int], tuple[str, ...]], ...] = (
    ((230, 25, 40), ("red", "红")),
    ((240, 140, 30), ("orange", "橙")),
    ((245, 220, 60), ("yellow", "黄")),
    ((50, 160, 70), ("green", "绿")),
    ((40, 90, 210), ("blue", "蓝")),
    ((130, 60, 180), ("purple", "紫")),
    ((245, 150, 190), ("pink", "粉")),
    ((120, 75, 40), ("brown", "棕")),
    ((15, 15, 15), ("black", "黑")),
    ((128, 128, 128), ("grey", "灰")),
    ((250, 250, 250), ("white", "白")),
)
WORD_AXES = 53
_AXIS = {word: axis for axis, (_, words) in enumerate(COLOURS) for word in words}
_WORD = re.compile(r"[a-z0-9]+|[㐀-鿿]")


class ToyEmbedder:
    """Vectors of 64 axes: 11 for colours, 53 for hashed words."""

    identity = "toy-1"
    sides = frozenset({"picture", "text"})

    def __init__(self, _settings: VectorSettings) -> None:
        pass

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit rows: +1 on a colour's axis for its name, ±1 on a hashed axis for any other word."""
        rows = np.zeros((len(texts), len(COLOURS) + WORD_AXES))
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                axis, sign = _place(word)
                row[axis] += sign
        rows[~rows.any(axis=1), -1] = 1.0  # words that cancel out
        return unit_rows(rows)

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Unit rows: for each colour, the square root of the share of pixels nearest to it."""
        palette = np.array([rgb for rgb, _ in COLOURS], dtype=np.float64)
        rows = np.zeros((len(pictures), len(COLOURS) + WORD_AXES))
        for row, picture in zip(rows, pictures, strict=True):
            small = picture.convert("RGB").resize((32, 32), Image.Resampling.BOX)
            pixels = np.asarray(small, dtype=np.float64).reshape(-1, 1, 3)
            nearest = np.argmin(((pixels - palette) ** 2).sum(axis=2), axis=1)
            row[: len(COLOURS)] = np.sqrt(np.bincount(nearest, minlength=len(COLOURS)))
        return unit_rows(rows)


def _place(word: str) -> tuple[int, int]:
    if word in _AXIS:
        return _AXIS[word], 1
    number = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
    return len(COLOURS) + number % WORD_AXES, 1 if number >> 63 else -1
