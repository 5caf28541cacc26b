"""The catalogue: entities with names in English and Chinese, and a look-up by name.

Input: a catalogue file of the user (`catalogue_files.py` reads the formats) and the everyday words
in `prompts/words/lexicon.toml`. Output: a `Catalogue`, which lists the candidate entities of a
surface form (a name as a text writes it). This module does not know about posts and does not choose
between candidates; `disambiguation.py` does.
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
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.entities.catalogue_files import (
    CatalogueProblem,
    Entity,
    Lexicon,
    load_entities,
    read_lexicon,
)
from zeitgraph.kg.workspace.workspace import Workspace

CASED_KINDS = frozenset({EntityKind.PERSON, EntityKind.BRAND, EntityKind.PRODUCT, EntityKind.PLACE})
"""Kinds whose Latin names are proper names: their case must match the catalogue."""

ALL_CAPS_LENGTH = 4
"""A proper name of at least this many characters may also be in capitals: NIKE for Nike."""

_SPACES = re.compile(r"\s+")
_LATIN = re.compile(r"[A-Za-z]")
_PLURALS = (
    (re.compile(r"(?i)(?:s|x|z|ch|sh)$"), r"\g<0>es"),
    (re.compile(r"(?i)(?<=[^aeiou])y$"), "ies"),
    (re.compile(r"(?<=[A-Za-z])$"), "s"),
)


def written_form(text: str) -> str:
    """`text` in Unicode NFKC, without format characters (category Cf), with single spaces.

    Spaces at both ends are removed; the case is kept.
    """
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isascii():
        folded = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return _SPACES.sub(" ", folded).strip()


def normal_form(text: str) -> str:
    """The key for looking up a name: `written_form` with its case folded. Idempotent."""
    return written_form(text).casefold()


def surface_forms(entity: Entity) -> tuple[str, ...]:
    """The ways in which a text may write `entity`: its names, and English plurals of common nouns.

    Each form once, in the order of `entity.names`.
    """
    names = [written_form(name) for name in entity.names]
    if entity.kind not in CASED_KINDS:
        names += [_plural(name) for name in names if _LATIN.search(name[-1:])]
    return tuple(dict.fromkeys(name for name in names if name))


def _plural(noun: str) -> str:
    pattern, ending = next(rule for rule in _PLURALS if rule[0].search(noun))
    return pattern.sub(ending, noun, count=1)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Entities by id, entity ids by normal form, and the rows that could not be used.

    Two catalogues are never equal, whatever they hold: caches use a catalogue as their key.
    """

    entities: Mapping[str, Entity]
    forms: Mapping[str, tuple[str, ...]]
    problems: tuple[CatalogueProblem, ...] = ()

    @classmethod
    def of(
        cls, entities: Iterable[Entity], problems: Iterable[CatalogueProblem] = ()
    ) -> "Catalogue":
        """A catalogue of `entities`, sorted by id. The order of the input does not matter."""
        by_id = {e.entity_id: e for e in sorted(entities, key=lambda e: e.entity_id)}
        forms: dict[str, list[str]] = {}
        for entity in by_id.values():
            for form in {surface.casefold() for surface in surface_forms(entity)}:
                forms.setdefault(form, []).append(entity.entity_id)
        return cls(by_id, {form: tuple(ids) for form, ids in forms.items()}, tuple(problems))

    def by_name(self, surface: str) -> tuple[Entity, ...]:
        """The entities with the name `surface` in any case, sorted by id."""
        return tuple(self.entities[i] for i in self.forms.get(normal_form(surface), ()))

    def by_cased_name(self, surface: str) -> tuple[Entity, ...]:
        """The entities with the name `surface`, in a case that their kind allows (`cased_forms`).

        Sorted by id.
        """
        form = written_form(surface)
        return tuple(e for e in self.by_name(surface) if _matches_case(form, e))

    def candidates(self, surface: str) -> tuple[Entity, ...]:
        """The entities that `surface` may mean, sorted by id.

        If the case matches some entities, only those are candidates; otherwise every entity with
        that name is. So «nike» may mean Nike, but «apple» means the fruit if the catalogue has it.
        """
        return self.by_cased_name(surface) or self.by_name(surface)

    def without_names_of(self, other: "Catalogue") -> list[Entity]:
        """The entities that share no name with an entity of the same kind in `other`."""
        return [
            entity
            for entity in self.entities.values()
            if not any(
                e.kind == entity.kind for f in surface_forms(entity) for e in other.by_name(f)
            )
        ]


def cased_forms(entity: Entity) -> frozenset[str]:
    """The surface forms of `entity` in the case in which a text must write them.

    A proper name is written as in the catalogue, or with a capital first letter («The Tote» for
    «the Tote»), or in capitals from `ALL_CAPS_LENGTH` characters on. A common noun may have any
    case; its forms are returned with the case folded.
    """
    forms = surface_forms(entity)
    if entity.kind not in CASED_KINDS:
        return frozenset(form.casefold() for form in forms)
    capital = (form[:1].upper() + form[1:] for form in forms)
    all_caps = (form.upper() for form in forms if len(form) >= ALL_CAPS_LENGTH)
    return frozenset([*forms, *capital, *all_caps])


def _matches_case(form: str, entity: Entity) -> bool:
    cased = entity.kind in CASED_KINDS
    return (form if cased else form.casefold()) in cased_forms(entity)


def load_catalogue(path: Path | str) -> Catalogue:
    """The catalogue in the file `path`: .csv, .ttl, .nt, .rdf or .xml (see `catalogue_files.py`).

    A row that cannot be used is listed in `problems`; the other rows are used. Never opens a
    network connection. Raises `InputError` if the file is missing, unreadable or not a catalogue.
    """
    return Catalogue.of(*load_entities(Path(path)))


# -- the catalogue of a workspace ----------------------------------------------------------------


_WORDS = resources.files("zeitgraph.prompts") / "words" / "lexicon.toml"


@lru_cache(maxsize=1)
def everyday_words() -> Lexicon:
    """The everyday words that are part of the package. Parsed once per process."""
    return read_lexicon(_WORDS.read_text("utf-8"))


def catalogue_identity(workspace: Workspace) -> str:
    """A digest that changes when the catalogue of the workspace or the everyday words change.

    Raises `InputError` if the settings name a catalogue file that does not exist.
    """
    path = _catalogue_path(workspace)
    return digest_json([digest_file(path) if path else "", digest_bytes(_WORDS.read_bytes())])


def known_entities(workspace: Workspace) -> Catalogue:
    """The catalogue of the workspace, and the everyday words whose names it does not contain.

    Parsed once per process and content. Raises `InputError` as `load_catalogue` does.
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
            do="set entities.catalogue to an existing file, or to «»",
        )
    return path
