"""Combines the vectors of a post's pictures and text into one vector."""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.unit_vectors import unit_vector


def fuse(pictures: NDArray[np.float32], text: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The unit mean of the text and of the unit mean picture; a missing one is left out.

    `pictures` are unit rows of shape (k, d), where k may be 0; `text` is a unit vector of length d.
    At least one of the two must be there.
    """
    sides = [unit_vector(pictures.mean(axis=0, dtype=np.float64))] if len(pictures) else []
    sides += [] if text is None else [unit_vector(text.astype(np.float64))]
    return unit_vector(np.mean(sides, axis=0)).astype(np.float32)
