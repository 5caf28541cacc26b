"""The stage `features`: measurements of each post, which rules are made of.

Reads `posts` and `media`, writes `features` with one row for each post. The numbers are the means
over a post's pictures and key frames, null if it has none; the words are those of its text, each
once. Measurements of pictures are cached by content, beside the vectors. This module does not know
about clusters.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from zeitgraph.extraction.embedding.vectors import Work, load_pictures, made_once
from zeitgraph.extraction.explain.image_features import (
    COLUMNS,
    SIDE,
    Numbers,
    mean_hue,
    mean_row,
    measure,
)
from zeitgraph.extraction.names.words import tokens
from zeitgraph.kg.workspace.conditions import FEATURES
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.tables import MEDIA, POSTS, TABLES, make_table

RECIPE = "pixels-1"
"""Names the measures in the cache; must change when `image_features.py` measures otherwise."""

BATCH = 256
"""Pictures in memory at a time."""

DIGITS = 4
"""Digits after the point that are kept, so that the result is the same on every machine."""


def measure_posts(job: Job) -> Outputs:
    """The features of the week's posts."""
    media = job.rows(MEDIA, "week", ["post_id", "path"])
    files = {Path(row["path"]).stem: job.workspace.root / row["path"] for row in media}
    work = Work("picture", "measures", files, BATCH, _measure_files)
    measured = made_once(job, RECIPE, work)
    pictures: dict[str, list[Numbers]] = {}
    for row in sorted(media, key=lambda row: (row["post_id"], row["path"])):
        pictures.setdefault(row["post_id"], []).append(measured[Path(row["path"]).stem])
    rows = (
        {"post_id": post["post_id"], "week": job.week, "words": _words(post["text"], post["lang"])}
        | features_of(pictures.get(post["post_id"], ()))
        for post in job.rows(POSTS, "week", ["post_id", "text", "lang"])
    )
    return {"features": make_table(TABLES["features"], rows)}


def features_of(pictures: Sequence[Numbers]) -> dict[str, float | int | None]:
    """The features of a post with these rows of `measure`, and the number of its pictures."""
    if not pictures:
        return {"pictures": 0}
    mean = dict(zip(COLUMNS, mean_row(pictures).tolist(), strict=True))
    hue = mean_hue(pictures)
    values = mean | {"unity": hue.unity}
    numbers: dict[str, float | int | None] = {
        name: round(values[name], DIGITS) for name in FEATURES if name != "hue"
    }
    degrees = None if hue.degrees is None else round(hue.degrees, 1) % 360
    return numbers | {"hue": degrees, "pictures": len(pictures)}


def _words(text: str | None, lang: str | None) -> list[str]:
    return sorted(set(tokens(text or "", lang or "")))


def _measure_files(paths: Sequence[Path]) -> Numbers:
    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(measure, load_pictures(paths, SIDE))))
