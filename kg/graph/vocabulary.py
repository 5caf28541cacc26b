"""The vocabulary: kinds of nodes and relations, and what each is called in RDF and in Cypher.

Two tables, `KINDS` and `RELATIONS`, are all that both stores know of our terms: a node `Post` with
`text` is a `schema:SocialMediaPosting` with `schema:text` in RDF and `(:Post {text})` in Cypher.
Standard vocabularies come first (schema.org, SKOS, PROV-O, Dublin Core, OWL-Time); our own terms
(`zg:`) are declared in `kg/graph/ontology.ttl`. Knows nothing about tables or stores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

PREFIXES: Mapping[str, str] = {
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "zg": "https://zeitgraph.example/ontology#",
}
"""Prefixes that every question may use without declaring them."""

_NAMES = {
    "name": "rdfs:label",
    "name_en": "skos:prefLabel@en",
    "name_zh": "skos:prefLabel@zh",
}


@dataclass(frozen=True)
class Kind:
    """A kind of node. `classes` and the predicates of `properties` are CURIEs.

    A predicate may carry a language (`skos:prefLabel@en`); otherwise a string is an xsd:string, an
    integer an xsd:integer, a float an xsd:double, a moment an xsd:dateTime. A `weekly` node belongs
    to one week and goes with it; others are shared.
    """

    path: str
    classes: tuple[str, ...]
    properties: Mapping[str, str]
    weekly: bool = False


@dataclass(frozen=True)
class RelationKind:
    """A kind of relation: its predicate; the class of the statement that carries its `properties`.

    A relation with properties stands in RDF twice: as a plain triple, and as a statement (RDF 1.1
    Semantics, D.1) with rdf:subject, rdf:predicate, rdf:object and the properties.
    """

    predicate: str
    properties: Mapping[str, str]
    statement: str = ""


KINDS: Mapping[str, Kind] = {
    "Week": Kind(
        "week",
        ("time:ProperInterval",),
        {"id": "dcterms:identifier", "posts": "zg:posts", "heat": "zg:heat"},
        weekly=True,
    ),
    "Instant": Kind(
        "instant",
        ("time:Instant",),
        {"id": "dcterms:identifier", "at": "time:inXSDDateTime"},
    ),
    "Post": Kind(
        "post",
        ("schema:SocialMediaPosting",),
        {
            "id": "dcterms:identifier",
            "text": "schema:text",
            "published_at": "schema:datePublished",
            "lang": "schema:inLanguage",
            "url": "schema:url",
            "heat": "zg:heat",
        },
        weekly=True,
    ),
    "Image": Kind(
        "image",
        ("schema:ImageObject",),
        {"id": "dcterms:identifier", "path": "schema:contentUrl"},
    ),
    "Cluster": Kind(
        "cluster",
        ("skos:Concept", "zg:Cluster"),
        {"id": "dcterms:identifier", "origin": "zg:origin", "style": "zg:style", **_NAMES},
    ),
    "ClusterWeek": Kind(
        "cluster-week",
        ("zg:ClusterWeek",),
        {
            "posts": "zg:posts",
            "heat": "zg:heat",
            "share": "zg:share",
            "share_low": "zg:shareLow",
            "share_high": "zg:shareHigh",
            "fair_share": "zg:fairShare",
            "forecast": "zg:forecast",
            "forecast_low": "zg:forecastLow",
            "forecast_high": "zg:forecastHigh",
            "growth": "zg:growth",
            "state": "zg:state",
            **_NAMES,
        },
        weekly=True,
    ),
    "Condition": Kind(
        "condition",
        ("zg:Condition",),
        {
            "substyle_id": "zg:substyle",
            "position": "zg:position",
            "feature": "zg:feature",
            "low": "zg:low",
            "high": "zg:high",
            "word": "zg:word",
            "precision": "zg:precision",
            "recall": "zg:recall",
            "posts": "zg:posts",
            "members": "zg:members",
        },
        weekly=True,
    ),
    "Entity": Kind(
        "entity",
        ("zg:Entity",),
        {
            "id": "dcterms:identifier",
            "kind": "zg:kind",
            "name": "rdfs:label",
            "name_en": "schema:name@en",
            "name_zh": "schema:name@zh",
        },
    ),
    "EntityWeek": Kind(
        "entity-week", ("zg:EntityWeek",), {"posts": "zg:posts", **_NAMES}, weekly=True
    ),
    "Event": Kind(
        "event",
        ("zg:Event", "prov:Activity"),
        {
            "event": "zg:event",
            "measure": "zg:measure",
            "done_by": "zg:doneBy",
            **_NAMES,
        },
        weekly=True,
    ),
}

ENTITY_CLASSES: Mapping[str, str] = {
    "person": "schema:Person",
    "brand": "schema:Brand",
    "product": "schema:Product",
    "place": "schema:Place",
    "scene": "zg:Scene",
    "object": "zg:Object",
    "hashtag": "zg:Hashtag",
}
"""The class of an entity, by its kind."""

_COUNTED = {"count": "zg:count", "probability": "zg:probability"}

RELATIONS: Mapping[str, RelationKind] = {
    "BEGINS": RelationKind("time:hasBeginning", {}),
    "ENDS": RelationKind("time:hasEnd", {}),
    "IN_WEEK": RelationKind("zg:inWeek", {}),
    "SHOWS": RelationKind("schema:image", {}),
    "MENTIONS": RelationKind("schema:mentions", {}),
    "IN_CLUSTER": RelationKind("zg:inCluster", {"weight": "zg:weight"}, "zg:Membership"),
    "OBSERVES": RelationKind("zg:observes", {}),
    "SETS_APART": RelationKind("zg:setsApart", {}),
    "ABOUT": RelationKind("zg:about", {}),
    "OTHER": RelationKind("zg:other", {}),
    **{
        f"FEATURES_{kind.upper()}": RelationKind(
            f"zg:features{kind.capitalize()}", _COUNTED, "zg:Fact"
        )
        for kind in ENTITY_CLASSES
    },
    "CO_OCCURS_WITH": RelationKind("zg:coOccursWith", _COUNTED, "zg:Fact"),
}

STATEMENT_TERMS = ("rdf:subject", "rdf:predicate", "rdf:object", "zg:inWeek")
"""What every statement carries beside its properties."""


def expand(curie: str) -> str:
    """The IRI that a CURIE stands for; `KeyError` for a prefix that is not in `PREFIXES`."""
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def thing_iri(base: str, path: str, *keys: str) -> str:
    """The IRI of a thing: `base`, its path, and its keys, each in a segment of its own.

    Everything but RFC 3986's unreserved characters is percent-encoded, and a key of dots only is
    encoded whole, so that no key leaves its segment.
    """
    return base + "/".join((path, *map(_segment, keys)))


def _segment(key: str) -> str:
    quoted = quote(key, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def iso_text(moment: datetime) -> str:
    """`moment` in UTC as `2026-11-09T08:30:00Z`, with microseconds where it has any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
