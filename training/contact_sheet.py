"""A contact sheet of the world: `python -m zeitgraph.training.contact_sheet OUT.png`.

In come a seed and a number of columns; out comes one picture: a row for each style, and below a row
for each style that becomes another. For looking at with one's own eyes.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.picture import SIDE, Picture, draw, imagine
from zeitgraph.extraction.demo.story.timeline import JOURNEYS

GAP = 4


def contact_sheet(seed: int = 1, columns: int = 8) -> Image.Image:
    """`columns` random pictures of every style, then drifts, then people in every style in turn."""
    names, rows = list(looks()), []
    for place, style in enumerate(names):
        chance = np.random.default_rng([seed, place])
        rows.append([imagine(style, chance) for _ in range(columns)])
    for place, (before, after) in enumerate(JOURNEYS, len(rows)):
        start = imagine(before, np.random.default_rng([seed, place]), toward=after)
        rows.append([replace(start, drift=step / (columns - 1)) for step in range(columns)])
    chance = np.random.default_rng([seed, len(rows)])
    for first in range(0, len(names), columns):
        row = [imagine(style, chance) for style in names[first : first + columns]]
        rows.append([replace(picture, people=_clothes(chance)) for picture in row])
    return _paste(rows)


def _clothes(chance: Generator) -> tuple[str, ...]:
    return tuple(map(str, chance.choice(list(CLOTHES), size=chance.integers(1, 4), replace=False)))


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
