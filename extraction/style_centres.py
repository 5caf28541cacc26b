"""Where the styles of the factor libraries lie before anybody has posted them: zero-shot centres.

Comes in: the settings, the style libraries, an embedder. Goes out: for each style a unit vector
made of its phrasings, in the corrected space of `Cloud.points`, and how near posts come to texts.
Knows nothing about clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zeitgraph.extraction.cloud import Points, moved, sides_of, unit
from zeitgraph.extraction.embedders import load_embedder
from zeitgraph.kg.errors import SettingsError
from zeitgraph.kg.ids import digest_json
from zeitgraph.kg.settings import VectorSettings
from zeitgraph.kg.workspace import Workspace
from zeitgraph.prompts.library import BadLibrary, Style, load_styles

UNPAIRED_LIKENESS = 0.4
"""How near a picture comes to its text where no post has both; measured with public CLIPs."""


@dataclass(frozen=True)
class StyleCentres:
    """Styles and their centres, unit rows of shape (len(styles), d), float32."""

    styles: tuple[Style, ...]
    centres: Points


def style_centres(workspace: Workspace) -> StyleCentres:
    """The zero-shot centres of the workspace's styles; none where the embedder reads no text.

    A centre is the mean of an ensemble of phrasings (Radford et al. 2021, CLIP, section 3.1.4),
    each language moved by its own mean first, so that what all prompts share drops out.
    Raises `SettingsError` for a malformed library.
    """
    settings = workspace.settings
    styles = tuple(style for style in known_styles(workspace) if style.phrasings())
    if not styles or "text" not in load_embedder(settings.vectors).sides:
        return StyleCentres((), np.empty((0, 0), np.float32))
    english = _of_language(settings.vectors, [style.en for style in styles])
    chinese = _of_language(settings.vectors, [style.zh for style in styles])
    return StyleCentres(styles, unit(english + chinese))


def known_styles(workspace: Workspace) -> list[Style]:
    """The styles that the settings name; raises `SettingsError` for a malformed library."""
    try:
        return load_styles(workspace.settings.styles.libraries, workspace.root)
    except BadLibrary as error:
        raise SettingsError(str(error), where="styles.libraries") from error


def styles_identity(workspace: Workspace) -> str:
    """What changes when a style centre would: the libraries' words, and the embedder."""
    words = [[style.style_id, style.en, style.zh] for style in known_styles(workspace)]
    return digest_json([words, load_embedder(workspace.settings.vectors).identity])


def pair_likeness(vectors: pa.Table, post_ids: Sequence[str]) -> NDArray[np.float64]:
    """For each post, the cosine that it may have at most to a text that says what it shows, (n,).

    A text may come as near as 1. A picture comes only as near as pictures come to their own texts:
    the median over the posts that have both, after the gap is corrected. A post with both sides,
    whose vector is their mean, lies between: sqrt((1 + a) / 2) for pairs at cosine a.
    """
    (picture_ids, pictures), (text_ids, texts) = (
        sides_of(vectors, side) for side in ("picture", "text")
    )
    both = sorted(set(picture_ids) & set(text_ids))
    apart = UNPAIRED_LIKENESS
    if both:
        picture, text = (
            moved(rows)[np.searchsorted(np.array(ids, object), np.array(both, object))]
            for ids, rows in ((picture_ids, pictures), (text_ids, texts))
        )
        apart = max(float(np.median(np.einsum("ij,ij->i", picture, text))), 0.0)
    shows, says = frozenset(picture_ids), frozenset(text_ids)
    together = float(np.sqrt((1 + apart) / 2))
    likeness = {(True, True): together, (True, False): apart, (False, True): 1.0}
    return np.array([likeness.get((p in shows, p in says), 1.0) for p in post_ids])


@lru_cache(maxsize=8)
def _embedded(settings: VectorSettings, phrasings: tuple[str, ...]) -> Points:
    return load_embedder(settings).texts(phrasings)


def _of_language(
    settings: VectorSettings, phrasings: Sequence[tuple[str, ...]]
) -> NDArray[np.float64]:
    """(k, d): the sum over the phrasings of each style, zero for a style with none."""
    flat = tuple(text for own in phrasings for text in own)
    if not flat:
        return np.zeros((len(phrasings), 1))
    rows = moved(_embedded(settings, flat)).astype(np.float64)
    style = np.repeat(np.arange(len(phrasings)), [len(own) for own in phrasings])
    means = np.zeros((len(phrasings), rows.shape[1]))
    np.add.at(means, style, rows)
    return unit(means).astype(np.float64)
