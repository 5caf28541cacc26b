"""What a style hangs before the objects of any scene: flowers, garlands, ribbons, bubbles, a seal.

In comes a stage and an amount in 0..1; out come a few more sheets, laid last, in the order of the
table BEFORE. No function here knows an object or a scene.
"""

import math

from zeitgraph.extraction.demo.stage import Dressing, Stage

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
    stage.painting.lay(brush.sheet, stage.look.matter(glow=amount, cast=0, shade=0, rim=0))


def candles(stage: Stage, amount: float) -> None:
    """Candles at the feet of the picture."""
    tones = {"wax": (206, 190, 160), "flame": (255, 186, 90)}
    brush = stage.painting.brush(tones)
    for _ in range(round(5 * amount)):
        side = -1 if stage.chance.random() < 0.5 else 1
        x, height = side * stage.between(0.62, 0.97), stage.between(0.12, 0.3)
        brush.box(x - 0.035, 0.95 - height, x + 0.035, 0.95, "wax")
        brush.oval(x, 0.9 - height, 0.022, 0.05, "flame")
    stage.painting.lay(brush.sheet, stage.look.matter(glow=0.8, cast=0.4, shade=0.5))


def flowers(stage: Stage, amount: float) -> None:
    """Meadow flowers along the lower edge."""
    with stage.sheet(1.0) as brush:
        for _ in range(round(16 * amount)):
            x, top = stage.between(-1, 1), stage.between(0.72, 0.92)
            tone = ("accent", "second", "third")[int(stage.chance.integers(3))]
            brush.stroke([(x, 1.05), (x + 0.02, top)], 0.014, "near")
            for step in range(5):
                angle = step * 2 * math.pi / 5
                petal = x + 0.03 * math.cos(angle), top + 0.03 * math.sin(angle)
                brush.oval(*petal, 0.026, 0.026, tone)
            brush.oval(x, top, 0.016, 0.016, "light")


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
            tone = ("accent", "second", "third", "light")[int(stage.chance.integers(4))]
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
        stage.painting.lay(brush.sheet, stage.look.matter(glow=amount, cast=0, shade=0, rim=0))


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
    stage.painting.lay(brush.sheet, stage.look.matter(glow=0.6, cast=0, shade=0, rim=0))


def bamboo(stage: Stage, amount: float) -> None:
    """Stalks and leaves at one edge."""
    side = -1 if stage.chance.random() < 0.5 else 1
    with stage.sheet(1.0, cast=0.1) as brush:
        for x in (0.94, 0.8):
            brush.stroke([(side * x, 1.05), (side * (x - 0.06), -1.05)], 0.035 * amount, "ink")
            for _ in range(6):
                y = stage.between(-1, 0.1)
                reach = side * (x - stage.between(0.16, 0.34))
                middle = (side * x + reach) / 2
                leaf = [(side * x, y), (middle, y + 0.01), (reach, y + 0.16), (middle, y + 0.08)]
                brush.shape(leaf, "ink")


def seal(stage: Stage, amount: float) -> None:
    """A red seal and a line of brushed signs."""
    x, y = stage.between(0.66, 0.8) * (-1 if stage.chance.random() < 0.5 else 1), 0.72
    tones = {"red": (178, 46, 34), "paper": (246, 238, 222), "ink": (40, 40, 44)}
    brush = stage.painting.brush(tones)
    brush.box(x - 0.1 * amount, y, x + 0.1 * amount, y + 0.2, "red", corner=0.02)
    for level in (y + 0.05, y + 0.1, y + 0.15):
        brush.stroke([(x - 0.05, level), (x + 0.05, level)], 0.018, "paper")
    for step in range(4):
        level = y - 0.1 - 0.13 * step
        brush.stroke([(x - 0.04, level), (x + 0.04, level - 0.02)], 0.025, "ink")
        brush.stroke([(x, level - 0.05), (x - 0.03, level + 0.05)], 0.025, "ink")
    stage.painting.lay(brush.sheet, stage.look.matter(cast=0, shade=0, bleed=0))


def stripes(stage: Stage, amount: float) -> None:
    """A striped cloth hanging into one upper corner."""
    side = -1 if stage.chance.random() < 0.5 else 1
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


BEFORE: dict[str, Dressing] = {
    "campfire": campfire, "candles": candles, "flowers": flowers, "fringe": fringe,
    "confetti": confetti, "stringlights": string_lights, "ribbons": ribbons, "pearls": pearls,
    "bubbles": bubbles, "sparkle": sparkle, "bamboo": bamboo, "seal": seal, "stripes": stripes,
    "dots": dots,
}  # fmt: skip
