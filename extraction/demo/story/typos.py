"""Slips of the pen: letters that change places or fall out, signs that only sound right.

In come a piece of plain text and a source of chance; out comes the piece with one slip, or as it
was where nothing in it can slip. This module knows nothing about names, and is given none.
"""

import re
from collections.abc import Sequence

from numpy.random import Generator

_WORD = re.compile(r"(?<![#\w])[A-Za-z]{4,}")


def slip(text: str, lang: str, homophones: Sequence[str], chance: Generator) -> str:
    """`text` with one slip; `homophones` are pairs of Chinese signs, right and wrong."""
    return _slip_letters(text, chance) if lang == "en" else _slip_sign(text, homophones, chance)


def _slip_letters(text: str, chance: Generator) -> str:
    """Two neighbours inside a word change places, or one of its letters falls out."""
    found = list(_WORD.finditer(text))
    if not found:
        return text
    word = found[int(chance.integers(len(found)))]
    at = int(chance.integers(word.start() + 1, word.end() - 2))
    swapped = text[at + 1] + text[at] if chance.random() < 0.6 else text[at + 1]
    return text[:at] + swapped + text[at + 2 :]


def _slip_sign(text: str, homophones: Sequence[str], chance: Generator) -> str:
    """One sign is written as another that sounds alike."""
    found = [
        (at, pair[1]) for at, sign in enumerate(text) for pair in homophones if pair[0] == sign
    ]
    if not found:
        return text
    at, wrong = found[int(chance.integers(len(found)))]
    return text[:at] + wrong + text[at + 1 :]
