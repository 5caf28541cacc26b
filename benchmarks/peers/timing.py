"""What runs of a contender took, as every contender tells it. Standard library only.

Ours import it as `zeitgraph.benchmarks.peers.timing`, scripts of the peers' environment, where
there is no zeitgraph, as the file beside them.
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
    """Seconds of each run by the wall and of the processor; the first is cold.

    `cold` are the seconds from `began` (`time.time()` of who started the process) to its end.
    """

    def __init__(self, began: float) -> None:
        self.began, self.cold = began, 0.0
        self.seconds: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def run(self) -> Iterator[None]:
        """One run."""
        begin, busy = time.perf_counter(), time.process_time()
        yield
        self.seconds.append(time.perf_counter() - begin)
        self.processor.append(time.process_time() - busy)
        self.cold = self.cold or time.time() - self.began

    def write(self, path: Path, packages: Sequence[str]) -> None:
        """All of it as JSON, with versions and the peak memory of the process in GiB."""
        told = {
            "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
            "seconds": self.seconds,
            "processor": self.processor,
            "cold": self.cold,
            "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
