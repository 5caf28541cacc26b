"""Corruption of pictures: what happens to them before they are posted, and their JPEG bytes.

Input: an RGB picture and the names of the changes, in order. Output: the bytes of a JPEG file, the
same for the same input. This module does not know about posts.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageEnhance, ImageFilter

QUALITY = 90
KEPT_SHARE = 0.55
"""The share of a truncated file that remains."""


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
NEAR_COPY_CHANGES = ("cropped", "brightened", "recompressed")
"""The changes to a picture that is reposted as a near copy instead of the same file."""


def apply_changes(image: Image.Image, changes: Sequence[str]) -> Image.Image:
    """Returns `image` after those `changes` that affect pixels."""
    for change in changes:
        image = CHANGES[change](image) if change in CHANGES else image
    return image


def jpeg_bytes(image: Image.Image, changes: Sequence[str]) -> bytes:
    """Returns the JPEG file of an image, cut short if `changes` contains `truncated`."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    data = buffer.getvalue()
    return data[: int(len(data) * KEPT_SHARE)] if "truncated" in changes else data
