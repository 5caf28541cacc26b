"""Pictures inside a page: made small and written into the page itself as a data URI.

Input: the path of a picture. Output: an `InlinePicture`. It is encoded anew from its pixels, so
that nothing else of the original file (such as the place in its Exif data) reaches a page.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class InlinePicture:
    """A picture in a page: a data URI and its size in pixels."""

    uri: str
    width: int
    height: int


def inline_picture(
    path: Path,
    pixels: int,
    note: Callable[[str], None] = lambda _line: None,
    quality: int = 72,
) -> InlinePicture | None:
    """The picture at `path` as WebP, at most `pixels` on the longer side.

    A picture that cannot be read gives None, and `note` receives the reason.
    """
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
    return InlinePicture(uri, *picture.size)
