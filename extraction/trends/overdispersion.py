"""How far shares wander from week to week beyond what chance draws: the `spread` of each cluster.

What counts is the change from one week to the next (von Neumann 1941), so that a slow rise is no
wandering. A cluster has few weeks, so its own figure is drawn to that of all clusters (Smyth 2004,
section 3: moderated variances), the more the less they differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.shares import Floats

LEAST, MOST = 10.0, 200.0
"""Degrees of freedom that all clusters lend to each: few where they are unlike each other."""
FEWEST = 10
"""Two weeks are compared where they have so many posts of the cluster together."""
FEWEST_PAIRS = 4
"""Pairs of weeks that a cluster needs, and clusters, for the clusters to be compared."""
TELLING = 2 / 3
"""How much a change from week to week tells of a variance, against a deviation from a known mean:
each week has its part in two changes (von Neumann 1941)."""
MIDDLES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The middles of five parts of a distribution, as likely as each other."""


@dataclass(frozen=True)
class Spread:
    """How far a share wanders, in [0, 1), and with how many degrees of freedom that is known."""

    value: float
    freedom: float

    def likely(self, total: int) -> list[float]:
        """Five spreads, as likely as each other, that weeks of so many posts may have.

        A variance that was estimated follows a scaled inverse χ² (Gelman et al. 2013, section 3.2);
        that of a share is at least what chance makes.
        """
        from scipy.special import chdtri

        return [
            self._of(self.freedom / float(chdtri(self.freedom, part)), total) for part in MIDDLES
        ]

    def expected(self, total: int) -> float:
        """The mean of what it may be, a little more than the most likely one."""
        return self._of(self.freedom / (self.freedom - 2), total)

    def _of(self, factor: float, total: int) -> float:
        others = max(total - 1, 1)
        return min(max(((1 + others * self.value) * factor - 1) / others, 0.0), 0.9)


def spreads(history: History) -> dict[str, Spread]:
    """The spread of each cluster of `history`; 0 where no two weeks can be compared."""
    pairs = {name: _pairs(history, name) for name in history.counts}
    excess = np.concatenate([own[0] for own in pairs.values()] or [np.empty(0)])
    chance = np.concatenate([own[1] for own in pairs.values()] or [np.empty(0)])
    everyone = _spread(excess, chance, 0.0, 0.0)
    lent = _lent(list(pairs.values()), everyone)
    return {
        name: Spread(
            _spread(own_excess, own_chance, everyone, lent / TELLING),
            lent + TELLING * len(own_chance),
        )
        for name, (own_excess, own_chance) in pairs.items()
    }


def _lent(pairs: Sequence[tuple[Floats, Floats]], spread: float) -> float:
    """How many degrees of freedom clusters borrow: 2 over the variance of their true ratios.

    That is what is left of the variance of their variances over the common one when chance has had
    its part (by moments, as Smyth 2004, section 6.2, of logarithms). No more than all of them have.
    """
    known = [own for own in pairs if len(own[1]) >= FEWEST_PAIRS]
    freedom = TELLING * sum(len(own[1]) for own in pairs)
    ratios = np.array([np.mean(own / (much + spread * (2 - much))) for own, much in known])
    sizes = np.array([TELLING * len(much) for _, much in known])
    if len(known) < FEWEST_PAIRS:
        return LEAST
    left = float(np.average((ratios - 1) ** 2, weights=sizes) - 2 * len(known) / sizes.sum())
    return max(LEAST, min(MOST, freedom, 2 / left if left > 0 else MOST))


def _pairs(history: History, name: str) -> tuple[Floats, Floats]:
    """For each two weeks in a row the squared change over p (1 − p), and what chance makes of it.

    With totals n and m chance makes 1/n + 1/m of it, a spread ρ adds ρ (2 − 1/n − 1/m).
    """
    counts, totals = history.counts[name], history.totals
    alive = np.arange(len(totals)) >= history.born[name]
    both = counts[1:] + counts[:-1]
    sizes = totals[1:] + totals[:-1]
    usable = (np.diff(history.numbers) == 1) & alive[:-1] & (both >= FEWEST) & (both < sizes)
    share = both[usable] / sizes[usable]
    change = np.diff(counts / totals)[usable]
    chance = (1 / totals[1:] + 1 / totals[:-1])[usable]
    return change**2 / (share * (1 - share)), chance


def _spread(squares: Floats, chance: Floats, other: float, borrowed: float) -> float:
    """The spread that explains the squares, drawn to `other` with the weight of so many pairs.

    Pairs weigh by how exactly each tells, with the spread found in the round before.
    """
    found = other
    for _ in range(3):
        sure = (
            (np.mean(chance) + 2 * found) ** 2 / (chance + 2 * found) ** 2
            if len(chance)
            else chance
        )
        own = float(np.sum(sure * (squares - chance) / (2 - chance)))
        mass = float(np.sum(sure)) + borrowed
        found = min(max((own + borrowed * other) / mass, 0.0), 0.5) if mass else 0.0
    return found
