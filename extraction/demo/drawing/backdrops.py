"""Decorations of a style between the scene and the objects: arches, tents, neon signs, palms,
domes.

Input: a stage and an amount in 0..1. Output: a few more sheets, in the order of the table BEHIND.
The functions do not know the objects or the scene.
"""

import math

from zeitgraph.extraction.demo.drawing.brush import disc, mix
from zeitgraph.extraction.demo.drawing.stage import HORIZON, Decoration, Stage


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
                side = -1 if stage.rng.random() < 0.5 else 1
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
        tone = ("first", "second", "third")[int(stage.rng.integers(3))]
        x, y = stage.between(-0.95, 0.85), stage.between(-0.9, -0.5)
        left, right, low = x - 0.07, x + 0.07, y + 0.5
        board = [(left, y), (right, y), (right, low), (left, low), (left, y)]
        brush.stroke(board, 0.022, tone)
        for step in range(4):
            level = y + 0.08 + step * 0.11
            brush.stroke([(x - 0.035, level), (x + 0.035, level + 0.02)], 0.02, tone)
            brush.stroke([(x, level - 0.03), (x - 0.01, level + 0.05)], 0.02, tone)
    stage.painting.lay(brush.sheet, stage.look.material(glow=amount, cast=0, shade=0))


def puddle(stage: Stage, amount: float) -> None:
    """Coloured reflections on wet ground."""
    with stage.sheet(0.9, cast=0) as brush:
        for _ in range(round(14 * amount)):
            x, y = stage.between(-1, 1), stage.between(HORIZON + 0.2, 1)
            tone = ("accent", "second", "third")[int(stage.rng.integers(3))]
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


def sunset(stage: Stage, amount: float) -> None:
    """A huge low sun, cut into bars that become thinner toward the bottom."""
    x, y, radius = stage.between(-0.3, 0.3), -0.2, 0.52 * amount
    top, low = (255, 226, 110), (255, 62, 150)
    tones = {str(step): mix(top, low, step / 11) for step in range(12)}
    brush = stage.painting.brush(tones)
    for step in range(12):
        up = y - radius + radius * step / 6
        down = up + radius / 6 * (1 - 0.06 * max(0, step - 3))
        left = [(x - _half_chord(radius, a - y), a) for a in (up, (up + down) / 2, down)]
        right = [(2 * x - a, b) for a, b in reversed(left)]
        brush.shape([*left, *right], str(step))
    stage.painting.lay(brush.sheet, stage.look.material(glow=0.6, cast=0, shade=0, rim=0, chrome=0))


def _half_chord(radius: float, height: float) -> float:
    return math.sqrt(max(0.0, radius**2 - height**2))


def palms(stage: Stage, amount: float) -> None:
    """Two leaning palm trees, one at each edge."""
    with stage.sheet(1.0, cast=0.2) as brush:
        for side in (-1, 1):
            foot, x, y = 0.92 * side, side * stage.between(0.6, 0.74), stage.between(-0.7, -0.45)
            trunk = [(foot, 0.5), (0.88 * side, 0.1), ((foot + x) / 2 + 0.04 * side, -0.25), (x, y)]
            brush.stroke(trunk, 0.05 * amount, "near")
            for step in range(7):
                angle = math.pi * (0.9 + 1.2 * step / 6)
                tip = x + 0.42 * math.cos(angle), y + 0.2 + 0.32 * math.sin(angle)
                middle = x + 0.22 * math.cos(angle), y + 0.24 * math.sin(angle) - 0.04
                under = middle[0], middle[1] + 0.1
                brush.shape([(x, y), middle, tip, under], "near" if step % 2 else "mid")


def terraces(stage: Stage, amount: float) -> None:
    """Painted houses that climb a cliff at one side, with shutters, arches and tiled roofs."""
    side = -1 if stage.rng.random() < 0.5 else 1
    tones = {
        "sun": (255, 214, 92), "clay": (222, 116, 70), "rose": (245, 176, 140),
        "wall": (255, 246, 228), "roof": (176, 72, 42), "blue": (24, 66, 150),
    }  # fmt: skip
    for level, row in enumerate((-0.52, -0.24, 0.04)):
        brush = stage.painting.brush(tones)
        for step in range(2 + level):
            x = side * (1.0 - 0.27 * step + stage.between(-0.03, 0.03))
            top = row - stage.between(0.02, 0.12) * amount
            tone = ("sun", "clay", "wall", "rose")[int(stage.rng.integers(4))]
            brush.box(x - 0.14, top, x + 0.14, 0.4, tone)
            brush.shape(
                [(x - 0.17, top), (x - 0.1, top - 0.07), (x + 0.1, top - 0.07), (x + 0.17, top)],
                "roof",
            )
            for shift in (-0.07, 0.07):
                window = disc(x + shift, top + 0.1, 0.035, 0.04, (180, 360))
                low = top + 0.18
                brush.shape([*window, (x + shift + 0.035, low), (x + shift - 0.035, low)], "blue")
        stage.painting.lay(brush.sheet, stage.look.material(cast=0.35 * amount))


def tiles(stage: Stage, amount: float) -> None:
    """Rows of painted tiles on the ground, blue on white with a lemon heart."""
    tones = {
        "white": mix(stage.look.colours["ground"], (250, 250, 244), amount),
        "blue": mix(stage.look.colours["ground"], (34, 84, 176), amount),
        "heart": (250, 206, 60),
    }
    brush = stage.painting.brush(tones)
    for row, (top, low) in enumerate(((0.44, 0.58), (0.58, 0.78), (0.78, 1.06))):
        wide, middle = (low - top) * 1.25, (top + low) / 2
        brush.box(-1.1, top, 1.1, low, "white")
        for step in range(-8, 9):
            x = (step + 0.5 * (row % 2)) * wide
            if abs(x) > 1.2:
                continue
            brush.star(x, middle, 0.42 * (low - top), "blue")
            brush.oval(x, middle, 0.05 * (low - top), 0.04 * (low - top), "heart")
            edge = x + wide / 2
            brush.shape(
                [(edge - 0.04, middle), (edge, top), (edge + 0.04, middle), (edge, low)], "blue"
            )
    stage.painting.lay(brush.sheet, stage.look.material(cast=0, rim=0.2))


def chandelier(stage: Stage, amount: float) -> None:
    """A golden chandelier with burning candles."""
    x, y = stage.between(-0.35, 0.35), -0.52
    tones = {"gold": (224, 170, 72), "wax": (250, 232, 196), "flame": (255, 206, 120)}
    brush = stage.painting.brush(tones)
    brush.stroke([(x, -1.05), (x, y)], 0.02, "gold")
    for reach in (0.18, 0.36):
        brush.arc((x, y - 0.04, reach * amount, 0.14), (0, 180), 0.028, "gold")
        for side in (-1, 1):
            left = x + side * reach * amount
            brush.box(left - 0.02, y - 0.16, left + 0.02, y - 0.04, "wax")
            brush.oval(left, y - 0.2, 0.024, 0.05, "flame")
            brush.oval(left, y + 0.01, 0.03, 0.02, "gold")
    brush.oval(x, y + 0.12, 0.05, 0.06, "gold")
    brush.oval(x, y + 0.22, 0.025, 0.045, "wax")
    stage.painting.lay(brush.sheet, stage.look.material(glow=0.8 * amount, cast=0.3, shade=0.3))


def moss(stage: Stage, amount: float) -> None:
    """Cushions of moss and curled ferns along the ground."""
    for level, depth, tone in ((0.3, 0.55, "mid"), (0.46, 0.8, "ground")):
        with stage.sheet(depth, cast=0.25) as brush:
            for step in range(8):
                x, radius = -1.05 + 0.3 * step, stage.between(0.14, 0.26)
                brush.oval(x, level, radius, radius * 0.5 * amount, tone)
            brush.box(-1.1, level, 1.1, 1.1, tone)
    with stage.sheet(0.9, cast=0.2) as brush:
        for _ in range(round(5 * amount)):
            side = -1 if stage.rng.random() < 0.5 else 1
            x, y = side * stage.between(0.5, 1.0), stage.between(0.34, 0.5)
            lean, high = stage.between(-0.2, 0.2), stage.between(0.35, 0.6)
            for step in range(7):
                share = step / 6
                stem, level = x + lean * share**2, y - high * share
                reach = 0.13 * (1 - 0.8 * share)
                for leaf in (-1, 1):
                    tip = stem + leaf * reach, level - 0.05
                    brush.shape([(stem, level), tip, (stem, level - 0.05)], "near")
            curve = [(x + lean * (step / 6) ** 2, y - high * step / 6) for step in range(7)]
            brush.stroke(curve, 0.014, "near")


def halo(stage: Stage, amount: float) -> None:
    """A golden sun with long and short rays, as on an old poster."""
    x, y = stage.between(-0.5, 0.5), stage.between(-0.62, -0.48)
    brush = stage.painting.brush({"gold": (255, 200, 52), "core": (255, 238, 160)})
    for step in range(24):
        angle, reach = step * math.pi / 12, (0.52 if step % 2 else 0.4) * amount
        left, right = angle - 0.05, angle + 0.05
        foot = [(x + 0.29 * math.cos(a), y + 0.29 * math.sin(a)) for a in (left, right)]
        brush.shape([*foot, (x + reach * math.cos(angle), y + reach * math.sin(angle))], "gold")
    brush.oval(x, y, 0.25, 0.25, "gold")
    brush.oval(x, y, 0.19, 0.19, "core")
    stage.painting.lay(brush.sheet, stage.look.material(glow=0.3 * amount, cast=0.1, shade=0.1))


def domes(stage: Stage, amount: float) -> None:
    """Glass domes with gardens inside, and slim towers with planted balconies."""
    with stage.sheet(0.75) as brush:
        for side in (-1, 1):
            x, top = side * stage.between(0.68, 0.9), stage.between(-0.75, -0.5)
            brush.box(x - 0.13, top, x + 0.13, 0.3, "light", corner=0.1)
            for step in range(4):
                y = top + 0.16 + 0.19 * step
                brush.box(x - 0.17, y, x + 0.17, y + 0.025, "accent")
                for shift in (-0.12, -0.04, 0.05, 0.13):
                    height = stage.between(0.03, 0.06)
                    brush.oval(x + shift, y - 0.02, 0.055, height, "near" if step % 2 else "mid")
    glass = {"glass": (196, 238, 236), "shine": (255, 255, 255), "leaf": (58, 158, 84)}
    brush = stage.painting.brush(glass | {"deep": (24, 112, 74), "frame": (214, 164, 52)})
    for _ in range(2):
        x, radius = stage.between(-0.55, 0.55), stage.between(0.28, 0.4) * amount
        low = 0.28
        brush.shape(disc(x, low, radius, radius * 1.05, (180, 360)), "glass")
        for shift, height, tone in ((-0.45, 0.5, "deep"), (0.0, 0.72, "leaf"), (0.45, 0.4, "deep")):
            plant = x + shift * radius
            brush.stroke([(plant, low), (plant, low - 0.5 * height * radius)], 0.02, "deep")
            brush.oval(plant, low - height * radius, 0.25 * radius, 0.25 * radius, tone)
        for ribs in (radius, radius * 0.5, 0.012):
            brush.arc((x, low, ribs, radius * 1.05), (180, 360), 0.014, "frame")
        brush.arc((x, low, radius * 0.8, radius * 0.85), (200, 245), 0.03, "shine")
        brush.box(x - radius * 1.1, low - 0.02, x + radius * 1.1, low + 0.08, "frame")
        brush.box(x - radius * 1.1, low + 0.05, x + radius * 1.1, 0.42, "deep")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.3, shade=0.25))


def maples(stage: Stage, amount: float) -> None:
    """Glowing autumn trees at both edges and a carpet of leaves below them."""
    tones = {
        "trunk": (74, 40, 24), "red": (188, 48, 28), "orange": (232, 118, 30),
        "gold": (246, 182, 52), "wine": (132, 30, 34),
    }  # fmt: skip
    crowns = ("red", "orange", "gold", "wine")
    for side in (-1, 1):
        brush = stage.painting.brush(tones)
        x, y = side * stage.between(0.66, 0.9), stage.between(-0.6, -0.4)
        first = int(stage.rng.integers(4))
        brush.stroke([(x, 0.42), (x, y)], 0.08, "trunk")
        brush.stroke([(x, y + 0.3), (x - 0.16 * side, y + 0.08)], 0.04, "trunk")
        for step in range(round(13 * amount)):
            tone = crowns[(first + (0, 0, 1, 0, 2)[step % 5]) % 4]
            a, b = stage.between(-0.26, 0.26), stage.between(-0.26, 0.2)
            brush.oval(x + a, y + b, stage.between(0.09, 0.15), stage.between(0.08, 0.13), tone)
        for _ in range(round(16 * amount)):
            a, b = x + stage.between(-0.5, 0.5), stage.between(0.36, 0.56)
            brush.oval(a, b, 0.035, 0.018, crowns[int(stage.rng.integers(4))])
        stage.painting.lay(brush.sheet, stage.look.material(cast=0.35, shade=0.5))


BEHIND: dict[str, Decoration] = {
    "arch": arch, "tracery": tracery, "sails": sails, "drapes": drapes, "pines": pines,
    "canopy": canopy, "signs": signs, "puddle": puddle, "grid": grid, "tulle": tulle,
    "terraces": terraces, "tiles": tiles, "sunset": sunset, "palms": palms,
    "moss": moss, "halo": halo, "domes": domes, "maples": maples, "chandelier": chandelier,
}  # fmt: skip
