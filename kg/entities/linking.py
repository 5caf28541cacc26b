"""Entity linking: decides which entity each mention means.

Input: the mentions of a week, their posts, and the entities of earlier weeks. Output: `links`, one
row per mention, and `entities`, one row for each entity that a post of the week mentions. This
module does not know how mentions are found.

A link has one of four reasons. `alias`: the name has one meaning in the catalogue or the everyday
words; score 1. `context`: it has several meanings and the text around it decides
(`disambiguation.py`). `new`: the name is unknown but it recurs. `nil`: none of these; the entity id
is empty. A name recurs if at least `entities.recurs` posts of one week contain it. It is an entity
from that week on, with its most frequent spelling of that week as its name. The score of a `new`
link is n / (n + 1), where n is the number of posts in the week that contain the name.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

import pyarrow as pa

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.terms import EntitySource, LinkWay
from zeitgraph.kg.entities.catalogue import (
    Catalogue,
    everyday_words,
    known_entities,
    normal_form,
)
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.entities.disambiguation import Choice, Disambiguator, Name
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import EntityRow, LinkRow, MentionRow
from zeitgraph.kg.workspace.tables import ENTITIES, LINKS, MENTIONS, POSTS, make_table
from zeitgraph.kg.workspace.workspace import Workspace

_HASHES = "#＃"
_HAN = re.compile(r"[㐀-鿿豈-﫿]")


def link_mentions(job: Job) -> dict[str, pa.Table]:
    """The tables `links` and `entities` of the week.

    Raises `InputError` if the settings name a catalogue that does not exist or cannot be read.
    """
    posts = job.rows(POSTS, columns=["post_id", "text"])
    texts = {row["post_id"]: row["text"] or "" for row in posts}
    mentions = sorted(job.rows(MENTIONS), key=_position)
    choices = _choices(disambiguator_of(job.workspace), texts, mentions)
    earlier = _new_entities_before(job.rows(ENTITIES, "history"))
    new = _recurring(mentions, choices, earlier, job.settings.entities.recurs)
    links, entities = [], {}
    for mention, choice in zip(mentions, choices, strict=True):
        final = _final_choice(mention, choice, new)
        links.append(_link_row(mention, final))
        if final.entity:
            entities[final.entity.entity_id] = _entity_row(final.entity, job.week, final.how)
    return {
        "links": make_table(LINKS, links),
        "entities": make_table(ENTITIES, (entities[key] for key in sorted(entities))),
    }


def disambiguator_of(workspace: Workspace) -> Disambiguator:
    """The disambiguator for the catalogue of `workspace`; made once per process and catalogue.

    Raises `InputError` as `known_entities` does.
    """
    return _disambiguator(known_entities(workspace), workspace.settings.entities.min_score)


@lru_cache(maxsize=4)
def _disambiguator(catalogue: Catalogue, min_score: float) -> Disambiguator:
    return Disambiguator(catalogue, everyday_words(), min_score)


def new_entity_id(kind: str, surface: str) -> str:
    """The id of the entity for a recurring name that is not in the catalogue."""
    return content_id("e", kind, normal_form(surface.strip(_HASHES)))


def _position(mention: MentionRow) -> tuple[str, int, int, str]:
    return mention["post_id"], mention["start"], mention["end"], mention["kind"]


def _choices(
    disambiguator: Disambiguator, texts: Mapping[str, str], mentions: Sequence[MentionRow]
) -> list[Choice]:
    choices: list[Choice] = []
    for post_id, group in groupby(mentions, key=lambda mention: mention["post_id"]):
        names = [Name(m["start"], m["end"], m["surface"].strip(_HASHES), m["kind"]) for m in group]
        choices += disambiguator.choose(texts[post_id], names)
    return choices


# -- names that are not in the catalogue -----------------------------------------------------------


def _new_entities_before(history: Iterable[EntityRow]) -> dict[str, Entity]:
    """The entities that earlier weeks made of recurring names, with their newest names."""
    rows = (row for row in history if row["source"] == EntitySource.POSTS)
    return {
        row["entity_id"]: Entity(
            row["entity_id"], row["kind"], row["name_en"] or "", row["name_zh"] or ""
        )
        for row in sorted(rows, key=lambda row: row["week"])
    }


def _recurring(
    mentions: Sequence[MentionRow],
    choices: Sequence[Choice],
    earlier: Mapping[str, Entity],
    recurs: int,
) -> dict[str, Choice]:
    """By entity id, the choice for each unknown name that recurs, now or in an earlier week."""
    posts: dict[str, set[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    for mention, choice in zip(mentions, choices, strict=True):
        if choice.how == LinkWay.NEW:
            entity_id = new_entity_id(mention["kind"], mention["surface"])
            kinds[entity_id] = mention["kind"]
            posts.setdefault(entity_id, set()).add(mention["post_id"])
            spellings.setdefault(entity_id, Counter())[mention["surface"].strip(_HASHES)] += 1
    return {
        entity_id: Choice(
            earlier.get(entity_id)
            or _new_entity(entity_id, kinds[entity_id], spellings[entity_id]),
            len(ids) / (len(ids) + 1),
            LinkWay.NEW,
        )
        for entity_id, ids in posts.items()
        if len(ids) >= recurs or entity_id in earlier
    }


def _new_entity(entity_id: str, kind: str, spellings: Counter[str]) -> Entity:
    name = min(spellings, key=lambda surface: (-spellings[surface], surface))
    if _HAN.search(name):
        return Entity(entity_id, kind, name_zh=name)
    return Entity(entity_id, kind, name_en=name)


def _final_choice(mention: MentionRow, choice: Choice, new: Mapping[str, Choice]) -> Choice:
    if choice.how != LinkWay.NEW:
        return choice
    entity_id = new_entity_id(mention["kind"], mention["surface"])
    return new.get(entity_id, Choice(None, 0.0, LinkWay.NIL))


# -- rows ------------------------------------------------------------------------------------------


def _link_row(mention: MentionRow, choice: Choice) -> LinkRow:
    return {
        "post_id": mention["post_id"],
        "start": mention["start"],
        "end": mention["end"],
        "week": mention["week"],
        "entity_id": choice.entity.entity_id if choice.entity else "",
        "score": choice.score,
        "how": choice.how,
    }


def _entity_row(entity: Entity, week: str, how: LinkWay) -> EntityRow:
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "kind": entity.kind,
        "name_en": entity.name_en or None,
        "name_zh": entity.name_zh or None,
        "source": EntitySource.POSTS if how == LinkWay.NEW else EntitySource.CATALOGUE,
        "week": week,
    }
