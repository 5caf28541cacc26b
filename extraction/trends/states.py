"""The state of a cluster in a week, as one word.

The first rule that holds gives the state:

    bot-suspect       more copies than chance brings, by authors who copy repeatedly,
                      or of one post by unknown authors
    not-enough-data   no earlier week, or fewer than `ENOUGH` posts now and in the mean before
    seasonal          above the rest of the year, as in the same weeks a year ago
    emerging          rises, and is at most `clusters.trend_weeks` weeks old
    rising            its share is significantly above that of the weeks before
    fading            its share is significantly below that of the weeks before
    heat-burst        as many posts as before, but with far more engagement
    steady            none of these

Significance is controlled over all clusters of the week: of the rises and falls, of the seasons and
of the bursts that are reported, a part of `trends.false_discoveries` may be false.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zeitgraph.kg.base.terms import TrendState

ENOUGH = 5
COPY_RATE, COPY_P = 0.02, 0.001
"""The share of a cluster's posts that may be such copies, and the p-value below which more are
suspect."""


@dataclass(frozen=True)
class Signals:
    """What determines the state of a cluster.

    `posts` counts this week's posts; `before` is the mean number of posts in the weeks before, None
    if there are none; `copied` counts this week's copies by authors of several.
    """

    posts: int
    before: float | None
    copied: int = 0
    is_new: bool = False
    rises: bool = False
    falls: bool = False
    bursts: bool = False
    is_in_season: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there are enough posts for a state."""
        return self.before is not None and max(self.posts, self.before) >= ENOUGH

    @property
    def is_of_bots(self) -> bool:
        """Whether the copies by repeated copiers are significantly more than `COPY_RATE`."""
        from scipy.special import bdtrc

        return self.copied >= ENOUGH and bdtrc(self.copied - 1, self.posts, COPY_RATE) < COPY_P


STATES: Sequence[tuple[TrendState, Callable[[Signals], bool]]] = (
    (TrendState.BOT_SUSPECT, lambda signals: signals.is_of_bots),
    (TrendState.NOT_ENOUGH_DATA, lambda signals: not signals.is_known),
    (TrendState.SEASONAL, lambda signals: signals.is_in_season),
    (TrendState.EMERGING, lambda signals: signals.is_new and signals.rises),
    (TrendState.RISING, lambda signals: signals.rises),
    (TrendState.FADING, lambda signals: signals.falls),
    (TrendState.HEAT_BURST, lambda signals: signals.bursts),
    (TrendState.STEADY, lambda _signals: True),
)


def state_of(signals: Signals) -> TrendState:
    """The first state of `STATES` whose rule holds."""
    return next(state for state, holds in STATES if holds(signals))
