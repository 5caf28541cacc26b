"""The gallery's page: rooms of cards as HTML that works offline.

In come frozen values, out comes `index.html` in the layout that all pages share; its policy allows
pictures beside the page and nothing else from outside. A picture is enlarged by a link to its
enlargement, so that this needs no script. Knows nothing about tables or how posts were picked.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import content_id
from zeitgraph.reports.gallery.exemplars import ROLES, Pick, Role
from zeitgraph.reports.page.layout import render_page
from zeitgraph.reports.page.pictures import PictureFiles

LONGEST_TEXT = 2000
_TEXT_CARD = 1.25  # the width by height of a card with no picture
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Card:
    """A post on the page.

    `other_name`: the cluster it is torn to, if it was picked for that. `media_id`: of the picture
    shown, empty for none. `at_s`: seconds into the video, where that is a key frame.
    """

    pick: Pick
    other_name: str
    text: str
    lang: str
    published: datetime
    heat: float
    url: str
    media_id: str
    at_s: float | None
    shown: PictureFiles | None

    def why(self, patterns: Mapping[str, str]) -> str:
        """Why it was picked: the pattern for its reason, filled with its figures."""
        return patterns[self.pick.reason].format(**self.pick.figures, name=self.other_name)

    @property
    def ratio(self) -> int:
        """Width by height in percent, in steps of 5, between 50 and 200: its class on the page."""
        ratio = self.shown.ratio if self.shown else _TEXT_CARD
        return round(min(max(ratio, 0.5), 2.0) * 20) * 5

    @property
    def moment(self) -> str:
        """Seconds into the video with one decimal; empty for its very beginning or a picture."""
        told = "" if self.at_s is None else f"{self.at_s:.1f}"
        return "" if told == "0.0" else told

    @property
    def lang_tag(self) -> str:
        """A language tag that is safe to write (BCP 47); empty for anything else."""
        return self.lang if _LANG.fullmatch(self.lang) else ""

    @property
    def link(self) -> str:
        """The post's address if it is one of the web; nothing else becomes a link."""
        return self.url if self.url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class Drawn:
    """A picture that is no evidence: generated from `prompt`, or composed.

    `thing` is the id of the entity that the prompt asks for, empty for none.
    """

    role: Literal["prototype", "mosaic"]
    path: str
    width: int
    height: int
    about: str
    prompt: str = ""
    thing: str = ""


@dataclass(frozen=True)
class Room:
    """A cluster on the page; `share` in [0, 1] of the week's posts."""

    cluster_id: str
    name: str
    other_name: str
    origin: str
    state: str
    posts: int
    share: float | None
    words: tuple[str, ...]
    cards: tuple[Card, ...]
    drawn: tuple[Drawn, ...]

    @property
    def anchor(self) -> str:
        """The id of its section."""
        return content_id("cluster", self.cluster_id)

    @property
    def cover(self) -> Card | None:
        """The first card with a picture, else the first one."""
        return next((c for c in self.cards if c.shown), self.cards[0] if self.cards else None)

    def of_role(self, role: Role) -> list[Card]:
        """Its cards of one role, best first."""
        return [card for card in self.cards if card.pick.role == role]

    def anchor_of(self, card: Card) -> str:
        """The id of a card; its enlargement's is the same with `view-` before it."""
        return content_id("card", self.cluster_id, card.pick.role, card.pick.post_id)


@dataclass(frozen=True)
class Page:
    """The whole page; `left_out` clusters have posts and are not shown."""

    week: str
    lang: Literal["en", "zh"]
    rooms: tuple[Room, ...]
    left_out: int


@cache
def page_words(lang: str) -> Mapping[str, Any]:
    """The page's words in one language: `prompts/gallery/{lang}.toml`."""
    file = resources.files("zeitgraph.prompts") / "gallery" / f"{lang}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def plain(text: str) -> str:
    """Text with no control characters but line ends, at most 2,000 characters."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return kept if len(kept) <= LONGEST_TEXT else f"{kept[:LONGEST_TEXT]} …"


def write_page(page: Page, folder: Path) -> None:
    """Write `index.html` into `folder`, beside the pictures it shows."""
    values = {
        "page": page,
        "words": page_words(page.lang),
        "roles": ROLES,
        "posts": sum(room.posts for room in page.rooms),
    }
    html = render_page(
        "gallery.html.jinja",
        page.lang,
        values,
        styles=("style.css", "gallery.css"),
        pictures="'self' file:",
    )
    write_aside(folder / "index.html", html)
