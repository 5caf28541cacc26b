"""Many worlds: each is written, the product runs on it in a process of its own, and is scored.

In come seeds, sizes and what writes a world; out come results by seed and size, `bench.csv`,
`bench.json` and a page in the folder. A world that was run stays and is not run again: only its
score is taken anew. Knows nothing about how a world is drawn.

    DIR/seed-7/posts-500/corpus/     the world, with its truth
    DIR/seed-7/posts-500/            the workspace; `run.json` says what its run took
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from zeitgraph.kg.answers import Answer
from zeitgraph.kg.workspace import Workspace, write_aside
from zeitgraph.reports.bench import stopwatch
from zeitgraph.reports.bench.case import Case, Judge
from zeitgraph.reports.bench.columns import COLUMNS, COST_FILE, Column, Result, score_all
from zeitgraph.reports.bench.page import Lang, sweep_page
from zeitgraph.reports.bench.score import Score
from zeitgraph.reports.bench.truth import Truth
from zeitgraph.reports.bench.wording import as_values, bare, goal, name_of, shown

WriteWorld = Callable[..., object]
"""Writes a world: `write(folder, seed=7, posts=500)`."""


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


def run_world(
    folder: Path, seed: int, posts: int, write: WriteWorld, note: Callable[[str], None]
) -> World:
    """Write a world where it is missing, and run the product on it unless that was done.

    What a broken run left is taken away first, since the time of half a run tells nothing. A run
    that failed is tried again by the next call.
    """
    place = folder / f"seed-{seed}" / f"posts-{posts}"
    if (place / COST_FILE).is_file():
        return World(seed, posts, place)
    note(f"Seed {seed}, {posts:,} posts: writing the world and running zeitgraph …")
    corpus = place / "corpus"
    for path in place.glob("*"):
        if path != corpus:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not (corpus / "posts.jsonl").is_file():
        write(corpus, seed=seed, posts=posts)
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


def score_world(world: World, judge: Judge) -> Cell:
    """The scores of a world; where its run failed, each says so."""
    if world.trouble:
        failed = Score(why="failed", what=world.trouble)
        return Cell(world.seed, world.posts, [Result(column, failed) for column in COLUMNS])
    case = Case(Truth(world.place / "corpus" / "truth"), Workspace(world.place), judge)
    return Cell(world.seed, world.posts, score_all(case))


def medians(cells: Sequence[Cell]) -> dict[int, list[Result]]:
    """For each size, each column's median over the seeds that have a figure.

    Its interval is their range. A column with no figure in any keeps the reason of the first.
    """
    sizes = sorted({cell.posts for cell in cells})
    return {size: [_median(c, _of(cells, c, size)) for c in COLUMNS] for size in sizes}


def _of(cells: Sequence[Cell], column: Column, size: int) -> list[Result]:
    same = [cell for cell in cells if cell.posts == size]
    return [result for cell in same for result in cell.results if result.column.key == column.key]


def _median(column: Column, results: Sequence[Result]) -> Result:
    values = [r.score.value for r in results if r.score.value is not None]
    if not values:
        return Result(column, results[0].score)
    told = ", ".join(
        "–" if result.score.value is None else bare(column, result.score.value)
        for result in results
    )
    return Result(column, Score(median(values), min(values), max(values), detail=told))


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
    names = ("seed", "posts", "column", "state", "value", "low", "high", "is_good", "detail", "why")
    flat = Answer(names, tuple(tuple(row[name] for name in names) for row in rows))
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
