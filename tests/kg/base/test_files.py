"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.files import replacing, write_aside


def test_a_write_that_fails_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file.txt"
    write_aside(file, b"old")
    with pytest.raises(TypeError), replacing(file) as half:
        half.writelines([b"ne", "w"])  # type: ignore[list-item]
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_private_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_aside(tmp_path / "secret", b"x", private=True)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot write"):
        write_aside(tmp_path / "file" / "below", b"x")
