"""Chinese as a salad: words of jieba's dictionary in any order, with names among them.

In comes a source of chance; out come texts whose names are marked. There is no sense in them, but
a reader learns how Chinese names are built and which signs are ordinary words: for want of Chinese
texts with marked names that may be shipped. This module knows nothing about the demo world.
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
_FREQUENT = 0.75  # the power of a word's frequency by which it is drawn
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
_NONE = ("nz", "x", "eng", "j", "i", "l")  # names of other sorts, idioms, what is hardly a word


@cache
def _words(*tags: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Words with one of these tags (none: ordinary words), and how often as a running sum to 1."""
    barred = {*NAMED_TAGS, *_NONE}
    kept = [row for row in dictionary() if (row[2] in tags if tags else row[2] not in barred)]
    weights = np.array([row[1] for row in kept], float) ** _FREQUENT
    return tuple(row[0] for row in kept), np.cumsum(weights) / weights.sum()


def _word(chance: Generator, *tags: str) -> str:
    words, sums = _words(*tags)
    return words[min(int(np.searchsorted(sums, chance.random())), len(words) - 1)]


def _name(chance: Generator) -> Name:
    kind = ("person", "place", "brand")[int(chance.integers(3))]
    if chance.random() < 0.5:
        return Name(coin(kind, "zh", chance), kind, "")
    tags = tuple(tag for tag, meant in NAMED_TAGS.items() if meant == kind)
    return Name(_word(chance, *tags), kind, "")


def salad(chance: Generator) -> Caption:
    """A text of five to thirty words and names."""
    pieces: list[str | Name] = []
    for _ in range(int(chance.integers(5, 31))):
        lot = chance.random()
        if lot < NAMES:
            pieces.append(_name(chance))
        elif lot < NAMES + 0.12:
            pieces.append(_MARKS[int(chance.integers(len(_MARKS)))])
        else:
            pieces.append(_word(chance))
    return join(_spaced(pieces))


def _spaced(pieces: list[str | Name]) -> Iterator[str | Name]:
    """The pieces, with a space where two would otherwise become one Latin word."""
    before = ""
    for piece in pieces:
        text = piece if isinstance(piece, str) else piece.surface
        if re.fullmatch("[A-Za-z0-9]{2}", before[-1:] + text[:1]):
            yield " "
        yield piece
        before = text
