"""Zero-shot prototypes: the place of each style of the libraries, before any post shows it.

Input: the settings, the style libraries, an embedder. Output: for each style a unit vector made of
its phrasings, in the aligned space of `PostSpace`, and how near posts come to matching texts. This
module does not know about clusters.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.embedding.embedders import load_embedder
from zeitgraph.extraction.geometry.neighbours import Rows
from zeitgraph.extraction.geometry.post_space import Side, centred
from zeitgraph.extraction.geometry.unit_vectors import Points, cosines, unit_rows
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.settings import VectorSettings
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.prompts.library import BadLibrary, Style, load_styles

DEFAULT_MATCH = 0.4
"""Assumed cosine of a picture and its text if no post has both."""

LEAST_MATCH = 0.2
"""If pictures come no nearer to their texts than this, a picture alone joins no style by words."""


@dataclass(frozen=True)
class StylePrototypes:
    """The k styles, and a unit vector for each: `centres` (k, d).

    `nearest_other` (k,) is the cosine of each centre and the nearest phrasing of any other style.
    """

    styles: tuple[Style, ...]
    centres: Points
    nearest_other: NDArray[np.float64]


def style_prototypes(workspace: Workspace) -> StylePrototypes:
    """The prototypes of the workspace's styles; none if the embedder does not read texts.

    A prototype is the mean of several phrasings (Radford et al. 2021, CLIP, section 3.1.4); each
    language is first centred on its own mean, which removes what all prompts have in common. Raises
    `SettingsError` for a malformed library.
    """
    settings = workspace.settings
    styles = tuple(style for style in known_styles(workspace) if style.phrasings())
    if not styles or "text" not in load_embedder(settings.vectors).sides:
        return StylePrototypes((), np.empty((0, 0), np.float32), np.empty(0))
    languages = [
        _of_language(settings.vectors, phrasings)
        for phrasings in ([style.en for style in styles], [style.zh for style in styles])
        if any(phrasings)
    ]
    owner = np.concatenate([own for own, _ in languages])
    rows = np.concatenate([rows for _, rows in languages])
    centres = _mean_rows(owner, rows, len(styles))
    others = np.where(owner[:, None] == np.arange(len(styles)), -1.0, cosines(rows, centres))
    return StylePrototypes(styles, centres, others.max(axis=0))


def known_styles(workspace: Workspace) -> list[Style]:
    """The styles that the settings name. Raises `SettingsError` for a malformed library."""
    try:
        return load_styles(workspace.settings.styles.libraries, workspace.root)
    except BadLibrary as error:
        raise SettingsError(str(error), where="styles.libraries") from error


def styles_identity(workspace: Workspace) -> str:
    """A digest of the libraries and the embedder: it changes when a prototype may change."""
    styles = [astuple(style) for style in known_styles(workspace)]
    return digest_json([styles, load_embedder(workspace.settings.vectors).identity])


def expected_text_match(picture: Side, text: Side, post_ids: Sequence[str]) -> NDArray[np.float64]:
    """For each post the cosine that it has to a text that describes it, (n,), in (0, 1].

    1 for a post with a text only. For a picture, the median cosine of pictures and their own texts,
    centred, over the posts that have both. For a post with both sides, whose vector is their mean,
    sqrt((1 + a) / 2) for pairs at cosine a. Infinite if pictures and texts do not match at all, and
    for a post without both.
    """
    with_picture, with_text = frozenset(picture[0]), frozenset(text[0])
    both = with_picture & with_text
    match = DEFAULT_MATCH
    if both:
        pairs = [
            centred(rows)[[i for i, post in enumerate(ids) if post in both]]
            for ids, rows in (picture, text)
        ]
        match = float(np.median(np.einsum("ij,ij->i", *pairs)))
    by_sides = {
        (True, True): np.sqrt((1 + max(match, 0.0)) / 2),
        (True, False): match if match >= LEAST_MATCH else np.inf,
        (False, True): 1.0,
        (False, False): np.inf,
    }
    return np.array([by_sides[post in with_picture, post in with_text] for post in post_ids], float)


@lru_cache(maxsize=8)
def _embedded(settings: VectorSettings, phrasings: tuple[str, ...]) -> Points:
    return load_embedder(settings).texts(phrasings)


def _of_language(
    settings: VectorSettings, phrasings: Sequence[tuple[str, ...]]
) -> tuple[Rows, Points]:
    """For each phrasing of a language the number of its style (m,), and its centred row (m, d)."""
    owner = np.repeat(np.arange(len(phrasings)), [len(own) for own in phrasings])
    flat = tuple(text for own in phrasings for text in own)
    return owner, centred(_embedded(settings, flat))


def _mean_rows(owner: Rows, rows: Points, count: int) -> Points:
    """The unit mean of the rows of each owner: float32 (count, d)."""
    total = np.zeros((count, rows.shape[1]))
    np.add.at(total, owner, rows.astype(np.float64))
    return unit_rows(total)
