"""One vector for a post that has several: pictures and a text."""

import numpy as np
from numpy.typing import NDArray


def fuse(pictures: NDArray[np.float32], text: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The unit mean of the unit mean picture and the text, of those that there are.

    `pictures` are unit rows of shape (k, d), k may be 0; `text` is a unit vector of length d.
    """
    sides = [_unit(pictures.mean(axis=0, dtype=np.float64))] if len(pictures) else []
    sides += [] if text is None else [_unit(text.astype(np.float64))]
    return _unit(np.mean(sides, axis=0)).astype(np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm else vector
