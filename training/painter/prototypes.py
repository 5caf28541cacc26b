"""The pictures the image maker learns to draw: prototypes, one large thing in a style and a scene.

Input: a seed and an index. Output: a `Picture` and its pixels. A prototype shows what is typical,
without other things. This module does not know about texts or models.
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
from zeitgraph.training.clip.pool import render_all

SIDE = 128
TRAINING = 5_000_011
JUDGING = 6_000_011
SECOND_JUDGE = 7_000_003
Pixels = NDArray[np.uint8]


def prototype(seed: int, index: int) -> Picture:
    """Returns the picture at an index of a seed: styles in turn, with things and scenes likely for
    them.
    """
    rng = np.random.default_rng([seed, index])
    styles = list(looks())
    return prototype_in_style(styles[index % len(styles)], rng)


def prototype_in_style(style: str, rng: Generator) -> Picture:
    """Returns a random prototype picture in a style."""
    look, names = looks()[style], list(THINGS)
    weight = np.array([3.0 if name in look.likely_things else 1.0 for name in names])
    likely_scenes = np.array([2.0 if scene in look.likely_scenes else 1.0 for scene in SCENES])
    return Picture(
        style=style,
        objects=(str(rng.choice(names, p=weight / weight.sum())),),
        scene=str(rng.choice(list(SCENES), p=likely_scenes / likely_scenes.sum())),
        layout="centred",
        seed=int(rng.integers(2**31)),
    )


def render(picture: Picture) -> Pixels:
    """Returns the pixels (SIDE, SIDE, 3) of a picture."""
    return np.asarray(draw(picture, side=SIDE))


def _render(index: int, *, seed: int) -> Pixels:
    return render(prototype(seed, index))


def prototype_pixels(seed: int, count: int, cache: Path) -> Pixels:
    """Returns pixels (count, SIDE, SIDE, 3) of the first prototypes of a seed.

    `cache` is an `.npy` file that keeps them and grows if more are needed.
    """
    return render_all(partial(_render, seed=seed), count, cache=cache)
