"""Decorations of a style behind the scene: suns, stars, clouds, hills, a padded wall.

Input: a stage and an amount in 0..1. Output: a few more sheets, in the order of the table SKY. The
functions do not know the objects or the scene.
"""

import math

from zeitgraph.extraction.demo.drawing.brush import mix
from zeitgraph.extraction.demo.drawing.stage import Decoration, Stage

BAT = "0 0, 0.06 -0.06, 0.13 -0.01, 0.05 0.02, 0 0.04, -0.05 0.02, -0.13 -0.01, -0.06 -0.06"


def sun(stage: Stage, amount: float) -> None:
    """A pale disc with two softer rings."""
    x, y = stage.between(-0.7, 0.7), stage.between(-0.8, -0.5)
    tones = {
        tone: mix(stage.look.colours["sky"], stage.look.colours["light"], amount * share)
        for tone, share in (("wide", 0.35), ("middle", 0.6), ("core", 1.2))
    }
    brush = stage.painting.brush(tones)
    for tone, radius in (("wide", 0.34), ("middle", 0.26), ("core", 0.18)):
        brush.oval(x, y, radius, radius, tone)
    stage.painting.lay(brush.sheet, stage.look.material(cast=0, rim=0, shade=0))


def clouds(stage: Stage, amount: float) -> None:
    """Three flat clouds."""
    with stage.sheet(0.6, cast=0.12) as brush:
        for _ in range(round(1 + 3 * amount)):
            x, y = stage.between(-0.9, 0.9), stage.between(-0.9, -0.45)
            for dx, dy, radius in ((-0.14, 0.02, 0.09), (0, -0.03, 0.13), (0.14, 0.02, 0.1)):
                brush.oval(x + dx, y + dy, radius * 1.2, radius * 0.7, "light")


def stars(stage: Stage, amount: float) -> None:
    """Small stars in the upper half."""
    with stage.sheet(1.0, cast=0) as brush:
        for _ in range(round(60 * amount)):
            size = stage.between(0.008, 0.024)
            brush.star(stage.between(-1, 1), stage.between(-1, -0.2), size, "light")


def moon(stage: Stage, amount: float) -> None:
    """A large full moon and three bats."""
    x, y = stage.between(-0.55, 0.55), stage.between(-0.66, -0.46)
    brush = stage.painting.brush({"moon": (236, 220, 190)})
    brush.oval(x, y, 0.26, 0.26, "moon")
    stage.painting.lay(
        brush.sheet, stage.look.material(glow=0.5 * amount, cast=0, shade=0.3, rim=0)
    )
    with stage.sheet(1.0, cast=0) as bats:
        for _ in range(3):
            a, b = x + stage.between(-0.5, 0.5), y + stage.between(-0.2, 0.3)
            bats.path(BAT, "ink", at=(a, b))


def hills(stage: Stage, amount: float) -> None:
    """Two rolling hills with a row of round trees."""
    for depth, level, tone in ((0.35, 0.02, "far"), (0.6, 0.16, "mid")):
        phase = stage.between(0, 6)
        ridge = [(x / 8, level - 0.1 * amount * math.sin(x / 2.4 + phase)) for x in range(-9, 10)]
        with stage.sheet(depth) as brush:
            for x, y in ridge[2:18:4]:
                brush.oval(x, y - 0.05, 0.06, 0.08, "near")
            brush.shape([*ridge, (1.2, 0.5), (-1.2, 0.5)], tone)


def peaks(stage: Stage, amount: float) -> None:
    """Steep brushed peaks, paler with distance."""
    for depth, tone in ((0.1, "far"), (0.3, "mid"), (0.55, "near")):
        with stage.sheet(depth, cast=0.05) as brush:
            x = stage.between(-0.8, 0.8)
            height = amount * stage.between(0.5, 0.95)
            slope = ((-0.5, -0.2), (-0.16, 0.7), (0, 1), (0.1, 0.8), (0.5, -0.2))
            brush.shape([(x + dx, 0.1 - height * share) for dx, share in slope], tone)


def burst(stage: Stage, amount: float) -> None:
    """Rays of flat colour from one point."""
    x, y = stage.between(-0.4, 0.4), stage.between(-0.5, 0)
    with stage.sheet(1.0, cast=0) as brush:
        for step in range(0, 24, 2):
            a, b = step * math.pi / 12, (step + amount) * math.pi / 12
            tone = ("accent", "second", "light")[step // 2 % 3]
            fan = [
                (x + 2.4 * math.cos(angle), min(y + 2.4 * math.sin(angle), 0.3)) for angle in (a, b)
            ]
            brush.shape([(x, y), *fan], tone)


def tufts(stage: Stage, amount: float) -> None:
    """A padded wall of plush diamonds with golden buttons."""
    colours = stage.look.colours
    tones = {
        "lit": mix(colours["mid"], colours["light"], 0.16),
        "deep": mix(colours["mid"], colours["dark"], 0.3),
        "body": colours["mid"],
        "gold": (226, 172, 74),
    }
    for row in range(round(6 * amount)):
        brush = stage.painting.brush(tones)
        y = -0.95 + 0.2 * row
        for step in range(-4, 5):
            x = 0.3 * step + 0.15 * (row % 2)
            brush.shape([(x, y - 0.2), (x + 0.15, y), (x, y + 0.2), (x - 0.15, y)], "body")
            brush.shape([(x, y - 0.17), (x + 0.06, y - 0.06), (x - 0.11, y - 0.01)], "lit")
            brush.shape([(x, y + 0.17), (x - 0.05, y + 0.08), (x + 0.11, y + 0.01)], "deep")
            brush.oval(x, y - 0.2, 0.02 * amount, 0.02 * amount, "gold")
        stage.painting.lay(brush.sheet, stage.look.material(cast=0.55 * amount, softness=0.1))


SKY: dict[str, Decoration] = {
    "tufts": tufts, "burst": burst, "stars": stars, "moon": moon, "sun": sun, "clouds": clouds,
    "peaks": peaks, "hills": hills,
}  # fmt: skip
