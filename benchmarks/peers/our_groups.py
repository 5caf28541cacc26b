"""Finds groups among vectors as the stage `clusters` does in a week, to compare with UMAP and EVoC.

    python -m zeitgraph.benchmarks.peers.our_groups FOLDER RUNS BEGAN

Answers in FOLDER as group_recipes.py does. From vectors to groups: removal of the common direction,
neighbours, mean shift, HDBSCAN.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zeitgraph.benchmarks.peers.timing import Timing
from zeitgraph.extraction.clusters.density import find_groups
from zeitgraph.extraction.geometry.neighbours import neighbours_of
from zeitgraph.extraction.geometry.post_space import centred, mean_shift
from zeitgraph.extraction.geometry.unit_vectors import Points
from zeitgraph.kg.workspace.settings import ClusterSettings

PACKAGES = ("hdbscan", "faiss-cpu", "numpy", "scikit-learn")


def groups_of(vectors: Points) -> NDArray[np.intp]:
    """Returns a group number for each row, -1 for none, with the default settings."""
    settings = ClusterSettings()
    points = centred(vectors)
    seen = mean_shift(points, neighbours_of(points, settings.neighbours))
    return find_groups(seen, max(settings.smallest, round(settings.smallest_share * len(seen))))


def main(folder: Path, runs: int, began: float) -> None:
    """Finds groups `runs` times in one process; the first run is cold."""
    vectors = np.load(folder / "vectors.npy")
    timing = Timing(began)
    for _ in range(runs):
        with timing.run():
            groups = groups_of(vectors)
    np.save(folder / "ours.npy", groups)
    timing.write(folder / "ours.json", PACKAGES)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
