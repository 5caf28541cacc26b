"""What touches a finished picture as a whole: grain, bloom, rain, halftone, a film border.

In come pixels as float32 of shape (side, side, 3) in 0..1, an amount in 0..1 and a look; out come
pixels of the same kind. The table FINISHES is also the order in which they are applied.
"""
# ruff: noqa: ARG001 - all finishes share one signature, few need all of it

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from zeitgraph.extraction.demo.drawing.canvas import SIDE, Pixels, ramp
from zeitgraph.extraction.demo.drawing.look import Look

Plane = NDArray[np.floating]
Finish = Callable[[Pixels, float, Look, Generator], Pixels]


def _shaded(pixels: Pixels, share: Plane) -> Pixels:
    shaded: Pixels = pixels * share[..., None]
    return shaded


def _axes(pixels: Pixels) -> tuple[Plane, Plane]:
    line = ramp(pixels.shape[0])
    return line[None, :], line[:, None]


def _scale(pixels: Pixels) -> float:
    """How large the picture is beside one of SIDE pixels; less than 1 where it is smaller."""
    scale: float = pixels.shape[0] / SIDE
    return scale


def _light(look: Look) -> Pixels:
    return np.array(look.colours["light"], np.float32) / 255


def _grey(pixels: Pixels) -> Plane:
    grey: Plane = pixels.mean(axis=2)
    return grey


def _toward(pixels: Pixels, colour: Pixels, share: Plane) -> Pixels:
    gone = colour - pixels
    gone *= share.astype(np.float32)[..., None]
    gone += pixels
    return gone


def _coarse(chance: Generator, side: int, cells: int) -> Plane:
    """Smooth noise in 0..1 with `cells` cells a side."""
    small = Image.fromarray((chance.random((cells, cells)) * 255).astype(np.uint8), "L")
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32) / 255


def _disc_light(x: Plane, y: Plane, at: tuple[float, float], reach: float) -> Plane:
    distance = (x - at[0]) ** 2 + (y - at[1]) ** 2
    return np.exp(-distance / reach**2).astype(np.float32)


def windowlight(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Slanted panes of light on everything, shade around them."""
    x, y = _axes(pixels)
    slant = x + 0.55 * y + chance.uniform(-0.3, 0.3)
    lit = np.zeros(slant.shape, np.float32)
    for start in (-0.5, 0.02):
        lit += (
            np.clip((slant - start) * 14, 0, 1) * np.clip((start + 0.44 - slant) * 14, 0, 1)
        ) * (np.clip((y + 0.72) * 9, 0, 1) * np.clip((0.74 - y) * 9, 0, 1))
    pixels = _shaded(pixels, 1 - 0.14 * amount * (1 - lit))
    return _toward(pixels, _light(look), 0.3 * amount * lit)


def rays(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Shafts of light from above."""
    x, y = _axes(pixels)
    angle = np.arctan2(x - chance.uniform(-0.8, 0.8), y + 1.6)
    shafts = np.clip(np.sin(angle * 22 + chance.uniform(0, 6)) * 0.6 + 0.1, 0, 1)
    return _toward(pixels, _light(look), 0.45 * amount * shafts * np.clip(0.9 - y, 0, 1) / 1.9)


def mist(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Banks of mist around the horizon."""
    _, y = _axes(pixels)
    bank = np.exp(-((y - 0.12) ** 2) / 0.06) * _coarse(chance, pixels.shape[0], 5)
    colour = np.array(look.colours["low"], np.float32) / 255
    return _toward(pixels, colour, 0.9 * amount * bank)


def spotlight(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """A cone of soft light, dusk at the edges."""
    x, y = _axes(pixels)
    cone = _disc_light(x, y * 0.7, (chance.uniform(-0.15, 0.15), 0.1), 0.75)
    dark = np.array(look.colours["dark"], np.float32) / 255
    pixels = _toward(pixels, dark, 0.32 * amount * (1 - cone))
    return _toward(pixels, _light(look), 0.22 * amount * cone)


def ripples(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """The net of light that water throws on the ground."""
    x, y = _axes(pixels)
    warp = _coarse(chance, pixels.shape[0], 7) * 5
    net = np.abs(np.sin(9 * x + warp) + np.sin(12 * y - warp))
    lines = np.clip(1 - net * 2.2, 0, 1) * np.clip(y * 1.6, 0, 1)
    return _toward(pixels, _light(look), 0.6 * amount * lines)


def bokeh(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Soft discs of light out of focus."""
    x, y = _axes(pixels)
    for _ in range(round(9 * amount)):
        at, radius = chance.uniform(-1, 1, 2), chance.uniform(0.05, 0.13)
        distance = np.sqrt((x - at[0]) ** 2 + (y - at[1]) ** 2)
        disc = np.clip((radius - distance) * 40, 0, 1) * (0.55 + 0.45 * distance / radius)
        pixels = _toward(pixels, _light(look), 0.4 * disc)
    return pixels


def rain(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Slanted streaks of rain."""
    side, scale = pixels.shape[0], _scale(pixels)
    drops = (chance.random((side, side)) > 1 - 0.012 * amount / scale**2).astype(np.float32)
    streak, long = drops.copy(), round(12 * scale)
    for step in range(1, long):
        streak += np.roll(drops, (step, -(step // 3)), (0, 1)) * (1 - step / long)
    return _toward(pixels, _light(look), np.minimum(streak, 1) * (0.38 * scale))


def bloom(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Bright places spill over."""
    side = pixels.shape[0]
    bright = pixels - np.float32(0.55)
    np.clip(bright, 0, 1, out=bright)
    bright *= 255
    small = Image.fromarray(bright.astype(np.uint8), "RGB").reduce(4)
    soft = small.filter(ImageFilter.GaussianBlur(3 * _scale(pixels))).resize(
        (side, side), Image.Resampling.BILINEAR
    )
    halo = np.asarray(soft, np.float32) / 255 * (1.5 * amount)
    halo = 1 - np.clip(halo, 0, 0.9)
    halo *= 1 - np.clip(pixels, 0, 1)
    return np.subtract(1, halo, out=halo)


def milk(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """A veil that lifts the shadows."""
    return pixels + (_light(look) - pixels) * np.float32(0.3 * amount)


def vivid(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Stronger colours."""
    grey = _grey(pixels)[..., None]
    return np.clip(grey + (pixels - grey) * np.float32(1 + 0.5 * amount), 0, 1)


def fade(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Old film: few colours, warm lights, green shadows, no true black."""
    grey = _grey(pixels)[..., None]
    pale = grey + (pixels - grey) * np.float32(1 - 0.45 * amount)
    paper_white = np.array([0.06, 0.06, 0.05], np.float32)
    warm = pale * np.array([1.04, 0.98, 0.84], np.float32) + paper_white
    return pixels + (warm - pixels) * np.float32(amount)


def leak(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Orange light that leaks in from one side."""
    x, y = _axes(pixels)
    side = -1 if chance.random() < 0.5 else 1
    glow = np.exp(-((x - side * 1.05) ** 2) / 0.12 - (y - chance.uniform(-0.6, 0.6)) ** 2 / 0.7)
    return _toward(pixels, np.array([1.0, 0.5, 0.16], np.float32), 0.75 * amount * glow)


def prism(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Red and blue a little apart, and a film of oil colours."""
    shift = round(2 * amount * _scale(pixels))
    out = pixels.copy()
    out[:, shift:, 0] = pixels[:, : pixels.shape[1] - shift, 0]
    out[:, : pixels.shape[1] - shift, 2] = pixels[:, shift:, 2]
    x, y = _axes(pixels)
    phase = 3 * (x + y) + 3 * _coarse(chance, pixels.shape[0], 4)
    film = np.stack([np.sin(phase), np.sin(phase + 2.1), np.sin(phase + 4.2)], axis=2)
    return out + film.astype(np.float32) * np.float32(0.06 * amount)


def halftone(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Printed dots, larger where it is dark."""
    side = pixels.shape[0]
    line = np.arange(side, dtype=np.float32) * np.float32(1.05 / _scale(pixels))
    screen = np.sin(line[None, :] + line[:, None]) * np.sin(line[None, :] - line[:, None])
    dark = 1 - _grey(pixels)
    ink = np.clip((screen - 0.72 + 0.5 * dark) * 3, 0, 1)
    return _shaded(pixels, 1 - 0.3 * amount * ink)


def weave(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Linen threads, finer than a small picture can show whole."""
    side = pixels.shape[0]
    line = np.arange(side, dtype=np.float32)
    wave: Plane = np.sin(line * 2.1) * 0.5
    threads = wave[None, :] + wave[:, None]
    uneven = _coarse(chance, side, 24)
    return _shaded(pixels, 1 + 0.13 * amount * _scale(pixels) * threads * (0.5 + uneven))


def paper(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Fibres and stains of rough paper."""
    side = pixels.shape[0]
    fibre = _coarse(chance, side, 90) * 0.6 + _coarse(chance, side, 9) * 0.4
    return _shaded(pixels, 1 + 0.2 * amount * (fibre - 0.5))


def plush(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """The nap of velvet: brushed patches that take the light, and a fine pile."""
    side = pixels.shape[0]
    brushed, pile = _coarse(chance, side, 8), _coarse(chance, side, 112)
    light = 1 + amount * (0.5 * (brushed - 0.5) + 0.16 * (pile - 0.5))
    return _shaded(pixels, light)


def scanlines(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """The lines of a screen."""
    out = pixels.copy()
    out[::3] *= np.float32(1 - 0.28 * amount * _scale(pixels))
    return out


def grain(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Film grain, strongest in the middle tones."""
    noise = chance.standard_normal(pixels.shape[:2], dtype=np.float32)
    return pixels + noise[..., None] * np.float32(0.085 * amount * _scale(pixels))


def scratches(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Upright scratches and specks of dust."""
    side = pixels.shape[0]
    out = pixels.copy()
    for column in chance.integers(0, side, round(4 * amount)):
        top, low = sorted(chance.integers(0, side, 2))
        out[top:low, column] += np.float32(0.2)
    for row, column in chance.integers(2, side - 3, (round(16 * amount), 2)):
        out[row : row + 2, column : column + 2] += np.float32(0.3)
    return out


def vignette(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """Darkness towards the corners."""
    x, y = _axes(pixels)
    fall = np.clip((x * x + y * y - 0.45) / 1.5, 0, 1)
    return _shaded(pixels, 1 - 0.75 * amount * fall)


def border(pixels: Pixels, amount: float, look: Look, chance: Generator) -> Pixels:
    """The pale rounded border of a print."""
    x, y = _axes(pixels)
    edge = (np.abs(x) ** 12 + np.abs(y) ** 12) ** np.float32(1 / 12)
    mask = np.clip((edge - 0.925) * 90, 0, 1)
    return _toward(pixels, np.array([0.93, 0.89, 0.8], np.float32), amount * mask)


FINISHES: dict[str, Finish] = {
    "windowlight": windowlight, "rays": rays, "mist": mist, "spotlight": spotlight,
    "ripples": ripples, "bokeh": bokeh, "rain": rain, "bloom": bloom, "milk": milk, "vivid": vivid,
    "fade": fade, "leak": leak, "prism": prism, "halftone": halftone, "weave": weave,
    "paper": paper, "plush": plush, "scanlines": scanlines, "grain": grain, "scratches": scratches,
    "vignette": vignette, "border": border,
}  # fmt: skip


def finish(image: Image.Image, look: Look, chance: Generator) -> Image.Image:
    """`image` (RGB, square) after every finish of which the look has at least a little."""
    pixels: Pixels = np.asarray(image, np.float32) / 255
    for name, touch in FINISHES.items():
        amount = look.amount(name)
        if amount > 0.05:
            pixels = touch(pixels, amount, look, chance)
    pixels = np.clip(pixels, 0, 1)
    pixels *= 255
    return Image.fromarray(pixels.astype(np.uint8), "RGB")
