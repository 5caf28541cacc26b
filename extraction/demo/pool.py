"""A pool of pictures to train and to judge on: pixels in one array, what they show beside them.

In come a seed, a count and a side; out comes a `Pool`. Seeds below are kept apart: no picture that
judges has been trained on, and neither kind is in a corpus. This module knows nothing about models.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.demo.look import looks
from zeitgraph.extraction.demo.picture import Picture, draw, imagine

TRAINING = 1_000_003
JUDGING = 2_000_003
DRIFTS = (
    ("camping", "glamping"), ("coastal", "riviera"), ("gothic", "velvet"), ("dopamine", "candy"),
    ("y2k", "vaporwave"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pool:
    """`pixels` is uint8 of shape (count, side, side, 3); `pictures` says what each row shows."""

    pixels: NDArray[np.uint8]
    pictures: tuple[Picture, ...]


def describe(seed: int, place: int) -> Picture:
    """The picture at one place of the pool of a seed: styles in turn, drifts at any stage."""
    chance = np.random.default_rng([seed, place])
    styles = list(looks())
    style = styles[place % len(styles)]
    for before, after in DRIFTS:
        if style in (before, after) and chance.random() < 0.5:
            low = 0.0 if style == before else 0.55
            drift = float(chance.uniform(low, low + 0.45))
            return imagine(before, chance, toward=after, drift=drift)
    return imagine(style, chance)


def _render(place: int, *, seed: int, side: int) -> NDArray[np.uint8]:
    return np.asarray(draw(describe(seed, place), side))


def gather(seed: int, count: int, side: int, *, workers: int = 1, kept: Path | None = None) -> Pool:
    """The first `count` pictures of the pool of `seed`, `side` pixels a side.

    With `kept`, pixels are read from that `.npy` file where it holds enough of them, and written
    to it where it does not: drawing takes longer than reading.
    """
    pictures = tuple(describe(seed, place) for place in range(count))
    if kept is not None and kept.exists():
        pixels: NDArray[np.uint8] = np.load(kept, mmap_mode="r")
        if len(pixels) >= count and pixels.shape[1] == side:
            return Pool(pixels[:count], pictures)
    render = partial(_render, seed=seed, side=side)
    if workers == 1:
        rows = [render(place) for place in range(count)]
    else:
        with ProcessPoolExecutor(workers) as executor:
            rows = list(executor.map(render, range(count), chunksize=64))
    pixels = np.stack(rows)
    if kept is not None:
        np.save(kept, pixels)
    return Pool(pixels, pictures)
