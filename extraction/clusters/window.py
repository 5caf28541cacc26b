"""What the clustering of a week looks at: the posts of the week, and those of the weeks before.

Comes in: a job with posts, vectors and the history of both and of memberships. Goes out: a
`Window`, rows sorted by post id. Knows nothing about how clusters are found.

Where the weeks before have very many posts, an even sample stands for them (panel.py): so time and
memory are set by the week. Only copies are looked for among all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.duplicates import Likely, Likeness, Pairs, alike_in, far_nearer
from zeitgraph.extraction.clusters.naming import Text
from zeitgraph.extraction.clusters.style_prototypes import pair_likeness
from zeitgraph.extraction.geometry.bridge import fill_sides
from zeitgraph.extraction.geometry.neighbours import FEW
from zeitgraph.extraction.geometry.post_space import SIDES, Cloud, cloud_of, sides_of
from zeitgraph.extraction.geometry.sampling import Panel, panel_of
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import join_tables

NONE = ""
"""The cluster id of a post that is in none."""

_POST = ["post_id", "week", "published_at", "text", "lang", "heat"]


@dataclass(frozen=True)
class Window:
    """Posts with vectors, of this week and the weeks before it; n rows sorted by post id.

    `weeks` tell when each was published, `current` the posts of this week; `weights` how many posts
    each stands for, and `even` those that together are an even sample of all weeks: 1 and all,
    unless there are very many. `heat` their heat; `like_text` how near each comes to a text that
    matches it; `earlier` the cluster that it joined in its own week, empty for none and for all
    posts of this week. `without` are the posts of this week that have no vector.

    Of all posts, sampled or not: `alike` are pairs of which one copies the other, `originals` what
    earlier posts were found to copy, `moment_of` when each was published (microseconds).
    """

    week: str
    cloud: Cloud
    texts: tuple[Text, ...]
    weeks: NDArray[np.object_]
    current: NDArray[np.bool_]
    weights: NDArray[np.float64]
    even: NDArray[np.bool_]
    heat: NDArray[np.float64]
    like_text: NDArray[np.float64]
    earlier: NDArray[np.object_]
    without: tuple[str, ...]
    alike: Pairs
    originals: Mapping[str, str]
    moment_of: Mapping[str, float]

    @cached_property
    def all_weeks(self) -> Sequence[str]:
        """The weeks with posts, the oldest first, and this one."""
        return sorted({self.week, *self.weeks.tolist()})

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Which of `all_weeks` each post is of, (n,)."""
        return np.searchsorted(np.array(self.all_weeks, object), self.weeks)

    def posts_by_week(self, rows: NDArray[np.generic] | slice = slice(None)) -> NDArray[np.float64]:
        """The posts of each of `all_weeks` that some rows stand for; all where none are named."""
        counts = np.bincount(self.places[rows], self.weights[rows], len(self.all_weeks))
        return counts.astype(float)

    def posts(self, rows: NDArray[np.generic]) -> float:
        """How many posts some rows stand for."""
        return float(self.weights[rows].sum())


def look_back(job: Job) -> Window:
    """The window of `job.week`, as far back as the stage reads; posts on one line, one vector.

    Vectors of another length than most are set aside with a note: they come of another model. So
    are those that hold NaN or infinity. A post with such a vector joins no cluster.
    """
    settings = job.settings.clusters
    posts = job.window("posts").select(_POST)
    before = posts.filter(pc.not_equal(posts["week"], job.week))["post_id"].to_pylist()
    named = pc.list_flatten(job.table("edits")["posts"]).to_pylist()
    panel = panel_of(before, settings.window_posts, named)
    is_many = posts.num_rows > FEW or panel.earlier is not None
    vectors, likely = _vectors(job, panel, is_many=is_many)
    sides = {side: sides_of(vectors, side) for side in SIDES}
    del vectors
    even = panel.is_even(sides["post"][0])
    cloud = cloud_of(sides, settings.neighbours, fill_sides if settings.bridge else None, even)
    likely = likely if is_many else alike_in(cloud, settings.copy_near)
    ids = pa.array(cloud.post_ids, pa.string())
    own = posts.take(pc.index_in(ids, posts["post_id"].combine_chunks()))
    members = job.table("memberships", "history")
    found = pc.coalesce(members["assigned_cluster"], members["cluster_id"])
    joined = found.take(pc.index_in(ids, members["post_id"].combine_chunks()))
    copies = members.filter(pc.greater(pc.utf8_length(members["copy_of"]), 0))
    weeks = own["week"].to_numpy()
    current = (weeks == job.week).astype(bool)
    weights = np.where(current | ~even, 1.0, panel.weight)
    thinned = max(float(weights.sum()) / max(min(FEW, int(even.sum())), 1), 1.0)
    of_now = posts.filter(pc.equal(posts["week"], job.week))["post_id"]
    return Window(
        week=job.week,
        cloud=cloud,
        texts=tuple(map(Text, _or_empty(own["text"]), _or_empty(own["lang"]))),
        weeks=weeks,
        current=current,
        weights=weights,
        even=even,
        heat=own["heat"].to_numpy().astype(float),
        like_text=pair_likeness(sides["picture"], sides["text"], cloud.post_ids),
        earlier=joined.fill_null(NONE).to_numpy(),
        without=tuple(sorted(of_now.filter(pc.invert(pc.is_in(of_now, ids))).to_pylist())),
        alike=far_nearer(likely, cloud, settings.copy_near, settings.copy_part, thinned),
        originals=dict(_pairs(copies["post_id"], copies["copy_of"])),
        moment_of=dict(_pairs(posts["post_id"], posts["published_at"].cast(pa.int64()))),
    )


def _vectors(job: Job, panel: Panel, *, is_many: bool) -> tuple[pa.Table, list[Likely]]:
    """The vectors of the week and of the panel, and of many posts the pairs that may be alike."""
    sieve = _Sieve(job)
    now = sieve.sound(job.table("vectors"))
    likeness = Likeness(sides_of(now, "post"), job.settings.clusters.copy_near)
    likely = list(likeness.among_themselves()) if is_many else []
    looked_at = []
    chosen = None if panel.earlier is None else pa.array(panel.earlier, pa.string())
    for part in map(sieve.sound, job.earlier("vectors")):
        if is_many:
            likely += likeness.across(sides_of(part, "post"))
        looked_at.append(part if chosen is None else part.filter(pc.is_in(part["post_id"], chosen)))
    sieve.tell(job)
    return join_tables("vectors", [*looked_at, now]), likely


def _pairs(keys: pa.ChunkedArray, values: pa.ChunkedArray) -> Iterator[tuple[Any, Any]]:
    return zip(keys.to_pylist(), values.to_pylist(), strict=True)


class _Sieve:
    """Lets posts through whose vectors are finite and of the usual length; counts the others.

    That is the length of the clusters that stand, or else of most vectors of the week.
    """

    def __init__(self, job: Job) -> None:
        clusters: list[Mapping[str, Any]] = job.table("clusters", "before").slice(0, 1).to_pylist()
        self._length = len(clusters[0]["core"]) if clusters else 0
        self._odd = self._broken = 0

    def sound(self, vectors: pa.Table) -> pa.Table:
        """The rows of posts all of whose vectors are sound."""
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

    def tell(self, job: Job) -> None:
        """A note of each kind that was set aside."""
        kinds = (
            (self._odd, f"are not of length {self._length}"),
            (
                self._broken,
                "hold NaN or infinity",
            ),
        )
        for count, what in kinds:
            if count:
                job.note(f"{job.week}: {count:,} vectors {what}, and join no cluster")


def _without_posts(vectors: pa.Table, bad: NDArray[np.bool_]) -> pa.Table:
    """The rows of posts of which none is bad."""
    if not bad.any():
        return vectors
    posts = vectors["post_id"].filter(pa.array(bad)).unique()
    return vectors.filter(pc.invert(pc.is_in(vectors["post_id"], posts)))


def _or_empty(texts: pa.ChunkedArray) -> list[str]:
    filled: list[str] = texts.fill_null("").to_pylist()
    return filled
