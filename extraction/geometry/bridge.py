"""A learned map between pictures and texts: estimates the side that a post lacks.

Input: centred pictures and texts of the posts that have both. Output: a linear map in each
direction, or None if the maps match unseen pairs no better than plain cosines do. This module does
not know about clusters.

A map is a ridge regression that is shrunk toward the identity instead of toward zero (Hoerl &
Kennard 1970; the identity is the prior mean). If one model made both sides, the map hardly changes
them; if two models made them, it translates one into the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.post_space import Side
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.extraction.geometry.unit_vectors import DIGITS, Points, unit_rows

LEAST_PAIRS = 50
"""With fewer pairs nothing is learned."""
PENALTIES = (1.0, 5.0, 20.0, 100.0)
"""Ridge penalties that are tried: strength of the identity, in pairs for each direction."""
CHANCE = 0.001
"""Probability that the best of several useless maps is accepted."""
MOST_JUDGED = 500
"""Pairs of a half among which each text must find its picture, and each picture its text."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Bridge:
    """Two maps (d, d) for unit rows, and how well they match unseen pairs.

    `plain` and `learned` are recall@1 in [0, 1] among at most `MOST_JUDGED` pairs, the mean of both
    directions, without and with the maps.
    """

    to_picture: Matrix
    to_text: Matrix
    plain: float
    learned: float

    def pictures_of(self, texts: Points) -> Points:
        """Estimated pictures for these texts (n, d): unit rows (n, d)."""
        return unit_rows(texts.astype(np.float64) @ self.to_picture)

    def texts_of(self, pictures: Points) -> Points:
        """Estimated texts for these pictures (n, d): unit rows (n, d)."""
        return unit_rows(pictures.astype(np.float64) @ self.to_text)


def learn_bridge(pictures: Points, texts: Points) -> Bridge | None:
    """The bridge learned from pairs: unit rows (n, d) each, of the same posts, sorted by post id.

    Maps are learned from each half of the pairs and tested on the other half. Returns None for
    fewer than `LEAST_PAIRS` pairs, or if the best map is not significantly better than plain
    cosines (sign test).
    """
    if len(pictures) < LEAST_PAIRS:
        return None
    with one_thread():
        wide = pictures.astype(np.float64), texts.astype(np.float64)
        plain = _matches(wide, None)
        learned = {penalty: _matches(wide, penalty) for penalty in PENALTIES}
        best = max(PENALTIES, key=lambda penalty: (learned[penalty].sum(), penalty))
        if not _is_better(learned[best], plain):
            return None
        return Bridge(
            to_picture=_ridge(wide[1], wide[0], best),
            to_text=_ridge(*wide, best),
            plain=float(plain.mean()),
            learned=float(learned[best].mean()),
        )


def fill_sides(picture: Side, text: Side) -> tuple[Side, Side]:
    """Both sides, with an estimate of the other side for each post that has only one.

    Rows of a side are sorted by post id; the bridge is learned from the posts that are in both. If
    nothing is learned, the sides are returned unchanged.
    """
    pictures, texts = (dict(zip(ids, rows, strict=True)) for ids, rows in (picture, text))
    both = sorted(pictures.keys() & texts.keys())
    bridge = both and learn_bridge(*(np.stack([own[i] for i in both]) for own in (pictures, texts)))
    if not bridge:
        return picture, text
    return (
        _with_estimates(
            picture, [i for i in text[0] if i not in pictures], texts, bridge.pictures_of
        ),
        _with_estimates(text, [i for i in picture[0] if i not in texts], pictures, bridge.texts_of),
    )


def _with_estimates(
    side: Side,
    lacking: Sequence[str],
    other: Mapping[str, Points],
    estimate: Callable[[Points], Points],
) -> Side:
    if not lacking:
        return side
    ids, rows = side
    return (*ids, *lacking), np.concatenate([rows, estimate(np.stack([other[i] for i in lacking]))])


def _ridge(source: Matrix, target: Matrix, penalty: float) -> Matrix:
    """The map (d, d) from rows `source` (n, d) to rows `target` (n, d), shrunk to the identity."""
    size = max(float(np.sum(source * target) / np.sum(source * source)), 0.0)
    prior = penalty * np.eye(source.shape[1])
    return np.asarray(np.linalg.solve(source.T @ source + prior, source.T @ target + size * prior))


def _matches(pairs: tuple[Matrix, Matrix], penalty: float | None) -> NDArray[np.bool_]:
    """For each tested row and direction, whether its partner is the nearest row.

    `penalty` None compares plain cosines.
    """
    found = []
    for half in (0, 1):
        train = [side[1 - half :: 2] for side in pairs]
        test = [side[half::2][:MOST_JUDGED] for side in pairs]
        for source, target in ((0, 1), (1, 0)):
            rows = test[source]
            if penalty is not None:
                ridge = _ridge(train[source], train[target], penalty)
                rows = unit_rows(rows @ ridge).astype(np.float64)
            similarities = np.round(rows @ test[target].T, DIGITS)
            found.append(similarities.argmax(axis=1) == np.arange(len(rows)))
    return np.concatenate(found)


def _is_better(learned: NDArray[np.bool_], plain: NDArray[np.bool_]) -> bool:
    """The exact sign test over the pairs that only one of the two matched (McNemar 1947).

    The best of all penalties is tested, so the level is divided by their number (Bonferroni).
    """
    from scipy.stats import binom

    won, lost = int((learned & ~plain).sum()), int((plain & ~learned).sum())
    return bool(binom.sf(won - 1, won + lost, 0.5) < CHANCE / len(PENALTIES))
