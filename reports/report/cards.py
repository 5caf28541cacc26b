"""Post cards: what a page shows of a post, with a small picture.

Input: a workspace, a week and post ids. Output: cards by post id. This module does not know about
HTML.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.workspace.rows import PostRow
from zeitgraph.kg.workspace.tables import MEDIA, POSTS
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import one_line
from zeitgraph.reports.page.inline_picture import InlinePicture, inline_picture

COLUMNS = (
    *("post_id", "text", "lang", "published_at", "heat", "url"),
    *("likes", "comments", "shares", "saves", "views"),
)


@dataclass(frozen=True)
class Card:
    """A post as a page shows it; `url` is empty unless it is a web address."""

    post_id: str
    anchor: str
    text: str
    lang: str
    published_at: datetime
    heat: float
    counts: tuple[tuple[str, int], ...]
    url: str
    picture_path: Path | None
    picture: InlinePicture | None


def post_cards(
    workspace: Workspace,
    week: str,
    post_ids: Collection[str],
    pixels: int,
    note: Callable[[str], None] = lambda _line: None,
) -> dict[str, Card]:
    """Cards of those posts that are in `week`, with pictures of at most `pixels` on a side.

    If a picture cannot be read, the card has none and `note` receives the reason.
    """
    paths = _first_pictures(workspace, week)
    cards = {}
    for row in workspace.rows(POSTS, week, COLUMNS):
        if row["post_id"] not in post_ids:
            continue
        path = paths.get(row["post_id"])
        picture = inline_picture(path, pixels, note) if path else None
        cards[row["post_id"]] = Card(
            post_id=row["post_id"],
            anchor=f"post-{digest_text(row['post_id'])[:12]}",
            text=one_line(row["text"] or ""),
            lang=row["lang"] or "",
            published_at=row["published_at"],
            heat=row["heat"] or 0.0,
            counts=_counts(row),
            url=web_address(row["url"]),
            picture_path=path if picture else None,
            picture=picture,
        )
    return cards


def _counts(row: PostRow) -> tuple[tuple[str, int], ...]:
    """The counts of a post that are not zero, by name, in the order of the card."""
    counts = {
        "likes": row["likes"],
        "comments": row["comments"],
        "shares": row["shares"],
        "saves": row["saves"],
        "views": row["views"],
    }
    return tuple((name, count) for name, count in counts.items() if count)


def _first_pictures(workspace: Workspace, week: str) -> Mapping[str, Path]:
    """The path of the first picture of each post of the week."""
    rows = workspace.rows(MEDIA, week, ["post_id", "path", "position"])
    rows.sort(key=lambda row: -row["position"])
    return {row["post_id"]: workspace.root / row["path"] for row in rows}


def web_address(url: str | None) -> str:
    """`url` if it is an http or https address with a host, else an empty text."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return ""
    return (url or "").strip() if parts.scheme in ("http", "https") and parts.netloc else ""
