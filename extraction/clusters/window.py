"""What the clustering of a week looks at: the posts of the week, and those of the weeks before.

Comes in: a job with posts, vectors and the history of both and of memberships. Goes out: a
`Window`, rows sorted by post id. Knows nothing about how clusters are found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.bridge import fill_sides
from zeitgraph.extraction.clusters.cloud import SIDES, Cloud, cloud_of, sides_of
from zeitgraph.extraction.clusters.naming import Text
from zeitgraph.extraction.clusters.style_centres import pair_likeness
from zeitgraph.kg.stages import Job

NONE = ""
"""The cluster id of a post that is in none."""

_POST = ["post_id", "week", "published_at", "text", "lang", "heat"]


@dataclass(frozen=True)
class Window:
    """Posts with vectors, of this week and the weeks before it; n rows sorted by post id.

    `weeks` and `moments` (seconds) tell when each was published, `current` the posts of this week;
    `heat` their heat; `like_text` how near each comes to a text that matches it; `earlier` the
    cluster that it joined in its own week, empty for none and for all posts of this week. `without`
    are the posts of this week that have no vector.
    """

    week: str
    cloud: Cloud
    texts: tuple[Text, ...]
    weeks: NDArray[np.object_]
    moments: NDArray[np.float64]
    current: NDArray[np.bool_]
    heat: NDArray[np.float64]
    like_text: NDArray[np.float64]
    earlier: NDArray[np.object_]
    without: tuple[str, ...]

    @cached_property
    def all_weeks(self) -> Sequence[str]:
        """The weeks with posts, the oldest first, and this one."""
        return sorted({self.week, *self.weeks.tolist()})

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        return np.searchsorted(np.array(self.all_weeks, object), self.weeks)

    def posts_by_week(self, rows: NDArray[np.generic] | slice = slice(None)) -> NDArray[np.float64]:
        """How many of some rows are of each of `all_weeks`; of all rows where none are named."""
        return np.bincount(self._places[rows], minlength=len(self.all_weeks)).astype(float)


def look_back(job: Job) -> Window:
    """The window of `job.week`, as far back as the stage reads; posts on one line, one vector.

    Vectors of another length than most are set aside with a note: they come of another model. So
    are those that hold NaN or infinity. A post with such a vector joins no cluster.
    """
    vectors = _of_numbers(job, _of_one_length(job, job.window("vectors")))
    sides = {side: sides_of(vectors, side) for side in SIDES}
    del vectors
    settings = job.settings.clusters
    cloud = cloud_of(sides, settings.neighbours, fill_sides if settings.bridge else None)
    ids = pa.array(cloud.post_ids, pa.string())
    posts = job.window("posts").select(_POST)
    own = posts.take(pc.index_in(ids, posts["post_id"].combine_chunks()))
    members = job.table("memberships", "history")
    found = pc.coalesce(members["found_in"], members["cluster_id"])
    joined = found.take(pc.index_in(ids, members["post_id"].combine_chunks()))
    weeks = own["week"].to_numpy()
    of_now = posts.filter(pc.equal(posts["week"], job.week))["post_id"]
    return Window(
        week=job.week,
        cloud=cloud,
        texts=tuple(map(Text, _or_empty(own["text"]), _or_empty(own["lang"]))),
        weeks=weeks,
        moments=own["published_at"].cast(pa.int64()).to_numpy() / 1e6,
        current=(weeks == job.week).astype(bool),
        heat=own["heat"].to_numpy().astype(float),
        like_text=pair_likeness(sides["picture"], sides["text"], cloud.post_ids),
        earlier=joined.fill_null(NONE).to_numpy(),
        without=tuple(sorted(of_now.filter(pc.invert(pc.is_in(of_now, ids))).to_pylist())),
    )


def _of_one_length(job: Job, vectors: pa.Table) -> pa.Table:
    before: list[Mapping[str, Any]] = job.table("clusters", "before").slice(0, 1).to_pylist()
    lengths = pc.list_value_length(vectors["vector"]).to_numpy()
    if not len(lengths):
        return vectors
    found, counts = np.unique(lengths, return_counts=True)
    most = found[counts == counts.max()].max()
    usual = len(before[0]["core"]) if before else int(most)
    odd = lengths != usual
    if odd.any():
        job.note(
            f"{job.week}: {odd.sum():,} vectors are not of length {usual}, and join no cluster"
        )
    return _without_posts(vectors, odd)


def _of_numbers(job: Job, vectors: pa.Table) -> pa.Table:
    finite = [
        np.isfinite(np.asarray(chunk.flatten()).reshape(len(chunk), -1)).all(axis=1)
        for chunk in vectors["vector"].chunks
        if len(chunk)
    ]
    bad = ~np.concatenate([np.empty(0, bool), *finite])
    if bad.any():
        job.note(f"{job.week}: {bad.sum():,} vectors hold NaN or infinity, and join no cluster")
    return _without_posts(vectors, bad)


def _without_posts(vectors: pa.Table, bad: NDArray[np.bool_]) -> pa.Table:
    """The rows of posts of which none is bad."""
    if not bad.any():
        return vectors
    posts = vectors["post_id"].filter(pa.array(bad)).unique()
    return vectors.filter(pc.invert(pc.is_in(vectors["post_id"], posts)))


def _or_empty(texts: pa.ChunkedArray) -> list[str]:
    filled: list[str] = texts.fill_null("").to_pylist()
    return filled
