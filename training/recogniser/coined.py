"""Names that nobody has: coined persons, brands, products, places and events in both languages.

In come a kind, a language and a source of chance; out comes a name by one of the recipes of
`coined.toml`. Every list of parts is in two shares that have nothing in common: what the recogniser
learns with, and what it is judged with. No name of the demo world is ever coined. This module knows
nothing about texts.

A recipe's slot is `{list}`, a part of that list; `{list:how}` writes it so; `{list:low-high}` is so
many parts in a row; `{word}` is a word made of syllables; `{jieba:tags}` is a word of jieba's
dictionary with one of these tags; `{hanzi:low-high}` is so many of the signs that its words are of.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from numpy.random import Generator

from zeitgraph.extraction.demo.story.names import entities, unlisted_brands

COINED_FILE = Path(__file__).with_name("coined.toml")
COINED_KINDS = frozenset({"person", "brand", "product", "place", "event"})
"""What names are coined for: four kinds, and events, which are scenes with a name."""

JUDGED_EVERY = 5  # every fifth part of a list is kept for judging
COMMON = 300  # the frequency from which on a word of jieba's dictionary is not rare
_SLOT = re.compile(r"\{(\w+)(?::([^}]+))?\}")
_HOW: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.capitalize,
    "initial": lambda text: text[0],
}


def coin(kind: str, lang: str, chance: Generator, *, judging: bool = False) -> str:
    """A name of one of `COINED_KINDS` in `lang` (en or zh) that the demo world does not know."""
    recipes = _tables()[lang]["recipes"][kind]
    while True:
        recipe = recipes[int(chance.integers(len(recipes)))]
        name = _SLOT.sub(
            lambda slot: _fill(lang, slot[1], slot[2], chance, judging=judging), recipe
        )
        if name.casefold() not in _known():
            return name


def _fill(lang: str, sort: str, how: str | None, chance: Generator, *, judging: bool) -> str:
    if sort == "word":
        text = _word(chance, judging=judging)
    elif sort == "jieba":
        return _one(_of_dictionary(str(how)), chance, judging=judging)
    else:
        choices = _signs() if sort == "hanzi" else _parts(lang, sort)
        if how and how[0].isdigit():
            low, _, high = how.partition("-")
            count = int(chance.integers(int(low), int(high) + 1))
            return "".join(_one(choices, chance, judging=judging) for _ in range(count))
        text = _one(choices, chance, judging=judging)
    return _HOW[how](text) if how else text


def _one(choices: Sequence[str], chance: Generator, *, judging: bool) -> str:
    """A part of that share of `choices` which is for judging, or for learning."""
    while True:
        place = int(chance.integers(len(choices)))
        if (place % JUDGED_EVERY == 0) == judging:
            return choices[place]


def _word(chance: Generator, *, judging: bool) -> str:
    """A word of two or three syllables that means nothing, with a capital."""
    middle = _one(_parts("en", "middles"), chance, judging=judging) if chance.random() < 0.5 else ""
    start = _one(_parts("en", "starts"), chance, judging=judging)
    return (start + middle + _one(_parts("en", "ends"), chance, judging=judging)).capitalize()


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(COINED_FILE.read_text("utf-8"))


@cache
def _parts(lang: str, sort: str) -> tuple[str, ...]:
    return tuple(_tables()[lang][sort].split())


@cache
def dictionary() -> tuple[tuple[str, int, str], ...]:
    """The words of jieba's dictionary, each with its frequency and the tag of its word class."""
    import jieba

    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ") for line in lines)
    return tuple((word, int(frequency), tag) for word, frequency, tag in rows)


@cache
def _of_dictionary(tags: str) -> tuple[str, ...]:
    """The words with these tags; among them are names that people really write."""
    wanted = set(tags.split())
    return tuple(word for word, _, tag in dictionary() if tag in wanted and 2 <= len(word) <= 8)


@cache
def _signs() -> tuple[str, ...]:
    """The signs of the words that are not rare."""
    words = (word for word, frequency, _ in dictionary() if frequency >= COMMON)
    return tuple(sorted({sign for word in words for sign in word if "一" <= sign <= "鿿"}))


@cache
def _known() -> frozenset[str]:
    listed = {s for e in entities().values() for lang in ("en", "zh") for s in e.surfaces(lang)}
    unlisted = {name for brand in unlisted_brands() for name in (brand.en, brand.zh)}
    return frozenset(name.casefold() for name in listed | unlisted)
