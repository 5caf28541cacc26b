"""Engagement with posts (views, likes, clicks), their authors, and the layouts that authors choose.

The process is stated here, so that an analysis can be checked against it:

- Views are log-normal: the top 1 % of the posts have a large part of all views. Authors in the loud
  head get `HEAD_VIEWS` times as many, and a burst of heat multiplies them. Views accumulate with
  age: `days` after publication a share of 1 - exp(-days / `GATHERING_DAYS`) has arrived.
- Likes are a share of the views; comments, shares and saves are shares of the likes.
- Clicks are a share of the impressions: the rate of the style × the factor of the hour ×
  `GOLDEN_LIFT` for a golden layout × noise. Style and hour also decide how often a layout is
  golden, in the opposite direction. A plain comparison of golden and other layouts is therefore
  wrong unless style and hour are held fixed.
- Posts by bots have many bought views and almost no other engagement.

This module does not know about pictures and texts.
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
"""The hours (UTC) in which readers have time: they click more, and authors compose less
carefully.
"""
LATE_CLICKS, LATE_VIEWS = 1.4, 1.35


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """How posts of a style are composed and clicked.

    `golden` is the share of golden layouts outside the `LATE` hours. `clicks` is the number of
    clicks per impression of a layout that is not golden, outside those hours.
    """

    golden: float
    clicks: float


CALM, LOUD = StyleProfile(golden=0.6, clicks=0.035), StyleProfile(golden=0.22, clicks=0.06)
STYLE_PROFILES: Mapping[str, StyleProfile] = dict.fromkeys(
    (
        "nordic-minimal", "korean-cream", "ink-wash", "pastoral", "vintage-film", "gothic",
        "velvet", "glamping", "balletcore", "riviera",
    ),
    CALM,
)  # fmt: skip
"""Quiet styles are composed with care and clicked less; every other style is `LOUD`."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """The engagement counts of one post."""

    views: int
    likes: int
    comments: int
    shares: int
    saves: int
    clicks: int
    impressions: int


def is_golden(layout: str) -> bool:
    """Returns whether a layout puts its main object on a golden section."""
    return layout.startswith("golden")


def choose_layout(style: str, hour: int, layouts: list[str], rng: Generator) -> str:
    """Returns one of `layouts`; the style and the hour (UTC) decide how often it is golden."""
    share = STYLE_PROFILES.get(style, LOUD).golden * (0.6 if hour in LATE else 1.0)
    golden = bool(rng.random() < share)
    fitting = [layout for layout in layouts if is_golden(layout) == golden]
    return fitting[int(rng.integers(len(fitting)))]


def engagement_of(
    style: str,
    layout: str,
    published_at: datetime,
    rng: Generator,
    *,
    now: datetime,
    heat: float,
) -> Engagement:
    """Returns the engagement of a post up to `now`, with `heat` times the usual attention."""
    late = published_at.hour in LATE
    days = (now - published_at).total_seconds() / 86_400
    gathered = 1 - math.exp(-days / GATHERING_DAYS)
    reach = rng.lognormal(6.1, 1.15) * heat * (LATE_VIEWS if late else 1.0)
    views = int(reach * gathered) + 3
    impressions = int(views * rng.uniform(1.6, 3.2))
    rate = STYLE_PROFILES.get(style, LOUD).clicks * (LATE_CLICKS if late else 1.0)
    lift = GOLDEN_LIFT if is_golden(layout) else 1.0
    likes = int(rng.binomial(views, rng.beta(4, 46)))
    return Engagement(
        views=views,
        likes=likes,
        comments=int(rng.binomial(likes, 0.11)),
        shares=int(rng.binomial(likes, 0.07)),
        saves=int(rng.binomial(likes, 0.21)),
        clicks=int(rng.binomial(impressions, min(0.5, rate * lift * rng.lognormal(0, 0.15)))),
        impressions=impressions,
    )


def bot_engagement(rng: Generator) -> Engagement:
    """Returns the engagement of a post by a bot: bought views and almost nothing else."""
    views = int(rng.lognormal(8.3, 0.25))
    likes = int(rng.binomial(views, 0.0008))
    impressions = int(views * rng.uniform(1.0, 1.1))
    clicks = int(rng.binomial(impressions, 0.0004))
    return Engagement(views, likes, 0, 0, 0, clicks, impressions)


# -- authors ---------------------------------------------------------------------------------------

REGIONS = ("east", "south", "north", "west", "overseas")
REGION_SHARES = np.array((0.46, 0.27, 0.14, 0.08, 0.05))
HEAD_REGION_SHARES = np.array((0.85, 0.1, 0.03, 0.01, 0.01))
REGIONAL_TASTES: Mapping[str, str] = {"ink-wash": "west", "coastal": "overseas", "gothic": "north"}
"""Styles that a small region posts `REGIONAL_FACTOR` times as often as its size suggests."""
REGIONAL_FACTOR = 4.0
HEAD_SHARE, LOUD_HEAD_SHARE = 0.06, 0.25
HEAD_LOVES = frozenset({"korean-cream", "dopamine", "candy"})
"""The loud head is a few authors, mostly from one region; they write a quarter of these styles."""
GENDERS = ("female", "male", "")
GENDER_SHARES = (0.63, 0.27, 0.1)
HEAD_GENDER_SHARES = (0.84, 0.12, 0.04)
AGE_BANDS = ("18-24", "25-34", "35-44", "45+", "")
AGE_SHARES = (0.4, 0.33, 0.12, 0.05, 0.1)
POSTS_PER_AUTHOR, POSTS_PER_HEAD = 8, 40


@dataclass(frozen=True, slots=True)
class Audience:
    """The author's region, gender and age band; empty if unknown."""

    region: str
    gender: str
    age_band: str


@dataclass(frozen=True, slots=True)
class Author:
    """The author of a post: a name, whether they belong to the loud head, and their
    audience group.
    """

    name: str
    head: bool
    audience: Audience


def choose_author(style: str, seed: int, posts: int, rng: Generator) -> Author:
    """Returns the author of a post of `style` in a world of `seed` with `posts` posts.

    An author has the same region, gender and age band in all posts of the world. A few authors of
    each region write most of its posts: activity has a heavy tail.
    """
    head = bool(rng.random() < (LOUD_HEAD_SHARE if style in HEAD_LOVES else HEAD_SHARE))
    shares = HEAD_REGION_SHARES if head else REGION_SHARES.copy()
    if not head and style in REGIONAL_TASTES:
        shares[REGIONS.index(REGIONAL_TASTES[style])] *= REGIONAL_FACTOR
    region = int(rng.choice(len(REGIONS), p=shares / shares.sum()))
    expected = HEAD_SHARE * posts / POSTS_PER_HEAD if head else posts / POSTS_PER_AUTHOR
    authors = max(2, round(expected * (HEAD_REGION_SHARES if head else REGION_SHARES)[region]))
    rank = int(authors * rng.random() ** 2.5)
    author_rng = np.random.default_rng([seed, posts, int(head), region, rank])
    genders = HEAD_GENDER_SHARES if head else GENDER_SHARES
    return Author(
        name=f"{'head' if head else 'author'}-{REGIONS[region]}-{rank:05d}",
        head=head,
        audience=Audience(
            region=REGIONS[region],
            gender=GENDERS[author_rng.choice(len(GENDERS), p=genders)],
            age_band=AGE_BANDS[author_rng.choice(len(AGE_BANDS), p=AGE_SHARES)],
        ),
    )


def bot_author(rng: Generator) -> Author:
    """Returns one of the few accounts that bots use."""
    return Author(f"bot-{int(rng.integers(3))}", False, Audience("overseas", "", ""))  # noqa: FBT003
