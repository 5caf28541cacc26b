"""A world with its truth and the tables of a product, as rows that tests may change.

`planted` gives the truth, `perfect` the tables of a product that makes no mistake, `blind` those of
a random one. `write` writes both as files and returns a case to score.
"""

import csv
import json
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.columns import COLUMNS, COST_FILE, score_one
from zeitgraph.reports.evaluation.score import Score
from zeitgraph.reports.evaluation.truth import Truth

Rows = dict[str, list[dict[str, Any]]]

WEEKS = [week_after("2026-W46", number - 19) for number in range(20)]
DRIFTS = {"camping": ("glamping", 1.0), "coastal": ("riviera", 0.65), "gothic": ("velvet", 0.3)}
OTHERS = {"camping": "glamping", "coastal": "riviera", "gothic": "velvet", "dopamine": "candy"}
NAMED = {"cyberpunk", "camping", "coastal", "gothic", "dopamine", "y2k", "vintage-film"}
OBJECTS = ("cup", "ball", "cake", "tent")
RULED = {"cyberpunk": 300, "y2k": 230, "dopamine": 50}
"""Styles with a planted rule, and their hue; all others are grey."""
PER_WEEK = 12  # posts of each lineage in a week


def alive(step: int) -> list[str]:
    """The lineages of a week."""
    late = {"candy": 8, "fairycore": 10, "harvest": 12}
    gone = {"vaporwave": 12, "vintage-film": 14, "harvest": 16}
    names = [*sorted(NAMED), "vaporwave", "candy", "fairycore", "harvest"]
    return [n for n in names if late.get(n, 0) <= step < gone.get(n, 99)]


def drift_of(lineage: str, step: int) -> float:
    return DRIFTS[lineage][1] * step / (len(WEEKS) - 1) if lineage in DRIFTS else 0.0


def planted() -> Rows:
    """The truth: 20 weeks, 12 posts a week of each lineage."""
    truth: Rows = {"posts": [], "mentions": [], "shares": [], "events": []}
    truth["rules"] = [
        {"style": style, "feature": "hue", "low": hue - 20, "high": hue + 20, "share": 1}
        for style, hue in RULED.items()
    ]
    for step, week in enumerate(WEEKS):
        for lineage in alive(step):
            share = 1 / len(alive(step))
            truth["shares"].append(
                {"week": week, "lineage": lineage, "share": share, "posts": PER_WEEK}
            )
            for number in range(PER_WEEK):
                _plant_post(truth, week, lineage, number, drift_of(lineage, step))
    for style, (other, strength) in DRIFTS.items():
        truth["events"].append(_event(WEEKS[1], "drift", style, other, WEEKS[-1], strength))
    truth["events"] += [
        _event(WEEKS[8], "split", "dopamine", "candy"),
        _event(WEEKS[12], "merge", "y2k", "vaporwave"),
        _event(WEEKS[14], "death", "vintage-film"),
        _event(WEEKS[10], "birth", "fairycore"),
        _event(WEEKS[12], "season", "harvest", "", WEEKS[15]),
        _event(WEEKS[-1], "heat-burst", "cyberpunk"),
        _event(WEEKS[13], "bot-burst", "dopamine"),
    ]
    return truth


def _plant_post(truth: Rows, week: str, lineage: str, number: int, drift: float) -> None:
    post_id = f"{week}-{lineage}-{number:02d}"
    look = OTHERS[lineage] if drift >= 0.5 else lineage
    pair = OBJECTS[number % 4], OBJECTS[(number + 1 + number // 4) % 4]
    truth["posts"].append(
        {"post_id": post_id, "week": week, "style": look, "lineage": lineage, "drift": drift}
        | {"pictures": int(number < PER_WEEK - 1)}
        | {"objects": "|".join(dict.fromkeys(pair))}
        | {"copy_of": f"{week}-{lineage}-00" if number == PER_WEEK - 1 else ""}
    )
    for place, (kind, entity) in enumerate((("object", pair[0]), ("brand", ""))):
        truth["mentions"].append(
            {"post_id": post_id, "start": 10 * place, "end": 10 * place + 4, "surface": "word"}
            | {"kind": kind, "entity_id": entity}
        )


def _event(  # noqa: PLR0917 -- a row
    week: str, event: str, style: str, other: str = "", until: str = "", strength: float | str = ""
) -> dict[str, Any]:
    return {
        "week": week, "until": until, "event": event, "style": style, "other": other,
        "strength": strength,
    }  # fmt: skip


def perfect(truth: Mapping[str, Sequence[Mapping[str, Any]]]) -> Rows:
    """The tables of a product that makes no mistake: a cluster `c-LINEAGE` for each lineage."""
    tables: Rows = {name: [] for name in TABLES}
    for row in truth["posts"]:
        _add_post(tables, row)
    for step, week in enumerate(WEEKS):
        for lineage in alive(step):
            _add_cluster(tables, week, step, lineage)
        _add_facts(tables, week, [r for r in truth["posts"] if r["week"] == week])
    for row in truth["mentions"]:
        week = row["post_id"][:8]
        span = {k: row[k] for k in ("post_id", "start", "end")} | {"week": week}
        tables["mentions"].append(span | {"kind": row["kind"], "surface": row["surface"]})
        how = "alias" if row["entity_id"] else "nil"
        tables["links"].append(span | {"entity_id": row["entity_id"], "how": how, "score": 1.0})
    tables["entities"] = [
        {"entity_id": name, "kind": "object", "week": WEEKS[0], "name": name}
        | {"name_en": name, "source": "catalogue"}
        for name in OBJECTS
    ]
    tables["lineage"] = [lineage_row(WEEKS[0], "born", n) for n in alive(0)]
    tables["lineage"] += [lineage_row(WEEKS[9], "drifted", style) for style in DRIFTS]
    tables["lineage"] += [
        lineage_row(WEEKS[8], "split", "candy", "dopamine"),
        lineage_row(WEEKS[12], "merged", "vaporwave", "y2k"),
        lineage_row(WEEKS[18], "faded", "vintage-film", measure=4),
        lineage_row(WEEKS[10], "born", "fairycore"),
        lineage_row(WEEKS[12], "born", "harvest"),
    ]
    return tables


def _add_post(tables: Rows, row: Mapping[str, Any]) -> None:
    post_id, week = row["post_id"], row["week"]
    number = int(post_id[-2:])
    same = {"post_id": post_id, "week": week}
    tables["posts"].append(
        same | {"heat": float(number), "text": "word", "published_at": week_start(week)}
    )
    member = {"cluster_id": f"c-{row['lineage']}", "weight": 1.0, "copy_of": row["copy_of"]}
    tables["memberships"].append(same | member)
    tables["features"].append(
        same | {"pictures": row["pictures"], "hue": RULED.get(row["lineage"]), "words": ["word"]}
    )
    lean = [1.0, number / 20]
    tables["vectors"].append(same | {"side": "post", "item_id": post_id, "vector": lean})


def _add_cluster(tables: Rows, week: str, step: int, lineage: str) -> None:
    angle = math.acos(1 - 0.5 * drift_of(lineage, step))
    share, cluster = 1 / len(alive(step)), f"c-{lineage}"
    states = {
        ("cyberpunk", len(WEEKS) - 1): "heat-burst",
        ("dopamine", 13): "bot-suspect",
        ("harvest", 13): "seasonal",
    }
    tables["clusters"].append(
        {"cluster_id": cluster, "week": week, "style": lineage if lineage in NAMED else ""}
        | {"core": [math.cos(angle), math.sin(angle)]}
        | {"centre": [1.0, 0.5], "plain_centre": [1.0, 0.3]}
    )
    tables["trends"].append(
        {"week": week, "cluster_id": cluster, "posts": PER_WEEK, "share": share}
        | {"share_low": share - 0.05, "share_high": share + 0.05}
        | {"state": states.get((lineage, step), "steady")}
    )
    if lineage in RULED:
        low, high = RULED[lineage] - 10.0, RULED[lineage] + 10.0
        tables["rules"].append(
            {"week": week, "cluster_id": cluster, "substyle_id": "", "position": 1}
            | {"feature": "hue", "low": low, "high": high, "word": ""}
        )
    if step == len(WEEKS) - 1 and lineage in NAMED:
        name = OBJECTS[len(tables["gallery"]) % len(OBJECTS)]
        tables["gallery"].append(
            {"week": week, "cluster_id": cluster, "role": "prototype", "position": 1}
            | {"path": f"drawn/{lineage}_{name}.png", "entity_id": name}
        )


def _add_facts(tables: Rows, week: str, posts: Sequence[Mapping[str, Any]]) -> None:
    shown = [row["objects"].split("|") for row in posts]
    alone = Counter(name for names in shown for name in names)
    both = Counter(pair for names in shown for pair in permutations(names, 2))
    tables["facts"] += [
        {"week": week, "subject": a, "predicate": "co_occurs_with", "object": b, "count": count}
        | {"probability": count / alone[a]}
        for (a, b), count in both.items()
    ]


def lineage_row(
    week: str, event: str, lineage: str, other: str = "", measure: float = 0.0
) -> dict[str, Any]:
    """A row of the table `lineage` for the clusters of these lineages."""
    return {
        "week": week, "event": event, "cluster_id": f"c-{lineage}",
        "other_id": f"c-{other}" if other else "", "measure": measure,
    }  # fmt: skip


def blind(truth: Mapping[str, Sequence[Mapping[str, Any]]], seed: int = 1) -> Rows:
    """The tables of a product with random clusters, events, links and shares."""
    dice, tables = random.Random(seed), perfect(truth)
    clusters = sorted({row["cluster_id"] for row in tables["clusters"]})
    for row in tables["memberships"]:
        row["cluster_id"] = dice.choice([*clusters, *([""] * 4)])
        row["copy_of"] = f"{row['post_id'][:-1]}{(int(row['post_id'][-1]) + 1) % 10}"
    tables["lineage"] = [
        lineage_row(dice.choice(WEEKS[5:]), dice.choice(("born", "split", "drifted")), c[2:], d[2:])
        for c, d in zip(clusters, dice.sample(clusters, len(clusters)), strict=True)
    ]
    for row in tables["trends"]:
        row["share"] = dice.random()
        row["share_low"], row["share_high"] = row["share"], row["share"]
        row["state"] = dice.choice(("heat-burst", "bot-suspect", "seasonal"))
    for row in tables["clusters"]:
        row["core"] = [dice.random() - 0.5, dice.random() - 0.5]
        row["style"] = dice.choice(sorted(NAMED))
        row["centre"], row["plain_centre"] = [1.0, dice.random()], [1.0, dice.random()]
    for row in tables["mentions"]:
        row["end"] += dice.randint(0, 3)
    for row in tables["links"]:
        row["entity_id"] = dice.choice(OBJECTS)
        row["how"] = "context"
    for row in tables["rules"]:
        row["low"], row["high"] = dice.choice([(0.0, 100.0), (0.0, 360.0), (250.0, 20.0)])
    for row in tables["facts"]:
        row["probability"] = dice.uniform(0.5, 1)
    return tables


def write(folder: Path, truth: Rows, tables: Rows) -> Case:
    """Write both as files; the judge of the case reads style and object from a picture's name."""
    workspace = Workspace.create(folder, "starter")
    write_truth(folder / "corpus" / "truth", truth)
    for name, rows in tables.items():
        write_rows(workspace, name, rows)
    (folder / COST_FILE).write_text(json.dumps({"seconds": 61.0, "megabytes": 900.0}))
    truth_folder = folder / "corpus" / "truth"
    return Case(Truth(truth_folder), workspace, _read_names)


def _read_names(paths: Sequence[Path], choices: Mapping[str, Sequence[str]]) -> list[str]:
    return [next(part for part in path.stem.split("_") if part in choices) for path in paths]


def write_rows(workspace: Workspace, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace a whole table: weeks without rows are emptied."""
    for week in {*workspace.weeks(name), *(row["week"] for row in rows)}:
        table = make_table(TABLES[name], [row for row in rows if row["week"] == week])
        workspace.write(name, week, table)


def write_truth(folder: Path, truth: Rows) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in truth.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


class Scores:
    """Scores by column, each computed when it is read."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __getitem__(self, key: str) -> Score:
        return score_one(next(column for column in COLUMNS if column.key == key), self.case)


def scores_of(folder: Path, truth: Rows, tables: Rows) -> Scores:
    return Scores(write(folder, truth, tables))
