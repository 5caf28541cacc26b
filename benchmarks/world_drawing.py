"""How fast the demo world is drawn and written.

    python benchmarks/world_drawing.py [POSTS] [ROUNDS]

Draws the pictures of a world of POSTS posts (400) at 128 pixels ROUNDS times (5), and writes that
world (files, texts, films, tables) into a folder that is thrown away: by one process, of which the
processor's time is told, since a clock on the wall also counts what others do; then by a process
for each core, of which pictures a second are told.
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
ASKED = 200
"""Pictures a second on two cores: the measure of issue 3."""


class Made(NamedTuple):
    """So many pictures, in so many seconds of this process's processor and on the clock."""

    pictures: int
    processor: float
    clock: float

    @property
    def milliseconds(self) -> float:
        """Of a processor, for a picture."""
        return 1000 * self.processor / self.pictures

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / self.clock


def written(posts: int, workers: int | None) -> Made:
    """Writes a world, pictures, texts, films and tables; by one process for each core if None."""
    with tempfile.TemporaryDirectory() as folder:
        busy, clock = time.process_time(), time.perf_counter()
        summary = write_corpus(Path(folder), seed=SEED, posts=posts, side=SIDE, workers=workers)
        return Made(summary.pictures, time.process_time() - busy, time.perf_counter() - clock)


def drawn(posts: int, workers: int | None) -> Made:
    """As `written`, of drawing alone."""
    world = World(SEED, posts)
    pictures = [picture for number in range(posts) for picture in world.post(number).pictures]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        list(pool.map(_draw, pictures[:64]))  # processes are there, and know their tables
        busy, clock = time.process_time(), time.perf_counter()
        list(map(_draw, pictures) if workers == 1 else pool.map(_draw, pictures, chunksize=16))
        return Made(len(pictures), time.process_time() - busy, time.perf_counter() - clock)


def _draw(picture: Picture) -> bytes:
    return draw(picture, SIDE).tobytes()


def main(posts: int = 400, rounds: int = 5) -> None:
    """Print milliseconds of a processor for each picture, and pictures a second."""
    print(f"Python {platform.python_version()}, numpy {np.__version__}, Pillow {PIL.__version__}")
    for name, make in {"drawing alone": drawn, "writing a world": written}.items():
        make(64, 1)  # imports and tables are no part of a picture
        busy = sorted(made.milliseconds for made in (make(posts, 1) for _ in range(rounds)))
        middle = statistics.median(busy)
        print(
            f"{name}: {middle:.1f} ms of a processor for a picture, least {busy[0]:.1f},", end=" "
        )
        print(f"which is {2000 / middle:.0f} a second on two free cores (asked: {ASKED});", end=" ")
        rates = sorted(made.rate for made in (make(posts, None) for _ in range(rounds)))
        print(f"{os.cpu_count()} processes: {statistics.median(rates):.0f} a second,", end=" ")
        print(f"most {rates[-1]:.0f}, with whatever else ran")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
