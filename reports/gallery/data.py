"""What the gallery reads: the tables of one week, by what they are looked up with.

In comes a `Job`, out comes a frozen `WeekSeen`. Knows nothing about pictures or pages.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.base.terms import Predicate
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.prompts.library import BadLibrary, Style, load_styles
from zeitgraph.reports.gallery.exemplars import Members, Vectors

Row = Mapping[str, Any]

POOR, FEW = 0.4, 4
"""In the demo world of 2,000 posts 43 of 47 blurred and dark ones in clusters are below this share
of the median, and none of 871 good ones.
"""


@dataclass(frozen=True)
class WeekSeen:
    """One week. Members without a vector are left out: they are in no place of the cluster.

    `members`: post ids by cluster, sorted. `media`: a post's pictures in their order.
    `post_vectors`, `picture_vectors`: (d,) unit vectors. `earlier`: (m, d) vectors by cluster, of
    the week before. `names`: case-folded words of the names of persons and brands. `warmest`:
    clusters with members, by the heat of their posts. `things`: by cluster the entity of the
    catalogue that is a thing (kind `object`) and of which its posts speak most beyond what all do.
    `poor`: posts whose pictures came out badly.
    """

    posts: Mapping[str, Row]
    media: Mapping[str, Sequence[Row]]
    clusters: Mapping[str, Row]
    trends: Mapping[str, Row]
    members: Mapping[str, Sequence[str]]
    post_vectors: Mapping[str, Vectors]
    picture_vectors: Mapping[str, Vectors]
    earlier: Mapping[str, Vectors]
    styles: Mapping[str, Style]
    names: frozenset[str]
    warmest: Sequence[str]
    things: Mapping[str, Row]
    poor: frozenset[str]

    def crowd(self, cluster_id: str, week: str) -> Members:
        """A cluster's members, as `picks` wants them."""
        ids, end = self.members[cluster_id], week_start(week_after(week))
        ages = [(end - self.posts[p]["published_at"]) / timedelta(days=1) for p in ids]
        return Members(
            post_ids=ids,
            vectors=np.stack([self.post_vectors[p] for p in ids]),
            heat=np.array([self.posts[p]["heat"] for p in ids]),
            age_days=np.array(ages),
            shows=[self._looks(p) for p in ids],
            poor=[p in self.poor for p in ids],
        )

    def centres(self) -> dict[str, Vectors]:
        """(d,) unit centres of the clusters with members."""
        centres = {c: np.asarray(self.clusters[c]["centre"], np.float64) for c in self.warmest}
        return {c: centre / float(np.linalg.norm(centre)) for c, centre in centres.items()}

    def _looks(self, post_id: str) -> str:
        """Equal for posts that show the same: the same pictures, or no picture and equal text."""
        paths = [row["path"] for row in self.media.get(post_id, ())]
        return "\n".join(paths or [f"text {self.posts[post_id]['text'] or post_id}"])


def see_week(job: Job) -> WeekSeen:
    """The tables that `job` brings; raises `SettingsError` for a malformed style library."""
    posts = {row["post_id"]: row for row in job.table("posts").to_pylist()}
    vectors = _by_item(job.table("vectors"), "post")
    media: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(job.table("media").to_pylist(), key=lambda row: row["position"]):
        media[row["post_id"]].append(row)
    members = _members(job.table("memberships"), vectors)
    warmth = {c: round(sum(posts[p]["heat"] for p in ids), 6) for c, ids in members.items()}
    return WeekSeen(
        posts=posts,
        media=media,
        clusters={row["cluster_id"]: row for row in job.table("clusters").to_pylist()},
        trends={row["cluster_id"]: row for row in job.table("trends").to_pylist()},
        members=members,
        post_vectors=vectors,
        picture_vectors=_by_item(job.table("vectors"), "picture"),
        earlier=_earlier(job),
        styles={style.style_id: style for style in styles_of(job.workspace)},
        names=_names(job.table("entities")),
        warmest=sorted(members, key=lambda c: (-warmth[c], c)),
        things=telling_things(
            job.table("facts").to_pylist(),
            job.table("entities").to_pylist(),
            {cluster_id: len(ids) for cluster_id, ids in members.items()},
        ),
        poor=poor_pictures(job.table("features").to_pylist(), members.values()),
    )


def styles_of(workspace: Workspace) -> list[Style]:
    """The styles of the workspace's libraries; raises `SettingsError` for a malformed one."""
    try:
        return load_styles(workspace.settings.styles.libraries, workspace.root)
    except BadLibrary as error:
        raise SettingsError(str(error), where="styles.libraries") from error


def telling_things(
    facts: Sequence[Row], entities: Sequence[Row], posts: Mapping[str, int]
) -> dict[str, Row]:
    """By cluster the thing in the most posts beyond what its share in all clusters lets expect.

    In come rows of `facts` and `entities` of a week, and the posts by cluster. Only things of the
    catalogue count.
    """
    told = [row for row in facts if row["predicate"] == Predicate.FEATURES_OBJECT]
    known = {row["entity_id"]: row for row in entities if row["source"] == "catalogue"}
    everywhere = Counter[str]()
    for row in told:
        everywhere[row["object"]] += row["count"]
    every, best = sum(posts.values()), dict[str, tuple[float, str]]()
    for row in sorted(told, key=lambda row: (row["subject"], row["object"])):
        expected = everywhere[row["object"]] * posts.get(row["subject"], 0) / max(every, 1)
        beyond = row["count"] - expected
        if row["object"] in known and beyond > best.get(row["subject"], (0.0, ""))[0]:
            best[row["subject"]] = beyond, row["object"]
    return {cluster_id: known[thing] for cluster_id, (_, thing) in best.items()}


def poor_pictures(features: Iterable[Row], clusters: Iterable[Sequence[str]]) -> frozenset[str]:
    """Posts whose pictures are blurred or dark beside the others of their cluster.

    That is: with less than `POOR` of its median texture or contrast. A style that is soft or dark
    as a whole is not poor, and of fewer than `FEW` posts with a picture none is.
    """
    measured = {row["post_id"]: row for row in features if row["pictures"]}
    poor = set[str]()
    for posts in clusters:
        shown = [post_id for post_id in posts if post_id in measured]
        if len(shown) < FEW:
            continue
        for name in ("texture", "contrast"):
            values = np.array([measured[post_id][name] for post_id in shown])
            low = values < POOR * np.median(values)
            poor.update(post_id for post_id, is_low in zip(shown, low, strict=True) if is_low)
    return frozenset(poor)


def _by_item(vectors: pa.Table, side: str) -> dict[str, Vectors]:
    return {
        row["item_id"]: np.asarray(row["vector"], dtype=np.float64)
        for row in vectors.to_pylist()
        if row["side"] == side
    }


def _members(memberships: pa.Table, vectors: Mapping[str, Vectors]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for row in sorted(memberships.to_pylist(), key=lambda row: row["post_id"]):
        if row["cluster_id"] and row["post_id"] in vectors:
            members[row["cluster_id"]].append(row["post_id"])
    return dict(members)


def _earlier(job: Job) -> dict[str, Vectors]:
    vectors = _by_item(job.table("vectors", "before"), "post")
    members = _members(job.table("memberships", "before"), vectors)
    return {c: np.stack([vectors[p] for p in ids]) for c, ids in members.items()}


def _names(entities: pa.Table) -> frozenset[str]:
    return frozenset(
        word.casefold()
        for row in entities.to_pylist()
        if row["kind"] in {"person", "brand"}
        for name in (row["name"], row["name_en"], row["name_zh"])
        if name
        for word in [name, *name.split()]
    )
