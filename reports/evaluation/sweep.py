"""Many worlds: each is written, the product runs on it in a process of its own, and is scored.

In come seeds, sizes and what writes a world; out come results by seed and size, `bench.csv`,
`bench.json` and a page in the folder. A world that was run by this version stays and is not run
again: only its score is taken anew. Knows nothing about how a world is drawn.

    DIR/seed-7/posts-500/corpus/     the world, with its truth
    DIR/seed-7/posts-500/            the workspace; `made.json` says what it was made with, and
                                     `run.json`, which is written last, what its run took
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
from zeitgraph.reports.evaluation.page import Lang, sweep_page
from zeitgraph.reports.evaluation.score import Goal, Score
from zeitgraph.reports.evaluation.truth import Truth
from zeitgraph.reports.evaluation.wording import as_values, bare, goal, name_of, shown

WriteWorld = Callable[..., object]
"""Writes a world: `write(folder, seed=7, posts=500, …)`."""

CORPUS = "corpus"
MADE_FILE = "made.json"
FIELDS = (
    "seed", "posts", "column", "state", "value", "low", "high", "bounds", "is_good",
    "detail", "why",
)  # fmt: skip
"""The columns of `bench.csv`."""
LOST = frozenset({"failed", "unmeasured"})
"""Why a figure is missing that the product should have brought about."""


@dataclass(frozen=True)
class Made:
    """What a world is made with.

    `world`: the options that write it, seed and posts among them. `version`: of the zeitgraph that
    runs on it.
    """

    world: Mapping[str, int]
    version: str


@dataclass(frozen=True)
class World:
    """A world that was run: where its workspace lies, or in one line why the run failed."""

    seed: int
    posts: int
    place: Path
    trouble: str = ""


@dataclass(frozen=True)
class Cell:
    """A world and its scores."""

    seed: int
    posts: int
    results: Sequence[Result]


def run_world(folder: Path, made: Made, write: WriteWorld, note: Callable[[str], None]) -> World:
    """Write a world and run the product on it, unless both was done as `made` says.

    A world that was written so stays; what another version told of it, and what a broken run left,
    is taken away first, since the time of half a run tells nothing. A run that failed is tried
    again by the next call.
    """
    seed, posts = made.world["seed"], made.world["posts"]
    place = folder / f"seed-{seed}" / f"posts-{posts}"
    stands = _read_made(place)
    if stands == made and (place / COST_FILE).is_file():
        return World(seed, posts, place)
    corpus = place / CORPUS
    is_written = (corpus / "posts.jsonl").is_file()
    is_kept = is_written and stands is not None and stands.world == made.world
    work = _work(stands, made, is_written=is_written, is_kept=is_kept)
    note(f"Seed {seed}, {posts:,} posts: {work} …")
    _clear(place, keep={MADE_FILE, CORPUS} if is_kept else set())
    if not is_kept:
        write(corpus, **made.world)
    write_aside(place / MADE_FILE, (json.dumps(asdict(made)) + "\n").encode())
    Workspace.create(place, "starter", corpus / "catalogue.csv")
    watch = [sys.executable, stopwatch.__file__, str(place / COST_FILE)]
    command = [sys.executable, "-m", "zeitgraph.cli", "run", str(corpus / "posts.jsonl")]
    ran = subprocess.run(  # noqa: S603 -- our own command
        [*watch, *command, "-w", str(place)], capture_output=True, text=True, check=False
    )
    if ran.returncode == 0:
        return World(seed, posts, place)
    trouble = (ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1]
    note(f"Seed {seed}, {posts:,} posts: {trouble}")
    return World(seed, posts, place, trouble)


def _work(stands: Made | None, made: Made, *, is_written: bool, is_kept: bool) -> str:
    """What is to be done, after what changed: `made with side 224, now 128; writing …`."""
    work = "running zeitgraph" if is_kept else "writing the world and running zeitgraph"
    if stands is None:
        return f"made with what nobody wrote down; {work}" if is_written else work
    before = {**stands.world, "zeitgraph": stands.version}
    after = {**made.world, "zeitgraph": made.version}
    changes = [
        f"{name} {before.get(name, 'unknown')}, now {after.get(name, 'unknown')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    return f"made with {'; '.join(changes)}; {work}" if changes else work


def _read_made(place: Path) -> Made | None:
    """What the world in `place` was made with; None where nothing readable says so."""
    try:
        tree = json.loads((place / MADE_FILE).read_text("utf-8"))
        return Made(dict(tree["world"]), str(tree["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _clear(place: Path, keep: Collection[str]) -> None:
    """Take away all but what is to be kept; first what says that the rest is whole."""
    for name in (COST_FILE, MADE_FILE):
        if name not in keep:
            (place / name).unlink(missing_ok=True)
    for path in place.glob("*"):
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def score_world(world: World, judge: Judge) -> Cell:
    """The scores of a world; where its run failed, each says so."""
    if world.trouble:
        failed = Score(why="failed", what=world.trouble)
        return Cell(world.seed, world.posts, [Result(column, failed) for column in COLUMNS])
    case = Case(Truth(world.place / CORPUS / "truth"), Workspace(world.place), judge)
    return Cell(world.seed, world.posts, score_all(case))


def medians(cells: Sequence[Cell]) -> dict[int, list[Result]]:
    """For each size, each column's median over the seeds, with their range.

    A run that failed, or that brought no figure, counts as worse than any figure: it must not make
    a column better. Seeds whose world has no such thing are left out. A column with no figure in
    any keeps the reason of the first.
    """
    sizes = sorted({cell.posts for cell in cells})
    return {size: [_median(c, _of(cells, c, size)) for c in COLUMNS] for size in sizes}


def _of(cells: Sequence[Cell], column: Column, size: int) -> list[Result]:
    same = [cell for cell in cells if cell.posts == size]
    return [result for cell in same for result in cell.results if result.column.key == column.key]


def _median(column: Column, results: Sequence[Result]) -> Result:
    values = [r.score.value for r in results if r.score.value is not None]
    lost = [r.score for r in results if r.score.why in LOST and column.good != Goal()]
    if not values:
        return Result(column, lost[0] if lost else results[0].score)
    worst = math.inf if math.isinf(column.good.low) else -math.inf
    middle = median([*values, *(worst for _ in lost)])
    told = ", ".join(
        "–" if result.score.value is None else bare(column, result.score.value)
        for result in results
    )
    if math.isinf(middle):
        return Result(column, replace(lost[0], detail=told))
    low, high = min(values), max(values)
    return Result(column, Score(middle, low, high, detail=told, bounds="range"))


def write_sweep(folder: Path, cells: Sequence[Cell], lang: Lang) -> None:
    """`bench.csv` (a row for each figure), `bench.json` (medians and figures), `bench.html`."""
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


def sweep_text(cells: Sequence[Cell]) -> str:
    """The medians as a table for a terminal: a column of the board is a row, a size a column."""
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
