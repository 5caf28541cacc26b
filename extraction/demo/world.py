"""The demo world: post number `n` of a seed, whole and the same each time it is asked for.

In come a seed and a size; out come `Post`s, each from its own source of chance, so that any worker
may make any of them. This module knows nothing about files.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.random import Generator

from zeitgraph.extraction.demo.captions import Caption, write
from zeitgraph.extraction.demo.engagement import Answers, Audience, answers, audience
from zeitgraph.extraction.demo.picture import Picture, imagine
from zeitgraph.extraction.demo.timeline import DRIFTING, TARGET, Timeline
from zeitgraph.kg.weeks import week_start

SILENT, BLIND = 0.15, 0.15
CHINESE = 0.45
AUTHORS = 240
HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8, 7, 6, 4, 3, 2, 2, 1, 1, 1, 1], float)
NO_TEXT = Caption("", ())


@dataclass(frozen=True, slots=True)
class Post:
    """One post and the truth about it.

    `style` is what one sees, `lineage` the style it descends from (they differ where a style has
    drifted). `shown` is what the author had in mind, `pictures` what was posted: nothing, one
    picture or several. `moving` posts show their first picture as a short video as well.
    """

    id: str
    week: str
    published_at: datetime
    style: str
    lineage: str
    shown: Picture
    pictures: tuple[Picture, ...]
    moving: bool
    caption: Caption
    lang: str
    author: str
    answers: Answers
    audience: Audience


@dataclass(frozen=True)
class World:
    """A world of `posts` posts over `weeks` ISO weeks that end with `end_week`."""

    seed: int = 7
    posts: int = 1500
    weeks: int = 12
    end_week: str = "2026-W46"

    @cached_property
    def timeline(self) -> Timeline:
        """What happens in it."""
        return Timeline(self.weeks, self.end_week)

    @cached_property
    def _bounds(self) -> list[int]:
        volumes = np.cumsum([self.timeline.volume(week) for week in range(self.weeks)])
        return [round(self.posts * volume / volumes[-1]) for volume in volumes]

    def week_index(self, number: int) -> int:
        """The index of the week in which post `number` appears."""
        return int(np.searchsorted(self._bounds, number, side="right"))

    def post(self, number: int) -> Post:
        """Post `number`, 0 .. posts - 1; numbers grow from week to week."""
        chance = np.random.default_rng([self.seed, number])
        index = self.week_index(number)
        shares = self.timeline.shares(index)
        lineage = str(chance.choice(list(shares), p=list(shares.values())))
        shown = self._imagine(lineage, index, chance)
        style = shown.look().id
        week = self.timeline.week(index)
        published_at = _moment(week, chance)
        lang = "zh" if chance.random() < CHINESE else "en"
        lot = chance.random()
        silent, blind = lot < SILENT, SILENT <= lot < SILENT + BLIND
        caption = NO_TEXT if silent else write(style, shown.objects, shown.scene, lang, chance)
        pictures = () if blind else (shown, *self._more(lineage, index, chance))
        heat = self.timeline.heat(index, lineage)
        return Post(
            id=f"p{number:06d}",
            week=week,
            published_at=published_at,
            style=style,
            lineage=lineage,
            shown=shown,
            pictures=pictures,
            moving=bool(pictures) and chance.random() < 0.015,
            caption=caption,
            lang="" if silent else lang,
            author=f"author-{int(AUTHORS * chance.random() ** 2):03d}",
            answers=answers(shown.layout, published_at.hour, heat, chance),
            audience=audience(chance),
        )

    def _imagine(self, lineage: str, index: int, chance: Generator) -> Picture:
        drift = self.timeline.drift(index)
        if lineage != DRIFTING or drift == 0:
            return imagine(lineage, chance)
        gone = float(np.clip(chance.normal(drift, 0.12), 0, 1))
        return imagine(lineage, chance, toward=TARGET, drift=gone)

    def _more(self, lineage: str, index: int, chance: Generator) -> tuple[Picture, ...]:
        if chance.random() >= 0.06:
            return ()
        count = int(chance.integers(1, 3))
        return tuple(self._imagine(lineage, index, chance) for _ in range(count))


def _moment(week: str, chance: Generator) -> datetime:
    day, hour = int(chance.integers(7)), int(chance.choice(24, p=HOURS / HOURS.sum()))
    return week_start(week) + timedelta(days=day, hours=hour, seconds=int(chance.integers(3600)))
