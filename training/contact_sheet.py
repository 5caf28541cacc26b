"""A contact sheet of the demo world: `python -m zeitgraph.training.contact_sheet OUT.png`.

Input: a seed and a number of columns. Output: one image with a row for each style, a row for each
style that drifts into another, and rows of people; for inspection by eye.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.picture import SIDE, Picture, draw, random_picture
from zeitgraph.extraction.demo.story.timeline import LOOK_CHANGES

GAP = 4


def contact_sheet(seed: int = 1, columns: int = 8) -> Image.Image:
    """Returns rows of `columns` random pictures of each style, then drifts, then people in each
    style.
    """
    names, rows = list(looks()), []
    for index, style in enumerate(names):
        rng = np.random.default_rng([seed, index])
        rows.append([random_picture(style, rng) for _ in range(columns)])
    for index, (before, after) in enumerate(LOOK_CHANGES, len(rows)):
        start = random_picture(before, np.random.default_rng([seed, index]), toward=after)
        rows.append([replace(start, drift=step / (columns - 1)) for step in range(columns)])
    rng = np.random.default_rng([seed, len(rows)])
    for first in range(0, len(names), columns):
        row = [random_picture(style, rng) for style in names[first : first + columns]]
        rows.append([replace(picture, people=_clothes(rng)) for picture in row])
    return _paste(rows)


def _clothes(rng: Generator) -> tuple[str, ...]:
    return tuple(map(str, rng.choice(list(CLOTHES), size=rng.integers(1, 4), replace=False)))


def _paste(rows: list[list[Picture]]) -> Image.Image:
    step = SIDE + GAP
    sheet = Image.new("RGB", (step * len(rows[0]) - GAP, step * len(rows) - GAP), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(draw(picture), (x * step, y * step))
    return sheet


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="draw a contact sheet of the demo world")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--columns", type=int, default=8)
    options = parser.parse_args()
    contact_sheet(options.seed, options.columns).save(options.out)


if __name__ == "__main__":
    main()
