"""How fast the demo world is drawn and written.

    python benchmarks/world_drawing.py [POSTS] [ROUNDS]

Writes a world of POSTS posts (400) at 128 pixels ROUNDS times (5) into a folder that is thrown
away: by one process, of which the processor's time is told, since a clock on the wall also counts
what others do; then by a process for each core, of which pictures a second are told.
"""

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import PIL

from zeitgraph.extraction.demo.corpus import write_corpus

SEED, SIDE = 4242, 128
ASKED = 200
"""Pictures a second on two cores: the measure of issue 3."""


def written(posts: int, workers: int | None) -> tuple[int, float, float]:
    """Pictures in the world, and the seconds of this process and on the clock to write it."""
    with tempfile.TemporaryDirectory() as folder:
        busy, clock = time.process_time(), time.perf_counter()
        summary = write_corpus(Path(folder), seed=SEED, posts=posts, side=SIDE, workers=workers)
        return summary.pictures, time.process_time() - busy, time.perf_counter() - clock


def main(posts: int = 400, rounds: int = 5) -> None:
    """Print milliseconds of a processor for each picture, and pictures a second."""
    print(f"Python {platform.python_version()}, numpy {np.__version__}, Pillow {PIL.__version__}")
    written(64, workers=1)  # imports and tables are no part of a picture
    busy = sorted(1000 * used / pictures for pictures, used, _ in _rounds(posts, rounds, 1))
    middle = statistics.median(busy)
    print(f"one process: {middle:.1f} ms of a processor for a picture, least {busy[0]:.1f},")
    print(f"  which is {2000 / middle:.0f} pictures a second on two free cores (asked: {ASKED})")
    rates = sorted(pictures / clock for pictures, _, clock in _rounds(posts, rounds, None))
    print(f"{os.cpu_count()} processes: {statistics.median(rates):.0f} pictures a second,", end=" ")
    print(f"most {rates[-1]:.0f}, with whatever else ran")


def _rounds(posts: int, rounds: int, workers: int | None) -> list[tuple[int, float, float]]:
    return [written(posts, workers) for _ in range(rounds)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
