"""The stage on which a picture is put together: a painting, a look and one random generator.

Input: a look and a random generator. Output: sheets whose tones fade into the sky with distance.
This module does not know what is drawn on the stage.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.brush import (
    SUPERSAMPLE,
    Brush,
    LineStyle,
    Place,
    Rgb,
    Sheet,
    mix,
)
from zeitgraph.extraction.demo.drawing.canvas import Painting, Plane, blurred, ramp
from zeitgraph.extraction.demo.drawing.look import Look

HORIZON = 0.16
LEAST_AMOUNT = 0.15


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose of one object: tilt in radians, mirrored or not, its colour, the phase
    of its lines.
    """

    tilt: float
    flip: bool
    tint: int
    phase: float


@dataclass(frozen=True, slots=True)
class Stage:
    """The state that drawings share while one picture is made."""

    painting: Painting
    look: Look
    rng: Generator

    @contextmanager
    def sheet(self, depth: float, *, cast: float | None = None) -> Iterator[Brush]:
        """Yields a brush on a full sheet at `depth` (0 far .. 1 near); the sheet is laid at the
        end.
        """
        look = self.look
        brush = self.painting.brush(self._tones(depth), self._line_style(0.4, self.between(0, 6)))
        yield brush
        changes = {"glow": look.amount("glow") * 0.12, "chrome": look.amount("chrome") * 0.12}
        if cast is not None:
            changes["cast"] = cast
        changes["rim"] = look.amount("rim") * 0.5
        self.painting.lay(brush.sheet, look.material(**changes))

    def decorate(self, table: Mapping[str, "Decoration"]) -> None:
        """Draws every decoration of `table` of which the look has more than LEAST_AMOUNT."""
        amounts = self.look.amounts
        for name, decoration in table.items():
            if amounts.get(name, 0.0) > LEAST_AMOUNT:
                decoration(self, amounts[name])

    def between(self, low: float, high: float) -> float:
        """Returns a uniform random number between two bounds."""
        return low + (high - low) * self.rng.random()

    def thing_brush(self, half: int, pose: Pose) -> Brush:
        """Returns a brush for one object of `half` pixels in the colours of the style."""
        return self.small_brush(half, pose, self._thing_tones(pose.tint), 1.0)

    def small_brush(self, half: int, pose: Pose, tones: Mapping[str, Rgb], line: float) -> Brush:
        """Returns a brush on a small sheet for a drawing of `half` pixels to each side of its
        centre.

        `line` (0..1) scales the width of outlines: fine drawings need thinner ones.
        """
        reach = round(half * 1.25) + 1
        place = Place(reach, reach, half, pose.tilt, pose.flip)
        return Brush(
            Sheet(2 * reach * SUPERSAMPLE), place, tones, self._line_style(line, pose.phase)
        )

    def ground_shadow(self, x: float, foot: float, half: float) -> None:
        """Draws the shadow on the ground of a thing at pixel `x`, `foot`, `half` pixels to each
        side.
        """
        softness = self.painting.scale * (2 + 4 * self.look.amount("softness"))
        shadow = _puddle(round(half * 1.15), max(3, round(half * 0.2)), softness)
        high, wide = shadow.shape
        corner = (round(x - wide / 2), round(foot - high / 2))
        self.painting.tint(self.look.colours["dark"], shadow, corner)

    def _line_style(self, scale: float, phase: float) -> LineStyle:
        outline, wobble = self.look.amount("outline"), self.look.amount("wobble")
        return LineStyle(0.07 * outline * scale**3, 0.05 * wobble * scale, phase)

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
    """Returns a soft flat ellipse of `wide` and `high` pixels to each side, read-only."""
    margin = round(3 * softness)
    flat = np.zeros((2 * (high + margin), 2 * (wide + margin)), np.float32)
    inside = ramp(2 * wide)[None, :] ** 2 + ramp(2 * high)[:, None] ** 2 < 1
    flat[margin : margin + 2 * high, margin : margin + 2 * wide] = 0.55 * inside
    return blurred(flat, softness)


Decoration = Callable[[Stage, float], None]
