"""Files of entities: a user's catalogue as CSV or SKOS, and the everyday words of zeitgraph.

Comes in: a path. Goes out: `Entity` records, and a `CatalogueProblem` for each row or concept that
cannot be used. Knows nothing about posts or about looking names up.

CSV has a header; which columns it needs says the table `LAYOUTS`. SKOS (W3C Recommendation of 18
August 2009, sections 5 and 8) is read from Turtle, N-Triples or RDF/XML by rdflib, which makes no
request for them; JSON-LD is left out, since its contexts may be fetched.
"""

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeitgraph.kg.base.errors import InputError

if TYPE_CHECKING:
    import rdflib

KINDS = ("person", "brand", "product", "place", "scene", "object", "hashtag")
"""The kinds of entities and mentions."""


@dataclass(frozen=True)
class Entity:
    """Something that can be named: ids of related entities may lie outside the catalogue."""

    entity_id: str
    kind: str
    name_en: str = ""
    name_zh: str = ""
    aliases: tuple[str, ...] = ()
    description: str = ""
    related: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that a reader of English sees."""
        return self.name_en or self.name_zh or self.aliases[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, each once."""
        return tuple(dict.fromkeys(n for n in (self.name_en, self.name_zh, *self.aliases) if n))


@dataclass(frozen=True)
class CatalogueProblem:
    """A row that was set aside: where it stands (a line, or the IRI of a concept), and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Cues:
    """Words that speak for a kind: anywhere in the text, just before a name, just after it."""

    around: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """The everyday words: entities and lists of words; `prompts/words/lexicon.toml` explains."""

    entities: tuple[Entity, ...]
    cues: Mapping[str, Cues]
    function: frozenset[str]
    ordinary: frozenset[str]


Found = tuple[list[Entity], list[CatalogueProblem]]


def load_entities(path: Path) -> Found:
    """The entities of the file at `path`, and what could not be used; raises `InputError`."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"a catalogue cannot be a «{path.suffix}» file", where=path, do=f"use {_KNOWN_ENDINGS}"
        )
    try:
        found, problems = reader(path)
    except OSError as error:
        raise InputError(f"the catalogue cannot be read: {error.strerror}", where=path) from error
    except UnicodeDecodeError as error:
        raise InputError("the catalogue is not UTF-8", where=path, do="save it as UTF-8") from error
    kept: dict[str, Entity] = {}
    for where, entity in found:
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
        return f"the id «{entity.entity_id}» stands above already"
    if entity.kind not in KINDS:
        return f"«{entity.kind}» is no kind; kinds are {', '.join(KINDS)}"
    return "" if entity.names else "no name"


Placed = tuple[list[tuple[str, Entity]], list[CatalogueProblem]]
"""Entities, each with the place where it stands in its file, and what could not be read."""


# -- CSV -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """A header that we understand: for each field the columns to take, the first filled one wins.

    `kind` is the kind of every row where no column tells it. Aliases and related ids are separated
    by `|`.
    """

    name: str
    needs: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    kind: str = ""


LAYOUTS = (
    Layout(
        name="zeitgraph",
        needs=frozenset({"id", "kind"}),
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
    Layout(  # brands of OpenStreetMap's name-suggestion-index; `path` says what they sell
        name="name-suggestion-index",
        needs=frozenset({"id", "path", "name"}),
        columns={
            "entity_id": ("id",),
            "name_en": ("name_en", "name"),
            "name_zh": ("name_zh",),
            "aliases": ("aliases",),
            "description": ("path",),
        },
        kind="brand",
    ),
)


def _read_csv(path: Path) -> Placed:
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
        if layout.needs <= set(header):
            return layout
    known = " or ".join(", ".join(sorted(layout.needs)) for layout in LAYOUTS)
    raise InputError("no catalogue: columns are missing", where=path, do=f"it needs {known}")


def _csv_rows(rows: Any, header: list[str], layout: Layout) -> Placed:
    found, problems = [], []
    for cells in rows:
        where = f"line {rows.line_num}"
        if not cells:
            continue
        if len(cells) != len(header):
            why = f"{len(cells)} cells where the header has {len(header)}"
            problems.append(CatalogueProblem(where, why))
            continue
        found.append((where, _csv_entity(dict(zip(header, cells, strict=True)), layout)))
    return found, problems


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

TYPE_KINDS: Mapping[str, str] = {kind: kind for kind in KINDS} | {
    "organization": "brand",
    "corporation": "brand",
    "store": "brand",
    "individualproduct": "product",
    "productmodel": "product",
    "city": "place",
    "country": "place",
    "landmark": "place",
    "definedterm": "object",
}
"""The kind for the local name of an `rdf:type`: schema.org's classes, and our own."""

_BASE = "https://catalogue.invalid/"  # relative IRIs must not depend on the current folder

RDF_FORMATS: Mapping[str, str] = {".ttl": "turtle", ".nt": "nt", ".rdf": "xml", ".xml": "xml"}


def _read_skos(path: Path) -> Placed:
    import rdflib
    from rdflib.namespace import RDFS, SKOS

    data, graph = path.read_bytes(), rdflib.Graph()
    try:
        graph.parse(data=data, format=RDF_FORMATS[path.suffix.lower()], publicID=_BASE)
    except Exception as error:  # rdflib's parsers raise whatever they meet
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"not {path.suffix[1:]}: {line[:200]}", where=path) from error
    labelled = {s for label in (SKOS.prefLabel, RDFS.label) for s in graph.subjects(label)}
    concepts = sorted(labelled | set(graph.subjects(rdflib.RDF.type, SKOS.Concept)), key=str)
    if not concepts:
        raise InputError("no catalogue: nothing in it has a skos:prefLabel", where=path)
    known = [c for c in concepts if isinstance(c, rdflib.URIRef)]
    nameless = [
        CatalogueProblem(str(c), "a blank node has no id") for c in concepts if c not in known
    ]
    return [(str(c), _skos_entity(graph, c)) for c in known], nameless


def _skos_entity(graph: "rdflib.Graph", concept: "rdflib.URIRef") -> Entity:
    from rdflib.namespace import DCTERMS, RDFS, SDO, SKOS

    labels = _texts(graph, concept, SKOS.prefLabel, RDFS.label)
    others = _texts(graph, concept, SKOS.altLabel, SKOS.hiddenLabel)
    about = _texts(graph, concept, SKOS.definition, SDO.description, DCTERMS.description)
    near = {o for p in (SKOS.related, SKOS.broader) for o in graph.objects(concept, p)}
    english = [text for lang, text in labels if lang.startswith("en")]
    chinese = [text for lang, text in labels if lang.startswith("zh")]
    rest = [text for _, text in labels if text not in english + chinese]
    return Entity(
        entity_id=str(concept),
        kind=_skos_kind(graph, concept),
        name_en=next(iter(english + rest), ""),
        name_zh=next(iter(chinese), ""),
        aliases=tuple(dict.fromkeys(text for _, text in [*labels, *others])),
        description=" ".join(text for _, text in about),
        related=tuple(sorted(map(str, near))),
    )


def _texts(graph: "rdflib.Graph", concept: "rdflib.URIRef", *said: Any) -> list[tuple[str, str]]:
    """(language, text) of the literals of `concept` under the properties `said`, in their order."""
    import rdflib

    found: list[tuple[str, str]] = []
    for predicate in said:
        literals = [o for o in graph.objects(concept, predicate) if isinstance(o, rdflib.Literal)]
        found += sorted(((o.language or "").lower(), str(o).strip()) for o in literals)
    return [(lang, text) for lang, text in found if text]


def _skos_kind(graph: "rdflib.Graph", concept: "rdflib.URIRef") -> str:
    """The kind that its type says, or that of the nearest broader concept that has one."""
    from rdflib.namespace import RDF, SKOS

    for node in _upwards(graph, concept, SKOS.broader):
        types = sorted(str(t) for t in graph.objects(node, RDF.type))
        names = [t.rstrip("/#").replace("#", "/").rpartition("/")[2].lower() for t in types]
        kind = next((TYPE_KINDS[name] for name in names if name in TYPE_KINDS), "")
        if kind:
            return kind
    return ""


def _upwards(graph: "rdflib.Graph", start: "rdflib.URIRef", broader: Any) -> Iterator[Any]:
    """`start` and everything above it, nearest first; a circle is walked once."""
    seen: set[rdflib.term.Node] = {start}
    rank: list[rdflib.term.Node] = [start]
    while rank:
        yield from rank
        above = {o for node in rank for o in graph.objects(node, broader)} - seen
        seen |= above
        rank = sorted(above, key=str)


READERS: Mapping[str, Callable[[Path], Placed]] = {
    ".csv": _read_csv,
    **dict.fromkeys(RDF_FORMATS, _read_skos),
}
_KNOWN_ENDINGS = ", ".join(READERS)


# -- the everyday words --------------------------------------------------------------------------


def read_lexicon(text: str) -> Lexicon:
    """The everyday words of `text`, TOML as `prompts/words/lexicon.toml` describes it."""
    tree = tomllib.loads(text)
    entities = [
        Entity(
            entity_id=f"{kind}-{row['id']}",
            kind=kind,
            name_en=row["en"],
            name_zh=row["zh"],
            aliases=tuple(row["aliases"]),
        )
        for kind in ("object", "scene")
        for row in tree[kind]
    ]
    cues = {
        kind: Cues(tuple(words["around"]), tuple(words["before"]), tuple(words["after"]))
        for kind, words in tree["cue"].items()
    }
    words = {name: frozenset(text.split()) for name, text in tree["words"].items()}
    return Lexicon(tuple(entities), cues, words["function"], words["ordinary"])
