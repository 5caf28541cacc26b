"""Pictures as files beside a page: originals byte for byte, and thumbnails.

Input: the path of a picture. Output: files in a folder that can be sent to a colleague, named by
the content of the original. This module does not know about posts.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.ids import digest_file

THUMBNAIL_SIDE = 560
_ENDINGS = {
    "JPEG": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tiff",
    "AVIF": "avif",
    "MPO": "jpg",
}


@dataclass(frozen=True)
class PictureFiles:
    """The files of a picture, relative to the folder, and the upright size in pixels."""

    original: str
    thumbnail: str
    width: int
    height: int

    @property
    def ratio(self) -> float:
        """Width by height."""
        return self.width / self.height


def copy_picture(picture: Path, folder: Path) -> PictureFiles:
    """Copy `picture` below `folder` and make a thumbnail; existing files are kept.

    Raises `InputError` if the picture is missing or not of a format that browsers know.
    """
    with _opened(picture) as image:
        ending = _ENDINGS[image.format or ""]
        width, height = _upright_size(image)
    name = digest_file(picture)[:24]
    files = PictureFiles(f"originals/{name}.{ending}", f"thumbnails/{name}.webp", width, height)
    original, thumbnail = folder / files.original, folder / files.thumbnail
    if not thumbnail.exists():
        for path in (original, thumbnail):
            path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, original)
        upright(picture, THUMBNAIL_SIDE).save(thumbnail, "WEBP", quality=82, method=4)
    return files


def upright(picture: Path, side: int) -> Image.Image:
    """The picture in RGB, upright, no side longer than `side` pixels; transparency becomes white.

    Raises `InputError` as `copy_picture` does.
    """
    with _opened(picture) as image:
        try:
            image.thumbnail((side, side))
            turned = ImageOps.exif_transpose(image).convert("RGBA")
        except (OSError, SyntaxError, ValueError) as error:
            raise InputError(f"a picture cannot be read: {error}", where=picture) from error
    ground = Image.new("RGBA", turned.size, "white")
    return Image.alpha_composite(ground, turned).convert("RGB")


def _opened(picture: Path) -> Image.Image:
    try:
        image = Image.open(picture, formats=list(_ENDINGS))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(
            "a picture of a post is missing or not a picture",
            where=picture,
            do="add the posts again with `zeitgraph add`",
        ) from error
    return image


def _upright_size(image: Image.Image) -> tuple[int, int]:
    lies = image.getexif().get(0x0112, 1) >= 5  # Exif 2.32, 4.6.4 A: Orientation; 5 to 8 are turned
    return (image.height, image.width) if lies else image.size
