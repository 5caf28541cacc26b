"""Writes a demo world as a corpus: posts, pictures, a catalogue and the ground truth.

Input: a folder, and the seed and size of a world. Output: `posts.jsonl`, `pictures/`, `videos/`,
`catalogue.csv` and `truth/`. The bytes do not depend on the number of workers. Posts are made in
batches, so memory does not grow with the world. `posts.jsonl` is renamed into place last: if it
exists, the corpus is complete.
"""

import csv
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from zeitgraph import __version__
from zeitgraph.extraction.demo import truth
from zeitgraph.extraction.demo.drawing.picture import SIDE, draw
from zeitgraph.extraction.demo.drawing.rules import RULES
from zeitgraph.extraction.demo.story.corruption import apply_changes, jpeg_bytes
from zeitgraph.extraction.demo.story.film import write_film
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.demo.story.world import Post, World

BATCH = 32
BATCHES_AHEAD = 4
"""Batches in progress for each worker. More would fill memory where writing is slow."""
SHARD_ABOVE = 10_000
"""Worlds with more posts than this keep a folder of pictures for each thousand posts."""
POSTS = "posts.jsonl"
CATALOGUE_COLUMNS = ("id", "kind", "name_en", "name_zh", "aliases", "description", "related")


@dataclass(frozen=True, slots=True)
class CorpusSummary:
    """Counts of what `write_corpus` wrote, and the two files to read."""

    posts_file: Path
    catalogue_file: Path
    posts: int
    pictures: int
    videos: int
    mentions: int
    weeks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a worker made of some posts: the text to append to each file, and counts."""

    texts: dict[str, str]
    tally: truth.Tally


def write_corpus(
    folder: Path,
    *,
    seed: int = 7,
    posts: int = 2000,
    weeks: int = 26,
    end_week: str = "2026-W46",
    side: int = SIDE,
    workers: int | None = None,
) -> CorpusSummary:
    """Writes the world of `seed` into `folder`, which is created if it is missing.

    The world has `posts` posts in `weeks` ISO weeks, the last of which is `end_week`.
    `published_at` is ISO 8601 in UTC. Pictures are `side` pixels wide and high; their paths are
    relative to `posts.jsonl`. `workers` processes draw the pictures, one for each processor if it
    is None.
    """
    world = World(seed, posts, weeks, end_week)
    for kind in ("pictures", "videos", "truth"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for shard in {_shard(world, number) for number in range(0, posts, 1000)}:
        (folder / "pictures" / shard).mkdir(exist_ok=True)
        (folder / "videos" / shard).mkdir(exist_ok=True)
    _ = world.shares, world.bots  # computed once, before the world is sent to the workers
    tally: truth.Tally = Counter()
    aside = folder / f"{POSTS}.part"
    with ExitStack() as stack:
        files = {POSTS: stack.enter_context(_open_new(aside))}
        for name in truth.BY_POST:
            file = stack.enter_context(_open_new(folder / _truth(name)))
            file.write(_csv([truth.TABLES[name]]))
            files[_truth(name)] = file
        for batch in _batches(partial(_make_batch, folder, world, side), posts, workers):
            tally.update(batch.tally)
            for name, text in batch.texts.items():
                files[name].write(text)
    whole = {
        "events": truth.event_rows(world, tally),
        "effects": truth.effect_rows(),
        "rules": truth.rule_rows(tally),
        "shares": truth.share_rows(world, tally),
    }
    for name, rows in whole.items():
        _write(folder / _truth(name), _csv([truth.TABLES[name], *rows]))
    world_settings = {**asdict(world), "version": __version__}
    _write(folder / "truth/world.json", json.dumps(world_settings, indent=2) + "\n")
    _write(folder / "catalogue.csv", _csv([CATALOGUE_COLUMNS, *_catalogue()]))
    aside.replace(folder / POSTS)
    return CorpusSummary(
        posts_file=folder / POSTS,
        catalogue_file=folder / "catalogue.csv",
        posts=posts,
        pictures=tally["pictures",],
        videos=tally["videos",],
        mentions=tally["mentions",],
        weeks=tuple(world.timeline.week(index) for index in range(weeks)),
    )


# -- batches and workers ---------------------------------------------------------------------------


def _batches(make: Callable[[range], Batch], posts: int, workers: int | None) -> Iterator[Batch]:
    """Yields every batch of post numbers in order, made by `workers` processes."""
    tasks = (range(at, min(posts, at + BATCH)) for at in range(0, posts, BATCH))
    if workers == 1:
        yield from map(make, tasks)
        return
    workers = workers or os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as executor:
        waiting = deque(
            executor.submit(make, task) for task in islice(tasks, BATCHES_AHEAD * workers)
        )
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(executor.submit(make, task) for task in islice(tasks, 1))


def _make_batch(folder: Path, world: World, side: int, numbers: range) -> Batch:
    """Draws the pictures of some posts and returns the rows that remain to be written."""
    tally: truth.Tally = Counter()
    posts = [world.post(number) for number in numbers]
    for number, post in zip(numbers, posts, strict=True):
        _write_pictures(folder, _stem(world, number), post, side, tally)
        truth.count(post, tally)
    rows = (_row(world, number, post) for number, post in zip(numbers, posts, strict=True))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    tables = {
        _truth(name): _csv(row for post in posts for row in rows_of(post))
        for name, rows_of in truth.BY_POST.items()
    }
    return Batch({POSTS: lines, **tables}, tally)


def _write_pictures(folder: Path, stem: str, post: Post, side: int, tally: truth.Tally) -> None:
    """Draws the pictures of one post, and its video if it has one."""
    paths = zip(post.pictures, _picture_paths(stem, post), strict=True)
    for index, (picture, path) in enumerate(paths):
        clean = draw(picture, side)
        image = apply_changes(clean, post.changes)
        (folder / path).write_bytes(jpeg_bytes(image, post.changes))
        tally["pictures",] += 1
        for rule in RULES:
            if rule.style == picture.look().id:
                tally["ruled", rule.style, rule.feature] += 1
                tally["held", rule.style, rule.feature] += rule.holds(picture, clean)
        if index == 0 and post.has_video:
            write_film(image, folder / _video_paths(stem, post)[0])
            tally["videos",] += 1


def _shard(world: World, number: int) -> str:
    return f"{number // 1000:03d}" if world.posts > SHARD_ABOVE else ""


def _stem(world: World, number: int) -> str:
    return (Path(_shard(world, number)) / f"{number:06d}").as_posix()


def _picture_paths(stem: str, post: Post) -> list[str]:
    endings = ["", *(f"-{extra}" for extra in range(2, len(post.pictures) + 1))]
    return [f"pictures/{stem}{ending}.jpg" for ending in endings[: len(post.pictures)]]


def _video_paths(stem: str, post: Post) -> list[str]:
    return [f"videos/{stem}.mp4"] if post.has_video else []


# -- rows and files --------------------------------------------------------------------------------


def _row(world: World, number: int, post: Post) -> dict[str, Any]:
    stem = _stem(world, number)
    return {
        "id": post.id,
        "text": post.caption.text,
        "published_at": post.published_at.isoformat().replace("+00:00", "Z"),
        "lang": post.lang,
        "author": post.author.name,
        "url": f"https://demo.invalid/{post.id}",
        "images": _picture_paths(stem, post),
        "videos": _video_paths(stem, post),
        **asdict(post.engagement),
        **asdict(post.author.audience),
    }


def _catalogue() -> Iterator[Sequence[str]]:
    for entity in entities().values():
        yield (
            entity.id,
            entity.kind,
            entity.en,
            entity.zh,
            "|".join(entity.aliases),
            entity.about,
            "|".join(entity.related),
        )


def _truth(name: str) -> str:
    return f"truth/{name}.csv"


def _csv(rows: Iterable[Sequence[str | int]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _open_new(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
