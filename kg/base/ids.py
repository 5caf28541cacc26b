"""Ids that come from content, so that the same thing in two runs has the same id.

Knows bytes and plain values only; IRIs are made in `kg/graph/vocabulary.py`.
"""

import hashlib
import json
from pathlib import Path

Jsonable = None | bool | int | float | str | list["Jsonable"] | dict[str, "Jsonable"]


def digest_bytes(data: bytes | memoryview) -> str:
    """SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_text(text: str) -> str:
    """SHA-256 of the UTF-8 of `text`; lone surrogates are kept apart rather than refused."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def digest_json(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`: keys sorted, no spaces."""
    return digest_text(json.dumps(value, sort_keys=True, separators=(",", ":"), default=str))


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, or of all files below a folder with their relative paths."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return digest_json([[p.relative_to(path).as_posix(), digest_file(p)] for p in files])
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_id(prefix: str, *parts: object) -> str:
    """A short id such as `c-3f9a0b12c4d5`: `prefix` and 12 hex digits of the parts' digest."""
    return f"{prefix}-{digest_json(list(parts))[:12]}"
