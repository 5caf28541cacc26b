"""The stage `features`: what is measured of each post, once, for rules to speak of.

Reads `posts` and `media`, writes `features`: a row for each post. The numbers are the means over a
post's pictures and key frames, null where it has none; the words are those of its text, each once.
Rows of pixels are cached by content, beside the vectors. Knows nothing about clusters.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from zeitgraph.extraction.embedding.vectors import Work, load_pictures, made_once
from zeitgraph.extraction.explain.image_features import (
    RAW,
    SIDE,
    Numbers,
    mean_hue,
    mean_row,
    measure,
)
from zeitgraph.extraction.names.words import tokens
from zeitgraph.kg.workspace.conditions import FEATURES
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.tables import TABLES, make_table

RECIPE = "pixels-1"
"""Which measures the cache holds; another name when `pixels.py` would measure something else."""

BATCH = 256
"""Pictures in memory at a time."""

DIGITS = 4
"""Digits after the point that are kept, so that no two machines' last bits decide."""


def measure_posts(job: Job) -> Outputs:
    """The features of the week's posts."""
    media = job.table("media").select(["post_id", "path"]).to_pylist()
    files = {Path(row["path"]).stem: job.workspace.root / row["path"] for row in media}
    work = Work("picture", "measures", files, BATCH, _measure_files)
    measured = made_once(job, RECIPE, work)
    own: dict[str, list[Numbers]] = {}
    for row in sorted(media, key=lambda row: (row["post_id"], row["path"])):
        own.setdefault(row["post_id"], []).append(measured[Path(row["path"]).stem])
    posts = job.table("posts").select(["post_id", "text", "lang"]).to_pylist()
    rows = (
        {"post_id": post["post_id"], "week": job.week, "words": _words(post)}
        | features_of(own.get(post["post_id"], ()))
        for post in posts
    )
    return {"features": make_table(TABLES["features"], rows)}


def features_of(pictures: Sequence[Numbers]) -> dict[str, float | int | None]:
    """The features of a post with these rows of `measure`, and how many they are."""
    if not pictures:
        return {"pictures": 0}
    mean = dict(zip(RAW, mean_row(pictures).tolist(), strict=True))
    hue = mean_hue(pictures)
    told = mean | {"unity": hue.unity}
    numbers: dict[str, float | int | None] = {
        name: round(told[name], DIGITS) for name in FEATURES if name != "hue"
    }
    degrees = None if hue.degrees is None else round(hue.degrees, 1) % 360
    return numbers | {"hue": degrees, "pictures": len(pictures)}


def _words(post: Mapping[str, Any]) -> list[str]:
    return sorted(set(tokens(post["text"] or "", post["lang"] or "")))


def _measure_files(paths: Sequence[Path]) -> Numbers:
    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(measure, load_pictures(paths, SIDE))))
