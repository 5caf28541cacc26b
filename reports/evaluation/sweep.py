"""Many worlds: each is written, the product runs on it in a process of its own, and it is scored.

Input: seeds, sizes and a function that writes a world. Output: results by seed and size, and
`bench.csv`, `bench.json` and `bench.html` in the folder. A world that this version has run is not
run again, only scored again. This module does not know how a world is generated.
    DIR/seed-7/posts-500/corpus/     the world, with its truth
    DIR/seed-7/posts-500/            the workspace; `made.json` holds the recipe of the world, and
                                     `run.json`, which is written last, the cost of its run
"""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation import stopwatch
from zeitgraph.reports.evaluation.case import Case, Judge
from zeitgraph.reports.evaluation.columns import COLUMNS, COST_FILE, Column, Result, score_all
from zeitgraph.reports.evaluation.formatting import as_values, goal, name_of, shown, without_unit
from zeitgraph.reports.evaluation.page import Lang, sweep_page
from zeitgraph.reports.evaluation.score import Goal, Score
from zeitgraph.reports.evaluation.truth import Truth

WriteWorld = Callable[..., object]
"""Writes a world: `write(folder, seed=7, posts=500, …)`."""

CORPUS = "corpus"
RECIPE_FILE = "made.json"
FIELDS = (
    "seed", "posts", "column", "state", "value", "low", "high", "bounds", "is_good",
    "detail", "why",
)  # fmt: skip
"""The columns of `bench.csv`."""
LOST = frozenset({"failed", "unmeasured"})
"""Reasons for a missing figure that are the product's fault."""


@dataclass(frozen=True)
class WorldRecipe:
    """How a world is made.

    `world`: the options that write it, including seed and posts. `version`: that of the zeitgraph
    that runs on it.
    """

    world: Mapping[str, int]
    version: str


@dataclass(frozen=True)
class World:
    """A world that was run: the folder of its workspace, and the error line of a failed run."""

    seed: int
    posts: int
    folder: Path
    error: str = ""


@dataclass(frozen=True)
class WorldScores:
    """The scores of a world."""

    seed: int
    posts: int
    results: Sequence[Result]


def run_world(
    folder: Path, recipe: WorldRecipe, write: WriteWorld, note: Callable[[str], None]
) -> World:
    """Write a world and run the product on it, unless both were done with this recipe.

    A world with the same options is kept. The results of another version and of an interrupted run
    are deleted first, since the time of half a run would be wrong. A failed run is repeated by the
    next call.
    """
    seed, posts = recipe.world["seed"], recipe.world["posts"]
    place = folder / f"seed-{seed}" / f"posts-{posts}"
    existing = _read_recipe(place)
    if existing == recipe and (place / COST_FILE).is_file():
        return World(seed, posts, place)
    corpus = place / CORPUS
    is_written = (corpus / "posts.jsonl").is_file()
    is_kept = is_written and existing is not None and existing.world == recipe.world
    work = _work(existing, recipe, is_written=is_written, is_kept=is_kept)
    note(f"Seed {seed}, {posts:,} posts: {work} …")
    _clear(place, keep={RECIPE_FILE, CORPUS} if is_kept else set())
    if not is_kept:
        write(corpus, **recipe.world)
    write_aside(place / RECIPE_FILE, (json.dumps(asdict(recipe)) + "\n").encode())
    Workspace.create(place, "starter", corpus / "catalogue.csv")
    measured = [sys.executable, stopwatch.__file__, str(place / COST_FILE)]
    command = [sys.executable, "-m", "zeitgraph.cli", "run", str(corpus / "posts.jsonl")]
    ran = subprocess.run(  # noqa: S603 -- our own command
        [*measured, *command, "-w", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        return World(seed, posts, place)
    error = (ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1]
    note(f"Seed {seed}, {posts:,} posts: {error}")
    return World(seed, posts, place, error)


def _work(
    existing: WorldRecipe | None, recipe: WorldRecipe, *, is_written: bool, is_kept: bool
) -> str:
    """What changed, and what will be done: `made with side 224, now 128; writing …`."""
    work = "running zeitgraph" if is_kept else "writing the world and running zeitgraph"
    if existing is None:
        return f"made with unknown options; {work}" if is_written else work
    before = {**existing.world, "zeitgraph": existing.version}
    after = {**recipe.world, "zeitgraph": recipe.version}
    changes = [
        f"{name} {before.get(name, 'unknown')}, now {after.get(name, 'unknown')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    return f"made with {'; '.join(changes)}; {work}" if changes else work


def _read_recipe(place: Path) -> WorldRecipe | None:
    """The recipe of the world in `place`; None if its file is missing or malformed."""
    try:
        tree = json.loads((place / RECIPE_FILE).read_text("utf-8"))
        return WorldRecipe(dict(tree["world"]), str(tree["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _clear(place: Path, keep: Collection[str]) -> None:
    """Delete all but the files to keep; first those that mark the rest as complete."""
    for name in (COST_FILE, RECIPE_FILE):
        if name not in keep:
            (place / name).unlink(missing_ok=True)
    for path in place.glob("*"):
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def score_world(world: World, judge: Judge) -> WorldScores:
    """The scores of a world; if its run failed, each score has that reason."""
    if world.error:
        failed = Score(why="failed", what=world.error)
        return WorldScores(world.seed, world.posts, [Result(column, failed) for column in COLUMNS])
    case = Case(Truth(world.folder / CORPUS / "truth"), Workspace(world.folder), judge)
    return WorldScores(world.seed, world.posts, score_all(case))


def medians(cells: Sequence[WorldScores]) -> dict[int, list[Result]]:
    """By size each column's median over the seeds, with their range.

    A failed run, and a run without a figure, count as worse than any figure, so that they improve
    no column. Seeds whose world has no such thing are left out. A column without any figure keeps
    the reason of the first seed.
    """
    sizes = sorted({cell.posts for cell in cells})
    return {size: [_median(c, _of(cells, c, size)) for c in COLUMNS] for size in sizes}


def _of(cells: Sequence[WorldScores], column: Column, size: int) -> list[Result]:
    same = [cell for cell in cells if cell.posts == size]
    return [result for cell in same for result in cell.results if result.column.key == column.key]


def _median(column: Column, results: Sequence[Result]) -> Result:
    values = [r.score.value for r in results if r.score.value is not None]
    lost = [r.score for r in results if r.score.why in LOST and column.good != Goal()]
    if not values:
        return Result(column, lost[0] if lost else results[0].score)
    worst = math.inf if math.isinf(column.good.low) else -math.inf
    middle = median([*values, *(worst for _ in lost)])
    figures = ", ".join(
        "–" if result.score.value is None else without_unit(column, result.score.value)
        for result in results
    )
    if math.isinf(middle):
        return Result(column, replace(lost[0], detail=figures))
    low, high = min(values), max(values)
    return Result(column, Score(middle, low, high, detail=figures, bounds="range"))


def write_sweep(folder: Path, cells: Sequence[WorldScores], lang: Lang) -> None:
    """Write `bench.csv` (one row per figure), `bench.json` (medians and figures), `bench.html`."""
    rows = [
        {"seed": cell.seed, "posts": cell.posts} | as_values(result)
        for cell in cells
        for result in cell.results
    ]
    middle = {size: [as_values(r) for r in results] for size, results in medians(cells).items()}
    tree: Mapping[str, Any] = {"medians": middle, "worlds": rows}
    write_aside(folder / "bench.json", (json.dumps(tree, ensure_ascii=False, indent=1)).encode())
    flat = Answer(FIELDS, tuple(tuple(row[name] for name in FIELDS) for row in rows))
    write_aside(folder / "bench.csv", (flat.render("csv") + "\n").encode())
    seeds = sorted({cell.seed for cell in cells})
    sizes = sorted({cell.posts for cell in cells})
    worlds = {c.key: {size: _of(cells, c, size) for size in sizes} for c in COLUMNS}
    write_aside(folder / "bench.html", sweep_page(medians(cells), worlds, seeds, lang))


def sweep_text(cells: Sequence[WorldScores]) -> str:
    """The medians as a table for a terminal: a row for each column of the scoreboard."""
    middle = medians(cells)
    marks = {True: " ✓", False: " ✗", None: ""}
    rows = tuple(
        (
            name_of(column, "en"),
            *(shown(r, "en") + marks[r.is_good] for r in (middle[s][place] for s in middle)),
            goal(column, "en"),
        )
        for place, column in enumerate(COLUMNS)
    )
    return Answer(("column", *(f"{s:,} posts" for s in middle), "good"), rows).render("table")
