"""A judge of pictures: which of some descriptions fits each one best, by an embedder.

In come pictures and phrasings by id; out come ids. Knows nothing about where pictures come from.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from zeitgraph.extraction.embedders import Embedder, load_embedder, unit_rows
from zeitgraph.extraction.pictures import load_picture
from zeitgraph.kg.settings import VectorSettings


def best_described(
    embedder: Embedder, paths: Sequence[Path], phrasings: Mapping[str, Sequence[str]]
) -> list[str]:
    """For each picture the id whose phrasings, averaged as unit vectors, lie nearest."""
    ids = sorted(phrasings)
    texts = [embedder.texts(list(phrasings[name])).mean(axis=0) for name in ids]
    pictures = embedder.pictures([load_picture(path) for path in paths])
    nearest = (pictures @ unit_rows(np.stack(texts)).T).argmax(axis=1)
    return [ids[place] for place in nearest]


def described_by_starter(
    paths: Sequence[Path], phrasings: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    """What pictures show, by the starter CLIP."""
    return best_described(load_embedder(VectorSettings()), paths, phrasings)
