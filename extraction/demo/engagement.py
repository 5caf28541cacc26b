"""How people answer a post: views, likes, clicks, and who they are.

In come a post's layout, its hour, its heat and a source of chance; out come whole numbers. The
process is stated here so that it can be found again: log-normal views whose largest hundredth holds
a good part of all, rates per view, and golden-section layouts with `GOLDEN_LIFT` more clicks per
impression.
"""

from dataclasses import dataclass

from numpy.random import Generator

GOLDEN_LIFT = 1.23
REGIONS = ("east", "south", "north", "west", "overseas")
REGION_SHARES = (0.46, 0.27, 0.14, 0.08, 0.05)
GENDERS = ("female", "male", "")
AGE_BANDS = ("18-24", "25-34", "35-44", "45+", "")


@dataclass(frozen=True, slots=True)
class Answers:
    """The counts of one post."""

    views: int
    likes: int
    comments: int
    shares: int
    saves: int
    clicks: int
    impressions: int


@dataclass(frozen=True, slots=True)
class Audience:
    """The author's region, gender and age band; empty where it is not known."""

    region: str
    gender: str
    age_band: str


def answers(layout: str, hour: int, heat: float, chance: Generator) -> Answers:
    """Engagement of a post published at `hour` (UTC) with `heat` times the usual attention."""
    evening = 1.35 if 10 <= hour <= 15 else 1.0
    views = int(chance.lognormal(6.1, 1.25) * heat * evening) + 3
    impressions = int(views * chance.uniform(1.6, 3.2))
    lift = GOLDEN_LIFT if layout.startswith("golden") else 1.0
    click_rate = min(0.5, 0.05 * lift * (1.1 if evening > 1 else 1.0) * chance.lognormal(0, 0.2))
    like_rate = float(chance.beta(4, 46))
    likes = int(chance.binomial(views, like_rate))
    return Answers(
        views=views,
        likes=likes,
        comments=int(chance.binomial(likes, 0.11)),
        shares=int(chance.binomial(likes, 0.07)),
        saves=int(chance.binomial(likes, 0.21)),
        clicks=int(chance.binomial(impressions, click_rate)),
        impressions=impressions,
    )


def audience(chance: Generator) -> Audience:
    """Who posts: skewed, so that the largest groups drown the rest."""
    return Audience(
        region=str(chance.choice(REGIONS, p=REGION_SHARES)),
        gender=str(chance.choice(GENDERS, p=(0.63, 0.27, 0.1))),
        age_band=str(chance.choice(AGE_BANDS, p=(0.4, 0.33, 0.12, 0.05, 0.1))),
    )
