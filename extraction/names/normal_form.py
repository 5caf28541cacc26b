"""Normalises a text, and maps offsets of the result back to the original.

Input: any text. Output: the text with full-width and other compatibility characters folded (NFKC,
Unicode Standard Annex 15) and without format characters (general category Cf: zero-width ones,
marks of direction), and for each span of it the span of the original. This module does not know
about names.
"""

import re
import unicodedata
from dataclasses import dataclass

_ASCII = re.compile(r"[\x00-\x7f]")


@dataclass(frozen=True)
class Aligned:
    """`clean[i]` comes from `original[starts[i]:ends[i]]`; if these are None, offsets are equal."""

    clean: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of `clean[start:end]`, which must not be empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def align(text: str) -> Aligned:
    """`text` in its normal form. A letter and the marks that follow it are folded together."""
    if text.isascii() or _is_clean(text):
        return Aligned(text)
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        folded = unicodedata.normalize("NFKC", text[start:end])
        for letter in folded:
            if unicodedata.category(letter) != "Cf":
                letters.append(letter)
                starts.append(start)
                ends.append(end)
    return Aligned("".join(letters), tuple(starts), tuple(ends))


def _is_clean(text: str) -> bool:
    rare = set(_ASCII.sub("", text))
    formats = any(unicodedata.category(letter) == "Cf" for letter in rare)
    return not formats and unicodedata.is_normalized("NFKC", text)


def _clusters(text: str) -> list[tuple[int, int]]:
    """The start and end of each character with the combining marks that follow it."""
    begins = [i for i, letter in enumerate(text) if i == 0 or not unicodedata.combining(letter)]
    return list(zip(begins, [*begins[1:], len(text)], strict=True))
