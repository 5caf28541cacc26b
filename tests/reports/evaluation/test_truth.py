"""Truth that is missing, malformed or of another world gives an error of one line."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.bench import (
    Rows,
    Scores,
    planted,
    scores_of,
    write,
    write_truth,
)
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.weeks import weeks_between
from zeitgraph.reports.evaluation.columns import COST_FILE, score_all
from zeitgraph.reports.evaluation.formatting import as_values
from zeitgraph.reports.evaluation.scoreboard import bench_workspace
from zeitgraph.reports.evaluation.truth import READERS, Truth


def test_a_missing_file_or_column_is_named_with_the_command_that_makes_it(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    del truth["shares"]
    for row in truth["events"]:
        del row["until"]
    results = {r.column.key: r for r in score_all(write(tmp_path, truth, tables))}
    assert results["share_error"].score.why == results["splits"].score.why == "no_truth"
    assert "truth/shares.csv" in as_values(results["share_error"])["why"]
    assert "truth/events.csv: until" in as_values(results["splits"])["why"]
    assert "zeitgraph demo" in as_values(results["splits"])["why"]
    assert results["ami_all"].score.value == 1.0


def test_a_folder_without_truth_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no posts\.csv .*`zeitgraph demo"):
        Truth(tmp_path)


FEW = {table: rows[:2] for table, rows in planted().items()}
WRONG = {
    ("events", "strength"): ("strong", "nan", "inf"),
    ("events", "week"): ("", "2026-W54", "2026-46", "soon"),
    ("events", "until"): ("2026-W00",),
    ("mentions", "start"): ("", "-1", "1.5", "one", "9" * 5000),
    ("mentions", "end"): ("二",),
    ("shares", "week"): ("2026-W460",),
    ("shares", "share"): ("", "half", "1.2", "-0.1"),
    ("shares", "posts"): ("many", "1e3"),
    ("posts", "week"): ("x",),
    ("posts", "drift"): ("", "far"),
    ("posts", "pictures"): ("", "two", "-1"),
    ("rules", "low"): ("", "blue", "nan"),
    ("rules", "high"): ("", "∞"),
}


@pytest.mark.parametrize(
    ("table", "column", "cell"),
    [(table, column, cell) for (table, column), cells in WRONG.items() for cell in cells],
)
def test_a_cell_that_cannot_be_read_is_named_with_file_row_and_column(
    tmp_path: Path, truth: Rows, table: str, column: str, cell: str
) -> None:
    truth[table][1][column] = cell
    write_truth(tmp_path, truth)
    with pytest.raises(InputError) as caught:
        Truth(tmp_path).rows(table)
    line = str(caught.value)
    assert f"«{cell[:40]}» is no " in line
    assert f"{tmp_path}/{table}.csv, row 3, column {column})" in line
    assert "mend it" in line
    assert len(line) < 400


def test_a_scoreboard_on_malformed_truth_is_an_error_of_one_line(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    truth["mentions"][0]["start"] = "first"
    case = write(tmp_path, truth, tables)
    with pytest.raises(InputError, match=r"«first» is no whole number .*row 2, column start\): "):
        bench_workspace(case.workspace, None, lambda *_: [], None, as_json=False)


def test_every_column_with_a_reader_has_a_wrong_cell() -> None:
    assert set(WRONG) == {(table, name) for table, of in READERS.items() for name in of}


@given(data=st.data())
@settings(deadline=None)
def test_any_cell_is_either_read_or_named(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table, column = data.draw(st.sampled_from(sorted(WRONG)))
    numbers = st.floats().map(str) | st.integers().map(str)
    cell = data.draw(st.text(st.characters(codec="utf-8"), max_size=60) | numbers)
    folder = tmp_path_factory.mktemp("truth", numbered=True)
    first, second, *_ = FEW[table]
    write_truth(folder, FEW | {table: [first, second | {column: cell}, first]})
    rows, line = rows_or_line(folder, table)
    if line:
        assert f"{table}.csv, row 3, column {column})" in line
        assert len(line.splitlines()) == 1
    else:
        assert len(rows) == 3
        assert not isinstance(rows[1][column], float) or math.isfinite(rows[1][column])


def rows_or_line(folder: Path, table: str) -> tuple[Sequence[Any], str]:
    """The rows of a table, or what the error says."""
    try:
        return Truth(folder).rows(table), ""
    except InputError as error:
        return (), str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("post_id,week,lineage\np1,2026-W46,gothic\np2,2026-W46\n", "2 cells under 3 columns"),
        ("post_id,week,lineage\np1,2026-W46,gothic,more\n", "4 cells under 3 columns"),
        ("post_id,week,lineage,week\np1,2026-W46,gothic,2026-W46\n", "twice"),
        ('post_id,week,lineage\np1,"2026-W46,gothic\n', "no CSV in UTF-8"),
        ("post_id,week\np1,2026-W46\n", "no posts.csv with post_id, week, lineage"),
        ("", "no posts.csv with post_id, week, lineage"),
    ],
)
def test_an_incomplete_file_is_an_error_of_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "posts.csv").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        Truth(tmp_path)
    line = str(caught.value)
    assert message in line
    assert str(tmp_path) in line
    assert "`zeitgraph demo DIR`" in line
    assert "row" not in line or "row 3" in line or "row 2" in line


@given(content=st.binary(max_size=200))
@settings(deadline=None)
def test_arbitrary_bytes_are_an_error_of_one_line(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("truth", numbered=True)
    (folder / "posts.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        Truth(folder)
    assert len(str(caught.value).splitlines()) == 1


def test_a_malformed_file_of_costs_is_an_error_of_one_line(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    case = write(tmp_path, truth, tables)
    for text in ("", "[]", "{}", '{"seconds": "long"}', '{"seconds": null}'):
        (tmp_path / COST_FILE).write_text(text)
        with pytest.raises(InputError, match=rf"no seconds of a run .*{COST_FILE}.*delete it"):
            Scores(case)["seconds"]


def test_the_truth_of_another_world_is_an_error(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in truth["posts"]:
        row["post_id"] = f"other-{row['post_id']}"
    with pytest.raises(InputError, match="no post of this workspace"):
        score_all(write(tmp_path, truth, tables))


def test_a_missing_event_gives_that_reason(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    truth["events"] = [row for row in truth["events"] if row["event"] != "merge"]
    assert scores_of(tmp_path, truth, tables)["merges"].why == "unplanted"


def test_weeks_are_counted_across_a_new_year() -> None:
    assert weeks_between("2026-W52", "2027-W01") == 2  # 2026 has 53
