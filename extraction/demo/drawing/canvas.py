"""A picture made of layers of paper: each sheet is lit and casts a soft shadow.

Input: sheets of cut paper and their materials. Output: a picture as planes of red, green and blue.
Planes are float32 in 0..1 of shape (3, height, width). With this layout the light of a pixel is
applied to all three planes at once, several times as fast as with the colours of a pixel side by
side. The colours of a sheet are premultiplied by its alpha. This module knows only paper and light,
not styles, objects or scenes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from zeitgraph.extraction.demo.drawing.brush import SUPERSAMPLE, Brush, LineStyle, Place, Rgb, Sheet

Plane = NDArray[np.floating]
"""One number for each pixel, float32 of shape (height, width)."""
Planes = NDArray[np.floating]
"""Red, green and blue of each pixel, float32 of shape (3, height, width)."""
Window = tuple[EllipsisType, slice, slice]

SIDE = 224  # the widths of shadows, halos and edges below are pixels of a picture with this side

# glibc returns freed memory to the kernel, page by page, unless a block as large was freed before
# (mallopt(3), M_MMAP_THRESHOLD). Freeing one large block once saves 300 page faults a picture.
np.empty(30 << 20, np.uint8)


@dataclass(frozen=True, slots=True)
class Material:
    """The material of a sheet and how light falls on it. Every amount is in 0..1.

    `shade` darkens toward the lower right, `rim` lights the upper left edge, `bleed` pales the
    inside as watercolour does, `chrome` mirrors a horizon, `glow` shines around the sheet, `cast`
    and `softness` are the strength and the blur of its shadow.
    """

    shade: float = 0.3
    rim: float = 0.0
    bleed: float = 0.0
    chrome: float = 0.0
    glow: float = 0.0
    cast: float = 0.4
    softness: float = 0.5
    light: Rgb = (255, 255, 255)
    dark: Rgb = (0, 0, 0)


class Painting:
    """A square picture of `size` pixels a side on which sheets are laid, the farthest first."""

    def __init__(self, size: int, top: Rgb, low: Rgb) -> None:
        """Starts from a vertical gradient between two colours."""
        self.size = size
        self.scale = size / SIDE
        down = (1 + ramp(size)[:, None]) / 2
        self.planes = np.empty((3, size, size), np.float32)
        self.planes[:] = colour(top) * (1 - down) + colour(low) * down
        self._clean: list[Sheet] = []

    def brush(self, tones: Mapping[str, Rgb], line_style: LineStyle | None = None) -> Brush:
        """Returns a brush on an empty sheet as large as the picture; 0,0 is its centre."""
        sheet = self._clean.pop() if self._clean else Sheet(self.size * SUPERSAMPLE)
        half = self.size / 2
        return Brush(sheet, Place(half, half, half), tones, line_style or LineStyle())

    def lay(self, sheet: Sheet, material: Material, at: tuple[int, int] = (0, 0)) -> None:
        """Lays a sheet with its upper left corner at pixel `at`, then clears it for
        another brush.
        """
        edges = sheet.bounding_box()
        if edges is None:
            return
        left, top = edges[0] // SUPERSAMPLE, edges[1] // SUPERSAMPLE
        right, low = -(-edges[2] // SUPERSAMPLE), -(-edges[3] // SUPERSAMPLE)
        used = sheet.pixels[
            top * SUPERSAMPLE : low * SUPERSAMPLE, left * SUPERSAMPLE : right * SUPERSAMPLE
        ]
        planes = _reduced(used)
        if len(sheet.pixels) == self.size * SUPERSAMPLE:
            used[:] = 0
            self._clean.append(sheet)
        paint, alpha = planes[:3], planes[3]
        at = (at[0] + left, at[1] + top)
        if material.glow:
            self._shine(paint, at, material.glow)
        if material.cast:
            self._shadow(alpha, at, material)
        _light(paint, alpha, material, self.scale)
        here, there = self._window(alpha.shape, at)
        picture = self.planes[here]
        picture *= 1 - alpha[there]
        picture += paint[there]

    def tint(self, goal: Rgb, share: Plane, at: tuple[int, int]) -> None:
        """Blends the pixels below `share`, laid at pixel `at`, by that share (0..1) toward a
        colour.
        """
        here, there = self._window(share.shape, at)
        picture = self.planes[here]
        picture += (colour(goal) - picture) * share[there]

    def _shadow(self, alpha: Plane, at: tuple[int, int], material: Material) -> None:
        radius = self.scale * (1.5 + 7 * material.softness)
        drop, margin = round(self.scale * (2 + 3 * material.softness)), 2 * round(radius)
        shadow = blurred(_framed(alpha, margin), radius, material.cast)
        self.tint(material.dark, shadow, (at[0] + drop - margin, at[1] + drop - margin))

    def _shine(self, paint: Planes, at: tuple[int, int], amount: float) -> None:
        """Adds light in the sheet's own colours around it, with the blend mode "screen"."""
        margin = round(18 * self.scale)
        wide = _framed(paint, margin)
        # stacked in one image: two margins lie between them, more than the width of a halo
        high = wide.reshape(-1, wide.shape[2])
        halo = np.minimum(blurred(high, 9 * self.scale, 1.6 * amount), 1).reshape(wide.shape)
        here, there = self._window(halo.shape[1:], (at[0] - margin, at[1] - margin))
        picture = self.planes[here]
        picture += (1 - picture) * halo[there]

    def _window(self, shape: tuple[int, ...], at: tuple[int, int]) -> tuple[Window, Window]:
        """Returns the pixels of the picture covered by a plane at `at`, and the covered part of the
        plane.
        """
        (x, y), (height, width) = at, shape
        left, top = max(0, x), max(0, y)
        right, low = max(left, min(self.size, x + width)), max(top, min(self.size, y + height))
        there = (..., slice(top - y, low - y), slice(left - x, right - x))
        return (..., slice(top, low), slice(left, right)), there


@lru_cache(maxsize=256)
def colour(rgb: Rgb) -> Planes:
    """Returns a colour as read-only planes of one pixel, (3, 1, 1)."""
    return np.array(rgb, np.float32).reshape(3, 1, 1) / 255


@cache
def ramp(count: int) -> NDArray[np.float32]:
    """Returns `count` values from -1 to 1, read-only."""
    return np.linspace(-1, 1, count, dtype=np.float32)


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns four planes in 0..1 of supersampled pixels (height, width, 4): the mean of each 2 ×
    2.
    """
    rows = pixels[0::2].astype(np.uint16)
    rows += pixels[1::2]
    # the four channels of a pixel are packed in one integer and summed with its neighbour's at once
    whole = rows.view(np.uint64)[..., 0]
    sums = (whole[:, 0::2] + whole[:, 1::2]).view(np.uint16).reshape(len(rows), -1, 4)
    planes = sums.transpose(2, 0, 1).astype(np.float32, order="C")
    planes *= np.float32(1 / (4 * 255))
    return planes


def blurred(plane: Plane, radius: float, gain: float = 1.0) -> Plane:
    """Returns a blur close to a Gaussian with a standard deviation of `radius` pixels, times
    `gain`.

    Edge pixels are repeated beyond the edges. Pixels are averaged in squares of `step` and
    interpolated linearly between the centres of the squares. The two steps add variances of (step²
    - 1) / 12 and (step² - 1) / 6. The remaining part of radius² is blurred in between, on the
    reduced image.
    """
    height, width = plane.shape
    step = math.ceil(radius + 0.2)
    lacking = max(0.0, radius**2 - (step**2 - 1) / 4)
    squares = Image.fromarray(_whole_squares(plane, step)).reduce(step)
    soft = squares.filter(ImageFilter.GaussianBlur(math.sqrt(lacking) / step))
    wide = soft.resize((soft.width * step, soft.height), Image.Resampling.BILINEAR)
    rows = np.asarray(wide, np.float32)[:, :width] * np.float32(gain / 255)
    above, below, share = _slopes(height, step)
    upper = rows.take(above, axis=0)
    slope = rows.take(below, axis=0)
    slope -= upper
    slope *= share
    slope += upper
    return slope


def _whole_squares(plane: Plane, step: int) -> NDArray[np.uint8]:
    """Returns the plane in 0..255, with its last row and column repeated to fill all squares of
    `step`.
    """
    height, width = plane.shape
    full = np.empty((-(-height // step) * step, -(-width // step) * step), np.uint8)
    np.multiply(plane, 255, out=full[:height, :width], casting="unsafe")
    full[height:, :width] = full[height - 1, :width]
    full[:, width:] = full[:, width - 1 : width]
    return full


@lru_cache(maxsize=4096)
def _slopes(count: int, step: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Plane]:
    """Returns the two neighbouring means for each of `count` rows, and the weight of the second.

    Two arrays (count,) and one (count, 1), read-only.
    """
    at = (np.arange(count) + 0.5) / step - 0.5
    first = np.floor(at).astype(np.intp)
    last = -(-count // step) - 1
    share = (at - first).astype(np.float32)[:, None]
    return np.clip(first, 0, last), np.clip(first + 1, 0, last), share


def _framed(planes: Planes, margin: int) -> Planes:
    """Returns the planes with `margin` empty pixels on every side."""
    *many, height, width = planes.shape
    wide = np.zeros((*many, height + 2 * margin, width + 2 * margin), np.float32)
    wide[..., margin : margin + height, margin : margin + width] = planes
    return wide


def _light(paint: Planes, alpha: Plane, material: Material, scale: float) -> None:
    """Applies light, water and metal to the colours of one sheet, in place.

    All effects are first collected in two planes: the share of each pixel that becomes light, and
    the share that becomes dark. The rest keeps its colour.
    """
    light, dark = _falls(alpha.shape, material.shade, material.chrome)
    if material.bleed:
        wet = blurred(alpha, 5 * scale)
        light, dark = _lighter(light, dark, 0.6 * material.bleed * (wet * wet * wet))
    if material.rim:
        light, dark = _lighter(light, dark, material.rim * _rim(alpha, round(2 * scale)))
    paint *= 1 - light - dark
    paint += colour(material.light) * (light * alpha)
    paint += colour(material.dark) * (dark * alpha)


def _lighter(light: Plane, dark: Plane, share: Plane) -> tuple[Plane, Plane]:
    """Returns light and dark after `share` of every pixel has become light."""
    kept = 1 - share
    return share + light * kept, dark * kept


def _falls(shape: tuple[int, ...], shade: float, chrome: float) -> tuple[Plane, Plane]:
    """Returns the light and dark on a flat sheet of `shape` (height, width)."""
    down, across = ramp(shape[0])[:, None], ramp(shape[1])[None, :]
    low, right = 0.62 * shade * down, 0.38 * shade * across
    light = np.maximum(-0.42 * low - 0.42 * right, 0)
    dark = np.maximum(0.55 * low + 0.55 * right, 0)
    if chrome:
        bands = chrome * (np.sin(7 * down + 1.2 * across) * 0.6 + np.sin(17 * down - across) * 0.25)
        light = np.minimum(light + 0.55 * np.maximum(bands, 0), 1)
        dark = np.minimum(dark + 0.4 * np.maximum(-bands, 0), 1)
        light *= 1 - dark
    return light, dark


def _rim(alpha: Plane, wide: int) -> Plane:
    """Returns the upper left edge, `wide` pixels wide, softened by one pixel."""
    edge = np.maximum(alpha - np.roll(alpha, wide * (alpha.shape[1] + 1)), 0)
    rows = edge.copy()
    rows[1:] += edge[:-1]
    rows[:-1] += edge[1:]
    soft = rows.copy()
    soft[:, 1:] += rows[:, :-1]
    soft[:, :-1] += rows[:, 1:]
    soft *= np.float32(1 / 9)
    return soft
