"""Who and what has a name in the demo world.

In comes `names.toml`; out come the rows of the catalogue, the events at which persons are seen, and
the brands that stand in no catalogue. This module knows nothing about captions.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NAMES_FILE = Path(__file__).with_name("names.toml")


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of the catalogue, with what a sentence needs to say its name.

    `article` belongs to English objects ("a", "an" or nothing); `before` (English) and `after`
    (Chinese) turn a scene into a place: "on the" beach, 海滩"上". `wears` is the colour that a
    person likes to wear.
    """

    id: str
    kind: str
    en: str
    zh: str
    aliases: tuple[str, ...]
    about: str
    related: tuple[str, ...]
    article: str = ""
    before: str = ""
    after: str = ""
    wears: str = ""

    def surfaces(self, lang: str) -> tuple[str, ...]:
        """The ways to write it in a language, its proper name first."""
        name = self.en if lang == "en" else self.zh
        return name, *(alias for alias in self.aliases if alias.isascii() == (lang == "en"))


@dataclass(frozen=True, slots=True)
class Gathering:
    """An event: the scene behind it, and the persons who come often. It is named as a scene is."""

    entity: Entity
    background: str
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A brand in no catalogue."""

    en: str
    zh: str


@cache
def _tables() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(NAMES_FILE.read_text("utf-8"))


def _entity(row: dict[str, Any]) -> Entity:
    return Entity(**{**row, "aliases": tuple(row["aliases"]), "related": tuple(row["related"])})


@cache
def entities() -> dict[str, Entity]:
    """The catalogue by id, events included."""
    rows = [_entity(row) for row in _tables()["entity"]]
    return {row.id: row for row in (*rows, *(one.entity for one in gatherings()))}


@cache
def gatherings() -> tuple[Gathering, ...]:
    """The events of the world; a catalogue has no kind for them, so they are scenes there."""
    every = []
    for row in _tables()["event"]:
        named = {name: value for name, value in row.items() if name not in ("background", "guests")}
        entity = _entity({"kind": "scene", **named})
        every.append(Gathering(entity, row["background"], tuple(row["guests"])))
    return tuple(every)


@cache
def of_kind(kind: str) -> tuple[Entity, ...]:
    """The rows of one kind, in the order of the file."""
    return tuple(entity for entity in entities().values() if entity.kind == kind)


@cache
def unlisted_brands() -> tuple[Unlisted, ...]:
    """Brands that people write about and no catalogue lists."""
    return tuple(Unlisted(**row) for row in _tables()["unknown"])
