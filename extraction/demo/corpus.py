"""Writes a world as a corpus: posts, pictures, a catalogue, and the truth beside them.

In come a folder and a world's seed and size; out come `posts.jsonl`, `pictures/`, `videos/`,
`catalogue.csv` and `truth/*.csv`, the same bytes whatever the number of workers. `posts.jsonl` is
renamed into its place last: where it is, the corpus is whole.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from zeitgraph.extraction.demo.film import film
from zeitgraph.extraction.demo.names import entities
from zeitgraph.extraction.demo.picture import draw
from zeitgraph.extraction.demo.world import Post, World

QUALITY = 90


@dataclass(frozen=True, slots=True)
class CorpusSummary:
    """What `write_corpus` wrote, in counts, and the file to read."""

    posts_file: Path
    catalogue_file: Path
    posts: int
    pictures: int
    videos: int
    mentions: int
    weeks: tuple[str, ...]


def write_corpus(
    folder: Path,
    *,
    seed: int = 7,
    posts: int = 1500,
    weeks: int = 12,
    end_week: str = "2026-W46",
    workers: int | None = None,
) -> CorpusSummary:
    """Writes the world of `seed` into `folder`, which is made where it is missing.

    `posts` posts lie in `weeks` ISO weeks, the last of them `end_week`; published_at is ISO 8601 in
    UTC; paths of pictures are relative to `posts.jsonl`. `workers` processes draw, as many as there
    are processors where it is None.
    """
    world = World(seed, posts, weeks, end_week)
    for name in ("pictures", "videos", "truth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    every = [world.post(number) for number in range(posts)]
    _write_csv(folder / "catalogue.csv", CATALOGUE_COLUMNS, _catalogue())
    _write_csv(folder / "truth/posts.csv", POST_COLUMNS, map(_post_truth, every))
    mentions = [row for post in every for row in _mention_truth(post)]
    _write_csv(folder / "truth/mentions.csv", MENTION_COLUMNS, mentions)
    events = [asdict(event) for event in world.timeline.events()]
    _write_csv(folder / "truth/events.csv", EVENT_COLUMNS, events)
    with_pictures = [number for number, post in enumerate(every) if post.pictures]
    paint = partial(_paint, folder, world)
    if workers == 1:
        for number in with_pictures:
            paint(number)
    else:
        with ProcessPoolExecutor(workers) as executor:
            list(executor.map(paint, with_pictures, chunksize=16))
    _write_jsonl(folder / "posts.jsonl", map(_row, every))
    return CorpusSummary(
        posts_file=folder / "posts.jsonl",
        catalogue_file=folder / "catalogue.csv",
        posts=posts,
        pictures=sum(len(post.pictures) for post in every),
        videos=sum(post.moving for post in every),
        mentions=len(mentions),
        weeks=tuple(world.timeline.week(index) for index in range(weeks)),
    )


CATALOGUE_COLUMNS = ("id", "kind", "name_en", "name_zh", "aliases", "description", "related")
POST_COLUMNS = (
    "post_id", "week", "style", "lineage", "drift", "objects", "scene", "layout", "pictures",
)  # fmt: skip
MENTION_COLUMNS = ("post_id", "start", "end", "surface", "kind", "entity_id")
EVENT_COLUMNS = ("week", "event", "style", "other")


def _picture_paths(post: Post) -> list[str]:
    stem = post.id.removeprefix("p")
    names = [stem, *(f"{stem}-{extra}" for extra in range(2, len(post.pictures) + 1))]
    return [f"pictures/{name}.jpg" for name in names[: len(post.pictures)]]


def _video_paths(post: Post) -> list[str]:
    return [f"videos/{post.id.removeprefix('p')}.mp4"] if post.moving else []


def _paint(folder: Path, world: World, number: int) -> None:
    """Draws the pictures of one post, and its video where it has one."""
    post = world.post(number)
    for picture, path in zip(post.pictures, _picture_paths(post), strict=True):
        draw(picture).save(folder / path, quality=QUALITY, subsampling=0)
    for path in _video_paths(post):
        film(draw(post.pictures[0]), folder / path)


def _row(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "text": post.caption.text,
        "published_at": post.published_at.isoformat().replace("+00:00", "Z"),
        "lang": post.lang,
        "author": post.author,
        "url": f"https://demo.invalid/{post.id}",
        "images": _picture_paths(post),
        "videos": _video_paths(post),
        **asdict(post.answers),
        **asdict(post.audience),
    }


def _catalogue() -> Iterator[dict[str, str]]:
    for entity in entities().values():
        yield {
            "id": entity.id,
            "kind": entity.kind,
            "name_en": entity.en,
            "name_zh": entity.zh,
            "aliases": "|".join(entity.aliases),
            "description": entity.about,
            "related": "|".join(entity.related),
        }


def _post_truth(post: Post) -> dict[str, Any]:
    return {
        "post_id": post.id,
        "week": post.week,
        "style": post.style,
        "lineage": post.lineage,
        "drift": f"{post.shown.drift:.3f}",
        "objects": "|".join(post.shown.objects),
        "scene": post.shown.scene,
        "layout": post.shown.layout,
        "pictures": len(post.pictures),
    }


def _mention_truth(post: Post) -> Iterator[dict[str, Any]]:
    for mention in post.caption.mentions:
        yield {"post_id": post.id, **asdict(mention)}


def _write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    aside = path.with_suffix(".part")
    aside.write_text("".join(lines), "utf-8", newline="\n")
    aside.replace(path)


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
