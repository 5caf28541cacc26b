"""The vocabulary: the kinds of nodes and relations, with their names in RDF and in Cypher.

Two tables, `NODE_KINDS` and `RELATIONS`, define the terms of both stores: a node `Post` with `text`
is a `schema:SocialMediaPosting` with `schema:text` in RDF and `(:Post {text})` in Cypher. Terms of
standard vocabularies (schema.org, SKOS, PROV-O, Dublin Core, OWL-Time) are used where they exist;
our own terms (`zg:`) are declared in `kg/graph/ontology.ttl`. This module does not know about
tables or stores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from zeitgraph.kg.base.terms import EntityKind, Predicate

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
"""Prefixes that every SPARQL query may use without declaring them."""

_NAMES = {
    "name": "rdfs:label",
    "name_en": "skos:prefLabel@en",
    "name_zh": "skos:prefLabel@zh",
}


@dataclass(frozen=True)
class NodeKind:
    """A kind of node: the first segment of its IRIs, its RDF classes, its properties.

    `classes` are CURIEs. `properties` maps the name in Cypher to the predicate in RDF, a CURIE,
    with a language tag for texts in that language (`skos:prefLabel@en`). Without a tag, a str is an
    xsd:string, an int an xsd:integer, a float an xsd:double and a datetime an xsd:dateTime. A
    `weekly` node belongs to one week and is removed with it; other nodes are shared by weeks.
    """

    path: str
    classes: tuple[str, ...]
    properties: Mapping[str, str]
    weekly: bool = False


@dataclass(frozen=True)
class RelationKind:
    """A kind of relation: its predicate and its properties, as in `NodeKind`.

    A relation with properties is in RDF twice: as a plain triple, and as a statement of the class
    `statement` (RDF 1.1 Semantics, D.1) with rdf:subject, rdf:predicate, rdf:object, zg:inWeek and
    the properties.
    """

    predicate: str
    properties: Mapping[str, str]
    statement: str = ""


NODE_KINDS: Mapping[str, NodeKind] = {
    "Week": NodeKind(
        "week",
        ("time:ProperInterval",),
        {"id": "dcterms:identifier", "posts": "zg:posts", "heat": "zg:heat"},
        weekly=True,
    ),
    "Instant": NodeKind(
        "instant",
        ("time:Instant",),
        {"id": "dcterms:identifier", "at": "time:inXSDDateTime"},
    ),
    "Post": NodeKind(
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
    "Image": NodeKind(
        "image",
        ("schema:ImageObject",),
        {"id": "dcterms:identifier", "path": "schema:contentUrl"},
    ),
    "Cluster": NodeKind(
        "cluster",
        ("skos:Concept", "zg:Cluster"),
        {"id": "dcterms:identifier", "origin": "zg:origin", "style": "zg:style", **_NAMES},
    ),
    "ClusterWeek": NodeKind(
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
    "Condition": NodeKind(
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
    "Entity": NodeKind(
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
    "EntityWeek": NodeKind(
        "entity-week", ("zg:EntityWeek",), {"posts": "zg:posts", **_NAMES}, weekly=True
    ),
    "Event": NodeKind(
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
"""The kinds of nodes, by their label in Cypher."""

ENTITY_CLASSES: Mapping[str, str] = {
    EntityKind.PERSON: "schema:Person",
    EntityKind.BRAND: "schema:Brand",
    EntityKind.PRODUCT: "schema:Product",
    EntityKind.PLACE: "schema:Place",
    EntityKind.SCENE: "zg:Scene",
    EntityKind.OBJECT: "zg:Object",
    EntityKind.HASHTAG: "zg:Hashtag",
}
"""The RDF class of an entity, by its kind."""

_FACT = {"count": "zg:count", "probability": "zg:probability"}

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
            f"zg:features{kind.capitalize()}", _FACT, "zg:Fact"
        )
        for kind in EntityKind
    },
    Predicate.CO_OCCURS_WITH.upper(): RelationKind("zg:coOccursWith", _FACT, "zg:Fact"),
}
"""The kinds of relations, by their type in Cypher."""


def expand(curie: str) -> str:
    """The IRI of a CURIE. Raises `KeyError` if its prefix is not in `PREFIXES`."""
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def resource_iri(base: str, path: str, *keys: str) -> str:
    """The IRI of a resource: `base`, `path`, and one segment for each key.

    All characters except the unreserved ones (RFC 3986, 2.3) are percent-encoded. Dots are encoded
    too in a key that has only dots (RFC 3986, 5.2.4), so that every key stays in its segment.
    """
    return base + "/".join((path, *map(_segment, keys)))


def _segment(key: str) -> str:
    quoted = quote(key, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def iso_text(moment: datetime) -> str:
    """`moment` in UTC, in ISO 8601: `2026-11-09T08:30:00Z`, with microseconds unless they are 0.

    `moment` must have a time zone.
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
