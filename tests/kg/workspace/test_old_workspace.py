"""A workspace that version 0.1 made: every command but `run` says what to do; `run` renews it."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import posts_with_vectors, table_bytes, write_posts
from zeitgraph.cli import answer, init, run, status
from zeitgraph.kg.base.errors import OldWorkspace

RENAMED = {
    "clusters": {"shown_as": "told_as", "min_similarity": "reach"},
    "memberships": {"assigned_cluster": "found_in"},
}


def _age(place: Path) -> None:
    """Give a workspace the column names and the ledger of version 0.1."""
    for table, names in RENAMED.items():
        for file in (place / "tables" / table).rglob("*.parquet"):
            data = pq.read_table(file, partitioning=None)
            old = [names.get(name, name) for name in data.column_names]
            pq.write_table(data.rename_columns(old), file)
    ledger: dict[str, dict[str, object]] = {}
    for file in sorted((place / "ledger").iterdir()):
        for stage, entry in json.loads(file.read_bytes()).items():
            ledger.setdefault(stage, {})[file.stem] = entry
    (place / "ledger.json").write_text(json.dumps(ledger), "utf-8")
    shutil.rmtree(place / "ledger")


def test_an_old_workspace_says_what_to_do_and_a_run_makes_its_tables_anew(tmp_path: Path) -> None:
    place = tmp_path / "w"
    init(place, profile="vectors")
    (place / "zeitgraph.toml").write_text('profile = "vectors"\n[graph]\nbolt = "off"\n', "utf-8")
    run([write_posts(tmp_path / "posts.jsonl", posts_with_vectors(5, 60, 3))], workspace=place)
    new = table_bytes(place)
    _age(place)
    assert table_bytes(place) != new
    line = r"zeitgraph 0\.1 made the tables .*: make them anew with `zeitgraph run`"
    with pytest.raises(OldWorkspace, match=line):
        status(workspace=place)
    with pytest.raises(OldWorkspace, match=line):
        answer("weeks", workspace=place)
    assert "steps done" in run(workspace=place)
    assert table_bytes(place) == new
    assert "Nothing had changed" in run(workspace=place)
    status(workspace=place)
