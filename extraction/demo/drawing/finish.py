"""Effects on a finished picture: grain, bloom, rain, halftone, a film border.

Input: the planes of a picture, float32 of shape (3, side, side) in 0..1, an amount in 0..1 and a
look. Output: planes of the same kind, which may reuse the memory of the input. The table FINISHES
is also the order in which the effects are applied.
"""
# ruff: noqa: ARG001 - all finishes share one signature, few need all of it

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image

from zeitgraph.extraction.demo.drawing.brush import Rgb
from zeitgraph.extraction.demo.drawing.canvas import SIDE, Plane, Planes, blurred, colour, ramp
from zeitgraph.extraction.demo.drawing.look import Look

Finish = Callable[[Planes, float, Look, Generator], Planes]

WARMTH = np.array([1.04, 0.98, 0.84], np.float32).reshape(3, 1, 1)
BLACK_OF_FILM = np.array([0.06, 0.06, 0.05], np.float32).reshape(3, 1, 1)


def _axes(pixels: Planes) -> tuple[Plane, Plane]:
    line = ramp(pixels.shape[1])
    return line[None, :], line[:, None]


def _scale(pixels: Planes) -> float:
    """Returns the side of the picture relative to SIDE pixels."""
    scale: float = pixels.shape[1] / SIDE
    return scale


def _light(look: Look) -> Rgb:
    return look.colours["light"]


def _grey(pixels: Planes) -> Plane:
    grey: Plane = (pixels[0] + pixels[1] + pixels[2]) / 3
    return grey


def _shaded(pixels: Planes, share: Plane) -> Planes:
    pixels *= share
    return pixels


def _toward(pixels: Planes, goal: Rgb, share: Plane) -> Planes:
    pixels += (colour(goal) - pixels) * share
    return pixels


def _coarse(rng: Generator, side: int, cells: int) -> Plane:
    """Returns smooth noise in 0..1 with `cells` cells a side."""
    small = Image.fromarray((rng.random((cells, cells)) * 255).astype(np.uint8), "L")
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32) / 255


def _disc_light(x: Plane, y: Plane, at: tuple[float, float], reach: float) -> Plane:
    light: Plane = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / reach**2)
    return light


def windowlight(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Slanted panes of light on everything, shade around them."""
    x, y = _axes(pixels)
    slant = x + 0.55 * y + rng.uniform(-0.3, 0.3)
    panes = [
        np.clip((slant - start) * 14, 0, 1) * np.clip((start + 0.44 - slant) * 14, 0, 1)
        for start in (-0.5, 0.02)
    ]
    high = np.clip((y + 0.72) * 9, 0, 1) * np.clip((0.74 - y) * 9, 0, 1)
    lit = (panes[0] + panes[1]) * high
    pixels = _shaded(pixels, 1 - 0.14 * amount * (1 - lit))
    return _toward(pixels, _light(look), 0.3 * amount * lit)


def rays(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Shafts of light from above."""
    x, y = _axes(pixels)
    angle = np.arctan2(x - rng.uniform(-0.8, 0.8), y + 1.6)
    shafts = np.clip(np.sin(angle * 22 + rng.uniform(0, 6)) * 0.6 + 0.1, 0, 1)
    return _toward(pixels, _light(look), 0.45 * amount * shafts * np.clip(0.9 - y, 0, 1) / 1.9)


def mist(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Banks of mist around the horizon."""
    _, y = _axes(pixels)
    bank = np.exp(-((y - 0.12) ** 2) / 0.06) * _coarse(rng, pixels.shape[1], 5)
    return _toward(pixels, look.colours["low"], 0.9 * amount * bank)


def spotlight(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """A cone of soft light, dusk at the edges."""
    x, y = _axes(pixels)
    cone = _disc_light(x, y * 0.7, (rng.uniform(-0.15, 0.15), 0.1), 0.75)
    pixels = _toward(pixels, look.colours["dark"], 0.32 * amount * (1 - cone))
    return _toward(pixels, _light(look), 0.22 * amount * cone)


def ripples(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """The net of light that water throws on the ground."""
    x, y = _axes(pixels)
    warp = _coarse(rng, pixels.shape[1], 7) * 5
    net = np.abs(np.sin(9 * x + warp) + np.sin(12 * y - warp))
    lines = np.clip(1 - net * 2.2, 0, 1) * np.clip(y * 1.6, 0, 1)
    return _toward(pixels, _light(look), 0.6 * amount * lines)


def bokeh(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Soft discs of light out of focus."""
    line = ramp(pixels.shape[1])
    for _ in range(round(9 * amount)):
        (x, y), radius = rng.uniform(-1, 1, 2).tolist(), rng.uniform(0.05, 0.13)
        across, down = (_around(line, middle, radius) for middle in (x, y))
        distance = np.sqrt((line[None, across] - x) ** 2 + (line[down, None] - y) ** 2)
        disc = np.clip((radius - distance) * 40, 0, 1) * (0.55 + 0.45 * distance / radius)
        _toward(pixels[:, down, across], _light(look), 0.4 * disc)
    return pixels


def _around(line: Plane, middle: float, reach: float) -> slice:
    """Returns the slice of the rising values of `line` within `reach` of `middle`."""
    low, high = np.searchsorted(line, (middle - reach, middle + reach))
    return slice(int(low), int(high))


def rain(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Slanted streaks of rain."""
    side, scale = pixels.shape[1], _scale(pixels)
    rows, columns = np.nonzero(rng.random((side, side)) > 1 - 0.012 * amount / scale**2)
    streak, long = np.zeros((side, side), np.float32), round(12 * scale)
    for step in range(long):
        streak[(rows + step) % side, (columns - step // 3) % side] += 1 - step / long
    return _toward(pixels, _light(look), np.minimum(streak, 1) * (0.38 * scale))


def bloom(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Bright places spill over."""
    bright = np.clip(pixels - 0.55, 0, 1)
    halo = [blurred(plane, 12 * _scale(pixels), 1.5 * amount) for plane in bright]
    pixels += np.minimum(halo, 0.9) * (1 - np.clip(pixels, 0, 1))
    return pixels


def milk(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """A veil that lifts the shadows."""
    pixels += (colour(_light(look)) - pixels) * (0.3 * amount)
    return pixels


def vivid(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Stronger colours."""
    grey = _grey(pixels)
    return np.clip(grey + (pixels - grey) * (1 + 0.5 * amount), 0, 1)


def fade(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Old film: few colours, warm lights, green shadows, no true black."""
    grey = _grey(pixels)
    pale = grey + (pixels - grey) * (1 - 0.45 * amount)
    pixels += (pale * WARMTH + BLACK_OF_FILM - pixels) * amount
    return pixels


def leak(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Orange light that leaks in from one side."""
    x, y = _axes(pixels)
    side = -1 if rng.random() < 0.5 else 1
    across, down = np.exp(-((x - side * 1.05) ** 2) / 0.12), y - rng.uniform(-0.6, 0.6)
    return _toward(pixels, (255, 128, 41), across * (0.75 * amount * np.exp(-(down**2) / 0.7)))


def prism(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Red and blue a little apart, and a film of oil colours."""
    side = pixels.shape[1]
    shift = round(2 * amount * _scale(pixels))
    out = pixels.copy()
    out[0, :, shift:] = pixels[0, :, : side - shift]
    out[2, :, : side - shift] = pixels[2, :, shift:]
    x, y = _axes(pixels)
    phase = 3 * (x + y) + 3 * _coarse(rng, side, 4)
    for channel, turn in enumerate((0, 2.1, 4.2)):
        out[channel] += 0.06 * amount * np.sin(phase + turn)
    return out


def halftone(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Printed dots, larger where it is dark."""
    dark = 1 - _grey(pixels)
    ink = np.clip((_screen(pixels.shape[1]) - 0.72 + 0.5 * dark) * 3, 0, 1)
    return _shaded(pixels, 1 - 0.3 * amount * ink)


@lru_cache(maxsize=4)
def _screen(side: int) -> Plane:
    """Returns the dot pattern of a printer's screen, read-only."""
    line = np.arange(side, dtype=np.float32) * np.float32(1.05 * SIDE / side)
    dots: Plane = np.sin(line[None, :] + line[:, None]) * np.sin(line[None, :] - line[:, None])
    return dots


def weave(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Linen threads, too fine to show completely in a small picture."""
    side = pixels.shape[1]
    line = np.arange(side, dtype=np.float32)
    wave = np.sin(line * 2.1) * 0.5
    threads = wave[None, :] + wave[:, None]
    uneven = _coarse(rng, side, 24)
    return _shaded(pixels, 1 + 0.13 * amount * _scale(pixels) * threads * (0.5 + uneven))


def paper(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Fibres and stains of rough paper."""
    side = pixels.shape[1]
    fibre = _coarse(rng, side, 90) * 0.6 + _coarse(rng, side, 9) * 0.4
    return _shaded(pixels, 1 + 0.2 * amount * (fibre - 0.5))


def plush(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """The nap of velvet: brushed patches that reflect light, and a fine pile."""
    side = pixels.shape[1]
    brushed, pile = _coarse(rng, side, 8), _coarse(rng, side, 112)
    light = 1 + amount * (0.5 * (brushed - 0.5) + 0.16 * (pile - 0.5))
    return _shaded(pixels, light)


def scanlines(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """The lines of a screen."""
    pixels[:, ::3] *= 1 - 0.28 * amount * _scale(pixels)
    return pixels


def grain(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Film grain, strongest in the middle tones."""
    noise = rng.standard_normal(pixels.shape[1:], dtype=np.float32)
    pixels += noise * (0.085 * amount * _scale(pixels))
    return pixels


def scratches(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Upright scratches and specks of dust."""
    side = pixels.shape[1]
    for column in rng.integers(0, side, round(4 * amount)):
        top, low = sorted(rng.integers(0, side, 2))
        pixels[:, top:low, column] += 0.2
    for row, column in rng.integers(2, side - 3, (round(16 * amount), 2)):
        pixels[:, row : row + 2, column : column + 2] += 0.3
    return pixels


def vignette(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """Darkness towards the corners."""
    x, y = _axes(pixels)
    fall = np.clip((x * x + y * y - 0.45) / 1.5, 0, 1)
    return _shaded(pixels, 1 - 0.75 * amount * fall)


def border(pixels: Planes, amount: float, look: Look, rng: Generator) -> Planes:
    """The pale rounded border of a print."""
    return _toward(pixels, (237, 227, 204), amount * _edge(pixels.shape[1]))


@lru_cache(maxsize=4)
def _edge(side: int) -> Plane:
    """Returns the mask of a print's border, read-only."""
    line = np.abs(ramp(side)) ** 12
    round_square = (line[None, :] + line[:, None]) ** np.float32(1 / 12)
    mask: Plane = np.clip((round_square - 0.925) * 90, 0, 1)
    return mask


FINISHES: dict[str, Finish] = {
    "windowlight": windowlight, "rays": rays, "mist": mist, "spotlight": spotlight,
    "ripples": ripples, "bokeh": bokeh, "rain": rain, "bloom": bloom, "milk": milk, "vivid": vivid,
    "fade": fade, "leak": leak, "prism": prism, "halftone": halftone, "weave": weave,
    "paper": paper, "plush": plush, "scanlines": scanlines, "grain": grain, "scratches": scratches,
    "vignette": vignette, "border": border,
}  # fmt: skip


def finish(pixels: Planes, look: Look, rng: Generator) -> Image.Image:
    """Returns `pixels` as an RGB picture after every effect of which the look has more than a
    minimum.
    """
    for name, touch in FINISHES.items():
        amount = look.amount(name)
        if amount > 0.05:
            pixels = touch(pixels, amount, look, rng)
    pixels *= 255
    pixels += 0.5
    values = np.clip(pixels, 0, 255, out=pixels).astype(np.uint8)
    return Image.merge("RGB", [Image.fromarray(plane) for plane in values])
