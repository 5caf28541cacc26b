"""The judge that chooses among candidate pictures: its type, and a small fake.

The real judge is a model and belongs to `extraction`, which `reports` does not import: `cli.py`
passes it to the stage (`reports/stages.py`).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from zeitgraph.kg.workspace.settings import Settings


class PictureJudge(Protocol):
    """Measures the similarity of pictures and texts."""

    def __call__(self, texts: Sequence[str], pictures: Sequence[Image], /) -> NDArray[np.float32]:
        """Cosines of RGB pictures and texts, float32 of shape (pictures, texts)."""


JudgeOf = Callable[[Settings], PictureJudge]
"""Makes a judge from the settings of a workspace. Called only if there are candidates to judge."""


def first_candidate(_settings: Settings) -> PictureJudge:
    """A fake judge, for which all pictures are equally good: so the first candidate is chosen."""

    def judge(texts: Sequence[str], pictures: Sequence[Image], /) -> NDArray[np.float32]:
        return np.zeros((len(pictures), len(texts)), np.float32)

    return judge
