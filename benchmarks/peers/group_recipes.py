"""Groups among vectors by UMAP with hdbscan, or by EVoC; run in the peers' environment.

    PEER_PYTHON group_recipes.py FOLDER RECIPE RUNS BEGAN

FOLDER holds `vectors.npy` (n, d). Writes `RECIPE.npy`, a group number for each row of the last run
(-1 for none), and `RECIPE.json` as bertopic_recipes.py does. All settings are the defaults, or
those that BERTopic gives its UMAP and hdbscan; the seed is fixed, which makes UMAP use one thread.
"""

import json
import platform
import resource
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

PACKAGES = ("hdbscan", "umap-learn", "evoc", "numba", "numpy", "scikit-learn")


def umap_hdbscan(vectors: np.ndarray) -> np.ndarray:
    """As BERTopic does it: five dimensions, then groups of at least half a percent."""
    from hdbscan import HDBSCAN
    from umap import UMAP  # type: ignore[import-not-found]

    reduce = UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0, n_jobs=1
    )
    smallest = max(8, round(0.005 * len(vectors)))
    groups: np.ndarray = HDBSCAN(min_cluster_size=smallest).fit_predict(
        reduce.fit_transform(vectors)
    )
    return groups


def evoc(vectors: np.ndarray) -> np.ndarray:
    """As it comes."""
    from evoc import EVoC  # type: ignore[import-not-found]

    groups: np.ndarray = EVoC(random_state=0).fit_predict(vectors)
    return groups


RECIPES = {"umap": umap_hdbscan, "evoc": evoc}


def main(folder: Path, recipe: str, runs: int, began: float) -> None:
    """Run one recipe so often in one process: the first is cold."""
    vectors = np.load(folder / "vectors.npy")
    seconds, processor, cold = [], [], 0.0
    for _ in range(runs):
        begin, busy = time.perf_counter(), time.process_time()
        groups = RECIPES[recipe](vectors)
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - busy)
        cold = cold or time.time() - began
    np.save(folder / f"{recipe}.npy", groups)
    told = {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "seconds": seconds,
        "processor": processor,
        "cold": cold,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    (folder / f"{recipe}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # UMAP on one thread: known, and not ours
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
