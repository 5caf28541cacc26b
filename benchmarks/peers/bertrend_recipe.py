"""Runs BERTrend on given vectors, week by week, in an environment of its own without zeitgraph.

    PYTHON bertrend_recipe.py FOLDER SEEDS BEGAN

PYTHON is a Python 3.12 with `pip install torch==2.13.0 bertrend==0.4.13`: BERTrend requires 3.12.
FOLDER and the output are as in bertopic_recipes.py; the recipe is called `bertrend`. Settings are
BERTrend's own, except for the language (English), the granularity (a week), and the words, which
are weighted by c-TF-IDF alone: its `MaximalMarginalRelevance` would download a sentence
transformer. Its UMAP has a fixed seed, so all seeds give the same result.
"""

import itertools
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from answer import write_answer  # type: ignore[import-not-found]  # the file beside this one
from bertrend.BERTopicModel import BERTopicModel  # type: ignore[import-not-found]
from bertrend.BERTrend import BERTrend  # type: ignore[import-not-found]
from loguru import logger  # type: ignore[import-not-found]
from timing import Timing  # type: ignore[import-not-found]  # the file beside this one

PACKAGES = ("bertrend", "bertopic", "hdbscan", "umap-learn", "numba", "numpy", "scikit-learn")
DAYS = 7


def topics_of(posts: pd.DataFrame, vectors: np.ndarray) -> dict[str, int]:
    """Returns the topic of each post that has one, after all weeks are merged.

    A post's id is used as its url, because merged topics identify their posts by url.
    """
    topics = BERTopicModel(
        {"global": {"language": "English"}, "bertopic_model": {"representation_model": []}}
    )
    trend = BERTrend(topic_model=topics)
    trend.config["granularity"] = DAYS
    weeks = {pd.Timestamp(day): own for day, own in posts.groupby("monday", sort=True)}
    trend.train_topic_models(weeks, "none", vectors, save_topic_models=False)
    trend.calculate_signal_popularity()
    found: dict[str, int] = {}
    for topic, ids in zip(trend.merged_df["Topic"], trend.merged_df["URLs"], strict=True):
        for post_id in itertools.chain.from_iterable(map(_flat, ids)):
            found.setdefault(post_id, int(topic))
    return found


def _flat(ids: str | list[str]) -> list[str]:
    return [ids] if isinstance(ids, str) else ids


def main(folder: Path, seeds: Sequence[int], began: float) -> None:
    """Runs once for each seed."""
    posts = pd.read_csv(folder / "posts.csv", dtype=str)
    posts["monday"] = pd.to_datetime(posts["week"] + "-1", format="%G-W%V-%u")
    posts["document_id"] = posts["source"] = posts["url"] = posts["post_id"]
    vectors = np.load(folder / "vectors.npy")
    timing = Timing(began)
    for seed in seeds:
        with timing.run():
            topics = topics_of(posts, vectors)
        rows = zip(posts["post_id"], posts["week"], strict=True)
        answers = ((post_id, week, str(topics.get(post_id, ""))) for post_id, week in rows)
        write_answer(folder / f"bertrend-{seed}.csv", answers)
    timing.write(folder / "bertrend.json", PACKAGES)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    main(Path(sys.argv[1]), [int(s) for s in sys.argv[2].split(",")], float(sys.argv[3]))
