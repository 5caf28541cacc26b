"""A judge of pictures: which description fits each best, how near each lies to one; by an embedder.

In come pictures and words; out come ids, or cosines. Knows nothing about where pictures come from.
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
    """For each picture the id whose phrasings, averaged as unit vectors, lie nearest."""
    ids = sorted(phrasings)
    texts = [embedder.texts(list(phrasings[name])).mean(axis=0) for name in ids]
    pictures = embedder.pictures([load_picture(path) for path in paths])
    nearest = (pictures @ unit_rows(np.stack(texts)).T).argmax(axis=1)
    return [ids[place] for place in nearest]


def picture_judge(settings: Settings) -> Callable[[Sequence[str], Sequence[Image.Image]], Vectors]:
    """A judge of how near RGB pictures lie to texts: cosines, float32, shape (pictures, texts).

    It uses the embedder of the settings. Raises `SettingsError` if that embedder does not embed
    both pictures and texts.
    """
    embedder = load_embedder(settings.vectors)
    if blind := {"text", "picture"} - embedder.sides:
        raise SettingsError(
            f"the embedder {settings.vectors.embedder} has no vectors of a {min(blind)}, so"
            " it cannot choose among drawn pictures",
            where="gallery.candidates",
            do="set it to 1, or choose a model that reads and sees, such as that of profile clip",
        )

    def nearness(texts: Sequence[str], pictures: Sequence[Image.Image]) -> Vectors:
        near: Vectors = embedder.pictures(pictures) @ embedder.texts(texts).T
        return near

    return nearness


def described_by_starter(
    paths: Sequence[Path], phrasings: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    """What pictures show, by the starter CLIP."""
    return best_described(load_embedder(VectorSettings()), paths, phrasings)
