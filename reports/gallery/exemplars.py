"""Which posts of a cluster are worth looking at: the typical, the rising and the odd.

In come a cluster's members of one week (their vectors, heat and age) and the centres; out come
picks, each with the figures that made it one. Knows nothing about tables, pictures or pages.

    typical   the members nearest to the centre, among the nearer half
    rising    heat · 2^(−age / 3.5 days) · growth, where growth is the share of this week's posts
              among the post itself and its 10 nearest neighbours in the cluster, this week and the
              last one before it that has posts
    odd       from the farthest quarter, turn by turn: the member farthest from the centre, and the
              one nearest to the border with another cluster (whose centre must be at least 0.8
              times as similar as its own)

Of what is blurred or dark beside the rest of its cluster nothing is typical or rising.
So no post is both typical and odd; a rising one may be either. Of posts that show the same only
the first is picked for a role. Similarities are cosines, rounded to 6 digits before anything is
ordered by them, so that the order does not depend on how a processor adds; ties go by post id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
Role = Literal["typical", "rising", "odd"]
Reason = Literal["near", "rising", "far", "between"]

ROLES: tuple[Role, ...] = ("typical", "rising", "odd")
HALF_LIFE_DAYS = 3.5
NEIGHBOURS = 10
BORDER = 0.8
_BLOCK = 512  # rows compared at a time: memory stays at this many × the cluster's posts


@dataclass(frozen=True)
class Members:
    """The posts of one cluster in one week, sorted by id.

    `vectors`: (n, d) unit rows. `heat`: (n,), at least 0. `age_days`: (n,), days before the end of
    the week. `shows`: what one sees of each; equal for posts that show the same. `poor`: whether
    its picture came out badly.
    """

    post_ids: Sequence[str]
    vectors: Vectors
    heat: NDArray[np.float64]
    age_days: NDArray[np.float64]
    shows: Sequence[str]
    poor: Sequence[bool]


@dataclass(frozen=True)
class Pick:
    """A post picked for a role. `figures` are the numbers behind `reason`, by name.

    near, far: similarity and median (the members' median similarity). rising: score, heat, days,
    fresh and around (this week's posts among the post and its neighbours, and all of them).
    between: similarity, and other (the similarity to the cluster `other_id`).
    """

    role: Role
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
    """At most `count` posts for each role, role by role, best first.

    `earlier`: (m, d) vectors of the cluster's posts of the week before. `centres`: (d,) unit
    vectors by cluster id, the cluster's own among them.
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
    for i in (i for i in nearer if not members.poor[i]):
        figures = {"similarity": float(to_own[i]), "median": median}
        yield Pick("typical", members.post_ids[i], "near", figures)


def _rising(members: Members, earlier: Vectors) -> Iterator[Pick]:
    fresh, around = _neighbourhoods(members.vectors, earlier)
    growth = fresh / around
    score = np.round(members.heat * 2 ** (-members.age_days / HALF_LIFE_DAYS) * growth, 6)
    score[np.asarray(members.poor, bool)] = 0
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
        yield Pick("rising", members.post_ids[i], "rising", figures)


def _odd(
    members: Members,
    to_own: Vectors,
    farther: Sequence[int],
    centres: Mapping[str, Vectors],
    cluster_id: str,
) -> Iterator[Pick]:
    """Turn by turn the farthest and the most torn of `farther` (sorted from near to far)."""
    median = float(np.median(to_own))
    far = (
        Pick(
            "odd",
            members.post_ids[i],
            "far",
            {"similarity": float(to_own[i]), "median": median},
        )
        for i in reversed(farther)
    )
    turns = zip_longest(far, _between(members, to_own, farther, centres, cluster_id))
    return (pick for pick in chain.from_iterable(turns) if pick is not None)


def _between(
    members: Members,
    to_own: Vectors,
    farther: Sequence[int],
    centres: Mapping[str, Vectors],
    cluster_id: str,
) -> Iterator[Pick]:
    """Those of `farther` that another centre is nearly as similar to, or more; most torn first."""
    others = sorted(set(centres) - {cluster_id})
    if not others:
        return
    to_others = cosines(members.vectors, np.stack([centres[other] for other in others]))
    nearest, rival = to_others.max(axis=1), to_others.argmax(axis=1)
    margin = np.round(to_own - nearest, 6)
    torn = [i for i in farther if nearest[i] > 0 and nearest[i] >= BORDER * to_own[i]]
    for i in sorted(torn, key=lambda i: (margin[i], members.post_ids[i])):
        figures = {"similarity": float(to_own[i]), "other": float(nearest[i])}
        yield Pick("odd", members.post_ids[i], "between", figures, others[rival[i]])


def _first(picks: Iterable[Pick], members: Members, count: int) -> list[Pick]:
    shows = dict(zip(members.post_ids, members.shows, strict=True))
    kept: dict[str, Pick] = {}
    for pick in picks:
        if len(kept) == count:
            break
        kept.setdefault(shows[pick.post_id], pick)
    return list(kept.values())


def _neighbourhoods(vectors: Vectors, earlier: Vectors) -> tuple[NDArray[np.int64], int]:
    """How many of a post and its nearest neighbours are of this week, and how many there are.

    Of neighbours equally near the earlier ones come first: what only repeats does not grow.
    """
    everyone = np.concatenate([earlier, vectors])
    around = min(NEIGHBOURS + 1, len(everyone))
    fresh = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        nearness = cosines(vectors[rows], everyone)
        nearness[np.arange(len(rows)), len(earlier) + rows] = np.inf  # itself before all others
        nearest = np.argsort(-nearness, axis=1, kind="stable")[:, :around]
        fresh[rows] = (nearest >= len(earlier)).sum(axis=1)
    return fresh, around


def cosines(vectors: Vectors, centres: Vectors) -> Vectors:
    """(n, k) cosines of (n, d) and (k, d) unit vectors, rounded to 6 digits."""
    return np.round(vectors @ centres.T, 6)
