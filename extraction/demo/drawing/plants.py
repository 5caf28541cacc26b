"""Plants in front of the objects: flowers, bamboo, lemons, toadstools, leaves.

Input: a stage and an amount in 0..1. Output: a few more sheets. Their order is in the table BEFORE
of `ornaments`. The functions do not know the objects or the scene.
"""

import math

from zeitgraph.extraction.demo.drawing.brush import disc
from zeitgraph.extraction.demo.drawing.stage import Stage

LEAF = ((-1, 0), (-0.5, -0.5), (0.1, -0.58), (1.2, 0), (0.1, 0.58), (-0.5, 0.5))


def flowers(stage: Stage, amount: float) -> None:
    """Meadow flowers along the lower edge."""
    with stage.sheet(1.0) as brush:
        for _ in range(round(16 * amount)):
            x, top = stage.between(-1, 1), stage.between(0.72, 0.92)
            tone = ("accent", "second", "third")[int(stage.rng.integers(3))]
            brush.stroke([(x, 1.05), (x + 0.02, top)], 0.014, "near")
            for step in range(5):
                angle = step * 2 * math.pi / 5
                petal = x + 0.03 * math.cos(angle), top + 0.03 * math.sin(angle)
                brush.oval(*petal, 0.026, 0.026, tone)
            brush.oval(x, top, 0.016, 0.016, "light")


def bamboo(stage: Stage, amount: float) -> None:
    """Stalks and leaves at one edge."""
    side = -1 if stage.rng.random() < 0.5 else 1
    with stage.sheet(1.0, cast=0.1) as brush:
        for x in (0.94, 0.8):
            brush.stroke([(side * x, 1.05), (side * (x - 0.06), -1.05)], 0.035 * amount, "ink")
            for _ in range(6):
                y = stage.between(-1, 0.1)
                reach = side * (x - stage.between(0.16, 0.34))
                middle = (side * x + reach) / 2
                leaf = [(side * x, y), (middle, y + 0.01), (reach, y + 0.16), (middle, y + 0.08)]
                brush.shape(leaf, "ink")


def lemons(stage: Stage, amount: float) -> None:
    """A branch with lemons, blossoms and leaves across one upper corner."""
    side = -1 if stage.rng.random() < 0.5 else 1
    tones = {
        "wood": (96, 66, 40), "leaf": (62, 112, 48), "pale": (122, 160, 62),
        "lemon": (255, 214, 46), "glint": (255, 244, 178), "blossom": (255, 252, 242),
    }  # fmt: skip
    brush = stage.painting.brush(tones)
    line = [(side * (1.06 - 0.2 * step), -0.98 + 0.035 * step) for step in range(6)]
    brush.stroke(line, 0.025, "wood")
    for x, y in line:
        for turn, tone in ((-0.1, "leaf"), (0.1, "pale"), (0.02, "leaf")):
            a, b = x + turn, y + stage.between(0.04, 0.16)
            across = 0.045 * (-1 if turn < 0 else 1)
            brush.shape([(x, y), (a + across, b - 0.03), (a + turn * 0.6, b + 0.08), (a, b)], tone)
    for x, y in line[: round(5 * amount)]:
        low = y + stage.between(0.13, 0.24)
        brush.stroke([(x, y), (x, low)], 0.014, "wood")
        brush.oval(x, low, 0.075, 0.09, "lemon")
        brush.shape([(x - 0.03, low + 0.07), (x + 0.03, low + 0.07), (x, low + 0.125)], "lemon")
        brush.oval(x - 0.025, low - 0.03, 0.02, 0.028, "glint")
        brush.star(x + 0.1 * side, y + 0.02, 0.05, "blossom")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.4, shade=0.45, rim=0.3))


def mushrooms(stage: Stage, amount: float) -> None:
    """Red toadstools with white dots in the lower corners."""
    tones = {
        "stem": (246, 232, 204), "gill": (214, 188, 160), "cap": (206, 52, 44),
        "rust": (224, 120, 70), "dot": (255, 248, 232),
    }  # fmt: skip
    brush = stage.painting.brush(tones)
    for step in range(round(6 * amount)):
        side = -1 if step % 2 else 1
        x, foot = side * stage.between(0.6, 0.98), stage.between(0.82, 1.0)
        size = stage.between(0.1, 0.2)
        top = foot - 1.5 * size
        stem = [(x - 0.2 * size, top), (x + 0.2 * size, top), (x + 0.32 * size, foot)]
        brush.shape([*stem, (x - 0.32 * size, foot)], "stem")
        brush.oval(x, top, size, 0.22 * size, "gill")
        brush.shape(disc(x, top, size, 0.95 * size, (180, 360)), "rust" if step % 3 == 2 else "cap")
        for a, b, radius in (
            (-0.5, 0.35, 0.12),
            (0.05, 0.6, 0.16),
            (0.5, 0.3, 0.11),
            (0, 0.2, 0.1),
        ):
            spot = radius * size
            brush.oval(x + a * size, top - b * size, spot, spot * 0.8, "dot")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.45, shade=0.5, bleed=0))


def greens(stage: Stage, amount: float) -> None:
    """Hanging plants from the upper edge, broad leaves in the lower corners."""
    with stage.sheet(1.0, cast=0.3) as brush:
        brush.box(-1.1, -1.1, 1.1, -0.97, "near")
        for step in range(12):
            x, long = -1.02 + 0.185 * step, stage.between(0.08, 0.5) * amount
            for leaf in range(int(long / 0.07) + 1):
                y, turn = -0.98 + 0.07 * leaf, 0.045 if leaf % 2 else -0.045
                brush.oval(x + turn, y, 0.05, 0.032, "mid" if (leaf + step) % 3 else "near")
        for side in (-1, 1):
            for lean, high, tone in ((0.42, 0.2, "near"), (0.3, 0.34, "mid"), (0.12, 0.44, "near")):
                root, tip = (side * 1.05, 1.05), (side * (1.05 - lean), 1.02 - high)
                middle = (root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2
                wide = (middle[0] - 0.05 * side, middle[1] - 0.09)
                brush.shape([root, wide, tip, (middle[0] + 0.04 * side, middle[1] + 0.05)], tone)
                brush.stroke([root, tip], 0.012, "pale")


def pumpkins(stage: Stage, amount: float) -> None:
    """Ribbed pumpkins heaped in the lower corners, with ears of wheat."""
    tones = {
        "body": (232, 112, 26), "deep": (188, 78, 16), "lit": (255, 158, 62),
        "stalk": (96, 104, 44), "wheat": (236, 190, 88),
    }  # fmt: skip
    brush = stage.painting.brush(tones)
    for side in (-1, 1):
        for step in range(4):
            x, top = side * (0.98 - 0.06 * step), stage.between(0.36, 0.52)
            brush.stroke([(x, 1.0), (x - 0.02 * side, top)], 0.012, "wheat")
            for grain in range(4):
                brush.oval(
                    x + (0.02 if grain % 2 else -0.02), top + 0.035 * grain, 0.018, 0.03, "wheat"
                )
    for step in range(round(4 * amount)):
        side = -1 if step % 2 else 1
        radius = stage.between(0.13, 0.19) if step < 2 else stage.between(0.08, 0.11)
        x = side * (0.9 if step < 2 else 0.64) + stage.between(-0.04, 0.04)
        y = 0.98 - radius * 0.75
        brush.stroke([(x, y - 0.6 * radius), (x + 0.06, y - 1.15 * radius)], 0.045, "stalk")
        for shift, wide, tone in (
            (-0.62, 0.42, "deep"), (0.62, 0.42, "deep"), (-0.34, 0.44, "body"),
            (0.34, 0.44, "body"), (0.0, 0.36, "lit"),
        ):  # fmt: skip
            brush.oval(x + shift * radius, y, wide * radius, 0.78 * radius, tone)
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.5, shade=0.6))


def leaves(stage: Stage, amount: float) -> None:
    """Autumn leaves that fall and turn."""
    tones = {"first": (214, 64, 30), "second": (240, 142, 36), "third": (250, 196, 66)}
    tones["rib"] = (120, 52, 22)
    brush = stage.painting.brush(tones)
    for step in range(round(17 * amount)):
        x, y = stage.between(-1, 1), stage.between(-1, 0.9)
        size, turn = stage.between(0.04, 0.085), stage.between(0, 6)
        tone = ("first", "second", "third")[step % 3]
        cos, sin = size * math.cos(turn), size * math.sin(turn)
        outline = [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in LEAF]
        brush.shape(outline, tone)
        brush.stroke([(x - 1.5 * cos, y - 1.5 * sin), (x + 0.6 * cos, y + 0.6 * sin)], 0.01, "rib")
    stage.painting.lay(brush.sheet, stage.look.material(cast=0.35, shade=0.3))
