"""A pool of pictures to train and to judge on: pixels in one array, what they show beside them.

In come a seed, a count and a side; out comes a `Pool`. Seeds below are kept apart: no picture that
judges has been trained on, and neither kind is in a corpus. This module knows nothing about models.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.picture import Box, Picture, boxes, draw, imagine
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.timeline import JOURNEYS

TRAINING = 1_000_003
JUDGING = 2_000_003
MIXED = 0.6
"""How many pictures to train on show things and scenes by chance, not by what a style likes."""
PEOPLED = 0.12
SAMPLES = 5

Describe = Callable[[int, int], Picture]
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Pool:
    """`pixels` is uint8 of shape (count, side, side, 3).

    `pictures` says what each row shows and `boxes` where.
    """

    pixels: NDArray[np.uint8]
    pictures: tuple[Picture, ...]
    boxes: tuple[tuple[Box, ...], ...]


def describe(seed: int, place: int) -> Picture:
    """The picture at one place of the pool of a seed: styles in turn, drifts at any stage."""
    chance = np.random.default_rng([seed, place])
    styles = list(looks())
    style = styles[place % len(styles)]
    for before, after in JOURNEYS:
        if style in (before, after) and chance.random() < 0.5:
            low = 0.0 if style == before else 0.55
            drift = float(chance.uniform(low, low + 0.45))
            return imagine(before, chance, toward=after, drift=drift)
    return imagine(style, chance)


def describe_mixed(seed: int, place: int) -> Picture:
    """The same, though most pictures show many things, whatever their style likes to show.

    A thing that a style seldom shows is then learnt in that style too.
    """
    picture = describe(seed, place)
    chance = np.random.default_rng([seed, place, 9])
    if chance.random() < MIXED:
        things = chance.choice(list(THINGS), int(chance.integers(3, 7)), replace=False)
        scene = str(chance.choice(list(SCENES)))
        picture = replace(picture, objects=tuple(map(str, things)), scene=scene)
    if chance.random() < PEOPLED:
        coats = chance.choice(list(CLOTHES), int(chance.integers(1, 4)))
        picture = replace(picture, people=tuple(map(str, coats)))
    return picture


def _render(place: int, *, seed: int, side: int, describe: Describe) -> NDArray[np.uint8]:
    """Every other round of styles is drawn large and reduced, as corpora of any side will be."""
    picture = describe(seed, place)
    if place // len(looks()) % 2:
        return np.asarray(draw(picture, side))
    return np.asarray(draw(picture).resize((side, side), Image.Resampling.BICUBIC))


def gather(
    seed: int,
    count: int,
    side: int,
    *,
    describe: Describe = describe,
    workers: int = 1,
    kept: Path | None = None,
) -> Pool:
    """The first `count` pictures of the pool of `seed`, `side` pixels a side; see `pixels_of`."""
    pictures = tuple(describe(seed, place) for place in range(count))
    found = tuple(map(tuple, _spread(boxes, pictures, workers)))
    render = partial(_render, seed=seed, side=side, describe=describe)
    return Pool(pixels_of(render, count, workers=workers, kept=kept), pictures, found)


def pixels_of(
    render: Callable[[int], NDArray[np.uint8]],
    count: int,
    *,
    workers: int = 1,
    kept: Path | None = None,
) -> NDArray[np.uint8]:
    """What `render` draws at the places 0 .. count - 1, in one array.

    With `kept`, pixels are read from that `.npy` file where its first pictures are these, and what
    it lacks is drawn and written to it: drawing takes longer than reading.
    """
    known = _kept(render, kept) if kept is not None and kept.exists() else None
    held = 0 if known is None else len(known)
    if known is not None and held >= count:
        return known[:count]
    fresh = np.stack(_spread(render, range(held, count), workers))
    pixels = fresh if known is None else np.concatenate([known, fresh])
    if kept is not None:
        np.save(kept, pixels)
    return pixels


def _kept(render: Callable[[int], NDArray[np.uint8]], kept: Path) -> NDArray[np.uint8] | None:
    """What the file holds, unless its first pictures are other ones."""
    known: NDArray[np.uint8] = np.load(kept, mmap_mode="r")
    same = (
        np.array_equal(known[place], render(place)) for place in range(min(SAMPLES, len(known)))
    )
    return known if all(same) else None


def _spread(work: Callable[[In], Out], items: Iterable[In], workers: int) -> list[Out]:
    if workers == 1:
        return [work(item) for item in items]
    with ProcessPoolExecutor(workers) as executor:
        return list(executor.map(work, items, chunksize=64))
