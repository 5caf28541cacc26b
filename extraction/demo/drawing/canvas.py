"""A picture built like a paper theatre: sheet by sheet, each one shaded and casting a soft shadow.

In come colours, polygons in unit coordinates and a few amounts in 0..1; out comes an RGB picture.
This module knows nothing about styles, objects or scenes: it only knows paper, light and ink.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Rgb = tuple[int, int, int]
Point = tuple[float, float]
Pixels = NDArray[np.floating]

SUPERSAMPLE = 2
SIDE = 224  # widths of shadows, halos and edges below are pixels of a picture of this side


def mix(start: Rgb, end: Rgb, share: float) -> Rgb:
    """The colour `share` (0..1) of the way from `start` to `end`."""
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
    """Points along an ellipse between two angles in degrees, clockwise from the right."""
    return [(x + rx * cos, y + ry * sin) for cos, sin in _circle(*ends)]


@cache
def _points(text: str) -> tuple[Point, ...]:
    pairs = (pair.split() for pair in text.split(","))
    return tuple((float(x), float(y)) for x, y in pairs)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the unit square of a drawing lies on its sheet: centre and half size in pixels."""

    x: float
    y: float
    half: float
    tilt: float = 0.0
    flip: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """How a line is drawn: outline width and wobble as shares of the drawing, and a phase."""

    outline: float = 0.0
    wobble: float = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Brush:
    """Draws polygons in coordinates -1..1 (y grows downwards) in named tones on one sheet."""

    sheet: Image.Image
    place: Place
    tones: Mapping[str, Rgb]
    hand: Hand = field(default_factory=Hand)
    pen: ImageDraw.ImageDraw = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Takes up one pen for the whole sheet."""
        object.__setattr__(self, "pen", ImageDraw.Draw(self.sheet))

    def _pixels(self, points: Sequence[Point]) -> list[Point]:
        place, wobble = self.place, self.hand.wobble
        if wobble:
            sin, phase, twice = math.sin, self.hand.phase, 2 * self.hand.phase
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
        """A filled polygon, outlined in the tone `ink` where the hand draws outlines."""
        pixels = self._pixels(points)
        self.pen.polygon(pixels, fill=self.tones[tone])
        outline = self.hand.outline
        if outline and (width := round(outline * self.place.half * SUPERSAMPLE)):
            self.pen.line([*pixels, pixels[0]], fill=self.tones["ink"], width=width, joint="curve")

    def path(self, points: str, tone: str, at: Point = (0, 0)) -> None:
        """A filled polygon written as "x y, x y, x y", moved by `at`."""
        self.shape([(at[0] + x, at[1] + y) for x, y in _points(points)], tone)

    def stroke(self, points: Sequence[Point], width: float, tone: str) -> None:
        """An open line, `width` as a share of half the drawing, with round ends."""
        pixels = self._pixels(points)
        thick = max(1.0, width * self.place.half * SUPERSAMPLE)
        self.pen.line(pixels, fill=self.tones[tone], width=round(thick), joint="curve")
        half = thick / 2
        for x, y in (pixels[0], pixels[-1]):
            self.pen.ellipse((x - half, y - half, x + half, y + half), self.tones[tone])

    def star(self, x: float, y: float, size: float, tone: str) -> None:
        """A star with four long points."""
        points = []
        for step in range(8):
            radius, angle = size * (0.22 if step % 2 else 1), step * math.pi / 4
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
        self.shape(points, tone)

    def oval(self, x: float, y: float, rx: float, ry: float, tone: str) -> None:
        """A filled ellipse."""
        self.shape(disc(x, y, rx, ry), tone)

    def arc(
        self, box: tuple[float, float, float, float], ends: Point, width: float, tone: str
    ) -> None:
        """A stroke along the ellipse `box` = (x, y, rx, ry) between two angles in degrees."""
        self.stroke(disc(*box, ends), width, tone)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, tone: str, *, corner: float = 0.0
    ) -> None:
        """A filled rectangle, its corners rounded by `corner`."""
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


@dataclass(frozen=True, slots=True)
class Matter:
    """What a sheet is made of and how light falls on it; every amount lies in 0..1.

    `shade` darkens towards the lower right, `rim` lights the upper left edge, `bleed` pales the
    inside as watercolour does, `chrome` mirrors a horizon, `glow` shines around the sheet,
    `cast` and `softness` are the strength and the blur of the shadow it throws.
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
        self.image = _gradient(size, top, low).copy()

    def brush(self, tones: Mapping[str, Rgb], hand: Hand | None = None) -> Brush:
        """A brush on a fresh sheet as large as the picture; 0,0 is its centre."""
        side = self.size * SUPERSAMPLE
        sheet = Image.new("RGBa", (side, side))
        half = self.size / 2
        return Brush(sheet, Place(half, half, half), tones, hand or Hand())

    def lay(self, sheet: Image.Image, matter: Matter, at: tuple[int, int] = (0, 0)) -> None:
        """Lays a supersampled sheet with its upper left corner at pixel `at`."""
        box = sheet.getbbox()
        if box is None:
            return
        left, top = box[0] // SUPERSAMPLE, box[1] // SUPERSAMPLE
        right, low = -(-box[2] // SUPERSAMPLE), -(-box[3] // SUPERSAMPLE)
        used = (left * SUPERSAMPLE, top * SUPERSAMPLE, right * SUPERSAMPLE, low * SUPERSAMPLE)
        small = sheet.reduce(SUPERSAMPLE, used).convert("RGBA")
        at = (at[0] + left, at[1] + top)
        alpha = small.getchannel("A")
        colour = small.convert("RGB")
        if matter.glow:
            self._shine(colour, alpha, at, matter.glow)
        if matter.cast:
            self._shadow(alpha, at, matter)
        _light(colour, alpha, matter, self.scale)
        self.image.paste(colour, at, alpha)

    def _shadow(self, alpha: Image.Image, at: tuple[int, int], matter: Matter) -> None:
        radius = self.scale * (1.5 + 7 * matter.softness)
        drop, margin = round(self.scale * (2 + 3 * matter.softness)), 2 * round(radius)
        wide = Image.new("L", (alpha.width + 2 * margin, alpha.height + 2 * margin))
        wide.paste(alpha, (margin, margin))
        blurred = _times(_blur(wide, radius), matter.cast)
        self.image.paste(matter.dark, (at[0] + drop - margin, at[1] + drop - margin), blurred)

    def _shine(
        self, colour: Image.Image, alpha: Image.Image, at: tuple[int, int], amount: float
    ) -> None:
        margin = round(18 * self.scale)
        wide = Image.new("RGB", (colour.width + 2 * margin, colour.height + 2 * margin))
        wide.paste(colour, (margin, margin), alpha)
        halo = _times(_blur(wide, 9 * self.scale), amount * 1.6)
        corner = (at[0] - margin, at[1] - margin)
        box = (*corner, corner[0] + wide.width, corner[1] + wide.height)
        self.image.paste(ImageChops.screen(self.image.crop(box), halo), corner)


def _times(image: Image.Image, share: float) -> Image.Image:
    """Every value times `share` (more than 0), at most 255."""
    return ImageChops.add(image, image, 2 / share)


def _blur(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur, taken at a third of the size where nobody can see the difference."""
    if radius < 3:
        return image.filter(ImageFilter.GaussianBlur(radius))
    small = image.reduce(3).filter(ImageFilter.GaussianBlur(radius / 3))
    return small.resize(image.size, Image.Resampling.BILINEAR)


@lru_cache(maxsize=64)
def _gradient(size: int, top: Rgb, low: Rgb) -> Image.Image:
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    column = np.array(top, np.float32) * (1 - ramp) + np.array(low, np.float32) * ramp
    whole = np.broadcast_to(column[:, None, :], (size, size, 3))
    return Image.fromarray(whole.astype(np.uint8), "RGB")


@cache
def ramp(count: int) -> NDArray[np.float32]:
    """`count` values from -1 to 1, to be read only."""
    return np.linspace(-1, 1, count, dtype=np.float32)


@lru_cache(maxsize=256)
def _masks(size: tuple[int, int], shade: float, chrome: float) -> tuple[Image.Image, Image.Image]:
    """How much light and how much darkness falls on a sheet of `size`, as masks in 0..255."""
    width, height = size
    down, across = ramp(height)[:, None], ramp(width)[None, :]
    fall = shade * (0.62 * down + 0.38 * across)
    dark = np.maximum(fall, 0)
    lift = np.negative(fall, out=fall)
    np.maximum(lift, 0, out=lift)
    lift *= 0.42
    dark *= 0.55
    if chrome:
        bands = chrome * (np.sin(7 * down + 1.2 * across) * 0.6 + np.sin(17 * down - across) * 0.25)
        lift = np.minimum(lift + 0.55 * np.maximum(bands, 0), 1)
        dark = np.minimum(dark + 0.4 * np.maximum(-bands, 0), 1)
    lift *= 255
    dark *= 255
    light_mask, dark_mask = (
        Image.frombuffer("L", size, plane.astype(np.uint8), "raw", "L", 0, 1)
        for plane in (lift, dark)
    )
    return light_mask, dark_mask


def _light(colour: Image.Image, alpha: Image.Image, matter: Matter, scale: float) -> None:
    """Touches the colours of one sheet (RGB, in place) with light, water and metal."""
    if matter.shade or matter.chrome:
        lift, dark = _masks(colour.size, matter.shade, matter.chrome)
        colour.paste(matter.light, (0, 0), lift)
        colour.paste(matter.dark, (0, 0), dark)
    if matter.bleed:
        wet = _blur(alpha, 5 * scale).point(_wet(matter.bleed))
        colour.paste(matter.light, (0, 0), wet)
    if matter.rim:
        wide = round(2 * scale)
        edge = ImageChops.subtract(alpha, ImageChops.offset(alpha, wide, wide))
        lit = _times(edge.filter(ImageFilter.BoxBlur(1)), matter.rim)
        colour.paste(matter.light, (0, 0), lit)


@cache
def _wet(bleed: float) -> list[int]:
    return [round(255 * 0.6 * bleed * (value / 255) ** 3) for value in range(256)]
