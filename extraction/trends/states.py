"""What a cluster does this week, in one word.

The first rule that holds gives the state:

    bot-suspect       more copies by authors who copy again and again than chance brings,
                      or of one post by authors whom nobody knows
    not-enough-data   no earlier week, or fewer than `ENOUGH` posts now and in the mean before
    seasonal          stands above the rest of the year, as in the same weeks a year ago
    emerging          rises, and is no older than `clusters.trend_weeks`
    rising            its share is above that of the weeks before, by more than chance
    fading            its share is below that of the weeks before, by more than chance
    heat-burst        as many posts as ever, but answered far more than in the weeks before
    steady            none of these

«More than chance» holds over all clusters of the week: of what is told as a rise or fall, as a
season, as a burst, a part of `trends.false_discoveries` may be none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SUSPECT = "bot-suspect"
ENOUGH = 5
COPIED, CHANCE = 0.02, 0.001
"""So many of a cluster's posts may be such copies; more are told where chance is so small."""


@dataclass(frozen=True)
class Course:
    """What the state of a cluster is read from.

    `posts` of this week; `before` is the mean number of posts in the weeks before, None where there
    are none; `copied` counts the copies of the week by authors of several.
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
        """Whether there is enough to tell of."""
        return self.before is not None and max(self.posts, self.before) >= ENOUGH

    @property
    def is_of_bots(self) -> bool:
        """Whether more of its posts are copies by busy copiers than chance brings."""
        from scipy.special import bdtrc

        return self.copied >= ENOUGH and bdtrc(self.copied - 1, self.posts, COPIED) < CHANCE


STATES: Sequence[tuple[str, Callable[[Course], bool]]] = (
    (SUSPECT, lambda course: course.is_of_bots),
    ("not-enough-data", lambda course: not course.is_known),
    ("seasonal", lambda course: course.is_in_season),
    ("emerging", lambda course: course.is_new and course.rises),
    ("rising", lambda course: course.rises),
    ("fading", lambda course: course.falls),
    ("heat-burst", lambda course: course.bursts),
    ("steady", lambda _course: True),
)


def state_of(course: Course) -> str:
    """The first state of `STATES` whose rule holds."""
    return next(state for state, holds in STATES if holds(course))
