"""Many worlds: which are run and which are kept, and their medians."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.worlds.bench import (
    Rows,
    write,
)
from zeitgraph import __version__
from zeitgraph.cli import app, bench
from zeitgraph.extraction import demo
from zeitgraph.kg.base.errors import UserError
from zeitgraph.reports.evaluation import scoreboard, stopwatch
from zeitgraph.reports.evaluation.columns import COLUMNS, COST_FILE, Result
from zeitgraph.reports.evaluation.formatting import words_of
from zeitgraph.reports.evaluation.score import Goal, Score
from zeitgraph.reports.evaluation.scoreboard import Worlds, bench_worlds
from zeitgraph.reports.evaluation.sweep import (
    RECIPE_FILE,
    WorldRecipe,
    WorldScores,
    medians,
    run_world,
    write_sweep,
)

FIGURE, RATE, DELAY, COST = (
    next(place for place, column in enumerate(COLUMNS) if column.key == key)
    for key in ("ami_assigned", "births_false", "birth_delay", "seconds")
)


def cell(seed: int, score: Score) -> WorldScores:
    """A world of which every column has the same score."""
    return WorldScores(seed, 500, [Result(column, score) for column in COLUMNS])


def test_a_median_is_over_the_seeds_with_their_range_as_bounds() -> None:
    missing = Score(why="unplanted")
    middle = medians([cell(1, Score(0.2)), cell(2, missing), cell(3, Score(0.8))])[500]
    fields = {"detail": "0.200, –, 0.800", "bounds": "range"}
    assert middle[FIGURE].score == Score(0.5, 0.2, 0.8, **fields)  # type: ignore[arg-type]
    assert medians([cell(1, missing)])[500][FIGURE].score.why == "unplanted"
    assert Goal(0.4, 0.6).met(0.5)


@pytest.mark.parametrize("why", ["failed", "unmeasured"])
def test_a_run_without_a_figure_improves_no_median(why: Any) -> None:
    lost = Score(why=why, what="no")
    one = medians([cell(1, Score(0.05)), cell(2, lost), cell(3, Score(0.95))])[500]
    assert (one[FIGURE].score.value, one[RATE].score.value) == (0.05, 0.95)
    assert one[COST].score.value == 0.5
    two = medians([cell(1, Score(0.95)), cell(2, lost), cell(3, lost)])[500]
    assert [two[place].score.why for place in (FIGURE, RATE, DELAY)] == [why] * 3
    assert two[FIGURE].is_good is None
    assert two[COST].score.value == 0.95


def test_a_world_that_was_run_is_not_run_again(
    tmp_path: Path, truth: Rows, tables: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"weeks": 20, "side": 128}
    for seed in (1, 2):
        place = tmp_path / f"seed-{seed}" / "posts-500"
        write(place, truth, tables)
        made = {"world": {"seed": seed, "posts": 500, **options}, "version": __version__}
        (place / RECIPE_FILE).write_text(json.dumps(made))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "run", refuse)
    worlds = Worlds(tmp_path, "2,1", "500", refuse, options)
    notes: list[str] = []
    text = bench_worlds(worlds, lambda paths, _: [p.stem for p in paths], "zh", notes.append,
                        as_json=False)  # fmt: skip
    assert notes == []
    assert "500 posts" in text
    rows = list(csv.DictReader((tmp_path / "bench.csv").read_text("utf-8").splitlines()))
    assert len(rows) == 2 * len(COLUMNS)
    bounds = {row["column"]: row["bounds"] for row in rows}
    assert (bounds["noise"], bounds["drift_path"], bounds["splits"]) == ("interval", "range", "")
    tree = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert tree["medians"]["500"][0]["value"] == 1.0
    assert {row["bounds"] for row in tree["medians"]["500"]} == {"range", None}
    assert "种子" in (tmp_path / "bench.html").read_text("utf-8")


class Runs:
    """A world writer and a product that only record their calls and write their files."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[dict[str, int]] = []
        self.ran = 0
        self.notes: list[str] = []
        monkeypatch.setattr(subprocess, "run", self.run)

    def write(self, corpus: Path, **options: int) -> None:
        self.written.append(options)
        corpus.mkdir(parents=True)
        (corpus / "catalogue.csv").write_text("id,kind,name_en\n")
        (corpus / "posts.jsonl").write_text(json.dumps(options))

    def run(self, command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.ran += 1
        Path(command[2]).write_text("{}")
        return subprocess.CompletedProcess(command, 0, "", "")

    def make(self, folder: Path, version: str = "1.0", **options: int) -> Path:
        """Make the world of seed 7 with 500 posts and these options."""
        made = WorldRecipe({"seed": 7, "posts": 500, "weeks": 26, "side": 128} | options, version)
        return run_world(folder, made, self.write, self.notes.append).folder

    @property
    def done(self) -> tuple[int, int]:
        """The number of worlds written, and the number of runs."""
        return len(self.written), self.ran


@pytest.mark.parametrize(
    ("change", "done", "note"),
    [
        ({}, (1, 1), ""),
        ({"version": "1.1"}, (1, 2), "made with zeitgraph 1.0, now 1.1; running zeitgraph"),
        ({"side": 224}, (2, 2), "made with side 128, now 224; writing the world and running"),
        ({"weeks": 52}, (2, 2), "made with weeks 26, now 52; writing the world and running"),
        ({"weeks": 52, "version": "1.1"}, (2, 2), "weeks 26, now 52; zeitgraph 1.0, now 1.1; writ"),
    ],
)
def test_only_what_was_made_with_another_recipe_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, done: Any, note: str
) -> None:
    runs = Runs(monkeypatch)
    place = runs.make(tmp_path)
    (place / "old").write_text("a result of the first run")
    runs.make(tmp_path, **change)
    assert runs.done == done
    assert note in runs.notes[-1]
    assert (place / "old").exists() == (done == (1, 1))
    written = json.loads((place / "corpus" / "posts.jsonl").read_text("utf-8"))
    assert written["side"] == change.get("side", 128)
    runs.make(tmp_path, **change)
    assert runs.done == done


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"world": 3, "version": "1.0"}'])
def test_a_world_without_a_valid_recipe_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    runs = Runs(monkeypatch)
    made = runs.make(tmp_path) / RECIPE_FILE
    made.unlink() if text is None else made.write_text(text)
    runs.make(tmp_path)
    assert runs.done == (2, 2)
    assert "unknown options" in runs.notes[-1]


def test_a_half_written_world_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(monkeypatch)
    runs.make(tmp_path)
    whole = runs.write

    def killed(corpus: Path, **options: int) -> None:
        whole(corpus, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        runs.make(tmp_path, side=224)
    monkeypatch.setattr(runs, "write", whole)
    runs.make(tmp_path)
    assert [options["side"] for options in runs.written] == [128, 224, 128]


def test_the_command_writes_pictures_of_the_size_that_the_starter_clip_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Worlds] = []

    def take(worlds: Worlds, *_: object, **__: object) -> str:
        asked.append(worlds)
        return ""

    monkeypatch.setattr(scoreboard, "bench_worlds", take)
    bench(seeds="7", weeks=30, into=tmp_path)
    weights = Path(str(demo.__file__)).parent / "weights" / "clip" / "open_clip_config.json"
    looks_at = json.loads(weights.read_text("utf-8"))["model_cfg"]["vision_cfg"]["image_size"]
    assert asked[0].options == {"weeks": 30, "side": looks_at}
    words = " ".join(CliRunner().invoke(app, ["bench", "--help"]).output.split())
    assert f"Worlds to write at {looks_at} px" in words


def test_a_failed_run_is_reported_and_repeated(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    calls = []

    def write_nothing(corpus: Path, *, seed: int, posts: int, side: int) -> None:
        calls.append((seed, posts, side))
        corpus.mkdir(parents=True)
        (corpus / "catalogue.csv").write_text("id,kind,name_en\n")

    worlds = Worlds(tmp_path, "3", "40", write_nothing, {"side": 64})
    for _ in range(2):
        tree = json.loads(bench_worlds(worlds, lambda *_: [], None, lambda _: None, as_json=True))
    assert calls == [(3, 40, 64), (3, 40, 64)]
    assert {row["state"] for row in tree["worlds"]} == {"failed"}
    assert "posts.jsonl" in tree["worlds"][0]["why"]


def test_the_stopwatch_counts_the_command_and_not_its_caller(tmp_path: Path) -> None:
    out = tmp_path / COST_FILE
    held = bytearray(300 * 2**20)  # what the caller holds is not the command's
    held[::4096] = b"x" * len(held[::4096])
    big = "x = bytearray(120 * 2**20); x[::4096] = b'x' * len(x[::4096])"
    code = [sys.executable, "-c", big]
    subprocess.run([sys.executable, stopwatch.__file__, str(out), *code], check=True)  # noqa: S603
    took = json.loads(out.read_text("utf-8"))
    assert 120 < took["megabytes"] < 250
    assert took["seconds"] > 0


def test_the_stopwatch_writes_nothing_for_a_command_that_fails(tmp_path: Path) -> None:
    out = tmp_path / COST_FILE
    code = [sys.executable, "-c", "raise SystemExit(3)"]
    ran = subprocess.run([sys.executable, stopwatch.__file__, str(out), *code], check=False)  # noqa: S603
    assert ran.returncode == 3
    assert not out.exists()


@pytest.mark.parametrize("seeds", ["", "7,x", "7;8"])
def test_seeds_that_are_no_numbers_are_a_user_error(tmp_path: Path, seeds: str) -> None:
    worlds = Worlds(tmp_path, seeds, "500", print, {})
    with pytest.raises(UserError, match="--seeds"):
        bench_worlds(worlds, lambda *_: [], None, print, as_json=False)


def test_there_is_a_page_even_if_all_worlds_failed(tmp_path: Path) -> None:
    failed = [Result(column, Score(why="failed", what="no")) for column in COLUMNS]
    write_sweep(tmp_path, [WorldScores(1, 500, failed)], "en")
    page = (tmp_path / "bench.html").read_text("utf-8")
    assert "failed" in page
    assert words_of("en")["none_measured"] in page
    assert words_of("en")["none_weak"] not in page
