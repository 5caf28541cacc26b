"""The share of bookkeeping in a run: all time outside the stages' own work.

    python benchmarks/bookkeeping.py [WEEKS …]

For each number of weeks (default: 26 and 260) a world of small posts with given vectors is added to
a new workspace and brought up to date, extraction, graph and report. Bookkeeping is the time that
the runner spends outside stage functions (fingerprints, ledger, listings, digests), and the time
that stage functions spend reading and writing tables. Prints seconds of the processor, which do not
depend on other programs.
"""

import functools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from zeitgraph.extraction.embedding.judging import picture_judge
from zeitgraph.extraction.intake.add import add_posts
from zeitgraph.extraction.stages import STAGES as EXTRACTION
from zeitgraph.kg.base import plugins
from zeitgraph.kg.stages import STAGES as GRAPH
from zeitgraph.kg.workspace import pipeline
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.stages import stages as reporting

POSTS_A_WEEK, WIDTH, STYLES = 100, 64, 5
WORDS = ("linen sofa", "neon rain", "露营 帐篷", "silk ribbon", "水墨 山水")


@dataclass
class Clock:
    """Seconds in stages and in tables. Time in tables counts once, wherever it is spent."""

    stages: float = 0.0
    tables: float = 0.0
    calls: dict[str, int] = field(default_factory=dict)
    _inside: bool = False

    @contextmanager
    def in_tables(self, name: str) -> Iterator[bool]:
        """Count the time of the block as table work, unless it is within such a block."""
        if self._inside:
            yield False
            return
        self.calls[name] = self.calls.get(name, 0) + 1
        begin, self._inside = time.process_time(), True
        try:
            yield True
        finally:
            self._inside = False
            self.tables += time.process_time() - begin


def main(weeks: int) -> None:
    """Make a workspace of so many weeks, run everything, and print where the time went."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, _timed(clock):
        place = Workspace.create(Path(folder), "vectors").overriding("graph", bolt="off")
        with _posts(Path(folder), weeks) as file:
            add_posts(place, [file])
        clock.stages = clock.tables = 0.0
        clock.calls.clear()
        begin = time.process_time()
        bring_up_to_date(place, (*EXTRACTION, *GRAPH), place.all_weeks())
        newest = place.known_week(None)
        bring_up_to_date(place, reporting(picture_judge), [newest])
        whole = time.process_time() - begin
        size = sum(f.stat().st_size for f in place.ledger_folder.iterdir()) / 1000
        begin = time.process_time()
        bring_up_to_date(place, (*EXTRACTION, *GRAPH), place.all_weeks())
        again = time.process_time() - begin
    outside = whole - clock.stages
    share = (outside + clock.tables) / whole
    print(
        f"{weeks} weeks: {whole:.1f} s, bookkeeping {share:.1%}"
        f" (runner {outside:.2f} s, tables in stages {clock.tables:.2f} s),"
        f" nothing to do {again:.2f} s, ledger {size:.0f} kB"
    )
    print("  calls:", ", ".join(f"{name} {count:,}" for name, count in clock.calls.items()))


@contextmanager
def _timed(clock: Clock) -> Iterator[None]:
    """Measure stage functions, and the workspace's reads and writes within them."""
    load, in_stage = plugins.load_attribute, False

    def loaded(target: str) -> Any:
        begin = time.process_time()
        found = load(target)
        clock.stages += time.process_time() - begin  # a stage's imports are its own work
        if not target.startswith("zeitgraph.") or not callable(found):
            return found

        @functools.wraps(found)
        def timed(*arguments: Any, **named: Any) -> Any:
            nonlocal in_stage
            before, begin, in_stage = clock.tables, time.process_time(), True
            try:
                return found(*arguments, **named)
            finally:
                in_stage = False
                if not arguments or not isinstance(arguments[0], Workspace):
                    spent = time.process_time() - begin
                    clock.stages += spent - (clock.tables - before)

        return timed

    def wrapped(name: str, whole: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(whole)
        def timed(*arguments: Any, **named: Any) -> Any:
            if not in_stage:
                return whole(*arguments, **named)
            with clock.in_tables(name):
                return whole(*arguments, **named)

        return timed

    kept: Mapping[str, Callable[..., Any]] = {
        name: getattr(Workspace, name) for name in ("read", "read_all", "write", "weeks", "digest")
    }
    setattr(pipeline, "load_attribute", loaded)  # noqa: B010 -- the runner's own name for it
    for name, whole in kept.items():
        setattr(Workspace, name, wrapped(name, whole))
    try:
        yield
    finally:
        setattr(pipeline, "load_attribute", load)  # noqa: B010
        for name, whole in kept.items():
            setattr(Workspace, name, whole)


@contextmanager
def _posts(folder: Path, weeks: int) -> Iterator[Path]:
    """A JSON Lines file of small posts in a few directions, over the weeks before 2026-W47."""
    dice = np.random.default_rng(7)
    centres = dice.normal(size=(STYLES, WIDTH))
    begin = datetime(2026, 11, 16, tzinfo=UTC) - timedelta(weeks=weeks)
    file = folder / "posts.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(weeks * POSTS_A_WEEK):
            style = int(dice.integers(STYLES))
            vector = centres[style] + dice.normal(size=WIDTH) * 0.3
            moment = begin + timedelta(weeks=number / POSTS_A_WEEK)
            post = {
                "id": f"p{number}",
                "text": f"{WORDS[style]} {number}",
                "published_at": moment.isoformat(timespec="seconds"),
                "likes": int(dice.integers(1000)),
                "image_vector": [round(float(x), 4) for x in vector],
            }
            out.write(json.dumps(post, ensure_ascii=False) + "\n")
    yield file
    file.unlink()


if __name__ == "__main__":
    for count in map(int, sys.argv[1:] or ("26", "260")):
        main(count)
