"""The words that the claim checker reads, and how it finds them in a text.

Input: a text, and words from `prompts/report/checker_words.toml`. Output: spans. This module does
not know about numbers.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

Span = tuple[int, int]
MASK = "\x00"
"""Replaces a character that was read already, so that offsets do not change."""


@cache
def checker_words() -> Mapping[str, Any]:
    """The word tables of `prompts/report/checker_words.toml`."""
    file = resources.files("zeitgraph.prompts") / "report" / "checker_words.toml"
    return tomllib.loads(file.read_text("utf-8"))


def fold(text: str) -> str:
    """`text` with full-width digits and signs as ASCII, of the same length."""
    return text.translate(_PLAIN)


_PLAIN = {
    **{ord("０") + i: str(i) for i in range(10)},
    **dict(zip(map(ord, "％．＋－−﹣，、"), "%.+---，、", strict=True)),
    **dict.fromkeys(map(ord, "\u00a0\u2009\u202f\u2007"), " "),
}


def find_words(text: str, words: Iterable[str]) -> list[Span]:
    """The spans of `words` in `text`, ignoring case; Latin words only as whole words."""
    return [match.span() for match in _any_of(tuple(words)).finditer(text)]


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(bounded(word) for word in longest_first), re.IGNORECASE)


def bounded(word: str) -> str:
    """A pattern for `word`: a Latin word only as a whole word, a Chinese word anywhere."""
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after


def blank(text: str, spans: Iterable[Span]) -> str:
    """`text` with the characters of `spans` masked."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = MASK * (end - start)
    return "".join(letters)
