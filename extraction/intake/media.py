"""Finds, verifies and stores the pictures and videos of posts.

Input: paths as a row gives them. Output: media in the workspace under `media/ab/<sha256>.<ext>`,
with unchanged bytes (key frames as JPEG), or the reason why a file cannot be used. Files outside
the folder of the posts are never opened. This module does not know about rows and tables.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from zeitgraph.extraction.intake.pictures import BadPicture, verify_picture
from zeitgraph.extraction.intake.videos import BadVideo, key_frames
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import content_id, digest_bytes, digest_file
from zeitgraph.kg.base.terms import MediaKind
from zeitgraph.kg.workspace.settings import IntakeSettings
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True)
class Attachment:
    """A picture or video that a row names: its path and the digest of its bytes.

    `kind` is `picture` or `video`. If it cannot be read, `file` is None, `digest` is empty and
    `problem` says why.
    """

    kind: str
    named: str
    file: Path | None = None
    digest: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Medium:
    """A picture in the workspace, or a key frame `at_s` seconds into a video.

    `path` is relative to the workspace; width and height in pixels, upright.
    """

    media_id: str
    kind: MediaKind
    path: str
    width: int
    height: int
    at_s: float | None = None


Stored = tuple[tuple[Medium, ...], str]
"""The media of an attachment, and the reason why there are none. One of the two is empty."""


def find_attachment(folder: Path, kind: str, named: str, settings: IntakeSettings) -> Attachment:
    """Find the file that a row names inside `folder`, links resolved, and compute its digest."""
    try:
        file = _inside(folder, named)
        size = file.stat().st_size
        limit = {"picture": settings.max_picture_bytes, "video": settings.max_video_bytes}[kind]
        if size > limit:
            return Attachment(kind, named, problem=f"too large: {size} bytes, at most {limit}")
        return Attachment(kind, named, file, digest_file(file))
    except _NotInside as error:
        return Attachment(kind, named, problem=str(error))
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go in circles
        reason = getattr(error, "strerror", None) or "links go in circles"
        return Attachment(kind, named, problem=f"cannot be read: {reason}")


class _NotInside(ValueError):
    """The path leads out of the folder, or to no file."""


def _inside(folder: Path, named: str) -> Path:
    if "://" in named:
        raise _NotInside("is an address: only files beside the posts are read")
    if PureWindowsPath(named).anchor or Path(named).is_absolute():
        raise _NotInside("is outside the corpus: an absolute path")
    file = (folder / named).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise _NotInside("is outside the corpus: its path leads out of the folder")
    if not file.is_file():
        raise _NotInside("is missing: no such file")
    return file


class MediaStore:
    """The media folder of a workspace; files are named by their content. Safe for threads."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.settings = workspace.settings.intake
        self.created: set[str] = set()
        self._lock = threading.Lock()

    def store(self, attachment: Attachment) -> Stored:
        """Verify an attachment and store its pictures."""
        if attachment.file is None:
            return (), attachment.problem
        try:
            return _BY_KIND[attachment.kind](self, attachment.file), ""
        except (BadPicture, BadVideo) as error:
            return (), " ".join(str(error).split())
        except OSError as error:
            return (), f"cannot be read: {error.strerror}"

    def store_picture(self, file: Path) -> tuple[Medium, ...]:
        """Store a picture with unchanged bytes."""
        data = file.read_bytes()
        picture = verify_picture(data, self.settings.max_pixels)
        return (
            self._medium(
                MediaKind.PICTURE, data, picture.extension, (picture.width, picture.height)
            ),
        )

    def store_frames(self, file: Path) -> tuple[Medium, ...]:
        """Store the key frames of a video as JPEG."""
        count, limit = self.settings.frames_per_video, self.settings.max_pixels
        return tuple(
            self._medium(
                MediaKind.FRAME, frame.jpeg, "jpg", (frame.width, frame.height), frame.at_s
            )
            for frame in key_frames(file, count, limit)
        )

    def _medium(
        self,
        kind: MediaKind,
        data: bytes,
        extension: str,
        size: tuple[int, int],
        at_s: float | None = None,
    ) -> Medium:
        digest = digest_bytes(data)
        path = self.workspace.media_folder / digest[:2] / f"{digest}.{extension}"
        relative = path.relative_to(self.workspace.root).as_posix()
        with self._lock:
            if not path.is_file():
                write_aside(path, data)
                self.created.add(relative)
        return Medium(content_id("m", digest), kind, relative, *size, at_s)

    def remove_created(self, keep: set[str]) -> None:
        """Remove the files that this store has created, except those in `keep`."""
        for path in sorted(self.created - keep):
            (self.workspace.root / path).unlink()


_BY_KIND: Mapping[str, Callable[[MediaStore, Path], tuple[Medium, ...]]] = {
    "picture": MediaStore.store_picture,
    "video": MediaStore.store_frames,
}
