"""What the clustering of a week looks at: the posts of the week, and those of the weeks before.

Comes in: a job with posts, vectors and the history of both and of memberships. Goes out: a
`Window`, rows sorted by post id. Knows nothing about how clusters are found.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Cloud, make_cloud
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


def look_back(job: Job) -> Window:
    """The window of `job.week`, as far back as the stage reads; posts on one line, one vector.

    Vectors of another length than most are set aside with a note: they come of another model. So
    are those that hold NaN or infinity. A post with such a vector joins no cluster.
    """
    settings = job.settings.clusters
    posts = _whole(job, "posts").select(_POST).to_pylist()
    known = {row["post_id"]: row for row in posts}
    vectors = _of_numbers(job, _of_one_length(job, _whole(job, "vectors")))
    cloud = make_cloud(vectors, settings.neighbours)
    rows = [known[post_id] for post_id in cloud.post_ids]
    joined = {
        row["post_id"]: row["cluster_id"] if row["found_in"] is None else row["found_in"]
        for row in job.table("memberships", "history").to_pylist()
    }
    seen = frozenset(cloud.post_ids)
    return Window(
        week=job.week,
        cloud=cloud,
        texts=tuple(Text(row["text"] or "", row["lang"] or "") for row in rows),
        weeks=np.array([row["week"] for row in rows], object),
        moments=np.array([row["published_at"].timestamp() for row in rows], float),
        current=np.array([row["week"] == job.week for row in rows], bool),
        heat=np.array([row["heat"] for row in rows], float),
        like_text=pair_likeness(vectors, cloud.post_ids),
        earlier=np.array([joined.get(post_id) or NONE for post_id in cloud.post_ids], object),
        without=tuple(
            sorted(p for p, row in known.items() if row["week"] == job.week and p not in seen)
        ),
    )


def _whole(job: Job, name: str) -> pa.Table:
    return pa.concat_tables([job.table(name, "history"), job.table(name)])


def _of_one_length(job: Job, vectors: pa.Table) -> pa.Table:
    before: list[Mapping[str, Any]] = job.table("clusters", "before").slice(0, 1).to_pylist()
    lengths = pc.list_value_length(vectors["vector"]).to_pylist()
    if not lengths:
        return vectors
    usual = (
        len(before[0]["core"])
        if before
        else max(Counter(lengths).items(), key=lambda i: i[::-1])[0]
    )
    odd = np.array([length != usual for length in lengths])
    if odd.any():
        job.note(
            f"{job.week}: {odd.sum():,} vectors are not of length {usual}, and join no cluster"
        )
    return _without_posts(vectors, odd)


def _of_numbers(job: Job, vectors: pa.Table) -> pa.Table:
    if vectors.num_rows == 0:
        return vectors
    values = np.asarray(vectors["vector"].combine_chunks().flatten())
    bad = ~np.isfinite(values.reshape(vectors.num_rows, -1)).all(axis=1)
    if bad.any():
        job.note(f"{job.week}: {bad.sum():,} vectors hold NaN or infinity, and join no cluster")
    return _without_posts(vectors, bad)


def _without_posts(vectors: pa.Table, bad: NDArray[np.bool_]) -> pa.Table:
    """The rows of posts of which none is bad."""
    posts = vectors["post_id"].filter(pa.array(bad)).unique()
    return vectors.filter(pc.invert(pc.is_in(vectors["post_id"], posts)))
