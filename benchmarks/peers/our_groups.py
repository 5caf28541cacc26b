"""Our groups among vectors, as the stage `clusters` finds them in a week: what UMAP or EVoC do.

    python -m zeitgraph.benchmarks.peers.our_groups FOLDER RUNS BEGAN

Answers in FOLDER as group_recipes.py does. From vectors to groups: the shared direction away,
neighbours, contraction, HDBSCAN.
"""

import json
import platform
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.cloud import Points, contracted, moved
from zeitgraph.extraction.clusters.discovery import find_groups
from zeitgraph.extraction.clusters.neighbours import neighbours_of
from zeitgraph.kg.settings import ClusterSettings

PACKAGES = ("hdbscan", "faiss-cpu", "numpy", "scikit-learn")


def groups_of(vectors: Points) -> NDArray[np.intp]:
    """A group number for each row, -1 for none, with the default settings."""
    settings = ClusterSettings()
    points = moved(vectors)
    seen = contracted(points, neighbours_of(points, settings.neighbours))
    return find_groups(seen, max(settings.smallest, round(settings.smallest_share * len(seen))))


def main(folder: Path, runs: int, began: float) -> None:
    """Find groups so often in one process: the first is cold."""
    vectors = np.load(folder / "vectors.npy")
    seconds, processor, cold = [], [], 0.0
    for _ in range(runs):
        begin, busy = time.perf_counter(), time.process_time()
        groups = groups_of(vectors)
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - busy)
        cold = cold or time.time() - began
    np.save(folder / "ours.npy", groups)
    told = {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "seconds": seconds,
        "processor": processor,
        "cold": cold,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    (folder / "ours.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
