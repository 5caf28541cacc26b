"""Post cards: what a page shows of a post, its picture made small and put into the page itself.

In: a workspace, a week and post ids. Out: cards by post id. A picture is encoded anew from its
pixels, so nothing else of the original file reaches a page. Knows nothing about HTML beyond data
URIs.
"""

import base64
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.report.evidence import one_line

SHOWN_COUNTS = ("likes", "comments", "shares", "saves", "views")


@dataclass(frozen=True)
class Picture:
    """A picture in a page: a data URI and its size in pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Card:
    """A post as a page shows it. `url` is empty unless it is a web address."""

    post_id: str
    anchor: str
    text: str
    lang: str
    published_at: datetime
    heat: float
    counts: tuple[tuple[str, int], ...]
    url: str
    picture_path: Path | None
    picture: Picture | None


def post_cards(
    workspace: Workspace,
    week: str,
    post_ids: Collection[str],
    pixels: int,
    note: Callable[[str], None] = lambda _line: None,
) -> dict[str, Card]:
    """Cards of the posts that `week` holds, with pictures of at most `pixels` on the longer side.

    A picture that cannot be read is noted, and its card has none.
    """
    paths = _first_pictures(workspace, week)
    cards = {}
    for row in workspace.read("posts", week).to_pylist():
        if row["post_id"] not in post_ids:
            continue
        path = paths.get(row["post_id"])
        picture = small_picture(path, pixels, note) if path else None
        cards[row["post_id"]] = Card(
            post_id=row["post_id"],
            anchor=f"post-{digest_text(row['post_id'])[:12]}",
            text=one_line(row["text"] or ""),
            lang=row["lang"] or "",
            published_at=row["published_at"],
            heat=row["heat"] or 0.0,
            counts=tuple((name, row[name]) for name in SHOWN_COUNTS if row[name]),
            url=web_address(row["url"]),
            picture_path=path if picture else None,
            picture=picture,
        )
    return cards


def _first_pictures(workspace: Workspace, week: str) -> Mapping[str, Path]:
    rows = sorted(workspace.read("media", week).to_pylist(), key=lambda row: -row["position"])
    return {row["post_id"]: workspace.root / row["path"] for row in rows}


def web_address(url: str | None) -> str:
    """`url` if it is an http or https address with a host, else nothing."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return ""
    return (url or "").strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def small_picture(
    path: Path,
    pixels: int,
    note: Callable[[str], None] = lambda _line: None,
    quality: int = 72,
) -> Picture | None:
    """The picture at `path` as WebP of at most `pixels` on the longer side; None if unreadable."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (pixels, pixels))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        note(f"the picture {path.name} cannot be read: {error}")
        return None
    picture.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=quality, method=6)
    uri = "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
    return Picture(uri, *picture.size)
