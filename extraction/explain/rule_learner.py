"""The shortest rule that separates some posts from others: a few conditions on features and words.

Input: a `FeatureTable`, and which posts the rule should cover. Output: the conditions, in the order
in which they were found, and how good the rule is on given posts. This module does not know about
clusters, weeks or languages.

The search is a beam search that adds one condition at a time, as in CN2 (Clark & Niblett 1989,
section 3), here by the F-measure. Of a feature it takes the best interval between two cut points,
as in subgroup discovery with optimal intervals (Mampaey et al. 2012, «Efficient algorithms for
finding richer subgroup descriptions», section 4, by trying all). After a condition is added, the
bounds of the earlier ones are set again. A longer rule must be clearly better than a shorter one.
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

BINS = 12
"""Bins of equal size into which the values of a feature are divided."""

MIN_GAIN = 0.02
"""The F-measure on the training posts that each further condition must add."""

MIN_GAIN_BOUND = 0.01
"""The F-measure that a second bound of a condition must add."""

MAX_ARC = 0.5
"""The part of a circle that bounds may span: «between 350° and 340°» says nothing."""

MIN_WORD_POSTS = 3
"""A word in fewer of the target posts counts as chance."""

LINEAR = tuple(name for name, feature in FEATURES.items() if not feature.circular)
CIRCULAR = tuple(name for name, feature in FEATURES.items() if feature.circular)


class RuleQuality(NamedTuple):
    """A rule covers `posts` posts, of which `right` are among the `members` target posts."""

    posts: int
    right: int
    members: int

    @property
    def precision(self) -> float:
        """The part of the covered posts that are target posts; 0 if none is covered."""
        return self.right / self.posts if self.posts else 0.0

    @property
    def recall(self) -> float:
        """The part of the target posts that are covered; 0 if there is no target post."""
        return self.right / self.members if self.members else 0.0


@dataclass(frozen=True)
class FeatureTable:
    """The features of n posts: rows of the table `features`.

    The order of the rows does not change any rule.
    """

    rows: Sequence[Mapping[str, Any]]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def numbers(self) -> Mapping[str, Values]:
        """Each feature as float64 of shape (n,), NaN for null."""
        return {
            name: np.array([np.nan if r[name] is None else r[name] for r in self.rows], np.float64)
            for name in FEATURES
        }

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words of all posts, sorted."""
        return tuple(sorted({word for row in self.rows for word in row["words"] or ()}))

    @cached_property
    def has_word(self) -> "sparse.csr_array[Any]":
        """1 where a post has a word: float32 of shape (words, n)."""
        from scipy import sparse

        index = {word: i for i, word in enumerate(self.words)}
        cells = [
            (index[w], n) for n, row in enumerate(self.rows) for w in sorted(row["words"] or ())
        ]
        rows, columns = zip(*cells, strict=True) if cells else ((), ())
        shape = (len(self.words), len(self))
        ones = np.ones(len(cells), np.float32)
        return sparse.csr_array((ones, (rows, columns)), shape=shape)

    def covered(self, rule: Rule) -> Mask:
        """Which posts meet every condition, shape (n,); as `Condition.holds`, for all at once."""
        covered = np.ones(len(self), bool)
        for condition in rule:
            covered &= self._meets(condition)
        return covered

    def _meets(self, condition: Condition) -> Mask:
        if condition.feature != WORD:
            return _within(self.numbers[condition.feature], condition)
        index = bisect_left(self.words, condition.word)
        if self.words[index : index + 1] != (condition.word,):
            return np.zeros(len(self), bool)
        return np.asarray(self.has_word[[index]].toarray()[0] > 0)


def _within(values: Values, condition: Condition) -> Mask:
    low, high = condition.low, condition.high
    above = values >= low if low is not None else ~np.isnan(values)
    below = values < high if high is not None else ~np.isnan(values)
    wraps = low is not None and high is not None and low > high
    return above | below if wraps else above & below


def evaluate_rule(rule: Rule, table: FeatureTable, target: Mask, subset: Mask) -> RuleQuality:
    """The quality of a rule for the `target` posts within `subset`; masks of shape (n,)."""
    covered = table.covered(rule) & subset
    return RuleQuality(
        int(covered.sum()), int((covered & target).sum()), int((target & subset).sum())
    )


def learn_rule(table: FeatureTable, target: Mask, training: Mask, longest: int) -> Rule:
    """The rule for the `target` posts, learnt from the `training` posts alone.

    At most `longest` conditions, none if no condition helps. Masks of shape (n,).
    """
    search = _BeamSearch(table, target, training)
    best, rule = 0.0, Rule()
    beam = [rule]
    for _ in range(longest):
        longer = search.best({candidate for one in beam for candidate in search.longer(one)})
        beam = search.best({search.refined(candidate) for candidate in longer})
        if not beam or search.score(beam[0]) < best + MIN_GAIN:
            break
        best, rule = search.score(beam[0]), beam[0]
    return rule


def _key(rule: Rule) -> list[tuple[str, str, float, float]]:
    return [(c.feature, c.word, c.low or 0.0, c.high or 0.0) for c in rule]


class _BeamSearch:
    """Scores and extends rules over the m training posts of a table."""

    def __init__(self, table: FeatureTable, target: Mask, training: Mask) -> None:
        rows = np.flatnonzero(training)
        self.target = target[rows]
        self.total = int(self.target.sum())
        self.numbers = {name: table.numbers[name][rows] for name in FEATURES}
        self.edges = np.stack([_edges(FEATURES[n], self.numbers[n]) for n in LINEAR])
        self.bins = np.stack(
            [_bins(self.numbers[n], self.edges[row], BINS) for row, n in enumerate(LINEAR)]
        )
        steps = {n: np.arange(0, FEATURES[n].high, FEATURES[n].step) for n in CIRCULAR}
        self.arcs = {
            n: (cuts, _bins(self.numbers[n], cuts[1:], len(cuts))) for n, cuts in steps.items()
        }
        frequent = table.has_word @ (target & training).astype(np.float32) >= MIN_WORD_POSTS
        self.words = [table.words[index] for index in np.flatnonzero(frequent)]
        self.has_word = table.has_word[np.flatnonzero(frequent)][:, rows].toarray()
        self._masks: dict[Condition, Mask] = {}
        self._scores: dict[Rule, float] = {}

    def score(self, rule: Rule) -> float:
        """The F-measure (van Rijsbergen 1979), rounded so that it is equal on every machine."""
        if rule not in self._scores:
            covered = self.covered(rule)
            right = int((covered & self.target).sum())
            self._scores[rule] = round(2 * right / max(self.total + int(covered.sum()), 1), 9)
        return self._scores[rule]

    def covered(self, rule: Rule) -> Mask:
        """Which training posts meet every condition, shape (m,)."""
        covered = np.ones(len(self.target), bool)
        for condition in rule:
            covered &= self._meets(condition)
        return covered

    def _meets(self, condition: Condition) -> Mask:
        if condition not in self._masks:
            self._masks[condition] = (
                self.has_word[self.words.index(condition.word)] > 0
                if condition.feature == WORD
                else _within(self.numbers[condition.feature], condition)
            )
        return self._masks[condition]

    def longer(self, rule: Rule) -> list[Rule]:
        """The rule with each condition that may be added."""
        covered = self.covered(rule)
        used = {condition.feature for condition in rule}
        added = self._bounded(FEATURES.keys() - used, covered) + self._words(covered)
        longer = {(*rule, condition): score for condition, score in added if condition not in rule}
        self._scores |= longer
        return list(longer)

    def best(self, rules: Collection[Rule]) -> list[Rule]:
        """The `BEAM` best rules, the best first."""
        return sorted(rules, key=lambda one: (-self.score(one), _key(one)))[:BEAM]

    def refined(self, rule: Rule) -> Rule:
        """The rule with the bounds of all but its last condition set again, given the others."""
        for place, condition in enumerate(rule[:-1]):
            if condition.feature != WORD:
                rest = (*rule[:place], *rule[place + 1 :])
                for again, _ in self._bounded({condition.feature}, self.covered(rest)):
                    trial = (*rule[:place], again, *rule[place + 1 :])
                    rule = trial if self.score(trial) > self.score(rule) else rule
        return rule

    def _words(self, covered: Mask) -> list[tuple[Condition, float]]:
        """The best words within the covered posts, and the F-measure of each."""
        right, both = (
            (self.has_word @ some.astype(np.float32)).astype(np.float64)
            for some in (covered & self.target, covered)
        )
        scores = np.round(2 * right / np.maximum(self.total + both, 1), 9)
        order = np.argsort(-scores, kind="stable")[:BEAM]
        return [
            (Condition(WORD, word=self.words[index]), float(scores[index]))
            for index in order
            if right[index] >= MIN_WORD_POSTS
        ]

    def _bounded(self, names: Collection[str], covered: Mask) -> list[tuple[Condition, float]]:
        """The best bounds of each of these features within the covered posts, with the F-measure.

        All r linear features are tried at once, each with j intervals.
        """
        found = [arc for name in CIRCULAR if name in names for arc in self._arc(name, covered)]
        rows = [row for row, name in enumerate(LINEAR) if name in names]
        right = _cumulative(self.bins[rows][:, covered & self.target], BINS)
        both = _cumulative(self.bins[rows][:, covered], BINS)
        first, end = _intervals(BINS)
        scores = _scores(right, both, first, end, self.total)
        no_low, no_high = first == 0, np.isinf(self.edges[rows][:, end - 1])
        bonus = np.where(no_low ^ no_high, MIN_GAIN_BOUND, 0.0)
        ranked = np.where((scores > 0) & ~(no_low & no_high), scores + bonus, 0.0)
        for place, row in enumerate(rows):
            best = int(ranked[place].argmax())
            if ranked[place, best] > 0:
                low = None if no_low[best] else float(self.edges[row][first[best] - 1])
                high = None if no_high[place, best] else float(self.edges[row][end[best] - 1])
                found.append((Condition(LINEAR[row], low, high), float(scores[place, best])))
        return found

    def _arc(self, name: str, covered: Mask) -> list[tuple[Condition, float]]:
        """The best bounds of a circular feature, cut at every step."""
        cuts, bins = self.arcs[name]
        right = _cumulative(bins[None, covered & self.target], len(cuts), wraps=True)
        both = _cumulative(bins[None, covered], len(cuts), wraps=True)
        first, end = _intervals(len(cuts), wraps=True)
        scores = _scores(right, both, first, end, self.total)[0]
        best = int(scores.argmax())
        if not scores[best]:
            return []
        stop = int(end[best]) % len(cuts)
        high = float(cuts[stop]) if stop else FEATURES[name].high
        return [(Condition(name, float(cuts[first[best]]), high), float(scores[best]))]


def _cumulative(bins: Counts, size: int, *, wraps: bool = False) -> Counts:
    """Cumulative counts of the bins, shape (r, size + 1); (r, 2 size + 1) if it `wraps` around.

    `bins` are r rows of bin numbers; the number `size` means no bin.
    """
    shifted = bins + np.arange(len(bins))[:, None] * (size + 1)
    counts = np.bincount(shifted.ravel(), minlength=len(bins) * (size + 1))
    counts = counts.reshape(len(bins), size + 1)[:, :size]
    counts = np.concatenate([counts, counts], axis=1) if wraps else counts
    sums = np.zeros((len(bins), counts.shape[1] + 1), np.intp)
    np.cumsum(counts, axis=1, out=sums[:, 1:])
    return sums


def _scores(right: Counts, both: Counts, first: Counts, end: Counts, total: int) -> Values:
    """The F-measure of j intervals, for r rows of cumulative counts: shape (r, j)."""
    hits, covered = (counts[:, end] - counts[:, first] for counts in (right, both))
    return np.asarray(np.round(2 * hits / np.maximum(total + covered, 1), 9))


@cache
def _intervals(size: int, *, wraps: bool = False) -> tuple[Counts, Counts]:
    """First bins and ends of all intervals of `size` bins, the widest first, each of shape (j,).

    Intervals that `wraps` around span `MAX_ARC` at most.
    """
    pairs = [
        (first, first + count)
        for count in range(int(MAX_ARC * size) if wraps else size, 0, -1)
        for first in range(size if wraps else size - count + 1)
    ]
    first, end = np.array(pairs, np.intp).T
    return first, end


def _edges(feature: Feature, values: Values) -> Values:
    """The cut points of a feature: `BINS` − 1 quantiles, rounded to its step, without repetitions.

    Shape (BINS,), filled up with ∞.
    """
    known = values[~np.isnan(values)]
    cuts = np.empty(0)
    if len(known):
        quantiles = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
        cuts = np.unique(np.round(np.round(quantiles / feature.step) * feature.step, 9))
    return np.pad(cuts, (0, BINS - len(cuts)), constant_values=np.inf)


def _bins(values: Values, cuts: Values, none: int) -> Counts:
    """The bin of each value: the number of cut points up to it; `none` for NaN."""
    return np.where(np.isnan(values), none, np.searchsorted(cuts, values, side="right"))
