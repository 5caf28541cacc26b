"""The posts that the clustering of a week looks at: those of the week and of the weeks before it.

Input: a job with posts, vectors and the history of both and of memberships. Output: a `Window`,
sorted by post id. This module does not know how clusters are found.

If the earlier weeks have very many posts, a uniform sample represents them (`sampling.py`), so
that time and memory depend on the week only. Copies are still searched among all posts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.duplicates import (
    CandidatePair,
    DuplicateSearch,
    Pairs,
    neighbour_pairs,
    pass_ratio_test,
)
from zeitgraph.extraction.clusters.naming import Text
from zeitgraph.extraction.clusters.style_prototypes import expected_text_match
from zeitgraph.extraction.geometry.bridge import fill_sides
from zeitgraph.extraction.geometry.neighbours import EXACT_LIMIT
from zeitgraph.extraction.geometry.post_space import SIDES, PostSpace, read_side, space_of_sides
from zeitgraph.extraction.geometry.sampling import Sample, draw_sample
from zeitgraph.kg.base.terms import VectorSide
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import join_tables

NO_CLUSTER = ""
"""The cluster id of a post that is in no cluster."""

Labels = NDArray[np.object_]
"""A cluster id for each post of a window, `NO_CLUSTER` for none: (n,)."""

_POST = ("post_id", "week", "published_at", "text", "lang", "heat")
_MEMBER = ("post_id", "cluster_id", "assigned_cluster", "copy_of")


@dataclass(frozen=True)
class Window:
    """The posts with vectors of this week and the weeks before it; n rows sorted by post id.

    `weeks` (n,) are the weeks of publication; `current` (n,) marks the posts of this week.
    `weights` (n,) say how many posts each represents, and `sampled` (n,) marks those that together
    are a uniform sample of all weeks: 1 and all, unless there are very many. `heat` (n,) is their
    heat. `text_match` (n,) is the cosine of each to a text that matches it. `earlier` (n,) is the
    cluster that each joined in its own week, `NO_CLUSTER` for none and for all posts of this week.
    `without_vector` are the posts of this week without a usable vector.

    Of all posts, sampled or not: `duplicates` are pairs of which one copies the other, `originals`
    says which post an earlier copy was found to copy, `published_at` when each was published
    (microseconds since 1970).
    """

    week: str
    space: PostSpace
    texts: tuple[Text, ...]
    weeks: NDArray[np.object_]
    current: NDArray[np.bool_]
    weights: NDArray[np.float64]
    sampled: NDArray[np.bool_]
    heat: NDArray[np.float64]
    text_match: NDArray[np.float64]
    earlier: Labels
    without_vector: tuple[str, ...]
    duplicates: Pairs
    originals: Mapping[str, str]
    published_at: Mapping[str, float]

    @cached_property
    def all_weeks(self) -> Sequence[str]:
        """The weeks with posts, the oldest first, ending with this week."""
        return sorted({self.week, *self.weeks.tolist()})

    @cached_property
    def week_numbers(self) -> NDArray[np.intp]:
        """The place of each post's week in `all_weeks`, (n,)."""
        return np.searchsorted(np.array(self.all_weeks, object), self.weeks)

    def posts_by_week(self, rows: NDArray[np.generic] | slice = slice(None)) -> NDArray[np.float64]:
        """How many posts of each of `all_weeks` these rows represent, float64 (weeks,)."""
        counts = np.bincount(self.week_numbers[rows], self.weights[rows], len(self.all_weeks))
        return counts.astype(float)

    def count_posts(self, rows: NDArray[np.generic]) -> float:
        """How many posts these rows represent."""
        return float(self.weights[rows].sum())


def read_window(job: Job) -> Window:
    """The window of `job.week`, as far back as the stage reads.

    A vector with another length than most comes from another model. It is set aside with a note,
    and so is one that holds NaN or infinity; the post joins no cluster.
    """
    settings = job.settings.clusters
    posts = job.window("posts", _POST)
    before = posts.filter(pc.not_equal(posts["week"], job.week))["post_id"].to_pylist()
    named = pc.list_flatten(job.table("edits", columns=["posts"])["posts"]).to_pylist()
    sample = draw_sample(before, settings.window_posts, named)
    is_many = posts.num_rows > EXACT_LIMIT or sample.earlier is not None
    vectors, candidates = _read_vectors(job, sample, is_many=is_many)
    sides = {side: read_side(vectors, side) for side in SIDES}
    del vectors
    sampled = sample.is_sampled(sides[VectorSide.POST][0])
    space = space_of_sides(
        sides, settings.neighbours, fill_sides if settings.bridge else None, sampled
    )
    candidates = candidates if is_many else neighbour_pairs(space, settings.copy_near)
    ids = pa.array(space.post_ids, pa.string())
    own = posts.take(pc.index_in(ids, posts["post_id"].combine_chunks()))
    members = job.table("memberships", "history", _MEMBER)
    found = pc.coalesce(members["assigned_cluster"], members["cluster_id"])
    joined = found.take(pc.index_in(ids, members["post_id"].combine_chunks()))
    copies = members.filter(pc.greater(pc.utf8_length(members["copy_of"]), 0))
    weeks = own["week"].to_numpy()
    current = (weeks == job.week).astype(bool)
    weights = np.where(current | ~sampled, 1.0, sample.weight)
    posts_per_row = float(weights.sum()) / max(min(EXACT_LIMIT, int(sampled.sum())), 1)
    this_week = posts.filter(pc.equal(posts["week"], job.week))["post_id"]
    return Window(
        week=job.week,
        space=space,
        texts=tuple(map(Text, _or_empty(own["text"]), _or_empty(own["lang"]))),
        weeks=weeks,
        current=current,
        weights=weights,
        sampled=sampled,
        heat=own["heat"].to_numpy().astype(float),
        text_match=expected_text_match(
            sides[VectorSide.PICTURE], sides[VectorSide.TEXT], space.post_ids
        ),
        earlier=joined.fill_null(NO_CLUSTER).to_numpy(),
        without_vector=tuple(
            sorted(this_week.filter(pc.invert(pc.is_in(this_week, ids))).to_pylist())
        ),
        duplicates=pass_ratio_test(
            candidates,
            space,
            near=settings.copy_near,
            part=settings.copy_part,
            posts_per_row=max(posts_per_row, 1.0),
        ),
        originals=dict(_pairs(copies["post_id"], copies["copy_of"])),
        published_at=dict(_pairs(posts["post_id"], posts["published_at"].cast(pa.int64()))),
    )


def _read_vectors(
    job: Job, sample: Sample, *, is_many: bool
) -> tuple[pa.Table, list[CandidatePair]]:
    """The vectors of the week and of the sample; for many posts also the possible copies."""
    check = _VectorCheck(job)
    now = check.usable(job.table("vectors"))
    search = DuplicateSearch(read_side(now, VectorSide.POST), job.settings.clusters.copy_near)
    candidates = list(search.within_week()) if is_many else []
    kept = []
    chosen = None if sample.earlier is None else pa.array(sample.earlier, pa.string())
    for part in map(check.usable, job.earlier("vectors")):
        if is_many:
            candidates += search.in_other_week(read_side(part, VectorSide.POST))
        kept.append(part if chosen is None else part.filter(pc.is_in(part["post_id"], chosen)))
    check.report(job)
    return join_tables("vectors", [*kept, now]), candidates


def _pairs(keys: pa.ChunkedArray, values: pa.ChunkedArray) -> Iterator[tuple[Any, Any]]:
    return zip(keys.to_pylist(), values.to_pylist(), strict=True)


class _VectorCheck:
    """Sets aside posts whose vectors are not finite or of an unusual length, and counts them.

    The usual length is that of the known clusters, or else of most vectors of the week.
    """

    def __init__(self, job: Job) -> None:
        cores = job.table("clusters", "before", ["core"])["core"]
        self._length = len(cores[0]) if len(cores) else 0
        self._odd = self._broken = 0

    def usable(self, vectors: pa.Table) -> pa.Table:
        """The rows of posts all of whose vectors are usable."""
        lengths = pc.list_value_length(vectors["vector"]).to_numpy()
        if not len(lengths):
            return vectors
        if not self._length:
            found, counts = np.unique(lengths, return_counts=True)
            self._length = int(found[counts == counts.max()].max())
        odd = lengths != self._length
        vectors = _without_posts(vectors, odd)
        finite = [
            np.isfinite(np.asarray(chunk.flatten()).reshape(len(chunk), -1)).all(axis=1)
            for chunk in vectors["vector"].chunks
            if len(chunk)
        ]
        broken = ~np.concatenate([np.empty(0, bool), *finite])
        self._odd += int(odd.sum())
        self._broken += int(broken.sum())
        return _without_posts(vectors, broken)

    def report(self, job: Job) -> None:
        """Note how many vectors were set aside, by reason."""
        reasons = (
            (self._odd, f"are not of length {self._length}"),
            (self._broken, "hold NaN or infinity"),
        )
        for count, reason in reasons:
            if count:
                job.note(f"{job.week}: {count:,} vectors {reason}, and join no cluster")


def _without_posts(vectors: pa.Table, bad: NDArray[np.bool_]) -> pa.Table:
    """The rows of posts without any `bad` row, bool (rows,)."""
    if not bad.any():
        return vectors
    posts = vectors["post_id"].filter(pa.array(bad)).unique()
    return vectors.filter(pc.invert(pc.is_in(vectors["post_id"], posts)))


def _or_empty(texts: pa.ChunkedArray) -> list[str]:
    filled: list[str] = texts.fill_null("").to_pylist()
    return filled
