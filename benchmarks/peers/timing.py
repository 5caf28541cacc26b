"""The cost of runs, in the format that every library reports. Standard library only.

zeitgraph imports it as `zeitgraph.benchmarks.peers.timing`. Scripts in the peers' environment,
which has no zeitgraph, import the file in their own folder.
"""

import json
import platform
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path


class Timing:
    """Wall and processor seconds of each run; the first is cold.

    `cold` is the seconds from `began` (`time.time()` when the process was started) to its end.
    """

    def __init__(self, began: float) -> None:
        self.began, self.cold = began, 0.0
        self.seconds: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def run(self) -> Iterator[None]:
        """Measures one run."""
        begin, busy = time.perf_counter(), time.process_time()
        yield
        self.seconds.append(time.perf_counter() - begin)
        self.processor.append(time.process_time() - busy)
        self.cold = self.cold or time.time() - self.began

    def write(self, path: Path, packages: Sequence[str]) -> None:
        """Writes all figures as JSON, with versions and the peak memory of the process in GiB."""
        figures = {
            "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
            "seconds": self.seconds,
            "processor": self.processor,
            "cold": self.cold,
            "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
        path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
