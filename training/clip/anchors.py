"""What both towers of the starter CLIP are drawn to: a fixed direction for each claim.

In come unit vectors and what is true of them; out come logits and a loss. This module knows
nothing about pixels, tokens or steps.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.training.clip.training_texts import KINDS, PLACES, STYLES, Lesson, claimed, is_true

LESSONS = (
    *(Lesson("", style=style) for style in STYLES),
    *(Lesson("", objects=frozenset([name])) for name in KINDS),
    *(Lesson("", scene=scene) for scene in PLACES),
)
"""The claims of `lessons.CLAIMS`, in that order, each as a lesson without a text."""
SCALE = 20.0
ASKED_OF_STYLES, ASKED_OF_PARTS, ASKED_OF_PATCHES = 0.5, 0.2, 0.3
"""The cosine above which a claim counts as made: styles dominate a picture's vector."""


def directions(dimensions: int) -> Tensor:
    """An orthonormal row for each of LESSONS, float32 (claims, dimensions), always the same."""
    source = torch.Generator().manual_seed(0)
    square = torch.randn(dimensions, dimensions, generator=source)
    basis: Tensor = torch.linalg.qr(square).Q
    return basis[: len(LESSONS)]


def asked() -> Tensor:
    """The cosine asked for by each of LESSONS, float32 (claims, 1)."""
    rows = [ASKED_OF_STYLES if lesson.style else ASKED_OF_PARTS for lesson in LESSONS]
    return torch.tensor(rows)[:, None]


def shown(pictures: Sequence[Picture], lessons: Sequence[Lesson] = LESSONS) -> Tensor:
    """1 where a lesson (row) is true of a picture (column), else 0; float32."""
    styles = [picture.look().id for picture in pictures]
    rows = [
        [is_true(lesson, picture, style) for picture, style in zip(pictures, styles, strict=True)]
        for lesson in lessons
    ]
    return torch.tensor(rows, dtype=torch.float32)


def said(texts: Sequence[Lesson]) -> Tensor:
    """1 where a text (column) makes the claim of a row of LESSONS, else 0; float32."""
    return torch.tensor([claimed(text) for text in texts]).T


def balanced_sigmoid_loss(logits: Tensor, true: Tensor, counted: Tensor | None = None) -> Tensor:
    """Binary cross entropy in which the trues and the falses of each row weigh the same.

    All are float (rows, columns); `counted` is 0 where an entry is to be left out.
    """
    counted = torch.ones_like(true) if counted is None else counted
    each = F.binary_cross_entropy_with_logits(logits, true, reduction="none")
    trues, falses = true * counted, (1 - true) * counted
    share = trues / trues.sum(1, keepdim=True).clamp(min=1)
    share = share + falses / falses.sum(1, keepdim=True).clamp(min=1)
    return (each * share).sum(1).mean()
