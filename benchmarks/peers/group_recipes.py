"""Finds groups among vectors by UMAP + hdbscan or by EVoC, in the peers' environment.

    PEER_PYTHON group_recipes.py FOLDER RECIPE RUNS BEGAN

FOLDER holds `vectors.npy` (n, d). Writes `RECIPE.npy`, a group number for each row in the last run
(-1 for none), and `RECIPE.json` as bertopic_recipes.py does. All settings are the defaults, or
those that BERTopic gives its UMAP and hdbscan. The seed is fixed, so UMAP uses one thread.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from timing import Timing  # type: ignore[import-not-found]  # the file beside this one

PACKAGES = ("hdbscan", "umap-learn", "evoc", "numba", "numpy", "scikit-learn")


def umap_hdbscan(vectors: np.ndarray) -> np.ndarray:
    """Returns groups as BERTopic forms them: five dimensions, at least 0.5 % of the rows in a
    group.
    """
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
    """Returns groups by EVoC with its defaults."""
    from evoc import EVoC  # type: ignore[import-not-found]

    groups: np.ndarray = EVoC(random_state=0).fit_predict(vectors)
    return groups


RECIPES = {"umap": umap_hdbscan, "evoc": evoc}


def main(folder: Path, recipe: str, runs: int, began: float) -> None:
    """Runs one recipe `runs` times in one process; the first run is cold."""
    vectors = np.load(folder / "vectors.npy")
    timing = Timing(began)
    for _ in range(runs):
        with timing.run():
            groups = RECIPES[recipe](vectors)
    np.save(folder / f"{recipe}.npy", groups)
    timing.write(folder / f"{recipe}.json", PACKAGES)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # UMAP warns about one thread
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
