"""How far shares wander from week to week beyond what chance draws: the `spread` of each cluster.

What counts is the change from one week to the next (von Neumann 1941), so that a slow rise is no
wandering. A cluster has few weeks, so its own figure is drawn to that of all clusters, as if it had
been seen over `BORROWED` more weeks (Smyth 2004, section 3: moderated variances).
"""

import numpy as np

from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.shares import Floats

BORROWED = 10.0
FEWEST = 10
"""Two weeks are compared where they have so many posts of the cluster together."""


def spreads(history: History) -> dict[str, float]:
    """The spread of each cluster of `history`, in [0, 1); 0 where no two weeks can be compared."""
    pairs = {name: _pairs(history, name) for name in history.counts}
    excess = np.concatenate([own[0] for own in pairs.values()] or [np.empty(0)])
    chance = np.concatenate([own[1] for own in pairs.values()] or [np.empty(0)])
    everyone = _spread(excess, chance, 0.0, 0.0)
    return {
        name: _spread(own_excess, own_chance, everyone, BORROWED)
        for name, (own_excess, own_chance) in pairs.items()
    }


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
