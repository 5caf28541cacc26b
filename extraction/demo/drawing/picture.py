"""One picture of the world: its content, and how it is drawn.

Input: a `Picture`, a frozen description. Output: an RGB image, always the same for a description.
This module does not know about posts, captions or weeks.
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
from zeitgraph.extraction.demo.drawing.people import add_people
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.skies import SKY
from zeitgraph.extraction.demo.drawing.stage import Pose, Stage
from zeitgraph.extraction.demo.drawing.things import THINGS

Box = tuple[str, float, float, float, float]
"""Name, left, top, right and bottom of an object, in shares of the side."""

Shares = NDArray[np.floating]

NAMES, PLACES, ORDERS = tuple(THINGS), tuple(SCENES), tuple(LAYOUTS)
SIDE = CANVAS_SIDE
PEOPLE = 1  # people have a random generator of their own, so that they do not move objects
THUMBNAIL = 8  # a small side: fast, for callers that only need the positions of things


@dataclass(frozen=True, slots=True)
class Picture:
    """The content of one picture.

    `drift` (0..1) is how far the style has gone towards `toward`. `seed` decides everything that
    the other fields leave open: equal pictures are equal in every pixel. `people` are the coat
    colours (people.CLOTHES) of the persons behind the objects, the main person first.
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
        """The look in which the picture is drawn; its `id` is the style that a viewer sees."""
        return _look(self.style, self.toward, self.drift)


@lru_cache(maxsize=64)
def _look(style: str, toward: str, drift: float) -> Look:
    start = looks()[style]
    return blend(start, looks()[toward], drift) if toward else start


def random_picture(style: str, rng: Generator, *, toward: str = "", drift: float = 0.0) -> Picture:
    """Returns a random picture in a style, with objects and a scene likely for it, in
    any layout.
    """
    look = _look(style, toward, drift)
    things, scenes = _likelihoods(style, toward, drift)
    count = int(rng.integers(look.few, look.many + 1))
    objects = rng.choice(len(NAMES), size=count, replace=False, p=things)
    return Picture(
        style=style,
        objects=tuple(NAMES[number] for number in objects),
        scene=PLACES[rng.choice(len(PLACES), p=scenes)],
        layout=ORDERS[rng.choice(len(ORDERS))],
        seed=int(rng.integers(2**31)),
        toward=toward,
        drift=drift,
    )


@lru_cache(maxsize=64)
def _likelihoods(style: str, toward: str, drift: float) -> tuple[Shares, Shares]:
    """Returns the probability of each thing and of each scene, in the order of their tables."""
    look = _look(style, toward, drift)
    weight = np.array(
        [
            (look.roundness if thing.is_round else 1 - look.roundness)
            * (4.0 if name in look.likely_things else 1.0)
            for name, thing in THINGS.items()
        ]
    )
    likely_scenes = np.array([3.0 if scene in look.likely_scenes else 1.0 for scene in SCENES])
    return weight / weight.sum(), likely_scenes / likely_scenes.sum()


def draw(picture: Picture, side: int = SIDE) -> Image.Image:
    """Returns the picture as an RGB image of `side` × `side` pixels. The content does not depend on
    `side`.
    """
    stage = _stage_of(picture, side)
    add_people(stage, picture.people, np.random.default_rng([picture.seed, PEOPLE]))
    for _, placed in _placed_objects(picture, stage):
        _lay_object(stage, placed)
    stage.decorate(BEFORE)
    return finish(stage.painting.planes, stage.look, stage.rng)


def boxes(picture: Picture) -> list[Box]:
    """Returns the position of each object in the image that `draw` makes.

    The order is that of `picture.objects`. Parts beyond the edge are cut off. The box covers the
    whole object, even if another object hides a part of it.
    """
    stage = _stage_of(picture, THUMBNAIL)
    found = []
    for number, placed in _placed_objects(picture, stage):
        sheet, (x, y) = _sheet(stage, placed, SIDE)
        left, top, right, low = sheet.bounding_box() or (0, 0, 0, 0)
        edges = (
            x + left / SUPERSAMPLE,
            y + top / SUPERSAMPLE,
            x + right / SUPERSAMPLE,
            y + low / SUPERSAMPLE,
        )
        x0, y0, x1, y1 = (min(1.0, max(0.0, edge / SIDE)) for edge in edges)
        found.append((number, (placed.name, x0, y0, x1, y1)))
    return [row for _, row in sorted(found)]


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """One object on its spot; `lift` is how high it floats, in shares of the side."""

    name: str
    spot: Spot
    lift: float
    pose: Pose


def _stage_of(picture: Picture, side: int) -> Stage:
    """Returns the stage with everything that lies behind the objects."""
    look = picture.look()
    painting = Painting(side, look.colours["sky"], look.colours["low"])
    stage = Stage(painting, look, np.random.default_rng(picture.seed))
    stage.decorate(SKY)
    SCENES[picture.scene](stage)
    stage.decorate(BEHIND)
    return stage


def _placed_objects(picture: Picture, stage: Stage) -> list[tuple[int, PlacedObject]]:
    """Returns every object and its number in `picture.objects`, the farthest first."""
    spots = LAYOUTS[picture.layout](len(picture.objects), stage.rng)
    tint = int(stage.rng.integers(len(stage.look.things)))
    rows = sorted(enumerate(zip(picture.objects, spots, strict=True)), key=lambda row: row[1][1].y)
    return [(number, _pose(stage, name, spot, tint + number)) for number, (name, spot) in rows]


def _pose(stage: Stage, name: str, spot: Spot, tint: int) -> PlacedObject:
    floats = THINGS[name].floats
    lift = stage.between(0.04, 0.14) if floats else 0.0
    tilt = stage.between(-0.16, 0.16) if floats else stage.between(-0.04, 0.04)
    flip = bool(stage.rng.random() < 0.4)
    return PlacedObject(name, spot, lift, Pose(tilt, flip, tint, stage.between(0, 6)))


def _sheet(stage: Stage, placed: PlacedObject, side: int) -> tuple[Sheet, tuple[int, int]]:
    """Returns the supersampled sheet of one object, and its corner in a picture of `side`."""
    spot = placed.spot
    half = round(spot.half * side)
    brush = stage.thing_brush(half, placed.pose)
    THINGS[placed.name].draw(brush)
    x, y, reach = spot.x * side, (spot.y - placed.lift) * side - half, brush.place.x
    return brush.sheet, (round(x - reach), round(y - reach))


def _lay_object(stage: Stage, placed: PlacedObject) -> None:
    """Lays one object and its shadow on the ground."""
    side, spot = stage.painting.size, placed.spot
    wide = 0.6 if placed.lift else 1.0
    stage.ground_shadow(spot.x * side, spot.y * side, round(spot.half * side) * wide)
    sheet, corner = _sheet(stage, placed, side)
    stage.painting.lay(sheet, stage.look.material(), corner)
