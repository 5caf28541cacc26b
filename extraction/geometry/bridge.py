"""A learnt bridge between pictures and texts: what a post that lacks one side would show or say.

Comes in: the posts that have both sides, in the corrected space of `Cloud.points`. Goes out: a
linear map each way, or nothing where it reads pairs it was not shown no better than plain cosines
do. Knows nothing about clusters.

A map is a ridge regression that is drawn toward the identity and not toward nothing: where pictures
and texts already lie alike it hardly moves them, where two models see them it turns one into the
other (Hoerl & Kennard 1970; the identity as prior mean).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.post_space import Points, Side, unit
from zeitgraph.extraction.geometry.threads import one_thread

LEAST_PAIRS = 50
"""Of fewer pairs nothing is learnt."""
PULLS = (1.0, 5.0, 20.0, 100.0)
"""How strongly the identity draws, in pairs' worth of evidence for each direction."""
CHANCE = 0.001
"""Chance lets the best of several maps that are no better win so often less often than this."""
MOST_JUDGED = 500
"""Pairs among which each must be found again, on either side of the split."""

Map = NDArray[np.float64]


@dataclass(frozen=True)
class Bridge:
    """Two maps (d, d) for unit rows, and the share of unseen pairs found again, plain and learnt.

    `plain` and `learnt` are recall@1 among at most `MOST_JUDGED`, the mean of both directions.
    """

    to_picture: Map
    to_text: Map
    plain: float
    learnt: float

    def pictures_of(self, texts: Points) -> Points:
        """Where pictures of these texts, (n, d), would lie: unit rows."""
        return unit(texts.astype(np.float64) @ self.to_picture)

    def texts_of(self, pictures: Points) -> Points:
        """Where texts to these pictures, (n, d), would lie: unit rows."""
        return unit(pictures.astype(np.float64) @ self.to_text)


def learn_bridge(pictures: Points, texts: Points) -> Bridge | None:
    """The bridge of pairs, unit rows (n, d) each, row by row of the same post, sorted by its id.

    Each half of the pairs judges maps learnt from the other half. None where there are fewer than
    `LEAST_PAIRS`, or where the best pull does not surely beat plain cosines (sign test).
    """
    if len(pictures) < LEAST_PAIRS:
        return None
    with one_thread():
        wide = pictures.astype(np.float64), texts.astype(np.float64)
        plain = _found(wide, None)
        tries = {pull: _found(wide, pull) for pull in PULLS}
        best = max(PULLS, key=lambda pull: (tries[pull].sum(), pull))
        if not _beats(tries[best], plain):
            return None
        return Bridge(
            to_picture=_map(wide[1], wide[0], best),
            to_text=_map(*wide, best),
            plain=float(plain.mean()),
            learnt=float(tries[best].mean()),
        )


def fill_sides(picture: Side, text: Side) -> tuple[Side, Side]:
    """Both sides, and for posts that have but one what the bridge says of the other.

    Rows of a side are sorted by post id; learnt from the posts in both. Where nothing is learnt the
    sides are as they were.
    """
    shown, said = (dict(zip(ids, rows, strict=True)) for ids, rows in (picture, text))
    both = sorted(shown.keys() & said.keys())
    bridge = both and learn_bridge(*(np.stack([own[i] for i in both]) for own in (shown, said)))
    if not bridge:
        return picture, text
    return (
        _with(picture, [i for i in text[0] if i not in shown], said, bridge.pictures_of),
        _with(text, [i for i in picture[0] if i not in said], shown, bridge.texts_of),
    )


def _with(
    side: Side,
    lacking: Sequence[str],
    other: Mapping[str, Points],
    cross: Callable[[Points], Points],
) -> Side:
    if not lacking:
        return side
    ids, rows = side
    return (*ids, *lacking), np.concatenate([rows, cross(np.stack([other[i] for i in lacking]))])


def _map(here: Map, there: Map, pull: float) -> Map:
    """The (d, d) map that takes rows `here` near rows `there`."""
    size = max(float(np.sum(here * there) / np.sum(here * here)), 0.0)
    pulled = pull * np.eye(here.shape[1])
    return np.asarray(np.linalg.solve(here.T @ here + pulled, here.T @ there + size * pulled))


def _found(pairs: tuple[Map, Map], pull: float | None) -> NDArray[np.bool_]:
    """For each judged row and direction, whether its partner is the nearest; no pull: plain."""
    seen = []
    for half in (0, 1):
        shown = [side[1 - half :: 2] for side in pairs]
        asked = [side[half::2][:MOST_JUDGED] for side in pairs]
        for here, there in ((0, 1), (1, 0)):
            rows = asked[here]
            if pull is not None:
                rows = unit(rows @ _map(shown[here], shown[there], pull)).astype(np.float64)
            near = np.round(rows @ asked[there].T, 9)
            seen.append(near.argmax(axis=1) == np.arange(len(rows)))
    return np.concatenate(seen)


def _beats(learnt: NDArray[np.bool_], plain: NDArray[np.bool_]) -> bool:
    """The exact sign test over the pairs that only one of the two found (McNemar 1947).

    As the best of all pulls is judged, chance is shared among them (Bonferroni).
    """
    from scipy.stats import binom

    won, lost = int((learnt & ~plain).sum()), int((plain & ~learnt).sum())
    return bool(binom.sf(won - 1, won + lost, 0.5) < CHANCE / len(PULLS))
