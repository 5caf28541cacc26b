"""Cosines of unit vectors, rounded so that every machine gets the same digits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]
"""Unit rows, shape (n, d)."""


def cosine(one: Points, other: Points) -> float:
    """The cosine of two unit vectors (d,), rounded as `cosines`."""
    return float(cosines(one[None], other[None])[0, 0])


def cosines(points: Points, centres: Points | Sequence[Points]) -> NDArray[np.float64]:
    """(n, k) cosines of unit rows, rounded so that no two machines' last bits decide."""
    product = points.astype(np.float64) @ np.asarray(centres, np.float64).T
    return np.round(product, 9)
