"""The demo world: the same bytes from the same seed, and a truth that fits what was written."""

import csv
import hashlib
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from zeitgraph.extraction.demo.corpus import CorpusSummary, write_corpus
from zeitgraph.extraction.demo.layouts import LAYOUTS
from zeitgraph.extraction.demo.look import blend, looks
from zeitgraph.extraction.demo.names import entities, of_kind
from zeitgraph.extraction.demo.picture import SIDE, Picture, draw, imagine
from zeitgraph.extraction.demo.scenes import SCENES
from zeitgraph.extraction.demo.things import THINGS
from zeitgraph.extraction.demo.world import Post, World

SEED, POSTS = 11, 60


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hashes_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> CorpusSummary:
    folder = tmp_path_factory.mktemp("corpus")
    return write_corpus(folder, seed=SEED, posts=POSTS, workers=1)


@pytest.fixture(scope="module")
def many() -> list[Post]:
    world = World(seed=3, posts=2400)
    return [world.post(number) for number in range(2400)]


def test_equal_seeds_give_equal_bytes_whatever_the_number_of_workers(
    corpus: CorpusSummary, tmp_path: Path
) -> None:
    write_corpus(tmp_path, seed=SEED, posts=POSTS, workers=2)
    assert hashes_of(tmp_path) == hashes_of(corpus.posts_file.parent)


def test_another_seed_gives_other_posts(corpus: CorpusSummary, tmp_path: Path) -> None:
    other = write_corpus(tmp_path, seed=SEED + 1, posts=3, workers=1)
    assert other.posts_file.read_text("utf-8") != corpus.posts_file.read_text("utf-8")


def test_a_post_lacks_text_or_pictures_but_never_both(many: list[Post]) -> None:
    silent = sum(not post.caption.text for post in many) / len(many)
    blind = sum(not post.pictures for post in many) / len(many)
    assert silent == pytest.approx(0.15, abs=0.03)
    assert blind == pytest.approx(0.15, abs=0.03)
    assert all(post.caption.text or post.pictures for post in many)
    assert any(len(post.pictures) > 1 for post in many)
    assert any(post.moving for post in many)


def test_every_file_that_a_post_names_is_there_and_no_other(corpus: CorpusSummary) -> None:
    folder = corpus.posts_file.parent
    posts = [json.loads(line) for line in corpus.posts_file.read_text("utf-8").splitlines()]
    named = {path for post in posts for path in (*post["images"], *post["videos"])}
    there = {
        str(p.relative_to(folder)) for d in ("pictures", "videos") for p in (folder / d).iterdir()
    }
    assert named == there
    assert corpus.pictures + corpus.videos == len(named)
    assert len(posts) == POSTS


def test_true_mentions_stand_where_they_are_said_to_stand(corpus: CorpusSummary) -> None:
    folder = corpus.posts_file.parent
    posts = [json.loads(line) for line in corpus.posts_file.read_text("utf-8").splitlines()]
    texts = {post["id"]: post["text"] for post in posts}
    mentions = rows_of(folder / "truth/mentions.csv")
    assert len(mentions) == corpus.mentions > POSTS
    for row in mentions:
        surface = texts[row["post_id"]][int(row["start"]) : int(row["end"])]
        assert surface == row["surface"]


def test_every_mention_is_of_the_catalogue_except_some_brands(many: list[Post]) -> None:
    known = entities()
    unlisted = Counter[str]()
    for post in many:
        for mention in post.caption.mentions:
            if mention.entity_id:
                assert known[mention.entity_id].kind == mention.kind
            else:
                unlisted[mention.kind] += 1
    assert set(unlisted) == {"brand"}


def test_some_surfaces_belong_to_several_entities() -> None:
    owners: dict[str, set[str]] = {}
    for entity in entities().values():
        for lang in ("en", "zh"):
            for surface in entity.surfaces(lang):
                owners.setdefault(surface.lower(), set()).add(entity.kind)
    shared = {surface for surface, kinds in owners.items() if len(kinds) > 1}
    assert {"juniper", "杜松", "harbor", "sable", "kite", "lantern", "灯笼"} <= shared


def test_catalogue_rows_are_related_to_rows_or_styles_that_exist() -> None:
    known = {*entities(), *looks()}
    for entity in entities().values():
        assert set(entity.related) <= known, entity.id


def test_the_truth_of_posts_lists_what_their_pictures_show(corpus: CorpusSummary) -> None:
    rows = rows_of(corpus.posts_file.parent / "truth/posts.csv")
    assert len(rows) == POSTS
    for row in rows:
        assert row["style"] in looks()
        assert set(row["objects"].split("|")) <= set(THINGS)
        assert row["scene"] in SCENES
        assert row["layout"] in LAYOUTS


def test_names_and_drawings_agree() -> None:
    assert {entity.id for entity in of_kind("object")} == set(THINGS)
    assert {entity.id for entity in of_kind("scene")} == set(SCENES)
    for look in looks().values():
        assert set(look.likes) <= set(THINGS)
        assert set(look.haunts) <= set(SCENES)


def test_numbers_of_posts_grow_from_week_to_week_within_the_asked_weeks(many: list[Post]) -> None:
    weeks = [post.week for post in many]
    assert weeks == sorted(weeks)
    assert len(set(weeks)) == 12
    assert weeks[-1] == "2026-W46"
    for post in many[::50]:
        assert f"{post.published_at:%G-W%V}" == post.week


def test_every_style_is_posted(many: list[Post]) -> None:
    assert {post.style for post in many} == set(looks())


def test_a_style_is_born_one_fades_and_one_drifts(many: list[Post]) -> None:
    timeline = World(seed=3, posts=2400).timeline
    weeks = [timeline.week(index) for index in range(12)]
    born = [post.week for post in many if post.lineage == "balletcore"]
    assert min(born) >= timeline.week(timeline.birth)
    fading = Counter(post.week for post in many if post.lineage == "vintage-film")
    assert sum(fading[week] for week in weeks[:3]) > 4 * sum(fading[week] for week in weeks[-3:])
    drifting = [post for post in many if post.lineage == "camping"]
    assert {post.style for post in drifting if post.week in weeks[:2]} == {"camping"}
    assert {post.style for post in drifting if post.week in weeks[-2:]} == {"glamping"}
    degrees = [
        np.mean([post.shown.drift for post in drifting if post.week == week]) for week in weeks
    ]
    assert all(later > earlier - 0.05 for earlier, later in pairwise(degrees))


def test_a_burst_brings_attention_and_no_more_posts(many: list[Post]) -> None:
    timeline = World(seed=3, posts=2400).timeline
    week = timeline.week(timeline.burst)
    of_style = [post for post in many if post.lineage == "y2k"]
    inside = [np.log(post.answers.views) for post in of_style if post.week == week]
    outside = [np.log(post.answers.views) for post in of_style if post.week != week]
    assert np.mean(inside) > np.mean(outside) + 1
    share = len(inside) / sum(post.week == week for post in many)
    assert share < 1.6 * len(outside) / sum(post.week != week for post in many)


def test_engagement_has_a_heavy_tail_and_sane_counts(many: list[Post]) -> None:
    views = np.sort([post.answers.views for post in many])
    assert views[-len(views) // 100 :].sum() > 0.1 * views.sum()
    for post in many:
        answers = post.answers
        assert 0 <= answers.comments <= answers.likes <= answers.views <= answers.impressions
        assert 0 <= answers.clicks <= answers.impressions


@pytest.mark.parametrize("style", sorted(looks()))
def test_a_style_draws_a_picture_of_its_own_that_is_not_flat(style: str) -> None:
    picture = imagine(style, np.random.default_rng(5))
    image = draw(picture)
    assert image.size == (SIDE, SIDE)
    assert image.mode == "RGB"
    assert np.asarray(image).std() > 8
    assert draw(picture).tobytes() == image.tobytes()


@pytest.mark.parametrize("name", sorted(THINGS))
def test_an_object_changes_the_picture_it_stands_in(name: str) -> None:
    other = "ball" if name != "ball" else "cup"
    one, two = (Picture("coastal", (thing,), "room", "centred", seed=1) for thing in (name, other))
    difference = np.asarray(draw(one), float) - np.asarray(draw(two), float)
    assert np.abs(difference).max(axis=2).mean() > 1


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_scene_goes_with_every_layout(scene: str, layout: str) -> None:
    draw(Picture("pastoral", ("cup", "chair", "kite", "sofa"), scene, layout, seed=2))


def test_half_way_between_two_looks_lies_between_their_colours() -> None:
    a, b = looks()["camping"], looks()["glamping"]
    middle = blend(a, b, 0.5)
    for name, colour in middle.colours.items():
        for value, x, y in zip(colour, a.colours[name], b.colours[name], strict=True):
            assert min(x, y) <= value <= max(x, y)
    assert blend(a, b, 0.2).id == "camping"
    assert blend(a, b, 0.8).id == "glamping"
