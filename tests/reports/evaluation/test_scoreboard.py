"""The scoreboard: a perfect product has the best figure in every column, a random one has not."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.bench import (
    DRIFTS,
    WEEKS,
    Rows,
    blind,
    lineage_row,
    planted,
    write,
)
from zeitgraph.reports.evaluation.columns import COLUMNS, score_all
from zeitgraph.reports.evaluation.formatting import as_text, as_values, words_of
from zeitgraph.reports.evaluation.page import workspace_page
from zeitgraph.reports.evaluation.score import Score
from zeitgraph.reports.evaluation.scoreboard import bench_workspace

UNBUILT = {
    "sub_styles", "sentiment", "people", "layout", "click_effect", "quality",
}  # fmt: skip
CLUSTERED = {"ami_assigned", "ami_all", "ami_weekly", "noise", "named_posts", "named_clusters"}
CLUSTERED |= {"drift_strong", "drift_medium", "drift_weak", "drift_path"}
BEST = {"noise": 0.0, "birth_delay": 0.0, "births_false": 0.0, "burst_false": 0.0}
BEST |= {"bots_false": 0.0, "season_false": 0.0, "share_error": 0.0, "co_occurrence": 0.0}
BEST |= {"seconds": 61.0, "megabytes": 900.0, "memory": 900.0}


def test_a_perfect_product_is_perfect_in_every_column(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    results = score_all(write(tmp_path, truth, tables))
    measured = {r.column.key: r.score.value for r in results if r.score.why is None}
    assert {r.column.key for r in results} - set(measured) == UNBUILT
    assert measured == pytest.approx({key: BEST.get(key, 1.0) for key in measured}, abs=1e-9)


def test_a_random_product_misses_every_goal(tmp_path: Path, truth: Rows) -> None:
    results = score_all(write(tmp_path, truth, blind(truth)))
    good = {result.column.key for result in results if result.is_good}
    cried_wolf = {"burst_found", "bots_found", "season_found"}
    assert good <= {"prototype_styles", "prototype_objects"} | cried_wolf
    scores = {result.column.key: result.score for result in results}
    assert abs(scores["ami_assigned"].value or 0) < 0.05


def test_a_column_that_is_not_built_has_a_reason_and_no_figure(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    for row in tables["trends"]:
        row["state"] = "steady"
    results = score_all(write(tmp_path, truth, tables))
    unbuilt = {r.column.key: r for r in results if r.score.why == "unbuilt"}
    assert set(unbuilt) == UNBUILT
    assert all(r.score.value is None and as_values(r)["why"] for r in unbuilt.values())
    burst = next(r for r in results if r.column.key == "burst_found")
    assert burst.score.value == 0.0


def test_a_season_of_the_first_year_counts_only_if_it_is_reported(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    def season() -> Score:
        results = score_all(write(tmp_path, truth, tables))
        return next(r.score for r in results if r.column.key == "season_found")

    assert season().value == 1.0
    for row in tables["trends"]:
        row["state"] = "steady"
    assert season().why == "early"
    assert words_of("en")["because"]["early"] != words_of("zh")["because"]["early"]


# -- products that must not look good --------------------------------------------------------------


def in_one_cluster(tables: Rows) -> None:
    """All posts but one of each drifting style, so that other styles have more posts."""
    lost = {f"{WEEKS[0]}-{style}-00" for style in DRIFTS}
    for row in tables["memberships"]:
        row["cluster_id"] = "" if row["post_id"] in lost else "c-vintage-film"


def in_no_cluster(tables: Rows) -> None:
    for row in tables["memberships"]:
        row["cluster_id"] = ""


def in_one_cluster_or_none(tables: Rows) -> None:
    """Only the posts of one lineage have a cluster."""
    for row in tables["memberships"]:
        if row["cluster_id"] != "c-cyberpunk":
            row["cluster_id"] = ""


def silent(tables: Rows) -> None:
    """No event and no state is reported."""
    tables["lineage"] = []
    for row in tables["trends"]:
        row["state"] = "steady"


def crying_wolf(tables: Rows) -> None:
    """Every event is reported for every cluster in every week, and always the same state."""
    names = sorted({row["cluster_id"][2:] for row in tables["clusters"]})
    tables["lineage"] = [
        lineage_row(week, event, name, names[place - 1])
        for week in WEEKS
        for place, name in enumerate(names)
        for event in ("born", "drifted", "split", "merged", "faded")
    ]
    for row in tables["trends"]:
        row["state"] = "heat-burst"


@pytest.mark.parametrize(
    ("spoil", "good"),
    [
        (in_one_cluster, {"noise"}),
        (in_no_cluster, set()),
        (in_one_cluster_or_none, {"named_clusters"}),
        (silent, {*CLUSTERED, "births_false"}),
        (crying_wolf, CLUSTERED),
    ],
)
def test_a_useless_product_is_good_only_in_columns_where_that_is_no_fault(
    tmp_path: Path, truth: Rows, tables: Rows, spoil: Callable[[Rows], None], good: set[str]
) -> None:
    spoil(tables)
    results = score_all(write(tmp_path, truth, tables))
    asked = [r for r in results if r.column.group in {"clusters", "life"}]
    assert {r.column.key for r in asked if r.is_good} == good
    without = {r.column.key for r in asked if r.score.value is None}
    assert without <= {"sub_styles", "birth_delay"}


# -- changes that do not matter --------------------------------------------------------------------


@given(seed=st.integers(0, 10**6))
@settings(max_examples=3, deadline=None)
def test_other_ids_and_another_order_change_no_score(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    truth = planted()
    tables = blind(truth, seed)
    before = score_all(write(tmp_path_factory.mktemp("bench"), truth, tables))
    dice = random.Random(seed)
    ids = sorted({row["cluster_id"] for row in tables["clusters"]})
    other = dict(zip(ids, dice.sample([f"x{n}" for n in range(99)], len(ids)), strict=True))
    for rows in tables.values():
        for row in rows:
            for column in ("cluster_id", "other_id"):
                if row.get(column):
                    row[column] = other[row[column]]
        dice.shuffle(rows)
    for rows in truth.values():
        dice.shuffle(rows)
    after = score_all(write(tmp_path_factory.mktemp("bench"), truth, tables))
    for one, other_one in zip(before, after, strict=True):
        assert other_one.score.value == pytest.approx(one.score.value, abs=1e-9), one.column.key


# -- output ----------------------------------------------------------------------------------------


def test_both_languages_have_texts_for_every_column() -> None:
    english, chinese = words_of("en"), words_of("zh")
    assert set(english["columns"]) == set(chinese["columns"]) == {c.key for c in COLUMNS}
    for column in COLUMNS:
        keys = set(english["columns"][column.key])
        assert keys == set(chinese["columns"][column.key]) >= {"name", "about"}
        assert column.score is not None or "unbuilt" in keys
    assert set(english) == set(chinese)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_every_column_and_loads_nothing(
    tmp_path: Path, truth: Rows, tables: Rows, lang: Any
) -> None:
    tables["lineage"] = [row for row in tables["lineage"] if row["event"] != "split"]
    case = write(tmp_path, truth, tables)
    results = score_all(case)
    page = workspace_page(results, case, lang)
    assert page == workspace_page(score_all(case), case, lang)
    text = page.decode()
    assert all(words_of(lang)["columns"][column.key]["name"] in text for column in COLUMNS)
    assert text.count(words_of(lang)["why"]["unbuilt"]) >= len(UNBUILT)
    assert "http://" not in text
    assert "https://" not in text


def test_a_name_in_the_truth_is_escaped(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"
    for table in ("posts", "events", "shares"):
        for row in truth[table]:
            for key in {"style", "lineage"} & set(row):
                row[key] = hostile if row[key] == "gothic" else row[key]
    case = write(tmp_path, truth, tables)
    page = workspace_page(score_all(case), case, "en").decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_ranges_and_intervals_are_shown_differently(
    tmp_path: Path, truth: Rows, tables: Rows, lang: Any
) -> None:
    case = write(tmp_path, truth, tables)
    bounds = {"birth_delay": "range", "drift_path": "range", "noise": "interval"}
    scores = {"birth_delay": Score(3, 2, 4, bounds="range"), "noise": Score(0.1, 0.05, 0.2)}
    scores["drift_path"] = Score(0.5, 0.25, 0.75, bounds="range")
    scores["rules"] = Score(1.0)
    results = [
        replace(result, score=scores.get(result.column.key, result.score))
        for result in score_all(case)
    ]
    tree = {values["column"]: values["bounds"] for values in map(as_values, results)}
    assert {key: tree[key] for key in bounds} == bounds
    assert tree["splits"] is None
    shown = as_text(results), workspace_page(results, case, lang).decode()
    for text in shown:
        assert "+2.0 … +4.0" in text
        assert "0.250 … 0.750" in text
        assert "0.050 – 0.200" in text
    assert words_of("en")["interval"] in shown[0]
    assert words_of(lang)["interval"] in shown[1]
    assert shown[1].count("stroke-dasharray") == 1  # a delay has no bar


def test_the_scoreboard_is_a_table_or_json(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    case = write(tmp_path, truth, tables)
    assert case.judge is not None
    text = bench_workspace(case.workspace, None, case.judge, "zh", as_json=False)
    assert "not built" in text
    assert (tmp_path / "bench.html").is_file()
    tree = json.loads(bench_workspace(case.workspace, None, case.judge, None, as_json=True))
    assert [row["column"] for row in tree] == [column.key for column in COLUMNS]
    assert {row["state"] for row in tree} == {"measured", "unbuilt"}
    assert len(as_text(score_all(case)).splitlines()) == len(COLUMNS) + 2
