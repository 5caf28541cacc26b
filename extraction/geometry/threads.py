"""Sums with the same result on one core and on sixty-four.

Linear algebra on several threads adds numbers in an order that depends on the number of threads. So
work is either done on one thread, or cut into parts of a fixed size, each done on one thread. This
module does not know what the work is.
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
"""Rows in a part. With 1,024 rows a search took twice as long."""

BLOCK = 256
"""Rows whose sums fit into a processor's cache: four times as fast as a whole part at once."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside this context linear algebra runs on one thread, so that sums have one order."""
    with _libraries(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries(_modules: int) -> "ThreadpoolController":
    """The loaded libraries with thread pools; searched again when more modules are loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def in_parts(work: Callable[[slice], Result], rows: int, size: int = 0) -> list[Result]:
    """The results of `work` for each slice of `size` rows, in order; slices run in parallel.

    `size` 0 means `PART`. An exception of `work` is raised here.
    """
    size = size or PART
    parts = [slice(begin, min(begin + size, rows)) for begin in range(0, rows, size)]
    with one_thread():
        if len(parts) < 2:
            return [work(part) for part in parts]
        with ThreadPoolExecutor(_processors(), initializer=_limit_openmp) as pool:
            return list(pool.map(work, parts))


def blocks(part: slice) -> Iterator[slice]:
    """Slices of `BLOCK` rows that cover a part."""
    for begin in range(part.start, part.stop, BLOCK):
        yield slice(begin, min(begin + BLOCK, part.stop))


def _processors() -> int:
    """Processors that this process may use."""
    mine = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(mine(0)) if mine else os.cpu_count() or 1


def _limit_openmp() -> None:
    """Keep this thread from starting others: OpenMP's limit holds for each thread separately."""
    import faiss

    faiss.omp_set_num_threads(1)
