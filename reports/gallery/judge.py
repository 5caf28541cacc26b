"""How the gallery asks which pictures fit a prompt: the types of the judge that `cli.py` passes in.

The judge itself is a model and belongs to `extraction`, which reports never import.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from zeitgraph.kg.workspace.settings import Settings


class PictureJudge(Protocol):
    """Says how near RGB pictures lie to texts."""

    def __call__(self, texts: Sequence[str], pictures: Sequence[Image], /) -> NDArray[np.float32]:
        """Cosines, float32, shape (pictures, texts)."""


JudgeOf = Callable[[Settings], PictureJudge]
"""Makes a judge from the settings of a workspace. Called only if there are candidates to judge."""
