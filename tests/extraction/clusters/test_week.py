"""Clusters that live from week to week, on small planted worlds."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from threadpoolctl import threadpool_limits

from tests.seeds import new_seed
from tests.worlds.clusters import (
    FIRST,
    NOISE,
    Planted,
    directions,
    joined,
    joined_in_order,
    new_workspace,
    plant,
    put,
    put_week,
    run,
)
from zeitgraph.extraction.clusters.cluster import cluster_from_row
from zeitgraph.extraction.clusters.lineage import end_week_of, merge_similar
from zeitgraph.extraction.clusters.week import cluster_week
from zeitgraph.extraction.embedding.embedders import load_embedder
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.base.terms import ClusterOrigin, ClusterState
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Span
from zeitgraph.kg.workspace.settings import ClusterSettings, VectorSettings
from zeitgraph.kg.workspace.tables import TABLES
from zeitgraph.kg.workspace.workspace import Workspace

World = tuple[Workspace, Planted]
READS: list[tuple[str, Span]] = [
    ("edits", "week"),
    ("posts", "week"),
    ("posts", "history"),
    ("vectors", "week"),
    ("vectors", "history"),
    ("memberships", "history"),
    ("clusters", "before"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A planted world, clustered week by week."""
    seed = new_seed()
    workspace = new_workspace(tmp_path_factory.mktemp(f"seed-{seed}"))
    planted = plant(seed)
    put(workspace, planted)
    run(workspace)
    return workspace, planted


def _share_of_largest(labels: list[str]) -> float:
    inside = [label for label in labels if label]
    return max((inside.count(label) for label in set(inside)), default=0) / len(labels)


def test_planted_styles_are_found_as_clusters(world: World) -> None:
    workspace, planted = world
    labels = joined_in_order(workspace, planted)
    assert adjusted_mutual_info_score(planted.style, labels) >= 0.9


def test_a_style_that_turns_by_sixty_degrees_keeps_its_id_and_drifts(
    world: World,
) -> None:
    workspace, planted = world
    labels = joined_in_order(workspace, planted)
    turning = [label for label, style in zip(labels, planted.style, strict=True) if style == 0]
    assert _share_of_largest(turning) >= 0.95
    own = max(set(turning), key=turning.count)
    events = workspace.read_all("lineage").to_pylist()
    drifts = [row for row in events if row["event"] == "drifted" and row["cluster_id"] == own]
    assert drifts
    assert all(-1 <= row["measure"] < workspace.settings.clusters.drift for row in drifts)


def test_a_later_style_is_a_cluster_within_a_week(world: World) -> None:
    workspace, planted = world
    labels = joined_in_order(workspace, planted)
    newest = planted.style.max()
    own = [label for label, style in zip(labels, planted.style, strict=True) if style == newest]
    assert _share_of_largest(own) >= 0.85
    cluster_id = max(set(own), key=own.count)
    born = [r for r in workspace.read_all("lineage").to_pylist() if r["event"] == "born"]
    week = next(row["week"] for row in born if row["cluster_id"] == cluster_id)
    assert week_after(FIRST, 5) <= week <= week_after(FIRST, 6)


def test_noise_joins_no_cluster(world: World) -> None:
    workspace, planted = world
    labels = np.array(joined_in_order(workspace, planted), object)
    assert (labels[planted.style == NOISE] == "").mean() >= 0.7
    assert (labels[planted.style != NOISE] == "").mean() <= 0.1


def test_each_post_has_one_row_and_each_cluster_is_complete(world: World) -> None:
    workspace, planted = world
    members = workspace.read_all("memberships").to_pylist()
    assert len(members) == len({row["post_id"] for row in members}) == len(planted.style)
    for row in workspace.read_all("clusters").to_pylist():
        assert row["first_week"] <= row["last_week"] <= row["week"]
        assert row["name"]
        assert row["exemplars"]
        assert np.isclose(np.linalg.norm(row["centre"]), 1, atol=1e-5)
        assert row["total_posts"] == sum(m["cluster_id"] == row["cluster_id"] for m in members)


def test_later_weeks_do_not_change_earlier_weeks(world: World, tmp_path: Path) -> None:
    workspace, planted = world
    shorter = new_workspace(tmp_path)
    before = planted.week < 6
    put(shorter, Planted(planted.vectors[before], planted.style[before], planted.week[before]))
    run(shorter)
    for table in ("clusters", "memberships", "lineage", "trends"):
        for week in shorter.weeks("posts"):
            assert shorter.digest(table, week) == workspace.digest(table, week)


def test_a_second_run_does_no_work(world: World) -> None:
    assert not any(step.done for step in run(world[0]))


def test_row_order_and_threads_change_no_byte(world: World) -> None:
    workspace, _ = world
    week = week_after(FIRST, 7)
    inputs = _inputs(workspace, week)
    with threadpool_limits(1):
        plain = cluster_week(Job(workspace, week, inputs))
    random = np.random.default_rng(new_seed())
    mixed = {key: rows.take(random.permutation(rows.num_rows)) for key, rows in inputs.items()}
    with threadpool_limits(4):
        other = cluster_week(Job(workspace, week, mixed))
    for name in ("clusters", "memberships", "lineage"):
        assert _written(plain[name], name) == _written(other[name], name)


def _inputs(workspace: Workspace, week: str) -> dict[tuple[str, Span], pa.Table]:
    def rows(name: str, span: Span) -> pa.Table:
        earlier = [w for w in workspace.weeks(name) if w < week]
        weeks = {"week": [week], "before": earlier[-1:], "history": earlier}[span]
        return pa.concat_tables(
            [TABLES[name].schema.empty_table(), *(workspace.read(name, w) for w in weeks)]
        )

    return {(name, span): rows(name, span) for name, span in READS}


def _written(rows: pa.Table, name: str) -> list[object]:
    """The rows in the order in which they are written."""
    return list(rows.sort_by([(k, "ascending") for k in TABLES[name].key]).to_pylist())


# -- few posts, unusual posts ----------------------------------------------------------------------


def test_a_single_post_is_in_no_cluster(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    put_week(
        workspace,
        FIRST,
        [{"post_id": "only"}],
        [directions(np.random.default_rng(new_seed()), 1, 8)[0]],
    )
    run(workspace)
    assert joined(workspace) == {"only": ""}
    assert workspace.read_all("clusters").num_rows == 0


def test_equal_posts_are_one_cluster_that_continues(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    point = directions(np.random.default_rng(new_seed()), 1, 32)[0]
    for number in range(3):
        posts = [{"post_id": f"p{number}-{i}"} for i in range(20)]
        put_week(workspace, week_after(FIRST, number), posts, [point] * 20)
    run(workspace)
    assert len(set(joined(workspace).values()) - {""}) == 1
    assert "" not in joined(workspace).values()


def test_posts_without_vectors_have_a_row_without_a_cluster(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    put_week(workspace, FIRST, [{"post_id": "a", "text": "words"}], [np.ones(4) / 2])
    workspace.write("vectors", FIRST, TABLES["vectors"].schema.empty_table())
    run(workspace)
    assert joined(workspace) == {"a": ""}


def test_vectors_of_another_length_are_noted_and_their_posts_kept(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    point = directions(random, 1, 16)[0]
    posts = [{"post_id": f"p{i}"} for i in range(21)]
    put_week(workspace, FIRST, posts, [*[point] * 20, directions(random, 1, 12)[0]])
    notes: list[str] = []
    out = cluster_week(Job(workspace, FIRST, _inputs(workspace, FIRST), notes.append))
    labels = {row["post_id"]: row["cluster_id"] for row in out["memberships"].to_pylist()}
    assert labels["p20"] == ""
    assert all(labels[f"p{i}"] for i in range(20))
    assert "not of length 16" in notes[0]


@pytest.mark.parametrize(("strays", "fades"), [(0, True), (1, True), (4, False)])
def test_a_cluster_without_posts_fades_and_is_revived_under_its_id(
    strays: int, *, fades: bool, tmp_path: Path
) -> None:
    """One stray post in forty keeps no cluster alive; a tenth of its former posts does."""
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    here, there = directions(random, 2, 32)
    for number in range(9):
        away = 2 <= number < 7
        own = strays if away else 40
        points = [here] * own + [there] * (80 - own)
        posts = [{"post_id": f"p{number}-{i:02d}"} for i in range(80)]
        near = [p + 0.3 * random.normal(size=32) / np.sqrt(32) for p in points]
        put_week(workspace, week_after(FIRST, number), posts, near)
    run(workspace)
    gone = joined(workspace)["p0-00"]
    assert gone
    assert joined(workspace)["p8-00"] == gone
    events = [r for r in workspace.read_all("lineage").to_pylist() if r["cluster_id"] == gone]
    back = [("faded", week_after(FIRST, 5)), ("revived", week_after(FIRST, 7))]
    assert [(r["event"], r["week"]) for r in events] == [("born", FIRST)] + back * fades


@pytest.mark.parametrize("has_posts", [True, False])
def test_only_a_cluster_with_posts_is_revived(has_posts: bool, world: World) -> None:  # noqa: FBT001
    week = week_after(FIRST, 40)
    cluster = replace(
        cluster_from_row(world[0].read_all("clusters").to_pylist()[0]),
        state=ClusterState.FADED,
        posts=5,
        plain_mass=5.0,
        last_week=week if has_posts else week_after(FIRST, 4),
    )
    after, events = end_week_of(cluster, week, ClusterSettings())
    assert after.state == ("active" if has_posts else "faded")
    assert [event.event for event in events] == ["revived"] * has_posts


def test_two_clusters_with_one_core_merge_into_the_older(world: World) -> None:
    rows = world[0].read_all("clusters").to_pylist()
    living = [cluster for cluster in map(cluster_from_row, rows) if cluster.state == "active"]
    one, other = sorted(living[:2], key=lambda c: (c.first_week, -c.total_posts))
    moved = replace(other, first_week="2030-W01", core=one.core)
    clusters, events = merge_similar([moved, one], 0.92)
    states = {cluster.cluster_id: cluster.state for cluster in clusters}
    assert states == {one.cluster_id: "active", other.cluster_id: "merged"}
    assert [(e.event, e.cluster_id, e.other_id) for e in events] == [
        ("merged", other.cluster_id, one.cluster_id)
    ]
    named = [replace(own, origin=ClusterOrigin.NAMED) for own in (moved, one)]
    assert merge_similar(named, 0.92)[1] == ()


def test_a_cluster_whose_halves_separate_and_both_continue_splits(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(new_seed())
    trunk, left, right, other = np.linalg.qr(random.normal(size=(48, 4)))[0].T
    for number in range(13):
        way = min(max(number - 2, 0) / 4, 1.0)
        starts = [trunk + way * 1.5 * left, trunk + way * 1.5 * right, other, other]
        near = [
            start / np.linalg.norm(start) + 0.4 * random.normal(size=48) / np.sqrt(48)
            for start in starts * 25
        ]
        posts = [{"post_id": f"p{number}-{i:03d}"} for i in range(100)]
        put_week(workspace, week_after(FIRST, number), posts, near)
    run(workspace)
    splits = [r for r in workspace.read_all("lineage").to_pylist() if r["event"] == "split"]
    labels = joined(workspace)
    assert len(splits) == 1
    assert labels["p0-000"] == labels["p0-001"] == splits[0]["other_id"]
    assert {labels["p12-000"], labels["p12-001"]} == {
        splits[0]["other_id"],
        splits[0]["cluster_id"],
    }


# -- named styles ----------------------------------------------------------------------------------

LIBRARY = """
industry = "test"
[[style]]
id = "neon"
name = { en = "Neon", zh = "霓虹" }
en = ["red purple night", "red purple city"]
zh = ["红紫霓虹"]
image = "neon"
[[style]]
id = "meadow"
name = { en = "Meadow", zh = "草地" }
en = ["green yellow flowers", "green yellow hills"]
zh = ["绿黄草地"]
image = "meadow"
"""
TOY = '[vectors]\nembedder = "toy"\nmodel = ""\n[styles]\nlibraries = ["mine.toml"]'


def _text_week(workspace: Workspace, week: str, texts: list[str]) -> None:
    embedder = load_embedder(VectorSettings(embedder="toy", model=""))
    posts = [
        {"post_id": f"{week}-{i:02d}", "text": text, "lang": "en"} for i, text in enumerate(texts)
    ]
    vectors = [row.astype(np.float64) for row in embedder.texts(texts)]
    put_week(workspace, week, posts, vectors, side="text")


def test_posts_join_the_named_style_whose_words_they_use(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path, TOY)
    (tmp_path / "mine.toml").write_text(LIBRARY, "utf-8")
    kinds = {
        "Neon": "red purple night city {}",
        "Meadow": "green yellow hills flowers {}",
        "": "grey brown {} {} {}",
    }
    fillers = [chr(97 + n) * 3 for n in range(20)]
    texts = [
        text.format(word, word[::-1] + "q", "z" + word)
        for text in kinds.values()
        for word in fillers
    ]
    for number in range(2):
        _text_week(workspace, week_after(FIRST, number), texts)
    run(workspace)
    rows = {row["cluster_id"]: row for row in workspace.read_all("clusters").to_pylist()}
    labels = list(joined(workspace).values())
    names = [rows[label]["name"] if label else "" for label in labels]
    expected = [name for name in kinds for _ in fillers] * 2
    named = {"Neon", "Meadow"}
    right = [n == e for n, e in zip(names, expected, strict=True) if e]
    assert np.mean(right) >= 0.9
    assert not any(n in named for n, e in zip(names, expected, strict=True) if not e)
    neon = next(row for row in rows.values() if row["name"] == "Neon")
    assert (neon["origin"], neon["style"], neon["name_zh"]) == ("named", "neon", "霓虹")
    assert neon["first_week"] == FIRST


def test_a_changed_library_reruns_the_stage_and_a_broken_one_is_a_clear_error(
    tmp_path: Path,
) -> None:
    workspace = new_workspace(tmp_path, TOY)
    (tmp_path / "mine.toml").write_text(LIBRARY, "utf-8")
    _text_week(workspace, FIRST, ["red purple night"] * 3)
    run(workspace)
    assert not any(step.done for step in run(workspace))
    (tmp_path / "mine.toml").write_text(LIBRARY.replace('"Neon"', '"Neon city"'), "utf-8")
    assert any(step.done for step in run(workspace))
    (tmp_path / "mine.toml").write_text("[[style]]\nid = 1", "utf-8")
    with pytest.raises(SettingsError, match="library mine"):
        run(workspace)


# -- real vectors ----------------------------------------------------------------------------------


def test_product_pictures_cluster_by_kind_of_garment(real_data: Path, tmp_path: Path) -> None:
    pictures = np.load(real_data / "products" / "image_vectors.npy").astype(np.float64)
    with (real_data / "products" / "meta.csv").open(encoding="utf-8") as file:
        kinds = [row["weak_category"] for row in csv.DictReader(file)]
    workspace = new_workspace(tmp_path)
    order = np.random.default_rng(new_seed()).permutation(len(kinds))
    for number in range(6):
        rows = np.sort(order[number::6])
        posts = [{"post_id": f"p{row:05d}"} for row in rows]
        put_week(workspace, week_after(FIRST, number), posts, list(pictures[rows]))
    run(workspace)
    labels = [joined(workspace)[f"p{row:05d}"] for row in range(len(kinds))]
    assert adjusted_mutual_info_score(kinds, labels) >= 0.3
