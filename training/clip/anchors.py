"""The targets of both towers of the starter CLIP: a fixed direction for each claim.

Input: unit vectors and the claims that are true of them. Output: logits and a loss. This module
does not know about pixels, tokens or steps.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.training.clip.training_texts import (
    KINDS,
    PLACES,
    STYLES,
    TrainingText,
    claim_vector,
    is_true,
)

ANCHORS = (
    *(TrainingText("", style=style) for style in STYLES),
    *(TrainingText("", objects=frozenset([name])) for name in KINDS),
    *(TrainingText("", scene=scene) for scene in PLACES),
)
"""The claims of `training_texts.CLAIMS`, in that order, each as a `TrainingText` without a text."""
SCALE = 20.0
STYLE_COSINE, PART_COSINE, PATCH_COSINE = 0.5, 0.2, 0.3
"""The cosine above which a claim counts as made. The largest, for styles, makes them dominate a
picture's vector.
"""


def directions(dimensions: int) -> Tensor:
    """Returns an orthonormal row for each of ANCHORS, float32 (claims, dimensions), always the
    same.
    """
    source = torch.Generator().manual_seed(0)
    square = torch.randn(dimensions, dimensions, generator=source)
    basis: Tensor = torch.linalg.qr(square).Q
    return basis[: len(ANCHORS)]


def cosine_thresholds() -> Tensor:
    """Returns the cosine above which each of ANCHORS counts as made, float32 (claims, 1)."""
    rows = [STYLE_COSINE if sample.style else PART_COSINE for sample in ANCHORS]
    return torch.tensor(rows)[:, None]


def true_of(pictures: Sequence[Picture], texts: Sequence[TrainingText] = ANCHORS) -> Tensor:
    """Returns 1 where a text (row) is true of a picture (column), else 0; float32."""
    styles = [picture.look().id for picture in pictures]
    rows = [
        [is_true(sample, picture, style) for picture, style in zip(pictures, styles, strict=True)]
        for sample in texts
    ]
    return torch.tensor(rows, dtype=torch.float32)


def claimed_in(texts: Sequence[TrainingText]) -> Tensor:
    """Returns 1 where a text (column) makes the claim of an anchor (row), else 0; float32."""
    return torch.tensor([claim_vector(text) for text in texts]).T


def balanced_sigmoid_loss(logits: Tensor, true: Tensor, counted: Tensor | None = None) -> Tensor:
    """Returns the binary cross entropy, weighted so that positives and negatives of a row weigh the
    same.

    All tensors are float (rows, columns). `counted` is 0 for entries to leave out.
    """
    counted = torch.ones_like(true) if counted is None else counted
    each = F.binary_cross_entropy_with_logits(logits, true, reduction="none")
    trues, falses = true * counted, (1 - true) * counted
    share = trues / trues.sum(1, keepdim=True).clamp(min=1)
    share = share + falses / falses.sum(1, keepdim=True).clamp(min=1)
    return (each * share).sum(1).mean()
