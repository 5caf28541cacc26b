"""A style as numbers: a palette, amounts of light and texture, and its usual things and scenes.

Input: `styles.toml`. Output: frozen `Look`s that can be blended, so that one style can drift into
another. This module does not know how an amount is drawn.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zeitgraph.extraction.demo.drawing.brush import Rgb, mix
from zeitgraph.extraction.demo.drawing.canvas import Material

STYLES_FILE = Path(__file__).with_name("styles.toml")
COLOURS = ("sky", "low", "far", "mid", "near", "ground", "ink", "light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """One style. `colours` has an entry per name in COLOURS, `things` has five object colours.

    `amounts` are shares in 0..1 by name: material (shade, rim, ...), decorations and finishes.
    `likely_things` and `likely_scenes` are shown more often than others. `few` and `many` are the
    bounds for the number of objects in a picture; `roundness` is the share of round ones.
    """

    id: str
    colours: Mapping[str, Rgb]
    things: tuple[Rgb, ...]
    amounts: Mapping[str, float]
    likely_things: tuple[str, ...]
    likely_scenes: tuple[str, ...]
    few: int
    many: int
    roundness: float

    def amount(self, name: str) -> float:
        """Returns how much of a named effect this style has; 0 if it has none."""
        return self.amounts.get(name, 0.0)

    def material(self, **changes: float) -> Material:
        """Returns the material of this style's sheets, with some amounts changed."""
        names = ("shade", "rim", "bleed", "chrome", "glow", "cast", "softness")
        amounts = {name: self.amount(name) for name in names} | changes
        return Material(light=self.colours["light"], dark=self.colours["dark"], **amounts)


def blend(a: Look, b: Look, share: float) -> Look:
    """Returns a look `share` (0..1) of the way from `a` to `b`; its words are those of the nearer
    look.
    """
    near = a if share < 0.5 else b
    names = sorted({*a.amounts, *b.amounts})
    return Look(
        id=near.id,
        colours={name: mix(a.colours[name], b.colours[name], share) for name in COLOURS},
        things=tuple(mix(x, y, share) for x, y in zip(a.things, b.things, strict=True)),
        amounts={
            name: a.amount(name) + (b.amount(name) - a.amount(name)) * share for name in names
        },
        likely_things=near.likely_things,
        likely_scenes=near.likely_scenes,
        few=near.few,
        many=near.many,
        roundness=a.roundness + (b.roundness - a.roundness) * share,
    )


def _rgb(code: str) -> Rgb:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


@cache
def looks() -> dict[str, Look]:
    """Returns all styles of the world by id, in the order of `styles.toml`."""
    rows = tomllib.loads(STYLES_FILE.read_text("utf-8"))["style"]
    return {
        row["id"]: Look(
            id=row["id"],
            colours=dict(zip(COLOURS, map(_rgb, row["colours"]), strict=True)),
            things=tuple(map(_rgb, row["things"])),
            amounts=row["amounts"],
            likely_things=tuple(row["likely_things"]),
            likely_scenes=tuple(row["likely_scenes"]),
            few=row["count"][0],
            many=row["count"][1],
            roundness=row["roundness"],
        )
        for row in rows
    }
