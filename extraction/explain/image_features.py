"""Measurements of a picture by its pixels alone: colour, light, texture, layout, round shapes.

Input: an RGB picture. Output: a row of numbers that is the same on every machine up to the fifth
digit. `kg/workspace/conditions.py` says what each number means. This module does not know about
posts, styles or models.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

SIDE = 128
"""Pixels of the longer side of a picture when it is measured."""

COLUMNS = (
    "hue_x", "hue_y", "chroma", "coloured", "saturation", "value", "contrast", "texture",
    "entropy", "balance", "symmetry", "golden", "roundness",
)  # fmt: skip
"""The columns of a row of `measure`. The first two are the mean hue as a vector whose length is at
most `chroma`, so that the pictures of a post can be averaged.
"""

COLOURED = 0.1
"""The least chroma (largest less smallest channel, 0..1) of a coloured pixel."""

MIN_COLOURED, MIN_UNITY = 0.02, 0.15
"""The least share of coloured pixels, and the least length of the mean hue, that define a hue."""

GRID, CELLS = 32, 8
"""Squares a side of the grid of visual weight, and of the coarser grid that gives its entropy."""

GOLDEN = (5**0.5 - 1) / 2

EDGES = 0.2
"""The share of the pixels, those with the steepest gradient, that count as edges."""

RADII = (8, 12, 17)
"""The radii of the circles that are searched, in pixels."""

MAX_VOTES = 5
"""Votes for a centre, in circumferences, that give roundness 1: nested circles add up."""

Numbers = NDArray[np.float32]
Plane = NDArray[np.float64]


def measure(image: Image.Image) -> Numbers:
    """The row of an RGB picture, float32 of shape (len(COLUMNS),); `SIDE` pixels are enough.

    A picture of one colour has texture 0, entropy 1 and symmetry 1. No value is NaN.
    """
    rgb = np.asarray(image, np.uint8)
    light: Numbers = np.asarray(image.convert("L"), np.float32) / np.float32(255)
    row = (*_colour(image, rgb), *_light(light), *_layout(image), _roundness(light))
    return np.array(row, np.float32)


class Hue(NamedTuple):
    """The mean hue of a post in degrees, [0, 360); None if its pictures are grey or of all hues."""

    degrees: float | None
    unity: float


def mean_row(rows: Sequence[Numbers]) -> Plane:
    """The mean of rows of `measure`, float64 of shape (len(COLUMNS),)."""
    return np.asarray(np.stack(rows).astype(np.float64).sum(axis=0) / len(rows))


def mean_hue(rows: Sequence[Numbers]) -> Hue:
    """The circular mean of the hues of several pictures, each pixel weighted by its chroma.

    `unity`, in [0, 1], is the length of that mean (Mardia & Jupp 2000, section 2.2): 1 for pixels
    of one hue, 0 for hues that cancel each other.
    """
    x, y, chroma, coloured = mean_row(rows)[:4].tolist()
    length = float(np.hypot(x, y)) / max(chroma, 1e-9)
    if coloured < MIN_COLOURED or length < MIN_UNITY:
        return Hue(None, min(length, 1.0) if coloured >= MIN_COLOURED else 0.0)
    return Hue(float(np.degrees(np.arctan2(y, x))) % 360, min(length, 1.0))


def _colour(image: Image.Image, rgb: NDArray[np.uint8]) -> tuple[float, ...]:
    """Hue vector, chroma, share of coloured pixels, saturation and value, by Smith's HSV (1978)."""
    hsv = np.asarray(image.convert("HSV"))
    red, green, blue = (rgb[..., channel] for channel in range(3))
    high = np.maximum(np.maximum(red, green), blue)
    chroma = high - np.minimum(np.minimum(red, green), blue)
    by_hue = np.bincount(hsv[..., 0].ravel(), chroma.ravel(), 256) / (255 * chroma.size)
    cosines, sines = _circle()
    return (
        float(by_hue @ cosines),
        float(by_hue @ sines),
        float(by_hue.sum()),
        float((chroma >= 255 * COLOURED).mean()),
        float(hsv[..., 1].mean() / 255),
        float(high.mean() / 255),
    )


@cache
def _circle() -> tuple[Plane, Plane]:
    angles = np.arange(256) * (2 * np.pi / 256)
    return np.cos(angles), np.sin(angles)


def _light(light: Numbers) -> tuple[float, float]:
    """Contrast (twice the standard deviation, in [0, 1]) and texture (the part of fine detail).

    Texture is the energy of the picture less its mean over 3 × 3 pixels, divided by its variance.
    """
    spread = float(light.std(dtype=np.float64))
    fine = light - ndimage.uniform_filter(light, 3, mode="nearest")
    energy = float(np.square(fine, dtype=np.float64).mean())
    return min(2 * spread, 1.0), min(energy / max(spread**2, 1e-6), 1.0)


def _layout(image: Image.Image) -> tuple[float, float, float, float]:
    """Entropy, balance, symmetry and distance to a golden section of the visual weight.

    The weight of a place is the squared distance of its colour from the picture's mean colour
    (Achanta et al. 2009, «Frequency-tuned salient region detection», equation 1, here in RGB).
    """
    small = np.asarray(image.resize((GRID, GRID), Image.Resampling.BOX), np.float64) / 255
    difference = small - small.mean(axis=(0, 1))
    weight = (difference**2).sum(axis=2) + 1e-9
    weight /= weight.sum()
    size = GRID // CELLS
    cells = weight.reshape(CELLS, size, CELLS, size).sum(axis=(1, 3))
    entropy = -(cells * np.log(cells)).sum() / np.log(CELLS**2)
    across = weight.sum(axis=0) @ ((np.arange(GRID) + 0.5) / GRID)
    mirrored = 1 - np.abs(weight - weight[:, ::-1]).sum() / 2
    blurred = ndimage.uniform_filter(weight, GRID // 4, mode="constant")
    heaviest = divmod(int(np.round(blurred, 9).argmax()), GRID)
    places = [(place + 0.5) / GRID for place in heaviest]
    distances = [min(abs(place - GOLDEN), abs(place - 1 + GOLDEN)) for place in places]
    return (
        float(entropy),
        float(1 - 2 * abs(across - 0.5)),
        float(mirrored),
        math.hypot(*distances),
    )


def _roundness(light: Numbers) -> float:
    """How many edges point at one centre, in circumferences over `MAX_VOTES`, in [0, 1].

    Edges vote for centres along their gradient, in both directions, at each radius (Loy & Zelinsky
    2003, «Fast radial symmetry for detecting points of interest», section 3, orientation only).
    """
    if min(light.shape) < 2:
        return 0.0
    smooth = ndimage.gaussian_filter(light, 1.0, mode="nearest", truncate=2.0)
    down, across = np.gradient(smooth)
    steep = (down**2 + across**2).ravel()
    rank = int(steep.size * (1 - EDGES))
    edges = np.flatnonzero(steep >= max(float(np.partition(steep, rank)[rank]), 1e-4))
    if not len(edges):
        return 0.0
    length = np.sqrt(steep[edges])
    dy, dx = down.ravel()[edges] / length, across.ravel()[edges] / length
    height, width = light.shape
    y, x = (at.astype(np.float32) for at in np.divmod(edges, width))
    best = 0.0
    for radius in RADII:  # centres may lie up to a radius outside the picture
        tall, wide = height + 2 * radius + 2, width + 2 * radius + 2
        places = [
            np.rint(y + (radius + 1) + way * dy) * wide + np.rint(x + (radius + 1) + way * dx)
            for way in (np.float32(radius), np.float32(-radius))
        ]
        votes = np.bincount(np.concatenate(places).astype(np.intp), minlength=tall * wide)
        window = 2 * max(1, round(radius / 6)) + 1
        plane = votes.reshape(tall, wide).astype(np.float32)
        near = ndimage.uniform_filter(plane, window, mode="constant")
        best = max(best, float(near.max()) * window**2 / (2 * np.pi * radius))
    return min(best / MAX_VOTES, 1.0)
