"""Unit vectors: how rows are normalised, and their cosines.

Input and output: NumPy arrays. Cosines are rounded to nine digits, so that the last bits of a
processor's arithmetic decide nothing. This module does not know what a row represents.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.threads import PART, blocks, in_parts

Points = NDArray[np.float32]
"""Unit rows, float32, shape (n, d)."""

Vector = NDArray[np.float32]
"""One unit vector, float32, shape (d,)."""

LEAST_NORM = 1e-9
"""A row with a shorter norm has no direction: what is left of equal rows after their mean is
subtracted is rounding error."""

DIGITS = 9
"""Digits to which cosines are rounded."""


def unit_rows(
    rows: NDArray[np.floating],
    minus: NDArray[np.float64] | None = None,
    least_norm: float = LEAST_NORM,
) -> Points:
    """The rows (n, d), less the vector `minus` (d,), divided by their norms: float32 (n, d).

    Computed in float64. A row whose norm is at most `least_norm` is not divided: a zero row stays
    zero.
    """
    result = np.empty(rows.shape, np.float32)
    middle = np.zeros(rows.shape[1]) if minus is None else minus

    def normalise(part: slice) -> None:
        for block in blocks(part):
            wide = rows[block] - middle
            norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
            result[block] = wide / np.where(norms > least_norm, norms, 1.0)[:, None]

    if len(rows) <= PART:  # usually only a few: starting threads would take longer than the work
        normalise(slice(0, len(rows)))
    else:
        in_parts(normalise, len(rows))
    return result


def unit_vector(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The vector (d,) divided by its norm, float64; a zero vector stays zero."""
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two unit vectors (d,), in [-1, 1], rounded to nine digits."""
    return float(cosines(one[None], other[None])[0, 0])


def cosines(
    points: NDArray[np.floating], centres: Points | Sequence[Vector]
) -> NDArray[np.float64]:
    """The cosines of unit rows (n, d) and unit rows (k, d): (n, k), rounded to nine digits."""
    product = points.astype(np.float64) @ np.asarray(centres, np.float64).T
    return np.round(product, DIGITS)


def paired_cosines(points: Points, others: Points) -> NDArray[np.float64]:
    """The cosine of each row (n, d) and the row of `others` in the same place: (n,), rounded."""
    product = np.einsum("ij,ij->i", points.astype(np.float64), others.astype(np.float64))
    return np.asarray(np.round(product, DIGITS))
