"""Typing errors: letters that are swapped or missing, Chinese characters that only sound right.

Input: a piece of plain text and a random generator. Output: the text with one typing error, or the
same text if no error is possible in it. This module does not know about names and receives none.
"""

import re
from collections.abc import Sequence

from numpy.random import Generator

_WORD = re.compile(r"(?<![#\w])[A-Za-z]{4,}")


def add_typo(text: str, lang: str, homophones: Sequence[str], rng: Generator) -> str:
    """Returns `text` with one typing error; `homophones` are pairs of characters, right
    and wrong.
    """
    return _letter_typo(text, rng) if lang == "en" else _homophone_typo(text, homophones, rng)


def _letter_typo(text: str, rng: Generator) -> str:
    """Swaps two neighbouring letters inside a word, or drops one of them."""
    found = list(_WORD.finditer(text))
    if not found:
        return text
    word = found[int(rng.integers(len(found)))]
    at = int(rng.integers(word.start() + 1, word.end() - 2))
    swapped = text[at + 1] + text[at] if rng.random() < 0.6 else text[at + 1]
    return text[:at] + swapped + text[at + 2 :]


def _homophone_typo(text: str, homophones: Sequence[str], rng: Generator) -> str:
    """Replaces one character by another that sounds alike."""
    found = [
        (at, pair[1]) for at, sign in enumerate(text) for pair in homophones if pair[0] == sign
    ]
    if not found:
        return text
    at, wrong = found[int(rng.integers(len(found)))]
    return text[:at] + wrong + text[at + 1 :]
