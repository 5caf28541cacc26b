"""The weekly run: only what changed, whatever the order, whenever it was killed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run, posts_with_vectors, table_bytes, write_posts
from zeitgraph.cli import add, forget, init, run
from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.workspace.workspace import Workspace


def _workspace(folder: Path, *, bolt: str = "off") -> Path:
    init(folder, profile="vectors")
    settings = folder / "zeitgraph.toml"
    settings.write_text(f'profile = "vectors"\n[graph]\nbolt = "{bolt}"\n')
    return folder


def _ledger(place: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (place / "ledger").iterdir()}


def test_a_second_run_does_no_work_and_changes_no_byte(tmp_path: Path) -> None:
    place = _workspace(tmp_path / "w")
    posts = write_posts(tmp_path / "posts.jsonl", posts_with_vectors(1))
    run([posts], workspace=place)
    before, ledger = table_bytes(place), _ledger(place)
    pages = {f: f.stat().st_mtime_ns for f in (place / "reports").rglob("*")}
    assert "Nothing had changed" in run([posts], workspace=place)
    assert "Nothing had changed" in run(workspace=place)
    assert table_bytes(place) == before
    assert _ledger(place) == ledger
    assert {f: f.stat().st_mtime_ns for f in (place / "reports").rglob("*")} == pages


def test_order_and_number_of_files_change_no_table(tmp_path: Path) -> None:
    posts = posts_with_vectors(2)
    whole = _workspace(tmp_path / "whole")
    run([write_posts(tmp_path / "all.jsonl", posts)], workspace=whole)
    random.Random(5).shuffle(posts)
    parts = _workspace(tmp_path / "parts")
    for number in range(3):
        file = write_posts(tmp_path / f"part{number}.jsonl", posts[number::3])
        add([file], workspace=parts)
        if number == 1:
            run(workspace=parts)
    run(workspace=parts)
    # `intake` tells the file and row that a post came from, which differ here
    assert table_bytes(parts, "intake") == table_bytes(whole, "intake")


def test_a_week_that_comes_later_changes_no_earlier_week(tmp_path: Path) -> None:
    posts = posts_with_vectors(3)
    place = _workspace(tmp_path / "w")
    early = [post for post in posts if post["published_at"] < "2026-11-09"]
    run([write_posts(tmp_path / "early.jsonl", early)], workspace=place)
    before = table_bytes(place, "gallery", "claims")
    run([write_posts(tmp_path / "all.jsonl", posts)], workspace=place)
    after = table_bytes(place, "gallery", "claims")
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)


@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_at_any_moment_ends_with_the_same_tables(seed: int, tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", posts_with_vectors(4))
    undisturbed = _workspace(tmp_path / "undisturbed")
    command = [sys.executable, "-m", "zeitgraph.cli", "run", str(posts), "-w"]
    begin = time.monotonic()
    subprocess.run([*command, str(undisturbed)], check=True, capture_output=True)  # noqa: S603
    whole = time.monotonic() - begin
    place = _workspace(tmp_path / "killed")
    dice = random.Random(seed)
    for _ in range(3):
        process = subprocess.Popen(  # noqa: S603
            [*command, str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(whole * dice.uniform(0.2, 1.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, str(place)], check=True, capture_output=True)  # noqa: S603
    assert table_bytes(place) == table_bytes(undisturbed)
    assert not list((place / "tables").rglob(".part*"))


def test_what_is_forgotten_is_gone_everywhere_and_stays_out(tmp_path: Path) -> None:
    posts = posts_with_vectors(6)
    last = max(posts, key=lambda post: str(post["published_at"]))
    last["text"] = "xylophonesque marginalia"
    last["likes"] = 10**6
    place = _workspace(tmp_path / "w")
    file = write_posts(tmp_path / "posts.jsonl", posts)
    run([file], workspace=place)
    assert _holding(place, b"xylophonesque")
    forget([last["id"]], workspace=place)
    assert _holding(place, b"xylophonesque") == []
    assert _holding(place, last["id"].encode()) == []
    never = _workspace(tmp_path / "never")
    run(
        [write_posts(tmp_path / "rest.jsonl", [p for p in posts if p is not last])],
        workspace=never,
    )
    assert table_bytes(place, "intake") == table_bytes(never, "intake")
    run([file], workspace=place)
    assert _holding(place, b"xylophonesque") == []


def test_a_forget_killed_at_any_moment_is_ended_by_a_run(tmp_path: Path) -> None:
    posts = posts_with_vectors(9)
    posts[0]["text"] = "xylophonesque marginalia"
    place = _workspace(tmp_path / "w")
    run([write_posts(tmp_path / "posts.jsonl", posts)], workspace=place)
    command = [sys.executable, "-m", "zeitgraph.cli", "forget", posts[0]["id"], "-w", str(place)]
    for share in (0.1, 0.5, 1.5):
        process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(share)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    forget([posts[0]["id"]], workspace=place)
    run(workspace=place)
    assert _holding(place, b"xylophonesque") == []


def _holding(place: Path, what: bytes) -> list[str]:
    """The files that hold `what`, looked for in tables as rows and in all else as bytes."""
    workspace = Workspace(place)
    found = [str(f) for f in place.rglob("*") if f.is_file() and what in f.read_bytes()]
    tables = [p.name for p in (place / "tables").iterdir()]
    return found + [t for t in tables if what.decode() in str(workspace.read_all(t).to_pylist())]


def test_with_no_complete_week_there_is_no_report_and_no_failure(tmp_path: Path) -> None:
    place = _workspace(tmp_path / "w")
    post = {"published_at": "2999-01-01T00:00:00Z", "text": "from far away", "image_vector": [1, 0]}
    summary = run([write_posts(tmp_path / "posts.jsonl", [post])], workspace=place)
    assert "No week is complete yet" in summary
    assert not (place / "reports").exists()


def test_a_workspace_may_be_moved(tmp_path: Path) -> None:
    place = _workspace(tmp_path / "w")
    run([write_posts(tmp_path / "posts.jsonl", posts_with_vectors(7))], workspace=place)
    moved = tmp_path / "elsewhere"
    shutil.move(place, moved)
    assert "Nothing had changed" in run(workspace=moved)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("status", "-w", "nowhere"), "nowhere has no zeitgraph.toml"),
        (("report", "--week", "2026-W99"), "«2026-W99» is no ISO week"),
        (("report", "--week", "2020-W01"), "no posts in 2020-W01"),
        (("sparql", "SELECT nonsense"), ""),
        (("sparql", "@nowhere.rq"), "cannot read the query"),
        (("answer", "nonsense"), "nonsense"),
        (("answer", "top_clusters", "nonsense=1"), "nonsense"),
        (("answer", "top_clusters", "week"), "is no KEY=VALUE"),
        (("export", "nonsense", "x.csv"), "no table is called «nonsense»"),
        (("export", "posts", "x.xlsx"), "end its name in .parquet, .csv or .jsonl"),
        (("export", "posts", "reports"), "end its name in .parquet, .csv or .jsonl"),
        (("answer", "cluster_history", "cluster=nobody"), "no cluster is called «nobody»"),
        (("forget", "nope"), "no post is called «nope»"),
        (("edit", "pin", "x", "--centre", "wobbly"), "'--centre': 'wobbly' is not one of"),
        (("export", "graph", "x.xlsx"), "xlsx"),
        (("init", "new", "--profile", "nope"), "known: clip"),
        (("run", "nowhere.jsonl"), "nowhere.jsonl"),
        (("nonsense",), "No such command"),
        (("models", "get"), "which model"),
        (("cypher", "MATCH (n) RETURN n"), "off"),
    ],
)
def test_a_mistake_is_answered_with_one_line_and_exit_code_2(
    arguments: tuple[str, ...], line: str, made: Path, zeitgraph: Run
) -> None:
    ran = zeitgraph(*arguments, cwd=made)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("zeitgraph: ")
    assert line in ran.stderr
    assert ran.stdout == ""


def test_before_the_first_run_asking_is_the_users_mistake(tmp_path: Path, zeitgraph: Run) -> None:
    place = _workspace(tmp_path / "w")
    for asked in (("answer", "weeks"), ("sparql", "ASK {}"), ("report",), ("similar", "x")):
        ran = zeitgraph(*asked, "-w", place)
        assert ran.returncode == 2, ran.stderr
        assert ran.stderr.count("\n") == 1


def test_of_ids_to_forget_those_that_nobody_has_are_named(tmp_path: Path) -> None:
    place = _workspace(tmp_path / "w")
    posts = posts_with_vectors(9)
    run([write_posts(tmp_path / "posts.jsonl", posts)], workspace=place)
    own = posts[0]["id"]
    summary = forget(["nope", own, "nobody"], workspace=place)
    assert summary.startswith(f"Forgotten: {own}. Weeks touched: 2026-W")
    assert summary.endswith(" No post is called «nope», «nobody».")
    with pytest.raises(UserError, match="no post is called «nope»"):
        forget(["nope"], workspace=place)
    assert "Weeks touched: none." in forget([own], workspace=place)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small workspace with everything done but Bolt."""
    folder = tmp_path_factory.mktemp("made")
    place = _workspace(folder / "w")
    run([write_posts(folder / "posts.jsonl", posts_with_vectors(8))], workspace=place)
    return place
