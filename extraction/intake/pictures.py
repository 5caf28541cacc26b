"""Decodes pictures from untrusted sources: verifies them, and loads them upright for a model.

Input: bytes or a file. Output: format and size, or `BadPicture` with a reason. Only common formats
are tried, because rarely used decoders are the least tested against hostile bytes. This module
does not know about posts or workspaces.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

EXTENSIONS = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif",
    "AVIF": "avif",
}
_TRIED = tuple(form for form in EXTENSIONS if form != "MPO")  # Pillow opens MPO as JPEG first
PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
)


class BadPicture(ValueError):
    """A picture cannot be used; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A picture that decodes. `extension` follows its real format; width and height are upright."""

    extension: str
    width: int
    height: int


@contextmanager
def strict_decoding() -> Iterator[None]:
    """In this block, a decompression bomb is an error, and flaws in metadata are ignored.

    Warning filters apply to the whole process, so set them around a thread pool, not in a thread.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def verify_picture(data: bytes, max_pixels: int) -> Picture:
    """Decode the first frame of a picture; raises `BadPicture` if that fails or it is too large."""
    try:
        with Image.open(BytesIO(data), formats=_TRIED) as image:
            width, height = image.size
            _check_size(width, height, max_pixels)
            image.load()
            is_turned = _orientation(image) >= 5  # EXIF 2.32, 4.6.5.1: 5 to 8 lie on their side
            extension = EXTENSIONS[str(image.format)]
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(f"too large: {error}") from error
    except UnidentifiedImageError as error:
        raise BadPicture("cannot be decoded: of no known format") from error
    except Exception as error:  # decoders raise errors of any kind on hostile bytes
        raise BadPicture(f"cannot be decoded: {error}") from error
    return Picture(extension, *((height, width) if is_turned else (width, height)))


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise BadPicture(f"too large: {width} x {height} pixels, at most {max_pixels}")


def load_picture(path: Path, longest: int | None = None) -> Image.Image:
    """A verified picture as RGB: the first frame, upright by EXIF, transparency over white.

    With `longest`, a picture whose longer side exceeds that many pixels is shrunk while decoding.
    """
    with Image.open(path, formats=_TRIED) as image:
        if longest:
            image.thumbnail((longest, longest))
        image.load()
        upright = image if _orientation(image) == 1 else ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        clear = upright.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def taken_at(path: Path) -> datetime | None:
    """DateTimeOriginal of EXIF, UTC unless OffsetTimeOriginal gives a zone; None if absent."""
    with strict_decoding():
        try:
            with Image.open(path, formats=_TRIED) as image:
                exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
            when = str(exif.get(ExifTags.Base.DateTimeOriginal, "")).strip("\x00 ")
            zone = str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\x00 ")
            moment = datetime.strptime(f"{when} {zone or '+00:00'}", "%Y:%m:%d %H:%M:%S %z")
            return moment.astimezone(UTC)
        except Exception:  # noqa: BLE001 -- no readable EXIF; decoding is checked later
            return None


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) if EXIF is absent or unreadable."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 -- the picture is good without its metadata
        return 1
    return value if value in range(1, 9) else 1
