"""Runs the clusters on many small planted worlds and averages the scores of their life cycles.

    python -m zeitgraph.benchmarks.lives --seeds 100:120 [--set KEY=VALUE …] [--each]

One world is not enough to choose a rule. Each seed here is a world of its own: only vectors, few
posts, and a different story. Its styles are directions; related pairs of them have a cosine within
`RELATED_COSINES`. In each world

- one style drifts slowly toward its pair, and in one week of the drift its appearance flips, more
  or less sharply, as it does for a model that knows both styles by name; another drifts smoothly;
- half of the posts of one style leave for its pair within three weeks;
- one style merges into its pair within a week;
- one style dies, and two are born.

Posts scatter around their style; an eighth of them lack half of their content, and a few have no
style. Prints the columns of the scoreboard as means over the worlds, and with `--each` for each
world.
"""

import argparse
import csv
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zeitgraph.benchmarks.planted import NO_STYLE, PlantedWeek, put
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.columns import COLUMNS, score_one
from zeitgraph.reports.evaluation.events import one_id
from zeitgraph.reports.evaluation.truth import Truth

FIRST = "2026-W01"
WEEKS = 20
WIDTH = 256
RELATED_COSINES = (0.0, 0.4)
MERGING_COSINES = (0.2, 0.45)
"""The cosines of styles that merge: they have approached each other before."""
GRAIN = 0.9
"""The length of a post's own part; its style has length one. The cosine to the style is about 0.74,
as in the demo world.
"""
FIRST_MORE = 3
"""The first week has this many times more posts, so that the initial styles are found at once."""
PARTIAL, LESS = 0.125, 0.6
"""The share of posts with missing content, and how much more those scatter."""
NOISE = 0.03
DRIFT_SPREAD = 0.06
PRINTED_COLUMNS = (
    "ami_all",
    "noise",
    "births_found",
    "birth_delay",
    "births_false",
    "drifts_detected",
    "splits",
    "merges",
    "deaths",
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Style:
    """A style's share of the week (before normalisation) and its position, week by week."""

    name: str
    shares: Floats
    looks: tuple[int, int]
    moved: Floats | None = None
    sharp: float = 0.0


@dataclass(frozen=True)
class World:
    """Planted styles, the positions of their looks, the number of posts in a week, and
    the events.
    """

    styles: Sequence[Style]
    looks: Floats
    a_week: int
    events: Sequence[Mapping[str, object]]


def world_of(seed: int) -> World:
    """Returns the world of a seed."""
    random = np.random.default_rng(seed)
    a_week = int(random.integers(110, 180))
    pairs, alone = 4, 8
    looks = random.normal(size=(2 * pairs + alone, WIDTH))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    for pair in range(pairs):
        near = random.uniform(*(RELATED_COSINES if pair < pairs - 1 else MERGING_COSINES))
        one, other = looks[2 * pair], looks[2 * pair + 1]
        aside = other - (other @ one) * one
        looks[2 * pair + 1] = near * one + math.sqrt(1 - near**2) * aside / np.linalg.norm(aside)
    time = np.arange(WEEKS, dtype=float)
    level = random.uniform(0.7, 1.4, 2 * pairs + alone)
    level[2] = random.uniform(1.4, 2.2)
    even = np.ones(WEEKS)
    begins = int(random.integers(3, 6))
    flips = _way(time, begins, begins + int(random.integers(11, 15))) * random.uniform(0.65, 1.0)
    turns = _way(time, 4, 4 + int(random.integers(9, 13))) * random.uniform(0.5, 1.0)
    parts = int(random.integers(8, 13))
    leaving = np.where(time >= parts, random.uniform(0.4, 0.6), 0.0)
    joins = int(random.integers(9, 13))
    dies = _way(time, int(random.integers(2, 5)), int(random.integers(12, 15)))
    styles = [
        Style("flips", level[0] * even, (0, 1), flips, random.uniform(15, 70)),
        Style("turns", level[1] * even, (2, 3), turns),
        Style("parts", level[2] * (1 - leaving), (4, 4)),
        Style(
            "leaves",
            level[2] * leaving,
            (4, 5),
            _way(time, parts, parts + 3),
            random.uniform(15, 70),
        ),
        Style("goes", level[3] * (time < joins), (6, 6)),
        Style("takes", level[4] * even + level[3] * (time >= joins), (7, 7)),
        Style("dies", level[5] * (1 - dies), (8, 8)),
    ]
    events = [
        _event("drift", begins, "flips", flips, until=_last(flips)),
        _event("drift", 4, "turns", turns, until=_last(turns)),
        {"week": parts, "until": parts + 3, "event": "split", "style": "parts", "other": "leaves"},
        {"week": joins, "event": "merge", "style": "goes", "other": "takes"},
        {"week": int(np.argmax(dies == 1)), "event": "death", "style": "dies"},
    ]
    for number in range(2):
        week = int(random.integers(6, 15))
        grown = random.uniform(0.8, 1.2) * _way(time, week - 1, week + int(random.integers(1, 5)))
        styles.append(Style(f"born{number}", grown, (9 + number, 9 + number)))
        events.append({"week": week, "event": "birth", "style": f"born{number}"})
    styles += [
        Style(f"stays{number}", level[11 + number] * even, (11 + number,) * 2)
        for number in range(len(looks) - 11)
    ]
    return World(styles, looks, a_week, events)


def _way(time: Floats, first: float, last: float) -> Floats:
    return np.clip((time - first) / (last - first), 0.0, 1.0)


def _last(moved: Floats) -> int:
    return int(moved.argmax())


def _event(kind: str, week: int, style: str, moved: Floats, until: int) -> dict[str, object]:
    strength = round(float(moved.max()), 3)
    return {"week": week, "until": until, "event": kind, "style": style, "strength": strength}


def posts_of(world: World, number: int, random: np.random.Generator) -> tuple[Floats, list[int]]:
    """Returns the posts of a week: unit vectors, and the style of each (`NO_STYLE` for none)."""
    shares = np.array([style.shares[number] for style in world.styles])
    a_week = world.a_week * (1 if number else FIRST_MORE)
    rows, styles = [], []
    for own in random.choice(len(shares), random.poisson(a_week), p=shares / shares.sum()):
        style = world.styles[own]
        moved = 0.0 if style.moved is None else float(style.moved[number])
        moved = min(max(random.normal(moved, DRIFT_SPREAD), 0.0), 1.0) if moved else 0.0
        seen = moved if not style.sharp else 1 / (1 + math.exp(-style.sharp * (moved - 0.5)))
        one, other = (world.looks[look] for look in style.looks)
        grain = GRAIN * (1 + LESS * (random.random() < PARTIAL))
        stray = random.normal(size=WIDTH) * grain / math.sqrt(WIDTH)
        is_noise = random.random() < NOISE
        place = (1 - seen) * one + seen * other
        rows.append(stray if is_noise else place / np.linalg.norm(place) + stray)
        styles.append(NO_STYLE if is_noise else int(own))
    found = np.array(rows)
    return found / np.linalg.norm(found, axis=1, keepdims=True), styles


def write(workspace: Workspace, truth: Path, seed: int) -> None:
    """Writes the posts of a world as the earlier stages would, and its truth as for a
    demo world.
    """
    world = world_of(seed)
    random = np.random.default_rng([seed, 1])
    posts = []
    for number in range(WEEKS):
        rows, styles = posts_of(world, number, random)
        week = week_after(FIRST, number)
        ids = [f"p{number:02d}-{row:04d}" for row in range(len(rows))]
        texts = [f"w{style}" if style >= 0 else "" for style in styles]
        put(workspace, PlantedWeek(week, ids, rows.astype(np.float32), np.array(styles), texts))
        names = [world.styles[style].name if style >= 0 else "" for style in styles]
        posts += list(zip(ids, [week] * len(ids), names, strict=True))
    truth.mkdir()
    _csv(truth / "posts.csv", ("post_id", "week", "lineage"), posts)
    columns = ("week", "until", "event", "style", "other", "strength")
    rows_of = [[_cell(event.get(key, "")) for key in columns] for event in world.events]
    _csv(truth / "events.csv", columns, rows_of)


def _cell(value: object) -> object:
    """Returns the ISO week of a week number, and any other value unchanged."""
    return week_after(FIRST, value) if isinstance(value, int) else value


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def clustered_world(folder: Path, seed: int, settings: Sequence[str]) -> Case:
    """Returns the world of a seed in `folder`, clustered week by week, with its truth."""
    Workspace.create(folder, "vectors")
    lines = ['profile = "vectors"', "[clusters]", *settings]
    (folder / "zeitgraph.toml").write_text("\n".join(lines) + "\n", "utf-8")
    workspace = Workspace(folder)
    write(workspace, folder / "truth", seed)
    stages = [stage for stage in STAGES if stage.name == "clusters"]
    bring_up_to_date(workspace, stages, workspace.weeks("posts"))
    return Case(Truth(folder / "truth"), workspace)


def scores_of(case: Case) -> dict[str, float]:
    """Returns the scores of a world; the share of each drift under one id is added."""
    scores = {
        f"one id, {drift.style}": one_id(case, strength - 1e-9, strength).value
        for drift in case.truth.events("drift")
        if (strength := drift.strength) is not None
    }
    scores = dict(sorted(scores.items()))
    columns = {column.key: column for column in COLUMNS}
    scores |= {key: score_one(columns[key], case).value for key in PRINTED_COLUMNS}
    return {key: math.nan if value is None else value for key, value in scores.items()}


def main() -> None:
    """Parses the command, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="100:120", help="FIRST:LAST, the last one left out")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    table = []
    for seed in range(*map(int, options.seeds.split(":"))):
        with tempfile.TemporaryDirectory() as folder:
            scores = scores_of(clustered_world(Path(folder) / "world", seed, options.set))
        table.append(scores)
        if options.each:
            print(seed, *(f"{key} {value:.3f}" for key, value in scores.items()), sep="  ")
    rows = np.array([list(scores.values()) for scores in table])
    print(f"{len(table)} worlds".ljust(20), "mean    worst quarter")
    for key, column in zip(table[0], rows.T, strict=True):
        found = np.sort(column[~np.isnan(column)])
        print(key.ljust(20), f"{found.mean():.3f}   {np.quantile(found, 0.25):.3f}")


if __name__ == "__main__":
    main()
