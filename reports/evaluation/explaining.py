"""The column about rules: does what is said to set a sub-style apart pick its posts?

In comes a case, out comes a score. Knows nothing about how rules were found.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from zeitgraph.kg.workspace.conditions import FEATURES, Condition, all_hold, rules_of
from zeitgraph.kg.workspace.rows import FeatureRow
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Score, f1_of


def rules(case: Case) -> Score:
    """F1 of the newest rule told of each planted sub-style over all posts with a picture: the mean.

    `detail`: planted conditions that such a rule cites, with bounds that meet, of those planted.
    """
    planted = case.truth.rows("rules", "style", "feature", "low", "high")
    styles = sorted({row["style"] for row in planted} & {m.lineage for m in case.members})
    if not styles:
        raise CannotScore("unplanted")
    told = _newest(case)
    own = {style: told.get(case.cluster_of.get(style, ""), ()) for style in styles}
    measured = _measured(case)
    scores = {style: _agreement(case, style, own[style], measured) for style in styles}
    asked = [row for row in planted if row["style"] in own]
    cited = [row for row in asked if any(_meets(row, one) for one in own[row["style"]])]
    features = sorted({row["feature"] for row in cited})
    return Score(
        round(mean(scores.values()), 6),
        low=min(scores.values()),
        high=max(scores.values()),
        bounds="range",
        detail=f"{len(cited)} / {len(asked)}" + (f" ({', '.join(features)})" if features else ""),
        parts=scores,
    )


def _newest(case: Case) -> dict[str, Sequence[Condition]]:
    """The newest rule of each cluster; of its sub-styles nothing."""
    newest: dict[str, Sequence[Condition]] = {}
    for week in case.workspace.weeks("rules"):
        for (cluster, part), rule in rules_of(
            case.workspace.read("rules", week).to_pylist()
        ).items():
            if not part:
                newest[cluster] = rule
    return newest


def _measured(case: Case) -> dict[str, FeatureRow]:
    rows: Any = case.rows("features", "post_id", "words", *FEATURES)
    return {row["post_id"]: row for row in rows}


def _agreement(
    case: Case, style: str, rule: Sequence[Condition], measured: dict[str, FeatureRow]
) -> float:
    """F1 of what a rule picks against the posts of a style; 0 for no rule."""
    pictured = {r["post_id"] for r in case.truth.rows("posts", "pictures") if r["pictures"]}
    right = picked = wanted = 0
    for member in case.members:
        if member.post_id in pictured:
            row = measured.get(member.post_id)
            is_picked = bool(rule) and row is not None and all_hold(rule, row)
            picked += is_picked
            wanted += member.lineage == style
            right += is_picked and member.lineage == style
    return round(f1_of(right, wanted, picked), 6)


def _meets(planted: Mapping[str, Any], told: Condition) -> bool:
    """Whether a told condition cites the planted feature, and both hold for some value of it."""
    if planted["feature"] != told.feature:
        return False
    feature = FEATURES[told.feature]
    low = feature.low if told.low is None else told.low
    high = feature.high if told.high is None else told.high
    spans = [(low, high)] if low <= high else [(low, feature.high), (feature.low, high)]
    return any(start <= planted["high"] and planted["low"] <= end for start, end in spans)
