"""What the image maker learns to draw: prototype pictures, one large thing in a style and a scene.

In come a seed and a place; out come a `Picture` and its pixels. A prototype shows what is typical
without a crowd. This module knows nothing about texts or models.
"""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.picture import Picture, draw
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.training.clip.pool import pixels_of

SIDE = 128
TRAINING = 5_000_011
JUDGING = 6_000_011
SECOND_JUDGE = 7_000_003
Pixels = NDArray[np.uint8]


def pose(seed: int, place: int) -> Picture:
    """The picture at one place of a seed: styles in turn, things and scenes by its likings."""
    chance = np.random.default_rng([seed, place])
    styles = list(looks())
    return in_style(styles[place % len(styles)], chance)


def in_style(style: str, chance: Generator) -> Picture:
    """A random prototype picture in a style."""
    look, names = looks()[style], list(THINGS)
    weight = np.array([3.0 if name in look.likes else 1.0 for name in names])
    haunts = np.array([2.0 if scene in look.haunts else 1.0 for scene in SCENES])
    return Picture(
        style=style,
        objects=(str(chance.choice(names, p=weight / weight.sum())),),
        scene=str(chance.choice(list(SCENES), p=haunts / haunts.sum())),
        layout="centred",
        seed=int(chance.integers(2**31)),
    )


def render(picture: Picture) -> Pixels:
    """Its pixels (SIDE, SIDE, 3)."""
    return np.asarray(draw(picture, side=SIDE))


def _render(place: int, *, seed: int) -> Pixels:
    return render(pose(seed, place))


def gather(seed: int, count: int, kept: Path) -> Pixels:
    """Pixels (count, SIDE, SIDE, 3) of the first poses of a seed; `kept` is an `.npy` to grow."""
    return pixels_of(partial(_render, seed=seed), count, kept=kept)
