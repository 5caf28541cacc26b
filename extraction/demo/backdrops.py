"""What a style hangs behind the objects of any scene: suns, hills, arches, tents, neon signs.

In comes a stage and an amount in 0..1; out come a few more sheets. What is in the table SKY lies
behind the scene, what is in BEHIND before it. No function here knows an object or a scene.
"""

import math

from zeitgraph.extraction.demo.canvas import disc, mix
from zeitgraph.extraction.demo.stage import HORIZON, Dressing, Stage

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
    stage.painting.lay(brush.sheet, stage.look.matter(cast=0, rim=0, shade=0))


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
    stage.painting.lay(brush.sheet, stage.look.matter(glow=0.5 * amount, cast=0, shade=0.3, rim=0))
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
    """Steep brushed peaks that fade as they go."""
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


def arch(stage: Stage, amount: float) -> None:
    """A round-topped niche with a soft inner step."""
    x = stage.between(-0.45, 0.45)
    for width, depth, tone in ((0.5, 1.0, "mid"), (0.41, 0.7, "far")):
        with stage.sheet(depth) as brush:
            top = disc(x, -0.3, width, width * amount, (180, 360))
            brush.shape([*top, (x + width, 0.34), (x - width, 0.34)], tone)


def tracery(stage: Stage, amount: float) -> None:
    """Pointed arches of dark stone along the top."""
    with stage.sheet(1.0) as brush:
        for step in range(3):
            x = -0.68 + 0.68 * step
            for width in (0.34, 0.24):
                left = disc(x + width, -0.3, 2 * width, 0.62, (180, 240))
                right = disc(x - width, -0.3, 2 * width, 0.62, (300, 360))
                line = [(x - width, 0.3), *left, *right, (x + width, 0.3)]
                brush.stroke(line, 0.035 * amount, "near")
        brush.box(-1.1, -1.1, 1.1, -0.9, "near")


def sails(stage: Stage, amount: float) -> None:
    """Two sailing boats far out."""
    with stage.sheet(0.8, cast=0.15) as brush:
        for _ in range(round(2 * amount)):
            x, y = stage.between(-0.85, 0.85), stage.between(-0.02, 0.1)
            brush.path("0 0, 0 -0.26, 0.14 0", "light", at=(x, y))
            brush.path("-0.02 0, -0.02 -0.2, -0.1 0", "accent", at=(x, y))
            brush.path("-0.13 0.02, 0.16 0.02, 0.1 0.07, -0.08 0.07", "ink", at=(x, y))


def drapes(stage: Stage, amount: float) -> None:
    """Satin folds hanging from the top."""
    with stage.sheet(0.9) as brush:
        for step in range(6):
            x = -0.85 + 0.34 * step
            swag = disc(x, -1.02, 0.24, 0.34 * amount, (0, 180))
            brush.shape(swag, "pale" if step % 2 else "mid")


def pines(stage: Stage, amount: float) -> None:
    """Pine trees in two depths at both edges."""
    for depth, tone in ((0.5, "mid"), (0.9, "near")):
        with stage.sheet(depth) as brush:
            for _ in range(round(4 * amount)):
                side = -1 if stage.chance.random() < 0.5 else 1
                x, foot = side * stage.between(0.45, 1.0), stage.between(0.18, 0.34)
                height = stage.between(0.6, 1.1)
                for step in range(3):
                    low = foot - height * 0.28 * step
                    reach = 0.2 - 0.045 * step
                    peak = (x, low - height * 0.48)
                    brush.shape([(x - reach, low), peak, (x + reach, low)], tone)


def canopy(stage: Stage, amount: float) -> None:
    """A bell tent of pale canvas with an open front."""
    x, top = stage.between(-0.5, 0.5), 0.36 - 0.95 * amount
    with stage.sheet(0.95) as brush:
        cloth = [(x - 0.62, 0.36), (x - 0.54, 0.02), (x, top), (x + 0.54, 0.02), (x + 0.62, 0.36)]
        brush.shape(cloth, "light")
        for share in (-0.42, 0.42):
            brush.stroke([(x, top), (x + share, 0.36)], 0.015, "pale")
    with stage.sheet(1.0) as brush:
        low = top + 0.3 * amount
        brush.shape([(x - 0.2, 0.36), (x, low), (x + 0.2, 0.36)], "mid")
        brush.shape([(x, low), (x - 0.2, 0.36), (x - 0.28, 0.36)], "pale")
        brush.shape([(x, low), (x + 0.2, 0.36), (x + 0.28, 0.36)], "pale")


def signs(stage: Stage, amount: float) -> None:
    """Glowing upright signs with strokes that look like writing."""
    things = stage.look.things
    brush = stage.painting.brush(dict(zip(("first", "second", "third"), things, strict=False)))
    for _ in range(round(1 + 3 * amount)):
        tone = ("first", "second", "third")[int(stage.chance.integers(3))]
        x, y = stage.between(-0.95, 0.85), stage.between(-0.9, -0.5)
        left, right, low = x - 0.07, x + 0.07, y + 0.5
        board = [(left, y), (right, y), (right, low), (left, low), (left, y)]
        brush.stroke(board, 0.022, tone)
        for step in range(4):
            level = y + 0.08 + step * 0.11
            brush.stroke([(x - 0.035, level), (x + 0.035, level + 0.02)], 0.02, tone)
            brush.stroke([(x, level - 0.03), (x - 0.01, level + 0.05)], 0.02, tone)
    stage.painting.lay(brush.sheet, stage.look.matter(glow=amount, cast=0, shade=0))


def puddle(stage: Stage, amount: float) -> None:
    """Coloured reflections on wet ground."""
    with stage.sheet(0.9, cast=0) as brush:
        for _ in range(round(14 * amount)):
            x, y = stage.between(-1, 1), stage.between(HORIZON + 0.2, 1)
            tone = ("accent", "second", "third")[int(stage.chance.integers(3))]
            brush.stroke([(x, y), (x + stage.between(0.08, 0.3), y)], 0.014, tone)


def grid(stage: Stage, amount: float) -> None:
    """A perspective grid on the ground."""
    with stage.sheet(0.9, cast=0) as brush:
        for step in range(-8, 9):
            line = [(step * 0.14, HORIZON + 0.1), (step * 0.42, 1.1)]
            brush.stroke(line, 0.014 * amount, "light")
        for y in (0.3, 0.37, 0.48, 0.64, 0.86):
            brush.stroke([(-1.1, y), (1.1, y)], 0.014 * amount, "light")


def tulle(stage: Stage, amount: float) -> None:
    """Layers of a skirt of tulle along the ground."""
    for level, depth, tone in ((0.46, 0.5, "pale"), (0.62, 0.75, "mid"), (0.8, 0.95, "pale")):
        with stage.sheet(depth, cast=0.18) as brush:
            brush.box(-1.1, level, 1.1, 1.1, tone)
            for step in range(9):
                brush.oval(-1.04 + 0.26 * step, level, 0.15, 0.1 * amount, tone)


SKY: dict[str, Dressing] = {
    "burst": burst, "stars": stars, "moon": moon, "sun": sun, "clouds": clouds, "peaks": peaks,
    "hills": hills,
}  # fmt: skip
BEHIND: dict[str, Dressing] = {
    "arch": arch, "tracery": tracery, "sails": sails, "drapes": drapes, "pines": pines,
    "canopy": canopy, "signs": signs, "puddle": puddle, "grid": grid, "tulle": tulle,
}  # fmt: skip
