"""Chinese word salad: words of jieba's dictionary in random order, with names among them.

Input: a random generator. Output: texts whose names are labelled. The texts have no meaning, but a
recogniser learns from them how Chinese names are formed and which characters form ordinary words.
They are used because no Chinese texts with labelled names may be shipped. This module does not know
about the demo world.
"""

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zeitgraph.extraction.demo.story.captions import Caption, Name, join
from zeitgraph.training.recogniser.coined import coin, dictionary

NAMES = 0.12  # the share of names among the words
NAMED_TAGS = {"nr": "person", "nrt": "person", "ns": "place", "nt": "brand"}
_FREQUENT = 0.75  # words are drawn by their frequency to this power
_MARKS = (
    "，",
    "。",
    "、",
    "：",
    "！",
    "？",
    "“",
    "”",
    "《",
    "》",
    " ",
    "（",
    "）",
    "1",
    "20",
    "2009年",
)
_NONE = (
    "nz",
    "x",
    "eng",
    "j",
    "i",
    "l",
)  # other kinds of names, idioms, strings that are hardly words


@cache
def _words(*tags: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Returns words with one of these tags (none: ordinary words), and their cumulative shares up
    to 1.
    """
    barred = {*NAMED_TAGS, *_NONE}
    kept = [row for row in dictionary() if (row[2] in tags if tags else row[2] not in barred)]
    weights = np.array([row[1] for row in kept], float) ** _FREQUENT
    return tuple(row[0] for row in kept), np.cumsum(weights) / weights.sum()


def _word(rng: Generator, *tags: str) -> str:
    words, sums = _words(*tags)
    return words[min(int(np.searchsorted(sums, rng.random())), len(words) - 1)]


def _name(rng: Generator) -> Name:
    kind = ("person", "place", "brand")[int(rng.integers(3))]
    if rng.random() < 0.5:
        return Name(coin(kind, "zh", rng), kind, "")
    tags = tuple(tag for tag, meant in NAMED_TAGS.items() if meant == kind)
    return Name(_word(rng, *tags), kind, "")


def word_salad(rng: Generator) -> Caption:
    """Returns a text of 5 to 30 words and names."""
    pieces: list[str | Name] = []
    for _ in range(int(rng.integers(5, 31))):
        lot = rng.random()
        if lot < NAMES:
            pieces.append(_name(rng))
        elif lot < NAMES + 0.12:
            pieces.append(_MARKS[int(rng.integers(len(_MARKS)))])
        else:
            pieces.append(_word(rng))
    return join(_spaced(pieces))


def _spaced(pieces: list[str | Name]) -> Iterator[str | Name]:
    """Yields the pieces, with a space where two would otherwise form one Latin word."""
    before = ""
    for piece in pieces:
        text = piece if isinstance(piece, str) else piece.surface
        if re.fullmatch("[A-Za-z0-9]{2}", before[-1:] + text[:1]):
            yield " "
        yield piece
        before = text
