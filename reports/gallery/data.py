"""The data of the gallery: the tables of one week, indexed by the ids that the gallery looks up.

Input: a `Job`. Output: a frozen `GalleryData`. This module does not know about pages.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.base.terms import EntityKind, VectorSide
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import (
    ClusterRow,
    EntityRow,
    MediaRow,
    MembershipRow,
    PostRow,
    TrendRow,
    VectorRow,
)
from zeitgraph.kg.workspace.tables import (
    CLUSTERS,
    ENTITIES,
    FACTS,
    FEATURES,
    MEDIA,
    MEMBERSHIPS,
    POSTS,
    TRENDS,
    VECTORS,
)
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.prompts.library import BadLibrary, Style, load_styles
from zeitgraph.reports.gallery.distinctive_objects import distinctive_objects
from zeitgraph.reports.gallery.exemplars import Members, Vectors
from zeitgraph.reports.gallery.picture_quality import low_quality_posts

_CLUSTER_COLUMNS = (
    "cluster_id", "name", "name_en", "name_zh", "origin", "style", "words", "centre",
)  # fmt: skip


@dataclass(frozen=True)
class GalleryData:
    """One week. Posts without a vector belong to no cluster here.

    `members`: post ids by cluster, sorted. `media`: the pictures of each post in their order.
    `post_vectors`, `picture_vectors`: unit vectors (d,) by id. `earlier`: the vectors (m, d) of
    each cluster's posts in the week before. `names`: the case-folded words of the names of persons
    and brands. `by_heat`: the clusters with members, by the total heat of their posts. `objects`:
    the catalogue object that is most distinctive of each cluster. `low_quality`: posts whose
    pictures are blurred or dark.
    """

    posts: Mapping[str, PostRow]
    media: Mapping[str, Sequence[MediaRow]]
    clusters: Mapping[str, ClusterRow]
    trends: Mapping[str, TrendRow]
    members: Mapping[str, Sequence[str]]
    post_vectors: Mapping[str, Vectors]
    picture_vectors: Mapping[str, Vectors]
    earlier: Mapping[str, Vectors]
    styles: Mapping[str, Style]
    names: frozenset[str]
    by_heat: Sequence[str]
    objects: Mapping[str, EntityRow]
    low_quality: frozenset[str]

    def members_of(self, cluster_id: str, week: str) -> Members:
        """The members of a cluster, as `pick_posts` reads them."""
        ids, end = self.members[cluster_id], week_start(week_after(week))
        ages = [(end - self.posts[p]["published_at"]) / timedelta(days=1) for p in ids]
        return Members(
            post_ids=ids,
            vectors=np.stack([self.post_vectors[p] for p in ids]),
            heat=np.array([self.posts[p]["heat"] for p in ids]),
            age_days=np.array(ages),
            looks=[self._look(p) for p in ids],
            low_quality=[p in self.low_quality for p in ids],
        )

    def centres(self) -> dict[str, Vectors]:
        """The unit centres (d,) of the clusters with members."""
        centres = {c: np.asarray(self.clusters[c]["centre"], np.float64) for c in self.by_heat}
        return {c: centre / float(np.linalg.norm(centre)) for c, centre in centres.items()}

    def _look(self, post_id: str) -> str:
        """Equal for posts with the same pictures, and for posts without pictures but equal text."""
        paths = [row["path"] for row in self.media.get(post_id, ())]
        return "\n".join(paths or [f"text {self.posts[post_id]['text'] or post_id}"])


def read_gallery_data(job: Job) -> GalleryData:
    """The data of the job's week; raises `SettingsError` for a malformed style library."""
    posts = {row["post_id"]: row for row in job.rows(POSTS)}
    vectors = job.rows(VECTORS)
    post_vectors = _by_item(vectors, VectorSide.POST)
    media: dict[str, list[MediaRow]] = defaultdict(list)
    for row in sorted(job.rows(MEDIA), key=lambda row: row["position"]):
        media[row["post_id"]].append(row)
    members = _members(job.rows(MEMBERSHIPS), post_vectors)
    heat = {c: round(sum(posts[p]["heat"] for p in ids), 6) for c, ids in members.items()}
    entities = job.rows(ENTITIES)
    sizes = {cluster_id: len(ids) for cluster_id, ids in members.items()}
    return GalleryData(
        posts=posts,
        media=media,
        clusters={row["cluster_id"]: row for row in job.rows(CLUSTERS, "week", _CLUSTER_COLUMNS)},
        trends={row["cluster_id"]: row for row in job.rows(TRENDS)},
        members=members,
        post_vectors=post_vectors,
        picture_vectors=_by_item(vectors, VectorSide.PICTURE),
        earlier=_earlier(job),
        styles={style.style_id: style for style in styles_of(job.workspace)},
        names=_names(entities),
        by_heat=sorted(members, key=lambda c: (-heat[c], c)),
        objects=distinctive_objects(job.rows(FACTS), entities, sizes),
        low_quality=low_quality_posts(job.rows(FEATURES), members.values()),
    )


def styles_of(workspace: Workspace) -> list[Style]:
    """The styles of the workspace's libraries; raises `SettingsError` for a malformed library."""
    try:
        return load_styles(workspace.settings.styles.libraries, workspace.root)
    except BadLibrary as error:
        raise SettingsError(str(error), where="styles.libraries") from error


def _by_item(vectors: Iterable[VectorRow], side: VectorSide) -> dict[str, Vectors]:
    return {
        row["item_id"]: np.asarray(row["vector"], dtype=np.float64)
        for row in vectors
        if row["side"] == side
    }


def _members(
    memberships: Iterable[MembershipRow], vectors: Mapping[str, Vectors]
) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for row in sorted(memberships, key=lambda row: row["post_id"]):
        if row["cluster_id"] and row["post_id"] in vectors:
            members[row["cluster_id"]].append(row["post_id"])
    return dict(members)


def _earlier(job: Job) -> dict[str, Vectors]:
    vectors = _by_item(job.rows(VECTORS, "before"), VectorSide.POST)
    members = _members(job.rows(MEMBERSHIPS, "before", ["post_id", "cluster_id"]), vectors)
    return {c: np.stack([vectors[p] for p in ids]) for c, ids in members.items()}


def _names(entities: Iterable[EntityRow]) -> frozenset[str]:
    return frozenset(
        word.casefold()
        for row in entities
        if row["kind"] in {EntityKind.PERSON, EntityKind.BRAND}
        for name in (row["name"], row["name_en"], row["name_zh"])
        if name
        for word in [name, *name.split()]
    )
