"""One picture of the world: what is in it, and how it comes to be drawn.

In comes a `Picture`, a frozen description; out comes an RGB image, the same one each time. This
module knows nothing about posts, captions or weeks.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from zeitgraph.extraction.demo.backdrops import BEHIND
from zeitgraph.extraction.demo.canvas import Painting
from zeitgraph.extraction.demo.finish import finish
from zeitgraph.extraction.demo.layouts import LAYOUTS, Spot
from zeitgraph.extraction.demo.look import Look, blend, looks
from zeitgraph.extraction.demo.ornaments import BEFORE
from zeitgraph.extraction.demo.scenes import SCENES
from zeitgraph.extraction.demo.skies import SKY
from zeitgraph.extraction.demo.stage import Stage
from zeitgraph.extraction.demo.things import THINGS

SIDE = 224


@dataclass(frozen=True, slots=True)
class Picture:
    """What one picture shows.

    `drift` (0..1) is how far the style has gone towards `toward`; `seed` decides everything that
    the other fields leave open, so equal pictures are equal in every pixel.
    """

    style: str
    objects: tuple[str, ...]
    scene: str
    layout: str
    seed: int
    toward: str = ""
    drift: float = 0.0

    def look(self) -> Look:
        """The look it is drawn in; its `id` is the style one sees."""
        return _look(self.style, self.toward, self.drift)


def _look(style: str, toward: str, drift: float) -> Look:
    start = looks()[style]
    return blend(start, looks()[toward], drift) if toward else start


def imagine(style: str, chance: Generator, *, toward: str = "", drift: float = 0.0) -> Picture:
    """A random picture in a style: objects and scene by its likings, any layout."""
    look = _look(style, toward, drift)
    count = int(chance.integers(look.few, look.many + 1))
    names = list(THINGS)
    weight = np.array(
        [
            (look.roundness if THINGS[name].is_round else 1 - look.roundness)
            * (4.0 if name in look.likes else 1.0)
            for name in names
        ]
    )
    objects = chance.choice(names, size=count, replace=False, p=weight / weight.sum())
    haunts = np.array([3.0 if scene in look.haunts else 1.0 for scene in SCENES])
    return Picture(
        style=style,
        objects=tuple(str(name) for name in objects),
        scene=str(chance.choice(list(SCENES), p=haunts / haunts.sum())),
        layout=str(chance.choice(list(LAYOUTS))),
        seed=int(chance.integers(2**31)),
        toward=toward,
        drift=drift,
    )


def draw(picture: Picture) -> Image.Image:
    """The picture as an RGB image of SIDE × SIDE pixels."""
    chance = np.random.default_rng(picture.seed)
    look = picture.look()
    stage = Stage(Painting(SIDE, look.colours["sky"], look.colours["low"]), look, chance)
    stage.dress(SKY)
    SCENES[picture.scene](stage)
    stage.dress(BEHIND)
    spots = LAYOUTS[picture.layout](len(picture.objects), chance)
    tint = int(chance.integers(len(look.things)))
    standing = list(zip(picture.objects, spots, range(tint, tint + len(spots)), strict=True))
    for name, spot, colour in sorted(standing, key=lambda row: row[1].y):
        _stand(stage, name, spot, colour)
    stage.dress(BEFORE)
    return finish(stage.painting.image, look, chance)


def _stand(stage: Stage, name: str, spot: Spot, tint: int) -> None:
    """Puts one object on its spot, with the shadow it leaves on the ground."""
    thing, look = THINGS[name], stage.look
    half = round(spot.half * SIDE)
    lift = stage.between(0.04, 0.14) if thing.floats else 0.0
    x, y = spot.x * SIDE, (spot.y - lift) * SIDE - half
    _ground_shadow(stage, x, spot.y * SIDE, half * (0.6 if thing.floats else 1.0))
    tilt = stage.between(-0.16, 0.16) if thing.floats else stage.between(-0.04, 0.04)
    brush = stage.thing_brush(half, tilt, flip=bool(stage.chance.random() < 0.4), tint=tint)
    thing.draw(brush)
    reach = brush.place.x
    stage.painting.lay(brush.sheet, look.matter(), (round(x - reach), round(y - reach)))


def _ground_shadow(stage: Stage, x: float, foot: float, half: float) -> None:
    softness = 2 + 4 * stage.look.amount("softness")
    wide, high = round(half * 1.15), max(3, round(half * 0.2))
    margin = round(3 * softness)
    size = (2 * (wide + margin), 2 * (high + margin))
    mask = Image.new("L", size)
    ellipse = Image.new("L", (2 * wide, 2 * high))
    across, down = np.linspace(-1, 1, 2 * wide), np.linspace(-1, 1, 2 * high)
    inside = across[None, :] ** 2 + down[:, None] ** 2 < 1
    ellipse = Image.fromarray((inside * 255 * 0.55).astype(np.uint8), "L")
    mask.paste(ellipse, (margin, margin))
    mask = mask.filter(ImageFilter.GaussianBlur(softness))
    corner = (round(x - size[0] / 2), round(foot - size[1] / 2))
    stage.painting.image.paste(stage.look.colours["dark"], corner, mask)
