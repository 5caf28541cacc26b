"""Linking: which entity each mention means.

Comes in: the mentions of a week, their posts, and the entities that earlier weeks met. Goes out:
`links`, one row per mention, and `entities`, one row for each entity met this week. Knows nothing
about how mentions were found.

A mention is linked by `alias` (it has one meaning in the catalogue or the everyday words, score 1),
by `context` (it has several, and the text around decides: `disambiguation.py`), as `new` (it
is unknown, but it recurs), or it is `nil`, with an empty entity. A name recurs when
`entities.recurs` posts of one week write it; from then on it is an entity, called as most posts of
that week write it. The score of a new one is n / (n + 1) for n posts of the week that write it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

import pyarrow as pa

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.entities.catalogue import (
    Catalogue,
    everyday_words,
    known_entities,
    normal_form,
)
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.entities.disambiguation import Choice, Disambiguator, Name
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

Row = Mapping[str, Any]
_HASHES = "#＃"
_HAN = re.compile(r"[㐀-鿿豈-﫿]")


def link_mentions(job: Job) -> dict[str, pa.Table]:
    """The week's `links` and `entities`; raises `InputError` where the catalogue is not there."""
    texts = {row["post_id"]: row["text"] for row in job.table("posts").to_pylist()}
    mentions = sorted(job.table("mentions").to_pylist(), key=_place)
    choices = _choices(disambiguator_of(job.workspace), texts, mentions)
    coined = _coined_before(job.table("entities", "history"))
    new = _recurring(mentions, choices, coined, job.settings.entities.recurs)
    links, met = [], {}
    for mention, choice in zip(mentions, choices, strict=True):
        decided = _settle(mention, choice, new)
        links.append(_link_row(mention, decided))
        if decided.entity:
            met[decided.entity.entity_id] = _entity_row(decided.entity, job.week, decided.how)
    return {
        "links": make_table(TABLES["links"], links),
        "entities": make_table(TABLES["entities"], (met[key] for key in sorted(met))),
    }


def disambiguator_of(workspace: Workspace) -> Disambiguator:
    """What decides between candidates in `workspace`; made once per process for one catalogue."""
    return _disambiguator(known_entities(workspace), workspace.settings.entities.min_score)


@lru_cache(maxsize=4)
def _disambiguator(catalogue: Catalogue, min_score: float) -> Disambiguator:
    return Disambiguator(catalogue, everyday_words(), min_score)


def new_entity_id(kind: str, surface: str) -> str:
    """The id of the entity that a recurring name makes where nothing is known by it."""
    return content_id("e", kind, normal_form(surface.strip(_HASHES)))


def _place(mention: Row) -> tuple[str, int, int, str]:
    return mention["post_id"], mention["start"], mention["end"], mention["kind"]


def _choices(
    disambiguator: Disambiguator, texts: Mapping[str, str], mentions: Sequence[Row]
) -> list[Choice]:
    choices: list[Choice] = []
    for post_id, group in groupby(mentions, key=lambda mention: mention["post_id"]):
        names = [Name(m["start"], m["end"], m["surface"].strip(_HASHES), m["kind"]) for m in group]
        choices += disambiguator.choose(texts[post_id], names)
    return choices


# -- names that nothing is known by ----------------------------------------------------------------


def _coined_before(history: pa.Table) -> dict[str, Entity]:
    """The entities that earlier weeks made of recurring names, as they were last called."""
    rows = (row for row in history.to_pylist() if row["source"] == "posts")
    return {
        row["entity_id"]: Entity(
            row["entity_id"], row["kind"], row["name_en"] or "", row["name_zh"] or ""
        )
        for row in sorted(rows, key=lambda row: row["week"])
    }


def _recurring(
    mentions: Sequence[Row], choices: Sequence[Choice], coined: Mapping[str, Entity], recurs: int
) -> dict[str, Choice]:
    """For the id of each unknown name that recurs, or that an earlier week made: its entity."""
    posts: dict[str, set[str]] = {}
    written: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    for mention, choice in zip(mentions, choices, strict=True):
        if choice.how == "new":
            entity_id = new_entity_id(mention["kind"], mention["surface"])
            kinds[entity_id] = mention["kind"]
            posts.setdefault(entity_id, set()).add(mention["post_id"])
            written.setdefault(entity_id, Counter())[mention["surface"].strip(_HASHES)] += 1
    return {
        entity_id: Choice(
            coined.get(entity_id) or _coin(entity_id, kinds[entity_id], written[entity_id]),
            len(ids) / (len(ids) + 1),
            "new",
        )
        for entity_id, ids in posts.items()
        if len(ids) >= recurs or entity_id in coined
    }


def _coin(entity_id: str, kind: str, written: Counter[str]) -> Entity:
    name = min(written, key=lambda surface: (-written[surface], surface))
    if _HAN.search(name):
        return Entity(entity_id, kind, name_zh=name)
    return Entity(entity_id, kind, name_en=name)


def _settle(mention: Row, choice: Choice, new: Mapping[str, Choice]) -> Choice:
    if choice.how != "new":
        return choice
    return new.get(new_entity_id(mention["kind"], mention["surface"]), Choice(None, 0.0, "nil"))


# -- rows ------------------------------------------------------------------------------------------


def _link_row(mention: Row, choice: Choice) -> Row:
    return {
        **{column: mention[column] for column in ("post_id", "start", "end", "week")},
        "entity_id": choice.entity.entity_id if choice.entity else "",
        "score": choice.score,
        "how": choice.how,
    }


def _entity_row(entity: Entity, week: str, how: str) -> Row:
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "kind": entity.kind,
        "name_en": entity.name_en or None,
        "name_zh": entity.name_zh or None,
        "source": "posts" if how == "new" else "catalogue",
        "week": week,
    }
