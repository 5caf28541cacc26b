"""People of paper behind the objects: a main person and companions in coats of named colours.

Input: a stage, the colours of the coats and a random generator. Output: a few small sheets. This
module does not know who the people are, nor the objects in front of them.
"""

from dataclasses import dataclass

from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.brush import Brush, Rgb, disc, mix
from zeitgraph.extraction.demo.drawing.stage import Pose, Stage

CLOTHES: dict[str, Rgb] = {
    "red": (214, 38, 44), "orange": (245, 128, 26), "yellow": (250, 208, 40),
    "green": (44, 148, 72), "blue": (36, 92, 206), "purple": (128, 60, 176),
    "pink": (246, 130, 176), "brown": (122, 76, 44), "grey": (140, 144, 152),
    "black": (30, 30, 34), "white": (246, 246, 244),
}  # fmt: skip
SKINS: tuple[Rgb, ...] = ((250, 222, 196), (232, 188, 150), (190, 138, 98), (122, 82, 58))
HAIRS: tuple[Rgb, ...] = ((38, 30, 30), (84, 52, 34), (168, 104, 54), (226, 190, 120))
TROUSERS: tuple[Rgb, ...] = ((62, 68, 88), (96, 82, 70), (130, 130, 138))
FOOT = 0.76
LINE = 0.55


@dataclass(frozen=True, slots=True)
class Figure:
    """One person: position and height in shares of the side, and appearance."""

    x: float
    foot: float
    half: float
    coat: Rgb
    skin: Rgb
    hair: Rgb
    trousers: Rgb
    skirt: bool
    long_hair: bool
    pose: Pose


def add_people(stage: Stage, clothes: tuple[str, ...], rng: Generator) -> None:
    """Adds people in `clothes` (names of CLOTHES, the main person first) to the stage."""
    x, side = rng.uniform(0.4, 0.6), 1 if rng.random() < 0.5 else -1
    for place, colour in reversed(list(enumerate(clothes))):
        away = side * (-1) ** place * (0.24 + 0.14 * (place // 3)) if place else 0.0
        half = rng.uniform(0.31, 0.33) if place == 0 else rng.uniform(0.22, 0.25)
        foot = FOOT if place == 0 else FOOT - 0.05
        _lay(stage, _figure(x + away, foot, half, CLOTHES[colour], rng))


def _figure(x: float, foot: float, half: float, coat: Rgb, rng: Generator) -> Figure:
    skin, hair = (tones[int(rng.integers(len(tones)))] for tones in (SKINS, HAIRS))
    return Figure(
        x=x,
        foot=foot,
        half=half,
        coat=coat,
        skin=skin,
        hair=hair,
        trousers=TROUSERS[int(rng.integers(len(TROUSERS)))],
        skirt=bool(rng.random() < 0.5),
        long_hair=bool(rng.random() < 0.5),
        pose=Pose(rng.uniform(-0.03, 0.03), bool(rng.random() < 0.5), 0, rng.uniform(0, 6)),
    )


def _lay(stage: Stage, figure: Figure) -> None:
    """Lays one person in the style's light, so weak that the colour of the coat stays
    recognisable.
    """
    side, look = stage.painting.size, stage.look
    light, dark = look.colours["light"], look.colours["dark"]
    tones = {
        "coat": mix(figure.coat, light, 0.05),
        "fold": mix(figure.coat, dark, 0.28),
        "trim": mix(figure.coat, light, 0.5),
        "skin": mix(figure.skin, light, 0.1),
        "cheek": mix(figure.skin, (226, 96, 88), 0.35),
        "hair": mix(figure.hair, dark, 0.1),
        "legs": mix(figure.trousers, dark, 0.15),
        "shoes": mix(figure.hair, dark, 0.4),
        "ink": mix((36, 28, 32), dark, 0.4),
    }
    half = round(figure.half * side)
    x, foot = figure.x * side, figure.foot * side
    stage.ground_shadow(x, foot, half * 0.4)
    brush = stage.small_brush(half, figure.pose, tones, LINE)
    _person(brush, figure)
    material = look.material(
        chrome=0, bleed=look.amount("bleed") * 0.2, glow=look.amount("glow") * 0.2
    )
    reach = brush.place.x
    stage.painting.lay(brush.sheet, material, (round(x - reach), round(foot - half - reach)))


def _person(brush: Brush, figure: Figure) -> None:
    """Draws a person from shoes (y = 1) to hair (y = -1), a third as wide as tall."""
    if figure.long_hair:
        brush.path("-0.22 -0.72, 0.22 -0.72, 0.26 -0.3, 0.2 -0.2, -0.2 -0.2, -0.26 -0.3", "hair")
    for side in (-1, 1):
        brush.stroke([(0.1 * side, 0.3), (0.11 * side, 0.93)], 0.13, _legs(figure))
        brush.oval(0.14 * side, 0.96, 0.12, 0.05, "shoes")
    for side in (-1, 1):
        elbow, line_style = (0.33 * side, 0.02), (0.3 * side, 0.26)
        brush.stroke([(0.23 * side, -0.27), elbow, (0.3 * side, 0.22)], 0.13, "fold")
        brush.oval(*line_style, 0.055, 0.06, "skin")
    brush.box(-0.06, -0.5, 0.06, -0.3, "skin")
    hem = 0.32 if figure.skirt else 0.24
    low, wide = (0.62, 0.4) if figure.skirt else (0.4, 0.28)
    brush.shape(
        [(-0.2, -0.36), (0.2, -0.36), (0.27, -0.24), (0.22, 0.06), (wide, low), (-wide, low),
         (-0.22, 0.06), (-0.27, -0.24)],
        "coat",
    )  # fmt: skip
    brush.shape([(0.02, -0.34), (0.03, low), (-0.01, low), (-0.02, -0.34)], "fold")
    brush.shape([(-0.12, -0.37), (0.12, -0.37), (0, -0.2)], "trim")
    brush.stroke([(-0.2, 0.06), (0.2, 0.06)], 0.04, "fold")
    for y in (-0.08, 0.18, hem):
        brush.oval(0.07, y, 0.02, 0.02, "trim")
    brush.oval(0, -0.62, 0.19, 0.22, "skin")
    fringe = disc(0, -0.68, 0.22, 0.24, (180, 360))
    brush.shape([*fringe, (0.17, -0.6), (0.1, -0.74), (-0.14, -0.7), (-0.18, -0.58)], "hair")
    if not figure.long_hair:
        brush.oval(0.02, -0.92, 0.09, 0.08, "hair")
    for side in (-1, 1):
        brush.oval(0.07 * side, -0.61, 0.02, 0.027, "ink")
        brush.oval(0.11 * side, -0.54, 0.035, 0.022, "cheek")
    brush.arc((0, -0.53, 0.05, 0.035), (20, 160), 0.016, "ink")


def _legs(figure: Figure) -> str:
    return "skin" if figure.skirt else "legs"
