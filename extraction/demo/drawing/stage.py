"""The stage on which a picture is put together: a painting, a look, and one source of chance.

In come a look and a random generator; out come sheets whose tones fade into the sky the farther
they are. This module knows nothing about what stands on the stage.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.brush import SUPERSAMPLE, Brush, Hand, Place, Rgb, Sheet, mix
from zeitgraph.extraction.demo.drawing.canvas import Painting, Plane, blurred, ramp
from zeitgraph.extraction.demo.drawing.look import Look

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
        amounts = self.look.amounts
        for name, dressing in table.items():
            if amounts.get(name, 0.0) > ENOUGH:
                dressing(self, amounts[name])

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly between two bounds."""
        return low + (high - low) * self.chance.random()

    def thing_brush(self, half: int, pose: Pose) -> Brush:
        """A brush for one object of `half` pixels in the colours of the style."""
        return self.small_brush(half, pose, self._thing_tones(pose.tint), 1.0)

    def small_brush(self, half: int, pose: Pose, tones: Mapping[str, Rgb], line: float) -> Brush:
        """A brush on a small sheet for what is `half` pixels high to each side of its middle.

        `line` (0..1) is how broad its outlines are: fine drawings ask for less.
        """
        reach = round(half * 1.25) + 1
        place = Place(reach, reach, half, pose.tilt, pose.flip)
        return Brush(Sheet(2 * reach * SUPERSAMPLE), place, tones, self._hand(line, pose.phase))

    def ground_shadow(self, x: float, foot: float, half: float) -> None:
        """The shadow on the ground of what stands at pixel `x`, `foot`, `half` to each side."""
        softness = self.painting.scale * (2 + 4 * self.look.amount("softness"))
        shadow = _puddle(round(half * 1.15), max(3, round(half * 0.2)), softness)
        high, wide = shadow.shape
        corner = (round(x - wide / 2), round(foot - high / 2))
        self.painting.tint(self.look.colours["dark"], shadow, corner)

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


@lru_cache(maxsize=512)
def _puddle(wide: int, high: int, softness: float) -> Plane:
    """A soft flat ellipse of `wide` and `high` pixels to each side, to be read only."""
    margin = round(3 * softness)
    flat = np.zeros((2 * (high + margin), 2 * (wide + margin)), np.float32)
    inside = ramp(2 * wide)[None, :] ** 2 + ramp(2 * high)[:, None] ** 2 < 1
    flat[margin : margin + 2 * high, margin : margin + 2 * wide] = 0.55 * inside
    return blurred(flat, softness)


Dressing = Callable[[Stage, float], None]
