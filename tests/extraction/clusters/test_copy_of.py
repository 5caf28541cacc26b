"""Copies point at the first post, in any order, and many copies by few authors are suspect."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Few
from tests.seeds import new_seed
from tests.worlds.clusters import FIRST, Floats, directions, new_workspace, put_week, run
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.workspace import Workspace

WIDTH, USUAL, WEEKS = 64, 20, 6
Post = dict[str, object]


def near(vector: Floats, random: np.random.Generator, far: float) -> Floats:
    moved = vector + far * random.normal(size=len(vector)) / np.sqrt(len(vector))
    return np.asarray(moved / np.linalg.norm(moved))


def crowd(folder: Path, *, authors: int, backwards: bool = False) -> Workspace:
    """Two styles of `USUAL` posts a week; in the last, 18 copies of one post of the week before."""
    random = np.random.default_rng(new_seed())
    centres = directions(random, 2, WIDTH)
    workspace = new_workspace(folder)
    first = near(centres[0], random, 0.8)
    for number in range(WEEKS):
        week, posts, vectors = week_after(FIRST, number), list[Post](), list[Floats]()
        for style in (0, 1):
            for place in range(USUAL):
                is_first = (number, style, place) == (WEEKS - 2, 0, 0)
                posts.append({"post_id": f"p{number}-{style}-{place:02d}", "author": f"a{place}"})
                vectors.append(first if is_first else near(centres[style], random, 0.8))
        if number == WEEKS - 1:
            for copy in range(18):
                moment = week_start(week) + timedelta(hours=copy + 1)
                own: Post = {"post_id": f"copy-{copy:02d}", "published_at": moment}
                posts.append(own | {"author": f"b{copy % authors}"})
                vectors.append(near(first, random, 0.1))
        step = -1 if backwards else 1
        put_week(workspace, week, posts[::step], vectors[::step])
    run(workspace)
    return workspace


def copies(workspace: Workspace) -> dict[str, str]:
    rows = workspace.read_all("memberships").to_pylist()
    return {row["post_id"]: row["copy_of"] for row in rows if row["copy_of"]}


def states(workspace: Workspace) -> dict[str, str]:
    """The states of the last week, by the style of most posts of a cluster."""
    week = week_after(FIRST, WEEKS - 1)
    rows = workspace.read("memberships", week).to_pylist()
    style = {
        row["cluster_id"]: row["post_id"].split("-")[1] for row in rows if row["post_id"][0] == "p"
    }
    return {style[r["cluster_id"]]: r["state"] for r in workspace.read("trends", week).to_pylist()}


def test_every_copy_points_at_the_first_post_even_with_more_copies_than_neighbours(
    tmp_path: Path,
) -> None:
    workspace = crowd(tmp_path / "one", authors=3)
    found = copies(workspace)
    assert found == dict.fromkeys((f"copy-{n:02d}" for n in range(18)), f"p{WEEKS - 2}-0-00")
    assert found == copies(crowd(tmp_path / "two", authors=3, backwards=True))


def test_many_copies_by_few_authors_are_suspect_and_by_many_authors_are_not(tmp_path: Path) -> None:
    assert states(crowd(tmp_path / "few", authors=3))["0"] == "bot-suspect"
    many = states(crowd(tmp_path / "many", authors=18))
    assert "bot-suspect" not in many.values()


def test_two_hundred_equal_posts_all_copy_the_first_if_ids_are_not_in_order_of_time(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(new_seed())
    vector = directions(random, 1, WIDTH)[0]
    moments = [week_start(FIRST) + timedelta(minutes=int(m)) for m in random.permutation(200)]
    posts: list[Post] = [
        {"post_id": f"p{number:03d}", "published_at": moment}
        for number, moment in enumerate(moments)
    ]
    workspace = new_workspace(tmp_path)
    put_week(workspace, FIRST, posts, [vector] * 200)
    run(workspace)
    first = f"p{moments.index(min(moments)):03d}"
    found = copies(workspace)
    assert len(found) == 199
    assert set(found.values()) == {first}


@pytest.mark.parametrize(("part", "count"), [(0.05, 12_000), (0.05, 100), (1.0, 12_000)])
def test_posts_that_are_similar_by_chance_are_no_copies(
    part: float, count: int, few: Few, tmp_path: Path
) -> None:
    """Posts of a tight style have cosines of 0.95 and more; one is a copy, with a cosine of 0.999.

    This holds if all posts are compared, and above the limit of the exact search.
    """
    few(count)
    random = np.random.default_rng(new_seed())
    [style] = directions(random, 1, WIDTH)
    first = style
    workspace = new_workspace(tmp_path, f"[clusters]\ncopy_part = {part}")
    for number in range(3):
        vectors = [near(style, random, 0.22) for _ in range(60)]
        posts: list[Post] = [{"post_id": f"p{number}-{row:02d}"} for row in range(60)]
        if number == 2:
            vectors[7] = near(first, random, 0.03)
        first = vectors[7]
        put_week(workspace, week_after(FIRST, number), posts, vectors)
    run(workspace)
    found = copies(workspace)
    assert found == {"p2-07": "p1-07"} if part < 1 else len(found) > 100


@pytest.mark.parametrize(("crowd", "others"), [(2, 0), (30, 0), (24, 16)])
def test_most_posts_may_be_copies_of_one_post(crowd: int, others: int, tmp_path: Path) -> None:
    random = np.random.default_rng(new_seed())
    [first, *rest] = directions(random, 1 + others, WIDTH)
    vectors = [first, *(near(first, random, 0.02) for _ in range(crowd - 1)), *rest]
    posts: list[Post] = [{"post_id": f"p{row:02d}"} for row in range(crowd + others)]
    workspace = new_workspace(tmp_path)
    put_week(workspace, FIRST, posts, vectors)
    run(workspace)
    assert copies(workspace) == dict.fromkeys((f"p{row:02d}" for row in range(1, crowd)), "p00")
