"""The index of a workspace's posts, kept in its cache folder and brought up to date when asked for.

Comes in: a workspace with vectors. Goes out: a `PostIndex`. Knows nothing of questions.

One file a week holds its points, their codes and ids; one more, the frame, what all weeks share:
the means of the sides and, for many posts, the codebook. The frame is learned from the oldest weeks
that hold at least half of all posts, counted up to a power of two: so it stays until the posts have
doubled, and a new week is only written in it. Files are named by digests of all they were made of:
the same tables give the same files, whatever came first, and a file that fits no more is replaced.
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
from zeitgraph.extraction.search.points import SIDES, Middles, middles_of
from zeitgraph.extraction.search.product_quantizer import (
    A_LIST,
    Codebook,
    learn_codebook,
    lists_for,
)
from zeitgraph.kg.base.errors import StoreError, UserError
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.workspace import Workspace

MANY = 16_384
"""From so many posts on there is a codebook; fewer are compared one by one, which takes less."""

FORMAT = 1
Note = Callable[[str], None]


@dataclass(frozen=True)
class PostIndex:
    """The posts of a workspace as points: `weeks`, and for each the `post_ids` of its shelf."""

    weeks: Sequence[str]
    post_ids: Sequence[Sequence[str]]
    middles: Middles
    index: Index

    def row_of(self, post_id: str) -> int | None:
        """The row of a post in the index; None for one without a vector."""
        begin = 0
        for ids in self.post_ids:
            if post_id in ids:
                return begin + ids.index(post_id)
            begin += len(ids)
        return None

    def post_at(self, row: int) -> tuple[str, str]:
        """The week and the id of the post at a row."""
        for week, ids in zip(self.weeks, self.post_ids, strict=True):
            if row < len(ids):
                return week, ids[row]
            row -= len(ids)
        raise IndexError(row)


def open_index(workspace: Workspace, note: Note = lambda _line: None) -> PostIndex:
    """The index as the table `vectors` now stands, brought up to date where it is not.

    Raises `UserError` where no post has a vector, `BusyWorkspace` where it must be written and
    another process works here, and `StoreError` where its files are damaged.
    """
    plan = _plan(workspace)
    if not all(path.is_file() for path in plan.files):
        with workspace.held():
            plan = _plan(workspace)
            _bring_up_to_date(workspace, plan, note)
    try:
        return _opened(plan)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise StoreError(
            "the index of posts is damaged",
            where=index_folder(workspace),
            do="delete this folder and ask again",
        ) from error


def index_folder(workspace: Workspace) -> Path:
    """Where the index lies."""
    return workspace.cache_folder / "search"


def drop_index(workspace: Workspace) -> None:
    """Remove the index: what was learned from a post that is forgotten is in every part of it."""
    shutil.rmtree(index_folder(workspace), ignore_errors=True)


# -- what there should be --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """Which files there should be: the frame, and one for each week; which weeks it learns from."""

    frame: Path
    weeks: Mapping[str, Path]
    learned: Sequence[str]
    posts: Mapping[str, int]

    @property
    def files(self) -> set[Path]:
        return {self.frame, *self.weeks.values()}

    @property
    def many(self) -> bool:
        """Whether there is a codebook."""
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
    learned = [week for week, so_far in zip(posts, before, strict=False) if so_far < enough]
    key = digest_json([FORMAT, total >= MANY, [[week, digests[week]] for week in learned]])
    return _Plan(
        folder / f"frame.{key[:16]}.safetensors",
        {
            week: folder / f"{week}.{digest_json([key, digest])[:16]}.safetensors"
            for week, digest in digests.items()
        },
        learned,
        posts,
    )


def _known(workspace: Workspace, path: Path) -> dict[str, tuple[str, str, int]]:
    """For each week with vectors, oldest first, a stamp, the digest, and how many posts there are.

    A partition whose stamp is the one noted is not read again.
    """
    try:
        noted = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError as error:
        raise StoreError(
            "the index of posts is damaged", where=path, do="delete it and ask again"
        ) from error
    known: dict[str, tuple[str, str, int]] = {}
    for week in workspace.weeks("vectors"):
        stamp = workspace.stamp("vectors", week)
        if noted.get(week, [None])[0] == stamp:
            known[week] = tuple(noted[week])
        else:
            sides = workspace.read("vectors", week)["side"]
            count = int(pc.sum(pc.equal(sides, "post")).as_py() or 0)
            known[week] = (stamp, workspace.digest("vectors", week), count)
    fresh = {week: list(told) for week, told in known.items()}
    if fresh != noted:
        write_aside(path, json.dumps(fresh, indent=1).encode())
    return known


# -- writing ---------------------------------------------------------------------------------------


def _bring_up_to_date(workspace: Workspace, plan: _Plan, note: Note) -> None:
    for path in plan.frame.parent.glob("*.safetensors*"):  # a killed write leaves one with an end
        if path not in plan.files:
            path.unlink()
    if not plan.frame.is_file():
        if plan.many:
            note(
                f"Learning an index from {sum(plan.posts[week] for week in plan.learned):,} posts …"
            )
        _write(plan.frame, _frame_tensors(workspace, plan), {})
    middles, codebook = _read_frame(plan)
    missing = [week for week, path in plan.weeks.items() if not path.is_file()]
    if plan.many:
        note(f"Indexing {sum(plan.posts[week] for week in missing):,} posts …")
    for week in missing:
        post_ids, points = middles.points(workspace.read("vectors", week))
        if odd := plan.posts[week] - len(post_ids):
            note(f"{week}: {odd:,} posts left out, whose vectors are of another length than most")
        codes = {"codes": codebook.codes(points)} if codebook else {}
        _write(plan.weeks[week], {"points": points} | codes, {"post_ids": json.dumps(post_ids)})


def _frame_tensors(workspace: Workspace, plan: _Plan) -> dict[str, Any]:
    tables = (workspace.read("vectors", week) for week in plan.learned)
    middles = middles_of(tables)
    tensors: dict[str, Any] = {f"middle.{side}": middles.by_side[side] for side in SIDES}
    if plan.many:
        count = sum(plan.posts[week] for week in plan.learned)
        lists = lists_for(count)
        some = np.concatenate(list(_sample(workspace, plan, middles, count, lists * A_LIST)))
        codebook = learn_codebook(some, lists)
        tensors |= {"axes": codebook.axes, "centres": codebook.centres, "words": codebook.words}
    return tensors


def _sample(
    workspace: Workspace, plan: _Plan, middles: Middles, count: int, size: int
) -> Iterator[Points]:
    """About `size` of `count` posts, evenly from the weeks to learn from, a week at a time."""
    chosen = np.unique(np.linspace(0, count - 1, min(size, count)).astype(np.int64))
    begin = 0
    for week in plan.learned:
        points = middles.points(workspace.read("vectors", week))[1]
        own = chosen[(chosen >= begin) & (chosen < begin + len(points))] - begin
        yield points[own]
        begin += plan.posts[week]


def _write(path: Path, tensors: Mapping[str, Any], metadata: dict[str, str]) -> None:
    from safetensors.numpy import save

    write_aside(path, save(dict(tensors), metadata))


# -- reading ---------------------------------------------------------------------------------------


def _opened(plan: _Plan) -> PostIndex:
    middles, codebook = _read_frame(plan)
    read = [_Mapped(path) for path in plan.weeks.values()]
    codes = [file.tensor("codes") for file in read] if codebook else []
    return PostIndex(
        tuple(plan.weeks),
        [json.loads(file.metadata["post_ids"]) for file in read],
        middles,
        Index(
            [file.tensor("points") for file in read],
            codebook.shortlist(np.concatenate(codes)) if codebook else None,
        ),
    )


def _read_frame(plan: _Plan) -> tuple[Middles, Codebook | None]:
    file = _Mapped(plan.frame)
    middles = Middles({side: np.array(file.tensor(f"middle.{side}")) for side in SIDES})
    if not plan.many:
        return middles, None
    axes, centres, words = (np.array(file.tensor(name)) for name in ("axes", "centres", "words"))
    return middles, Codebook(axes, centres, words)


class _Mapped:
    """A file of tensors, mapped: of a large one only what is looked at is read.

    By the layout of safetensors: eight bytes with the length of the header, the header, the data.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            self.header = json.loads(file.read(length))
        self.path, self.begin = path, 8 + length
        self.metadata: Mapping[str, str] = self.header.get("__metadata__", {})

    def tensor(self, name: str) -> Any:
        kinds = {"F32": np.float32, "U8": np.uint8}
        told = self.header[name]
        offset, shape = self.begin + told["data_offsets"][0], tuple(told["shape"])
        if not np.prod(shape):
            return np.empty(shape, kinds[told["dtype"]])
        mapped = np.memmap(self.path, kinds[told["dtype"]], "r", offset, shape)
        return np.asarray(mapped)
