"""Who and what has a name in the demo world.

In comes `names.toml`; out come the rows of the catalogue, and the brands that stand in none. This
module knows nothing about captions.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NAMES_FILE = Path(__file__).with_name("names.toml")


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of the catalogue, with what a sentence needs to say its name.

    `article` belongs to English objects ("a", "an" or nothing); `before` (English) and `after`
    (Chinese) turn a scene into a place: "on the" beach, 海滩"上".
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

    def surfaces(self, lang: str) -> tuple[str, ...]:
        """The ways to write it in a language, its proper name first."""
        name = self.en if lang == "en" else self.zh
        return name, *(alias for alias in self.aliases if alias.isascii() == (lang == "en"))


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A brand in no catalogue."""

    en: str
    zh: str


@cache
def entities() -> dict[str, Entity]:
    """The catalogue by id."""
    rows = tomllib.loads(NAMES_FILE.read_text("utf-8"))["entity"]
    for row in rows:
        row["aliases"], row["related"] = tuple(row["aliases"]), tuple(row["related"])
    return {row["id"]: Entity(**row) for row in rows}


@cache
def of_kind(kind: str) -> tuple[Entity, ...]:
    """The rows of one kind, in the order of the file."""
    return tuple(entity for entity in entities().values() if entity.kind == kind)


@cache
def unlisted_brands() -> tuple[Unlisted, ...]:
    """Brands that people write about and no catalogue lists."""
    rows = tomllib.loads(NAMES_FILE.read_text("utf-8"))["unknown"]
    return tuple(Unlisted(**row) for row in rows)
