"""The names of the demo world.

Input: `names.toml`. Output: the rows of the catalogue, the events at which persons appear, and the
brands that are in no catalogue. This module does not know about captions.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NAMES_FILE = Path(__file__).with_name("names.toml")


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of the catalogue, with the words that put its name into a sentence.

    `article` belongs to English objects ("a", "an" or empty). `before` (English) and `after`
    (Chinese) turn a scene into an adverb of place: "on the" beach, 海滩"上". `wears` is the usual
    colour of a person.
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
        """Returns the spellings in a language, the main name first."""
        name = self.en if lang == "en" else self.zh
        return name, *(alias for alias in self.aliases if alias.isascii() == (lang == "en"))


@dataclass(frozen=True, slots=True)
class Gathering:
    """An event: its background scene and its regular guests. Its name is formed as a scene's name
    is.
    """

    entity: Entity
    background: str
    guests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnlistedBrand:
    """A brand that is in no catalogue."""

    en: str
    zh: str


@cache
def _tables() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(NAMES_FILE.read_text("utf-8"))


def _entity(row: dict[str, Any]) -> Entity:
    return Entity(**{**row, "aliases": tuple(row["aliases"]), "related": tuple(row["related"])})


@cache
def entities() -> dict[str, Entity]:
    """Returns the catalogue by id, events included."""
    rows = [_entity(row) for row in _tables()["entity"]]
    return {row.id: row for row in (*rows, *(one.entity for one in gatherings()))}


@cache
def gatherings() -> tuple[Gathering, ...]:
    """Returns the events of the world. The catalogue has no kind for events, so they are scenes
    there.
    """
    every = []
    for row in _tables()["event"]:
        named = {name: value for name, value in row.items() if name not in ("background", "guests")}
        entity = _entity({"kind": "scene", **named})
        every.append(Gathering(entity, row["background"], tuple(row["guests"])))
    return tuple(every)


@cache
def of_kind(kind: str) -> tuple[Entity, ...]:
    """Returns the entities of one kind, in the order of the file."""
    return tuple(entity for entity in entities().values() if entity.kind == kind)


@cache
def unlisted_brands() -> tuple[UnlistedBrand, ...]:
    """Returns the brands that captions mention and no catalogue lists."""
    return tuple(UnlistedBrand(**row) for row in _tables()["unknown"])
