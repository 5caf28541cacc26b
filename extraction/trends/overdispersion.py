"""How far shares vary from week to week beyond random sampling: the overdispersion of each cluster.

The estimate uses the change from one week to the next (von Neumann 1941), so that a slow rise does
not count as variation. A cluster has few weeks, so its own estimate is shrunk towards the estimate
over all clusters (Smyth 2004, section 3: moderated variances), the more the less clusters differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.shares import Floats

MIN_PRIOR_FREEDOM, MAX_PRIOR_FREEDOM = 10.0, 200.0
"""Degrees of freedom of the estimate over all clusters: few where clusters differ much."""
MIN_POSTS = 10
"""Two weeks are compared if the cluster has this many posts in both together."""
MIN_PAIRS = 4
"""Pairs of weeks that a cluster needs, and clusters that are needed, to compare clusters."""
FREEDOM_PER_PAIR = 2 / 3
"""Degrees of freedom that a change between two weeks adds, where a deviation from a known mean adds
one: each week is part of two changes (von Neumann 1941)."""
MIDPOINTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The midpoints of five equally likely parts of a distribution."""


@dataclass(frozen=True)
class Overdispersion:
    """The correlation ρ of two posts of a week, in [0, 1), and its degrees of freedom."""

    rho: float
    freedom: float

    def likely(self, total: int) -> list[float]:
        """Five equally likely values of ρ for weeks of `total` posts.

        An estimated variance follows a scaled inverse χ² distribution (Gelman et al. 2013, section
        3.2). The variance of a share is at least that of random sampling, so ρ is at least 0.
        """
        from scipy.special import chdtri

        return [
            self._scaled(self.freedom / float(chdtri(self.freedom, part)), total)
            for part in MIDPOINTS
        ]

    def expected(self, total: int) -> float:
        """The mean of ρ for weeks of `total` posts; a little above the most likely value."""
        return self._scaled(self.freedom / (self.freedom - 2), total)

    def _scaled(self, factor: float, total: int) -> float:
        others = max(total - 1, 1)
        return min(max(((1 + others * self.rho) * factor - 1) / others, 0.0), 0.9)


def overdispersions(history: History) -> dict[str, Overdispersion]:
    """The overdispersion of each cluster of `history`; ρ is 0 if no two weeks can be compared."""
    pairs = {name: _pairs(history, name) for name in history.counts}
    excess = np.concatenate([own[0] for own in pairs.values()] or [np.empty(0)])
    sampling = np.concatenate([own[1] for own in pairs.values()] or [np.empty(0)])
    overall = _estimate(excess, sampling, 0.0, 0.0)
    prior_freedom = _prior_freedom(list(pairs.values()), overall)
    return {
        name: Overdispersion(
            _estimate(own_excess, own_sampling, overall, prior_freedom / FREEDOM_PER_PAIR),
            prior_freedom + FREEDOM_PER_PAIR * len(own_sampling),
        )
        for name, (own_excess, own_sampling) in pairs.items()
    }


def _prior_freedom(pairs: Sequence[tuple[Floats, Floats]], rho: float) -> float:
    """Degrees of freedom of the common estimate: 2 over the variance of the true ratios to it.

    The variance of the ratios is the observed variance less the part that estimation error explains
    (by moments, as Smyth 2004, section 6.2, does for logarithms). The result is at most the degrees
    of freedom of all clusters together.
    """
    known = [own for own in pairs if len(own[1]) >= MIN_PAIRS]
    freedom = FREEDOM_PER_PAIR * sum(len(own[1]) for own in pairs)
    ratios = np.array([np.mean(own / (sampling + rho * (2 - sampling))) for own, sampling in known])
    sizes = np.array([FREEDOM_PER_PAIR * len(sampling) for _, sampling in known])
    if len(known) < MIN_PAIRS:
        return MIN_PRIOR_FREEDOM
    left = float(np.average((ratios - 1) ** 2, weights=sizes) - 2 * len(known) / sizes.sum())
    return max(
        MIN_PRIOR_FREEDOM,
        min(MAX_PRIOR_FREEDOM, freedom, 2 / left if left > 0 else MAX_PRIOR_FREEDOM),
    )


def _pairs(history: History, name: str) -> tuple[Floats, Floats]:
    """For each two consecutive weeks the squared change over p (1 − p), and its sampling part.

    With totals n and m random sampling makes 1/n + 1/m of it, and ρ adds ρ (2 − 1/n − 1/m). Both
    arrays have the shape (pairs,).
    """
    counts, totals = history.counts[name], history.totals
    alive = np.arange(len(totals)) >= history.first_index[name]
    both = counts[1:] + counts[:-1]
    sizes = totals[1:] + totals[:-1]
    usable = (np.diff(history.numbers) == 1) & alive[:-1] & (both >= MIN_POSTS) & (both < sizes)
    share = both[usable] / sizes[usable]
    change = np.diff(counts / totals)[usable]
    sampling = (1 / totals[1:] + 1 / totals[:-1])[usable]
    return change**2 / (share * (1 - share)), sampling


def _estimate(squares: Floats, sampling: Floats, prior: float, prior_pairs: float) -> float:
    """The ρ that explains the squared changes, shrunk to `prior` with the weight of `prior_pairs`.

    Each pair weighs by its precision, computed with the ρ of the iteration before.
    """
    rho = prior
    for _ in range(3):
        precision = (
            (np.mean(sampling) + 2 * rho) ** 2 / (sampling + 2 * rho) ** 2
            if len(sampling)
            else sampling
        )
        excess = float(np.sum(precision * (squares - sampling) / (2 - sampling)))
        weight = float(np.sum(precision)) + prior_pairs
        rho = min(max((excess + prior_pairs * prior) / weight, 0.0), 0.5) if weight else 0.0
    return rho
