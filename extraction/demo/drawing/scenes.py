"""The nine scenes, each a small function that adds layers of paper.

Input: a stage. Output: two to four sheets between the sky and the objects. Everything below
`HORIZON` is the ground on which things stand. The functions do not know the style: they use tones.
"""

from collections.abc import Callable

from zeitgraph.extraction.demo.drawing.brush import disc
from zeitgraph.extraction.demo.drawing.stage import HORIZON, Stage


def room(stage: Stage) -> None:
    """A wall with a window and a curtain, a skirting board, a rug."""
    x = stage.between(-0.75, 0.15)
    with stage.sheet(0.35) as brush:
        brush.box(-1.1, -1.1, 1.1, HORIZON + 0.16, "far")
        brush.box(x, -0.82, x + 0.72, 0, "light")
        brush.box(x + 0.05, -0.77, x + 0.67, -0.05, "third")
        brush.box(x + 0.34, -0.8, x + 0.38, -0.02, "light")
        brush.box(x, -0.46, x + 0.72, -0.42, "light")
    with stage.sheet(0.7) as brush:
        for side in (x - 0.16, x + 0.66):
            brush.path("0 -0.9, 0.22 -0.9, 0.26 0.2, -0.04 0.2", "mid", at=(side, 0))
        brush.stroke([(x - 0.25, -0.9), (x + 0.97, -0.9)], 0.035, "ink")
    with stage.sheet(0.9) as brush:
        brush.box(-1.1, HORIZON + 0.12, 1.1, 1.1, "ground")
        brush.box(-1.1, HORIZON + 0.1, 1.1, HORIZON + 0.16, "pale")
        brush.oval(stage.between(-0.2, 0.2), 0.78, 0.86, 0.26, "mid")


def cafe(stage: Stage) -> None:
    """Shelves with jars, pendant lamps, a counter."""
    with stage.sheet(0.3) as brush:
        brush.box(-1.1, -1.1, 1.1, 0.4, "far")
        for level in (-0.52, -0.16):
            brush.box(-0.9, level, 0.9, level + 0.05, "near")
            for step in range(9):
                x = -0.82 + 0.2 * step
                height = stage.between(0.1, 0.24)
                tone = ("accent", "second", "third", "pale")[int(stage.rng.integers(4))]
                brush.box(x, level - height, x + 0.12, level, tone)
    with stage.sheet(0.8) as brush:
        for x in (-0.6, 0.0, 0.6):
            drop = stage.between(-0.78, -0.66)
            brush.stroke([(x, -1.1), (x, drop)], 0.02, "ink")
            brush.path("-0.17 0.2, -0.06 0, 0.06 0, 0.17 0.2", "near", at=(x, drop))
            brush.oval(x, drop + 0.2, 0.1, 0.06, "light")
    with stage.sheet(1.0) as brush:
        brush.box(-1.1, HORIZON + 0.16, 1.1, 1.1, "ground")
        brush.box(-1.1, HORIZON + 0.12, 1.1, HORIZON + 0.22, "pale")
        for step in range(9):
            brush.box(-1.05 + step * 0.26, 0.66, -1.03 + step * 0.26, 1.1, "mid")


def street(stage: Stage) -> None:
    """Two rows of houses with windows, a road with a white line."""
    for depth, low, high, tone in ((0.25, -0.85, -0.35, "far"), (0.6, -0.45, 0.0, "mid")):
        with stage.sheet(depth) as brush:
            x = -1.1
            while x < 1.0:
                width, top = stage.between(0.26, 0.46), stage.between(low, high)
                brush.box(x, top, x + width, 0.5, tone)
                brush.box(x, top, x + width, top + 0.05, "near")
                for row in range(5):
                    for column in range(2):
                        if stage.rng.random() < 0.7:
                            left, up = x + 0.06 + column * width * 0.45, top + 0.12 + row * 0.17
                            brush.box(left, up, left + 0.09, up + 0.1, "light")
                x += width + 0.02
    with stage.sheet(0.9) as brush:
        brush.box(-1.1, HORIZON + 0.12, 1.1, 1.1, "ground")
        brush.shape(
            [(-0.5, HORIZON + 0.12), (0.5, HORIZON + 0.12), (1.6, 1.1), (-1.6, 1.1)], "near"
        )
        for near, far in ((0.34, 0.42), (0.5, 0.62), (0.74, 0.94)):
            dash = [
                (-0.05 * near, near),
                (0.05 * near, near),
                (0.06 * far, far),
                (-0.06 * far, far),
            ]
            brush.shape(dash, "light")


def garden(stage: Stage) -> None:
    """A hedge, a picket fence, a lawn with beds of flowers."""
    with stage.sheet(0.35) as brush:
        for step in range(9):
            brush.oval(-1 + step * 0.25, 0.02, 0.24, stage.between(0.26, 0.5), "mid")
        brush.box(-1.1, 0, 1.1, 0.5, "mid")
    with stage.sheet(0.75) as brush:
        for y in (-0.06, 0.12):
            brush.box(-1.1, y, 1.1, y + 0.05, "pale")
        for step in range(15):
            x = -1.04 + step * 0.15
            brush.path("0 0.3, 0 -0.14, 0.045 -0.2, 0.09 -0.14, 0.09 0.3", "light", at=(x, 0))
    with stage.sheet(0.95) as brush:
        brush.box(-1.1, HORIZON + 0.08, 1.1, 1.1, "ground")
        for _ in range(26):
            x, y = stage.between(-1, 1), stage.between(0.34, 1)
            tone = ("accent", "second", "third", "light")[int(stage.rng.integers(4))]
            for dx, dy in ((-0.022, 0), (0.022, 0), (0, -0.022), (0, 0.022)):
                brush.oval(x + dx, y + dy, 0.02, 0.02, tone)


def beach(stage: Stage) -> None:
    """A sea with bands of waves, an island, sand, a parasol."""
    with stage.sheet(0.15) as brush:
        x = stage.between(-0.7, 0.4)
        brush.path("-0.4 -0.14, -0.1 -0.36, 0.1 -0.28, 0.45 -0.14", "far", at=(x, 0))
    for step in range(3):
        with stage.sheet(0.45 + 0.2 * step) as brush:
            top = -0.16 + 0.14 * step
            wave = [(x / 10, top + 0.025 * (1 if x % 2 else -1)) for x in range(-11, 12)]
            brush.shape([*wave, (1.1, 1.1), (-1.1, 1.1)], ("third", "mid", "far")[step])
    with stage.sheet(1.0) as brush:
        shore = [(x / 5, 0.27 + 0.04 * ((x * 7) % 3)) for x in range(-6, 7)]
        brush.shape([*[(x, y - 0.04) for x, y in shore], (1.2, 1.1), (-1.2, 1.1)], "light")
        brush.shape([*shore, (1.2, 1.1), (-1.2, 1.1)], "ground")
    side = -1 if stage.rng.random() < 0.5 else 1
    with stage.sheet(0.9) as brush:
        x = side * 0.78
        brush.stroke([(x, -0.42), (x + 0.05 * side, 0.42)], 0.03, "ink")
        for step in range(4):
            tone = "accent" if step % 2 else "light"
            fan = disc(x, -0.36, 0.42, 0.32, (180 + 45 * step, 225 + 45 * step))
            brush.shape([(x, -0.36), *fan], tone)


def forest(stage: Stage) -> None:
    """Three depths of trunks and crowns, a path."""
    for depth, count, tone in ((0.2, 9, "far"), (0.5, 7, "mid"), (0.8, 4, "near")):
        with stage.sheet(depth) as brush:
            for step in range(count):
                x = -1 + 2 * (step + stage.between(0.1, 0.9)) / count
                width = 0.03 + 0.05 * depth
                top = width * 0.6
                trunk = [(x - width, 0.5), (x - top, -1.1), (x + top, -1.1), (x + width, 0.5)]
                brush.shape(trunk, tone)
                for _ in range(3):
                    side, y = stage.between(-0.2, 0.2), stage.between(-1.05, -0.45)
                    brush.oval(x + side, y, 0.22, 0.15, tone)
    with stage.sheet(0.95) as brush:
        rise = [(x / 4, HORIZON + 0.08 + 0.05 * ((x * 5) % 3 - 1)) for x in range(-5, 6)]
        brush.shape([*rise, (1.2, 1.1), (-1.2, 1.1)], "ground")
        x = stage.between(-0.3, 0.3)
        brush.shape([(x - 0.05, 0.24), (x + 0.05, 0.24), (0.45, 1.1), (-0.45, 1.1)], "pale")


def mountain(stage: Stage) -> None:
    """Three ranges, snow on the highest, a lake."""
    with stage.sheet(0.15) as brush:
        x = stage.between(-0.4, 0.4)
        brush.path("-1 0.4, 0 -0.72, 1 0.4", "mid", at=(x, 0))
        snow = "-0.24 -0.45, 0 -0.72, 0.24 -0.45, 0.1 -0.5, 0 -0.38, -0.1 -0.5"
        brush.path(snow, "light", at=(x, 0))
    for depth, low, high, tone in ((0.4, -0.4, -0.1, "far"), (0.65, -0.12, 0.14, "near")):
        with stage.sheet(depth) as brush:
            ridge = [(step / 3, stage.between(low, high)) for step in range(-4, 5)]
            brush.shape([*ridge, (1.4, 1.1), (-1.4, 1.1)], tone)
    with stage.sheet(0.95) as brush:
        brush.box(-1.1, HORIZON + 0.08, 1.1, 1.1, "ground")
        brush.oval(0, 0.3, 0.9, 0.11, "third")
        brush.oval(0.1, 0.29, 0.5, 0.03, "light")


def shop(stage: Stage) -> None:
    """A shop front: a striped awning, a lit window, plinths."""
    with stage.sheet(0.4) as brush:
        brush.box(-1.1, -1.1, 1.1, 0.5, "mid")
        brush.box(-0.84, -0.5, 0.84, 0.26, "pale")
        brush.box(-0.78, -0.45, 0.78, 0.26, "light")
        brush.box(-0.03, -0.45, 0.03, 0.26, "pale")
        brush.path("-0.7 -0.1, -0.3 -0.45, -0.16 -0.45, -0.7 0.06", "third")
    with stage.sheet(0.85) as brush:
        for step in range(8):
            x, tone = -0.96 + step * 0.24, "light" if step % 2 else "accent"
            brush.box(x, -0.84, x + 0.24, -0.5, tone)
            brush.oval(x + 0.12, -0.5, 0.12, 0.08, tone)
        brush.box(-1.0, -0.9, 1.0, -0.82, "near")
    with stage.sheet(1.0) as brush:
        brush.box(-1.1, HORIZON + 0.1, 1.1, 1.1, "ground")
        brush.box(-1.1, HORIZON + 0.08, 1.1, HORIZON + 0.15, "near")
        brush.oval(0, 0.82, 0.9, 0.22, "pale")
        brush.oval(0, 0.79, 0.84, 0.19, "light")


def theatre(stage: Stage) -> None:
    """A stage: a back cloth, curtains at both sides, boards, footlights."""
    with stage.sheet(0.3) as brush:
        brush.box(-1.1, -1.1, 1.1, 0.4, "far")
        brush.oval(0, -0.1, 0.66, 0.66, "pale")
    with stage.sheet(0.85) as brush:
        for side in (-1, 1):
            for step in range(4):
                x = side * (1.06 - step * 0.13)
                tone = "near" if step % 2 else "mid"
                fold = [(x - 0.09, -1.1), (x + 0.09, -1.1), (x + 0.11 * side, 0.5), (x - 0.07, 0.5)]
                brush.shape(fold, tone)
        for step in range(7):
            brush.oval(-0.96 + step * 0.32, -0.96, 0.2, 0.2, "mid" if step % 2 else "near")
    with stage.sheet(1.0) as brush:
        brush.box(-1.1, HORIZON + 0.12, 1.1, 1.1, "ground")
        for step in range(-5, 6):
            brush.stroke([(step * 0.16, HORIZON + 0.12), (step * 0.3, 1.1)], 0.012, "mid")
        for step in range(6):
            brush.oval(-0.85 + step * 0.34, 0.97, 0.06, 0.04, "light")


SCENES: dict[str, Callable[[Stage], None]] = {
    "room": room,
    "cafe": cafe,
    "street": street,
    "garden": garden,
    "beach": beach,
    "forest": forest,
    "mountain": mountain,
    "shop": shop,
    "stage": theatre,
}
