"""The stage `rules`: what sets each cluster apart from the others, and its sub-styles likewise.

Reads the features and memberships of the weeks that a search looks back on, and the sub-styles of
the week; writes `rules`. A rule is learnt on three fifths of the posts and measured on the others,
split by the id of the post, a copy going where its original goes. Posts in no cluster are left out.
Of very many posts, `MOST` are looked at. Knows nothing about pixels or sentences.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from zeitgraph.extraction.clusters.substyles import strongest_substyles
from zeitgraph.extraction.explain.rule_learner import (
    Measured,
    Rule,
    Sheet,
    learn_rule,
    measure_rule,
)
from zeitgraph.extraction.geometry.sampling import sample_ids
from zeitgraph.kg.base.ids import digest_text
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.settings import RuleSettings
from zeitgraph.kg.workspace.tables import TABLES, make_table

Mask = NDArray[np.bool_]
Labels = NDArray[np.object_]

FIFTHS, LEARNT = 5, 3
"""Of so many parts of the posts, the first so many are learnt from."""

TURNED = ("merged", "continued")
"""Events that put the posts of one cluster under the id of another."""

LEAST_RIGHT = 5
"""Posts in fewer of which a rule is right, of those it never saw, are chance."""

DIGITS = 6

MOST = 20_000
"""Posts that rules are learnt from and measured on, at most."""


def find_rules(job: Job) -> Outputs:
    """The rules of the week's clusters and sub-styles.

    Clusters and sub-styles with fewer than `rules.least` posts in the window have no row.
    """
    settings = job.settings.rules
    rows, labels, learnt = _window(job)
    sheet = Sheet(rows)
    now = {r["cluster_id"] for r in job.table("memberships").to_pylist() if r["cluster_id"]}
    everyone = np.ones(len(sheet), bool)
    asked = [(cluster, "", labels == cluster, everyone) for cluster in sorted(now)]
    asked += _siblings(job, rows, now)
    told = (
        row | {"week": job.week, "cluster_id": cluster, "substyle_id": part}
        for cluster, part, wanted, among in asked
        if int(wanted.sum()) >= settings.least
        for row in _told(sheet, wanted, among, learnt, settings)
    )
    return {"rules": make_table(TABLES["rules"], told)}


def _window(job: Job) -> tuple[Sequence[Mapping[str, Any]], Labels, Mask]:
    """Features of the posts in a cluster, sorted by post id; their clusters; which are learnt from.

    A cluster that became another since is that other.
    """
    placed = job.window("memberships")
    placed = placed.filter(pc.greater(pc.utf8_length(placed["cluster_id"]), 0))
    some = set(sample_ids(placed["post_id"].to_pylist(), MOST))
    members = {r["post_id"]: r for r in job.window_of("memberships", some).to_pylist()}
    rows = sorted(job.window_of("features", some).to_pylist(), key=lambda row: str(row["post_id"]))
    own = [members[row["post_id"]] for row in rows]
    labels = np.array([member["cluster_id"] for member in own], object)
    weeks = np.array([member["week"] for member in own], object)
    for event in sorted(job.window("lineage").to_pylist(), key=lambda row: str(row["week"])):
        if event["event"] in TURNED:
            labels[(labels == event["cluster_id"]) & (weeks < event["week"])] = event["other_id"]
    learnt = np.array([is_learnt_from(m["copy_of"] or m["post_id"]) for m in own], bool)
    return rows, labels, learnt


def is_learnt_from(post_id: str) -> bool:
    """Whether rules are learnt from the post with this id; on others they are measured."""
    return int(digest_text(post_id)[:8], 16) % FIFTHS < LEARNT


def _siblings(
    job: Job, rows: Sequence[Mapping[str, Any]], clusters: set[str]
) -> list[tuple[str, str, Mask, Mask]]:
    """For each sub-style the posts that are most in it, and those of it and its siblings."""
    place = {row["post_id"]: i for i, row in enumerate(rows)}
    families: dict[str, dict[str, Mask]] = {}
    for (cluster, post_id), part in strongest_substyles(job.table("substyles").to_pylist()).items():
        if post_id in place and cluster in clusters:
            parts = families.setdefault(cluster, {})
            parts.setdefault(part, np.zeros(len(rows), bool))[place[post_id]] = True
    return [
        (cluster, part, parts[part], np.logical_or.reduce(list(parts.values())))
        for cluster, parts in sorted(families.items())
        for part in sorted(parts)
    ]


def _told(
    sheet: Sheet, wanted: Mask, among: Mask, learnt: Mask, settings: RuleSettings
) -> Iterator[dict[str, Any]]:
    """The rows of one rule: a row for each condition, or one that says that there is none."""
    rule = learn_rule(sheet, wanted, among & learnt, settings.longest)
    measured = measure_rule(rule, sheet, wanted, among & ~learnt)
    if not rule or not is_good(measured, settings):
        yield {"position": 0, "feature": "", "word": "", "members": measured.members}
        return
    figures = {
        "precision": round(measured.precision, DIGITS),
        "recall": round(measured.recall, DIGITS),
        "posts": measured.posts,
        "members": measured.members,
    }
    for position, condition in enumerate(_in_reading_order(rule), start=1):
        yield {
            "position": position,
            "feature": condition.feature,
            "low": condition.low,
            "high": condition.high,
            "word": condition.word,
        } | figures


def is_good(measured: Measured, settings: RuleSettings) -> bool:
    """Whether a rule that was found is worth telling."""
    few = measured.right < LEAST_RIGHT
    return (
        not few and measured.precision >= settings.precision and measured.recall >= settings.recall
    )


def _in_reading_order(rule: Rule) -> Rule:
    """What one sees before what one reads."""
    return tuple(sorted(rule, key=lambda condition: bool(condition.word)))
