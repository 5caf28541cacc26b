"""The page of the gallery: a section for each cluster, as HTML that works offline.

Input: frozen values. Output: `index.html` in the layout that all pages share. Its content security
policy allows pictures beside the page and nothing else. A picture is enlarged by a link, so this
needs no script. This module does not know about tables or how posts were picked.
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
from zeitgraph.kg.base.terms import GalleryRole
from zeitgraph.reports.gallery.exemplars import ROLES, Pick
from zeitgraph.reports.page.layout import render_page
from zeitgraph.reports.page.pictures import PictureFiles

LONGEST_TEXT = 2000
_TEXT_CARD = 1.25  # width divided by height of a card without a picture
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Card:
    """A post on the page.

    `other_name`: the other cluster of a post at a border. `media_id`: the picture shown, empty for
    none. `at_s`: seconds into the video, for a key frame.
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
        """The reason for the pick: its pattern, filled with the figures."""
        return patterns[self.pick.reason].format(**self.pick.figures, name=self.other_name)

    @property
    def ratio(self) -> int:
        """Width divided by height in percent, in steps of 5 from 50 to 200: its CSS class."""
        ratio = self.shown.ratio if self.shown else _TEXT_CARD
        return round(min(max(ratio, 0.5), 2.0) * 20) * 5

    @property
    def moment(self) -> str:
        """Seconds into the video with one decimal; empty for its first frame and for a picture."""
        seconds = "" if self.at_s is None else f"{self.at_s:.1f}"
        return "" if seconds == "0.0" else seconds

    @property
    def lang_tag(self) -> str:
        """The language if it is a valid tag (BCP 47), else empty."""
        return self.lang if _LANG.fullmatch(self.lang) else ""

    @property
    def link(self) -> str:
        """The post's address if it begins with http:// or https://, else empty."""
        return self.url if self.url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class MadePicture:
    """A picture that is not evidence: generated from `prompt`, or composed.

    `width` and `height` in pixels. `entity_id`: the object that the prompt asks for, or empty.
    """

    role: Literal["prototype", "mosaic"]
    path: str
    width: int
    height: int
    about: str
    prompt: str = ""
    entity_id: str = ""


@dataclass(frozen=True)
class ClusterSection:
    """A cluster on the page; `share` in [0, 1] of the week's posts, None if unknown."""

    cluster_id: str
    name: str
    other_name: str
    origin: str
    state: str
    posts: int
    share: float | None
    words: tuple[str, ...]
    cards: tuple[Card, ...]
    made: tuple[MadePicture, ...]

    @property
    def anchor(self) -> str:
        """The HTML id of the section."""
        return content_id("cluster", self.cluster_id)

    @property
    def cover(self) -> Card | None:
        """The first card with a picture, or else the first card; None without cards."""
        return next((c for c in self.cards if c.shown), self.cards[0] if self.cards else None)

    def of_role(self, role: GalleryRole) -> list[Card]:
        """The cards of one role, best first."""
        return [card for card in self.cards if card.pick.role == role]

    def anchor_of(self, card: Card) -> str:
        """The HTML id of a card; `view-` before it gives the id of its enlargement."""
        return content_id("card", self.cluster_id, card.pick.role, card.pick.post_id)


@dataclass(frozen=True)
class Page:
    """The whole page; `left_out` is the number of clusters with posts that are not shown."""

    week: str
    lang: Literal["en", "zh"]
    sections: tuple[ClusterSection, ...]
    left_out: int


@cache
def page_words(lang: str) -> Mapping[str, Any]:
    """The texts of the page in one language: `prompts/gallery/{lang}.toml`."""
    file = resources.files("zeitgraph.prompts") / "gallery" / f"{lang}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def plain(text: str) -> str:
    """The text without control characters other than line ends, at most 2,000 characters."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return kept if len(kept) <= LONGEST_TEXT else f"{kept[:LONGEST_TEXT]} …"


def write_page(page: Page, folder: Path) -> None:
    """Write `index.html` into `folder`, which holds the pictures of the page."""
    values = {
        "page": page,
        "words": page_words(page.lang),
        "roles": ROLES,
        "posts": sum(section.posts for section in page.sections),
    }
    html = render_page(
        "gallery.html.jinja",
        page.lang,
        values,
        styles=("style.css", "gallery.css"),
        pictures="'self' file:",
    )
    write_aside(folder / "index.html", html)
