"""Judges pictures with an embedder: which description fits best, and how similar each text is.

Input: pictures and texts. Output: ids of descriptions, or cosines. This module does not know where
the pictures come from.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from zeitgraph.extraction.embedding.embedders import Embedder, Vectors, load_embedder
from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.extraction.intake.pictures import load_picture
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.workspace.settings import Settings, VectorSettings


def best_described(
    embedder: Embedder, paths: Sequence[Path], phrasings: Mapping[str, Sequence[str]]
) -> list[str]:
    """For each picture, the id whose mean phrasing has the highest cosine to it."""
    ids = sorted(phrasings)
    texts = [embedder.texts(list(phrasings[name])).mean(axis=0) for name in ids]
    pictures = embedder.pictures([load_picture(path) for path in paths])
    nearest = (pictures @ unit_rows(np.stack(texts)).T).argmax(axis=1)
    return [ids[place] for place in nearest]


def picture_judge(settings: Settings) -> Callable[[Sequence[str], Sequence[Image.Image]], Vectors]:
    """A function from texts and RGB pictures to cosines, float32 of shape (pictures, texts).

    It uses the embedder of the settings. Raises `SettingsError` if that embedder cannot embed both
    pictures and texts.
    """
    embedder = load_embedder(settings.vectors)
    if missing := {"text", "picture"} - embedder.sides:
        raise SettingsError(
            f"the embedder {settings.vectors.embedder} has no vectors of a {min(missing)}, so"
            " it cannot choose among drawn pictures",
            where="gallery.candidates",
            do="set it to 1, or choose a model that reads and sees, such as that of profile clip",
        )

    def similarities(texts: Sequence[str], pictures: Sequence[Image.Image]) -> Vectors:
        cosines: Vectors = embedder.pictures(pictures) @ embedder.texts(texts).T
        return cosines

    return similarities


def described_by_starter(
    paths: Sequence[Path], phrasings: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    """As `best_described`, with the starter CLIP."""
    return best_described(load_embedder(VectorSettings()), paths, phrasings)
