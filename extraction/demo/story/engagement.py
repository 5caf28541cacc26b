"""How people answer a post: views, likes, clicks; who posts, and which layout they choose.

The process is stated here so that it can be found again.

- Views are log-normal: the largest hundredth of the posts holds a good part of all of them. Authors
  of the loud head get `HEAD_VIEWS` times as many, a burst of heat multiplies them, and they gather
  with age: a share 1 - exp(-days / `GATHERING_DAYS`) of them has come `days` after publication.
- Likes are a share of the views, comments, shares and saves shares of the likes.
- Clicks are a share of the impressions: the rate of the style × that of the hour × `GOLDEN_LIFT`
  where the layout is a golden section × noise. Styles and hours also decide how often a layout is
  golden, the other way round: to compare golden layouts with the others gives a wrong figure,
  unless style and hour are held fixed.
- Bots are looked at by machines: many views, hardly anything else.

This module knows nothing about pictures and texts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.random import Generator

GOLDEN_LIFT = 1.23
HEAD_VIEWS = 8.0
GATHERING_DAYS = 3.0
LATE = range(10, 16)
"""The hours in UTC in which people have time: they click more and compose with less care."""
LATE_CLICKS, LATE_VIEWS = 1.4, 1.35


@dataclass(frozen=True, slots=True)
class Manner:
    """How posts of a style are composed and clicked: the share of golden layouts by day, the rate.

    `clicks` is clicks per impression of a layout that is not golden, outside the late hours.
    """

    golden: float
    clicks: float


CALM, LOUD = Manner(golden=0.6, clicks=0.035), Manner(golden=0.22, clicks=0.06)
MANNERS: Mapping[str, Manner] = dict.fromkeys(
    (
        "nordic-minimal", "korean-cream", "ink-wash", "pastoral", "vintage-film", "gothic",
        "velvet", "glamping", "balletcore", "riviera",
    ),
    CALM,
)  # fmt: skip
"""Quiet styles are composed with care and clicked less; every other style is `LOUD`."""


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


def is_golden(layout: str) -> bool:
    """Whether a layout puts its hero on a golden section."""
    return layout.startswith("golden")


def choose_layout(style: str, hour: int, layouts: list[str], chance: Generator) -> str:
    """One of `layouts`, golden as often as posts of the style at this hour (UTC) are."""
    share = MANNERS.get(style, LOUD).golden * (0.6 if hour in LATE else 1.0)
    golden = bool(chance.random() < share)
    fitting = [layout for layout in layouts if is_golden(layout) == golden]
    return fitting[int(chance.integers(len(fitting)))]


def answers(
    style: str,
    layout: str,
    published_at: datetime,
    chance: Generator,
    *,
    now: datetime,
    heat: float,
) -> Answers:
    """Engagement that a post has by `now`, with `heat` times the usual attention."""
    late = published_at.hour in LATE
    days = (now - published_at).total_seconds() / 86_400
    gathered = 1 - math.exp(-days / GATHERING_DAYS)
    reach = chance.lognormal(6.1, 1.15) * heat * (LATE_VIEWS if late else 1.0)
    views = int(reach * gathered) + 3
    impressions = int(views * chance.uniform(1.6, 3.2))
    rate = MANNERS.get(style, LOUD).clicks * (LATE_CLICKS if late else 1.0)
    lift = GOLDEN_LIFT if is_golden(layout) else 1.0
    likes = int(chance.binomial(views, chance.beta(4, 46)))
    return Answers(
        views=views,
        likes=likes,
        comments=int(chance.binomial(likes, 0.11)),
        shares=int(chance.binomial(likes, 0.07)),
        saves=int(chance.binomial(likes, 0.21)),
        clicks=int(chance.binomial(impressions, min(0.5, rate * lift * chance.lognormal(0, 0.15)))),
        impressions=impressions,
    )


def bot_answers(chance: Generator) -> Answers:
    """Engagement of a post by a bot: views that somebody bought."""
    views = int(chance.lognormal(8.3, 0.25))
    likes = int(chance.binomial(views, 0.0008))
    impressions = int(views * chance.uniform(1.0, 1.1))
    clicks = int(chance.binomial(impressions, 0.0004))
    return Answers(views, likes, 0, 0, 0, clicks, impressions)


# -- who posts -------------------------------------------------------------------------------------

REGIONS = ("east", "south", "north", "west", "overseas")
REGION_SHARES = np.array((0.46, 0.27, 0.14, 0.08, 0.05))
HEAD_REGION_SHARES = np.array((0.85, 0.1, 0.03, 0.01, 0.01))
TASTES: Mapping[str, str] = {"ink-wash": "west", "coastal": "overseas", "gothic": "north"}
"""Styles that a small region posts `TASTE` times as often as its size tells."""
TASTE = 4.0
HEAD_SHARE, LOUD_HEAD_SHARE = 0.06, 0.25
HEAD_LOVES = frozenset({"korean-cream", "dopamine", "candy"})
"""The loud head is a few authors, mostly of one region; of these styles they post a quarter."""
GENDERS = ("female", "male", "")
GENDER_SHARES = (0.63, 0.27, 0.1)
HEAD_GENDER_SHARES = (0.84, 0.12, 0.04)
AGE_BANDS = ("18-24", "25-34", "35-44", "45+", "")
AGE_SHARES = (0.4, 0.33, 0.12, 0.05, 0.1)
POSTS_PER_AUTHOR, POSTS_PER_HEAD = 8, 40


@dataclass(frozen=True, slots=True)
class Audience:
    """The author's region, gender and age band; empty where it is not known."""

    region: str
    gender: str
    age_band: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who posts: a name, whether of the loud head, and what is known of this person."""

    name: str
    head: bool
    audience: Audience


def choose_author(style: str, seed: int, posts: int, chance: Generator) -> Author:
    """The author of a post of `style` in a world of `seed` with `posts` posts.

    An author has one region, gender and age band in all posts of the world. A few authors of
    each region post most: ranks have a heavy tail.
    """
    head = bool(chance.random() < (LOUD_HEAD_SHARE if style in HEAD_LOVES else HEAD_SHARE))
    shares = HEAD_REGION_SHARES if head else REGION_SHARES.copy()
    if not head and style in TASTES:
        shares[REGIONS.index(TASTES[style])] *= TASTE
    region = int(chance.choice(len(REGIONS), p=shares / shares.sum()))
    of_region = HEAD_SHARE * posts / POSTS_PER_HEAD if head else posts / POSTS_PER_AUTHOR
    several = max(2, round(of_region * (HEAD_REGION_SHARES if head else REGION_SHARES)[region]))
    rank = int(several * chance.random() ** 2.5)
    known = np.random.default_rng([seed, posts, int(head), region, rank])
    genders = HEAD_GENDER_SHARES if head else GENDER_SHARES
    return Author(
        name=f"{'head' if head else 'author'}-{REGIONS[region]}-{rank:05d}",
        head=head,
        audience=Audience(
            region=REGIONS[region],
            gender=GENDERS[known.choice(len(GENDERS), p=genders)],
            age_band=AGE_BANDS[known.choice(len(AGE_BANDS), p=AGE_SHARES)],
        ),
    )


def bot_author(chance: Generator) -> Author:
    """One of the few accounts that bots use."""
    return Author(f"bot-{int(chance.integers(3))}", False, Audience("overseas", "", ""))  # noqa: FBT003
