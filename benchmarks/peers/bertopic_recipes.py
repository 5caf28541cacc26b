"""Runs BERTopic on given vectors by one of three recipes, in its own environment without zeitgraph.

    PEER_PYTHON bertopic_recipes.py FOLDER RECIPE SEEDS BEGAN

FOLDER holds `vectors.npy` (n, d) and `posts.csv` (post_id, week, text; n rows, by week). Writes
`RECIPE-SEED.csv` (post_id, week, cluster; empty for none) for each of the seeds (`0,1,2`), and at
the end `RECIPE.json`: versions, wall and processor seconds of each fit, seconds from BEGAN
(`time.time()` when the caller started this process) to the end of the first fit, and the peak
memory in GiB. All settings are BERTopic's defaults or those of its documentation; nothing is tuned.
"""

import csv
import itertools
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from answer import write_answer  # type: ignore[import-not-found]  # the file beside this one
from bertopic import BERTopic  # type: ignore[import-not-found]
from bertopic.vectorizers import OnlineCountVectorizer  # type: ignore[import-not-found]
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import IncrementalPCA
from timing import Timing  # type: ignore[import-not-found]  # the file beside this one
from umap import UMAP  # type: ignore[import-not-found]

PACKAGES = ("bertopic", "hdbscan", "umap-learn", "numba", "numpy", "scikit-learn")
NO_TOPIC = -1
ONLINE_TOPICS = 50
"""`n_clusters` in the documentation of `partial_fit`; a first batch must have as many posts."""

Week = tuple[list[str], np.ndarray]


def in_one(weeks: Sequence[Week], seed: int) -> list[int]:
    """Clusters all weeks at once. A weekly report could not be made in this way before the last
    week.
    """
    texts = [text for own, _ in weeks for text in own]
    topics, _ = _model(seed).fit_transform(texts, np.concatenate([own for _, own in weeks]))
    return list(topics)


def merged_weeks(weeks: Sequence[Week], seed: int) -> list[int]:
    """Joins a model for each week by `merge_models`, which never changes an earlier week."""
    models = [_model(seed).fit(texts, vectors) for texts, vectors in weeks]
    return list(BERTopic.merge_models(models).topics_)


def online(weeks: Sequence[Week], seed: int) -> list[int]:
    """Follows the documentation of `partial_fit`, one week a batch; a post keeps its first cluster.

    In float64: with float32, the type of the vectors, scikit-learn 1.9.1 stops in the second batch.
    """
    model = BERTopic(
        umap_model=IncrementalPCA(n_components=5),
        hdbscan_model=MiniBatchKMeans(n_clusters=ONLINE_TOPICS, random_state=seed),
        vectorizer_model=OnlineCountVectorizer(stop_words="english", decay=0.01),
    )
    topics: list[int] = []
    for texts, vectors in _batches(weeks, ONLINE_TOPICS):
        topics += model.partial_fit(texts, vectors.astype(np.float64)).topics_
    return topics


RECIPES = {"global": in_one, "merge": merged_weeks, "online": online}


def _model(seed: int) -> BERTopic:
    """Returns BERTopic with its defaults; UMAP is given only for its seed
    (bertopic/_bertopic.py).
    """
    reduce = UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed, n_jobs=1
    )
    return BERTopic(umap_model=reduce)


def _batches(weeks: Sequence[Week], least: int) -> Iterator[Week]:
    """Yields the weeks; the first ones are joined until they have `least` posts."""
    texts: list[str] = []
    rows: list[np.ndarray] = []
    grown = False
    for own, vectors in weeks:
        texts, rows = [*texts, *own], [*rows, vectors]
        grown = grown or len(texts) >= least
        if grown:
            yield texts, np.concatenate(rows)
            texts, rows = [], []


def main(folder: Path, recipe: str, seeds: Sequence[int], began: float) -> None:
    """Runs one recipe once for each seed."""
    with (folder / "posts.csv").open(encoding="utf-8", newline="") as file:
        posts = list(csv.DictReader(file))
    vectors = np.load(folder / "vectors.npy")
    rows = itertools.groupby(range(len(posts)), key=lambda row: posts[row]["week"])
    weeks = [([posts[i]["text"] for i in own], vectors[own]) for own in (list(r) for _, r in rows)]
    timing = Timing(began)
    for seed in seeds:
        with timing.run():
            topics = RECIPES[recipe](weeks, seed)
        names = ("" if topic == NO_TOPIC else str(topic) for topic in topics)
        answers = ((p["post_id"], p["week"], name) for p, name in zip(posts, names, strict=True))
        write_answer(folder / f"{recipe}-{seed}.csv", answers)
    timing.write(folder / f"{recipe}.json", PACKAGES)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # UMAP warns about one thread and small weeks
    main(
        Path(sys.argv[1]), sys.argv[2], [int(s) for s in sys.argv[3].split(",")], float(sys.argv[4])
    )
