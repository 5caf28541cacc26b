"""The demo world: post number `n` of a seed, complete and always the same.

Input: a seed and a size. Output: `Post`s, each with its own random generator, so that any worker
can make any post. A copy refers to its original by number, which is always smaller. This module
does not know about files.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.picture import Picture, random_picture
from zeitgraph.extraction.demo.story.appearances import Appearance, choose_appearance
from zeitgraph.extraction.demo.story.captions import (
    Caption,
    repost_caption,
    spam_caption,
    write_caption,
)
from zeitgraph.extraction.demo.story.corruption import NEAR_COPY_CHANGES
from zeitgraph.extraction.demo.story.engagement import (
    HEAD_VIEWS,
    Author,
    Engagement,
    bot_author,
    bot_engagement,
    choose_author,
    choose_layout,
    engagement_of,
)
from zeitgraph.extraction.demo.story.timeline import Event, Timeline, planned
from zeitgraph.kg.base.weeks import week_after, week_start

NO_TEXT_SHARE, NO_PICTURE_SHARE = 0.15, 0.2
"""The shares of posts without text and without pictures. No post lacks both."""
CHINESE_SHARE = 0.45
VIDEO_SHARE = 0.015
SEVERAL_PICTURES_SHARE = 0.06
APPEARANCE_SHARE = 0.08
COPY_SHARES = {"exact": 0.015, "near": 0.02}
CORRUPTION_SHARES = {"spam": 0.02, "blurred": 0.02, "dark": 0.02, "truncated": 0.008}
DRIFT_SPREAD = 0.06
"""The standard deviation of drift among the posts of one week."""
BOT_ORIGINALS = 3
HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8, 7, 6, 4, 3, 2, 2, 1, 1, 1, 1], float)
EMPTY_CAPTION = Caption("", ())


@dataclass(frozen=True, slots=True)
class Post:
    """One post and the truth about it.

    `style` is the look that a viewer sees, `lineage` the identity that the post belongs to. They
    differ after a drift. `shown` is the picture the author had in mind; `pictures` are those that
    were posted: none, one or several. If `has_video` is true, the first picture is also posted as a
    short video. `changes` names what happened to the pictures (`corruption.py`). `quality` is ok,
    blurred, dark, truncated or spam. `copy_of` is the id of the post that this one copies, with
    `copy_kind` exact or near; `bot` is the id of a burst of bots. These three are empty for most
    posts.
    """

    id: str
    week: str
    published_at: datetime
    style: str
    lineage: str
    shown: Picture
    pictures: tuple[Picture, ...]
    has_video: bool
    changes: tuple[str, ...]
    caption: Caption
    lang: str
    appearance: Appearance | None
    quality: str
    author: Author
    engagement: Engagement
    copy_of: str = ""
    copy_kind: str = ""
    bot: str = ""


@dataclass(frozen=True)
class World:
    """A world of `posts` posts in `weeks` ISO weeks that end with `end_week`."""

    seed: int = 7
    posts: int = 2000
    weeks: int = 26
    end_week: str = "2026-W46"

    @cached_property
    def timeline(self) -> Timeline:
        """The timeline of this world."""
        return Timeline(self.weeks, self.end_week)

    @cached_property
    def now(self) -> datetime:
        """The end of the last week. Engagement is counted up to this moment."""
        return week_start(week_after(self.end_week))

    @cached_property
    def shares(self) -> tuple[dict[str, float], ...]:
        """The planted share of each lineage, week by week."""
        return tuple(self.timeline.shares(index) for index in range(self.weeks))

    def events(self) -> tuple[Event, ...]:
        """Returns the planted events. A world too small for bots has no burst of bots."""
        events = self.timeline.events()
        return tuple(event for event in events if event.event != "bot-burst" or self.bots)

    # -- post numbers of weeks -------------------------------------------------------------------

    @cached_property
    def _bounds(self) -> list[int]:
        volumes = np.cumsum([self.timeline.volume(week) for week in range(self.weeks)])
        return [0, *(round(self.posts * volume / volumes[-1]) for volume in volumes)]

    def week_index(self, number: int) -> int:
        """Returns the index of the week in which post `number` appears."""
        return int(np.searchsorted(self._bounds, number, side="right")) - 1

    def numbers(self, index: int) -> range:
        """Returns the post numbers of a week. Posts by bots, if there are any, come last."""
        return range(self._bounds[index], self._bounds[index + 1])

    @cached_property
    def bots(self) -> range:
        """The numbers of the posts by bots; empty if there is no post that they could copy."""
        index = self.timeline.span(planned("bot-burst"))[0]
        share = self.timeline.bot_share(index)
        week = self.numbers(index)
        count = round(len(week) * share / (1 + share)) if self._bot_originals else 0
        return week[len(week) - count :]

    @cached_property
    def _bot_originals(self) -> tuple[int, ...]:
        """The last complete posts before the burst, of good quality and of the style that bots
        copy.
        """
        plan = planned("bot-burst")
        found: list[int] = []
        for number in reversed(range(self._bounds[self.timeline.span(plan)[0]])):
            if self._copy_kind(number):
                continue
            post = self._original(number)
            whole = post.pictures and post.caption.text and post.quality == "ok"
            if whole and post.lineage == plan.lineage:
                found.append(number)
            if len(found) == BOT_ORIGINALS:
                break
        return tuple(found)

    def _rng(self, number: int, *purpose: int) -> Generator:
        return np.random.default_rng([self.seed, number, *purpose])

    def _copy_kind(self, number: int) -> str:
        """Returns whether a post is an exact or a near copy. The first post of a week never is."""
        if number == self._bounds[self.week_index(number)]:
            return ""
        kinds = ("", *COPY_SHARES)
        shares = (1 - sum(COPY_SHARES.values()), *COPY_SHARES.values())
        return kinds[int(np.searchsorted(np.cumsum(shares), self._rng(number, 1).random()))]

    # -- posts -----------------------------------------------------------------------------------

    def post(self, number: int) -> Post:
        """Returns post `number`, 0 .. posts - 1. Numbers grow from week to week."""
        if number in self.bots:
            return self._by_bot(number)
        kind = self._copy_kind(number)
        return self._copy(number, kind) if kind else self._original(number)

    def _original(self, number: int) -> Post:
        """Returns a post that is no copy."""
        rng = self._rng(number)
        index = self.week_index(number)
        shares = self.shares[index]
        lineage = str(rng.choice(list(shares), p=list(shares.values())))
        published_at = _random_time(self.timeline.week(index), rng)
        shown = self._random_picture(lineage, index, published_at.hour, rng)
        style = shown.look().id
        lot = rng.random()
        no_text, no_picture = (
            lot < NO_TEXT_SHARE,
            NO_TEXT_SHARE <= lot < NO_TEXT_SHARE + NO_PICTURE_SHARE,
        )
        quality = _quality(rng, no_text=no_text, no_picture=no_picture)
        can_show_people = quality != "spam" or not no_picture
        appears = can_show_people and rng.random() < APPEARANCE_SHARE
        appearance = choose_appearance(style, rng) if appears else None
        if appearance:
            shown = replace(shown, scene=appearance.background, people=appearance.clothing)
        lang = "zh" if rng.random() < CHINESE_SHARE else "en"
        more = self._extra_pictures(lineage, index, published_at.hour, rng)
        has_video = bool(not no_picture and rng.random() < VIDEO_SHARE)
        caption = write_caption(style, shown.objects, shown.scene, lang, rng, appearance=appearance)
        if quality == "spam":
            caption = spam_caption(lang, rng)
        author = choose_author(style, self.seed, self.posts, rng)
        heat = self._heat(index, lineage, author)
        return Post(
            id=_id(number),
            week=self.timeline.week(index),
            published_at=published_at,
            style=style,
            lineage=lineage,
            shown=shown,
            pictures=() if no_picture else (shown, *more),
            has_video=has_video,
            changes=(quality,) if quality not in ("ok", "spam") else (),
            caption=EMPTY_CAPTION if no_text else caption,
            lang="" if no_text else lang,
            appearance=appearance,
            quality=quality,
            author=author,
            engagement=engagement_of(
                style, shown.layout, published_at, rng, now=self.now, heat=heat
            ),
        )

    def _random_picture(self, lineage: str, index: int, hour: int, rng: Generator) -> Picture:
        look_state = self.timeline.look_state(index, lineage)
        if look_state.drift == 0:
            picture = random_picture(look_state.look, rng)
        else:
            gone = float(
                np.clip(rng.normal(look_state.drift, DRIFT_SPREAD), 0, look_state.max_drift)
            )
            picture = random_picture(look_state.look, rng, toward=look_state.toward, drift=gone)
        layout = choose_layout(picture.look().id, hour, list(LAYOUTS), rng)
        return replace(picture, layout=layout)

    def _heat(self, index: int, lineage: str, author: Author) -> float:
        """Returns the attention that a post gets, as a multiple of the usual."""
        return self.timeline.heat(index, lineage) * (HEAD_VIEWS if author.head else 1.0)

    def _extra_pictures(
        self, lineage: str, index: int, hour: int, rng: Generator
    ) -> tuple[Picture, ...]:
        if rng.random() >= SEVERAL_PICTURES_SHARE:
            return ()
        count = int(rng.integers(1, 3))
        return tuple(self._random_picture(lineage, index, hour, rng) for _ in range(count))

    def _copy(self, number: int, kind: str) -> Post:
        """Returns an earlier post of the week, reposted by another author."""
        rng = self._rng(number)
        first = self._bounds[self.week_index(number)]
        original = int(rng.integers(first, number))
        while self._copy_kind(original):
            original -= 1
        post = self._repost(number, self._original(original), kind, rng)
        author = choose_author(post.style, self.seed, self.posts, rng)
        heat = self._heat(self.week_index(number), post.lineage, author)
        when = post.published_at
        counts = engagement_of(post.style, post.shown.layout, when, rng, now=self.now, heat=heat)
        return replace(post, author=author, engagement=counts)

    def _by_bot(self, number: int) -> Post:
        """Returns a near copy of one of the few posts that the bots copy."""
        rng = self._rng(number)
        original = self._bot_originals[number % len(self._bot_originals)]
        post = self._repost(number, self._original(original), "near", rng)
        when = _random_time(post.week, rng)
        return replace(
            post,
            bot=f"bots-{post.week}",
            published_at=when,
            author=bot_author(rng),
            engagement=bot_engagement(rng),
        )

    def _repost(self, number: int, original: Post, kind: str, rng: Generator) -> Post:
        """Returns the post `original` under another number, at a later time in that
        number's week.
        """
        week = self.timeline.week(self.week_index(number))
        begins = max(original.published_at, week_start(week))
        left = (week_start(week_after(week)) - begins).total_seconds() - 1
        post = replace(
            original,
            id=_id(number),
            week=week,
            published_at=begins + timedelta(seconds=int(left * rng.random())),
            copy_of=original.id,
            copy_kind=kind,
        )
        if kind == "exact":
            return post
        change = NEAR_COPY_CHANGES[int(rng.integers(len(NEAR_COPY_CHANGES)))]
        caption = repost_caption(post.caption, post.lang, rng) if post.lang else post.caption
        return replace(post, changes=(*post.changes, change), caption=caption)


def _id(number: int) -> str:
    return f"p{number:06d}"


def _quality(rng: Generator, *, no_text: bool, no_picture: bool) -> str:
    """Returns what is wrong with a post, if it is possible; a truncated picture always
    has a text.
    """
    lot, names = rng.random(), list(CORRUPTION_SHARES)
    at = int(np.searchsorted(np.cumsum(list(CORRUPTION_SHARES.values())), lot, side="right"))
    quality = names[at] if at < len(names) else "ok"
    impossible = (("spam", "truncated") if no_text else ()) + (
        ("blurred", "dark", "truncated") if no_picture else ()
    )
    return "ok" if quality in impossible else quality


def _random_time(week: str, rng: Generator) -> datetime:
    day, hour = int(rng.integers(7)), int(rng.choice(24, p=HOURS / HOURS.sum()))
    return week_start(week) + timedelta(days=day, hours=hour, seconds=int(rng.integers(3600)))
