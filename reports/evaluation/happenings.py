"""Columns about what happens to styles: births, drifts, splits, merges, deaths.

In comes a case, out come scores. What the product tells stands in the table `lineage`; a cluster
stands for the lineage of most of its posts. Knows nothing about how strong a style is.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from zeitgraph.kg.base.weeks import week_after
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import (
    CannotScore,
    Curve,
    Score,
    f1_of,
    rate_score,
    share_score,
)
from zeitgraph.reports.evaluation.truth import Planted, week_number
from zeitgraph.reports.page.charts import Point

NEAR = 2
"""Weeks that an event may be told too early or too late."""
LATE = 4
"""Weeks after a birth within which it counts as found; how late it was is a column of its own."""
WARM_UP = 4
"""Weeks in which everything is new, and no birth is a false alarm."""


@dataclass(frozen=True, order=True)
class Told:
    """An event as the product tells it, with the lineages for which the clusters stand."""

    week: str
    lineage: str
    other: str
    cluster: str


def _told(case: Case, event: str) -> list[Told]:
    return sorted(
        Told(
            row["week"],
            case.lineage_of.get(row["cluster_id"], ""),
            case.lineage_of.get(row["other_id"], ""),
            row["cluster_id"],
        )
        for row in case.rows("lineage", "week", "event", "cluster_id", "other_id")
        if row["event"] == event
    )


# -- births ----------------------------------------------------------------------------------------


def births_found(case: Case) -> Score:
    """The share of planted births that are told, no later than `LATE` weeks after."""
    births = case.once(_births)
    return share_score(len(births.delays), births.planted, detail=births.detail)


def birth_delay(case: Case) -> Score:
    """Weeks from a birth to the week that tells of it: the median over those found."""
    births = case.once(_births)
    late = births.delays.values()
    if not late:
        raise CannotScore("unmeasured")
    return Score(median(late), min(late), max(late), detail=births.detail, bounds="range")


class _Births(NamedTuple):
    """The delay of each planted birth that was found, how many were planted, and all in a line."""

    delays: Mapping[str, int]
    planted: int
    detail: str


def _births(case: Case) -> _Births:
    planted = case.truth.events("birth")
    first = {told.lineage: told.week for told in reversed(_told(case, "born"))}
    delays = {
        birth.style: week_number(first[birth.style]) - week_number(birth.week)
        for birth in planted
        if birth.style in first and birth.near(first[birth.style], 1, LATE)
    }
    told = {b.style: f"{delays[b.style]:+d}" if b.style in delays else "–" for b in planted}
    detail = ", ".join(f"{style} {delay}" for style, delay in sorted(told.items()))
    return _Births(delays, len(planted), detail)


def false_births(case: Case) -> Score:
    """Births told after the warm-up that are none, per week.

    True is the first birth of a lineage that was born, split off, came into season or had its first
    post no more than `LATE` weeks before.
    """
    onsets: dict[str, list[str]] = defaultdict(list)
    for lineage, week in sorted({(member.lineage, member.week) for member in case.members}):
        onsets[lineage] = onsets[lineage] or [week]
    for planted in case.truth.all_events():
        if planted.event in {"birth", "season"}:
            onsets[planted.style].append(planted.week)
        if planted.event == "split":
            onsets[planted.other].append(planted.week)
    told, seen, false = _told(case, "born"), set[str](), []
    for birth in told:
        late = [week_number(birth.week) - week_number(w) for w in onsets[birth.lineage]]
        is_true = birth.lineage not in seen and any(-1 <= weeks <= LATE for weeks in late)
        seen.add(birth.lineage)
        if not is_true and birth.week >= week_after(case.weeks[0], WARM_UP):
            false.append(birth.lineage or "?")
    detail = ", ".join(f"{lineage} {n}" for lineage, n in sorted(Counter(false).items()))
    return rate_score(len(false), len(case.weeks) - WARM_UP, detail)


# -- drifts ----------------------------------------------------------------------------------------


def one_id(case: Case, low: float, high: float) -> Score:
    """The share of a drifting style's posts under one id, that of a cluster which stands for it.

    Posts in no cluster count against it. Of the drifts whose strength lies in (low, high], the one
    that is told worst.
    """
    drifts = [d for d in case.truth.events("drift") if low < (d.strength or 0) <= high]
    if not drifts:
        raise CannotScore("unplanted", f"drift {low:g}–{high:g}")
    return min((_under_one_id(case, d.style) for d in drifts), key=lambda score: score.value or 0.0)


def _under_one_id(case: Case, lineage: str) -> Score:
    posts = Counter(m.cluster for m in case.members if m.lineage == lineage)
    total, own = posts.total(), case.cluster_of.get(lineage, "?")
    most = posts[own]
    others = sorted((n for c, n in posts.items() if c not in {own, ""}), reverse=True)
    told = [f"{lineage}: {most}", *map(str, others[:3]), f"– {posts['']}"]
    return share_score(most, total, detail=f"{' + '.join(told)} / {total}")


def drifts_told(case: Case) -> Score:
    """F1 of the `drifted` events: planted drifts of which one tells, and events that tell of one.

    What splits or merges moves too: events about it count neither way.
    """
    drifts = case.truth.events("drift")
    moving = [p for p in case.truth.all_events() if p.event in {"split", "merge"}]
    known = {name for planted in moving for name in (planted.style, planted.other)}
    told = [t for t in _told(case, "drifted") if t.lineage not in known]
    right = [t for t in told if any(_tells(t, drift, LATE) for drift in drifts)]
    found = [drift for drift in drifts if any(_tells(t, drift, LATE) for t in told)]
    return _balance(len(found), len(drifts), len(right), len(told))


def _tells(told: Told, planted: Planted, late: int) -> bool:
    return told.lineage == planted.style and planted.near(told.week, NEAR, late)


def drift_path(case: Case) -> Score:
    """Pearson's correlation of a style's told path with the planted one: the mean over the drifts.

    The told path of a week is one less the cosine of the core to where it first stood. A path that
    does not move has no correlation, and counts as 0. Weeks of the style without a core count
    against it: the correlation is times the share of weeks that have one.
    """
    paths = {d.style: _path(case, d.style) for d in case.truth.events("drift")}
    parts = {style: _correlation(told, planted) for style, (told, planted) in paths.items()}
    curves = tuple(_curve(style, *path) for style, path in sorted(paths.items()))
    mean = sum(parts.values()) / len(parts)
    low, high = min(parts.values()), max(parts.values())
    return Score(mean, low, high, parts=parts, curves=curves, bounds="range")


Course = dict[str, float]


def _path(case: Case, lineage: str) -> tuple[Course, Course]:
    """The told path by week, and the planted one; of some weeks nothing may be told."""
    import numpy as np

    cluster = case.cluster_of.get(lineage)
    cores = {
        row["week"]: np.asarray(row["core"], np.float64)
        for row in case.rows("clusters", "week", "cluster_id", "core")
        if row["cluster_id"] == cluster and row["core"]
    }
    drifts: dict[str, list[float]] = {}
    for row in case.truth.rows("posts", "week", "lineage", "drift"):
        if row["lineage"] == lineage:
            drifts.setdefault(row["week"], []).append(row["drift"])
    planted = {week: sum(drifts[week]) / len(drifts[week]) for week in sorted(drifts)}
    told: Course = {}
    both = [week for week in planted if week in cores]
    for week in both:
        start, core = cores[both[0]], cores[week]
        norms = float(np.linalg.norm(start) * np.linalg.norm(core))
        told[week] = max(0.0, 1.0 - float(start @ core) / norms) if norms else 0.0
    return told, planted


def _correlation(told: Course, planted: Course) -> float:
    from scipy.stats import pearsonr

    both = list(told.values()), [planted[week] for week in told]
    if len(told) < 3 or any(max(path) - min(path) < 1e-6 for path in both):
        return 0.0
    return float(pearsonr(*both).statistic) * len(told) / len(planted)


def _curve(style: str, told: Course, planted: Course) -> Curve:
    """Both paths on the planted one's scale."""
    end = max(told.values(), default=0.0)
    scale = max(planted.values(), default=0.0) / end if end else 0.0
    return Curve(
        style,
        tuple(Point(week, value * scale) for week, value in told.items()),
        tuple(Point(week, value) for week, value in planted.items()),
    )


# -- splits, merges, deaths ------------------------------------------------------------------------


def splits(case: Case) -> Score:
    """F1 of the splits: told within `NEAR` weeks, of the two lineages that were planted."""
    return _pairs(case, "split", _told(case, "split"))


def merges(case: Case) -> Score:
    """F1 of the merges, as of the splits."""
    return _pairs(case, "merge", _told(case, "merged"))


def _pairs(case: Case, event: str, told: Collection[Told]) -> Score:
    planted = case.truth.events(event)
    right = [
        (p, t)
        for t in told
        for p in planted
        if {t.lineage, t.other} == {p.style, p.other} and p.near(t.week, NEAR, NEAR)
    ]
    hits = len({t for _, t in right}), len({(p.week, p.style, p.other) for p, _ in right})
    return _balance(hits[1], len(planted), hits[0], len(told))


def deaths(case: Case) -> Score:
    """F1 of the deaths: a style fell silent within `NEAR` weeks of when it is said to have.

    The product says so when it is sure: what counts is the first silent week, which lies one week
    less before than the silence that the event measures. The end of a season is no death, and
    counts neither way.
    """
    planted = case.truth.events("death")
    seasonal = {p.style for p in case.truth.all_events() if p.event == "season"}
    rows = case.rows("lineage", "week", "event", "cluster_id", "measure")
    told = [
        Told(week_after(r["week"], 1 - round(r["measure"] or 1)), lineage, "", r["cluster_id"])
        for r in rows
        if r["event"] == "faded"
        and (lineage := case.lineage_of.get(r["cluster_id"], "")) not in seasonal
    ]
    right = [t for t in told if any(_tells(t, p, NEAR) for p in planted)]
    found = [p for p in planted if any(_tells(t, p, NEAR) for t in told)]
    return _balance(len(found), len(planted), len(right), len(told))


def _balance(found: int, planted: int, right: int, told: int) -> Score:
    """F1 of recall and precision that count different things."""
    recall, precision = found / planted, right / told if told else 0.0
    value = f1_of(recall * precision, recall, precision) if recall + precision else 0.0
    return Score(value, detail=f"{found} / {planted}, {right} / {told}")
