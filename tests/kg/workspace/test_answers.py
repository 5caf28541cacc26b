"""Answers as a table, JSON and CSV."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from zeitgraph.kg.base.errors import UnknownName, UserError
from zeitgraph.kg.workspace.answers import WIDEST, Answer

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANSWERS = st.lists(st.tuples(VALUES, VALUES), max_size=5).map(
    lambda rows: Answer(("name", "数量"), tuple(rows))
)


def test_columns_stand_under_each_other_in_chinese_too() -> None:
    answer = Answer(("name", "posts"), (("Camping", 7), ("露营", 12), (None, None)))
    assert answer.render("table").split("\n") == [
        "name     posts",
        "───────  ─────",
        "Camping      7",
        "露营        12",
        "",
    ]


@given(ANSWERS)
def test_a_table_has_a_line_for_each_row_and_nothing_a_terminal_acts_on(answer: Answer) -> None:
    lines = answer.render("table").split("\n")
    assert len(lines) == len(answer.rows) + 2
    assert all(line.isprintable() for line in lines)
    assert all(cell_len(line) <= 2 * WIDEST + 2 for line in lines)


@given(ANSWERS)
def test_json_and_csv_hold_everything(answer: Answer) -> None:
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    assert json.loads(answer.render("json")) == rows
    read = list(csv.reader(io.StringIO(answer.render("csv"), newline="")))
    assert read[0] == list(answer.columns)
    assert read[1:] == [["" if value is None else str(value) for value in r] for r in answer.rows]


def test_lists_and_mappings_are_shown_on_one_line_and_kept_in_csv() -> None:
    answer = Answer(("x",), (({"a": 1, "b": ["c", "d"]},),))
    assert answer.render("table").splitlines()[2] == "a=1 b=c, d"
    (_, (cell,)) = csv.reader(io.StringIO(answer.render("csv")))
    assert json.loads(cell) == {"a": 1, "b": ["c", "d"]}


def test_only_a_graph_is_written_as_turtle_and_an_unknown_form_lists_the_known() -> None:
    assert Answer((), (), "<a:b> a <c:d> .\n").render("ttl") == "<a:b> a <c:d> ."
    with pytest.raises(UserError, match="CONSTRUCT"):
        Answer(("x",), ()).render("ttl")
    with pytest.raises(UnknownName, match="csv, json, table, ttl"):
        Answer(("x",), ()).render("xml")
