"""Seasons: clusters that stand above the rest of the year in the same weeks, this year and before.

One rise is no season. What is told of a cluster asks for its weeks of a year ago, and for the weeks
between, to which both are held: less than about a year of history can tell of none.
"""

import numpy as np

from zeitgraph.extraction.trends.history import History
from zeitgraph.extraction.trends.shares import Floats, Level

YEAR = 52
NEAR = 1
"""A season may come so many weeks earlier or later than a year ago."""
AROUND = 6
"""Weeks so near to the season, before and after it, are not the rest of the year."""
FEWEST = 26
"""Weeks of the rest of the year that must be known."""


def season_p(
    history: History, counts: Floats, number: int, now: tuple[int, int], spread: float
) -> float:
    """How likely chance makes a season: the larger p value of this year's and of last year's.

    Both must hold, so that the larger one is a p value for the two together (Berger 1982). `counts`
    are the cluster's in the weeks of `history`, `now` its posts and all posts in the week `number`.
    1 where too little of the year is known.
    """
    rest = history.since(number - YEAR + AROUND + 1, number - AROUND - 1)
    then = history.since(number - YEAR - NEAR, number - YEAR + NEAR)
    if rest.sum() < FEWEST or not then.any():
        return 1.0
    usual = Level.of(counts[rest], history.totals[rest], spread)
    before = round(float(np.sum(counts[then]))), round(float(np.sum(history.totals[then])))
    wander = spread / int(then.sum())
    return max(
        usual.draw(now[1], spread).at_least(now[0]),
        usual.draw(before[1], wander).at_least(before[0]),
    )
