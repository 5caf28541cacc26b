"""The demo world: post number `n` of a seed, whole and the same each time it is asked for.

In come a seed and a size; out come `Post`s, each from its own source of chance, so that any worker
may make any of them. A copy asks for its original by number, which is an earlier one. This module
knows nothing about files.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.picture import Picture, imagine
from zeitgraph.extraction.demo.story.appearances import Appearance, appear
from zeitgraph.extraction.demo.story.captions import Caption, advertise, retell, write
from zeitgraph.extraction.demo.story.corruption import NEAR
from zeitgraph.extraction.demo.story.engagement import (
    HEAD_VIEWS,
    Answers,
    Author,
    answers,
    bot_answers,
    bot_author,
    choose_author,
    choose_layout,
)
from zeitgraph.extraction.demo.story.timeline import Event, Timeline, planned
from zeitgraph.kg.base.weeks import week_after, week_start

SILENT, BLIND = 0.15, 0.2
"""The shares of posts without text and without pictures; none is without both."""
CHINESE = 0.45
MOVING = 0.015
SEVERAL = 0.06
APPEARING = 0.08
COPIES = {"exact": 0.015, "near": 0.02}
SPOILED = {"spam": 0.02, "blurred": 0.02, "dark": 0.02, "truncated": 0.008}
FALTERING = 0.06
"""By how much posts of one week differ in how far their look has moved (a standard deviation)."""
BOT_ORIGINALS = 3
HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8, 7, 6, 4, 3, 2, 2, 1, 1, 1, 1], float)
NO_TEXT = Caption("", ())


@dataclass(frozen=True, slots=True)
class Post:
    """One post and the truth about it.

    `style` is the look that one sees, `lineage` the identity it belongs to (they differ where a
    style has moved). `shown` is what the author had in mind, `pictures` what was posted: nothing,
    one picture or several. `moving` posts show their first picture as a short video as well.
    `changes` is what happened to the pictures on their way, by name (`dirt.py`); `quality` is ok,
    blurred, dark, truncated or spam. `copy_of` is the id of the post that this one copies, with
    `copy_kind` exact or near, and `bot` the id of a burst of bots; they are empty for most.
    """

    id: str
    week: str
    published_at: datetime
    style: str
    lineage: str
    shown: Picture
    pictures: tuple[Picture, ...]
    moving: bool
    changes: tuple[str, ...]
    caption: Caption
    lang: str
    appearance: Appearance | None
    quality: str
    author: Author
    answers: Answers
    copy_of: str = ""
    copy_kind: str = ""
    bot: str = ""


@dataclass(frozen=True)
class World:
    """A world of `posts` posts over `weeks` ISO weeks that end with `end_week`."""

    seed: int = 7
    posts: int = 2000
    weeks: int = 26
    end_week: str = "2026-W46"

    @cached_property
    def timeline(self) -> Timeline:
        """What happens in it."""
        return Timeline(self.weeks, self.end_week)

    @cached_property
    def now(self) -> datetime:
        """The end of the last week: engagement is what has gathered by then."""
        return week_start(week_after(self.end_week))

    @cached_property
    def shares(self) -> tuple[dict[str, float], ...]:
        """The planted share of each lineage, week by week."""
        return tuple(self.timeline.shares(index) for index in range(self.weeks))

    def events(self) -> tuple[Event, ...]:
        """What is planted in it; a world too small for bots has no burst of them."""
        told = self.timeline.events()
        return tuple(event for event in told if event.event != "bot-burst" or self.bots)

    # -- which numbers are what ------------------------------------------------------------------

    @cached_property
    def _bounds(self) -> list[int]:
        volumes = np.cumsum([self.timeline.volume(week) for week in range(self.weeks)])
        return [0, *(round(self.posts * volume / volumes[-1]) for volume in volumes)]

    def week_index(self, number: int) -> int:
        """The index of the week in which post `number` appears."""
        return int(np.searchsorted(self._bounds, number, side="right")) - 1

    def numbers(self, index: int) -> range:
        """The numbers of the posts of a week; bots, where there are any, are the last of them."""
        return range(self._bounds[index], self._bounds[index + 1])

    @cached_property
    def bots(self) -> range:
        """The numbers of the posts by bots; none where there is nothing that they could copy."""
        index = self.timeline.span(planned("bot-burst"))[0]
        share = self.timeline.bot_share(index)
        week = self.numbers(index)
        many = round(len(week) * share / (1 + share)) if self._bot_originals else 0
        return week[len(week) - many :]

    @cached_property
    def _bot_originals(self) -> tuple[int, ...]:
        """The last posts before the burst that are whole, sound and of the style that bots copy."""
        plan = planned("bot-burst")
        found: list[int] = []
        for number in reversed(range(self._bounds[self.timeline.span(plan)[0]])):
            if self._copy_kind(number):
                continue
            post = self._own(number)
            whole = post.pictures and post.caption.text and post.quality == "ok"
            if whole and post.lineage == plan.lineage:
                found.append(number)
            if len(found) == BOT_ORIGINALS:
                break
        return tuple(found)

    def _chance(self, number: int, *purpose: int) -> Generator:
        return np.random.default_rng([self.seed, number, *purpose])

    def _copy_kind(self, number: int) -> str:
        """Whether somebody's post is a copy, exact or near; the first of a week never is."""
        if number == self._bounds[self.week_index(number)]:
            return ""
        kinds = ("", *COPIES)
        shares = (1 - sum(COPIES.values()), *COPIES.values())
        return kinds[int(np.searchsorted(np.cumsum(shares), self._chance(number, 1).random()))]

    # -- posts -----------------------------------------------------------------------------------

    def post(self, number: int) -> Post:
        """Post `number`, 0 .. posts - 1; numbers grow from week to week."""
        if number in self.bots:
            return self._by_bot(number)
        kind = self._copy_kind(number)
        return self._copy(number, kind) if kind else self._own(number)

    def _own(self, number: int) -> Post:
        """A post that somebody made."""
        chance = self._chance(number)
        index = self.week_index(number)
        shares = self.shares[index]
        lineage = str(chance.choice(list(shares), p=list(shares.values())))
        published_at = _moment(self.timeline.week(index), chance)
        shown = self._imagine(lineage, index, published_at.hour, chance)
        style = shown.look().id
        lot = chance.random()
        silent, blind = lot < SILENT, SILENT <= lot < SILENT + BLIND
        quality = _quality(chance, silent=silent, blind=blind)
        can_be_told = quality != "spam" or not blind
        appears = can_be_told and chance.random() < APPEARING
        appearance = appear(style, chance) if appears else None
        if appearance:
            shown = replace(shown, scene=appearance.background, people=appearance.clothing)
        lang = "zh" if chance.random() < CHINESE else "en"
        more = self._more(lineage, index, published_at.hour, chance)
        moving = bool(not blind and chance.random() < MOVING)
        caption = write(style, shown.objects, shown.scene, lang, chance, appearance=appearance)
        if quality == "spam":
            caption = advertise(lang, chance)
        author = choose_author(style, self.seed, self.posts, chance)
        heat = self._heat(index, lineage, author)
        return Post(
            id=_id(number),
            week=self.timeline.week(index),
            published_at=published_at,
            style=style,
            lineage=lineage,
            shown=shown,
            pictures=() if blind else (shown, *more),
            moving=moving,
            changes=(quality,) if quality not in ("ok", "spam") else (),
            caption=NO_TEXT if silent else caption,
            lang="" if silent else lang,
            appearance=appearance,
            quality=quality,
            author=author,
            answers=answers(style, shown.layout, published_at, chance, now=self.now, heat=heat),
        )

    def _imagine(self, lineage: str, index: int, hour: int, chance: Generator) -> Picture:
        course = self.timeline.course(index, lineage)
        if course.drift == 0:
            picture = imagine(course.look, chance)
        else:
            gone = float(np.clip(chance.normal(course.drift, FALTERING), 0, course.most))
            picture = imagine(course.look, chance, toward=course.toward, drift=gone)
        layout = choose_layout(picture.look().id, hour, list(LAYOUTS), chance)
        return replace(picture, layout=layout)

    def _heat(self, index: int, lineage: str, author: Author) -> float:
        """How many times the usual attention a post gets."""
        return self.timeline.heat(index, lineage) * (HEAD_VIEWS if author.head else 1.0)

    def _more(self, lineage: str, index: int, hour: int, chance: Generator) -> tuple[Picture, ...]:
        if chance.random() >= SEVERAL:
            return ()
        count = int(chance.integers(1, 3))
        return tuple(self._imagine(lineage, index, hour, chance) for _ in range(count))

    def _copy(self, number: int, kind: str) -> Post:
        """An earlier post of the week, posted again by somebody else."""
        chance = self._chance(number)
        first = self._bounds[self.week_index(number)]
        original = int(chance.integers(first, number))
        while self._copy_kind(original):
            original -= 1
        post = self._again(number, self._own(original), kind, chance)
        author = choose_author(post.style, self.seed, self.posts, chance)
        heat = self._heat(self.week_index(number), post.lineage, author)
        when = post.published_at
        counts = answers(post.style, post.shown.layout, when, chance, now=self.now, heat=heat)
        return replace(post, author=author, answers=counts)

    def _by_bot(self, number: int) -> Post:
        """A near duplicate of one of the few posts that the bots copy."""
        chance = self._chance(number)
        original = self._bot_originals[number % len(self._bot_originals)]
        post = self._again(number, self._own(original), "near", chance)
        when = _moment(post.week, chance)
        return replace(
            post,
            bot=f"bots-{post.week}",
            published_at=when,
            author=bot_author(chance),
            answers=bot_answers(chance),
        )

    def _again(self, number: int, original: Post, kind: str, chance: Generator) -> Post:
        """The post `original` under another number, later in the week of that number."""
        week = self.timeline.week(self.week_index(number))
        begins = max(original.published_at, week_start(week))
        left = (week_start(week_after(week)) - begins).total_seconds() - 1
        post = replace(
            original,
            id=_id(number),
            week=week,
            published_at=begins + timedelta(seconds=int(left * chance.random())),
            copy_of=original.id,
            copy_kind=kind,
        )
        if kind == "exact":
            return post
        change = NEAR[int(chance.integers(len(NEAR)))]
        told = retell(post.caption, post.lang, chance) if post.lang else post.caption
        return replace(post, changes=(*post.changes, change), caption=told)


def _id(number: int) -> str:
    return f"p{number:06d}"


def _quality(chance: Generator, *, silent: bool, blind: bool) -> str:
    """What is wrong with a post, among what can be; a truncated picture never comes alone."""
    lot, names = chance.random(), list(SPOILED)
    at = int(np.searchsorted(np.cumsum(list(SPOILED.values())), lot, side="right"))
    quality = names[at] if at < len(names) else "ok"
    impossible = (("spam", "truncated") if silent else ()) + (
        ("blurred", "dark", "truncated") if blind else ()
    )
    return "ok" if quality in impossible else quality


def _moment(week: str, chance: Generator) -> datetime:
    day, hour = int(chance.integers(7)), int(chance.choice(24, p=HOURS / HOURS.sum()))
    return week_start(week) + timedelta(days=day, hours=hour, seconds=int(chance.integers(3600)))
