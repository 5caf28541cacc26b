"""The stage on which a picture is put together: a painting, a look, and one source of chance.

In come a look and a random generator; out come sheets whose tones fade into the sky the farther
they are. This module knows nothing about what stands on the stage.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from numpy.random import Generator
from PIL import Image

from zeitgraph.extraction.demo.canvas import (
    SUPERSAMPLE,
    Brush,
    Hand,
    Painting,
    Place,
    Rgb,
    mix,
)
from zeitgraph.extraction.demo.look import Look

HORIZON = 0.16
ENOUGH = 0.15


@dataclass(frozen=True, slots=True)
class Pose:
    """How one object stands: tilt in radians, mirrored or not, its colour, its hand's phase."""

    tilt: float
    flip: bool
    tint: int
    phase: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What drawings share while one picture is made."""

    painting: Painting
    look: Look
    chance: Generator

    @contextmanager
    def sheet(self, depth: float, *, cast: float | None = None) -> Iterator[Brush]:
        """A brush on a full sheet at `depth` (0 far .. 1 near), laid when the block ends."""
        look = self.look
        brush = self.painting.brush(self._tones(depth), self._hand(0.4, self.between(0, 6)))
        yield brush
        changes = {"glow": look.amount("glow") * 0.12, "chrome": look.amount("chrome") * 0.12}
        if cast is not None:
            changes["cast"] = cast
        changes["rim"] = look.amount("rim") * 0.5
        self.painting.lay(brush.sheet, look.matter(**changes))

    def dress(self, table: Mapping[str, "Dressing"]) -> None:
        """Hangs every dressing of `table` of which the look has enough to be seen."""
        for name, dressing in table.items():
            amount = self.look.amount(name)
            if amount > ENOUGH:
                dressing(self, amount)

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly between two bounds."""
        return float(self.chance.uniform(low, high))

    def thing_brush(self, half: int, pose: Pose) -> Brush:
        """A brush on a small sheet for one object of `half` pixels."""
        reach = round(half * 1.25) + 1
        sheet = Image.new("RGBA", (2 * reach * SUPERSAMPLE,) * 2)
        place = Place(reach, reach, half, pose.tilt, pose.flip)
        return Brush(sheet, place, self._thing_tones(pose.tint), self._hand(1.0, pose.phase))

    def _hand(self, scale: float, phase: float) -> Hand:
        outline, wobble = self.look.amount("outline"), self.look.amount("wobble")
        return Hand(0.07 * outline * scale**3, 0.05 * wobble * scale, phase)

    def _tones(self, depth: float) -> dict[str, Rgb]:
        colours = self.look.colours
        haze = 0.75 * (1 - depth)
        near = {
            "far": colours["far"],
            "mid": colours["mid"],
            "near": colours["near"],
            "ground": colours["ground"],
            "ink": mix(colours["ink"], colours["near"], 0.3),
            "pale": mix(colours["near"], colours["light"], 0.55),
            "light": colours["light"],
            "accent": self.look.things[0],
            "second": self.look.things[1],
            "third": self.look.things[2],
        }
        return {name: mix(tone, colours["low"], haze * 0.6) for name, tone in near.items()}

    def _thing_tones(self, tint: int) -> dict[str, Rgb]:
        things, colours = self.look.things, self.look.colours
        body = things[tint % len(things)]
        return {
            "body": body,
            "deep": mix(body, colours["dark"], 0.38),
            "pale": mix(body, colours["light"], 0.72),
            "accent": things[(tint + 1 + tint % 3) % len(things)],
            "ink": colours["ink"],
        }


Dressing = Callable[[Stage, float], None]
