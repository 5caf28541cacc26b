"""Extracts key frames from a video, evenly spread over its length, with PyAV.

Input: a file from an untrusted source. Output: JPEG pictures with their times, or `BadVideo`. Only
containers that hold the video in the same file are opened: a playlist could name other files or
addresses, so it is refused before it is followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from zeitgraph.kg.base.plugins import require

if TYPE_CHECKING:
    import av

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif"
QUALITY = 95  # of the JPEG; the video itself is lossy


class BadVideo(ValueError):
    """A video cannot be used; the message says why."""


@dataclass(frozen=True)
class KeyFrame:
    """A key frame as JPEG bytes, its time in seconds from the start, its size in pixels."""

    at_s: float
    jpeg: bytes
    width: int
    height: int


def key_frames(path: Path, count: int, max_pixels: int) -> list[KeyFrame]:
    """Up to `count` key frames of the first video stream, including the first and the last.

    The video is decoded twice, key frames only: once to count them, once to extract those at evenly
    spread positions. So memory holds one frame at a time. Raises `BadVideo`, and `MissingPart` if
    PyAV is not installed.
    """
    require("av", f"the video {path.name}")
    import av.error

    try:
        positions = _spread(sum(1 for _ in _decoded(path, max_pixels)), count)
        frames = [
            _key_frame(frame)
            for position, frame in enumerate(_decoded(path, max_pixels))
            if position in positions
        ]
    except BadVideo:
        raise
    except (av.error.FFmpegError, OSError) as error:
        raise BadVideo(f"cannot be decoded: {error.strerror}") from error
    except (ValueError, MemoryError, OverflowError) as error:
        raise BadVideo(f"cannot be decoded: {error}") from error
    if not frames:
        raise BadVideo("has no key frame")
    return frames


def _spread(total: int, count: int) -> set[int]:
    """`count` positions in `range(total)`, evenly spread; all of them if `total` is smaller."""
    if count == 1:
        return {total // 2}
    return {round(step * (total - 1) / (count - 1)) for step in range(count)}


def _decoded(path: Path, max_pixels: int) -> Iterator["av.VideoFrame"]:
    import av

    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": ""}
    with path.open("rb") as file, av.open(file, "r", container_options=options) as container:
        if not container.streams.video:
            raise BadVideo("has no video stream")
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        _check_size(stream.codec_context.width, stream.codec_context.height, max_pixels)
        for frame in container.decode(stream):
            _check_size(
                frame.width, frame.height, max_pixels
            )  # the size may change within a stream
            yield frame


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise BadVideo(f"too large: {width} x {height} pixels, at most {max_pixels}")


def _key_frame(frame: "av.VideoFrame") -> KeyFrame:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return KeyFrame(float(frame.time or 0.0), buffer.getvalue(), image.width, image.height)
