"""Coined names: invented persons, brands, products, places and events in both languages.

Input: a kind, a language and a random generator. Output: a name by one of the recipes of
`coined.toml`. Every list of parts is split into two disjoint shares: one for training, one for
evaluation. No name of the demo world is ever coined. This module does not know about texts.

The slots of a recipe: `{list}` is a part of that list; `{list:how}` formats it; `{list:low-high}`
is that many parts in a row; `{word}` is a word made of syllables; `{jieba:tags}` is a word of
jieba's dictionary with one of these tags; `{hanzi:low-high}` is that many characters of its words.
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
"""The kinds of coined names: four entity kinds, and events, which are named scenes."""

JUDGED_EVERY = 5  # every fifth part of a list is kept for evaluation
COMMON = 300  # words of jieba's dictionary with this frequency or more are not rare
_SLOT = re.compile(r"\{(\w+)(?::([^}]+))?\}")
_HOW: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.capitalize,
    "initial": lambda text: text[0],
}


def coin(kind: str, lang: str, rng: Generator, *, judging: bool = False) -> str:
    """Returns a name of one of `COINED_KINDS` in `lang` (en or zh) that is not in the
    demo world.
    """
    recipes = _tables()[lang]["recipes"][kind]
    while True:
        recipe = recipes[int(rng.integers(len(recipes)))]
        name = _SLOT.sub(lambda slot: _fill(lang, slot[1], slot[2], rng, judging=judging), recipe)
        if name.casefold() not in _known():
            return name


def _fill(lang: str, sort: str, how: str | None, rng: Generator, *, judging: bool) -> str:
    if sort == "word":
        text = _word(rng, judging=judging)
    elif sort == "jieba":
        return _one(_of_dictionary(str(how)), rng, judging=judging)
    else:
        choices = _signs() if sort == "hanzi" else _parts(lang, sort)
        if how and how[0].isdigit():
            low, _, high = how.partition("-")
            count = int(rng.integers(int(low), int(high) + 1))
            return "".join(_one(choices, rng, judging=judging) for _ in range(count))
        text = _one(choices, rng, judging=judging)
    return _HOW[how](text) if how else text


def _one(choices: Sequence[str], rng: Generator, *, judging: bool) -> str:
    """Returns a part from the share of `choices` for evaluation, or from that for training."""
    while True:
        index = int(rng.integers(len(choices)))
        if (index % JUDGED_EVERY == 0) == judging:
            return choices[index]


def _word(rng: Generator, *, judging: bool) -> str:
    """Returns a meaningless word of two or three syllables, capitalised."""
    middle = _one(_parts("en", "middles"), rng, judging=judging) if rng.random() < 0.5 else ""
    start = _one(_parts("en", "starts"), rng, judging=judging)
    return (start + middle + _one(_parts("en", "ends"), rng, judging=judging)).capitalize()


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(COINED_FILE.read_text("utf-8"))


@cache
def _parts(lang: str, sort: str) -> tuple[str, ...]:
    return tuple(_tables()[lang][sort].split())


@cache
def dictionary() -> tuple[tuple[str, int, str], ...]:
    """Returns the words of jieba's dictionary, each with its frequency and part-of-speech tag."""
    import jieba

    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ") for line in lines)
    return tuple((word, int(frequency), tag) for word, frequency, tag in rows)


@cache
def _of_dictionary(tags: str) -> tuple[str, ...]:
    """Returns the words with these tags; some of them are names in real use."""
    wanted = set(tags.split())
    return tuple(word for word, _, tag in dictionary() if tag in wanted and 2 <= len(word) <= 8)


@cache
def _signs() -> tuple[str, ...]:
    """Returns the characters of the words that are not rare."""
    words = (word for word, frequency, _ in dictionary() if frequency >= COMMON)
    return tuple(sorted({sign for word in words for sign in word if "一" <= sign <= "鿿"}))


@cache
def _known() -> frozenset[str]:
    listed = {s for e in entities().values() for lang in ("en", "zh") for s in e.surfaces(lang)}
    unlisted = {name for brand in unlisted_brands() for name in (brand.en, brand.zh)}
    return frozenset(name.casefold() for name in listed | unlisted)
