"""Fair shares: a weight for every post of a week, so that the week is balanced as the settings say.

Input: the posts of a week and `[fairness]` of the settings. Output: the weights, and the part of
the week that each region, gender, … had before and has after. The method is raking (Deming &
Stephan 1940): the weights are scaled for one dimension after the other until all dimensions have
their target parts. Each weight stays within 1 / cap .. cap times the mean, so a dimension may miss
its targets; the part that it reached is in the output. This module does not know about clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.trends.shares import Floats
from zeitgraph.kg.workspace.rows import PostRow
from zeitgraph.kg.workspace.settings import FairnessSettings, Side

MAX_ROUNDS = 500
TOLERANCE = 1e-10
HEAD, REST, UNKNOWN = "head", "rest", ""


@dataclass(frozen=True)
class Part:
    """The part of a week that a value of a dimension had, should have, and has; each in [0, 1]."""

    side: str
    value: str
    posts: int
    before: float
    target: float
    after: float


@dataclass(frozen=True)
class Balance:
    """A weight for each post, shape (posts,), mean 1; and the parts, without those of authors."""

    weights: Floats
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Dimension:
    """A dimension: its values, the index of each post's value, and each value's target part."""

    name: str
    values: Sequence[str]
    index: NDArray[np.intp]
    targets: Floats

    def parts(self, weights: Floats) -> Floats:
        """The part of the total weight that each value has, shape (values,)."""
        return np.asarray(np.bincount(self.index, weights, len(self.values)) / weights.sum())


def balance(posts: Sequence[PostRow], settings: FairnessSettings) -> Balance:
    """The weights of the posts, each a row with the columns of the table `posts`."""
    weights = np.ones(len(posts))
    dimensions = [_dimension(posts, name, settings) for name in settings.balance]
    for _ in range(MAX_ROUNDS):
        before = weights
        for own in dimensions:
            weights = weights * (own.targets / np.maximum(own.parts(weights), 1e-300))[own.index]
        weights = _capped(weights / weights.mean(), settings.cap)
        if np.max(np.abs(weights - before)) < TOLERANCE:
            break
    parts = [part for own in dimensions if own.name != "author" for part in _parts(own, weights)]
    return Balance(weights, tuple(parts))


def _capped(weights: Floats, cap: float) -> Floats:
    """The weights within 1 / cap .. cap, with mean 1 as far as these bounds allow."""
    for _ in range(MAX_ROUNDS):
        clipped = np.clip(weights, 1 / cap, cap)
        if abs(clipped.mean() - 1) < TOLERANCE:
            break
        weights = clipped / clipped.mean()
    return np.asarray(clipped)


def _parts(dimension: _Dimension, weights: Floats) -> list[Part]:
    before, after = dimension.parts(np.ones(len(dimension.index))), dimension.parts(weights)
    posts = np.bincount(dimension.index, minlength=len(dimension.values))
    return [
        Part(
            dimension.name,
            value,
            int(posts[i]),
            float(before[i]),
            float(dimension.targets[i]),
            float(after[i]),
        )
        for i, value in enumerate(dimension.values)
    ]


def _dimension(posts: Sequence[PostRow], name: Side, settings: FairnessSettings) -> _Dimension:
    """A dimension with the target part of each of its values.

    Unknown values keep the part that they have. So do values without a target if the settings give
    targets for others. The rest is divided as the settings say, or evenly without targets.
    """
    if name == "head":
        cells = _heads([row["views"] or 0 for row in posts], settings.head)
    else:
        cells = [row[name] or UNKNOWN for row in posts]
    values, index = np.unique(np.array(cells, dtype=object).astype(str), return_inverse=True)
    parts = np.bincount(index) / len(posts)
    given = settings.targets.get(name, {})
    wanted = np.array(
        [given.get(v, 0.0) if given else float(v != UNKNOWN) for v in values.tolist()]
    )
    has_target = wanted > 0
    targets = parts.copy()
    if has_target.any():
        targets[has_target] = wanted[has_target] / wanted.sum() * parts[has_target].sum()
    return _Dimension(name, values.tolist(), index, targets)


def _heads(views: Sequence[int], part: float) -> list[str]:
    """`head` for the `part` of the posts with the most views, `rest` for the others.

    Posts with equal views are either all head content or none.
    """
    least = sorted(views, reverse=True)[max(1, round(part * len(views))) - 1]
    return [HEAD if count >= least and count > 0 else REST for count in views]
