"""Pictures and videos of posts: found inside their corpus, verified, kept under their content.

In go paths as a row gives them; out come media that stand in the workspace under
`media/ab/<sha256>.<ext>`, bytes as they came (key frames as JPEG), and reasons where one cannot be
used. Nothing outside the corpus is ever opened. Knows nothing of rows and tables.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from zeitgraph.extraction.intake.pictures import BadPicture, verify_picture
from zeitgraph.extraction.intake.videos import BadVideo, key_frames
from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import content_id, digest_bytes, digest_file
from zeitgraph.kg.workspace.settings import IntakeSettings
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True)
class Attachment:
    """A picture or video that a row names: where it lies and the digest of its bytes.

    `kind` is `picture` or `video`. Where it cannot be read, `file` is None, `digest` is empty and
    `problem` says why.
    """

    kind: str
    named: str
    file: Path | None = None
    digest: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Medium:
    """A picture in the workspace; `kind` is `picture`, or `frame` with `at_s` seconds into a video.

    `path` is relative to the workspace; width and height in pixels, upright.
    """

    media_id: str
    kind: str
    path: str
    width: int
    height: int
    at_s: float | None = None


Kept = tuple[tuple[Medium, ...], str]
"""What an attachment gave: its media, and the reason why not, one of them empty."""


def find_attachment(folder: Path, kind: str, named: str, settings: IntakeSettings) -> Attachment:
    """Look for what a row names below `folder`, links resolved, and digest it."""
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
        told = getattr(error, "strerror", None) or "links go in circles"
        return Attachment(kind, named, problem=f"cannot be read: {told}")


class _NotInside(ValueError):
    """The path is outside the corpus, or nothing is there."""


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
    """The media folder of a workspace, written content-addressed; safe to use from threads."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.settings = workspace.settings.intake
        self.created: set[str] = set()
        self._lock = threading.Lock()

    def keep(self, attachment: Attachment) -> Kept:
        """Verify an attachment and keep what it holds."""
        if attachment.file is None:
            return (), attachment.problem
        try:
            return _KEEPERS[attachment.kind](self, attachment.file), ""
        except (BadPicture, BadVideo) as error:
            return (), " ".join(str(error).split())
        except OSError as error:
            return (), f"cannot be read: {error.strerror}"

    def keep_picture(self, file: Path) -> tuple[Medium, ...]:
        """A picture, bytes as they came."""
        data = file.read_bytes()
        picture = verify_picture(data, self.settings.max_pixels)
        return (self._medium("picture", data, picture.extension, (picture.width, picture.height)),)

    def keep_frames(self, file: Path) -> tuple[Medium, ...]:
        """The key frames of a video, as JPEG."""
        count, limit = self.settings.frames_per_video, self.settings.max_pixels
        return tuple(
            self._medium("frame", still.jpeg, "jpg", (still.width, still.height), still.at_s)
            for still in key_frames(file, count, limit)
        )

    def _medium(
        self,
        kind: str,
        data: bytes,
        extension: str,
        size: tuple[int, int],
        at_s: float | None = None,
    ) -> Medium:
        digest = digest_bytes(data)
        path = self.workspace.media_folder / digest[:2] / f"{digest}.{extension}"
        told = path.relative_to(self.workspace.root).as_posix()
        with self._lock:
            if not path.is_file():
                write_aside(path, data)
                self.created.add(told)
        return Medium(content_id("m", digest), kind, told, *size, at_s)

    def drop_created(self, but: set[str]) -> None:
        """Remove the files made by this store that are not among `but`."""
        for path in sorted(self.created - but):
            (self.workspace.root / path).unlink()


_KEEPERS: Mapping[str, Callable[[MediaStore, Path], tuple[Medium, ...]]] = {
    "picture": MediaStore.keep_picture,
    "video": MediaStore.keep_frames,
}
