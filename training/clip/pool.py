"""A pool of pictures for training or evaluation: pixels in one array, with what they show.

Input: a seed, a count and a side. Output: a `Pool`. The seeds below are kept apart: no picture for
evaluation is in the training pool, and neither kind is in a corpus. This module does not know about
models.
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
from zeitgraph.extraction.demo.drawing.picture import Box, Picture, boxes, draw, random_picture
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.timeline import LOOK_CHANGES

TRAINING = 1_000_003
JUDGING = 2_000_003
MIXED_SHARE = 0.6
"""The share of training pictures with random things and scenes instead of those likely for the
style.
"""
PEOPLE_SHARE = 0.12
SAMPLES = 5

Describe = Callable[[int, int], Picture]
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Pool:
    """`pixels` is uint8 of shape (count, side, side, 3).

    `pictures` describes each row, and `boxes` the positions of its objects.
    """

    pixels: NDArray[np.uint8]
    pictures: tuple[Picture, ...]
    boxes: tuple[tuple[Box, ...], ...]


def pool_picture(seed: int, index: int) -> Picture:
    """Returns the picture at an index of the pool: styles in turn, drifts at any stage."""
    rng = np.random.default_rng([seed, index])
    styles = list(looks())
    style = styles[index % len(styles)]
    for before, after in LOOK_CHANGES:
        if style in (before, after) and rng.random() < 0.5:
            low = 0.0 if style == before else 0.55
            drift = float(rng.uniform(low, low + 0.45))
            return random_picture(before, rng, toward=after, drift=drift)
    return random_picture(style, rng)


def mixed_picture(seed: int, index: int) -> Picture:
    """Returns the same picture, in most cases with random things and a random scene.

    The model then learns a rare thing of a style in that style too.
    """
    picture = pool_picture(seed, index)
    rng = np.random.default_rng([seed, index, 9])
    if rng.random() < MIXED_SHARE:
        things = rng.choice(list(THINGS), int(rng.integers(3, 7)), replace=False)
        scene = str(rng.choice(list(SCENES)))
        picture = replace(picture, objects=tuple(map(str, things)), scene=scene)
    if rng.random() < PEOPLE_SHARE:
        coats = rng.choice(list(CLOTHES), int(rng.integers(1, 4)))
        picture = replace(picture, people=tuple(map(str, coats)))
    return picture


def _render(index: int, *, seed: int, side: int, describe: Describe) -> NDArray[np.uint8]:
    """Every second round of styles is drawn large and reduced: corpora may have any side."""
    picture = describe(seed, index)
    if index // len(looks()) % 2:
        return np.asarray(draw(picture, side))
    return np.asarray(draw(picture).resize((side, side), Image.Resampling.BICUBIC))


def make_pool(
    seed: int,
    count: int,
    side: int,
    *,
    describe: Describe = pool_picture,
    workers: int = 1,
    cache: Path | None = None,
) -> Pool:
    """Returns the first `count` pictures of the pool of `seed`, `side` pixels a side (see
    `render_all`).
    """
    pictures = tuple(describe(seed, index) for index in range(count))
    found = tuple(map(tuple, _map(boxes, pictures, workers)))
    render = partial(_render, seed=seed, side=side, describe=describe)
    return Pool(render_all(render, count, workers=workers, cache=cache), pictures, found)


def render_all(
    render: Callable[[int], NDArray[np.uint8]],
    count: int,
    *,
    workers: int = 1,
    cache: Path | None = None,
) -> NDArray[np.uint8]:
    """Returns the results of `render` for 0 .. count - 1 in one array.

    With `cache`, pixels are read from that `.npy` file if its first pictures are the same; missing
    pictures are drawn and added to it. Drawing takes longer than reading.
    """
    cached = _read_cache(render, cache) if cache is not None and cache.exists() else None
    done = 0 if cached is None else len(cached)
    if cached is not None and done >= count:
        return cached[:count]
    fresh = np.stack(_map(render, range(done, count), workers))
    pixels = fresh if cached is None else np.concatenate([cached, fresh])
    if cache is not None:
        np.save(cache, pixels)
    return pixels


def _read_cache(
    render: Callable[[int], NDArray[np.uint8]], cache: Path
) -> NDArray[np.uint8] | None:
    """Returns the content of the file, or None if its first pictures are others."""
    cached: NDArray[np.uint8] = np.load(cache, mmap_mode="r")
    same = (
        np.array_equal(cached[index], render(index)) for index in range(min(SAMPLES, len(cached)))
    )
    return cached if all(same) else None


def _map(work: Callable[[In], Out], items: Iterable[In], workers: int) -> list[Out]:
    if workers == 1:
        return [work(item) for item in items]
    with ProcessPoolExecutor(workers) as executor:
        return list(executor.map(work, items, chunksize=64))
