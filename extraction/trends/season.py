"""Seasons: clusters above the rest of the year in the same weeks of this year and the last.

A single rise is not a season. The test compares the week at hand and the same weeks of a year ago
with the weeks between them, so it needs about a year of history.
"""

import numpy as np

from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.shares import Floats, SharePosterior

YEAR = 52
SHIFT = 1
"""Weeks by which a season may come earlier or later than a year ago."""
MARGIN = 6
"""Weeks before and after the season that do not count as the rest of the year."""
MIN_REST = 26
"""Weeks of the rest of the year that must be known."""


def season_p(history: History, counts: Floats, now: tuple[int, int], rho: float) -> float:
    """The p-value of a season: the larger of those of this year and of last year.

    Both must be significant, so the larger one is a p-value for the two together (Berger 1982).
    `counts` are the posts of the cluster in the weeks of `history`, shape (weeks,); `now` is the
    number of its posts and of all posts in the week at hand. Returns 1 if too little of the year is
    known.
    """
    rest = history.between(-YEAR + MARGIN + 1, -MARGIN - 1)
    last_year = history.between(-YEAR - SHIFT, -YEAR + SHIFT)
    if rest.sum() < MIN_REST or not last_year.any():
        return 1.0
    usual = SharePosterior.of(counts[rest], history.totals[rest], rho)
    before = (
        round(float(np.sum(counts[last_year]))),
        round(float(np.sum(history.totals[last_year]))),
    )
    rho_last_year = rho / int(last_year.sum())
    return max(
        usual.predict(now[1], rho).at_least(now[0]),
        usual.predict(before[1], rho_last_year).at_least(before[0]),
    )
