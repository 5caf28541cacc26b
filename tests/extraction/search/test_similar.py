"""`zeitgraph similar`: posts like a post, a picture or a text, and the index that it keeps."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run, write_posts
from tests.worlds.clusters import FIRST, new_workspace, put_week
from zeitgraph.cli import add, forget, run, similar
from zeitgraph.extraction.search import index_store
from zeitgraph.extraction.search.index_store import index_folder, open_index
from zeitgraph.extraction.search.similar import similar_posts
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.errors import BusyWorkspace, StoreError, UserError, ZeitgraphError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.workspace import Workspace

TOY = """
[vectors]
embedder = "toy"
[styles]
libraries = []
[graph]
bolt = "off"
"""


def filled(folder: Path, weeks: int, seed: int, a_week: int = 90) -> Workspace:
    """A workspace in which posts have vectors of 32 numbers, and no stage has run."""
    workspace = new_workspace(folder)
    for number in range(weeks):
        put_vectors(workspace, number, seed, a_week)
    return workspace


def put_vectors(workspace: Workspace, number: int, seed: int, a_week: int = 90) -> None:
    dice = np.random.default_rng([seed, number])
    rows = dice.normal(size=(a_week, 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    posts = [{"post_id": f"p{number}-{place:03d}"} for place in range(a_week)]
    put_week(workspace, week_after(FIRST, number), posts, list(rows))


def files(workspace: Workspace) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in index_folder(workspace).glob("*.safetensors")}


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quantizer from 600 posts on, so that small worlds have one."""
    monkeypatch.setattr(index_store, "MANY", 600)


# -- the index of a workspace ----------------------------------------------------------------------


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("seed", [11, 12])
def test_the_files_do_not_depend_on_the_order_in_which_weeks_came(
    seed: int, tmp_path: Path
) -> None:
    slowly = filled(tmp_path / "slowly", 3, seed)
    for number in range(3, 9):
        open_index(slowly)
        put_vectors(slowly, number, seed)
    backwards = new_workspace(tmp_path / "backwards")
    for number in reversed(range(9)):
        put_vectors(backwards, number, seed)
    open_index(slowly)
    index = open_index(backwards)
    assert index.index.shortlist is not None
    assert files(slowly) == files(backwards)
    assert len(files(slowly)) == 10


@pytest.mark.usefixtures("many")
def test_a_new_week_writes_its_own_file_until_the_posts_have_doubled(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 7, 13)
    open_index(workspace)
    before = files(workspace)
    for number in (7, 8, 9, 10):  # 990 posts; the frame is learnt from the first 540, six weeks
        put_vectors(workspace, number, 13)
        open_index(workspace)
    after = files(workspace)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 4
    put_vectors(workspace, 11, 13)  # 1,080 posts
    open_index(workspace)
    assert not before.keys() & files(workspace).keys()


@pytest.mark.usefixtures("many")
def test_the_index_finds_the_same_posts_as_an_exact_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = filled(tmp_path / "w", 8, 14)
    index = open_index(workspace)
    monkeypatch.setattr(index_store, "MANY", 10**9)
    exact = open_index(workspace)
    assert index.post_ids == exact.post_ids
    assert exact.index.shortlist is None
    points = np.stack([exact.index.point(row) for row in range(0, len(exact.index), 7)])
    found, cosines = index.index.search(points, 5)
    true, near = exact.index.search(points, 5)
    assert (found[:, 0] == true[:, 0]).all()
    assert np.abs(cosines[:, 0] - near[:, 0]).max() < 1e-6
    for row in (0, 89, 90, 719):
        week, post_id = exact.post_at(row)
        assert exact.row_of(post_id) == row
        assert week == week_after(FIRST, row // 90)


def test_opening_the_index_again_writes_nothing_and_needs_no_lock(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 2, 15)
    with workspace.held(), pytest.raises(BusyWorkspace):
        open_index(workspace)
    open_index(workspace)
    before = {f: f.stat().st_mtime_ns for f in index_folder(workspace).iterdir()}
    with workspace.held():
        open_index(workspace)
    assert {f: f.stat().st_mtime_ns for f in index_folder(workspace).iterdir()} == before


def test_files_of_a_killed_write_are_deleted(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 1, 16)
    index_folder(workspace).mkdir(parents=True)
    left = index_folder(workspace) / ".2026-W10.0123.safetensors.99"
    left.write_bytes(b"half")
    open_index(workspace)
    assert not left.exists()


@pytest.mark.parametrize("what", ["frame.*", "2026-W10.*", "known.json"])
def test_a_damaged_index_is_reported(what: str, tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 2, 17)
    open_index(workspace)
    (path,) = index_folder(workspace).glob(what)
    path.write_bytes(path.read_bytes()[:70])
    with pytest.raises(StoreError, match=r"index of posts is damaged.*delete"):
        open_index(workspace)
    shutil.rmtree(index_folder(workspace))
    assert len(open_index(workspace).index) == 180


def test_vectors_of_another_length_are_left_out_and_reported(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 1, 18)
    week = week_after(FIRST, 1)
    rows = [np.eye(32)[0], np.eye(16)[0]]
    put_week(workspace, week, [{"post_id": "same"}, {"post_id": "other"}], rows)
    notes: list[str] = []
    index = open_index(workspace, notes.append)
    assert list(index.post_ids[1]) == ["same"]
    assert [line for line in notes if "1 posts left out" in line]


# -- queries ---------------------------------------------------------------------------------------


COLOURS = {"red": (230, 25, 40), "green": (50, 160, 70), "blue": (40, 90, 210)}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty posts of three colours, in the text, in a picture or in both; all stages but Bolt."""
    folder = tmp_path_factory.mktemp("similar")
    posts: list[dict[str, Any]] = []
    for number in range(60):
        colour = list(COLOURS)[number % 3]
        Image.new("RGB", (24, 24), COLOURS[colour]).save(folder / f"{number}.png")
        says = {"text": f"{colour} {colour} thing <b>{number}</b>"} if number % 4 else {}
        shows = {"images": [f"{number}.png"]} if number % 4 != 1 else {}
        day = f"2026-11-{2 + number % 12:02d}T10:00:00Z"
        url = f"https://example.org/{number}"
        posts.append({"id": f"{colour}-{number}", "published_at": day, "url": url} | says | shows)
    new_workspace(folder / "w", TOY)
    run([write_posts(folder / "posts.jsonl", posts)], workspace=folder / "w")
    return folder / "w"


def rows_of(workspace: Path, query: str, **options: Any) -> list[dict[str, Any]]:
    return list(json.loads(similar(query, form="json", workspace=workspace, **options)))


@pytest.mark.parametrize("colour", list(COLOURS))
def test_a_text_finds_posts_with_such_texts_and_posts_with_such_pictures(
    colour: str, toy: Path
) -> None:
    rows = rows_of(toy, colour, count=20)
    assert {row["post_id"].split("-")[0] for row in rows} == {colour}
    assert {row["text"] is None for row in rows} == {True, False}
    assert [row["cosine"] for row in rows] == sorted((r["cosine"] for r in rows), reverse=True)


def test_a_picture_finds_posts_with_similar_pictures(toy: Path, tmp_path: Path) -> None:
    Image.new("RGB", (50, 30), (45, 100, 200)).save(tmp_path / "sky.png")
    rows = rows_of(toy, str(tmp_path / "sky.png"))
    assert len(rows) == 10
    assert {row["post_id"].split("-")[0] for row in rows} == {"blue"}


def test_a_post_finds_others_and_not_itself(toy: Path) -> None:
    rows = rows_of(toy, "red-0", count=5)
    assert len(rows) == 5
    assert "red-0" not in {row["post_id"] for row in rows}
    assert {row["post_id"].split("-")[0] for row in rows} == {"red"}


def test_a_count_above_the_number_of_posts_gives_all_posts(toy: Path) -> None:
    assert len(rows_of(toy, "red-0", count=1000)) == 59
    assert len(rows_of(toy, "red", count=1000)) == 60


def test_an_answer_gives_week_cluster_text_link_and_picture(toy: Path) -> None:
    workspace = Workspace(toy)
    clusters = {r["cluster_id"]: r["name"] for r in workspace.read_all("clusters").to_pylist()}
    members = {r["post_id"]: r["cluster_id"] for r in workspace.read_all("memberships").to_pylist()}
    posts = {r["post_id"]: r for r in workspace.read_all("posts").to_pylist()}
    rows = rows_of(toy, "green", count=60)
    assert any(row["cluster"] for row in rows)
    for row in rows:
        post = posts[row["post_id"]]
        assert (row["week"], row["text"], row["link"]) == (post["week"], post["text"], post["url"])
        assert row["cluster"] == clusters.get(members[row["post_id"]])
        assert row["picture"] is None or (toy / row["picture"]).is_file()
    assert sum(row["picture"] is None for row in rows) == 15


def test_a_forgotten_post_is_not_found_and_no_file_contains_it(toy: Path, tmp_path: Path) -> None:
    place = tmp_path / "w"
    shutil.copytree(toy, place)
    assert "red-3" in {row["post_id"] for row in rows_of(place, "red", count=60)}
    assert index_folder(Workspace(place)).exists()
    forget(["red-3"], workspace=place)
    assert not index_folder(Workspace(place)).exists()
    assert "red-3" not in {row["post_id"] for row in rows_of(place, "red", count=60)}
    held = [f for f in place.rglob("*") if f.is_file() and b"red-3\x22" in f.read_bytes()]
    assert held == []
    with pytest.raises(UserError, match="called «red-3»"):
        similar("red-3", workspace=place)


def test_after_a_killed_run_the_index_has_the_posts_of_the_table(tmp_path: Path) -> None:
    workspace = filled(tmp_path / "w", 2, 19)
    open_index(workspace)
    week = week_after(FIRST, 1)
    rows = workspace.read("vectors", week)
    workspace.write("vectors", week, rows.slice(2))  # as a stage does before its ledger is written
    assert "p1-000" not in open_index(workspace).post_ids[1]
    assert open_index(workspace).row_of("p1-001") == 90


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["red-999"], "no post with a vector is called «red-999»"),
        (["nowhere.JPG"], "no such picture"),
        (["broken.png"], "not a usable picture: cannot be decoded"),
        (["posts.txt"], "not a usable picture: cannot be decoded"),
        (["nowhere", "--as", "picture"], "cannot read the picture: No such file or directory (now"),
        (["folder"], "a folder (folder): name a picture in it, or add --as text"),
        (["x" * 5000, "--as", "picture"], "cannot read the picture"),
        (["nobody", "--as", "post"], "no post is called «nobody»"),
        ([" "], "the text is empty"),
        (["red", "--count", "0"], "greater than or equal to 1"),
        (["red", "--as", "colour"], "colour"),
        (["red", "--format", "xml"], "xml"),
        (["red", "-w", ".."], "has no zeitgraph.toml"),
    ],
)
def test_a_mistake_is_answered_with_one_line_and_exit_code_2(
    arguments: list[str], line: str, toy: Path, tmp_path: Path, zeitgraph: Run
) -> None:
    (tmp_path / "broken.png").write_bytes((toy.parent / "0.png").read_bytes()[:40])
    (tmp_path / "folder").mkdir()
    (tmp_path / "posts.txt").write_text("red\n", "utf-8")
    where = [] if "-w" in arguments else ["-w", toy]
    ran = zeitgraph("similar", *arguments, *where, cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("zeitgraph: ")
    assert line in ran.stderr
    assert ran.stdout == ""


def test_a_query_that_looks_like_an_id_is_a_text_with_as_text(toy: Path) -> None:
    with pytest.raises(UserError, match="--as text"):
        similar("pink-999", workspace=toy)
    assert len(rows_of(toy, "pink-999", kind="text")) == 10
    assert len(rows_of(toy, "y2k")) == 10
    assert len(rows_of(toy, "2026 年的红色")) == 10


def test_a_picture_that_is_too_large_is_refused(toy: Path, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "large.png")
    small = Workspace(toy).overriding("intake", max_pixels=1000)
    with pytest.raises(UserError, match="too large: 300 x 300"):
        similar_posts(small, str(tmp_path / "large.png"))
    tight = Workspace(toy).overriding("intake", max_picture_bytes=10)
    with pytest.raises(UserError, match="file is too large"):
        similar_posts(tight, str(tmp_path / "large.png"))


def test_an_embedder_without_texts_or_pictures_gives_an_error(toy: Path, tmp_path: Path) -> None:
    given = filled(tmp_path / "given", 1, 20)
    with pytest.raises(UserError, match="«given» reads no texts"):
        similar("red", workspace=given.root)
    with pytest.raises(UserError, match="«given» reads no pictures"):
        similar(str(toy.parent / "0.png"), workspace=given.root)
    assert len(rows_of(given.root, "p0-001")) == 10


def test_vectors_of_another_model_are_refused(toy: Path, tmp_path: Path) -> None:
    place = tmp_path / "w"
    shutil.copytree(toy, place)
    other = Workspace(place).overriding("vectors", embedder=f"{__name__}:Mirrored")
    with pytest.raises(UserError, match="another model than the settings name"):
        similar_posts(other, "red")
    wider = filled(tmp_path / "wide", 1, 21).overriding("vectors", embedder="toy")
    with pytest.raises(UserError, match="another model than the settings name"):
        similar_posts(wider, "red")


def test_a_workspace_without_vectors_gives_an_error(tmp_path: Path) -> None:
    empty = new_workspace(tmp_path / "w")
    with pytest.raises(UserError, match="no post has a vector yet"):
        similar("red", workspace=empty.root)


def test_a_post_without_a_vector_is_distinguished_from_an_unknown_post(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path / "w")
    seen = {"id": "seen", "published_at": "2026-11-10T08:00:00Z", "image_vector": [1.0, 0.5]}
    words = {"id": "words", "published_at": "2026-11-10T08:00:00Z", "text": "only words"}
    add([write_posts(tmp_path / "posts.jsonl", [seen, words])], workspace=workspace.root)
    stages = [stage for stage in STAGES if stage.name in {"posts", "vectors"}]
    bring_up_to_date(workspace, stages, workspace.weeks("intake"))
    with pytest.raises(ZeitgraphError, match="«words» has no vector"):
        similar("words", kind="post", workspace=workspace.root)


class Mirrored:
    """The toy embedder with every vector negated: the same width, another model."""

    identity = "mirrored"
    sides = frozenset({"picture", "text"})

    def __init__(self, settings: Any) -> None:
        from zeitgraph.extraction.embedding.toy_embedder import ToyEmbedder

        self.toy = ToyEmbedder(settings)

    def texts(self, texts: Any) -> Any:
        return -self.toy.texts(texts)

    def pictures(self, pictures: Any) -> Any:
        return -self.toy.pictures(pictures)


# -- the demo world --------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["露营", "camping", "picture"])
def test_in_the_demo_world_a_word_and_a_picture_find_camping(query: str, demo: Path) -> None:
    with (demo / "corpus" / "truth" / "posts.csv").open(encoding="utf-8") as file:
        lineage = {row["post_id"]: row["lineage"] for row in csv.DictReader(file)}
    media = Workspace(demo).read_all("media").to_pylist()
    camping = [row for row in media if lineage[row["post_id"]] == "camping"]
    query = str(demo / camping[0]["path"]) if query == "picture" else query
    found = [lineage[row["post_id"]] for row in rows_of(demo, query)]
    assert found.count("camping") >= 8
