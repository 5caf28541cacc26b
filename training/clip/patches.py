"""Patches of the starter CLIP's pictures: a vector for each, and the position of a named thing.

Input: pixels and a model. Output: patch vectors in the space of the texts. A patch vector is the
result of attention pooling for that patch alone (value and output projection without the query:
Zhou et al. 2022, "Extract Free Dense Labels from CLIP", section 3.2). This module does not know
about styles.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from zeitgraph.extraction.demo.drawing.picture import Box

STRIDE = 32
"""Pixels from one patch to the next."""
EDGE = 0.9
AROUND, SHARPNESS = 2, 10.0
"""The number of patches around a peak that belong to it, and the factor of their cosines."""


def features(visual: Any, batch: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the last and the last but one feature maps of an open_clip residual network.

    `batch` is float (count, 3, side, side). The maps are (count, channels, rows, columns) at 1/32
    and 1/16 of the side.
    """
    middle = visual.layer3(visual.layer2(visual.layer1(visual.stem(batch))))
    return visual.layer4(middle), middle


def patch_vectors(visual: Any, last: Tensor) -> Tensor:
    """Returns unit vectors, float32 (count, rows, columns, dimensions), of the last
    feature maps.
    """
    pool = visual.attnpool
    vectors = pool.c_proj(pool.v_proj(last.permute(0, 2, 3, 1)))
    return F.normalize(vectors.float(), dim=-1)


def heat_maps(visual: Any, batch: Tensor, texts: Tensor) -> Tensor:
    """Returns cosines of patches with texts: float32 (count, texts, rows, columns), two per stride.

    The network sees the picture four times, shifted by half a stride, and the maps are interleaved
    (shift and stitch: Long et al. 2015, "Fully Convolutional Networks", section 3.2).
    """
    half, side = STRIDE // 2, batch.shape[-1]
    cells = side // STRIDE
    found = torch.empty(len(batch), len(texts), 2 * cells, 2 * cells)
    wide = F.pad(batch, (0, half, 0, half), mode="replicate")
    for down in (0, 1):
        for right in (0, 1):
            rows = slice(down * half, down * half + side)
            columns = slice(right * half, right * half + side)
            vectors = patch_vectors(visual, features(visual, wide[:, :, rows, columns])[0])
            found[:, :, down::2, right::2] = (vectors @ texts.T).permute(0, 3, 1, 2)
    return found


def peaks(maps: Tensor) -> Tensor:
    """Returns the middle of each heat map's highest patch: (count, texts, 2), x and y in shares."""
    rows = maps.shape[-1]
    highest = maps.flatten(2).argmax(2)
    return (torch.stack([highest % rows, highest // rows], -1) + 1) / rows


def centres(maps: Tensor) -> Tensor:
    """Returns the centre of the heat around each peak, in the shape of `peaks`.

    Several patches may show one thing equally well, and the highest may lie at its edge. The
    weighted mean of the patches around the peak lies inside the thing (soft argmax).
    """
    rows = maps.shape[-1]
    steps = (torch.arange(rows) + 1.0) / rows
    x, y = (
        (steps - place[..., None]).abs() <= (AROUND + 0.5) / rows
        for place in peaks(maps).unbind(-1)
    )
    heat = torch.exp(SHARPNESS * (maps - maps.amax((2, 3), keepdim=True)))
    heat = heat * y[..., :, None] * x[..., None, :]
    whole = heat.sum((2, 3))
    across, down = (heat * steps).sum((2, 3)), (heat * steps[:, None]).sum((2, 3))
    return torch.stack([across / whole, down / whole], -1)


def patch_truth(
    boxes: list[list[Box]], kinds: tuple[str, ...], cells: int
) -> tuple[Tensor, Tensor]:
    """Returns what each patch shows, and which patches count: float32 (kinds, count * cells *
    cells).

    A patch shows a thing if the box contains its centre, or if the patch contains the centre of the
    box. A patch that a box only touches does not count.
    """
    centre, half = (torch.arange(cells) + 0.5) / cells, 0.5 / cells
    true = torch.zeros(len(kinds), len(boxes), cells, cells, dtype=torch.bool)
    near = torch.zeros_like(true)

    def within(low: float, high: float, reach: float) -> Tensor:
        return (centre + reach > low) & (centre - reach < high)

    for picture, things in enumerate(boxes):
        for name, left, top, right, low in things:
            kind = kinds.index(name)
            across, down = (left + right) / 2, (top + low) / 2
            inside = within(top, low, 0)[:, None] & within(left, right, 0)[None, :]
            middle = (centre - down).abs()[:, None] <= half
            inside = inside | (middle & ((centre - across).abs() <= half)[None, :])
            reach = EDGE * half * 2
            touched = within(top, low, reach)[:, None] & within(left, right, reach)[None, :]
            true[kind, picture] |= inside
            near[kind, picture] |= touched
    counts = true | ~near
    return true.flatten(1).float(), counts.flatten(1).float()
