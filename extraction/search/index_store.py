"""The index of a workspace's posts, kept in its cache folder and updated when it is opened.

Input: a workspace with vectors. Output: a `PostIndex`. This module does not know about queries.

One file for each week holds its vectors, their codes and the ids of its posts. One more file, the
frame, holds what all weeks share: the means of the sides and, for many posts, the quantizer. The
frame is learnt from the oldest weeks that hold at least half of all posts, counted up to a power of
two: so it stays until the posts have doubled, and a new week only adds its own file. Files are
named by digests of everything they were made from: the same tables give the same files in whatever
order they were made, and a file that no longer fits is replaced.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zeitgraph.extraction.geometry.unit_vectors import Points
from zeitgraph.extraction.search.index import Index
from zeitgraph.extraction.search.points import SIDES, SideMeans, side_means
from zeitgraph.extraction.search.product_quantizer import (
    POINTS_PER_LIST,
    ProductQuantizer,
    lists_for,
    train_quantizer,
)
from zeitgraph.extraction.search.tensor_file import TensorFile
from zeitgraph.kg.base.errors import StoreError, UserError
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.base.terms import VectorSide
from zeitgraph.kg.workspace.workspace import Workspace

MANY = 16_384
"""The number of posts from which there is a quantizer; comparing all of fewer posts is faster."""

FORMAT = 1
Note = Callable[[str], None]


@dataclass(frozen=True)
class PostIndex:
    """The posts of a workspace as vectors: `weeks`, and the `post_ids` of each week in order."""

    weeks: Sequence[str]
    post_ids: Sequence[Sequence[str]]
    means: SideMeans
    index: Index

    def row_of(self, post_id: str) -> int | None:
        """The row of a post in the index; None for a post without a vector."""
        begin = 0
        for ids in self.post_ids:
            if post_id in ids:
                return begin + ids.index(post_id)
            begin += len(ids)
        return None

    def post_at(self, row: int) -> tuple[str, str]:
        """The week and the id of the post at a row; raises `IndexError` for a row beyond all."""
        for week, ids in zip(self.weeks, self.post_ids, strict=True):
            if row < len(ids):
                return week, ids[row]
            row -= len(ids)
        raise IndexError(row)


def open_index(workspace: Workspace, note: Note = lambda _line: None) -> PostIndex:
    """The index of the current table `vectors`; it is updated first if the table has changed.

    Raises `UserError` if no post has a vector, `BusyWorkspace` if the index must be written while
    another process works on the workspace, and `StoreError` if its files are damaged.
    """
    plan = _plan(workspace)
    if not all(path.is_file() for path in plan.files):
        with workspace.held():
            plan = _plan(workspace)
            _update(workspace, plan, note)
    try:
        return _read_index(plan)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise StoreError(
            "the index of posts is damaged",
            where=index_folder(workspace),
            do="delete this folder and ask again",
        ) from error


def index_folder(workspace: Workspace) -> Path:
    """The folder of the index."""
    return workspace.cache_folder / "search"


def drop_index(workspace: Workspace) -> None:
    """Delete the index: what was learnt from a forgotten post is in every part of it."""
    shutil.rmtree(index_folder(workspace), ignore_errors=True)


# -- the files that the index needs ----------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """The files of the index: the frame and one for each week; and what the frame is learnt from.

    `posts`: the number of posts by week.
    """

    frame: Path
    weeks: Mapping[str, Path]
    frame_weeks: Sequence[str]
    posts: Mapping[str, int]

    @property
    def files(self) -> set[Path]:
        return {self.frame, *self.weeks.values()}

    @property
    def has_quantizer(self) -> bool:
        return sum(self.posts.values()) >= MANY


def _plan(workspace: Workspace) -> _Plan:
    folder = index_folder(workspace)
    known = _known(workspace, folder / "known.json")
    digests = {week: digest for week, (_, digest, _) in known.items()}
    posts = {week: count for week, (_, _, count) in known.items()}
    total = sum(posts.values())
    if not total:
        raise UserError(
            "no post has a vector yet", where=workspace.root, do="add posts with `zeitgraph run`"
        )
    enough = 2 ** (total.bit_length() - 1)
    before = [0, *accumulate(posts.values())]
    frame_weeks = [week for week, so_far in zip(posts, before, strict=False) if so_far < enough]
    key = digest_json([FORMAT, total >= MANY, [[week, digests[week]] for week in frame_weeks]])
    return _Plan(
        folder / f"frame.{key[:16]}.safetensors",
        {
            week: folder / f"{week}.{digest_json([key, digest])[:16]}.safetensors"
            for week, digest in digests.items()
        },
        frame_weeks,
        posts,
    )


def _known(workspace: Workspace, path: Path) -> dict[str, tuple[str, str, int]]:
    """The stamp, the digest and the number of posts of each week with vectors, oldest week first.

    They are kept in the file at `path`: a partition whose stamp is unchanged is not read again.
    """
    try:
        kept = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError as error:
        raise StoreError(
            "the index of posts is damaged", where=path, do="delete it and ask again"
        ) from error
    known: dict[str, tuple[str, str, int]] = {}
    for week in workspace.weeks("vectors"):
        stamp = workspace.stamp("vectors", week)
        if kept.get(week, [None])[0] == stamp:
            known[week] = tuple(kept[week])
        else:
            sides = workspace.read("vectors", week, ["side"])["side"]
            count = int(pc.sum(pc.equal(sides, VectorSide.POST)).as_py() or 0)
            known[week] = (stamp, workspace.digest("vectors", week), count)
    fresh = {week: list(facts) for week, facts in known.items()}
    if fresh != kept:
        write_aside(path, json.dumps(fresh, indent=1).encode())
    return known


# -- writing ---------------------------------------------------------------------------------------


def _update(workspace: Workspace, plan: _Plan, note: Note) -> None:
    for path in plan.frame.parent.glob("*.safetensors*"):  # killed writes leave an ending
        if path not in plan.files:
            path.unlink()
    if not plan.frame.is_file():
        if plan.has_quantizer:
            count = sum(plan.posts[week] for week in plan.frame_weeks)
            note(f"Learning an index from {count:,} posts …")
        _write(plan.frame, _frame_tensors(workspace, plan), {})
    means, quantizer = _read_frame(plan)
    missing = [week for week, path in plan.weeks.items() if not path.is_file()]
    if plan.has_quantizer:
        note(f"Indexing {sum(plan.posts[week] for week in missing):,} posts …")
    for week in missing:
        post_ids, points = means.points(workspace.read("vectors", week))
        if odd := plan.posts[week] - len(post_ids):
            note(f"{week}: {odd:,} posts left out: their vectors have another length than most")
        codes = {"codes": quantizer.encode(points)} if quantizer else {}
        _write(plan.weeks[week], {"points": points} | codes, {"post_ids": json.dumps(post_ids)})


def _frame_tensors(workspace: Workspace, plan: _Plan) -> dict[str, Any]:
    means = side_means(workspace.read("vectors", week) for week in plan.frame_weeks)
    tensors: dict[str, Any] = {f"middle.{side}": means.by_side[side] for side in SIDES}
    if plan.has_quantizer:
        count = sum(plan.posts[week] for week in plan.frame_weeks)
        lists = lists_for(count)
        size = lists * POINTS_PER_LIST
        some = np.concatenate(list(_sample(workspace, plan, means, count, size)))
        quantizer = train_quantizer(some, lists)
        tensors |= {
            "axes": quantizer.axes,
            "centres": quantizer.centres,
            "words": quantizer.codewords,
        }
    return tensors


def _sample(
    workspace: Workspace, plan: _Plan, means: SideMeans, count: int, size: int
) -> Iterator[Points]:
    """About `size` of the `count` posts of the frame's weeks, evenly, one week at a time."""
    chosen = np.unique(np.linspace(0, count - 1, min(size, count)).astype(np.int64))
    begin = 0
    for week in plan.frame_weeks:
        points = means.points(workspace.read("vectors", week))[1]
        own = chosen[(chosen >= begin) & (chosen < begin + len(points))] - begin
        yield points[own]
        begin += plan.posts[week]


def _write(path: Path, tensors: Mapping[str, Any], metadata: dict[str, str]) -> None:
    from safetensors.numpy import save

    write_aside(path, save(dict(tensors), metadata))


# -- reading ---------------------------------------------------------------------------------------


def _read_index(plan: _Plan) -> PostIndex:
    means, quantizer = _read_frame(plan)
    files = [TensorFile(path) for path in plan.weeks.values()]
    codes = [file.tensor("codes") for file in files] if quantizer else []
    return PostIndex(
        tuple(plan.weeks),
        [json.loads(file.metadata["post_ids"]) for file in files],
        means,
        Index(
            [file.tensor("points") for file in files],
            quantizer.shortlist(np.concatenate(codes)) if quantizer else None,
        ),
    )


def _read_frame(plan: _Plan) -> tuple[SideMeans, ProductQuantizer | None]:
    file = TensorFile(plan.frame)
    means = SideMeans({side: np.array(file.tensor(f"middle.{side}")) for side in SIDES})
    if not plan.has_quantizer:
        return means, None
    axes, centres, words = (np.array(file.tensor(name)) for name in ("axes", "centres", "words"))
    return means, ProductQuantizer(axes, centres, words)
