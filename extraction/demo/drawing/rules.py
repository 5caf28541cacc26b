"""The sub-styles of «ins-style home» as rules, and the features that the rules measure.

Input: a picture's description and its pixels. Output: numbers. An analysis of the pictures should
recover these rules: Nordic minimal is blue-grey and has few objects, Korean cream is bright and
round, bohemian has earth colours. This module does not know about posts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.demo.drawing.things import THINGS


@dataclass(frozen=True, slots=True)
class Rule:
    """Most pictures of `style` have `feature` within [low, high]."""

    style: str
    feature: str
    low: float
    high: float

    def holds(self, picture: Picture, image: Image.Image) -> bool:
        """Returns whether a picture satisfies the rule."""
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
    """Returns the mean direction of the hues in degrees, each pixel weighted by its saturation."""
    hsv = np.asarray(image.convert("HSV"))
    hue, weight = hsv[..., 0], hsv[..., 1]
    wheel = np.arange(256) * (2 * np.pi / 256)
    mean = np.arctan2((weight * np.sin(wheel)[hue]).sum(), (weight * np.cos(wheel)[hue]).sum())
    return float(np.degrees(mean) % 360)


def _value(_picture: Picture, image: Image.Image) -> float:
    """Returns the mean of the largest channel, 0..1."""
    return float(np.asarray(image).max(axis=2).mean() / 255)


def _roundness(picture: Picture, _image: Image.Image) -> float:
    """Returns the share of round objects."""
    return sum(THINGS[name].is_round for name in picture.objects) / len(picture.objects)


def _objects(picture: Picture, _image: Image.Image) -> float:
    return len(picture.objects)


FEATURES: Mapping[str, Callable[[Picture, Image.Image], float]] = {
    "hue": _hue,
    "value": _value,
    "roundness": _roundness,
    "objects": _objects,
}
