"""What judges pictures by words: the eye that the gallery borrows."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zeitgraph.extraction.embedding.judging import eye_of
from zeitgraph.extraction.stages import LENT
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.workspace import Workspace

COLOURS = {"red": (230, 25, 40), "green": (50, 160, 70), "blue": (40, 90, 210)}


def job_of(folder: Path, settings: str) -> Job:
    """A job of no week, with what extraction lends."""
    Workspace.create(folder, "starter")
    (folder / "zeitgraph.toml").write_text(f'profile = "starter"\n{settings}', "utf-8")
    return Job(Workspace(folder), "2026-W46", {}, lent=LENT)


def test_a_picture_is_nearest_to_the_words_that_name_it(tmp_path: Path) -> None:
    eye = job_of(tmp_path, '[vectors]\nembedder = "toy"\n').borrow("eye")
    pictures = [Image.new("RGB", (16, 16), colour) for colour in COLOURS.values()]
    near = eye([f"something {name}" for name in COLOURS], pictures)
    assert near.shape == (3, 3)
    assert near.argmax(axis=0).tolist() == [0, 1, 2]
    assert np.abs(near).max() <= 1 + 1e-6


def test_who_cannot_read_or_see_is_told_what_to_do(tmp_path: Path) -> None:
    settings = job_of(tmp_path, '[vectors]\nembedder = "given"\n').settings
    with pytest.raises(SettingsError, match=r"gallery\.candidates.*set it to 1"):
        eye_of(settings)
