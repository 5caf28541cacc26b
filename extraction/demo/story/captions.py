"""What people write under the pictures, and where in it the names stand.

In come a picture's content, a language and a source of chance; out come a text, its mood, and its
mentions with str offsets. The words live in `captions.toml`, slips of the pen in `slips.py`. This
module knows nothing about engagement.
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
from zeitgraph.extraction.demo.story.typos import slip

CAPTIONS_FILE = Path(__file__).with_name("captions.toml")
SLOT = re.compile(r"\{(\w+)\}")
MOODS: Mapping[str, float] = {"neutral": 0.45, "positive": 0.4, "negative": 0.15}
HASTY = 0.12
"""How many captions have a slip of the pen."""


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
    """A text, the names in it in the order of the text, and the mood one reads from it."""

    text: str
    mentions: tuple[Mention, ...]
    sentiment: str = "neutral"


@dataclass(frozen=True, slots=True)
class Name:
    """A name on its way into a text."""

    surface: str
    kind: str
    entity_id: str


Piece = str | Name
Slots = dict[str, list[Piece]]


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


def _listed(names: Sequence[list[Piece]], lang: str) -> list[Piece]:
    """Names as a list in a sentence: "A, B and C"."""
    pieces: list[Piece] = []
    for place, name in enumerate(names):
        if place:
            last = place == len(names) - 1
            pieces.append((" and " if last else ", ") if lang == "en" else ("和" if last else "、"))
        pieces += name
    return pieces


def list_objects(objects: Sequence[str], lang: str, chance: Generator) -> list[Piece]:
    """Objects as a list in a sentence: "a cup, boots and a hat"."""
    return _listed([_with_article(entities()[name], lang, chance) for name in objects], lang)


def _with_article(entity: Entity, lang: str, chance: Generator) -> list[Piece]:
    called = _named(entity, lang, chance, alias=0.15)
    if lang == "zh" or not entity.article:
        return [called]
    return ["an " if called.surface[0].lower() in "aeiou" else "a ", called]


def place_scene(scene: str, lang: str, chance: Generator) -> list[Piece]:
    """A scene as an adverb: "on the beach", 在海滩上."""
    entity = entities()[scene]
    called = _named(entity, lang, chance, alias=0.2)
    return [f"{entity.before} ", called] if lang == "en" else ["在", called, entity.after]


def compose(template: str, lang: str, chance: Generator) -> str:
    """A template whose slots of plain words are filled; slots of names stay."""
    parts = words()[lang]["parts"]
    while wanted := [slot for slot in SLOT.findall(template) if slot in parts]:
        template = template.replace(f"{{{wanted[0]}}}", _pick(chance, parts[wanted[0]]), 1)
    return template


def fill(template: str, slots: Slots) -> list[Piece]:
    """A template with its slots filled."""
    pieces: list[Piece] = []
    for place, part in enumerate(SLOT.split(template)):
        pieces.extend(slots[part] if place % 2 else [part])
    return pieces


def join(pieces: Iterable[Piece], sentiment: str = "neutral") -> Caption:
    """Pieces as one text, with the offsets of the names among them."""
    text, mentions = "", []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        else:
            end = len(text) + len(piece.surface)
            mentions.append(Mention(len(text), end, piece.surface, piece.kind, piece.entity_id))
            text += piece.surface
    return Caption(text, tuple(mentions), sentiment)


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
    template = _pick(chance, words()[lang]["additions"][kind])
    thing = entities()[objects[0]]
    slots: Slots = {"object": [_named(thing, lang, chance, alias=0)]}
    if kind == "unlisted":
        brand = unlisted_brands()[int(chance.integers(len(unlisted_brands())))]
        slots["brand"] = [Name(brand.en if lang == "en" else brand.zh, "brand", "")]
    else:
        entity = _fitting(kind, {style, scene, *objects}, chance)
        slots[kind] = [_named(entity, lang, chance, alias=0.3)]
    return [". " if lang == "en" else "。", *fill(template, slots)]


def _opening(
    style: str, objects: Sequence[str], scene: str, lang: str, chance: Generator, *, mood: str
) -> list[Piece]:
    """What is seen; five times in six the style is said in one of its phrasings."""
    table = "openings" if chance.random() < 5 / 6 else "unstyled"
    template = compose(_pick(chance, words()[lang][table][mood]), lang, chance)
    slots: Slots = {
        "style": [_pick(chance, words()["styles"][style][lang])],
        "objects": list_objects(objects, lang, chance),
        "scene": place_scene(scene, lang, chance),
    }
    return fill(template, slots)


def _seen(
    appearance: Appearance, scene: str, style: str, lang: str, chance: Generator
) -> list[Piece]:
    """Who is seen at which event; every other time the style is said as well."""
    person, *company = (
        [_named(entities()[one], lang, chance, alias=0.15)] for one in appearance.persons
    )
    table = words()[lang]
    slots: Slots = {
        "person": list(person),
        "event": [_named(entities()[appearance.event], lang, chance, alias=0.2)],
        "colour": [table["colours"][appearance.clothing[0]]],
        "companions": _listed([list(one) for one in company], lang),
        "scene": place_scene(scene, lang, chance),
    }
    manner = "together" if company and chance.random() < 0.7 else "alone"
    pieces = fill(compose(_pick(chance, table["appearances"][manner]), lang, chance), slots)
    if chance.random() < 0.5:
        saying = _pick(chance, words()["styles"][style][lang])
        pieces += [", " if lang == "en" else "，", saying]
    return pieces


def _ornaments(style: str, lang: str, chance: Generator) -> list[Piece]:
    """Emoji and hashtags; they come and go."""
    sayings = words()["styles"][style]
    pieces: list[Piece] = []
    if chance.random() < 0.4:
        pieces += [" ", _pick(chance, sayings["emoji"])]
    if chance.random() < 0.5:
        for tag in chance.permutation(_tags(sayings["tags"], lang))[: int(chance.integers(1, 3))]:
            pieces += [" ", str(tag)]
    return pieces


def _tags(tags: Sequence[str], lang: str) -> list[str]:
    return [tag for tag in tags if tag.isascii() == (lang == "en")]


def write(
    style: str,
    objects: Sequence[str],
    scene: str,
    lang: str,
    chance: Generator,
    *,
    appearance: Appearance | None = None,
) -> Caption:
    """A caption for a picture of `style` that shows `objects` in `scene`; `lang` is en or zh.

    Five in six captions say the style in one of its phrasings, most name the objects and the
    scene; one about an `appearance` names the persons and the event instead. A mood that is not
    neutral is said in the opening, in a sentence of its own, or in both.
    """
    table = words()[lang]
    mood = str(chance.choice(list(MOODS), p=list(MOODS.values())))
    felt_at_once = appearance is None and chance.random() < 0.5
    if appearance:
        pieces = _seen(appearance, scene, style, lang, chance)
    else:
        opening_mood = mood if felt_at_once else "neutral"
        pieces = _opening(style, objects, scene, lang, chance, mood=opening_mood)
    if chance.random() < 0.12:
        pieces = [_pick(chance, table["parts"]["starter"]), *([" "] * (lang == "en")), *pieces]
    pieces += _addition(style, objects, scene, lang, chance)
    must_be_felt = mood != "neutral" and not felt_at_once
    if must_be_felt or chance.random() < 0.2:
        feeling = compose(_pick(chance, table["feelings"][mood]), lang, chance)
        pieces += [", " if lang == "en" else "，", feeling]
    if chance.random() < HASTY:
        pieces = _slipped(pieces, lang, chance)
    return join([*pieces, *_ornaments(style, lang, chance)], mood)


def _slipped(pieces: Sequence[Piece], lang: str, chance: Generator) -> list[Piece]:
    """The pieces with a slip in one of those that are no name."""
    plain = [place for place, piece in enumerate(pieces) if isinstance(piece, str)]
    place = plain[int(chance.integers(len(plain)))]
    return [
        slip(piece, lang, words()["zh"]["homophones"], chance)
        if at == place and isinstance(piece, str)
        else piece
        for at, piece in enumerate(pieces)
    ]


def retell(caption: Caption, lang: str, chance: Generator) -> Caption:
    """The same caption as somebody else posts it again: the names stay, the tail is another."""
    kept = max([len(caption.text) * 3 // 4, *(mention.end for mention in caption.mentions)])
    tail = _pick(chance, words()[lang]["retold"])
    text = caption.text[:kept].rstrip() + (", " if lang == "en" else "，") + tail
    return Caption(text, caption.mentions, caption.sentiment)


def advertise(lang: str, chance: Generator) -> Caption:
    """A text that wants to lead away: links and accounts of nobody."""
    template = compose(_pick(chance, words()[lang]["spam"]), lang, chance)
    code = f"{int(chance.integers(16**6)):06x}"
    slots: Slots = {"link": [f"https://{code}.invalid/go"], "contact": [f"vx{code}"]}
    return join(fill(template, slots))
