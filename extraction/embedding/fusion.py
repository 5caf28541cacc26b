"""One vector for a post that has several: pictures and a text."""

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.geometry.unit_vectors import unit_vector


def fuse(pictures: NDArray[np.float32], text: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The unit mean of the unit mean picture and the text, of those that there are.

    `pictures` are unit rows of shape (k, d), k may be 0; `text` is a unit vector of length d.
    """
    sides = [unit_vector(pictures.mean(axis=0, dtype=np.float64))] if len(pictures) else []
    sides += [] if text is None else [unit_vector(text.astype(np.float64))]
    return unit_vector(np.mean(sides, axis=0)).astype(np.float32)
