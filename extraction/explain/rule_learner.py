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

from zeitgraph.kg.workspace.conditions import FEATURES, WORD, Condition, Feature

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

HALFWAY = 0.5
"""The part of a circle that bounds may span: «between 350° and 340°» says nothing."""

LEAST_SAYING = 3
"""A word in fewer of the wanted posts is chance."""

LINEAR = tuple(name for name, feature in FEATURES.items() if not feature.circular)
CIRCULAR = tuple(name for name, feature in FEATURES.items() if feature.circular)


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
        self.edges = np.stack([_edges(FEATURES[n], self.numbers[n]) for n in LINEAR])
        self.bins = np.stack(
            [_bins(self.numbers[n], self.edges[row], CUTS) for row, n in enumerate(LINEAR)]
        )
        around = {n: np.arange(0, FEATURES[n].high, FEATURES[n].step) for n in CIRCULAR}
        self.arcs = {
            n: (cuts, _bins(self.numbers[n], cuts[1:], len(cuts))) for n, cuts in around.items()
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
        picked = np.ones(len(self.wanted), bool)
        for condition in rule:
            picked &= self._meets(condition)
        return picked

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
        added = self._bounded(FEATURES.keys() - used, picked) + self._words(picked)
        grown = {(*rule, one): score for one, score in added if one not in rule}
        self._scores |= grown
        return list(grown)

    def best(self, rules: Collection[Rule]) -> list[Rule]:
        """The `BEAM` best of them, the best first."""
        return sorted(rules, key=lambda one: (-self.score(one), _key(one)))[:BEAM]

    def settled(self, rule: Rule) -> Rule:
        """The rule with the bounds of all but its last condition set again, given the others."""
        for place, condition in enumerate(rule[:-1]):
            if condition.feature != WORD:
                rest = (*rule[:place], *rule[place + 1 :])
                for again, _ in self._bounded({condition.feature}, self.picked(rest)):
                    trial = (*rule[:place], again, *rule[place + 1 :])
                    rule = trial if self.score(trial) > self.score(rule) else rule
        return rule

    def _words(self, picked: Mask) -> list[tuple[Condition, float]]:
        """The words that are best among what is picked already, and the F they make."""
        right, both = (
            (self.said @ some.astype(np.float32)).astype(np.float64)
            for some in (picked & self.wanted, picked)
        )
        scores = np.round(2 * right / np.maximum(self.total + both, 1), 9)
        order = np.argsort(-scores, kind="stable")[:BEAM]
        return [
            (Condition(WORD, word=self.words[place]), float(scores[place]))
            for place in order
            if right[place] >= LEAST_SAYING
        ]

    def _bounded(self, names: Collection[str], picked: Mask) -> list[tuple[Condition, float]]:
        """For each of these features its best bounds among what is picked, and the F they make.

        All that do not go around are bounded in one go: r features by j intervals.
        """
        found = [arc for name in CIRCULAR if name in names for arc in self._arc(name, picked)]
        rows = [row for row, name in enumerate(LINEAR) if name in names]
        lines = _running(self.bins[rows][:, picked & self.wanted], CUTS)
        both = _running(self.bins[rows][:, picked], CUTS)
        first, end = _intervals(CUTS)
        scores = _scores(lines, both, first, end, self.total)
        no_low, no_high = first == 0, np.isinf(self.edges[rows][:, end - 1])
        bonus = np.where(no_low ^ no_high, TWO_SIDED, 0.0)
        table = np.where((scores > 0) & ~(no_low & no_high), scores + bonus, 0.0)
        for place, row in enumerate(rows):
            best = int(table[place].argmax())
            if table[place, best] > 0:
                low = None if no_low[best] else float(self.edges[row][first[best] - 1])
                high = None if no_high[place, best] else float(self.edges[row][end[best] - 1])
                found.append((Condition(LINEAR[row], low, high), float(scores[place, best])))
        return found

    def _arc(self, name: str, picked: Mask) -> list[tuple[Condition, float]]:
        """The same of a feature that goes around, cut at every step."""
        cuts, bins = self.arcs[name]
        lines = _running(bins[None, picked & self.wanted], len(cuts), around=True)
        both = _running(bins[None, picked], len(cuts), around=True)
        first, end = _intervals(len(cuts), around=True)
        scores = _scores(lines, both, first, end, self.total)[0]
        best = int(scores.argmax())
        if not scores[best]:
            return []
        stop = int(end[best]) % len(cuts)
        high = float(cuts[stop]) if stop else FEATURES[name].high
        return [(Condition(name, float(cuts[first[best]]), high), float(scores[best]))]


def _running(bins: Counts, size: int, *, around: bool = False) -> Counts:
    """Sums of the counts of bins from the first on, shape (r, size + 1); (r, 2 size + 1) `around`.

    `bins` are r rows; a bin of `size` is no bin.
    """
    shifted = bins + np.arange(len(bins))[:, None] * (size + 1)
    counts = np.bincount(shifted.ravel(), minlength=len(bins) * (size + 1))
    counts = counts.reshape(len(bins), size + 1)[:, :size]
    counts = np.concatenate([counts, counts], axis=1) if around else counts
    sums = np.zeros((len(bins), counts.shape[1] + 1), np.intp)
    np.cumsum(counts, axis=1, out=sums[:, 1:])
    return sums


def _scores(right: Counts, both: Counts, first: Counts, end: Counts, total: int) -> Values:
    """F of j intervals, for r rows of running sums: shape (r, j)."""
    hits, picked = (line[:, end] - line[:, first] for line in (right, both))
    return np.asarray(np.round(2 * hits / np.maximum(total + picked, 1), 9))


@cache
def _intervals(size: int, *, around: bool = False) -> tuple[Counts, Counts]:
    """First bins and ends of all intervals of `size` bins, the widest first, each of shape (j,).

    Those that go around span `HALFWAY` at most.
    """
    pairs = [
        (first, first + count)
        for count in range(int(HALFWAY * size) if around else size, 0, -1)
        for first in range(size if around else size - count + 1)
    ]
    first, end = np.array(pairs, np.intp).T
    return first, end


def _edges(feature: Feature, values: Values) -> Values:
    """Where a feature is cut: at `CUTS` - 1 quantiles, rounded, no two the same; ∞ for the others.

    Shape (CUTS,).
    """
    known = values[~np.isnan(values)]
    cuts = np.empty(0)
    if len(known):
        quantiles = np.quantile(known, np.arange(1, CUTS) / CUTS, method="inverted_cdf")
        cuts = np.unique(np.round(np.round(quantiles / feature.step) * feature.step, 9))
    return np.pad(cuts, (0, CUTS - len(cuts)), constant_values=np.inf)


def _bins(values: Values, cuts: Values, none: int) -> Counts:
    """The bin of each value: how many cuts are not above it; `none` for NaN."""
    return np.where(np.isnan(values), none, np.searchsorted(cuts, values, side="right"))
