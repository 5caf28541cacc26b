"""The six layouts: the positions and sizes of the objects in a picture.

Input: a number of objects and a random generator. Output: one spot for each object. Coordinates are
shares of the side (0..1, y grows downwards); a spot's `y` is the foot of the object. This module
does not know which objects stand there.
"""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

GOLDEN = 0.618


@dataclass(frozen=True, slots=True)
class Spot:
    """The foot of one object and its half height, in shares of the side."""

    x: float
    y: float
    half: float


def _hero(count: int, rng: Generator, x: float, y: float) -> list[Spot]:
    spots = [Spot(x, y, rng.uniform(0.2, 0.24))]
    away = 1 if x < 0.5 else -1
    for step in range(1, count):
        beside = x + away * (0.2 + 0.17 * step) + rng.uniform(-0.03, 0.03)
        foot = y + rng.uniform(-0.06, 0.07)
        spots.append(Spot(min(0.9, max(0.1, beside)), foot, rng.uniform(0.085, 0.115)))
    return spots


def golden_left(count: int, rng: Generator) -> list[Spot]:
    """A main object on the left golden line, the others small on the far side."""
    return _hero(count, rng, 1 - GOLDEN, 0.86)


def golden_right(count: int, rng: Generator) -> list[Spot]:
    """A main object on the right golden line, the others small on the far side."""
    return _hero(count, rng, GOLDEN, 0.86)


def centred(count: int, rng: Generator) -> list[Spot]:
    """A large main object in the middle, the others evenly on both sides."""
    spots = [Spot(0.5, 0.87, rng.uniform(0.23, 0.27))]
    for step in range(1, count):
        side = -1 if step % 2 else 1
        spots.append(Spot(0.5 + side * (0.25 + 0.1 * ((step - 1) // 2)), 0.88, 0.105))
    return spots


def mirrored(count: int, rng: Generator) -> list[Spot]:
    """Pairs of equal size at equal distance from the middle."""
    half, reach = rng.uniform(0.145, 0.17), rng.uniform(0.2, 0.24)
    spots = []
    for step in range(count):
        side = -1 if step % 2 == 0 else 1
        pair = step // 2
        x = 0.5 + side * reach * (1 - 0.55 * pair)
        spots.append(Spot(x, 0.84 + 0.08 * pair, half * 0.8**pair))
    return spots


def thirds(count: int, rng: Generator) -> list[Spot]:
    """Objects on the lines of thirds, alternately near and far."""
    xs = (1 / 6, 1 / 2, 5 / 6, 1 / 3, 2 / 3, 1 / 2)
    return [
        Spot(
            xs[step % 6] + rng.uniform(-0.02, 0.02),
            (0.9, 0.76)[step % 2],
            rng.uniform(0.13, 0.155),
        )
        for step in range(count)
    ]


def scattered(count: int, rng: Generator) -> list[Spot]:
    """Objects at random positions, at a distance from each other."""
    spots: list[Spot] = []
    for _ in range(count):
        tries = [
            Spot(rng.uniform(0.15, 0.85), rng.uniform(0.55, 0.93), rng.uniform(0.1, 0.15))
            for _ in range(8)
        ]
        spots.append(max(tries, key=lambda spot: _clearance(spot, spots)))
    return spots


def _clearance(spot: Spot, others: list[Spot]) -> float:
    return min(((spot.x - o.x) ** 2 + (spot.y - o.y) ** 2 for o in others), default=1.0)


LAYOUTS: dict[str, Callable[[int, Generator], list[Spot]]] = {
    "golden-left": golden_left,
    "golden-right": golden_right,
    "centred": centred,
    "mirrored": mirrored,
    "thirds": thirds,
    "scattered": scattered,
}
