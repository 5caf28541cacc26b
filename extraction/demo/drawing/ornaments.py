"""Decorations of a style in front of the objects: garlands, ribbons, bubbles, a seal.

Input: a stage and an amount in 0..1. Output: a few more sheets, laid last, in the order of the
table BEFORE. The functions do not know the objects or the scene.
"""

import math

from zeitgraph.extraction.demo.drawing.brush import mix
from zeitgraph.extraction.demo.drawing.plants import (
    bamboo,
    flowers,
    greens,
    leaves,
    lemons,
    mushrooms,
    pumpkins,
)
from zeitgraph.extraction.demo.drawing.stage import Decoration, Stage

FLAME = "-0.1 0, -0.07 -0.14, -0.02 -0.1, 0 -0.27, 0.05 -0.13, 0.09 -0.16, 0.1 0"


def campfire(stage: Stage, amount: float) -> None:
    """A small fire with logs and a pool of light."""
    x, y = stage.between(-0.75, 0.75), stage.between(0.5, 0.6)
    tones = {"flame": (255, 120, 40), "core": (255, 226, 130), "log": (70, 44, 26)}
    brush = stage.painting.brush(tones)
    brush.path(FLAME, "flame", at=(x, y))
    brush.path("-0.05 0, 0 -0.15, 0.05 0", "core", at=(x, y))
    brush.stroke([(x - 0.14, y - 0.02), (x + 0.14, y + 0.05)], 0.045, "log")
    brush.stroke([(x + 0.14, y - 0.02), (x - 0.14, y + 0.05)], 0.045, "log")
    stage.painting.lay(brush.sheet, stage.look.material(glow=amount, cast=0, shade=0, rim=0))


def candles(stage: Stage, amount: float) -> None:
    """Candles at the feet of the picture."""
    tones = {"wax": (206, 190, 160), "flame": (255, 186, 90)}
    brush = stage.painting.brush(tones)
    for _ in range(round(5 * amount)):
        side = -1 if stage.rng.random() < 0.5 else 1
        x, height = side * stage.between(0.62, 0.97), stage.between(0.12, 0.3)
        brush.box(x - 0.035, 0.95 - height, x + 0.035, 0.95, "wax")
        brush.oval(x, 0.9 - height, 0.022, 0.05, "flame")
    stage.painting.lay(brush.sheet, stage.look.material(glow=0.8, cast=0.4, shade=0.5))


def fringe(stage: Stage, amount: float) -> None:
    """A knotted hanging with triangles and tassels."""
    with stage.sheet(1.0) as brush:
        brush.box(-1.1, -1.1, 1.1, -0.88, "near")
        for step in range(11):
            x = -1 + 0.2 * step
            tone = ("accent", "second", "third")[step % 3]
            brush.shape([(x - 0.1, -0.88), (x + 0.1, -0.88), (x, -0.88 + 0.22 * amount)], tone)
            brush.stroke([(x, -0.68), (x, -0.58)], 0.02, "light")
        for step in range(14):
            brush.star(-0.98 + 0.15 * step, -0.96, 0.045, "light")


def confetti(stage: Stage, amount: float) -> None:
    """Rings, zigzags and triangles all over."""
    with stage.sheet(1.0) as brush:
        for step in range(round(18 * amount)):
            x, y = stage.between(-1, 1), stage.between(-1, 1)
            tone = ("accent", "second", "third", "light")[int(stage.rng.integers(4))]
            kind = step % 4
            if kind == 0:
                brush.arc((x, y, 0.06, 0.06), (0, 360), 0.03, tone)
            elif kind == 1:
                zigzag = [(x, y), (x + 0.06, y - 0.07), (x + 0.12, y), (x + 0.18, y - 0.07)]
                brush.stroke(zigzag, 0.03, tone)
            elif kind == 2:
                brush.shape([(x, y), (x + 0.12, y + 0.02), (x + 0.04, y + 0.12)], tone)
            else:
                brush.oval(x, y, 0.035, 0.035, tone)


def string_lights(stage: Stage, amount: float) -> None:
    """Two garlands of warm bulbs."""
    tones = {"bulb": (255, 228, 160), "wire": (80, 56, 60)}
    for level in (-0.78, -0.5):
        brush = stage.painting.brush(tones)
        sag, shift = stage.between(0.12, 0.24), stage.between(-0.1, 0.1)
        line = [(x / 8, level + shift * x / 8 + sag * (1 - (x / 8) ** 2)) for x in range(-9, 10)]
        brush.stroke(line, 0.012, "wire")
        for x, y in line[::2]:
            brush.oval(x, y + 0.035, 0.034, 0.042, "bulb")
        stage.painting.lay(brush.sheet, stage.look.material(glow=amount, cast=0, shade=0, rim=0))


def ribbons(stage: Stage, amount: float) -> None:
    """Bows with long tails."""
    with stage.sheet(1.0, cast=0.25) as brush:
        for _ in range(round(3 * amount)):
            x, y = stage.between(-0.85, 0.85), stage.between(-0.85, -0.4)
            for side in (-1, 1):
                loop = ((0, 0), (0.16, -0.1), (0.19, 0), (0.16, 0.09))
                brush.shape([(x + side * dx, y + dy) for dx, dy in loop], "accent")
                tail = ((0, 0), (0.05, 0.14), (0.02, 0.24), (0.1, 0.4))
                brush.stroke([(x + side * dx, y + dy) for dx, dy in tail], 0.035, "accent")
            brush.oval(x, y, 0.035, 0.035, "light")


def pearls(stage: Stage, amount: float) -> None:
    """A string of pearls across the top."""
    with stage.sheet(1.0, cast=0.3) as brush:
        for step in range(round(25 * amount)):
            x = -1 + 0.1 * step
            brush.oval(x, -0.72 + 0.18 * math.sin(x * 2.6), 0.03, 0.03, "light")


def bubbles(stage: Stage, amount: float) -> None:
    """Glass bubbles with a glint."""
    with stage.sheet(1.0, cast=0.2) as brush:
        for _ in range(round(6 * amount)):
            x, y = stage.between(-0.95, 0.95), stage.between(-0.95, 0.7)
            radius = stage.between(0.06, 0.16)
            brush.arc((x, y, radius, radius), (0, 360), 0.02, "light")
            brush.arc((x, y, radius * 0.74, radius * 0.74), (190, 260), 0.03, "light")
            brush.oval(x + radius * 0.4, y + radius * 0.4, radius * 0.12, radius * 0.12, "third")


def sparkle(stage: Stage, amount: float) -> None:
    """Large four-pointed glints."""
    brush = stage.painting.brush({"light": (255, 255, 255)})
    for _ in range(round(7 * amount)):
        size = stage.between(0.05, 0.14)
        brush.star(stage.between(-0.9, 0.9), stage.between(-0.9, 0.8), size, "light")
    stage.painting.lay(brush.sheet, stage.look.material(glow=0.6, cast=0, shade=0, rim=0))


def seal(stage: Stage, amount: float) -> None:
    """A red seal and a line of brushed characters."""
    x, y = stage.between(0.66, 0.8) * (-1 if stage.rng.random() < 0.5 else 1), 0.72
    tones = {"red": (178, 46, 34), "paper": (246, 238, 222), "ink": (40, 40, 44)}
    brush = stage.painting.brush(tones)
    brush.box(x - 0.1 * amount, y, x + 0.1 * amount, y + 0.2, "red", corner=0.02)
    for level in (y + 0.05, y + 0.1, y + 0.15):
        brush.stroke([(x - 0.05, level), (x + 0.05, level)], 0.018, "paper")
    for step in range(4):
        level = y - 0.1 - 0.13 * step
        brush.stroke([(x - 0.04, level), (x + 0.04, level - 0.02)], 0.025, "ink")
        brush.stroke([(x, level - 0.05), (x - 0.03, level + 0.05)], 0.025, "ink")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0, shade=0, bleed=0))


def stripes(stage: Stage, amount: float) -> None:
    """A striped cloth hanging into one upper corner."""
    side = -1 if stage.rng.random() < 0.5 else 1
    with stage.sheet(1.0, cast=0.3) as brush:
        for step in range(6):
            x = side * (1.02 - 0.1 * step)
            low = -0.62 * amount - 0.07 * step
            tone = "light" if step % 2 else "second"
            inner = x - side * 0.1
            brush.shape([(x, -1.1), (inner, -1.1), (inner, low - 0.07), (x, low)], tone)


def dots(stage: Stage, amount: float) -> None:
    """Chains of painted dots along the lower edge."""
    with stage.sheet(1.0, cast=0.1) as brush:
        for step in range(21):
            x = -1 + 0.1 * step
            tone = ("accent", "second", "third", "light")[step % 4]
            brush.oval(x, 0.95 - 0.02 * (step % 2), 0.03 * amount, 0.03 * amount, tone)
            brush.oval(x + 0.05, 0.88, 0.015 * amount, 0.015 * amount, "light")


def swags(stage: Stage, amount: float) -> None:
    """Heavy curtains gathered at both sides, with golden cords and tassels."""
    colours = stage.look.colours
    tones = {
        "fold": mix((150, 20, 44), colours["mid"], 0.3),
        "deep": mix((66, 6, 20), colours["dark"], 0.3),
        "gold": (226, 172, 74), "pale": (255, 222, 148),
    }  # fmt: skip
    brush = stage.painting.brush(tones)
    for side in (-1, 1):
        for step in range(5):
            top, waist = side * (1.08 - 0.11 * step * amount), side * (1.06 - 0.035 * step)
            low = side * (1.08 - 0.06 * step)
            outer = 0.12 * side
            fold = [(top, -1.1), (top + outer, -1.1), (waist + outer, 0.2), (low + outer, 1.1)]
            tone = "deep" if step % 2 else "fold"
            brush.shape([*fold, (low, 1.1), (waist, 0.22), (top - 0.02 * side, -0.5)], tone)
        x = side * 0.95
        brush.stroke([(side * 1.05, 0.16), (x - 0.05 * side, 0.24)], 0.05, "gold")
        brush.oval(x, 0.3, 0.035, 0.035, "pale")
        brush.path("-0.02 0, 0.02 0, 0.05 0.2, -0.05 0.2", "gold", at=(x, 0.32))
    for step in range(5):
        x = -0.8 + 0.4 * step
        brush.oval(x, -1.02, 0.23, 0.16 * amount, "deep" if step % 2 else "fold")
        brush.arc((x, -1.02, 0.23, 0.16 * amount), (0, 180), 0.02, "gold")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.6, shade=0.4, rim=0.25))


def icing(stage: Stage, amount: float) -> None:
    """Sugar icing that drips from the top."""
    tones = {"sugar": (255, 150, 190), "glint": (255, 226, 238)}
    brush = stage.painting.brush(tones)
    brush.box(-1.1, -1.1, 1.1, -0.9, "sugar")
    for step in range(11):
        x, drop = -1 + 0.2 * step, stage.between(0.04, 0.26) * amount
        brush.box(x - 0.075, -0.95, x + 0.075, -0.88 + drop, "sugar", corner=0.07)
        brush.stroke([(x - 0.03, -0.93), (x - 0.03, -0.94 + drop)], 0.02, "glint")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.35, shade=0.15))


def lollipops(stage: Stage, amount: float) -> None:
    """Swirled lollipops and striped canes at both edges."""
    tones = {
        "stick": (255, 255, 255), "rose": (255, 118, 168), "mint": (110, 218, 190),
        "lemon": (255, 224, 112), "sky": (140, 188, 255), "white": (255, 255, 255),
    }  # fmt: skip
    brush = stage.painting.brush(tones)
    for step in range(round(4 * amount)):
        side = -1 if step % 2 else 1
        x, y = (
            side * stage.between(0.76, 0.97),
            0.62 - 0.32 * (step // 2) + stage.between(-0.1, 0.1),
        )
        radius = stage.between(0.12, 0.17)
        brush.stroke([(x, y), (x + 0.03 * side, 1.05)], 0.03, "stick")
        tone = ("rose", "mint", "lemon", "sky")[step % 4]
        brush.oval(x, y, radius, radius, tone)
        swirl = [(0.9 * share, 9.5 * share) for share in (turn / 24 for turn in range(25))]
        curl = [(x + radius * r * math.cos(a), y + radius * r * math.sin(a)) for r, a in swirl]
        brush.stroke(curl, 0.24 * radius, "white")
    cane = 0.6 * (-1 if stage.rng.random() < 0.5 else 1)
    hook = [(cane, 1.05), (cane, 0.7), (cane + 0.03, 0.63), (cane + 0.1, 0.62), (cane + 0.13, 0.7)]
    brush.stroke(hook, 0.06, "white")
    for step in range(5):
        y = 0.72 + 0.07 * step
        brush.stroke([(cane - 0.02, y + 0.02), (cane + 0.02, y - 0.015)], 0.025, "rose")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.4, shade=0.3, rim=0.6))


def sprinkles(stage: Stage, amount: float) -> None:
    """Sugar sprinkles strewn on the ground and in the icing."""
    tones = ("accent", "second", "third", "light")
    with stage.sheet(1.0, cast=0.2) as brush:
        for step in range(round(36 * amount)):
            low, high = (0.5, 0.98) if step % 3 else (-1.0, -0.88)
            x, y, angle = stage.between(-1, 1), stage.between(low, high), stage.between(0, 3)
            a, b = 0.028 * math.cos(angle), 0.028 * math.sin(angle)
            brush.stroke([(x - a, y - b), (x + a, y + b)], 0.024, tones[step % 4])


def fireflies(stage: Stage, amount: float) -> None:
    """Warm points of light that float everywhere."""
    brush = stage.painting.brush({"glow": (255, 232, 120), "core": (255, 255, 224)})
    for step in range(round(22 * amount)):
        x, y = stage.between(-0.98, 0.98), stage.between(-0.95, 0.75)
        radius = 0.036 if step % 3 == 0 else 0.022
        brush.oval(x, y, radius, radius, "glow")
        brush.oval(x, y, radius * 0.5, radius * 0.5, "core")
    stage.painting.lay(brush.sheet, stage.look.material(glow=1.0, cast=0, shade=0, rim=0, bleed=0))


BEFORE: dict[str, Decoration] = {
    "campfire": campfire, "candles": candles, "flowers": flowers, "fringe": fringe,
    "confetti": confetti, "stringlights": string_lights, "ribbons": ribbons, "pearls": pearls,
    "bubbles": bubbles, "sparkle": sparkle, "bamboo": bamboo, "seal": seal, "stripes": stripes,
    "dots": dots, "lemons": lemons, "icing": icing, "sprinkles": sprinkles, "lollipops": lollipops,
    "mushrooms": mushrooms, "fireflies": fireflies, "greens": greens, "pumpkins": pumpkins,
    "leaves": leaves, "swags": swags,
}  # fmt: skip
