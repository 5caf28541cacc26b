"""What the tests of the intake share: small workspaces, pictures and videos made on the spot."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

from zeitgraph.kg.workspace.workspace import Workspace


def fresh(folder: Path, settings: str = "") -> Workspace:
    """A new workspace without a model; `settings` are lines of TOML that follow the profile."""
    workspace = Workspace.create(folder, "vectors")
    (workspace.root / "zeitgraph.toml").write_text(f'profile = "vectors"\n{settings}\n', "utf-8")
    return Workspace(folder)


def ids(workspace: Workspace, table: str = "intake") -> list[str]:
    return sorted(workspace.read_all(table)["post_id"].to_pylist())


def rejects(workspace: Workspace) -> list[dict[str, Any]]:
    return list(workspace.read_all("rejects").to_pylist())


def post(post_id: str, **columns: Any) -> dict[str, Any]:
    """A good post, or one with some columns changed; None takes a column away."""
    row = {"id": post_id, "text": f"words of {post_id}", "published_at": "2026-11-10T08:00:00Z"}
    return {name: value for name, value in (row | columns).items() if value is not None}


def image(size: tuple[int, int] = (24, 16), seed: int = 0, mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(noise).convert(mode)


def encoded(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0) -> bytes:
    return encoded(image(seed=seed), "JPEG")


def write_video(path: Path, frames: int = 50, every: int = 10, codec: str = "mpeg4") -> Path:
    """A small video at 10 frames a second, a key frame at least `every` so many frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = every
        for frame in _frames(frames):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _frames(count: int) -> Iterable[av.VideoFrame]:
    for number in range(count):
        pixels = np.full((48, 64, 3), (number * 5 % 256, 100, 200), np.uint8)
        yield av.VideoFrame.from_ndarray(pixels, format="rgb24")
