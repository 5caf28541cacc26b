"""Conditions of a rule: a measured feature within bounds, or a word; and whether a post meets them.

A rule says what sets a cluster apart: all its conditions hold. Input: rows of the tables `rules`
and `features`. Output: yes or no. A value that was not measured meets no condition: a post without
a picture has no hue. This module does not know how features are measured or rules are learnt.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zeitgraph.kg.workspace.rows import FeatureRow, RuleRow

WORD = "word"
"""The feature of a condition on the words of a text."""


@dataclass(frozen=True)
class Feature:
    """A measurement of a post's pictures: what it means, and its range [`low`, `high`].

    A `circular` feature wraps around, as hue does. `step` is the least difference a reader sees.
    """

    about: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    circular: bool = False


FEATURES: Mapping[str, Feature] = {
    "hue": Feature(
        "mean direction of the hues in degrees, pixels weighed by chroma; null where all is grey, "
        "or hues cancel",
        high=360.0,
        step=10.0,
        circular=True,
    ),
    "unity": Feature("length of that mean: 1 for one hue, 0 for hues that cancel"),
    "coloured": Feature("share of the pixels that have a colour (chroma of at least 0.1)"),
    "saturation": Feature("mean saturation (HSV)"),
    "value": Feature("mean brightness (HSV value, the largest channel)"),
    "contrast": Feature("twice the standard deviation of the luma"),
    "texture": Feature("part of the luma's variance that is finer than 3 pixels of 128"),
    "entropy": Feature("evenness of the visual weight over 8 × 8 squares: 1 is even everywhere"),
    "balance": Feature("1 where the visual weight is as heavy left as right, 0 at one edge"),
    "symmetry": Feature("overlap of the visual weight with its mirror image, left to right"),
    "golden": Feature("distance of the heaviest place to a golden section, in shares of the side"),
    "roundness": Feature("how many edges point at one centre, as those of a circle do"),
}
"""All measurements of pictures, by their column in the table `features`."""


@dataclass(frozen=True)
class Condition:
    """`low` ≤ feature < `high`, None for no bound; for the feature `WORD`, the text says `word`.

    Of a circular feature `low` may be above `high`: then the range wraps around.
    """

    feature: str
    low: float | None = None
    high: float | None = None
    word: str = ""

    def holds(self, features: FeatureRow) -> bool:
        """Whether a row of the table `features` meets the condition."""
        if self.feature == WORD:
            return self.word in (features["words"] or ())
        value: float | None = features[self.feature]  # type: ignore[literal-required]
        if value is None:
            return False
        above = self.low is None or value >= self.low
        below = self.high is None or value < self.high
        if self.low is not None and self.high is not None and self.low > self.high:
            return above or below
        return above and below


def all_hold(conditions: Iterable[Condition], features: FeatureRow) -> bool:
    """Whether a row of the table `features` meets every condition."""
    return all(condition.holds(features) for condition in conditions)


def rules_of(rows: Iterable[RuleRow]) -> dict[tuple[str, str], tuple[Condition, ...]]:
    """The rules in rows of one week of the table `rules`, by cluster and sub-style (or empty).

    A cluster without a good enough rule is left out.
    """
    found: dict[tuple[str, str], list[RuleRow]] = {}
    for row in rows:
        if row["position"]:
            found.setdefault((row["cluster_id"], row["substyle_id"]), []).append(row)
    return {key: _in_order(own) for key, own in sorted(found.items())}


def _in_order(rows: Sequence[RuleRow]) -> tuple[Condition, ...]:
    return tuple(
        Condition(row["feature"], row["low"], row["high"], row["word"] or "")
        for row in sorted(rows, key=lambda row: row["position"])
    )
