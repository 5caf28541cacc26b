"""Fair shares: every post of a week gets a weight, so that the week is balanced as stated.

In come the posts of a week and `[fairness]` of the settings, out come weights and the parts that
each region, gender … had before and has after. Raking (Deming & Stephan 1940): the weights are
scaled for one side after the other until all sides have the parts that were asked for; none leaves
1 / cap .. cap times the mean, so a side may fall short, and what it reached is told. Knows nothing
about clusters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.kg.workspace.settings import FairnessSettings, Side

ROUNDS = 500
EXACT = 1e-10
HEAD, REST, UNKNOWN = "head", "rest", ""


@dataclass(frozen=True)
class Part:
    """What a value of a side had of the week, was to have, and has; parts in [0, 1]."""

    side: str
    value: str
    posts: int
    before: float
    target: float
    after: float


@dataclass(frozen=True)
class Balance:
    """A weight for each post, their mean 1, and the parts of each side but `author`."""

    weights: Floats
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Side:
    """A side: its values, the place in them of each post's own, and the part each is to have."""

    name: str
    values: Sequence[str]
    own: NDArray[np.intp]
    targets: Floats

    def parts(self, weights: Floats) -> Floats:
        return np.asarray(np.bincount(self.own, weights, len(self.values)) / weights.sum())


def balance(posts: Sequence[Mapping[str, Any]], settings: FairnessSettings) -> Balance:
    """Weights of the posts; each is a row with the columns of the table `posts`."""
    weights = np.ones(len(posts))
    sides = [_side(posts, name, settings) for name in settings.balance]
    for _ in range(ROUNDS):
        before = weights
        for side in sides:
            weights = weights * (side.targets / np.maximum(side.parts(weights), 1e-300))[side.own]
        weights = _capped(weights / weights.mean(), settings.cap)
        if np.max(np.abs(weights - before)) < EXACT:
            break
    told = [part for side in sides if side.name != "author" for part in _told(side, weights)]
    return Balance(weights, tuple(told))


def _capped(weights: Floats, cap: float) -> Floats:
    """The weights within 1 / cap .. cap, and of mean 1 again as far as these allow."""
    for _ in range(ROUNDS):
        clipped = np.clip(weights, 1 / cap, cap)
        if abs(clipped.mean() - 1) < EXACT:
            break
        weights = clipped / clipped.mean()
    return np.asarray(clipped)


def _told(side: _Side, weights: Floats) -> list[Part]:
    before, after = side.parts(np.ones(len(side.own))), side.parts(weights)
    posts = np.bincount(side.own, minlength=len(side.values))
    return [
        Part(
            side.name,
            value,
            int(posts[i]),
            float(before[i]),
            float(side.targets[i]),
            float(after[i]),
        )
        for i, value in enumerate(side.values)
    ]


def _side(posts: Sequence[Mapping[str, Any]], name: Side, settings: FairnessSettings) -> _Side:
    """A side with the part that each of its values is to have.

    What is not known, and values for which nothing is stated where something is for others, keep
    the part that they have; the rest is divided as stated, or evenly where nothing is.
    """
    if name == "head":
        cells = _heads([row["views"] or 0 for row in posts], settings.head)
    else:
        cells = [row[name] or UNKNOWN for row in posts]
    values, own = np.unique(np.array(cells, dtype=object).astype(str), return_inverse=True)
    had = np.bincount(own) / len(posts)
    stated = settings.targets.get(name, {})
    wanted = np.array(
        [stated.get(v, 0.0) if stated else float(v != UNKNOWN) for v in values.tolist()]
    )
    asked = wanted > 0
    targets = had.copy()
    if asked.any():
        targets[asked] = wanted[asked] / wanted.sum() * had[asked].sum()
    return _Side(name, values.tolist(), own, targets)


def _heads(views: Sequence[int], part: float) -> list[str]:
    """Which posts are head content: the `part` that is viewed most; of equals all or none."""
    least = sorted(views, reverse=True)[max(1, round(part * len(views))) - 1]
    return [HEAD if count >= least and count > 0 else REST for count in views]
