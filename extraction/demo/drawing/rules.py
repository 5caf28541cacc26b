"""The sub-styles of «ins-style home» as rules, and what a drawn picture measures by them.

In come a picture's description and its pixels; out come numbers. The rules are what one may find
again in the pictures: Nordic minimal is blue-grey and holds few objects, Korean cream is bright
and round, bohemian is of earth. This module knows nothing about posts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.demo.drawing.things import THINGS


@dataclass(frozen=True, slots=True)
class Rule:
    """Pictures of `style` have `feature` within [low, high], more often than not."""

    style: str
    feature: str
    low: float
    high: float

    def holds(self, picture: Picture, image: Image.Image) -> bool:
        """Whether a picture satisfies it."""
        return self.low <= FEATURES[self.feature](picture, image) <= self.high


RULES = (
    Rule("nordic-minimal", "hue", 200, 260),
    Rule("nordic-minimal", "objects", 1, 2),
    Rule("korean-cream", "value", 0.8, 1.0),
    Rule("korean-cream", "roundness", 0.4, 1.0),
    Rule("bohemian", "hue", 10, 45),
    Rule("bohemian", "objects", 3, 6),
)


def _hue(_picture: Picture, image: Image.Image) -> float:
    """The mean direction of the hues in degrees, each pixel weighed by its saturation."""
    hsv = np.asarray(image.convert("HSV"))
    hue, weight = hsv[..., 0], hsv[..., 1]
    wheel = np.arange(256) * (2 * np.pi / 256)
    mean = np.arctan2((weight * np.sin(wheel)[hue]).sum(), (weight * np.cos(wheel)[hue]).sum())
    return float(np.degrees(mean) % 360)


def _value(_picture: Picture, image: Image.Image) -> float:
    """The mean of the largest channel, 0..1."""
    return float(np.asarray(image).max(axis=2).mean() / 255)


def _roundness(picture: Picture, _image: Image.Image) -> float:
    """The share of round ones among the objects."""
    return sum(THINGS[name].is_round for name in picture.objects) / len(picture.objects)


def _objects(picture: Picture, _image: Image.Image) -> float:
    return len(picture.objects)


FEATURES: Mapping[str, Callable[[Picture, Image.Image], float]] = {
    "hue": _hue,
    "value": _value,
    "roundness": _roundness,
    "objects": _objects,
}
