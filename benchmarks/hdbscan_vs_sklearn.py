"""Compare the package `hdbscan` with `sklearn.cluster.HDBSCAN` on planted posts.

    python benchmarks/hdbscan_vs_sklearn.py [--seeds N] [--repeats N]

Plants styles and noise as unit vectors of 384 dimensions, smooths them and takes their principal
components, as `extraction/clusters/density.py` does. Sizes are those of a cluster in the stage
`substyles` and of a window in the stage `clusters`, up to the limit of the exact search. Both
packages get the same points in the same process, in turn, on one thread.

Prints for each size, over all seeds: adjusted mutual information of each with the planted styles
and of the two with each other, the share of posts with the same group (groups are matched by their
overlap), the median seconds of each, and the ratio of the medians (scikit-learn over hdbscan).
scikit-learn counts the post itself in `min_samples`, so it gets one more. Prints versions.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_mutual_info_score

from zeitgraph.extraction.clusters.density import (
    CORE,
    Groups,
    hdbscan_groups,
    principal_components,
)
from zeitgraph.extraction.geometry.neighbours import neighbours_of
from zeitgraph.extraction.geometry.post_space import mean_shift
from zeitgraph.extraction.geometry.threads import one_thread
from zeitgraph.extraction.geometry.unit_vectors import unit_rows

WIDTH, NEIGHBOURS, NOISE, SPREAD = 384, 15, 0.2, 1.6
"""Dimensions, neighbours of a smoothed post, share of posts in no style, noise around a style."""

SIZES = ((200, 4, 20), (1_000, 8, 8), (2_000, 12, 10), (6_000, 24, 30))
"""Posts, styles and the smallest group, as the stages search them."""

Find = Callable[[NDArray[np.float64], int], Groups]


@dataclass(frozen=True)
class Result:
    """One run of both packages on the same posts; `ours` is the package hdbscan."""

    ours_ami: float
    theirs_ami: float
    both_ami: float
    same: float
    ours_s: float
    theirs_s: float


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    names = ("hdbscan", "scikit-learn", "numpy")
    print(", ".join(f"{name} {version(name)}" for name in names))
    compare(*plant(0, 200, 4), 20, repeats=1)  # the first call loads and prepares both packages
    print("posts  AMI hdbscan  AMI sklearn  AMI of both  same group  hdbscan s  sklearn s  ratio")
    for posts, styles, smallest in SIZES:
        found = [
            compare(*plant(seed, posts, styles), smallest, options.repeats)
            for seed in range(options.seeds)
        ]
        ours = float(np.median([f.ours_s for f in found]))
        theirs = float(np.median([f.theirs_s for f in found]))
        means = (
            np.mean([f.ours_ami for f in found]),
            np.mean([f.theirs_ami for f in found]),
            np.mean([f.both_ami for f in found]),
            np.mean([f.same for f in found]),
        )
        scores = "  ".join(f"{mean:11.3f}" for mean in means)
        print(f"{posts:5d}  {scores}  {ours:9.3f}  {theirs:9.3f}  {theirs / ours:5.2f}", flush=True)


def plant(seed: int, posts: int, styles: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The principal components of smoothed posts (n, k), and the style of each, -1 for noise."""
    random = np.random.default_rng(seed)
    centres = unit_rows(random.normal(size=(styles, WIDTH)))
    style = random.integers(styles, size=posts)
    style[random.random(posts) < NOISE] = -1
    around = np.where((style >= 0)[:, None], centres[style], 0.0)
    aligned = unit_rows(around + SPREAD * random.normal(size=(posts, WIDTH)) / WIDTH**0.5)
    smoothed = mean_shift(aligned, neighbours_of(aligned, NEIGHBOURS))
    return principal_components(smoothed), style


def compare(
    points: NDArray[np.float64], style: NDArray[np.intp], smallest: int, repeats: int
) -> Result:
    """Both packages on the same points: scores, and the median of the seconds of each."""
    ours_s, theirs_s = [], []
    with one_thread():
        for _ in range(repeats):
            ours, seconds = timed(hdbscan_groups, points, smallest)
            ours_s.append(seconds)
            theirs, seconds = timed(sklearn_groups, points, smallest)
            theirs_s.append(seconds)
    return Result(
        adjusted_mutual_info_score(style, ours),
        adjusted_mutual_info_score(style, theirs),
        adjusted_mutual_info_score(ours, theirs),
        share_of_same(ours, theirs),
        float(np.median(ours_s)),
        float(np.median(theirs_s)),
    )


def timed(find: Find, points: NDArray[np.float64], smallest: int) -> tuple[Groups, float]:
    """The groups, and the seconds that it took."""
    begin = time.perf_counter()
    groups = find(points, smallest)
    return groups, time.perf_counter() - begin


def sklearn_groups(points: NDArray[np.float64], smallest: int) -> Groups:
    """The groups of scikit-learn with the settings of `density.hdbscan_groups`."""
    search = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(CORE, smallest) + 1,
        cluster_selection_method="eom",
        n_jobs=1,
        copy=True,
    )
    return np.asarray(search.fit_predict(points), np.intp)


def share_of_same(one: Groups, other: Groups) -> float:
    """The share of posts with the same group, after the groups are matched; no group is one too."""
    table = np.zeros((one.max() + 2, other.max() + 2))
    np.add.at(table, (one + 1, other + 1), 1)
    inner = table[1:, 1:]
    matched = inner[linear_sum_assignment(-inner)].sum()
    return float((matched + table[0, 0]) / len(one))


if __name__ == "__main__":
    main()
