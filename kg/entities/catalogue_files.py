"""Readers of entity files: a catalogue as CSV or SKOS, and the everyday words of the package.

Input: a path. Output: `Entity` records, and a `CatalogueProblem` for each row or concept that
cannot be used. This module does not know about posts and does not look up names.

A CSV file has a header; the table `LAYOUTS` lists the columns that it needs. SKOS (W3C
Recommendation of 18 August 2009, sections 5 and 8) is read from Turtle, N-Triples or RDF/XML by
rdflib, which makes no network request for these formats. JSON-LD is not supported: its contexts may
be fetched from the network.
"""

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.terms import EntityKind

if TYPE_CHECKING:
    import rdflib


@dataclass(frozen=True)
class Entity:
    """An entity of a catalogue. `related` may hold ids that are not in the catalogue."""

    entity_id: str
    kind: str
    name_en: str = ""
    name_zh: str = ""
    aliases: tuple[str, ...] = ()
    description: str = ""
    related: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name for English readers: the first of English name, Chinese name and aliases."""
        return self.name_en or self.name_zh or self.aliases[0]

    @property
    def names(self) -> tuple[str, ...]:
        """All names without duplicates: English, Chinese, then the aliases in their order."""
        return tuple(dict.fromkeys(n for n in (self.name_en, self.name_zh, *self.aliases) if n))


@dataclass(frozen=True)
class CatalogueProblem:
    """A row that cannot be used: its place (a line, or the IRI of a concept) and the reason."""

    where: str
    why: str


@dataclass(frozen=True)
class Cues:
    """Words that suggest a kind: anywhere in the text, directly before a name, directly after."""

    around: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """The everyday words: entities and word lists. `prompts/words/lexicon.toml` describes them."""

    entities: tuple[Entity, ...]
    cues: Mapping[str, Cues]
    function: frozenset[str]
    ordinary: frozenset[str]


def load_entities(path: Path) -> tuple[list[Entity], list[CatalogueProblem]]:
    """The entities in the file `path` in their order, and the rows that cannot be used.

    Ids are unique: of two rows with one id, the first is used. Raises `InputError` if the file is
    missing, has an unknown ending, or cannot be read.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"a catalogue cannot be a «{path.suffix}» file", where=path, do=f"use {_KNOWN_SUFFIXES}"
        )
    try:
        located, problems = reader(path)
    except OSError as error:
        raise InputError(f"the catalogue cannot be read: {error.strerror}", where=path) from error
    except UnicodeDecodeError as error:
        raise InputError("the catalogue is not UTF-8", where=path, do="save it as UTF-8") from error
    kept: dict[str, Entity] = {}
    for where, entity in located:
        why = _why_unusable(entity, kept)
        if why:
            problems.append(CatalogueProblem(where, why))
        else:
            kept[entity.entity_id] = entity
    return list(kept.values()), problems


def _why_unusable(entity: Entity, kept: Mapping[str, Entity]) -> str:
    if not entity.entity_id:
        return "no id"
    if entity.entity_id in kept:
        return f"the id «{entity.entity_id}» occurs above already"
    if entity.kind not in set(EntityKind):
        return f"«{entity.kind}» is no kind; kinds are {', '.join(EntityKind)}"
    return "" if entity.names else "no name"


Located = tuple[list[tuple[str, Entity]], list[CatalogueProblem]]
"""Entities, each with its place in the file, and the rows that could not be read."""


# -- CSV -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """A supported CSV header: for each field, the columns to read; the first filled one is used.

    `required` are the columns by which the layout is recognised. `kind` is the kind of rows that
    have none of their own. Aliases and related ids are separated by `|`.
    """

    name: str
    required: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    kind: str = ""


LAYOUTS = (
    Layout(
        name="zeitgraph",
        required=frozenset({"id", "kind"}),
        columns={
            "entity_id": ("id",),
            "kind": ("kind",),
            "name_en": ("name_en",),
            "name_zh": ("name_zh",),
            "aliases": ("aliases",),
            "description": ("description",),
            "related": ("related",),
        },
    ),
    Layout(  # brands of OpenStreetMap's name-suggestion-index; `path` is their trade
        name="name-suggestion-index",
        required=frozenset({"id", "path", "name"}),
        columns={
            "entity_id": ("id",),
            "name_en": ("name_en", "name"),
            "name_zh": ("name_zh",),
            "aliases": ("aliases",),
            "description": ("path",),
        },
        kind=EntityKind.BRAND,
    ),
)


def _read_csv(path: Path) -> Located:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        try:
            header = [column.strip() for column in next(rows, [])]
            layout = _layout_of(header, path)
            return _csv_rows(rows, header, layout)
        except csv.Error as error:
            raise InputError(f"not CSV: {error}", where=f"{path}, line {rows.line_num}") from error


def _layout_of(header: list[str], path: Path) -> Layout:
    for layout in LAYOUTS:
        if layout.required <= set(header):
            return layout
    known = " or ".join(", ".join(sorted(layout.required)) for layout in LAYOUTS)
    raise InputError("no catalogue: columns are missing", where=path, do=f"it needs {known}")


def _csv_rows(rows: Any, header: list[str], layout: Layout) -> Located:
    located, problems = [], []
    for cells in rows:
        where = f"line {rows.line_num}"
        if not cells:
            continue
        if len(cells) != len(header):
            why = f"{len(cells)} cells where the header has {len(header)}"
            problems.append(CatalogueProblem(where, why))
            continue
        located.append((where, _csv_entity(dict(zip(header, cells, strict=True)), layout)))
    return located, problems


def _csv_entity(row: Mapping[str, str], layout: Layout) -> Entity:
    def cell(field: str) -> str:
        columns = layout.columns.get(field, ())
        return next((row[c].strip() for c in columns if row.get(c, "").strip()), "")

    return Entity(
        entity_id=cell("entity_id"),
        kind=cell("kind") or layout.kind,
        name_en=cell("name_en"),
        name_zh=cell("name_zh"),
        aliases=_split(cell("aliases")),
        description=cell("description"),
        related=_split(cell("related")),
    )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split("|") if part.strip()))


# -- SKOS ----------------------------------------------------------------------------------------

TYPE_KINDS: Mapping[str, EntityKind] = {
    **{str(kind): kind for kind in EntityKind},
    "organization": EntityKind.BRAND,
    "corporation": EntityKind.BRAND,
    "store": EntityKind.BRAND,
    "individualproduct": EntityKind.PRODUCT,
    "productmodel": EntityKind.PRODUCT,
    "city": EntityKind.PLACE,
    "country": EntityKind.PLACE,
    "landmark": EntityKind.PLACE,
    "definedterm": EntityKind.OBJECT,
}
"""The kind for the local name of an `rdf:type`, in lower case: schema.org's classes and our own."""

_BASE = "https://catalogue.invalid/"  # so that relative IRIs do not depend on the current folder

RDF_FORMATS: Mapping[str, str] = {".ttl": "turtle", ".nt": "nt", ".rdf": "xml", ".xml": "xml"}


def _read_skos(path: Path) -> Located:
    import rdflib
    from rdflib.namespace import RDFS, SKOS

    data, graph = path.read_bytes(), rdflib.Graph()
    try:
        graph.parse(data=data, format=RDF_FORMATS[path.suffix.lower()], publicID=_BASE)
    except Exception as error:  # rdflib's parsers let exceptions of any type through
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"not {path.suffix[1:]}: {line[:200]}", where=path) from error
    labelled = {s for label in (SKOS.prefLabel, RDFS.label) for s in graph.subjects(label)}
    concepts = sorted(labelled | set(graph.subjects(rdflib.RDF.type, SKOS.Concept)), key=str)
    if not concepts:
        raise InputError("no catalogue: nothing in it has a skos:prefLabel", where=path)
    with_iri = [c for c in concepts if isinstance(c, rdflib.URIRef)]
    blank = [
        CatalogueProblem(str(c), "a blank node has no id") for c in concepts if c not in with_iri
    ]
    return [(str(c), _skos_entity(graph, c)) for c in with_iri], blank


def _skos_entity(graph: "rdflib.Graph", concept: "rdflib.URIRef") -> Entity:
    from rdflib.namespace import DCTERMS, RDFS, SDO, SKOS

    labels = _literals(graph, concept, SKOS.prefLabel, RDFS.label)
    others = _literals(graph, concept, SKOS.altLabel, SKOS.hiddenLabel)
    descriptions = _literals(graph, concept, SKOS.definition, SDO.description, DCTERMS.description)
    related = {o for p in (SKOS.related, SKOS.broader) for o in graph.objects(concept, p)}
    english = [text for lang, text in labels if lang.startswith("en")]
    chinese = [text for lang, text in labels if lang.startswith("zh")]
    rest = [text for _, text in labels if text not in english + chinese]
    return Entity(
        entity_id=str(concept),
        kind=_skos_kind(graph, concept),
        name_en=next(iter(english + rest), ""),
        name_zh=next(iter(chinese), ""),
        aliases=tuple(dict.fromkeys(text for _, text in [*labels, *others])),
        description=" ".join(text for _, text in descriptions),
        related=tuple(sorted(map(str, related))),
    )


def _literals(
    graph: "rdflib.Graph", concept: "rdflib.URIRef", *predicates: Any
) -> list[tuple[str, str]]:
    """(language, text) of the literals of `concept`, in the order of the predicates."""
    import rdflib

    found: list[tuple[str, str]] = []
    for predicate in predicates:
        literals = [o for o in graph.objects(concept, predicate) if isinstance(o, rdflib.Literal)]
        found += sorted(((o.language or "").lower(), str(o).strip()) for o in literals)
    return [(lang, text) for lang, text in found if text]


def _skos_kind(graph: "rdflib.Graph", concept: "rdflib.URIRef") -> str:
    """The kind of its `rdf:type`, or else of the nearest broader concept with such a type."""
    from rdflib.namespace import RDF, SKOS

    for node in _upwards(graph, concept, SKOS.broader):
        types = sorted(str(t) for t in graph.objects(node, RDF.type))
        names = [t.rstrip("/#").replace("#", "/").rpartition("/")[2].lower() for t in types]
        for name in names:
            if name in TYPE_KINDS:
                return TYPE_KINDS[name]
    return ""


def _upwards(graph: "rdflib.Graph", start: "rdflib.URIRef", broader: Any) -> Iterator[Any]:
    """`start` and all its broader concepts, nearest first; each once, also in a cycle."""
    seen: set[rdflib.term.Node] = {start}
    level: list[rdflib.term.Node] = [start]
    while level:
        yield from level
        above = {o for node in level for o in graph.objects(node, broader)} - seen
        seen |= above
        level = sorted(above, key=str)


READERS: Mapping[str, Callable[[Path], Located]] = {
    ".csv": _read_csv,
    **dict.fromkeys(RDF_FORMATS, _read_skos),
}
"""The reader of a catalogue file, by its suffix."""

_KNOWN_SUFFIXES = ", ".join(READERS)


# -- the everyday words --------------------------------------------------------------------------


def read_lexicon(text: str) -> Lexicon:
    """The everyday words in `text`: TOML in the form that `prompts/words/lexicon.toml` describes.

    Raises `KeyError` or `tomllib.TOMLDecodeError` if it is not in that form.
    """
    tree = tomllib.loads(text)
    entities = [
        Entity(
            entity_id=f"{kind}-{row['id']}",
            kind=kind,
            name_en=row["en"],
            name_zh=row["zh"],
            aliases=tuple(row["aliases"]),
        )
        for kind in (EntityKind.OBJECT, EntityKind.SCENE)
        for row in tree[kind]
    ]
    cues = {
        kind: Cues(tuple(words["around"]), tuple(words["before"]), tuple(words["after"]))
        for kind, words in tree["cue"].items()
    }
    words = {name: frozenset(text.split()) for name, text in tree["words"].items()}
    return Lexicon(tuple(entities), cues, words["function"], words["ordinary"])
