"""Sums that come out the same on one core as on sixty-four.

Linear algebra on several threads adds in an order that depends on how many there are. So work is
either done on one thread, or cut into parts whose size depends on nothing, each done on one. Knows
nothing of what is worked on.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")

PART = 2048
"""Rows that are worked on at a time: with 1,024 a search took twice as long."""

BLOCK = 256
"""Rows of which a processor's cache holds all that sums need: four times as fast as a `PART`."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread: its sums then have one order."""
    with _libraries(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> "ThreadpoolController":
    """The libraries with threads of their own; looked for again when more modules are loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def in_parts(work: Callable[[slice], Result], rows: int, size: int = 0) -> list[Result]:
    """What `work` gives for each `PART` (or `size`) of so many rows; parts run side by side."""
    size = size or PART
    parts = [slice(begin, min(begin + size, rows)) for begin in range(0, rows, size)]
    with one_thread():
        if len(parts) < 2:
            return [work(part) for part in parts]
        with ThreadPoolExecutor(_processors(), initializer=_alone) as pool:
            return list(pool.map(work, parts))


def blocks(part: slice) -> Iterator[slice]:
    """The rows of a part, `BLOCK` at a time."""
    for begin in range(part.start, part.stop, BLOCK):
        yield slice(begin, min(begin + BLOCK, part.stop))


def _processors() -> int:
    mine = getattr(os, "sched_getaffinity", None)  # Linux: those that this process may use
    return len(mine(0)) if mine else os.cpu_count() or 1


def _alone() -> None:
    """OpenMP's limit is each thread's own: this one starts no others."""
    import faiss

    faiss.omp_set_num_threads(1)
