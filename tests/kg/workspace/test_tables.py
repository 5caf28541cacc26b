"""One partition of a table: written whole, sorted, with the same bytes for the same rows."""

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeitgraph.kg.base.errors import InputError, UnknownName
from zeitgraph.kg.workspace.export import export_table
from zeitgraph.kg.workspace.tables import (
    TABLES,
    join_tables,
    make_table,
    read_partition,
    read_pieces,
    write_partition,
)
from zeitgraph.kg.workspace.workspace import NO_WEEK, Workspace

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MEMBERS = st.dictionaries(TEXTS, st.floats(0, 1), max_size=20)


def _rows(members: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {"post_id": post_id, "cluster_id": "", "week": "2026-W46", "weight": weight}
        for post_id, weight in members.items()
    ]


@given(MEMBERS, st.randoms())
@settings(deadline=None)
def test_the_order_of_rows_does_not_change_the_bytes(
    members: dict[str, float], dice: random.Random
) -> None:
    table = TABLES["memberships"]
    rows = _rows(members)
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "a.parquet", Path(folder) / "b.parquet"
        write_partition(first, table, make_table(table, rows))
        dice.shuffle(rows)
        write_partition(second, table, make_table(table, rows))
        assert first.exists() == second.exists() == bool(rows)
        if rows:
            assert first.read_bytes() == second.read_bytes()
            found = {
                row["post_id"]: row["weight"] for row in read_partition(first, table).to_pylist()
            }
            assert found == members


@given(MEMBERS, st.integers(1, 9), st.integers(1, 30))
def test_pieces_are_the_partition_and_keep_a_post_together(
    members: dict[str, float], sides: int, size: int
) -> None:
    table = TABLES["vectors"]
    rows = [
        {"post_id": post_id, "side": "picture", "item_id": f"{item}", "vector": [1.0, item]}
        for number, post_id in enumerate(members)
        for item in range(1 + number % sides)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.parquet"
        write_partition(path, table, make_table(table, rows))
        pieces = list(read_pieces(path, table, size))
        whole = read_partition(path, table).to_pylist()
    assert join_tables("vectors", pieces).to_pylist() == whole
    ids = [set(piece["post_id"].to_pylist()) for piece in pieces]
    assert sum(map(len, ids)) == len(set.union(set(), *ids))
    assert all(piece.num_rows < size + 2 * sides for piece in pieces)


def test_a_partition_that_lost_its_rows_is_gone(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    table = TABLES["memberships"]
    workspace.write("memberships", "2026-W46", make_table(table, _rows({"a": 1.0})))
    assert workspace.weeks("memberships") == ["2026-W46"]
    workspace.write("memberships", "2026-W46", table.schema.empty_table())
    assert workspace.weeks("memberships") == []
    assert workspace.digest("memberships", "2026-W46") == ""


def test_of_a_table_that_rolls_up_the_newest_row_counts(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    table = TABLES["entities"]
    for week, name in (("2026-W45", "old"), ("2026-W46", "new")):
        row = {"entity_id": "e-1", "name": name, "kind": "brand", "week": week}
        workspace.write("entities", week, make_table(table, [row]))
    assert [row["name"] for row in workspace.read_all("entities").to_pylist()] == ["new"]


def test_rows_of_no_week_are_read_with_the_rest(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    row = {"item": "x", "stage": "intake", "reason": "no time", "week": None}
    workspace.write("rejects", NO_WEEK, make_table(TABLES["rejects"], [row]))
    assert workspace.weeks("rejects") == []
    assert workspace.read_all("rejects").num_rows == 1


def test_an_unknown_table_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    with pytest.raises(
        UnknownName, match="no table is called «postz»: known: balance, claims, clusters"
    ):
        workspace.read_all("postz")


EXPORTED = {
    "posts": "post_id week published_at text lang heat",
    "media": "media_id post_id kind path",
    "clusters": "cluster_id name origin first_week last_week",
    "memberships": "post_id cluster_id week weight",
    "lineage": "week event cluster_id other_id measure done_by",
    "edits": "week kind cluster_id other_id entry since en zh",
    "trends": "week cluster_id posts heat share growth state",
    "mentions": "post_id start end surface kind",
    "links": "post_id start end entity_id score how",
    "entities": "entity_id name kind",
    "facts": "week subject predicate object count probability",
    "claims": "week claim_id text evidence status",
    "rejects": "item stage reason",
}


@pytest.mark.parametrize(("table", "columns"), EXPORTED.items())
def test_the_promised_columns_are_exported(table: str, columns: str) -> None:
    assert set(columns.split()) <= set(TABLES[table].schema.names)


def test_a_table_is_exported_as_parquet_csv_and_json_lines(tmp_path: Path) -> None:
    import json

    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    workspace = Workspace.create(tmp_path / "w", "vectors")
    hostile = 'a,"b"\n=cmd()|c 露营 \u202e'
    post = {
        "post_id": hostile,
        "week": "2026-W46",
        "published_at": datetime(2026, 11, 12, 8, 30, tzinfo=UTC),
        "text": hostile,
        "lang": "zh",
        "heat": 1.5,
    }
    workspace.write("posts", "2026-W46", make_table(TABLES["posts"], [post]))
    for ending in ("parquet", "csv", "jsonl"):
        assert export_table(workspace, "posts", tmp_path / f"out.{ending}") == 1
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == [hostile]
    options = pa_csv.ParseOptions(newlines_in_values=True)
    read = pa_csv.read_csv(tmp_path / "out.csv", parse_options=options)
    assert read["text"].to_pylist() == [hostile]
    line = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert line["text"] == hostile
    assert line["published_at"] == "2026-11-12T08:30:00+00:00"


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", "vectors")
    with pytest.raises(InputError, match=r"end its name in \.parquet, \.csv or \.jsonl"):
        export_table(workspace, "posts", tmp_path / "out.xlsx")
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("members", [{"p1": 0.5}, {}])
def test_what_a_killed_write_left_is_gone_after_the_next(
    members: dict[str, float], tmp_path: Path
) -> None:
    table, path = TABLES["memberships"], tmp_path / "week=2026-W46" / "part.parquet"
    path.parent.mkdir()
    (path.parent / ".part.parquet.4711").write_bytes(b"half")
    write_partition(path, table, make_table(table, _rows(members)))
    left = list(path.parent.iterdir()) if path.parent.exists() else []
    assert left == ([path] if members else [])


def test_a_partition_of_an_older_version_has_nulls_where_it_lacks_a_column(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = TABLES["lineage"]
    row = {"week": "2026-W40", "event": "born", "cluster_id": "c-1", "other_id": "", "measure": 3.0}
    path = tmp_path / "part.parquet"
    older = make_table(table, [row]).drop_columns(["done_by"])
    pq.write_table(older.append_column("gone", pa.array(["x"])), path)
    assert read_partition(path, table).to_pylist() == [row | {"done_by": None}]
    assert read_partition(path, table).schema == table.schema
