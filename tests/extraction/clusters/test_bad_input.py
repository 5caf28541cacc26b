"""Unusual posts: each is handled or set aside with a note, and no good post is lost."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import posts_with_vectors, table_bytes, write_posts
from tests.seeds import new_seed
from tests.worlds.clusters import (
    FIRST,
    Floats,
    directions,
    joined,
    new_workspace,
    put_week,
    run,
    vector_rows,
)
from zeitgraph.cli import run as run_all
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

CLUSTERING = [stage for stage in STAGES if stage.name in {"edits", "clusters", "trends"}]


def _near(random: np.random.Generator, kinds: Floats, count: int, width: int) -> list[Floats]:
    spread = 0.3 * random.normal(size=(count, width)) / width**0.5
    rows = kinds[np.arange(count) % len(kinds)] + spread
    return list(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _named(week: int, count: int) -> list[dict[str, str]]:
    return [{"post_id": f"p{week}-{i:03d}"} for i in range(count)]


def _run_with_notes(workspace: Workspace, weeks: Iterable[str]) -> list[str]:
    notes: list[str] = []
    bring_up_to_date(workspace, CLUSTERING, weeks, note=notes.append)
    return notes


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vector_with_nan_or_infinity_affects_no_other_post(bad: float, tmp_path: Path) -> None:
    random = np.random.default_rng(new_seed())
    points = _near(random, directions(random, 3, 24), 60, 24)
    clean, spoiled = (new_workspace(tmp_path / name) for name in ("clean", "spoiled"))
    put_week(clean, FIRST, _named(0, 60), points)
    extra = points[0].copy()
    extra[3] = bad
    put_week(spoiled, FIRST, _named(0, 61), [*points, extra])
    run(clean)
    [note] = _run_with_notes(spoiled, [FIRST])
    assert note == f"{FIRST}: 2 vectors hold NaN or infinity, and join no cluster"
    assert joined(spoiled) == joined(clean) | {"p0-060": ""}


def test_a_post_with_one_vector_of_another_length_joins_no_cluster(tmp_path: Path) -> None:
    """One of its pictures comes from another model; its other vectors are not used either."""
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    points = _near(random, directions(random, 2, 16), 40, 16)
    put_week(workspace, FIRST, _named(0, 40), points)
    table = workspace.read("vectors", FIRST)
    odd = {"side": "picture", "item_id": "other", "week": FIRST, "post_id": "p0-007"}
    more = make_table(TABLES["vectors"], [odd | {"vector": [1.0, 0.0]}])
    workspace.write("vectors", FIRST, pa.concat_tables([table, more]))
    [note] = _run_with_notes(workspace, [FIRST])
    assert "1 vectors are not of length 16" in note
    assert joined(workspace)["p0-007"] == ""
    assert all(label for post, label in joined(workspace).items() if post != "p0-007")


def test_posts_of_another_model_in_a_later_week_do_not_change_the_clusters(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    kinds = directions(random, 2, 16)
    for number in (0, 1, 3):
        points = _near(random, kinds, 40, 16)
        put_week(workspace, week_after(FIRST, number), _named(number, 40), points)
    other = _near(random, directions(random, 2, 12), 40, 12)
    put_week(workspace, week_after(FIRST, 2), _named(2, 40), other)
    notes = _run_with_notes(workspace, workspace.weeks("posts"))
    assert any("not of length 16" in note for note in notes)
    labels = joined(workspace)
    assert {labels[f"p2-{i:03d}"] for i in range(40)} == {""}
    assert {labels["p0-000"], labels["p0-001"]} == {labels["p3-000"], labels["p3-001"]}
    assert "" not in {labels["p3-000"], labels["p3-001"]}


def test_a_week_that_lost_its_posts_is_like_a_week_that_never_existed(tmp_path: Path) -> None:
    random = np.random.default_rng(new_seed())
    kinds = directions(random, 3, 24)
    weeks = {number: _near(random, kinds, 40, 24) for number in range(5)}
    one, other = (new_workspace(tmp_path / name) for name in ("one", "other"))
    for number, points in weeks.items():
        put_week(one, week_after(FIRST, number), _named(number, 40), points)
        if number not in {2, 4}:
            put_week(other, week_after(FIRST, number), _named(number, 40), points)
    bring_up_to_date(one, CLUSTERING, one.all_weeks())
    for number in (2, 4):
        for table in ("posts", "vectors"):
            one.write(table, week_after(FIRST, number), TABLES[table].schema.empty_table())
    bring_up_to_date(one, CLUSTERING, one.all_weeks())
    bring_up_to_date(other, CLUSTERING, other.all_weeks())
    assert table_bytes(one.root) == table_bytes(other.root)
    labels = joined(one)
    assert labels["p0-000"] == labels["p3-000"] != ""


def test_noise_is_not_forced_into_clusters(tmp_path: Path) -> None:
    """In 384 dimensions, as models give; in 64, noise among so few posts forms groups."""
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    for number in range(3):
        points = list(directions(random, 150, 384))
        put_week(workspace, week_after(FIRST, number), _named(number, 150), points)
    run(workspace)
    labels = list(joined(workspace).values())
    assert len(labels) == 450
    assert labels.count("") >= 0.9 * len(labels)


def test_many_copies_are_one_cluster_and_take_no_more_time_than_posts(tmp_path: Path) -> None:
    """3,000 equal posts beside three styles."""
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    kinds = directions(random, 4, 32)
    points = [*_near(random, kinds[:3], 300, 32), *[kinds[3]] * 3000]
    posts = [{"post_id": f"p{i:04d}", "text": "same words"} for i in range(3300)]
    put_week(workspace, FIRST, posts, points)
    run(workspace)
    labels = joined(workspace)
    assert len({labels[f"p{i:04d}"] for i in range(300, 3300)}) == 1
    assert len({labels[f"p{i:04d}"] for i in range(3)}) == 3
    copies = [r["copy_of"] for r in workspace.read("memberships", FIRST).to_pylist()]
    assert copies.count("p0300") == 2999


@settings(deadline=None, max_examples=6)
@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "zero", "nan", "short", "none"]), max_size=14),
        min_size=1,
        max_size=3,
    )
)
def test_any_mix_of_unusual_posts_gives_each_post_a_row(weeks: list[list[str]]) -> None:
    from tempfile import TemporaryDirectory

    unit = np.eye(8)
    spoiled = np.full(8, np.nan)
    kinds = {"a": unit[0], "b": unit[1], "zero": 0 * unit[0], "nan": spoiled, "short": unit[0, :3]}
    with TemporaryDirectory() as folder:
        workspace = new_workspace(Path(folder))
        for number, own in enumerate(weeks):
            week = week_after(FIRST, number)
            put_week(workspace, week, _named(number, len(own)), [unit[0]] * len(own))
            rows = [
                row
                for i, kind in enumerate(own)
                if kind != "none"
                for row in vector_rows(week, f"p{number}-{i:03d}", kinds[kind], "text")
            ]
            workspace.write("vectors", week, make_table(TABLES["vectors"], rows))
        run(workspace)
        expected = {f"p{n}-{i:03d}" for n, own in enumerate(weeks) for i in range(len(own))}
        assert joined(workspace).keys() == expected


# -- clocks ----------------------------------------------------------------------------------------


def test_a_wrong_clock_is_reported_and_changes_no_other_week(tmp_path: Path) -> None:
    """A post of an impossible year is set aside; a post of the future waits in its own week."""
    posts = posts_with_vectors(5, count=80, weeks=2)
    moments = {"end": "9999-12-31T23:59:59Z", "begin": "0001-01-01T00:00:00Z", "next": "2400-01-12"}
    odd = [{**posts[0], "id": name, "published_at": moment} for name, moment in moments.items()]
    messages = []
    for name, rows in (("right", posts), ("wrong", [*odd, *posts])):
        folder = tmp_path / name
        Workspace.create(folder, "vectors")
        settings_file = folder / "zeitgraph.toml"
        settings_file.write_text('profile = "vectors"\n[graph]\nbolt = "off"\n', "utf-8")
        messages.append(run_all([write_posts(folder / "posts.jsonl", rows)], workspace=folder))
    right, wrong = Workspace(tmp_path / "right"), Workspace(tmp_path / "wrong")
    for table in ("clusters", "memberships", "lineage", "trends"):
        for week in right.weeks("posts"):
            assert right.digest(table, week) == wrong.digest(table, week)
    assert wrong.newest_complete_week() == right.newest_complete_week()
    held = set(wrong.read_all("posts")["post_id"].to_pylist())
    assert held == {"next"} | {post["id"] for post in posts}
    aside = {row["item"]: row["reason"] for row in wrong.read_all("rejects").to_pylist()}
    assert {"end", "begin"} <= {item for item, why in aside.items() if "is a clock wrong?" in why}
    assert "weeks to come, up to 2400-W02" in messages[1]
    assert "weeks to come" not in messages[0]
