"""Measures how fast the demo world is drawn and written.

    python benchmarks/world_drawing.py [POSTS] [ROUNDS]

Draws the pictures of a world of POSTS posts (400) at 128 pixels ROUNDS times (5), and writes that
world (files, texts, videos, tables) into a temporary folder. First with one process, measured in
processor time, because wall time includes other work; then with one process per core, measured in
pictures per second.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL

from zeitgraph.extraction.demo.corpus import write_corpus
from zeitgraph.extraction.demo.drawing.picture import Picture, draw
from zeitgraph.extraction.demo.story.world import World

SEED, SIDE = 4242, 128
TARGET = 200
"""The required pictures per second on two cores."""


class Made(NamedTuple):
    """A number of pictures, with this process's processor seconds and the wall seconds."""

    pictures: int
    processor: float
    clock: float

    @property
    def milliseconds(self) -> float:
        """Processor milliseconds per picture."""
        return 1000 * self.processor / self.pictures

    @property
    def rate(self) -> float:
        """Pictures per second."""
        return self.pictures / self.clock


def written(posts: int, workers: int | None) -> Made:
    """Writes a world with pictures, texts, videos and tables; None is one process per core."""
    with tempfile.TemporaryDirectory() as folder:
        busy, clock = time.process_time(), time.perf_counter()
        summary = write_corpus(Path(folder), seed=SEED, posts=posts, side=SIDE, workers=workers)
        return Made(summary.pictures, time.process_time() - busy, time.perf_counter() - clock)


def drawn(posts: int, workers: int | None) -> Made:
    """As `written`, but only draws."""
    world = World(SEED, posts)
    pictures = [picture for number in range(posts) for picture in world.post(number).pictures]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        list(pool.map(_draw, pictures[:64]))  # starts the processes and loads their tables
        busy, clock = time.process_time(), time.perf_counter()
        list(map(_draw, pictures) if workers == 1 else pool.map(_draw, pictures, chunksize=16))
        return Made(len(pictures), time.process_time() - busy, time.perf_counter() - clock)


def _draw(picture: Picture) -> bytes:
    return draw(picture, SIDE).tobytes()


def main(posts: int = 400, rounds: int = 5) -> None:
    """Prints processor milliseconds per picture, and pictures per second."""
    print(f"Python {platform.python_version()}, numpy {np.__version__}, Pillow {PIL.__version__}")
    for name, make in {"drawing alone": drawn, "writing a world": written}.items():
        make(64, 1)  # imports and tables are not counted
        busy = sorted(made.milliseconds for made in (make(posts, 1) for _ in range(rounds)))
        middle = statistics.median(busy)
        print(f"{name}: {middle:.1f} processor ms a picture, least {busy[0]:.1f},", end=" ")
        print(
            f"which is {2000 / middle:.0f} a second on two free cores (target: {TARGET});", end=" "
        )
        rates = sorted(made.rate for made in (make(posts, None) for _ in range(rounds)))
        print(f"{os.cpu_count()} processes: {statistics.median(rates):.0f} a second,", end=" ")
        print(f"most {rates[-1]:.0f}, on a machine with other work")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
