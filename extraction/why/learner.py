"""The shortest rule that tells some posts from others: a few conditions over features and words.

Comes in: a `Sheet` of features, and which posts a rule should pick. Goes out: the conditions, in
the order in which they were found, and how right they are on posts of one's choice. Knows nothing
about clusters, weeks or languages.

A beam of rules grows by one condition at a time, as in CN2 (Clark & Niblett 1989, section 3), here
by the F-measure; of a feature that interval is taken that is best, of all between two cuts, as in
subgroup discovery with optimal intervals (Mampaey et al. 2012, «Efficient algorithms for finding
richer subgroup descriptions», section 4, by trying all). When one has been added, the bounds of
those before are set again. A longer rule must be clearly better than a shorter one.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.conditions import FEATURES, WORD, Condition, Feature

if TYPE_CHECKING:
    from scipy import sparse

Mask = NDArray[np.bool_]
Counts = NDArray[np.intp]
Values = NDArray[np.float64]
Rule = tuple[Condition, ...]

BEAM = 6
"""Rules that are kept at each length."""

CUTS = 12
"""Parts of equal size into which the values of a feature are cut."""

DEARER = 0.02
"""F-measure on the posts it is learnt from that one more condition must bring."""

TWO_SIDED = 0.01
"""F-measure that a second bound must bring."""

LEAST_SAYING = 3
"""A word in fewer of the wanted posts is chance."""

CIRCLE = 360.0


class Measured(NamedTuple):
    """How right a rule is: it picks `posts`, `right` of them rightly, of `members` wanted."""

    posts: int
    right: int
    members: int

    @property
    def precision(self) -> float:
        """The right part of what it picks; 0 where it picks nothing."""
        return self.right / self.posts if self.posts else 0.0

    @property
    def recall(self) -> float:
        """The part of the wanted posts that it picks; 0 where none is wanted."""
        return self.right / self.members if self.members else 0.0


@dataclass(frozen=True)
class Sheet:
    """Posts, and what is measured of each: rows of the table `features`, in any order.

    No rule depends on that order. `numbers` has NaN for what is null.
    """

    rows: Sequence[Mapping[str, Any]]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def numbers(self) -> Mapping[str, Values]:
        """Each feature as float64 of shape (n,)."""
        return {
            name: np.array([np.nan if r[name] is None else r[name] for r in self.rows], np.float64)
            for name in FEATURES
        }

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word, sorted."""
        return tuple(sorted({word for row in self.rows for word in row["words"] or ()}))

    @cached_property
    def said(self) -> "sparse.csr_array[Any]":
        """Whether a word stands in a post: float32 of shape (words, n)."""
        from scipy import sparse

        place = {word: i for i, word in enumerate(self.words)}
        cells = [
            (place[w], n) for n, row in enumerate(self.rows) for w in sorted(row["words"] or ())
        ]
        rows, columns = zip(*cells, strict=True) if cells else ((), ())
        shape = (len(self.words), len(self))
        ones = np.ones(len(cells), np.float32)
        return sparse.csr_array((ones, (rows, columns)), shape=shape)

    def picked(self, rule: Rule) -> Mask:
        """Which posts meet every condition, shape (n,); as `Condition.holds`, for all at once."""
        picked = np.ones(len(self), bool)
        for condition in rule:
            picked &= self._meets(condition)
        return picked

    def _meets(self, condition: Condition) -> Mask:
        if condition.feature != WORD:
            return _within(self.numbers[condition.feature], condition)
        place = bisect_left(self.words, condition.word)
        if self.words[place : place + 1] != (condition.word,):
            return np.zeros(len(self), bool)
        return np.asarray(self.said[[place]].toarray()[0] > 0)


def _within(values: Values, condition: Condition) -> Mask:
    low, high = condition.low, condition.high
    above = values >= low if low is not None else ~np.isnan(values)
    below = values < high if high is not None else ~np.isnan(values)
    around = low is not None and high is not None and low > high
    return above | below if around else above & below


def measure_rule(rule: Rule, sheet: Sheet, wanted: Mask, among: Mask) -> Measured:
    """How right a rule is among some posts of the sheet; masks of shape (n,)."""
    picked = sheet.picked(rule) & among
    return Measured(int(picked.sum()), int((picked & wanted).sum()), int((wanted & among).sum()))


def learn_rule(sheet: Sheet, wanted: Mask, among: Mask, longest: int) -> Rule:
    """The rule for the `wanted` posts, learnt from those `among` alone; empty where there is none.

    At most `longest` conditions. Masks of shape (n,).
    """
    search = _Search(sheet, wanted, among)
    best, rule = 0.0, Rule()
    beam = [rule]
    for _ in range(longest):
        grown = search.best({again for one in beam for again in search.longer(one)})
        beam = search.best({search.settled(one) for one in grown})
        if not beam or search.score(beam[0]) < best + DEARER:
            break
        best, rule = search.score(beam[0]), beam[0]
    return rule


def _key(rule: Rule) -> list[tuple[str, str, float, float]]:
    return [(c.feature, c.word, c.low or 0.0, c.high or 0.0) for c in rule]


class _Search:
    """Scores and grows rules over the m posts of a sheet that are `among`."""

    def __init__(self, sheet: Sheet, wanted: Mask, among: Mask) -> None:
        rows = np.flatnonzero(among)
        self.wanted = wanted[rows]
        self.total = int(self.wanted.sum())
        self.numbers = {name: sheet.numbers[name][rows] for name in FEATURES}
        self.cuts = {name: _cuts(FEATURES[name], self.numbers[name]) for name in FEATURES}
        self.bins = {
            name: np.searchsorted(self.cuts[name], self.numbers[name], side="right")
            for name in FEATURES
        }
        often = sheet.said @ (wanted & among).astype(np.float32) >= LEAST_SAYING
        self.words = [sheet.words[place] for place in np.flatnonzero(often)]
        self.said = sheet.said[np.flatnonzero(often)][:, rows].toarray()
        self._masks: dict[Condition, Mask] = {}
        self._scores: dict[Rule, float] = {}

    def score(self, rule: Rule) -> float:
        """The F-measure (van Rijsbergen 1979), rounded so that no last bits decide."""
        if rule not in self._scores:
            picked = self.picked(rule)
            right = int((picked & self.wanted).sum())
            self._scores[rule] = round(2 * right / max(self.total + int(picked.sum()), 1), 9)
        return self._scores[rule]

    def picked(self, rule: Rule) -> Mask:
        """Which of the m posts meet all of it."""
        masks = [self._meets(condition) for condition in rule]
        return np.asarray(np.logical_and.reduce([np.ones(len(self.wanted), bool), *masks]))

    def _meets(self, condition: Condition) -> Mask:
        if condition not in self._masks:
            self._masks[condition] = (
                self.said[self.words.index(condition.word)] > 0
                if condition.feature == WORD
                else _within(self.numbers[condition.feature], condition)
            )
        return self._masks[condition]

    def longer(self, rule: Rule) -> list[Rule]:
        """The rule with each condition that may be added."""
        picked = self.picked(rule)
        used = {condition.feature for condition in rule}
        added = [self._interval(name, picked) for name in FEATURES if name not in used]
        grown = [(*rule, condition) for condition in added if condition is not None]
        grown += [(*rule, Condition(WORD, word=word)) for word in self._words(picked)]
        return [one for one in grown if len(set(one)) == len(one)]

    def best(self, rules: Collection[Rule]) -> list[Rule]:
        """The `BEAM` best of them, the best first."""
        return sorted(rules, key=lambda one: (-self.score(one), _key(one)))[:BEAM]

    def settled(self, rule: Rule) -> Rule:
        """The rule with the bounds of all but its last condition set again, given the others."""
        for place, condition in enumerate(rule[:-1]):
            if condition.feature != WORD:
                rest = (*rule[:place], *rule[place + 1 :])
                again = self._interval(condition.feature, self.picked(rest))
                trial = (*rule[:place], again or condition, *rule[place + 1 :])
                if self.score(trial) > self.score(rule):
                    rule = trial
        return rule

    def _words(self, picked: Mask) -> list[str]:
        """The words that make the best rules among what is picked already."""
        right = self.said @ (picked & self.wanted).astype(np.float32)
        both = self.said @ picked.astype(np.float32)
        scores = np.round(2 * right / np.maximum(self.total + both, 1), 6)
        order = np.argsort(-scores, kind="stable")[:BEAM]
        return [self.words[place] for place in order if right[place] >= LEAST_SAYING]

    def _interval(self, name: str, picked: Mask) -> Condition | None:
        """The best bounds of a feature among what is picked; None where none picks anything."""
        known = ~np.isnan(self.numbers[name]) & picked
        size, bins = len(self.cuts[name]) + 1, self.bins[name]
        right = np.bincount(bins[known & self.wanted], minlength=size)
        wrong = np.bincount(bins[known & ~self.wanted], minlength=size)
        bounds = _arc if FEATURES[name].circular else _span
        best = bounds(right, wrong, self.total, self.cuts[name])
        return None if best is None else Condition(name, *best)


Bounds = tuple[float | None, float | None]


def _span(right: Counts, wrong: Counts, total: int, cuts: Values) -> Bounds | None:
    """The bounds of the best F, of counts by bin; a second bound must bring `TWO_SIDED`."""
    size = len(right)
    table = _scores(right, wrong, total)
    table[_intervals(size)[1] > size] = 0.0
    one_sided = np.zeros((size, size))
    one_sided[0, : size - 1] = TWO_SIDED
    one_sided[np.arange(1, size), size - 1 - np.arange(1, size)] = TWO_SIDED
    first, count = _widest(np.where(table > 0, table + one_sided, 0.0))
    if not table[first, count - 1] or count == size:
        return None
    end = first + count
    return float(cuts[first - 1]) if first else None, float(cuts[end - 1]) if end < size else None


def _arc(right: Counts, wrong: Counts, total: int, cuts: Values) -> Bounds | None:
    """As `_span` on a circle, whose `cuts` begin at its beginning: the first bin is empty."""
    table = _scores(right[1:], wrong[1:], total)[:, :-1]
    first, count = _widest(table)
    if not table[first, count - 1]:
        return None
    end = (first + count) % len(cuts)
    return float(cuts[first]), float(cuts[end]) if end else CIRCLE


def _scores(right: Counts, wrong: Counts, total: int) -> Values:
    """F of each interval: of row `first` and column `count` - 1, going around at the end."""
    first, end = _intervals(len(right))
    hits, all_in = (
        line[end] - line[first] for line in (_running(counts) for counts in (right, right + wrong))
    )
    return np.asarray(np.round(2 * hits / np.maximum(total + all_in, 1), 9))


def _running(counts: Counts) -> Counts:
    """Sums from the first bin on, twice around, shape (2k + 1,)."""
    return np.concatenate([np.zeros(1, counts.dtype), np.cumsum(np.tile(counts, 2))])


@cache
def _intervals(size: int) -> tuple[Counts, Counts]:
    """First bins, shape (size, 1), and ends of the intervals from them, shape (size, size)."""
    first = np.arange(size)[:, None]
    return first, first + np.arange(1, size + 1)


def _widest(table: Values) -> tuple[int, int]:
    """First bin and count of bins of the best interval: of those that tie the widest."""
    rows, columns = np.nonzero(table == table.max())
    less, first = min(zip((-columns).tolist(), rows.tolist(), strict=True))
    return first, 1 - less


def _cuts(feature: Feature, values: Values) -> Values:
    """Where a feature may be cut: at quantiles, rounded; all around a circle at every `step`."""
    if feature.circular:
        return np.arange(0, feature.high, feature.step)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.empty(0)
    quantiles = np.quantile(known, np.arange(1, CUTS) / CUTS, method="inverted_cdf")
    return np.unique(np.round(np.round(quantiles / feature.step) * feature.step, 9))
