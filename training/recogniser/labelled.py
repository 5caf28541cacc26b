"""Texts with labelled names: from the demo world, WNUT17 and CLUENER; and their scores.

Input: seeds or files. Output: texts, each with the set of its spans in zeitgraph's kinds. This
module does not know about models.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from numpy.random import Generator

from zeitgraph.extraction.demo.story.captions import Caption, Name, join
from zeitgraph.extraction.demo.story.names import gatherings
from zeitgraph.extraction.demo.story.world import World
from zeitgraph.extraction.names.recognisers import Span
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.training.recogniser.coined import COINED_KINDS, coin

Labelled = list[tuple[str, set[Span]]]

WNUT_KINDS: Mapping[str, EntityKind] = {
    "corporation": EntityKind.BRAND,
    "product": EntityKind.PRODUCT,
    "person": EntityKind.PERSON,
    "location": EntityKind.PLACE,
}
"""WNUT17's groups and creative works have no kind here."""

CLUENER_KINDS: Mapping[str, EntityKind] = {
    "company": EntityKind.BRAND,
    "name": EntityKind.PERSON,
    "address": EntityKind.PLACE,
    "scene": EntityKind.PLACE,
}
"""CLUENER's books, games, films, governments, organisations and positions have no kind here."""


@dataclass(frozen=True)
class Scores:
    """Counts of spans: found and right, found, in the gold labels. Right means exactly the same
    span.
    """

    right: int
    found: int
    gold: int

    @classmethod
    def of(cls, found: Iterable[set[Span]], gold: Iterable[set[Span]]) -> "Scores":
        """Returns the counts over all texts."""
        pairs = list(zip(found, gold, strict=True))
        return cls(
            sum(len(f & g) for f, g in pairs),
            sum(len(f) for f, _ in pairs),
            sum(len(g) for _, g in pairs),
        )

    @property
    def precision(self) -> float:
        """The share of the found spans that is right."""
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        """The share of the gold spans that is found."""
        return self.right / max(1, self.gold)

    @property
    def f1(self) -> float:
        """The harmonic mean of the two (micro average)."""
        return 2 * self.right / max(1, self.found + self.gold)

    def __str__(self) -> str:
        return f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}  ({self.gold} gold)"


def of_kinds(texts: Iterable[set[Span]], kinds: Iterable[str]) -> list[set[Span]]:
    """Returns only the spans of these kinds, text by text."""
    wanted = set(kinds)
    return [{span for span in spans if span.kind in wanted} for spans in texts]


# -- the demo world --------------------------------------------------------------------------------


def captions(seed: int, posts: int) -> Iterator[Caption]:
    """Yields the captions of a world in the order of its posts; posts without text have none."""
    world = World(seed, posts)
    for number in range(posts):
        caption = world.post(number).caption
        if caption.text:
            yield caption


def label(caption: Caption) -> tuple[str, set[Span]]:
    """Returns a caption's text and all its names."""
    return caption.text, {Span(m.start, m.end, m.kind) for m in caption.mentions}


def unlisted(caption: Caption) -> set[Span]:
    """Returns the names of a caption that are in no catalogue."""
    return {Span(m.start, m.end, m.kind) for m in caption.mentions if not m.entity_id}


def swap_names(caption: Caption, rng: Generator, share: float, *, judging: bool = False) -> Caption:
    """Returns `caption` with coined names instead of `share` of its proper names.

    Names that are in no catalogue are always replaced, so that they stay unseen. A coined name has
    no entity.
    """
    pieces: list[str | Name] = []
    done, named = 0, {one.entity.id for one in gatherings()}
    for m in caption.mentions:
        pieces.append(caption.text[done : m.start])
        surface, entity = m.surface, m.entity_id
        sort = "event" if entity in named else m.kind
        if sort in COINED_KINDS and (not entity or rng.random() < share):
            lang = "en" if surface.isascii() else "zh"
            surface, entity = coin(sort, lang, rng, judging=judging), ""
        pieces.append(Name(surface, m.kind, entity))
        done = m.end
    return join([*pieces, caption.text[done:]])


# -- files -----------------------------------------------------------------------------------------


def read_wnut(path: Path) -> Labelled:
    """Reads WNUT17 (Derczynski and others 2017): tokens joined by single spaces."""
    posts = []
    for block in path.read_text("utf-8").strip().split("\n\n"):
        text, spans, begin, label = "", set(), 0, ""
        for line in [*block.splitlines(), ".\tO"]:
            token, tag = line.rsplit("\t", 1)
            if label and not tag.startswith("I-"):
                spans |= {Span(begin, len(text) - 1, label)}
                label = ""
            if tag.startswith("B-"):
                begin, label = len(text), WNUT_KINDS.get(tag[2:], "")
            text += token + " "
        posts.append((text, spans))
    return posts


def read_cluener(path: Path) -> Labelled:
    """Reads CLUENER (Xu and others 2020), in which ends are inclusive."""
    posts = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        spans = {
            Span(start, end + 1, CLUENER_KINDS[label])
            for label, names in row["label"].items()
            for places in names.values()
            for start, end in places
            if label in CLUENER_KINDS
        }
        posts.append((row["text"], spans))
    return posts
