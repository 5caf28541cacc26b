"""What people write under the pictures, and where in it the names stand.

In come a picture's content, a language and a source of chance; out come a text and its mentions
with str offsets. The words live in `captions.toml`. This module knows nothing about engagement.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numpy.random import Generator

from zeitgraph.extraction.demo.names import Entity, entities, of_kind, unlisted_brands

CAPTIONS_FILE = Path(__file__).with_name("captions.toml")
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Mention:
    """One name in a text: `text[start:end] == surface`; no `entity_id` where nothing lists it."""

    start: int
    end: int
    surface: str
    kind: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A text and the names in it, in the order of the text."""

    text: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name on its way into a text."""

    surface: str
    kind: str
    entity_id: str


Piece = str | Name


@cache
def words() -> dict[str, Any]:
    """The tables of `captions.toml`."""
    return tomllib.loads(CAPTIONS_FILE.read_text("utf-8"))


def _pick(chance: Generator, choices: Sequence[str]) -> str:
    return choices[int(chance.integers(len(choices)))]


def _named(entity: Entity, lang: str, chance: Generator, *, alias: float = 0.25) -> Name:
    """An entity by its proper name, or with probability `alias` by another."""
    surfaces = entity.surfaces(lang)
    surface = (
        _pick(chance, surfaces[1:]) if surfaces[1:] and chance.random() < alias else surfaces[0]
    )
    return Name(surface, entity.kind, entity.id)


def list_objects(objects: Sequence[str], lang: str, chance: Generator) -> list[Piece]:
    """Objects as a list in a sentence: "a cup, boots and a hat"."""
    pieces: list[Piece] = []
    for place, name in enumerate(objects):
        entity = entities()[name]
        if place:
            last = place == len(objects) - 1
            pieces.append((" and " if last else ", ") if lang == "en" else ("和" if last else "、"))
        called = _named(entity, lang, chance, alias=0.15)
        if lang == "en" and entity.article:
            vowel = called.surface[0].lower() in "aeiou"
            pieces.append("an " if vowel else "a ")
        pieces.append(called)
    return pieces


def place_scene(scene: str, lang: str, chance: Generator) -> list[Piece]:
    """A scene as an adverb: "on the beach", 在海滩上."""
    entity = entities()[scene]
    called = _named(entity, lang, chance, alias=0.2)
    return [f"{entity.before} ", called] if lang == "en" else ["在", called, entity.after]


def fill(template: str, slots: dict[str, list[Piece]]) -> list[Piece]:
    """A template with its slots filled."""
    pieces: list[Piece] = []
    for place, part in enumerate(SLOT.split(template)):
        pieces.extend(slots[part] if place % 2 else [part])
    return pieces


def join(pieces: Iterable[Piece]) -> Caption:
    """Pieces as one text, with the offsets of the names among them."""
    text, mentions = "", []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        else:
            end = len(text) + len(piece.surface)
            mentions.append(Mention(len(text), end, piece.surface, piece.kind, piece.entity_id))
            text += piece.surface
    return Caption(text, tuple(mentions))


def _fitting(kind: str, related: set[str], chance: Generator) -> Entity:
    """An entity of a kind, four times in five one that has to do with what is shown."""
    every = of_kind(kind)
    fit = [entity for entity in every if related & set(entity.related)]
    pool = fit if fit and chance.random() < 0.8 else every
    return pool[int(chance.integers(len(pool)))]


def _addition(
    style: str, objects: Sequence[str], scene: str, lang: str, chance: Generator
) -> list[Piece]:
    """A second sentence about a brand, a product, a person or a place; often none."""
    kinds = ("", "brand", "unlisted", "product", "person", "place")
    kind = str(chance.choice(kinds, p=(0.44, 0.17, 0.05, 0.08, 0.15, 0.11)))
    if not kind:
        return []
    template = _pick(chance, words()[lang][kind])
    thing = entities()[objects[0]]
    slots: dict[str, list[Piece]] = {"object": [_named(thing, lang, chance, alias=0)]}
    if kind == "unlisted":
        brand = unlisted_brands()[int(chance.integers(len(unlisted_brands())))]
        slots["brand"] = [Name(brand.en if lang == "en" else brand.zh, "brand", "")]
    else:
        entity = _fitting(kind, {style, scene, *objects}, chance)
        slots[kind] = [_named(entity, lang, chance, alias=0.3)]
    return [". " if lang == "en" else "。", *fill(template, slots)]


def write(style: str, objects: Sequence[str], scene: str, lang: str, chance: Generator) -> Caption:
    """A caption for a picture of `style` that shows `objects` in `scene`; `lang` is en or zh.

    Five in six captions say the style in one of its phrasings, most name the objects and the
    scene; hashtags, emoji and feelings come and go.
    """
    table, sayings = words()[lang], words()["styles"][style]
    styled = chance.random() < 5 / 6
    template = _pick(chance, table["openings" if styled else "unstyled"])
    pieces = fill(
        template,
        {
            "style": [_pick(chance, sayings[lang])],
            "objects": list_objects(objects, lang, chance),
            "scene": place_scene(scene, lang, chance),
        },
    )
    pieces += _addition(style, objects, scene, lang, chance)
    if chance.random() < 0.3:
        pieces += [", " if lang == "en" else "，", _pick(chance, table["feelings"])]
    if chance.random() < 0.4:
        pieces += [" ", _pick(chance, sayings["emoji"])]
    if chance.random() < 0.5:
        for tag in chance.permutation(_tags(sayings["tags"], lang))[: int(chance.integers(1, 3))]:
            pieces += [" ", str(tag)]
    return join(pieces)


def _tags(tags: Sequence[str], lang: str) -> list[str]:
    return [tag for tag in tags if tag.isascii() == (lang == "en")]
