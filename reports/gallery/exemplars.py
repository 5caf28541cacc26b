"""The exemplary posts of a cluster: the typical, the rising and the odd ones.

Input: a cluster's members of one week (their vectors, heat and age), and the centres of all
clusters. Output: picks, each with the figures behind it. This module does not know about tables,
pictures or pages.

    typical   the members nearest to the centre, among the nearer half
    rising    by heat · 2^(−age / 3.5 days) · growth, where growth is the share of this week's posts
              among the post itself and its 10 nearest neighbours in the cluster, of this week and
              of the last earlier week with posts
    odd       from the farthest quarter, in turn: the member farthest from the centre, and the one
              nearest to the border with another cluster (whose centre must be at least 0.8 times
              as similar as its own)

Posts of low picture quality are neither typical nor rising. No post is both typical and odd; a
rising post may be either. Of posts that look the same, each role shows only the first. Similarities
are cosines, rounded to 6 digits before anything is ordered by them, so that the order is the same
on every machine; ties are ordered by post id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.base.terms import GalleryRole

Vectors = NDArray[np.float64]
Reason = Literal["near", "rising", "far", "between"]

ROLES = (GalleryRole.TYPICAL, GalleryRole.RISING, GalleryRole.ODD)
HALF_LIFE_DAYS = 3.5
NEIGHBOURS = 10
BORDER = 0.8
"""The least similarity of a border post to another centre, as a share of that to its own."""
_BLOCK = 512
"""Rows that are compared at a time, which limits memory to so many × the cluster's posts."""


@dataclass(frozen=True)
class Members:
    """The n posts of one cluster in one week, sorted by id.

    `vectors`: unit rows (n, d). `heat`: (n,), at least 0. `age_days`: (n,), days before the end of
    the week. `looks`: a key for each post, equal for posts that look the same. `low_quality`:
    whether its pictures are blurred or dark.
    """

    post_ids: Sequence[str]
    vectors: Vectors
    heat: NDArray[np.float64]
    age_days: NDArray[np.float64]
    looks: Sequence[str]
    low_quality: Sequence[bool]


@dataclass(frozen=True)
class Pick:
    """A post picked for a role. `figures` are the numbers behind `reason`, by name.

    near, far: similarity, and median (the median similarity of the members). rising: score, heat,
    days, fresh (this week's posts among the post and its neighbours) and around (all of these).
    between: similarity, and other (the similarity to the cluster `other_id`).
    """

    role: GalleryRole
    post_id: str
    reason: Reason
    figures: Mapping[str, float] = field(default_factory=dict)
    other_id: str = ""


def pick_posts(
    members: Members,
    earlier: Vectors,
    centres: Mapping[str, Vectors],
    cluster_id: str,
    count: int,
) -> list[Pick]:
    """At most `count` posts for each role, one role after the other, best first.

    `earlier`: vectors (m, d) of the cluster's posts of the week before. `centres`: unit vectors
    (d,) by cluster id, including the cluster's own.
    """
    to_own = cosines(members.vectors, centres[cluster_id][None])[:, 0]
    order = sorted(range(len(to_own)), key=lambda i: (-to_own[i], members.post_ids[i]))
    half, quarter = (len(order) + 1) // 2, max(len(order) // 4, 1)
    nearer, farther = order[:half], order[max(half, len(order) - quarter) :]
    roles = (
        _typical(members, to_own, nearer),
        _rising(members, earlier),
        _odd(members, to_own, farther, centres, cluster_id),
    )
    return [pick for picks in roles for pick in _first(picks, members, count)]


def _typical(members: Members, to_own: Vectors, nearer: Sequence[int]) -> Iterator[Pick]:
    median = float(np.median(to_own))
    for i in (i for i in nearer if not members.low_quality[i]):
        figures = {"similarity": float(to_own[i]), "median": median}
        yield Pick(GalleryRole.TYPICAL, members.post_ids[i], "near", figures)


def _rising(members: Members, earlier: Vectors) -> Iterator[Pick]:
    fresh, around = _neighbourhoods(members.vectors, earlier)
    growth = fresh / around
    score = np.round(members.heat * 2 ** (-members.age_days / HALF_LIFE_DAYS) * growth, 6)
    score[np.asarray(members.low_quality, bool)] = 0
    for i in sorted(
        np.flatnonzero(score > 0).tolist(), key=lambda i: (-score[i], members.post_ids[i])
    ):
        figures = {
            "score": float(score[i]),
            "heat": float(members.heat[i]),
            "days": float(members.age_days[i]),
            "fresh": float(fresh[i]),
            "around": float(around),
        }
        yield Pick(GalleryRole.RISING, members.post_ids[i], "rising", figures)


def _odd(
    members: Members,
    to_own: Vectors,
    farther: Sequence[int],
    centres: Mapping[str, Vectors],
    cluster_id: str,
) -> Iterator[Pick]:
    """In turn the farthest and the nearest to a border, of `farther` (sorted from near to far)."""
    median = float(np.median(to_own))
    far = (
        Pick(
            GalleryRole.ODD,
            members.post_ids[i],
            "far",
            {"similarity": float(to_own[i]), "median": median},
        )
        for i in reversed(farther)
    )
    turns = zip_longest(far, _border_posts(members, to_own, farther, centres, cluster_id))
    return (pick for pick in chain.from_iterable(turns) if pick is not None)


def _border_posts(
    members: Members,
    to_own: Vectors,
    farther: Sequence[int],
    centres: Mapping[str, Vectors],
    cluster_id: str,
) -> Iterator[Pick]:
    """The posts of `farther` that are about as similar to another centre, nearest to it first."""
    others = sorted(set(centres) - {cluster_id})
    if not others:
        return
    to_others = cosines(members.vectors, np.stack([centres[other] for other in others]))
    nearest, rival = to_others.max(axis=1), to_others.argmax(axis=1)
    margin = np.round(to_own - nearest, 6)
    border = [i for i in farther if nearest[i] > 0 and nearest[i] >= BORDER * to_own[i]]
    for i in sorted(border, key=lambda i: (margin[i], members.post_ids[i])):
        figures = {"similarity": float(to_own[i]), "other": float(nearest[i])}
        yield Pick(GalleryRole.ODD, members.post_ids[i], "between", figures, others[rival[i]])


def _first(picks: Iterable[Pick], members: Members, count: int) -> list[Pick]:
    looks = dict(zip(members.post_ids, members.looks, strict=True))
    kept: dict[str, Pick] = {}
    for pick in picks:
        if len(kept) == count:
            break
        kept.setdefault(looks[pick.post_id], pick)
    return list(kept.values())


def _neighbourhoods(vectors: Vectors, earlier: Vectors) -> tuple[NDArray[np.int64], int]:
    """For each post the number of this week's posts among itself and its neighbours, (n,); and all.

    Of equally near neighbours the earlier ones come first, so that repetition is not growth.
    """
    all_vectors = np.concatenate([earlier, vectors])
    around = min(NEIGHBOURS + 1, len(all_vectors))
    fresh = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        similarity = cosines(vectors[rows], all_vectors)
        similarity[np.arange(len(rows)), len(earlier) + rows] = np.inf  # itself before all others
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :around]
        fresh[rows] = (nearest >= len(earlier)).sum(axis=1)
    return fresh, around


def cosines(vectors: Vectors, centres: Vectors) -> Vectors:
    """The cosines (n, k) of unit vectors (n, d) and (k, d), rounded to 6 digits."""
    return np.round(vectors @ centres.T, 6)
