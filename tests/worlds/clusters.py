"""A small planted world for the tests of clusters: styles are directions, posts lie around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Step, bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

FIRST = "2026-W10"
NOISE = -1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Planted:
    """Posts: unit vectors (n, d), the style of each (`NOISE` for none), its week from 0, (n,)."""

    vectors: Floats
    style: NDArray[np.intp]
    week: NDArray[np.intp]


def directions(random: np.random.Generator, count: int, width: int) -> Floats:
    """Random unit rows (count, width)."""
    rows = random.normal(size=(count, width))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def plant(
    seed: int,
    *,
    weeks: int = 14,
    a_week: int = 200,
    styles: int = 6,
    width: int = 64,
    noise: float = 0.15,
    birth: int = 5,
) -> Planted:
    """Constant styles; style 0 turns by 60° in weeks 2 to 12, the last is born in week `birth`."""
    random = np.random.default_rng(seed)
    centres = directions(random, styles + 1, width)
    aside = directions(random, 1, width)[0]
    aside -= (aside @ centres[0]) * centres[0]
    aside /= np.linalg.norm(aside)
    vectors, style, week = [], [], []
    for number in range(weeks):
        angle = np.deg2rad(60) * min(max(number - 2, 0), 10) / 10
        now = centres.copy()
        now[0] = np.cos(angle) * centres[0] + np.sin(angle) * aside
        for _ in range(a_week):
            own = int(random.integers(styles if number < birth else styles + 1))
            stray = random.normal(size=width) / np.sqrt(width)
            is_noise = random.random() < noise
            vectors.append(stray if is_noise else now[own] + stray)
            style.append(NOISE if is_noise else own)
            week.append(number)
    rows = np.array(vectors)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Planted(rows, np.array(style), np.array(week))


def post_rows(week: str, posts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `posts`, with defaults for columns that are not given."""
    plain = {"week": week, "published_at": week_start(week), "text": "", "lang": "", "heat": 1.0}
    return [plain | dict(post) for post in posts]


def vector_rows(week: str, post_id: str, vector: Floats, side: str) -> list[dict[str, Any]]:
    """Rows of `vectors` for a post with one side."""
    row = {"post_id": post_id, "item_id": post_id, "vector": vector.tolist(), "week": week}
    return [row | {"side": side}, row | {"side": "post"}]


def put_week(
    workspace: Workspace,
    week: str,
    posts: Sequence[Mapping[str, Any]],
    vectors: Sequence[Floats],
    side: str = "picture",
) -> None:
    """Write the posts of a week and their vectors, as the earlier stages would."""
    workspace.write("posts", week, make_table(TABLES["posts"], post_rows(week, posts)))
    rows = [
        row
        for post, vector in zip(posts, vectors, strict=True)
        for row in vector_rows(week, post["post_id"], vector, side)
    ]
    workspace.write("vectors", week, make_table(TABLES["vectors"], rows))


def put(workspace: Workspace, planted: Planted) -> None:
    """Write a planted world, week by week."""
    for number in sorted(set(planted.week.tolist())):
        rows = np.flatnonzero(planted.week == number)
        posts = [{"post_id": f"p{row:05d}"} for row in rows]
        put_week(workspace, week_after(FIRST, number), posts, list(planted.vectors[rows]))


def new_workspace(folder: Path, settings: str = "") -> Workspace:
    """A workspace of the profile `vectors`; `settings` is TOML that is added."""
    Workspace.create(folder, "vectors")
    (folder / "zeitgraph.toml").write_text(f'profile = "vectors"\n{settings}\n', "utf-8")
    return Workspace(folder)


def run(workspace: Workspace) -> list[Step]:
    """Bring edits, clusters and trends up to date."""
    stages = [stage for stage in STAGES if stage.name in {"edits", "clusters", "trends"}]
    return bring_up_to_date(workspace, stages, workspace.weeks("posts"))


def joined(workspace: Workspace) -> dict[str, str]:
    """The cluster id of each post, by post id."""
    rows = workspace.read_all("memberships").to_pylist()
    return {row["post_id"]: row["cluster_id"] for row in rows}


def joined_in_order(workspace: Workspace, planted: Planted) -> list[str]:
    """The cluster id of each post of a planted world, in the order of its posts."""
    clusters = joined(workspace)
    return [clusters[f"p{row:05d}"] for row in range(len(planted.style))]
