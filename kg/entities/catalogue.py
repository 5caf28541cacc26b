"""The catalogue: entities with names in both languages, and which of them a piece of text may mean.

Comes in: a catalogue file of the user's (`catalogue_files.py` knows the formats) and the words
of `prompts/words/lexicon.toml`. Goes out: `Catalogue`, which answers «what could this surface
mean?» by normalised form. Knows nothing about posts, nor how the right candidate is chosen.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.ids import digest_bytes, digest_file, digest_json
from zeitgraph.kg.entities.catalogue_files import (
    CatalogueProblem,
    Entity,
    Lexicon,
    load_entities,
    read_lexicon,
)
from zeitgraph.kg.workspace.workspace import Workspace

CASED_KINDS = frozenset({"person", "brand", "product", "place"})
"""Kinds whose Latin names are proper names: they are written as the catalogue writes them."""

SHOUTED_LENGTH = 4
"""A proper name of at least so many characters may also stand in capitals: NIKE for Nike."""

_SPACES = re.compile(r"\s+")
_LATIN = re.compile(r"[A-Za-z]")
_PLURALS = (
    (re.compile(r"(?i)(?:s|x|z|ch|sh)$"), r"\g<0>es"),
    (re.compile(r"(?i)(?<=[^aeiou])y$"), "ies"),
    (re.compile(r"(?<=[A-Za-z])$"), "s"),
)


def written_form(text: str) -> str:
    """`text` as it is written: NFKC, no format characters, single spaces, none at the ends."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isascii():
        folded = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return _SPACES.sub(" ", folded).strip()


def normal_form(text: str) -> str:
    """The form under which names are looked up: `written_form`, with case folded."""
    return written_form(text).casefold()


def surface_forms(entity: Entity) -> tuple[str, ...]:
    """Every way a text may write `entity`: its names as given, English plurals of common nouns."""
    names = [written_form(name) for name in entity.names]
    if entity.kind not in CASED_KINDS:
        names += [_plural(name) for name in names if _LATIN.search(name[-1:])]
    return tuple(dict.fromkeys(name for name in names if name))


def _plural(noun: str) -> str:
    pattern, ending = next(rule for rule in _PLURALS if rule[0].search(noun))
    return pattern.sub(ending, noun, count=1)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Entities by id, their ids by normalised form, and the rows that could not be used.

    Equal only to itself, so that what is built of it can be kept for it.
    """

    entities: Mapping[str, Entity]
    forms: Mapping[str, tuple[str, ...]]
    problems: tuple[CatalogueProblem, ...] = ()

    @classmethod
    def of(
        cls, entities: Iterable[Entity], problems: Iterable[CatalogueProblem] = ()
    ) -> "Catalogue":
        """A catalogue of `entities`, in order of their ids."""
        by_id = {e.entity_id: e for e in sorted(entities, key=lambda e: e.entity_id)}
        forms: dict[str, list[str]] = {}
        for entity in by_id.values():
            for form in {surface.casefold() for surface in surface_forms(entity)}:
                forms.setdefault(form, []).append(entity.entity_id)
        return cls(by_id, {form: tuple(ids) for form, ids in forms.items()}, tuple(problems))

    def named(self, surface: str) -> tuple[Entity, ...]:
        """Every entity that `surface` names, whatever its case, in order of ids."""
        return tuple(self.entities[i] for i in self.forms.get(normal_form(surface), ()))

    def written(self, surface: str) -> tuple[Entity, ...]:
        """The entities that `surface` names with the casing that their kinds ask for."""
        form = written_form(surface)
        return tuple(e for e in self.named(surface) if _is_written(form, e))

    def candidates(self, surface: str) -> tuple[Entity, ...]:
        """The entities that `surface` may mean, in order of ids.

        Casing tells: those that are written so, or, where none is, all that it names («nike» may
        mean Nike, but «apple» means the fruit if there is one).
        """
        return self.written(surface) or self.named(surface)

    def without_names_of(self, other: "Catalogue") -> list[Entity]:
        """The entities that share no name with an entity of the same kind in `other`."""
        return [
            entity
            for entity in self.entities.values()
            if not any(e.kind == entity.kind for f in surface_forms(entity) for e in other.named(f))
        ]


def written_forms(entity: Entity) -> frozenset[str]:
    """The forms of `entity` with the casing in which it is recognised.

    A proper name stands as the catalogue writes it, or with a capital at its start («The Tote» for
    «the Tote»), or all in capitals if it is long enough; a common noun in any casing, folded here.
    """
    forms = surface_forms(entity)
    if entity.kind not in CASED_KINDS:
        return frozenset(form.casefold() for form in forms)
    capital = (form[:1].upper() + form[1:] for form in forms)
    shouted = (form.upper() for form in forms if len(form) >= SHOUTED_LENGTH)
    return frozenset([*forms, *capital, *shouted])


def _is_written(form: str, entity: Entity) -> bool:
    cased = entity.kind in CASED_KINDS
    return (form if cased else form.casefold()) in written_forms(entity)


def load_catalogue(path: Path | str) -> Catalogue:
    """The catalogue at `path`: .csv, .ttl, .nt, .rdf or .xml (see `catalogue_files.py`).

    A row that cannot be used is noted in `problems`, and the rest is used. Raises `InputError` for
    a file that is missing, unreadable, or no catalogue at all. Never opens a network connection.
    """
    return Catalogue.of(*load_entities(Path(path)))


# -- what a workspace knows ----------------------------------------------------------------------


_WORDS = resources.files("zeitgraph.prompts") / "words" / "lexicon.toml"


@lru_cache(maxsize=1)
def everyday_words() -> Lexicon:
    """The everyday words that ship with zeitgraph."""
    return read_lexicon(_WORDS.read_text("utf-8"))


def catalogue_identity(workspace: Workspace) -> str:
    """A digest that changes when the workspace's catalogue or the everyday words change.

    Raises `InputError` where the settings name a catalogue that is not there.
    """
    path = _catalogue_path(workspace)
    return digest_json([digest_file(path) if path else "", digest_bytes(_WORDS.read_bytes())])


def known_entities(workspace: Workspace) -> Catalogue:
    """The workspace's catalogue with the everyday words; a word that the catalogue names gives way.

    Parsed once per process for one content. Raises `InputError` as `load_catalogue` does.
    """
    path = _catalogue_path(workspace)
    return _known_entities(path, catalogue_identity(workspace))


@lru_cache(maxsize=4)
def _known_entities(path: Path | None, _identity: str) -> Catalogue:
    own = load_catalogue(path) if path else Catalogue.of([])
    words = Catalogue.of(everyday_words().entities)
    everyday = [e for e in words.without_names_of(own) if e.entity_id not in own.entities]
    return Catalogue.of([*own.entities.values(), *everyday], own.problems)


def _catalogue_path(workspace: Workspace) -> Path | None:
    name = workspace.settings.entities.catalogue
    if not name:
        return None
    path = workspace.root / name
    if not path.is_file():
        raise InputError(
            "the catalogue is not there",
            where=path,
            do="set entities.catalogue to a file, or to «»",
        )
    return path
