"""The folder of plain files through which zeitgraph and a peer exchange posts and clusters.

Input: a workspace. Output: `vectors.npy` (n, d; float32 unit rows, a post's pictures and text
fused) and `posts.csv` (post_id, week, text), the same posts in the same order, by week. A recipe
answers with `RECIPE-SEED.csv` (post_id, week, cluster; empty for none) for each seed, and
`RECIPE.json`.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zeitgraph.benchmarks.peers.answer import write_answer
from zeitgraph.extraction.geometry.post_space import read_side
from zeitgraph.kg.base.ids import digest_file
from zeitgraph.kg.base.terms import VectorSide
from zeitgraph.kg.workspace.rows import MembershipRow
from zeitgraph.kg.workspace.tables import POSTS as POSTS_TABLE
from zeitgraph.kg.workspace.workspace import Workspace

POSTS, VECTORS = "posts.csv", "vectors.npy"


@dataclass(frozen=True)
class Answer:
    """A recipe's answer: versions, wall and processor seconds of each fit, `cold` seconds from the
    start of the process to the end of the first fit, peak memory; and for each seed the cluster of
    each post.
    """

    versions: Mapping[str, str]
    seconds: Sequence[float]
    processor: Sequence[float]
    cold: float
    gib: float
    clusters: Sequence[Mapping[str, str]]


def write_exchange(workspace: Workspace, below: Path) -> Path:
    """Writes the clustered posts with vectors to a folder below `below`, named by its content."""
    ids, rows = read_side(workspace.read_all("vectors"), VectorSide.POST)
    vector_of = dict(zip(ids, rows, strict=True))
    clustered = set(workspace.read_all("memberships", ["post_id"])["post_id"].to_pylist())
    posts = workspace.all_rows(POSTS_TABLE, ["week", "post_id", "text"])
    ordered = sorted(
        (post["week"], post["post_id"], post["text"] or "")
        for post in posts
        if post["post_id"] in clustered & vector_of.keys()
    )
    aside = below / "aside"
    aside.mkdir(parents=True, exist_ok=True)
    np.save(
        aside / VECTORS, np.array([vector_of[post_id] for _, post_id, _ in ordered], np.float32)
    )
    lines = ((post_id, week, text) for week, post_id, text in ordered)
    with (aside / POSTS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("post_id", "week", "text"))
        table.writerows(lines)
    folder = below / "-".join(digest_file(aside / name)[:8] for name in (VECTORS, POSTS))
    folder.mkdir(exist_ok=True)
    for name in (VECTORS, POSTS):
        (aside / name).replace(folder / name)
    aside.rmdir()
    return folder


def vectors_of(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Returns the vector of each post as it was written."""
    with (folder / POSTS).open(encoding="utf-8", newline="") as file:
        ids = [row["post_id"] for row in csv.DictReader(file)]
    return dict(zip(ids, np.load(folder / VECTORS), strict=True))


def write_clusters(path: Path, members: Iterable[MembershipRow]) -> None:
    """Writes the answer for one seed, from rows with `post_id`, `week` and `cluster_id`."""
    write_answer(path, ((m["post_id"], m["week"], m["cluster_id"]) for m in members))


def read_answer(folder: Path, recipe: str) -> Answer:
    """Returns the recipe's answer."""
    figures = json.loads((folder / f"{recipe}.json").read_bytes())
    return Answer(
        **figures, clusters=[_clusters(p) for p in sorted(folder.glob(f"{recipe}-*.csv"))]
    )


def _clusters(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["post_id"]: row["cluster"] for row in csv.DictReader(file)}
