"""What goes wrong with pictures on their way to the feed, and how they are written as files.

In come an RGB picture and the names of what happens to it, in order; out come the bytes of a JPEG,
the same each time. This module knows nothing about posts.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageEnhance, ImageFilter

QUALITY = 90
KEPT = 0.55
"""The share of a truncated file that is left."""


def _blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(image.width / 45))


def _dark(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(0.16)).enhance(0.7)


def _cropped(image: Image.Image) -> Image.Image:
    inset = image.width * 0.03
    box = (inset, inset, image.width - inset, image.height - inset)
    return image.resize(image.size, Image.Resampling.BICUBIC, box)


def _brightened(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.08)


def _recompressed(image: Image.Image) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=55)
    return Image.open(buffer).convert("RGB")


CHANGES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "blurred": _blurred,
    "dark": _dark,
    "cropped": _cropped,
    "brightened": _brightened,
    "recompressed": _recompressed,
}
NEAR = ("cropped", "brightened", "recompressed")
"""What is done to a picture that is posted again and shall not look like the same file."""


def changed(image: Image.Image, changes: Sequence[str]) -> Image.Image:
    """`image` after those of `changes` that happen to pixels."""
    for change in changes:
        image = CHANGES[change](image) if change in CHANGES else image
    return image


def as_jpeg(image: Image.Image, changes: Sequence[str]) -> bytes:
    """An image as a JPEG file, cut short where it is `truncated`."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    data = buffer.getvalue()
    return data[: int(len(data) * KEPT)] if "truncated" in changes else data
