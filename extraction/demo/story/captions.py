"""Captions of the demo world, with the position of every name in them.

Input: the content of a picture, a language and a random generator. Output: a text, its sentiment
and its mentions with `str` offsets. The words are in `captions.toml`, typing errors in `typos.py`.
This module does not know about engagement.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numpy.random import Generator

from zeitgraph.extraction.demo.story.appearances import Appearance
from zeitgraph.extraction.demo.story.names import Entity, entities, of_kind, unlisted_brands
from zeitgraph.extraction.demo.story.typos import add_typo

CAPTIONS_FILE = Path(__file__).with_name("captions.toml")
SLOT = re.compile(r"\{(\w+)\}")
MOODS: Mapping[str, float] = {"neutral": 0.45, "positive": 0.4, "negative": 0.15}
TYPO_SHARE = 0.12
"""The share of captions with a typing error."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One name in a text: `text[start:end] == surface`. `entity_id` is empty for an
    unlisted name.
    """

    start: int
    end: int
    surface: str
    kind: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A text, its names in the order of the text, and the sentiment a reader sees in it."""

    text: str
    mentions: tuple[Mention, ...]
    sentiment: str = "neutral"


@dataclass(frozen=True, slots=True)
class Name:
    """A name before it has a position in a text."""

    surface: str
    kind: str
    entity_id: str


Piece = str | Name
Slots = dict[str, list[Piece]]


@cache
def words() -> dict[str, Any]:
    """Returns the tables of `captions.toml`."""
    return tomllib.loads(CAPTIONS_FILE.read_text("utf-8"))


def _pick(rng: Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _named(entity: Entity, lang: str, rng: Generator, *, alias: float = 0.25) -> Name:
    """Returns the main name of an entity, or with probability `alias` one of its other names."""
    surfaces = entity.surfaces(lang)
    surface = _pick(rng, surfaces[1:]) if surfaces[1:] and rng.random() < alias else surfaces[0]
    return Name(surface, entity.kind, entity.id)


def _listed(names: Sequence[list[Piece]], lang: str) -> list[Piece]:
    """Joins names as a list in a sentence: "A, B and C"."""
    pieces: list[Piece] = []
    for index, name in enumerate(names):
        if index:
            last = index == len(names) - 1
            pieces.append((" and " if last else ", ") if lang == "en" else ("和" if last else "、"))
        pieces += name
    return pieces


def list_objects(objects: Sequence[str], lang: str, rng: Generator) -> list[Piece]:
    """Lists objects in a sentence: "a cup, boots and a hat"."""
    return _listed([_with_article(entities()[name], lang, rng) for name in objects], lang)


def _with_article(entity: Entity, lang: str, rng: Generator) -> list[Piece]:
    called = _named(entity, lang, rng, alias=0.15)
    if lang == "zh" or not entity.article:
        return [called]
    return ["an " if called.surface[0].lower() in "aeiou" else "a ", called]


def place_scene(scene: str, lang: str, rng: Generator) -> list[Piece]:
    """Returns a scene as an adverb of place: "on the beach", 在海滩上."""
    entity = entities()[scene]
    called = _named(entity, lang, rng, alias=0.2)
    return [f"{entity.before} ", called] if lang == "en" else ["在", called, entity.after]


def compose(template: str, lang: str, rng: Generator) -> str:
    """Fills the slots of a template that take plain words. Slots for names stay."""
    parts = words()[lang]["parts"]
    while wanted := [slot for slot in SLOT.findall(template) if slot in parts]:
        template = template.replace(f"{{{wanted[0]}}}", _pick(rng, parts[wanted[0]]), 1)
    return template


def fill(template: str, slots: Slots) -> list[Piece]:
    """Returns the pieces of a template with its slots filled."""
    pieces: list[Piece] = []
    for index, part in enumerate(SLOT.split(template)):
        pieces.extend(slots[part] if index % 2 else [part])
    return pieces


def join(pieces: Iterable[Piece], sentiment: str = "neutral") -> Caption:
    """Joins pieces into one text and records the offsets of the names."""
    text, mentions = "", []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        else:
            end = len(text) + len(piece.surface)
            mentions.append(Mention(len(text), end, piece.surface, piece.kind, piece.entity_id))
            text += piece.surface
    return Caption(text, tuple(mentions), sentiment)


def _fitting(kind: str, related: set[str], rng: Generator) -> Entity:
    """Returns an entity of a kind; in four of five cases one that is related to what is shown."""
    every = of_kind(kind)
    fit = [entity for entity in every if related & set(entity.related)]
    pool = fit if fit and rng.random() < 0.8 else every
    return pool[int(rng.integers(len(pool)))]


def _addition(
    style: str, objects: Sequence[str], scene: str, lang: str, rng: Generator
) -> list[Piece]:
    """Returns a second sentence about a brand, product, person or place, or nothing."""
    kinds = ("", "brand", "unlisted", "product", "person", "place")
    kind = str(rng.choice(kinds, p=(0.44, 0.17, 0.05, 0.08, 0.15, 0.11)))
    if not kind:
        return []
    template = _pick(rng, words()[lang]["additions"][kind])
    thing = entities()[objects[0]]
    slots: Slots = {"object": [_named(thing, lang, rng, alias=0)]}
    if kind == "unlisted":
        brand = unlisted_brands()[int(rng.integers(len(unlisted_brands())))]
        slots["brand"] = [Name(brand.en if lang == "en" else brand.zh, "brand", "")]
    else:
        entity = _fitting(kind, {style, scene, *objects}, rng)
        slots[kind] = [_named(entity, lang, rng, alias=0.3)]
    return [". " if lang == "en" else "。", *fill(template, slots)]


def _opening(
    style: str, objects: Sequence[str], scene: str, lang: str, rng: Generator, *, mood: str
) -> list[Piece]:
    """Returns the sentence about the picture. Five in six state the style in one of its
    phrasings.
    """
    table = "openings" if rng.random() < 5 / 6 else "unstyled"
    template = compose(_pick(rng, words()[lang][table][mood]), lang, rng)
    slots: Slots = {
        "style": [_pick(rng, words()["styles"][style][lang])],
        "objects": list_objects(objects, lang, rng),
        "scene": place_scene(scene, lang, rng),
    }
    return fill(template, slots)


def _seen(appearance: Appearance, scene: str, style: str, lang: str, rng: Generator) -> list[Piece]:
    """Returns the sentence about persons at an event. Half of them state the style too."""
    person, *company = (
        [_named(entities()[one], lang, rng, alias=0.15)] for one in appearance.persons
    )
    table = words()[lang]
    slots: Slots = {
        "person": list(person),
        "event": [_named(entities()[appearance.event], lang, rng, alias=0.2)],
        "colour": [table["colours"][appearance.clothing[0]]],
        "companions": _listed([list(one) for one in company], lang),
        "scene": place_scene(scene, lang, rng),
    }
    manner = "together" if company and rng.random() < 0.7 else "alone"
    pieces = fill(compose(_pick(rng, table["appearances"][manner]), lang, rng), slots)
    if rng.random() < 0.5:
        phrasing = _pick(rng, words()["styles"][style][lang])
        pieces += [", " if lang == "en" else "，", phrasing]
    return pieces


def _ornaments(style: str, lang: str, rng: Generator) -> list[Piece]:
    """Returns emoji and hashtags, or nothing."""
    phrasings = words()["styles"][style]
    pieces: list[Piece] = []
    if rng.random() < 0.4:
        pieces += [" ", _pick(rng, phrasings["emoji"])]
    if rng.random() < 0.5:
        for tag in rng.permutation(_tags(phrasings["tags"], lang))[: int(rng.integers(1, 3))]:
            pieces += [" ", str(tag)]
    return pieces


def _tags(tags: Sequence[str], lang: str) -> list[str]:
    return [tag for tag in tags if tag.isascii() == (lang == "en")]


def write_caption(
    style: str,
    objects: Sequence[str],
    scene: str,
    lang: str,
    rng: Generator,
    *,
    appearance: Appearance | None = None,
) -> Caption:
    """Returns a caption for a picture of `style` that shows `objects` in `scene`; `lang` is en or
    zh.

    Five in six captions state the style in one of its phrasings, and most name the objects and the
    scene. A caption about an `appearance` names the persons and the event instead. A sentiment that
    is not neutral is expressed in the opening, in a sentence of its own, or in both.
    """
    table = words()[lang]
    mood = str(rng.choice(list(MOODS), p=list(MOODS.values())))
    felt_at_once = appearance is None and rng.random() < 0.5
    if appearance:
        pieces = _seen(appearance, scene, style, lang, rng)
    else:
        opening_mood = mood if felt_at_once else "neutral"
        pieces = _opening(style, objects, scene, lang, rng, mood=opening_mood)
    if rng.random() < 0.12:
        pieces = [_pick(rng, table["parts"]["starter"]), *([" "] * (lang == "en")), *pieces]
    pieces += _addition(style, objects, scene, lang, rng)
    must_be_felt = mood != "neutral" and not felt_at_once
    if must_be_felt or rng.random() < 0.2:
        feeling = compose(_pick(rng, table["feelings"][mood]), lang, rng)
        pieces += [", " if lang == "en" else "，", feeling]
    if rng.random() < TYPO_SHARE:
        pieces = _with_typo(pieces, lang, rng)
    return join([*pieces, *_ornaments(style, lang, rng)], mood)


def _with_typo(pieces: Sequence[Piece], lang: str, rng: Generator) -> list[Piece]:
    """Returns the pieces with a typing error in one of those that are not names."""
    plain = [index for index, piece in enumerate(pieces) if isinstance(piece, str)]
    index = plain[int(rng.integers(len(plain)))]
    return [
        add_typo(piece, lang, words()["zh"]["homophones"], rng)
        if at == index and isinstance(piece, str)
        else piece
        for at, piece in enumerate(pieces)
    ]


def repost_caption(caption: Caption, lang: str, rng: Generator) -> Caption:
    """Returns the caption as another author reposts it: the names stay, the end of the text
    changes.
    """
    kept = max([len(caption.text) * 3 // 4, *(mention.end for mention in caption.mentions)])
    tail = _pick(rng, words()[lang]["repost_tails"])
    text = caption.text[:kept].rstrip() + (", " if lang == "en" else "，") + tail
    return Caption(text, caption.mentions, caption.sentiment)


def spam_caption(lang: str, rng: Generator) -> Caption:
    """Returns an advertisement with an invented link or account."""
    template = compose(_pick(rng, words()[lang]["spam"]), lang, rng)
    code = f"{int(rng.integers(16**6)):06x}"
    slots: Slots = {"link": [f"https://{code}.invalid/go"], "contact": [f"vx{code}"]}
    return join(fill(template, slots))
