"""One picture of the world: what is in it, and how it comes to be drawn.

In comes a `Picture`, a frozen description; out comes an RGB image, the same one each time. This
module knows nothing about posts, captions or weeks.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from zeitgraph.extraction.demo.drawing.backdrops import BEHIND
from zeitgraph.extraction.demo.drawing.brush import SUPERSAMPLE, Sheet
from zeitgraph.extraction.demo.drawing.canvas import SIDE as CANVAS_SIDE
from zeitgraph.extraction.demo.drawing.canvas import Painting
from zeitgraph.extraction.demo.drawing.finish import finish
from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS, Spot
from zeitgraph.extraction.demo.drawing.look import Look, blend, looks
from zeitgraph.extraction.demo.drawing.ornaments import BEFORE
from zeitgraph.extraction.demo.drawing.people import gather
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.skies import SKY
from zeitgraph.extraction.demo.drawing.stage import Pose, Stage
from zeitgraph.extraction.demo.drawing.things import THINGS

Box = tuple[str, float, float, float, float]
"""Name, left, top, right and bottom of an object, in shares of the side."""

Shares = NDArray[np.floating]

NAMES, PLACES, ORDERS = tuple(THINGS), tuple(SCENES), tuple(LAYOUTS)
SIDE = CANVAS_SIDE
PEOPLE = 1  # people draw from a source of chance of their own: no object moves for them
THUMBNAIL = 8  # a side at which a stage is set in no time, for those who only ask where things are


@dataclass(frozen=True, slots=True)
class Picture:
    """What one picture shows.

    `drift` (0..1) is how far the style has gone towards `toward`; `seed` decides everything that
    the other fields leave open, so equal pictures are equal in every pixel. `people` are the
    colours (people.CLOTHES) that the persons behind the objects wear, the main one first.
    """

    style: str
    objects: tuple[str, ...]
    scene: str
    layout: str
    seed: int
    toward: str = ""
    drift: float = 0.0
    people: tuple[str, ...] = ()

    def look(self) -> Look:
        """The look it is drawn in; its `id` is the style one sees."""
        return _look(self.style, self.toward, self.drift)


@lru_cache(maxsize=64)
def _look(style: str, toward: str, drift: float) -> Look:
    start = looks()[style]
    return blend(start, looks()[toward], drift) if toward else start


def imagine(style: str, chance: Generator, *, toward: str = "", drift: float = 0.0) -> Picture:
    """A random picture in a style: objects and scene by its likings, any layout."""
    look = _look(style, toward, drift)
    things, scenes = _likings(style, toward, drift)
    count = int(chance.integers(look.few, look.many + 1))
    objects = chance.choice(len(NAMES), size=count, replace=False, p=things)
    return Picture(
        style=style,
        objects=tuple(NAMES[number] for number in objects),
        scene=PLACES[chance.choice(len(PLACES), p=scenes)],
        layout=ORDERS[chance.choice(len(ORDERS))],
        seed=int(chance.integers(2**31)),
        toward=toward,
        drift=drift,
    )


@lru_cache(maxsize=64)
def _likings(style: str, toward: str, drift: float) -> tuple[Shares, Shares]:
    """The chance of each thing and of each scene, in the order of their tables."""
    look = _look(style, toward, drift)
    weight = np.array(
        [
            (look.roundness if thing.is_round else 1 - look.roundness)
            * (4.0 if name in look.likes else 1.0)
            for name, thing in THINGS.items()
        ]
    )
    haunts = np.array([3.0 if scene in look.haunts else 1.0 for scene in SCENES])
    return weight / weight.sum(), haunts / haunts.sum()


def draw(picture: Picture, side: int = SIDE) -> Image.Image:
    """The picture as an RGB image of `side` × `side` pixels, the same at any side."""
    stage = _set(picture, side)
    gather(stage, picture.people, np.random.default_rng([picture.seed, PEOPLE]))
    for _, standing in _standing(picture, stage):
        _put(stage, standing)
    stage.dress(BEFORE)
    return finish(stage.painting.planes, stage.look, stage.chance)


def boxes(picture: Picture) -> list[Box]:
    """Where `draw` puts each object.

    In the order of `picture.objects`; what lies beyond the edge is cut off. An object is boxed
    whole, whatever stands before it.
    """
    stage = _set(picture, THUMBNAIL)
    found = []
    for number, standing in _standing(picture, stage):
        sheet, (x, y) = _sheet(stage, standing, SIDE)
        left, top, right, low = sheet.drawn() or (0, 0, 0, 0)
        edges = (
            x + left / SUPERSAMPLE,
            y + top / SUPERSAMPLE,
            x + right / SUPERSAMPLE,
            y + low / SUPERSAMPLE,
        )
        x0, y0, x1, y1 = (min(1.0, max(0.0, edge / SIDE)) for edge in edges)
        found.append((number, (standing.name, x0, y0, x1, y1)))
    return [row for _, row in sorted(found)]


@dataclass(frozen=True, slots=True)
class Standing:
    """One object on its spot; `lift` is how far it floats, in shares of the side."""

    name: str
    spot: Spot
    lift: float
    pose: Pose


def _set(picture: Picture, side: int) -> Stage:
    """The stage with all that lies behind the objects."""
    look = picture.look()
    painting = Painting(side, look.colours["sky"], look.colours["low"])
    stage = Stage(painting, look, np.random.default_rng(picture.seed))
    stage.dress(SKY)
    SCENES[picture.scene](stage)
    stage.dress(BEHIND)
    return stage


def _standing(picture: Picture, stage: Stage) -> list[tuple[int, Standing]]:
    """Every object and its number in `picture.objects`, the farthest first."""
    spots = LAYOUTS[picture.layout](len(picture.objects), stage.chance)
    tint = int(stage.chance.integers(len(stage.look.things)))
    rows = sorted(enumerate(zip(picture.objects, spots, strict=True)), key=lambda row: row[1][1].y)
    return [(number, _pose(stage, name, spot, tint + number)) for number, (name, spot) in rows]


def _pose(stage: Stage, name: str, spot: Spot, tint: int) -> Standing:
    floats = THINGS[name].floats
    lift = stage.between(0.04, 0.14) if floats else 0.0
    tilt = stage.between(-0.16, 0.16) if floats else stage.between(-0.04, 0.04)
    flip = bool(stage.chance.random() < 0.4)
    return Standing(name, spot, lift, Pose(tilt, flip, tint, stage.between(0, 6)))


def _sheet(stage: Stage, standing: Standing, side: int) -> tuple[Sheet, tuple[int, int]]:
    """The supersampled sheet of one object, and where its corner lies in a picture of `side`."""
    spot = standing.spot
    half = round(spot.half * side)
    brush = stage.thing_brush(half, standing.pose)
    THINGS[standing.name].draw(brush)
    x, y, reach = spot.x * side, (spot.y - standing.lift) * side - half, brush.place.x
    return brush.sheet, (round(x - reach), round(y - reach))


def _put(stage: Stage, standing: Standing) -> None:
    """Lays one object, with the shadow it leaves on the ground."""
    side, spot = stage.painting.size, standing.spot
    wide = 0.6 if standing.lift else 1.0
    stage.ground_shadow(spot.x * side, spot.y * side, round(spot.half * side) * wide)
    sheet, corner = _sheet(stage, standing, side)
    stage.painting.lay(sheet, stage.look.matter(), corner)
