"""A brush that draws polygons, ovals and strokes in named tones on a sheet of paper.

Input: points in unit coordinates. Output: the pixels of a sheet, which has SUPERSAMPLE times as
many pixels on each side as the picture. This module does not know about light, styles, objects or
scenes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw

Rgb = tuple[int, int, int]
Point = tuple[float, float]

SUPERSAMPLE = 2
CURVE_TOLERANCE = 0.5
"""The largest error of a curve, in pixels of a sheet."""


def mix(start: Rgb, end: Rgb, share: float) -> Rgb:
    """Returns the colour `share` (0..1) of the way from `start` to `end`."""
    (r0, g0, b0), (r1, g1, b1) = start, end
    return (
        round(r0 + (r1 - r0) * share),
        round(g0 + (g1 - g0) * share),
        round(b0 + (b1 - b0) * share),
    )


@lru_cache(maxsize=64)
def _circle(start: float, end: float) -> tuple[Point, ...]:
    steps = max(8, int(abs(end - start) / 12))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple((math.cos(angle), math.sin(angle)) for angle in angles)


def disc(
    x: float, y: float, rx: float, ry: float, ends: tuple[float, float] = (0, 360)
) -> list[Point]:
    """Returns points along an ellipse between two angles in degrees, clockwise from the right."""
    return [(x + rx * cos, y + ry * sin) for cos, sin in _circle(*ends)]


@cache
def _points(text: str) -> tuple[Point, ...]:
    pairs = (pair.split() for pair in text.split(","))
    return tuple((float(x), float(y)) for x, y in pairs)


class Sheet:
    """Square paper of `side` pixels, empty at first.

    `pixels` are uint8 of shape (side, side, 4): red, green, blue and alpha, which is 0 or 255.
    `pen` draws into them.
    """

    def __init__(self, side: int) -> None:
        self.pixels = np.zeros((side, side, 4), np.uint8)
        self._image = Image.frombuffer("RGBA", (side, side), self.pixels, "raw", "RGBA", 0, 1)
        self._image.readonly = 0  # the pen draws into this memory, not into a copy
        self.pen = ImageDraw.Draw(self._image)

    def bounding_box(self) -> tuple[int, int, int, int] | None:
        """Returns left, top, right and bottom of the drawing in pixels; None for an empty sheet."""
        return self._image.getbbox()


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a drawing's unit square on its sheet: centre and half size in pixels."""

    x: float
    y: float
    half: float
    tilt: float = 0.0
    flip: bool = False


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How lines are drawn: outline width and wobble as shares of the drawing, and a phase."""

    outline: float = 0.0
    wobble: float = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Brush:
    """Draws polygons in coordinates -1..1 (y grows downwards) in named tones on one sheet."""

    sheet: Sheet
    place: Place
    tones: Mapping[str, Rgb]
    line_style: LineStyle = field(default_factory=LineStyle)

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        place, wobble = self.place, self.line_style.wobble
        if wobble:
            sin, phase, twice = math.sin, self.line_style.phase, 2 * self.line_style.phase
            points = [
                (x + wobble * sin(5 * y + phase), y + wobble * sin(6 * x + twice))
                for x, y in points
            ]
        left, top, scale = SUPERSAMPLE * place.x, SUPERSAMPLE * place.y, SUPERSAMPLE * place.half
        if not place.tilt:
            wide = -scale if place.flip else scale
            return [(left + x * wide, top + y * scale) for x, y in points]
        across, down = scale * math.cos(place.tilt), scale * math.sin(place.tilt)
        x_right, x_down = (-across, -down) if place.flip else (across, down)
        return [(left + x * x_right - y * down, top + x * x_down + y * across) for x, y in points]

    def shape(self, points: Sequence[Point], tone: str) -> None:
        """Draws a filled polygon, with an outline in the tone `ink` if the line style
        has outlines.
        """
        pixels = self._pixels(points)
        self.sheet.pen.polygon(pixels, fill=self.tones[tone])
        outline = self.line_style.outline
        if outline and (width := round(outline * self.place.half * SUPERSAMPLE)):
            self.sheet.pen.line(
                [*pixels, pixels[0]], fill=self.tones["ink"], width=width, joint="curve"
            )

    def path(self, points: str, tone: str, at: Point = (0, 0)) -> None:
        """Draws a filled polygon given as "x y, x y, x y", moved by `at`."""
        self.shape([(at[0] + x, at[1] + y) for x, y in _points(points)], tone)

    def stroke(self, points: Sequence[Point], width: float, tone: str) -> None:
        """Draws an open line with round ends; `width` is a share of half the drawing."""
        pixels = self._pixels(points)
        thick = max(1.0, width * self.place.half * SUPERSAMPLE)
        self.sheet.pen.line(pixels, fill=self.tones[tone], width=round(thick), joint="curve")
        half = thick / 2
        for x, y in (pixels[0], pixels[-1]):
            self.sheet.pen.ellipse((x - half, y - half, x + half, y + half), self.tones[tone])

    def star(self, x: float, y: float, size: float, tone: str) -> None:
        """Draws a star with four long points."""
        points = []
        for step in range(8):
            radius, angle = size * (0.22 if step % 2 else 1), step * math.pi / 4
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        self.shape(points, tone)

    def oval(self, x: float, y: float, rx: float, ry: float, tone: str) -> None:
        """Draws a filled ellipse. A whole ellipse with little wobble and tilt is drawn
        in one step.
        """
        tilt, line_style, scale = self.place.tilt, self.line_style, self.place.half * SUPERSAMPLE
        change = 6 * line_style.wobble * max(rx, ry) + abs(tilt * (rx - ry))
        if change * scale > CURVE_TOLERANCE:
            return self.shape(disc(x, y, rx, ry), tone)
        middle = self._pixels([(x, y)])[0]
        if rim := round(line_style.outline * scale) / 2:
            self._ellipse(middle, rx * scale + rim, ry * scale + rim, "ink")
        return self._ellipse(middle, rx * scale - rim, ry * scale - rim, tone)

    def _ellipse(self, middle: Point, rx: float, ry: float, tone: str) -> None:
        """Draws an upright ellipse given in pixels; a negative radius draws nothing."""
        if rx >= 0 <= ry:
            x, y = middle
            edges = (round(x - rx), round(y - ry), round(x + rx), round(y + ry))
            self.sheet.pen.ellipse(edges, self.tones[tone])

    def arc(
        self, box: tuple[float, float, float, float], ends: Point, width: float, tone: str
    ) -> None:
        """Draws a stroke along the ellipse `box` = (x, y, rx, ry) between two angles in degrees."""
        self.stroke(disc(*box, ends), width, tone)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, tone: str, *, corner: float = 0.0
    ) -> None:
        """Draws a filled rectangle; `corner` is the radius of its corners."""
        if not corner:
            return self.shape([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], tone)
        points: list[Point] = []
        for x, y, start in (
            (x1 - corner, y1 - corner, 0),
            (x0 + corner, y1 - corner, 90),
            (x0 + corner, y0 + corner, 180),
            (x1 - corner, y0 + corner, 270),
        ):
            points += disc(x, y, corner, corner, (start, start + 90))
        return self.shape(points, tone)
