"""A small world for the tests of both graph stores: random tables of some weeks."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.graph.bolt_stage import write_bolt
from zeitgraph.kg.graph.rdf_stage import write_graph
from zeitgraph.kg.stages import STAGES
from zeitgraph.kg.workspace.pipeline import Job, Span
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

KINDS = ("object", "scene", "brand", "person", "product", "place", "hashtag")
STATES = ("emerging", "rising", "steady", "fading", "not-enough-data")
FIRST_WEEK = "2026-W40"
READS = tuple(read.table for stage in STAGES if stage.name == "bolt" for read in stage.reads)

HOSTILE = (
    'quote " and \\ and \n',
    "'; DROP GRAPH <x> ; #",
    "}) DETACH DELETE n //",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "..",
    "%2F?#@:",
    "露营 → glamping 🏕️",
    "\x00\x1b[31m\r",
    "{{ 7 * 7 }} $id ${x}",
    "\u202eright to left\u2028",
    "\uffff😀\ue000",
)
"""Texts and ids that do harm if a text becomes part of a query, a path or a page."""


@dataclass(frozen=True)
class World:
    """A workspace and the rows of its tables, week by week."""

    workspace: Workspace
    rows: Mapping[str, Rows] = field(repr=False)

    @property
    def weeks(self) -> list[str]:
        return sorted(self.rows)


def make_workspace(folder: Path, **graph: object) -> Workspace:
    """An empty workspace with these settings of the graph."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['profile = "vectors"', "[graph]", *(f"{k} = {_toml(v)}" for k, v in graph.items())]
    (folder / "zeitgraph.toml").write_text("\n".join(lines) + "\n")
    return Workspace(folder)


def make_world(
    folder: Path, weeks: int = 3, posts: int = 24, seed: int = 1, texts: Sequence[str] = HOSTILE,
    **graph: object,
) -> World:  # fmt: skip
    """A workspace with tables and empty stores."""
    workspace = make_workspace(folder, **graph)
    dice = random.Random(seed)
    rows = {
        week: week_rows(week, dice, posts, texts)
        for week in (week_after(FIRST_WEEK, number) for number in range(weeks))
    }
    world = World(workspace, rows)
    for week, tables in rows.items():
        write_rows(workspace, week, tables)
    return world


def write_rows(workspace: Workspace, week: str, tables: Rows) -> None:
    for name in READS:
        workspace.write(name, week, make_table(TABLES[name], tables.get(name, ())))


def job_of(workspace: Workspace, week: str) -> Job:
    """The job that the runner gives to the stages of both graphs."""
    return Job(workspace, week, {(name, "week"): workspace.read(name, week) for name in READS})


def job_with(workspace: Workspace, week: str, tables: Rows) -> Job:
    """A job on rows that are in no file."""
    made: dict[tuple[str, Span], pa.Table] = {
        (name, "week"): make_table(TABLES[name], tables.get(name, ())) for name in READS
    }
    return Job(workspace, week, made)


def fill(world: World, *stages: Callable[[Job], Any]) -> World:
    """Write all weeks to the stores."""
    for week in world.weeks:
        for stage in stages or (write_graph, write_bolt):
            stage(job_of(world.workspace, week))
    return world


def week_rows(week: str, dice: random.Random, posts: int, texts: Sequence[str]) -> Rows:
    """Rows of all tables of one week, consistent like those of the stages."""
    ids = [f"{week}/{n}/{dice.choice(texts)}" for n in range(posts)]
    clusters = [f"c-{n}" for n in range(4)] + [f"c {dice.choice(texts)}"]
    entities = [(f"e {kind} {n}", kind) for kind in KINDS for n in range(2)]
    entities.append((f"e {dice.choice(texts)}", "brand"))
    member = {post: dice.choice([*clusters[1:], ""]) for post in ids}
    links = {post: dice.sample(entities, dice.randint(0, 5)) for post in ids}
    met = sorted({entity for linked in links.values() for entity in linked})
    sizes = {c: sum(of == c for of in member.values()) for c in clusters}
    return {
        "posts": [_post(week, post, dice, texts) for post in ids],
        "media": [
            {"media_id": f"m-{n % 7}", "post_id": post, "kind": "picture", "week": week}
            | {"path": f"media/m-{n % 7}.png", "position": 0}
            for n, post in enumerate([*ids, "set aside"])
        ],
        "clusters": [
            {"cluster_id": c, "name": f"{c} in {week}", "name_en": f"{c} in {week}"}
            | {"name_zh": f"{c} 风格", "origin": "named" if c == "c-1" else "discovered"}
            | {"style": "camping" if c == "c-1" else None, "week": week, "posts": sizes[c]}
            for c in clusters
        ],
        "memberships": [
            {"post_id": post, "cluster_id": c, "week": week, "weight": dice.random()}
            for post, c in member.items()
        ],
        "trends": [
            {"week": week, "cluster_id": c, "posts": sizes[c], "heat": dice.random() * 9}
            | {"share": 0.0 if c == "c-1" else sizes[c] / posts}  # of c-1 all may be copies
            | {"share_low": 0.0, "share_high": dice.random()}
            | {"growth": dice.choice([None, 0.5, dice.uniform(-1, 1), float("nan")])}
            | {"state": dice.choice(STATES), "fair_share": None if c == "c-1" else 0.25}
            | {"forecast": sizes[c] / posts, "forecast_low": 0.0, "forecast_high": 0.75}
            for c in clusters
        ],
        "lineage": [
            {"week": week, "event": "born", "cluster_id": clusters[1], "measure": 0.25},
            {"week": week, "event": "split", "cluster_id": clusters[2], "other_id": clusters[3]},
            {"week": week, "event": "faded", "cluster_id": "c-gone", "other_id": ""},
        ],
        "rules": _rules(week, clusters, texts),
        "links": [
            {"post_id": post, "start": 3 * n, "end": 3 * n + 2, "entity_id": entity, "week": week}
            | {"score": 1.0, "how": "alias"}
            for post, linked in links.items()
            for n, (entity, _) in enumerate([*linked, *linked[:1]])
        ]
        + [{"post_id": ids[0], "start": 90, "end": 91, "entity_id": "", "how": "nil"}],
        "entities": [
            {"entity_id": e, "kind": k, "name": f"{e}!", "name_en": f"{e}!", "week": week}
            | {"name_zh": None if k == "brand" else "名", "source": "catalogue"}
            for e, k in met
        ],
        "facts": _facts(week, member, links, sizes),
    }


def _rules(week: str, clusters: Sequence[str], texts: Sequence[str]) -> list[dict[str, Any]]:
    """Rules for all clusters but the first and for some sub-styles; position 0 for the first."""
    dice = random.Random(week)
    return [
        {"week": week, "cluster_id": c, "substyle_id": part, "position": place}
        | {"feature": "word" if place == 3 else "hue", "low": None if place == 2 else 200.0}
        | {"high": 260.5, "word": dice.choice(texts) if place == 3 else ""}
        | {"precision": dice.random(), "recall": dice.random(), "posts": 5, "members": 7}
        for c in clusters[1:]
        for part in ("", "s-1", f"s {dice.choice(texts)}")
        for place in range(1, dice.randint(2, 4))
    ] + [
        {"week": week, "cluster_id": clusters[0], "substyle_id": "", "position": 0}
        | {"feature": "", "word": "", "members": 9}
    ]


def _post(week: str, post: str, dice: random.Random, texts: Sequence[str]) -> dict[str, Any]:
    moment = week_start(week) + timedelta(microseconds=dice.randrange(7 * 86_400 * 10**6))
    return {
        "post_id": post,
        "week": week,
        "published_at": moment,
        "text": dice.choice([*texts, None]),
        "lang": dice.choice(["en", "zh", None]),
        "heat": dice.choice([dice.random() * 9, 1.0]),
        "url": dice.choice([None, "https://a.example/?q=<b>", "javascript:alert(1)"]),
    }


def _facts(
    week: str,
    member: Mapping[str, str],
    links: Mapping[str, Sequence[tuple[str, str]]],
    sizes: Mapping[str, int],
) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str, str], int] = {}
    posts: dict[str, int] = {}
    for post, linked in links.items():
        for entity, kind in linked:
            posts[entity] = posts.get(entity, 0) + 1
            facts = [(entity, "co_occurs_with", other) for other, _ in linked if other != entity]
            if member[post]:
                facts.append((member[post], f"features_{kind}", entity))
            for fact in facts:
                counts[fact] = counts.get(fact, 0) + 1
    return [
        {"week": week, "subject": s, "predicate": p, "object": o, "count": count}
        | {"probability": count / (posts[s] if p == "co_occurs_with" else sizes[s])}
        for (s, p, o), count in sorted(counts.items())
    ]


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
