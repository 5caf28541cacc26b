"""The scoreboard: a perfect product has every figure at its best, a blind one has not."""

import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench_world import (
    OBJECTS,
    WEEKS,
    Rows,
    blind,
    perfect,
    planted,
    told_event,
    write,
    write_rows,
)
from zeitgraph.kg.errors import InputError, UserError
from zeitgraph.reports.bench import stopwatch
from zeitgraph.reports.bench.board import Worlds, bench_workspace, bench_worlds
from zeitgraph.reports.bench.case import Case
from zeitgraph.reports.bench.columns import COLUMNS, COST_FILE, Result, score_all, score_one
from zeitgraph.reports.bench.page import workspace_page
from zeitgraph.reports.bench.score import Goal, Score, rate_score, share_score
from zeitgraph.reports.bench.sweep import Cell, medians, write_sweep
from zeitgraph.reports.bench.truth import Truth, week_number
from zeitgraph.reports.bench.wording import as_text, as_values, words_of

UNBUILT = {
    "sub_styles", "sentiment", "people", "layout", "click_effect", "rules", "quality",
    "duplicates", "prototype_objects",
}  # fmt: skip
BEST = {"noise": 0.0, "birth_delay": 0.0, "births_false": 0.0, "burst_false": 0.0}
BEST |= {"bots_false": 0.0, "season_false": 0.0, "share_error": 0.0, "co_occurrence": 0.0}
BEST |= {"seconds": 61.0, "megabytes": 900.0, "memory": 900.0}


@pytest.fixture
def truth() -> Rows:
    return planted()


@pytest.fixture
def told(truth: Rows) -> Rows:
    return perfect(truth)


class Scores:
    """Scores by column, each taken when it is asked for."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __getitem__(self, key: str) -> Score:
        return score_one(next(column for column in COLUMNS if column.key == key), self.case)


def scores_of(folder: Path, truth: Rows, told: Rows) -> Scores:
    return Scores(write(folder, truth, told))


def test_a_perfect_product_is_perfect_in_every_column(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    results = score_all(write(tmp_path, truth, told))
    measured = {r.column.key: r.score.value for r in results if r.score.why is None}
    assert {r.column.key for r in results} - set(measured) == UNBUILT
    assert measured == pytest.approx({key: BEST.get(key, 1.0) for key in measured}, abs=1e-9)


def test_a_product_that_throws_dice_misses_every_goal(tmp_path: Path, truth: Rows) -> None:
    results = score_all(write(tmp_path, truth, blind(truth)))
    good = {result.column.key for result in results if result.is_good}
    cried_wolf = {"burst_found", "bots_found", "season_found"}
    assert good <= {"prototype_styles"} | cried_wolf
    scores = {result.column.key: result.score for result in results}
    assert abs(scores["ami_assigned"].value or 0) < 0.05


def test_what_is_not_built_says_what_is_missing_and_has_no_figure(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    for row in told["trends"]:
        row["state"] = "steady"
    results = score_all(write(tmp_path, truth, told))
    unbuilt = {r.column.key: r for r in results if r.score.why == "unbuilt"}
    states = {f"{key}_{side}" for key in ("bots", "season") for side in ("found", "false")}
    assert set(unbuilt) == UNBUILT | states
    assert all(r.score.value is None and as_values(r)["why"] for r in unbuilt.values())
    burst = next(r for r in results if r.column.key == "burst_found")
    assert burst.score.value == 0.0


# -- figures computed by hand ----------------------------------------------------------------------


def test_posts_in_no_cluster_are_noise(tmp_path: Path, truth: Rows, told: Rows) -> None:
    lost = [row for row in told["memberships"] if row["post_id"].endswith(("-00", "-01", "-02"))]
    for row in lost:
        row["cluster_id"] = ""
    scores = scores_of(tmp_path, truth, told)
    assert scores["noise"].value == pytest.approx(3 / 12)
    assert scores["drift_strong"].value == pytest.approx(9 / 12)
    assert scores["ami_assigned"].value == 1.0
    assert 0.5 < (scores["ami_all"].value or 0) < 1.0


def test_a_drift_cut_in_half_has_half_its_posts_under_one_id(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    for row in told["memberships"]:
        if row["cluster_id"] == "c-camping" and row["week"] >= WEEKS[10]:
            row["cluster_id"] = "c-glamping"
    scores = scores_of(tmp_path, truth, told)
    assert scores["drift_strong"].value == 0.5
    assert scores["drift_medium"].value == scores["drift_weak"].value == 1.0


def test_a_core_that_stays_tells_no_path(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in told["clusters"]:
        if row["cluster_id"] == "c-camping":
            row["core"] = [1.0, 0.0]
    score = scores_of(tmp_path, truth, told)["drift_path"]
    assert score.parts == pytest.approx({"camping": 0.0, "coastal": 1.0, "gothic": 1.0})
    assert score.value == pytest.approx(2 / 3)


def test_drifts_told_are_weighed_against_drifts_planted(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    told["lineage"] = [row for row in told["lineage"] if row["cluster_id"] != "c-gothic"]
    told["lineage"].append(told_event(WEEKS[5], "drifted", "cyberpunk"))
    score = scores_of(tmp_path, truth, told)["drift_told"]
    assert score.value == pytest.approx(2 / 3)  # found 2 of 3, right 2 of 3
    assert score.detail == "2 / 3, 2 / 3"


def test_a_birth_told_late_is_late_and_a_second_one_is_false(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    for row in told["lineage"]:
        if row["cluster_id"] == "c-fairycore":
            row["week"] = WEEKS[13]
    told["lineage"] += [told_event(WEEKS[7], "born", name) for name in ("gothic", "cyberpunk")]
    scores = scores_of(tmp_path, truth, told)
    assert scores["birth_delay"].value == 3
    assert scores["births_found"].value == 1.0
    assert scores["births_false"].value == pytest.approx(2 / 16)
    assert scores["births_false"].detail == "cyberpunk 1, gothic 1"


def test_a_birth_that_is_never_told_has_no_delay(tmp_path: Path, truth: Rows, told: Rows) -> None:
    told["lineage"] = [row for row in told["lineage"] if row["cluster_id"] != "c-fairycore"]
    scores = scores_of(tmp_path, truth, told)
    assert scores["births_found"].value == 0.0
    assert scores["birth_delay"].why == "unmeasured"


@pytest.mark.parametrize(
    ("column", "event", "style", "other", "step"),
    [
        ("splits", "split", "candy", "dopamine", 8),
        ("merges", "merged", "vaporwave", "y2k", 12),
        ("deaths", "faded", "vintage-film", "", 14),
    ],
)
def test_an_event_counts_within_two_weeks(  # noqa: PLR0917 -- a table of cases
    tmp_path: Path, truth: Rows, told: Rows, column: str, event: str, style: str, other: str,
    step: int,
) -> None:  # fmt: skip
    case = write(tmp_path, truth, told)
    kept = [row for row in told["lineage"] if row["event"] != event]
    for late, hit in ((-3, 0), (-2, 1), (2, 1), (3, 0)):
        rows = [*kept, told_event(WEEKS[step + late], event, style, other)]
        write_rows(case.workspace, "lineage", rows)
        assert Scores(replace(case, _read={}))[column].value == hit, late


def test_a_false_split_halves_the_precision(tmp_path: Path, truth: Rows, told: Rows) -> None:
    told["lineage"].append(told_event(WEEKS[8], "split", "gothic", "coastal"))
    assert scores_of(tmp_path, truth, told)["splits"].value == pytest.approx(2 / 3)


def test_states_in_the_wrong_place_are_false(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in told["trends"]:
        if row["cluster_id"] == "c-pastoral" or row["week"] == WEEKS[3]:
            row["state"] = "heat-burst"
    score = scores_of(tmp_path, truth, told)["burst_false"]
    assert score.value == pytest.approx(8 / 20)  # eight lineages are alive in that week


def test_shares_and_their_intervals(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in told["trends"]:
        if row["week"] >= WEEKS[10]:
            row["share"] += 0.02
            row["share_low"] = row["share"] - 0.01
    scores = scores_of(tmp_path, truth, told)
    late = [row for row in truth["shares"] if row["week"] >= WEEKS[10]]
    part = len(late) / len(truth["shares"])
    assert scores["share_error"].value == pytest.approx(0.02 * part)
    assert scores["share_coverage"].value == pytest.approx(1 - part)


def test_entities_are_strict_in_span_and_kind(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in told["mentions"]:
        if row["kind"] == "brand":
            row["kind"] = "object"
    score = scores_of(tmp_path, truth, told)["entities"]
    assert score.value == pytest.approx(0.5)
    assert score.parts == pytest.approx({"brand": 0.0, "object": 2 / 3})


def test_kinds_that_the_truth_does_not_tell_are_left_out(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    told["mentions"] += [row | {"kind": "hashtag", "start": 40} for row in told["mentions"]]
    scores = scores_of(tmp_path, truth, told)
    assert scores["entities"].value == scores["links"].value == 1.0


def test_a_link_where_nothing_is_meant_is_wrong(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in told["links"]:
        if row["how"] == "nil":
            row |= {"entity_id": OBJECTS[0], "how": "context"}
    score = scores_of(tmp_path, truth, told)["links"]
    assert score.value == pytest.approx(0.5)
    assert score.parts == pytest.approx({"NIL": 0.0, "object": 2 / 3})


def test_a_name_met_in_the_posts_means_nothing_in_the_catalogue(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    for row in told["links"]:
        if row["how"] == "nil":
            row |= {"entity_id": "e-new", "how": "new"}
    assert scores_of(tmp_path, truth, told)["links"].value == 1.0


def test_facts_that_are_missing_count_as_nought(tmp_path: Path, truth: Rows, told: Rows) -> None:
    told["facts"] = []
    score = scores_of(tmp_path, truth, told)["co_occurrence"]
    shown = score.detail.split("0 → ")[1]
    assert score.value == pytest.approx(float(shown), abs=1e-4)
    assert score.value == pytest.approx(1 / 3)  # each post shows one other of three


def test_a_wrong_name_is_wrong_for_its_posts_and_its_cluster(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    for row in told["clusters"]:
        if row["cluster_id"] in {"c-y2k", "c-harvest"}:
            row["style"] = "gothic"
    scores = scores_of(tmp_path, truth, told)
    assert scores["named_clusters"].value == pytest.approx(9 / 11)
    assert scores["named_posts"].parts["y2k"] == 0.0
    assert scores["named_posts"].parts["cyberpunk"] == 1.0


def test_prototypes_are_judged_by_what_they_are_asked_for(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    told["gallery"][0]["path"] = "drawn/pastoral.png"
    score = scores_of(tmp_path, truth, told)["prototype_styles"]
    assert score.value == pytest.approx(5 / 6)  # one of the seven has died


def test_intervals_are_those_of_the_books() -> None:
    share, rate = share_score(8, 10), rate_score(3, 10)
    assert (share.low, share.high) == pytest.approx((0.4901625, 0.9433178))  # Wilson
    assert (rate.low, rate.high) == pytest.approx((0.0618672, 0.8767273))  # Garwood


# -- what changes no score -------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6))
@settings(max_examples=3, deadline=None)
def test_other_ids_and_another_order_change_no_score(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    truth = planted()
    told = blind(truth, seed)
    before = score_all(write(tmp_path_factory.mktemp("bench"), truth, told))
    dice = random.Random(seed)
    ids = sorted({row["cluster_id"] for row in told["clusters"]})
    other = dict(zip(ids, dice.sample([f"x{n}" for n in range(99)], len(ids)), strict=True))
    for rows in told.values():
        for row in rows:
            for column in ("cluster_id", "other_id"):
                if row.get(column):
                    row[column] = other[row[column]]
        dice.shuffle(rows)
    for rows in truth.values():
        dice.shuffle(rows)
    after = score_all(write(tmp_path_factory.mktemp("bench"), truth, told))
    for one, other_one in zip(before, after, strict=True):
        assert other_one.score.value == pytest.approx(one.score.value, abs=1e-9), one.column.key


# -- truth that is not there -----------------------------------------------------------------------


def test_a_missing_table_or_column_is_named_and_how_to_make_it(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    del truth["shares"]
    for row in truth["events"]:
        del row["until"]
    results = {r.column.key: r for r in score_all(write(tmp_path, truth, told))}
    assert results["share_error"].score.why == results["splits"].score.why == "untold"
    assert "truth/shares.csv" in as_values(results["share_error"])["why"]
    assert "truth/events.csv: until" in as_values(results["splits"])["why"]
    assert "zeitgraph demo" in as_values(results["splits"])["why"]
    assert results["ami_all"].score.value == 1.0


def test_no_truth_at_all_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no posts\.csv .*`zeitgraph demo"):
        Truth(tmp_path)


def test_the_truth_of_another_world_is_an_error(tmp_path: Path, truth: Rows, told: Rows) -> None:
    for row in truth["posts"]:
        row["post_id"] = f"other-{row['post_id']}"
    with pytest.raises(InputError, match="no post of this workspace"):
        score_all(write(tmp_path, truth, told))


def test_a_world_without_such_an_event_says_so(tmp_path: Path, truth: Rows, told: Rows) -> None:
    truth["events"] = [row for row in truth["events"] if row["event"] != "merge"]
    assert scores_of(tmp_path, truth, told)["merges"].why == "unplanted"


def test_weeks_are_counted_over_the_turn_of_a_year() -> None:
    assert week_number("2027-W01") - week_number("2026-W52") == 2  # 2026 has 53


# -- how it is shown -------------------------------------------------------------------------------


def test_both_languages_have_words_for_every_column() -> None:
    english, chinese = words_of("en"), words_of("zh")
    assert set(english["columns"]) == set(chinese["columns"]) == {c.key for c in COLUMNS}
    for column in COLUMNS:
        keys = set(english["columns"][column.key])
        assert keys == set(chinese["columns"][column.key]) >= {"name", "about"}
        assert column.score is not None or "unbuilt" in keys
    assert set(english) == set(chinese)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_every_column_and_loads_nothing(
    tmp_path: Path, truth: Rows, told: Rows, lang: Any
) -> None:
    told["lineage"] = [row for row in told["lineage"] if row["event"] != "split"]
    case = write(tmp_path, truth, told)
    results = score_all(case)
    page = workspace_page(results, case, lang)
    assert page == workspace_page(score_all(case), case, lang)
    text = page.decode()
    assert all(words_of(lang)["columns"][column.key]["name"] in text for column in COLUMNS)
    assert text.count(words_of(lang)["why"]["unbuilt"]) >= len(UNBUILT)
    assert "http://" not in text
    assert "https://" not in text


def test_a_name_in_the_truth_is_no_markup(tmp_path: Path, truth: Rows, told: Rows) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"
    for table in ("posts", "events", "shares"):
        for row in truth[table]:
            for key in {"style", "lineage"} & set(row):
                row[key] = hostile if row[key] == "gothic" else row[key]
    case = write(tmp_path, truth, told)
    page = workspace_page(score_all(case), case, "en").decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_board_is_a_table_and_json(tmp_path: Path, truth: Rows, told: Rows) -> None:
    case = write(tmp_path, truth, told)
    assert case.judge is not None
    text = bench_workspace(case.workspace, None, case.judge, "zh", as_json=False)
    assert "not built" in text
    assert (tmp_path / "bench.html").is_file()
    tree = json.loads(bench_workspace(case.workspace, None, case.judge, None, as_json=True))
    assert [row["column"] for row in tree] == [column.key for column in COLUMNS]
    assert {row["state"] for row in tree} == {"measured", "unbuilt"}
    assert len(as_text(score_all(case)).splitlines()) == len(COLUMNS) + 2


# -- many worlds -----------------------------------------------------------------------------------


def test_a_median_is_over_the_seeds_that_have_a_figure() -> None:
    column = COLUMNS[0]

    def cell(seed: int, score: Score) -> Cell:
        return Cell(seed, 500, [Result(c, score if c is column else Score(why="unbuilt"))
                                for c in COLUMNS])  # fmt: skip

    cells = [cell(1, Score(0.2)), cell(2, Score(why="failed", what="no")), cell(3, Score(0.8))]
    middle = medians(cells)[500]
    assert middle[0].score == Score(0.5, 0.2, 0.8, detail="0.200, –, 0.800")
    assert middle[1].score.why == "unbuilt"
    assert Goal(0.4, 0.6).met(0.5)


def test_a_world_that_was_run_is_not_run_again(
    tmp_path: Path, truth: Rows, told: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        write(tmp_path / f"seed-{seed}" / "posts-500", truth, told)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "run", refuse)
    worlds = Worlds(tmp_path, "2,1", "500", refuse)
    notes: list[str] = []
    text = bench_worlds(worlds, lambda paths, _: [p.stem for p in paths], "zh", notes.append,
                        as_json=False)  # fmt: skip
    assert notes == []
    assert "500 posts" in text
    rows = (tmp_path / "bench.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 2 * len(COLUMNS)
    tree = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert tree["medians"]["500"][0]["value"] == 1.0
    assert "种子" in (tmp_path / "bench.html").read_text("utf-8")


def test_a_run_that_fails_is_told_and_is_tried_again(
    tmp_path: Path, truth: Rows, told: Rows
) -> None:
    calls = []

    def write_nothing(corpus: Path, *, seed: int, posts: int) -> None:
        calls.append((seed, posts))
        corpus.mkdir(parents=True)
        (corpus / "catalogue.csv").write_text("id,kind,name_en\n")

    worlds = Worlds(tmp_path, "3", "40", write_nothing)
    for _ in range(2):
        tree = json.loads(bench_worlds(worlds, lambda *_: [], None, lambda _: None, as_json=True))
        shutil.rmtree(tmp_path / "seed-3" / "posts-40" / "corpus")
    assert calls == [(3, 40), (3, 40)]
    assert {row["state"] for row in tree["worlds"]} == {"failed"}
    assert "posts.jsonl" in tree["worlds"][0]["why"]


def test_the_stopwatch_counts_the_command_and_not_who_calls_it(tmp_path: Path) -> None:
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
def test_seeds_that_are_no_numbers_are_the_users_mistake(tmp_path: Path, seeds: str) -> None:
    worlds = Worlds(tmp_path, seeds, "500", print)
    with pytest.raises(UserError, match="--seeds"):
        bench_worlds(worlds, lambda *_: [], None, print, as_json=False)


def test_worlds_that_all_failed_still_have_a_page(tmp_path: Path) -> None:
    failed = [Result(column, Score(why="failed", what="no")) for column in COLUMNS]
    write_sweep(tmp_path, [Cell(1, 500, failed)], "en")
    assert "failed" in (tmp_path / "bench.html").read_text("utf-8")
