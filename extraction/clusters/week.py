"""The stage `clusters`: style clusters that live from week to week.

Reads the posts and vectors of the week and of a window of weeks before it, the memberships of those
weeks, and the clusters as they stood. Writes clusters, memberships and lineage. In order:

    hold         what a hand merged, split, deleted or pinned stays so              edits.py
    converge     clusters that came together are one from now on                    lineage.py
    join         posts near a cluster join it; then those near a style's phrasings  joining.py
    discover     dense groups of the window are born, or split off                  births.py
    settle       what one cluster lost and another gained is one story               flows.py
    move         centres move with the posts of the week, weighted by heat          state.py
    tell         words, exemplars, names, events                                    naming.py

What is told of posts is what the edits say; what they joined stays beside it, for the next week.

A post joins in its own week and stays where it joined. Knows nothing about graphs or reports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import reach_of
from zeitgraph.extraction.clusters.assignment import cluster_id_of, doors_of, join
from zeitgraph.extraction.clusters.copy_of import copies_of
from zeitgraph.extraction.clusters.lineage import Event, converge, live_on
from zeitgraph.extraction.clusters.manual_edits import Hand, hand_of
from zeitgraph.extraction.clusters.naming import (
    MOST_TEXTS,
    NAMELESS,
    Name,
    Text,
    WordCounts,
    name_of,
    telling_words,
    word_counts,
)
from zeitgraph.extraction.clusters.new_clusters import discover, grown_up
from zeitgraph.extraction.clusters.state import (
    ACTIVE,
    CONTINUED,
    NAMED,
    YOUNG,
    Cluster,
    Intake,
    Vector,
    cluster_of,
    moved_by,
    newborn,
    row_of,
)
from zeitgraph.extraction.clusters.style_prototypes import StyleCentres, style_centres
from zeitgraph.extraction.clusters.transitions import settle_flows
from zeitgraph.extraction.clusters.window import NONE, Window, look_back
from zeitgraph.extraction.geometry.cosine import cosines
from zeitgraph.extraction.geometry.post_space import Points
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.kg.base.weeks import week_after, weeks_between
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.settings import ClusterSettings
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.prompts.library import Style

Labels = NDArray[np.object_]
Rows = NDArray[np.intp]

NAMING_WORDS = 30
"""Telling words of a language among which a name in it is looked for."""


def cluster_week(job: Job) -> Outputs:
    """One week of clustering: tables `clusters`, `memberships` and `lineage`.

    The same posts give the same bytes in any order and on any number of threads.
    """
    if job.table("posts").num_rows == 0:
        return {}
    with one_thread():
        clusters, posts, events, window = _live_a_week(job)
        memberships = _memberships(window, clusters, posts, job.settings.clusters)
    return {
        "clusters": make_table(TABLES["clusters"], (row_of(c, job.week) for c in clusters)),
        "memberships": make_table(TABLES["memberships"], memberships),
        "lineage": make_table(TABLES["lineage"], (event.row(job.week) for event in events)),
    }


@dataclass(frozen=True)
class _Posts:
    """The cluster of each post of the window, (n,): the one it joined, and the one it is told in.

    They differ where a hand merged or deleted the one that it joined.
    """

    joined: Labels
    told: Labels


def _live_a_week(job: Job) -> tuple[list[Cluster], _Posts, list[Event], Window]:
    settings = job.settings.clusters
    window = look_back(job)
    hand = hand_of(job.table("edits"))
    before = [cluster_of(row) for row in job.table("clusters", "before").to_pylist()]
    standing = [hand.hold(cluster) for cluster in before]
    told = converge([cluster for cluster in standing if not cluster.hold], settings.merge)
    follow = {event.cluster_id: event.other_id for event in told.events}
    follow |= {c.cluster_id: c.parent for c in standing if c.state == CONTINUED}
    labels = np.array([_followed(label, follow) for label in window.earlier], object)
    clusters = {cluster.cluster_id: cluster for cluster in (*standing, *told.clusters)}
    styles = style_centres(job.workspace)
    doors = doors_of(window, styles, settings)
    join(window, clusters, doors, labels, settings)
    grown_up(window, clusters, labels)
    parted = hand.split(window, clusters, labels, settings)
    placed = {c.cluster_id: clusters[c.cluster_id] for c in standing}
    splits = discover(window, clusters, labels, settings)
    join(window, clusters, doors, labels, settings)
    hand.hold_all(clusters)
    flows = settle_flows(window, clusters, labels, splits)
    by_style = {cluster_id_of(style): style for style in styles.styles}
    for cluster_id in sorted(set(labels[window.current]) - clusters.keys() - {NONE}):
        clusters[cluster_id] = hand.hold(_named(by_style[cluster_id], window))
    for cluster_id, threshold in zip(doors.ids, doors.thresholds.tolist(), strict=True):
        if cluster_id in clusters:
            clusters[cluster_id] = replace(clusters[cluster_id], style_near=threshold)
    posts = _Posts(labels, hand.told(labels, clusters))
    moved = [
        hand.stilled(_moved(cluster, window, posts, settings), placed)
        for cluster in clusters.values()
    ]
    spoken = _described(moved, window, posts, settings, styles=styles, hand=hand)
    lived = [live_on(cluster, job.week, settings) for cluster in spoken]
    found = [*told.events, *parted, *flows, *(event for _, own in lived for event in own)]
    stand = [cluster for cluster, _ in lived]
    return stand, posts, hand.happened(found, before, stand), window


def _followed(label: str, follow: Mapping[str, str]) -> str:
    while label in follow:
        label = follow[label]
    return label


# -- named styles ---------------------------------------------------------------------------------


def _named(style: Style, window: Window) -> Cluster:
    """A named style on the day of its first posts."""
    return replace(
        newborn(cluster_id_of(style), NAMED, window.week, window.cloud.width),
        style=style.style_id,
        name=style.name_en,
        name_en=style.name_en,
        name_zh=style.name_zh,
    )


# -- moving ----------------------------------------------------------------------------------------


def _moved(cluster: Cluster, window: Window, posts: _Posts, settings: ClusterSettings) -> Cluster:
    """The cluster with the posts of the week in its centres and its counts.

    It draws from where the posts that joined it lie; what it counts and shows are those told in it.
    """
    everyone = posts.joined == cluster.cluster_id
    new = np.flatnonzero(everyone & window.current)
    told = np.flatnonzero((posts.told == cluster.cluster_id) & window.current)
    cloud = window.cloud
    before = cluster
    cluster = moved_by(cluster, _intake(window, new, settings), settings.keep)
    if len(told) > len(new):
        whole = moved_by(before, _intake(window, told, settings), settings.keep)
        cluster = replace(cluster, centre=whole.centre, plain_centre=whole.plain_centre)
    if cluster.state == YOUNG and cluster.plain_mass >= settings.smallest:
        cluster = replace(cluster, state=ACTIVE)
    own_rows = new if cluster.has_moved(settings.drift) else np.flatnonzero(everyone)
    if cluster.draws and len(own_rows) >= settings.smallest:
        own = cosines(cloud.points[own_rows], cluster.core[None])[:, 0]
        cluster = replace(
            cluster, min_similarity=reach_of(own, settings.fence, settings.min_similarity)
        )
    return replace(
        cluster,
        posts=len(told),
        total_posts=cluster.total_posts + len(told),
        heat=round(float(window.heat[told].sum()), 6),
        last_week=_heard(before, window, posts, settings),
    )


def _heard(cluster: Cluster, window: Window, posts: _Posts, settings: ClusterSettings) -> str:
    """The last week in which the cluster was heard of, strays apart."""
    own, was_heard = posts.told == cluster.cluster_id, cluster.last_week
    is_silent = weeks_between(was_heard, window.week) > 1
    begin = max(was_heard, week_after(window.week, -settings.fade_weeks))
    since = int((own & (window.weeks > begin)).sum())
    return (
        window.week
        if since > cluster.strays(settings.fade_weeks if is_silent else 1)
        else was_heard
    )


def _intake(window: Window, rows: Rows, settings: ClusterSettings) -> Intake:
    weights = window.heat[rows] + settings.heat_floor
    return Intake(window.cloud.raw[rows], window.cloud.points[rows], weights)


# -- telling ---------------------------------------------------------------------------------------


def _described(
    clusters: Sequence[Cluster],
    window: Window,
    posts: _Posts,
    settings: ClusterSettings,
    *,
    styles: StyleCentres,
    hand: Hand,
) -> list[Cluster]:
    """Clusters with words and exemplars where they had posts, and names.

    The name of a discovered cluster stands from the week in which it has all its words, or from
    that in which a hand gave it one.
    """
    best = telling_words(_word_counts(window, posts.told), NAMING_WORDS)
    if any(cluster.shown_as is not None and not cluster.name for cluster in clusters):
        best = telling_words(_word_counts(window, posts.joined), NAMING_WORDS) | best
    taken = {Name(cluster.name_en, cluster.name_zh) for cluster in clusters}
    taken |= set(hand.names.values())
    told = []
    for cluster in sorted(clusters, key=lambda cluster: cluster.cluster_id):
        words = best.get(cluster.cluster_id, [])
        exemplars = _exemplars(cluster, window, posts.told, settings.exemplars)
        own = Name(cluster.name_en, cluster.name_zh)
        name = hand.names.get(cluster.cluster_id, NAMELESS)
        stays = cluster.origin == NAMED or not cluster.posts or cluster.is_pinned
        if own.en and stays:
            name = name.over(own)
        elif not (name.en and name.zh):
            like = window.like_text[posts.joined == cluster.cluster_id]
            near = _beside(cluster, styles, settings.style_near, like)
            found = name_of(words, cluster.cluster_id, taken - {own}, near, own)
            name = name.over(found)
        taken.add(name)
        told.append(
            replace(
                cluster,
                words=tuple(words[: settings.words]) if cluster.posts else cluster.words,
                exemplars=() if cluster.shown_as == NONE else exemplars or cluster.exemplars,
                name=name.en,
                name_en=name.en,
                name_zh=name.zh,
            )
        )
    return told


def _beside(
    cluster: Cluster, styles: StyleCentres, near: float, like: NDArray[np.floating]
) -> Name:
    """The name of the style whose phrasings lie nearest: `near` of what its posts are `like`, (n,).

    None where it has no posts of its own: one that a hand counts others' posts to may have none.
    """
    if not styles.styles or not len(like):
        return NAMELESS
    found = cosines(cluster.core[None], styles.phrasings.centres)[0]
    style = styles.styles[found.argmax()]
    is_near = found.max() >= near * float(np.median(like))
    return Name(style.name_en, style.name_zh) if is_near else NAMELESS


def _word_counts(window: Window, labels: Labels) -> dict[str, WordCounts]:
    texts: dict[str, list[Text]] = {}
    for label, text in zip(labels, window.texts, strict=True):
        texts.setdefault(label, []).append(text)
    fits = len(labels) <= MOST_TEXTS
    most = MOST_TEXTS if fits else MOST_TEXTS // len(texts)
    return {label: word_counts(texts[label], most) for label in sorted(texts)}


def _exemplars(cluster: Cluster, window: Window, labels: Labels, most: int) -> tuple[str, ...]:
    """The posts of the week nearest to the core; of two as near, the hotter, then the lesser id."""
    rows = np.flatnonzero((labels == cluster.cluster_id) & window.current)
    near = np.round(cosines(window.cloud.points[rows], cluster.core[None])[:, 0], 4)
    ids = [window.cloud.post_ids[row] for row in rows]
    order = sorted(zip(-near, -window.heat[rows], ids, strict=True))
    return tuple(post_id for _, _, post_id in order[:most])


def _memberships(
    window: Window, clusters: Sequence[Cluster], posts: _Posts, settings: ClusterSettings
) -> list[dict[str, object]]:
    """A row for each post of the week.

    `similarity` is the cosine of the post to the core that drew it; `weight`, in [0, 1], that of
    the post as its neighbours show it; `heat_weight` what it weighs in the centre.
    """
    cores = {cluster.cluster_id: cluster.core for cluster in clusters}
    copies = copies_of(window)
    rows: list[dict[str, object]] = [
        {"post_id": post_id, "cluster_id": NONE, "week": window.week, "weight": 0.0, "copy_of": ""}
        for post_id in window.without
    ]
    weights, similarities = (
        _to_own_core(side, cores, posts, window.current)
        for side in (window.cloud.seen, window.cloud.points)
    )
    for row in np.flatnonzero(window.current):
        label, joined = posts.told[row], posts.joined[row]
        told: dict[str, object] = {
            "post_id": window.cloud.post_ids[row],
            "copy_of": copies.get(window.cloud.post_ids[row], ""),
            "cluster_id": label,
            "week": window.week,
            "weight": 0.0,
            "heat_weight": round(float(window.heat[row] + settings.heat_floor), 6),
            "assigned_cluster": None if joined == label else joined,
        }
        if label != NONE:
            told |= {
                "weight": round(max(float(weights[row]), 0.0), 6),
                "similarity": round(float(similarities[row]), 6),
            }
        rows.append(told)
    return rows


def _to_own_core(
    side: Points, cores: Mapping[str, Vector], posts: _Posts, rows: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The cosine of each of `rows` to the core that drew it; zero for all others, (n,)."""
    near = np.zeros(len(side))
    for cluster_id, core in cores.items():
        own = np.flatnonzero(rows & (posts.joined == cluster_id))
        near[own] = cosines(side[own], core[None])[:, 0]
    return near
