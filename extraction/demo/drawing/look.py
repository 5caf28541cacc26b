"""A style as numbers: a palette, amounts of light and texture, and what it likes to show.

In comes `styles.toml`; out come frozen `Look`s which can be blended, so that one style may drift
into another. This module knows nothing about how an amount is drawn.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zeitgraph.extraction.demo.drawing.brush import Rgb, mix
from zeitgraph.extraction.demo.drawing.canvas import Matter

STYLES_FILE = Path(__file__).with_name("styles.toml")
COLOURS = ("sky", "low", "far", "mid", "near", "ground", "ink", "light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """One style. `colours` has a row per name in COLOURS, `things` five object colours.

    `amounts` are shares in 0..1 by name: matter (shade, rim, ...), dressings and finishes.
    `likes` are the objects and `haunts` the scenes it shows more often than others; `few` and
    `many` bound how many objects are in a picture, `roundness` is the share of round ones.
    """

    id: str
    colours: Mapping[str, Rgb]
    things: tuple[Rgb, ...]
    amounts: Mapping[str, float]
    likes: tuple[str, ...]
    haunts: tuple[str, ...]
    few: int
    many: int
    roundness: float

    def amount(self, name: str) -> float:
        """How much of a named effect this style has, 0 where it has none."""
        return self.amounts.get(name, 0.0)

    def matter(self, **changes: float) -> Matter:
        """What this style's sheets are made of, with some amounts changed."""
        names = ("shade", "rim", "bleed", "chrome", "glow", "cast", "softness")
        amounts = {name: self.amount(name) for name in names} | changes
        return Matter(light=self.colours["light"], dark=self.colours["dark"], **amounts)


def blend(a: Look, b: Look, share: float) -> Look:
    """A look `share` (0..1) of the way from `a` to `b`; words come from the nearer of the two."""
    near = a if share < 0.5 else b
    names = sorted({*a.amounts, *b.amounts})
    return Look(
        id=near.id,
        colours={name: mix(a.colours[name], b.colours[name], share) for name in COLOURS},
        things=tuple(mix(x, y, share) for x, y in zip(a.things, b.things, strict=True)),
        amounts={
            name: a.amount(name) + (b.amount(name) - a.amount(name)) * share for name in names
        },
        likes=near.likes,
        haunts=near.haunts,
        few=near.few,
        many=near.many,
        roundness=a.roundness + (b.roundness - a.roundness) * share,
    )


def _rgb(code: str) -> Rgb:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


@cache
def looks() -> dict[str, Look]:
    """All styles of the world by id, in the order of `styles.toml`."""
    rows = tomllib.loads(STYLES_FILE.read_text("utf-8"))["style"]
    return {
        row["id"]: Look(
            id=row["id"],
            colours=dict(zip(COLOURS, map(_rgb, row["colours"]), strict=True)),
            things=tuple(map(_rgb, row["things"])),
            amounts=row["amounts"],
            likes=tuple(row["likes"]),
            haunts=tuple(row["haunts"]),
            few=row["count"][0],
            many=row["count"][1],
            roundness=row["roundness"],
        )
        for row in rows
    }
