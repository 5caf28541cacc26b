"""The demo world as files: the same seed gives the same bytes, and the truth matches the posts."""

import csv
import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from zeitgraph.extraction.demo import corpus as demo_corpus
from zeitgraph.extraction.demo import truth
from zeitgraph.extraction.demo.corpus import Batch, CorpusSummary, write_corpus
from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story import world as demo_world
from zeitgraph.extraction.demo.story.world import Post, World

SEED, POSTS, WEEKS, SIDE = 11, 120, 12, 64


def _still(post: Post) -> Post:
    return replace(post, has_video=False)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def posts_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "posts.jsonl").read_text("utf-8").splitlines()]


def hashes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> CorpusSummary:
    folder = tmp_path_factory.mktemp("corpus")
    return write_corpus(folder, seed=SEED, posts=POSTS, weeks=WEEKS, side=SIDE, workers=1)


@pytest.fixture(scope="module")
def folder(corpus: CorpusSummary) -> Path:
    return corpus.posts_file.parent


def test_equal_seeds_give_equal_bytes_for_any_number_of_workers(
    folder: Path, tmp_path: Path
) -> None:
    write_corpus(tmp_path, seed=SEED, posts=POSTS, weeks=WEEKS, side=SIDE, workers=3)
    assert hashes_of(tmp_path) == hashes_of(folder)


def test_different_seeds_give_different_posts(folder: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path, seed=SEED + 1, posts=3, weeks=1, side=SIDE, workers=1)
    assert posts_of(tmp_path)[:3] != posts_of(folder)[:3]


def test_exactly_the_files_named_in_posts_exist(corpus: CorpusSummary, folder: Path) -> None:
    posts = posts_of(folder)
    named = {path for post in posts for path in (*post["images"], *post["videos"])}  # type: ignore[misc]
    there = {
        path.relative_to(folder).as_posix()
        for kind in ("pictures", "videos")
        for path in (folder / kind).rglob("*")
        if path.is_file()
    }
    assert named == there
    assert corpus.pictures + corpus.videos == len(named)
    assert len(posts) == corpus.posts == POSTS


def test_a_large_world_keeps_a_folder_for_each_thousand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_corpus, "SHARD_ABOVE", 30)
    write_corpus(tmp_path, seed=SEED, posts=40, weeks=4, side=SIDE, workers=1)
    paths = [path for post in posts_of(tmp_path) for path in post["images"]]  # type: ignore[attr-defined]
    assert paths
    assert all(path.startswith("pictures/000/0000") for path in paths)
    assert all((tmp_path / path).is_file() for path in paths)


def test_pictures_have_the_requested_side(folder: Path) -> None:
    for row, post in zip(rows_of(folder / "truth/posts.csv"), posts_of(folder), strict=True):
        for path in post["images"]:  # type: ignore[attr-defined]
            with Image.open(folder / path) as image:
                assert image.size == (SIDE, SIDE)
                if row["quality"] == "truncated":
                    with pytest.raises(OSError, match="truncated"):
                        image.load()
                else:
                    image.load()


def test_a_world_with_small_pictures_has_videos_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_world, "VIDEO_SHARE", 1.0)
    corpus = write_corpus(tmp_path, seed=SEED, posts=8, weeks=2, side=32, workers=1)
    films = list((tmp_path / "videos").glob("*.mp4"))
    assert len(films) == corpus.videos > 0
    assert all(film.stat().st_size for film in films)


def test_exact_copies_have_equal_bytes_and_near_copies_different_ones(tmp_path: Path) -> None:
    world = World(SEED, 400, 4)
    copies = [post for post in map(world.post, range(400)) if post.copy_of and post.pictures]
    assert {post.copy_kind for post in copies} == {"exact", "near"}
    tally: truth.Tally = Counter()
    (tmp_path / "pictures").mkdir()
    for post in copies[:12]:
        original = world.post(int(post.copy_of[1:]))
        for stem, drawn in (("a", original), ("b", post)):
            demo_corpus._write_pictures(tmp_path, stem, _still(drawn), SIDE, tally)
        one, other = ((tmp_path / f"pictures/{stem}.jpg").read_bytes() for stem in "ab")
        assert (one == other) == (post.copy_kind == "exact")


def test_true_mentions_have_correct_offsets(corpus: CorpusSummary, folder: Path) -> None:
    texts = {str(post["id"]): str(post["text"]) for post in posts_of(folder)}
    mentions = rows_of(folder / "truth/mentions.csv")
    assert len(mentions) == corpus.mentions > POSTS
    for row in mentions:
        assert texts[row["post_id"]][int(row["start"]) : int(row["end"])] == row["surface"]


def test_the_truth_table_of_posts_lists_what_their_pictures_show(folder: Path) -> None:
    rows = rows_of(folder / "truth/posts.csv")
    assert [row["post_id"] for row in rows] == [post["id"] for post in posts_of(folder)]
    for row, post in zip(rows, posts_of(folder), strict=True):
        if post["images"]:
            assert row["style"] in looks()
            assert row["scene"] in SCENES
            assert row["layout"] in LAYOUTS
            assert row["objects"]
        assert set(filter(None, row["objects"].split("|"))) <= set(THINGS)
        assert row["lang"] == post["lang"]
        assert int(row["pictures"]) == len(post["images"])  # type: ignore[arg-type]
        assert row["sentiment"] in ("negative", "neutral", "positive")
        assert bool(row["copy_of"]) == bool(row["copy_kind"])
        assert row["head"] in "01"


def test_the_truth_of_a_post_without_pictures_has_only_what_its_text_names() -> None:
    world = World(4, 600, 6)
    styles = []
    for post in map(world.post, range(600)):
        if post.pictures:
            continue
        (row,) = (
            dict(zip(truth.TABLES["posts"], r, strict=True)) for r in truth.BY_POST["posts"](post)
        )
        said = {str(r[5]) for r in truth.BY_POST["mentions"](post)}
        assert set(filter(None, [*str(row["objects"]).split("|"), str(row["scene"])])) <= said
        assert bool(row["style"]) == bool(row["lineage"])
        assert row["layout"] == ""
        assert row["style"] == "" or row["quality"] != "spam"
        styles.append(row["style"])
    assert 0.05 < styles.count("") / len(styles) < 0.4


def test_events_that_no_post_shows_are_not_in_the_truth(tmp_path: Path) -> None:
    write_corpus(tmp_path, seed=5, posts=40, weeks=26, side=64)
    shown = {(row["week"], row["lineage"]) for row in rows_of(tmp_path / "truth/shares.csv")
             if int(row["posts"])}  # fmt: skip
    events = rows_of(tmp_path / "truth/events.csv")
    planned = World(5, 40, 26).events()
    assert 0 < len(events) < len(planned)
    for row in events:
        if row["event"] in ("birth", "heat-burst"):
            assert (row["week"], row["style"]) in shown


@pytest.mark.parametrize("seed", [3, 21, 1234])
def test_an_event_is_dated_by_posts_whose_style_is_recognisable(seed: int) -> None:
    world, tally = World(seed, 500), Counter[tuple[str, ...]]()
    weeks_of: dict[str, set[str]] = {}
    for post in map(world.post, range(500)):
        truth.count(post, tally)
        for _, week, _, lineage, *_ in truth.BY_POST["posts"](post):
            weeks_of.setdefault(str(lineage), set()).add(str(week))
    events = [row for row in truth.event_rows(world, tally) if row[2] in {"birth", "split"}]
    for week, until, event, style, other, _ in events:
        if event == "birth":
            assert week == min(weeks_of[str(style)])
        else:
            assert any(str(week) <= w <= str(until) for w in weeks_of[str(other)])
    assert {row[2] for row in events} >= {"birth"}


def test_the_shares_table_counts_the_posts_of_each_lineage(folder: Path) -> None:
    world = World(SEED, POSTS, WEEKS)
    posted = Counter((post.week, post.lineage) for post in map(world.post, range(POSTS)))
    shares = rows_of(folder / "truth/shares.csv")
    assert {(r["week"], r["lineage"]): int(r["posts"]) for r in shares if int(r["posts"])} == posted
    weeks = {row["week"] for row in shares}
    for week in weeks:
        total = sum(float(row["share"]) for row in shares if row["week"] == week)
        assert total == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", sorted(truth.TABLES))
def test_every_table_of_the_truth_has_its_columns(name: str, folder: Path) -> None:
    rows = rows_of(folder / f"truth/{name}.csv")
    assert rows
    assert tuple(rows[0]) == truth.TABLES[name]


def test_world_json_has_the_settings_to_make_the_world_again(folder: Path) -> None:
    world = json.loads((folder / "truth/world.json").read_text("utf-8"))
    del world["version"]
    assert World(**world) == World(SEED, POSTS, WEEKS, "2026-W46")


def test_batches_of_a_million_posts_are_made_lazily() -> None:
    made: list[range] = []

    def make(numbers: range) -> Batch:
        made.append(numbers)
        return Batch({}, Counter())

    batches = demo_corpus._batches(make, 1_000_000, workers=1)
    for count in (1, 2, 3):
        next(batches)
        assert len(made) == count
    assert [number for numbers in made for number in numbers] == list(range(3 * demo_corpus.BATCH))
