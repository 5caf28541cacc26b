"""The stage `rules`: what sets each cluster, and each sub-style, apart from the others.

Reads the features and memberships of the window, and the sub-styles of the week; writes `rules`. A
rule is learnt on three fifths of the posts and evaluated on the rest. The id of a post decides its
side, and a copy is on the side of its original. Posts without a cluster are left out. Of more than
`MAX_POSTS` posts a sample is used. This module does not know about pixels or sentences.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.substyles import strongest_substyles
from zeitgraph.extraction.explain.rule_learner import (
    FeatureTable,
    Rule,
    RuleQuality,
    evaluate_rule,
    learn_rule,
)
from zeitgraph.extraction.geometry.sampling import sample_ids
from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.base.terms import LineageEvent
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import FeatureRow, RuleRow
from zeitgraph.kg.workspace.settings import RuleSettings
from zeitgraph.kg.workspace.tables import (
    FEATURES,
    LINEAGE,
    MEMBERSHIPS,
    RULES,
    SUBSTYLES,
    make_table,
    rows_of,
)

Mask = NDArray[np.bool_]
Labels = NDArray[np.object_]

FOLDS, TRAINING_FOLDS = 5, 3
"""The posts are divided into `FOLDS` parts; rules are learnt from the first `TRAINING_FOLDS`."""

REPLACING = (LineageEvent.MERGED, LineageEvent.CONTINUED)
"""Events that move the posts of one cluster to another."""

MIN_RIGHT = 5
"""A rule that is right in fewer posts, of those not used for training, counts as chance."""

DIGITS = 6

MAX_POSTS = 20_000
"""The most posts that rules are learnt and evaluated on."""


def find_rules(job: Job) -> Outputs:
    """The rules of the week's clusters and sub-styles.

    Clusters and sub-styles with fewer than `rules.least` posts in the window have no row.
    """
    settings = job.settings.rules
    window = _read_window(job)
    table = FeatureTable(window.rows)
    members = job.rows(MEMBERSHIPS, "week", ["cluster_id"])
    clusters = {row["cluster_id"] for row in members if row["cluster_id"]}
    everyone = np.ones(len(table), bool)
    tasks = [_Task(cluster, "", window.labels == cluster, everyone) for cluster in sorted(clusters)]
    tasks += _substyle_tasks(job, window.rows, clusters)
    rows = (
        row
        for task in tasks
        if int(task.target.sum()) >= settings.least
        for row in _rule_rows(job.week, task, table, window.is_training, settings)
    )
    return {"rules": make_table(RULES, rows)}


class _Window(NamedTuple):
    """The n posts of the window that are in a cluster, sorted by post id.

    `labels`: the cluster of each post, (n,). `is_training`: whether rules are learnt from it, (n,).
    """

    rows: Sequence[FeatureRow]
    labels: Labels
    is_training: Mask


def _read_window(job: Job) -> _Window:
    """The posts of the window; the posts of a replaced cluster count for its successor."""
    placed = job.window("memberships", ["post_id", "cluster_id"])
    placed = placed.filter(pc.greater(pc.utf8_length(placed["cluster_id"]), 0))
    some = set(sample_ids(placed["post_id"].to_pylist(), MAX_POSTS))
    memberships = job.window_of("memberships", some, ["post_id", "cluster_id", "week", "copy_of"])
    members = {row["post_id"]: row for row in rows_of(MEMBERSHIPS, memberships)}
    features = rows_of(FEATURES, job.window_of("features", some))
    rows = sorted(features, key=lambda row: row["post_id"])
    own = [members[row["post_id"]] for row in rows]
    labels = np.array([member["cluster_id"] for member in own], object)
    weeks = np.array([member["week"] for member in own], object)
    events = rows_of(LINEAGE, job.window("lineage", ["week", "event", "cluster_id", "other_id"]))
    for event in sorted(events, key=lambda row: row["week"]):
        if event["event"] in REPLACING:
            labels[(labels == event["cluster_id"]) & (weeks < event["week"])] = event["other_id"]
    training = [is_training_post(member["copy_of"] or member["post_id"]) for member in own]
    return _Window(rows, labels, np.array(training, bool))


def is_training_post(post_id: str) -> bool:
    """Whether rules are learnt from the post with this id; they are evaluated on the others."""
    return int(digest_text(post_id)[:8], 16) % FOLDS < TRAINING_FOLDS


class _Task(NamedTuple):
    """A rule to learn: for a cluster, or for a sub-style of it (empty for the whole cluster).

    `target`: the posts that it should cover. `subset`: the posts to separate them from, with them.
    Both have the shape (n,).
    """

    cluster_id: str
    substyle_id: str
    target: Mask
    subset: Mask


def _substyle_tasks(job: Job, rows: Sequence[FeatureRow], clusters: set[str]) -> list[_Task]:
    """For each sub-style the posts that belong most to it, against its siblings in the cluster."""
    index = {row["post_id"]: i for i, row in enumerate(rows)}
    families: dict[str, dict[str, Mask]] = {}
    substyles = job.rows(SUBSTYLES)
    for (cluster, post_id), substyle in strongest_substyles(substyles).items():
        if post_id in index and cluster in clusters:
            siblings = families.setdefault(cluster, {})
            siblings.setdefault(substyle, np.zeros(len(rows), bool))[index[post_id]] = True
    return [
        _Task(cluster, substyle, siblings[substyle], np.logical_or.reduce(list(siblings.values())))
        for cluster, siblings in sorted(families.items())
        for substyle in sorted(siblings)
    ]


def _rule_rows(
    week: str, task: _Task, table: FeatureTable, is_training: Mask, settings: RuleSettings
) -> Iterator[RuleRow]:
    """The rows of a rule: one for each condition, or a single one if no rule is good enough."""
    rule = learn_rule(table, task.target, task.subset & is_training, settings.longest)
    quality = evaluate_rule(rule, table, task.target, task.subset & ~is_training)
    if not rule or not is_good(quality, settings):
        yield {
            "week": week,
            "cluster_id": task.cluster_id,
            "substyle_id": task.substyle_id,
            "position": 0,
            "feature": "",
            "low": None,
            "high": None,
            "word": "",
            "precision": None,
            "recall": None,
            "posts": None,
            "members": quality.members,
        }
        return
    for position, condition in enumerate(_pictures_first(rule), start=1):
        yield {
            "week": week,
            "cluster_id": task.cluster_id,
            "substyle_id": task.substyle_id,
            "position": position,
            "feature": condition.feature,
            "low": condition.low,
            "high": condition.high,
            "word": condition.word,
            "precision": round(quality.precision, DIGITS),
            "recall": round(quality.recall, DIGITS),
            "posts": quality.posts,
            "members": quality.members,
        }


def is_good(quality: RuleQuality, settings: RuleSettings) -> bool:
    """Whether a rule is good enough to be written to the table."""
    return (
        quality.right >= MIN_RIGHT
        and quality.precision >= settings.precision
        and quality.recall >= settings.recall
    )


def _pictures_first(rule: Rule) -> Rule:
    """The conditions on pictures before those on words."""
    return tuple(sorted(rule, key=lambda condition: bool(condition.word)))
