"""Planted clusters of CLIP-like vectors in any number, and a workspace that holds them.

No collection of a million pictures can be shipped, so speed is measured on synthetic vectors with
the structure of a CLIP's vectors:

- all lie in a narrow cone around a common mean direction (Liang et al. 2022);
- styles are directions in a space of `MEANING` dimensions, with unequal sizes;
- a post deviates from its style along `SHADES` directions of that style, and by noise in all
  directions;
- `NOISE` of all posts have no style: they are anywhere in the space of meanings;
- over several weeks, style 0 turns by 60°, and the last style is born halfway.

The cosine of a post to its style is about 0.75 after the mean direction is removed. Each text has
words of its style and common words. The same seed gives the same posts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.tables import TABLES
from zeitgraph.kg.workspace.workspace import Workspace

FIRST = "2026-W01"
WIDTH, MEANING, SHADES = 512, 96, 12
NOISE = 0.1
CONE, SHADE, GRAIN = 1.2, 0.5, 0.7
TURN = np.deg2rad(60)
NO_STYLE = -1
Floats = NDArray[np.float64]
OWN_WORDS, COMMON_WORDS = 8, 400


@dataclass(frozen=True)
class PlantedWeek:
    """Posts of a week: unit vectors (n, d), the style of each (`NO_STYLE` for none), and texts."""

    week: str
    ids: list[str]
    vectors: NDArray[np.float32]
    styles: NDArray[np.intp]
    texts: list[str]


def plant(posts: int, weeks: int, styles: int, seed: int) -> Iterator[PlantedWeek]:
    """Yields the weeks in order, with `posts` posts in all, evenly distributed."""
    random = np.random.default_rng(seed)
    meaning = np.linalg.qr(random.normal(size=(WIDTH, MEANING)))[0].T
    cone = CONE * _directions(random, 1, np.eye(WIDTH))
    centres = _directions(random, styles, meaning)
    shades = np.stack([_directions(random, SHADES, meaning) for _ in range(styles)])
    sizes = random.uniform(0.5, 1.5, styles)
    aside = _directions(random, 1, meaning)[0]
    aside = _unit((aside - (aside @ centres[0]) * centres[0])[None])[0]
    for number in range(weeks):
        turned = TURN * number / max(weeks - 1, 1)
        middles = centres.copy()
        middles[0] = np.cos(turned) * centres[0] + np.sin(turned) * aside
        living = sizes.copy()
        living[-1] *= 2 * number >= weeks - 1
        count = posts * (number + 1) // weeks - posts * number // weeks
        own = random.choice(styles, count, p=living / living.sum())
        rows = np.empty((count, WIDTH), np.float32)
        for style in range(styles):
            mine = own == style
            ways = random.normal(size=(int(mine.sum()), SHADES)) * (SHADE / SHADES**0.5)
            rows[mine] = middles[style] + ways @ shades[style]
        stray = random.random(count) < NOISE
        rows[stray] = _directions(random, int(stray.sum()), meaning)
        rows += random.standard_normal(rows.shape, np.float32) * np.float32(GRAIN / WIDTH**0.5)
        styled = np.where(stray, NO_STYLE, own)
        ids = [f"p{number:02d}-{row:06d}" for row in range(count)]
        texts = _texts(random, styled)
        yield PlantedWeek(week_after(FIRST, number), ids, _unit(rows + cone), styled, texts)


def put(workspace: Workspace, week: PlantedWeek) -> None:
    """Writes the posts of a week and their vectors, as the earlier stages would."""
    count = len(week.ids)
    ids, name = pa.array(week.ids), pa.array([week.week] * count)
    moments = np.datetime64(week_start(week.week).replace(tzinfo=None), "us")
    posts = {
        "post_id": ids,
        "week": name,
        "published_at": pa.array(np.repeat(moments, count)).cast(pa.timestamp("us", tz="UTC")),
        "text": pa.array(week.texts),
        "lang": pa.array(["en"] * count),
        "heat": pa.array(np.ones(count)),
    }
    workspace.write("posts", week.week, _table("posts", posts))
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * week.vectors.shape[1])
    vectors = pa.ListArray.from_arrays(offsets, pa.array(week.vectors.ravel()))
    sides = [
        {
            "post_id": ids,
            "side": pa.array([side] * count),
            "item_id": ids,
            "vector": vectors,
            "week": name,
        }
        for side in ("picture", "post")
    ]
    both = pa.concat_tables([_table("vectors", side) for side in sides])
    workspace.write("vectors", week.week, both)


def _table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Returns the columns as the table called `name`; missing columns are null."""
    schema = TABLES[name].schema
    count = len(next(iter(columns.values())))
    return pa.table(
        [columns.get(f.name, pa.nulls(count, f.type)).cast(f.type) for f in schema], schema
    )


def _directions(random: np.random.Generator, count: int, within: Floats) -> Floats:
    return np.asarray(_unit(random.normal(size=(count, len(within)))) @ within)


def _unit(rows: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(rows.dtype)


def _texts(random: np.random.Generator, styles: NDArray[np.intp]) -> list[str]:
    """Returns texts of three words of the post's style, if it has one, and three common words."""
    own = OWN_WORDS * styles[:, None] + random.integers(OWN_WORDS, size=(len(styles), 3))
    common = random.integers(COMMON_WORDS, size=(len(styles), 3))
    return [
        " ".join(
            [_word(COMMON_WORDS + n) for n in (a if style >= 0 else ())] + [_word(n) for n in b]
        )
        for style, a, b in zip(styles.tolist(), own.tolist(), common.tolist(), strict=True)
    ]


def _word(number: int) -> str:
    """Returns a word for each number, with a syllable for each digit."""
    syllables = ("ba", "ke", "li", "mo", "nu", "pra", "sto", "ti", "vel", "wy")
    return "".join(syllables[int(digit)] for digit in f"{number:03d}")
