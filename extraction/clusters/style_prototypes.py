"""Where the styles of the factor libraries lie before anybody has posted them: zero-shot centres.

Comes in: the settings, the style libraries, an embedder. Goes out: for each style a unit vector
made of its phrasings, in the corrected space of `Cloud.points`, and how near posts come to texts.
Knows nothing about clusters.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.assign import Phrasings
from zeitgraph.extraction.embedding.embedders import load_embedder
from zeitgraph.extraction.geometry.cosine import cosines
from zeitgraph.extraction.geometry.post_space import Points, Side, moved, unit
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.settings import VectorSettings
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.prompts.library import BadLibrary, Style, load_styles

UNPAIRED_LIKENESS = 0.4
"""How near a picture is taken to come to its text where no post has both."""

LEAST_LIKENESS = 0.2
"""Pictures that come no nearer to their texts than this join no style by its words."""


@dataclass(frozen=True)
class StyleCentres:
    """Styles, and where their words lie."""

    styles: tuple[Style, ...]
    phrasings: Phrasings


def style_centres(workspace: Workspace) -> StyleCentres:
    """The zero-shot centres of the workspace's styles; none where the embedder reads no text.

    A centre is the mean of an ensemble of phrasings (Radford et al. 2021, CLIP, section 3.1.4),
    each language moved by its own mean first, so that what all prompts share drops out.
    Raises `SettingsError` for a malformed library.
    """
    settings = workspace.settings
    styles = tuple(style for style in known_styles(workspace) if style.phrasings())
    if not styles or "text" not in load_embedder(settings.vectors).sides:
        return StyleCentres((), Phrasings(np.empty((0, 0), np.float32), np.empty(0)))
    languages = [
        _of_language(settings.vectors, phrasings)
        for phrasings in ([style.en for style in styles], [style.zh for style in styles])
        if any(phrasings)
    ]
    owner = np.concatenate([own for own, _ in languages])
    rows = np.concatenate([rows for _, rows in languages])
    centres = _means(owner, rows, len(styles))
    others = np.where(owner[:, None] == np.arange(len(styles)), -1.0, cosines(rows, centres))
    return StyleCentres(styles, Phrasings(centres, others.max(axis=0)))


def known_styles(workspace: Workspace) -> list[Style]:
    """The styles that the settings name; raises `SettingsError` for a malformed library."""
    try:
        return load_styles(workspace.settings.styles.libraries, workspace.root)
    except BadLibrary as error:
        raise SettingsError(str(error), where="styles.libraries") from error


def styles_identity(workspace: Workspace) -> str:
    """What changes when a style centre would: the libraries' words, and the embedder."""
    styles = [astuple(style) for style in known_styles(workspace)]
    return digest_json([styles, load_embedder(workspace.settings.vectors).identity])


def pair_likeness(picture: Side, text: Side, post_ids: Sequence[str]) -> NDArray[np.float64]:
    """For each post, the cosine that it may have at most to a text that says what it shows, (n,).

    A text may come as near as 1. A picture comes only as near as pictures come to their own texts:
    the median over the posts that have both, after the gap is corrected. A post with both sides,
    whose vector is their mean, lies between: sqrt((1 + a) / 2) for pairs at cosine a. Infinite
    where no similarity would mean anything.
    """
    shows, says = frozenset(picture[0]), frozenset(text[0])
    both = shows & says
    apart = UNPAIRED_LIKENESS
    if both:
        pairs = [
            moved(rows)[[i for i, p in enumerate(ids) if p in both]]
            for ids, rows in (picture, text)
        ]
        apart = float(np.median(np.einsum("ij,ij->i", *pairs)))
    likeness = {
        (True, True): np.sqrt((1 + max(apart, 0.0)) / 2),
        (True, False): apart if apart >= LEAST_LIKENESS else np.inf,
        (False, True): 1.0,
        (False, False): np.inf,
    }
    return np.array([likeness[p in shows, p in says] for p in post_ids], float)


@lru_cache(maxsize=8)
def _embedded(settings: VectorSettings, phrasings: tuple[str, ...]) -> Points:
    return load_embedder(settings).texts(phrasings)


def _of_language(
    settings: VectorSettings, phrasings: Sequence[tuple[str, ...]]
) -> tuple[NDArray[np.intp], Points]:
    """For each phrasing the index of its style, (n,), and its vector within its language."""
    owner = np.repeat(np.arange(len(phrasings)), [len(own) for own in phrasings])
    flat = tuple(text for own in phrasings for text in own)
    return owner, moved(_embedded(settings, flat))


def _means(owner: NDArray[np.intp], rows: Points, count: int) -> Points:
    """The unit mean of the rows of each owner, (count, d)."""
    total = np.zeros((count, rows.shape[1]))
    np.add.at(total, owner, rows.astype(np.float64))
    return unit(total)
