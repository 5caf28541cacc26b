"""Measures how fast the index of posts answers, compared with an exhaustive search by faiss.

    python benchmarks/search.py [--posts 200000] [--width 1280] [--vectors FILE.npy]

Vectors are synthetic with the structure of CLIP's, or read from a float32 array of unit rows. The
index is built as in a workspace: trained on the first half, stored in 26 memory-mapped files. The
queries are vectors that are not in it. Exhaustive search and index alternate, one query at a time
and all at once, with all threads. Prints medians of five rounds, the ratio round by round,
recall@10 for several numbers of visited lists, and versions.

Synthetic vectors: 400 styles of Zipf sizes with centres in a space of decaying spectrum; each style
has 32 directions of its own, and all have noise in every direction. The local dimension is printed
too (Levina & Bickel 2004, maximum likelihood, 20 neighbours). It was 9.6 and 9.2 for 1,126 pictures
and texts by FashionCLIP, and 8.6 for 50,000 posts by the starter CLIP.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import faiss
import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.search.index import PROBES, Index
from zeitgraph.extraction.search.product_quantizer import (
    POINTS_PER_LIST,
    lists_for,
    train_quantizer,
)

ROUNDS, WEEKS, ASKED, SINGLE, COUNT = 5, 26, 1000, 20, 10
STYLES, DIRECTIONS, SPREAD, NOISE = 400, 32, 0.75, 0.35
NEIGHBOURS = 60_000
Rows = NDArray[np.float32]


def main() -> None:
    """Parses the command, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    rows = (
        np.load(options.vectors, allow_pickle=False).astype(np.float32)
        if options.vectors
        else drawn(options.posts + ASKED, options.width, options.seed)
    )
    queries, points = (
        rows[:: len(rows) // ASKED][:ASKED].copy(),
        np.delete(rows, np.arange(0, len(rows), len(rows) // ASKED)[:ASKED], axis=0),
    )
    with tempfile.TemporaryDirectory() as folder:
        measure(points, queries, Path(folder))


def measure(points: Rows, queries: Rows, folder: Path) -> None:
    """Measures both searches on the same points and queries, and prints the results."""
    print(f"{len(points):,} points of width {points.shape[1]}, local dimension "
          f"{local_dimension(points):.1f}, {os.cpu_count()} threads")  # fmt: skip
    begin = time.process_time()
    index = indexed(points, folder)
    print(f"made in {time.process_time() - begin:.1f} processor seconds")
    flat = faiss.IndexFlatIP(points.shape[1])
    flat.add(points)
    true = flat.search(queries, COUNT)[1]
    for lists in (4, 8, PROBES, 16, 32):
        found = index.search(queries, COUNT, lists)[0]
        print(f"recall@10 of {lists:2} lists {recall(found, true):.4f}")
    few = queries[:SINGLE]
    ways: dict[str, tuple[Callable[[], object], Callable[[], object], int]] = {
        "one at a time": (
            lambda: [flat.search(query[None], COUNT) for query in few],
            lambda: [index.search(query[None], COUNT) for query in few],
            len(few),
        ),
        "all at once": (
            lambda: flat.search(queries, COUNT),
            lambda: index.search(queries, COUNT),
            len(queries),
        ),
    }
    for name, (slow, fast, count) in ways.items():
        pairs = [(seconds(slow), seconds(fast)) for _ in range(ROUNDS)]
        for clock, kind in enumerate(("by the wall", "of processors")):
            ratios = sorted(one[clock] / other[clock] for one, other in pairs)
            flat_ms, index_ms = [
                1000 * median(t[clock] for t in way) / count for way in zip(*pairs, strict=True)
            ]
            print(f"{name}, {kind}: flat {flat_ms:.3f} ms, index {index_ms:.3f} ms a question, "
                  f"{median(ratios):.0f} times ({ratios[0]:.0f} … {ratios[-1]:.0f})")  # fmt: skip
    if len(points) <= NEIGHBOURS:
        print_neighbours(points, index)
    print(f"versions: faiss-cpu {version('faiss-cpu')}, numpy {version('numpy')}")


def print_neighbours(points: Rows, index: Index) -> None:
    """Prints the cost of the 15 nearest neighbours of every point, by exhaustive search and by the
    index.
    """
    flat = faiss.IndexFlatIP(points.shape[1])
    flat.add(points)
    before = time.process_time()
    true = flat.search(points, 15)[1]
    between = time.process_time()
    found = index.search(points, 15)[0]
    after = time.process_time()
    print(f"15 nearest of all: flat {between - before:.1f}, index {after - between:.1f} processor "
          f"seconds, {recall(found, true):.4f} the same")  # fmt: skip


def indexed(points: Rows, folder: Path) -> Index:
    """Returns the index of points, trained on their first half, in memory-mapped files."""
    lists = lists_for(len(points) // 2)
    chosen = np.linspace(0, len(points) // 2 - 1, min(len(points) // 2, lists * POINTS_PER_LIST))
    quantizer = train_quantizer(points[np.unique(chosen.astype(np.int64))], lists)
    parts, codes = [], []
    for number, week in enumerate(np.array_split(points, WEEKS)):
        np.save(folder / f"{number}.npy", week)
        mapped = np.load(folder / f"{number}.npy", mmap_mode="r", allow_pickle=False)
        parts.append(np.asarray(mapped))
        codes.append(quantizer.encode(week))
    return Index(parts, quantizer.shortlist(np.concatenate(codes)))


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the wall, and of all processors together, which other work disturbs less."""
    begin = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def recall(found: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    """The share of true neighbours that were found."""
    same = [np.isin(own, other).sum() for own, other in zip(true, found, strict=True)]
    return float(np.sum(same) / true.size)


def local_dimension(points: Rows, options: int = 500, near: int = 20) -> float:
    """Levina & Bickel 2004, equation 8, averaged as inverse (MacKay & Ghahramani 2005)."""
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    squares = index.search(points[:: len(points) // options], near + 1)[0][:, 1:]
    far = squares[squares[:, 0] > 1e-8]
    return float(1 / np.mean(np.log(far[:, -1:] / far[:, :-1]) / 2))


def drawn(count: int, width: int, seed: int) -> Rows:
    """Vectors like those of CLIP: unit rows, float32 (count, width); see above."""
    dice = np.random.default_rng(seed)
    scale = (1 + np.arange(width, dtype=np.float32)) ** -0.75
    turn = np.linalg.qr(dice.normal(size=(width, width)))[0].astype(np.float32)
    sizes = (1 + np.arange(STYLES)) ** -0.8
    own = dice.choice(STYLES, count, p=sizes / sizes.sum())
    along = (1 + np.arange(DIRECTIONS, dtype=np.float32)) ** -0.6
    along /= np.linalg.norm(along)
    stray = scale**0.5 / np.linalg.norm(scale**0.5)
    out = np.empty((count, width), np.float32)
    for style in range(STYLES):
        rows = np.flatnonzero(own == style)
        centre = unit(dice.normal(size=(1, width)).astype(np.float32) * scale)
        axes = unit(dice.normal(size=(DIRECTIONS, width)).astype(np.float32) * scale)
        places = dice.normal(size=(len(rows), DIRECTIONS)).astype(np.float32) * along
        noise = dice.standard_normal((len(rows), width), np.float32) * stray
        out[rows] = unit((centre + SPREAD * places @ axes + NOISE * noise) @ turn)
    return out


def unit(rows: Rows) -> Rows:
    """Rows divided by their norms."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
