"""The scoreboard of a workspace or of many worlds: `zeitgraph bench`.

Input: a workspace, or seeds and sizes. Output: the text for a terminal, and a page as a file.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zeitgraph import __version__
from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.case import Case, Judge
from zeitgraph.reports.evaluation.columns import score_all
from zeitgraph.reports.evaluation.formatting import as_text, as_values
from zeitgraph.reports.evaluation.page import Lang, workspace_page
from zeitgraph.reports.evaluation.sweep import (
    WorldRecipe,
    WriteWorld,
    run_world,
    score_world,
    sweep_text,
    write_sweep,
)
from zeitgraph.reports.evaluation.truth import Truth

PAGE = "bench.html"


@dataclass(frozen=True)
class Worlds:
    """Worlds to write into `folder` with `write`, to run and to score.

    `seeds` and `sizes` (numbers of posts) are lists such as `7,8,9`; each pair is a world, which is
    written with `options`.
    """

    folder: Path
    seeds: str
    sizes: str
    write: WriteWorld
    options: Mapping[str, int]


def bench_workspace(
    workspace: Workspace, truth: Path | None, judge: Judge, lang: Lang | None, *, as_json: bool
) -> str:
    """Score a workspace and write `bench.html` into it; returns the scoreboard as text or JSON.

    `truth` is a folder; None means `corpus/truth` of the workspace.
    """
    case = Case(Truth(truth or workspace.root / "corpus" / "truth"), workspace, judge)
    results = score_all(case)
    page = workspace.root / PAGE
    write_aside(page, workspace_page(results, case, lang or workspace.settings.report.lang))
    if as_json:
        return json.dumps([as_values(result) for result in results], ensure_ascii=False, indent=1)
    return f"{as_text(results)}\n\nPage: {page}"


def bench_worlds(
    worlds: Worlds,
    judge: Judge,
    lang: Lang | None,
    note: Callable[[str], None],
    *,
    as_json: bool,
) -> str:
    """Write, run and score `worlds`; returns the medians as text, or all scores as JSON.

    The files are in the worlds' folder. Raises `UserError` for seeds or sizes that are no numbers.
    """
    folder = worlds.folder
    seeds, sizes = _numbers("--seeds", worlds.seeds), _numbers("--sizes", worlds.sizes)
    recipes = [
        WorldRecipe({"seed": seed, "posts": posts, **worlds.options}, __version__)
        for posts in sizes
        for seed in seeds
    ]
    ran = [run_world(folder, recipe, worlds.write, note) for recipe in recipes]
    scored = [score_world(world, judge) for world in ran]
    write_sweep(folder, scored, lang or "en")
    if as_json:
        return (folder / "bench.json").read_text("utf-8")
    return f"{sweep_text(scored)}\n\nPage: {folder / PAGE}"


def _numbers(option: str, text: str) -> Sequence[int]:
    try:
        return sorted({int(part.replace("_", "")) for part in text.split(",")})
    except ValueError as error:
        raise UserError(f"{option} «{text}» is no list of numbers", do="write it 7,8,9") from error
