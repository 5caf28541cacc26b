"""The column about rules: whether the rules that describe a style select its posts.

Input: a case. Output: a score. This module does not know how rules are found.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from zeitgraph.kg.workspace.conditions import FEATURES, Condition, all_hold, rules_of
from zeitgraph.kg.workspace.rows import FeatureRow
from zeitgraph.kg.workspace.tables import FEATURES as FEATURE_TABLE
from zeitgraph.kg.workspace.tables import RULES
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Score, f1_of


def rules(case: Case) -> Score:
    """The mean F1 of the latest rule of each style with planted rules, over posts with a picture.

    `detail`: how many planted conditions such a rule contains with overlapping bounds, of how many.
    """
    planted = case.truth.rows("rules", "style", "feature", "low", "high")
    styles = sorted({row["style"] for row in planted} & {m.lineage for m in case.members})
    if not styles:
        raise CannotScore("unplanted")
    latest = _latest_rules(case)
    own = {style: latest.get(case.cluster_of.get(style, ""), ()) for style in styles}
    features = _features(case)
    scores = {style: _f1(case, style, own[style], features) for style in styles}
    asked = [row for row in planted if row["style"] in own]
    found = [row for row in asked if any(_overlap(row, one) for one in own[row["style"]])]
    names = sorted({row["feature"] for row in found})
    return Score(
        round(mean(scores.values()), 6),
        low=min(scores.values()),
        high=max(scores.values()),
        bounds="range",
        detail=f"{len(found)} / {len(asked)}" + (f" ({', '.join(names)})" if names else ""),
        parts=scores,
    )


def _latest_rules(case: Case) -> dict[str, Sequence[Condition]]:
    """The latest rule of each cluster, without those of sub-styles."""
    latest: dict[str, Sequence[Condition]] = {}
    for week in case.workspace.weeks("rules"):
        for (cluster, substyle), rule in rules_of(case.workspace.rows(RULES, week)).items():
            if not substyle:
                latest[cluster] = rule
    return latest


def _features(case: Case) -> dict[str, FeatureRow]:
    rows = case.rows(FEATURE_TABLE, "post_id", "words", *FEATURES)
    return {row["post_id"]: row for row in rows}


def _f1(
    case: Case, style: str, rule: Sequence[Condition], features: dict[str, FeatureRow]
) -> float:
    """The F1 of the posts that a rule selects and the posts of a style; 0 without a rule."""
    pictured = {r["post_id"] for r in case.truth.rows("posts", "pictures") if r["pictures"]}
    right = selected = wanted = 0
    for member in case.members:
        if member.post_id in pictured:
            row = features.get(member.post_id)
            is_selected = bool(rule) and row is not None and all_hold(rule, row)
            selected += is_selected
            wanted += member.lineage == style
            right += is_selected and member.lineage == style
    return round(f1_of(right, wanted, selected), 6)


def _overlap(planted: Mapping[str, Any], condition: Condition) -> bool:
    """Whether a condition is on the planted feature, and its bounds overlap the planted ones."""
    if planted["feature"] != condition.feature:
        return False
    feature = FEATURES[condition.feature]
    low = feature.low if condition.low is None else condition.low
    high = feature.high if condition.high is None else condition.high
    spans = [(low, high)] if low <= high else [(low, feature.high), (feature.low, high)]
    return any(start <= planted["high"] and planted["low"] <= end for start, end in spans)
