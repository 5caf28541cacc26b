"""Writes a world as a corpus: posts, pictures, a catalogue, and the truth beside them.

In come a folder and a world's seed and size; out come `posts.jsonl`, `pictures/`, `videos/`,
`catalogue.csv` and `truth/`, the same bytes whatever the number of workers. Posts go through in
batches, so that memory does not grow with the world. `posts.jsonl` is renamed into its place last:
where it is, the corpus is whole.
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
from zeitgraph.extraction.demo.story.corruption import as_jpeg, changed
from zeitgraph.extraction.demo.story.film import film
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.demo.story.world import Post, World

BATCH = 32
AHEAD = 4
"""How many batches are under way for each worker; more would fill memory where writing is slow."""
LARGE = 10_000
"""Worlds of more posts than this keep a folder of pictures for each thousand."""
POSTS = "posts.jsonl"
CATALOGUE_COLUMNS = ("id", "kind", "name_en", "name_zh", "aliases", "description", "related")


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


@dataclass(frozen=True, slots=True)
class Batch:
    """What a worker made of some posts: what to append to which file, and counts."""

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
    """Writes the world of `seed` into `folder`, which is made where it is missing.

    `posts` posts lie in `weeks` ISO weeks, the last of them `end_week`; published_at is ISO 8601 in
    UTC; pictures are `side` pixels wide and high, their paths relative to `posts.jsonl`. `workers`
    processes draw, as many as there are processors where it is None.
    """
    world = World(seed, posts, weeks, end_week)
    for kind in ("pictures", "videos", "truth"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for shard in {_shard(world, number) for number in range(0, posts, 1000)}:
        (folder / "pictures" / shard).mkdir(exist_ok=True)
        (folder / "videos" / shard).mkdir(exist_ok=True)
    _ = world.shares, world.bots  # known before the world is handed to the workers
    tally: truth.Tally = Counter()
    aside = folder / f"{POSTS}.part"
    with ExitStack() as stack:
        files = {POSTS: stack.enter_context(_fresh(aside))}
        for name in truth.BY_POST:
            file = stack.enter_context(_fresh(folder / _truth(name)))
            file.write(_csv([truth.TABLES[name]]))
            files[_truth(name)] = file
        for batch in _batches(partial(_make, folder, world, side), posts, workers):
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
    told = {**asdict(world), "version": __version__}
    _write(folder / "truth/world.json", json.dumps(told, indent=2) + "\n")
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


# -- the work, shared out --------------------------------------------------------------------------


def _batches(make: Callable[[range], Batch], posts: int, workers: int | None) -> Iterator[Batch]:
    """Every batch of numbers, made by `workers` processes and given back in order."""
    tasks = (range(at, min(posts, at + BATCH)) for at in range(0, posts, BATCH))
    if workers == 1:
        yield from map(make, tasks)
        return
    workers = workers or os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as executor:
        waiting = deque(executor.submit(make, task) for task in islice(tasks, AHEAD * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(executor.submit(make, task) for task in islice(tasks, 1))


def _make(folder: Path, world: World, side: int, numbers: range) -> Batch:
    """Draws the pictures of some posts, and says what else there is to write."""
    tally: truth.Tally = Counter()
    posts = [world.post(number) for number in numbers]
    for number, post in zip(numbers, posts, strict=True):
        _paint(folder, _stem(world, number), post, side, tally)
        truth.count(post, tally)
    rows = (_row(world, number, post) for number, post in zip(numbers, posts, strict=True))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    tables = {
        _truth(name): _csv(row for post in posts for row in rows_of(post))
        for name, rows_of in truth.BY_POST.items()
    }
    return Batch({POSTS: lines, **tables}, tally)


def _paint(folder: Path, stem: str, post: Post, side: int, tally: truth.Tally) -> None:
    """Draws the pictures of one post, and its video where it has one."""
    paths = zip(post.pictures, _picture_paths(stem, post), strict=True)
    for place, (picture, path) in enumerate(paths):
        clean = draw(picture, side)
        image = changed(clean, post.changes)
        (folder / path).write_bytes(as_jpeg(image, post.changes))
        tally["pictures",] += 1
        for rule in RULES:
            if rule.style == picture.look().id:
                tally["ruled", rule.style, rule.feature] += 1
                tally["held", rule.style, rule.feature] += rule.holds(picture, clean)
        if place == 0 and post.moving:
            film(image, folder / _video_paths(stem, post)[0])
            tally["videos",] += 1


def _shard(world: World, number: int) -> str:
    return f"{number // 1000:03d}" if world.posts > LARGE else ""


def _stem(world: World, number: int) -> str:
    return (Path(_shard(world, number)) / f"{number:06d}").as_posix()


def _picture_paths(stem: str, post: Post) -> list[str]:
    endings = ["", *(f"-{extra}" for extra in range(2, len(post.pictures) + 1))]
    return [f"pictures/{stem}{ending}.jpg" for ending in endings[: len(post.pictures)]]


def _video_paths(stem: str, post: Post) -> list[str]:
    return [f"videos/{stem}.mp4"] if post.moving else []


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
        **asdict(post.answers),
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


def _fresh(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
