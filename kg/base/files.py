"""Writes a file whole or not at all: aside first, under a hidden name, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from zeitgraph.kg.base.errors import InputError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A file to write that becomes `path` if the block ends well; otherwise nothing changes.

    Missing folders are made. With `private`, only the owner may read the file. Raises `InputError`
    if the folder cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        file = os.fdopen(os.open(aside, _NEW, 0o600 if private else 0o666), "wb")
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", where=path) from error
    try:
        with file:
            yield file
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_aside(path: Path, data: bytes | memoryview, *, private: bool = False) -> None:
    """Write `data` to `path`, whole or not at all. As `replacing`."""
    with replacing(path, private=private) as file:
        file.write(data)
