"""The judge of pictures, which chooses among the candidates of the gallery."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zeitgraph.extraction.embedding.judging import picture_judge
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.workspace import Workspace

COLOURS = {"red": (230, 25, 40), "green": (50, 160, 70), "blue": (40, 90, 210)}


def settings_of(folder: Path, settings: str) -> Settings:
    Workspace.create(folder, "starter")
    (folder / "zeitgraph.toml").write_text(f'profile = "starter"\n{settings}', "utf-8")
    return Workspace(folder).settings


def test_a_picture_is_most_similar_to_the_text_that_names_it(tmp_path: Path) -> None:
    judge = picture_judge(settings_of(tmp_path, '[vectors]\nembedder = "toy"\n'))
    pictures = [Image.new("RGB", (16, 16), colour) for colour in COLOURS.values()]
    near = judge([f"something {name}" for name in COLOURS], pictures)
    assert near.shape == (3, 3)
    assert near.argmax(axis=0).tolist() == [0, 1, 2]
    assert np.abs(near).max() <= 1 + 1e-6


def test_an_embedder_without_pictures_or_texts_is_refused_with_the_setting_to_change(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path, '[vectors]\nembedder = "given"\n')
    with pytest.raises(SettingsError, match=r"gallery\.candidates.*set it to 1"):
        picture_judge(settings)
