"""Columns about the events in the life of styles: births, drifts, splits, merges, deaths.

Input: a case. Output: scores. The events that the product reports are in the table `lineage`; a
cluster represents the lineage of most of its posts. This module does not know about shares.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from zeitgraph.kg.base.terms import LineageEvent
from zeitgraph.kg.base.weeks import week_after, weeks_between
from zeitgraph.kg.workspace.tables import CLUSTERS, LINEAGE
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import (
    CannotScore,
    Curve,
    Score,
    f1_of,
    rate_score,
    share_score,
)
from zeitgraph.reports.evaluation.truth import PlantedEvent
from zeitgraph.reports.page.charts import Point

NEAR = 2
"""Weeks by which an event may be reported too early or too late."""
LATE = 4
"""Weeks after a birth in which it still counts as found; its delay is another column."""
WARM_UP = 4
"""The first weeks, in which everything is new and no birth counts as false."""


@dataclass(frozen=True, order=True)
class ReportedEvent:
    """An event that the product reports, with the lineages that the clusters represent."""

    week: str
    lineage: str
    other: str
    cluster: str


def _reported(case: Case, event: LineageEvent) -> list[ReportedEvent]:
    return sorted(
        ReportedEvent(
            row["week"],
            case.lineage_of.get(row["cluster_id"], ""),
            case.lineage_of.get(row["other_id"], ""),
            row["cluster_id"],
        )
        for row in case.rows(LINEAGE, "week", "event", "cluster_id", "other_id")
        if row["event"] == event
    )


# -- births ----------------------------------------------------------------------------------------


def births_found(case: Case) -> Score:
    """The share of planted births that are reported, at most `LATE` weeks late."""
    births = case.once(_births)
    return share_score(len(births.delays), births.planted, detail=births.detail)


def birth_delay(case: Case) -> Score:
    """The median delay of the births that are found, in weeks."""
    births = case.once(_births)
    delays = births.delays.values()
    if not delays:
        raise CannotScore("unmeasured")
    return Score(median(delays), min(delays), max(delays), detail=births.detail, bounds="range")


class _Births(NamedTuple):
    """The delay of each birth that was found, the number of planted ones, and the detail line."""

    delays: Mapping[str, int]
    planted: int
    detail: str


def _births(case: Case) -> _Births:
    planted = case.truth.events("birth")
    first = {born.lineage: born.week for born in reversed(_reported(case, LineageEvent.BORN))}
    delays = {
        birth.style: weeks_between(birth.week, first[birth.style])
        for birth in planted
        if birth.style in first and birth.near(first[birth.style], 1, LATE)
    }
    shown = {b.style: f"{delays[b.style]:+d}" if b.style in delays else "–" for b in planted}
    detail = ", ".join(f"{style} {delay}" for style, delay in sorted(shown.items()))
    return _Births(delays, len(planted), detail)


def false_births(case: Case) -> Score:
    """False births after the warm-up, per week.

    A birth is true if it is the first one of a lineage that was born, split off, came into season
    or had its first post at most `LATE` weeks before.
    """
    onsets: dict[str, list[str]] = defaultdict(list)
    for lineage, week in sorted({(member.lineage, member.week) for member in case.members}):
        onsets[lineage] = onsets[lineage] or [week]
    for planted in case.truth.all_events():
        if planted.event in {"birth", "season"}:
            onsets[planted.style].append(planted.week)
        if planted.event == "split":
            onsets[planted.other].append(planted.week)
    seen, false = set[str](), []
    for birth in _reported(case, LineageEvent.BORN):
        delays = [weeks_between(week, birth.week) for week in onsets[birth.lineage]]
        is_true = birth.lineage not in seen and any(-1 <= delay <= LATE for delay in delays)
        seen.add(birth.lineage)
        if not is_true and birth.week >= week_after(case.weeks[0], WARM_UP):
            false.append(birth.lineage or "?")
    detail = ", ".join(f"{lineage} {n}" for lineage, n in sorted(Counter(false).items()))
    return rate_score(len(false), len(case.weeks) - WARM_UP, detail)


# -- drifts ----------------------------------------------------------------------------------------


def one_id(case: Case, low: float, high: float) -> Score:
    """The share of a drifting style's posts that are in the one cluster that represents it.

    Posts without a cluster count against it. The score is the lowest of the drifts whose strength
    is in (low, high].
    """
    drifts = [d for d in case.truth.events("drift") if low < (d.strength or 0) <= high]
    if not drifts:
        raise CannotScore("unplanted", f"drift {low:g}–{high:g}")
    return min((_in_one_cluster(case, d.style) for d in drifts), key=lambda s: s.value or 0.0)


def _in_one_cluster(case: Case, lineage: str) -> Score:
    posts = Counter(m.cluster for m in case.members if m.lineage == lineage)
    total, own = posts.total(), case.cluster_of.get(lineage, "?")
    most = posts[own]
    others = sorted((n for c, n in posts.items() if c not in {own, ""}), reverse=True)
    counts = [f"{lineage}: {most}", *map(str, others[:3]), f"– {posts['']}"]
    return share_score(most, total, detail=f"{' + '.join(counts)} / {total}")


def drifts_reported(case: Case) -> Score:
    """The F1 of the `drifted` events: planted drifts that are reported, and events that are true.

    Events of styles that split or merge do not count, since these move too.
    """
    drifts = case.truth.events("drift")
    moving = [p for p in case.truth.all_events() if p.event in {"split", "merge"}]
    known = {name for planted in moving for name in (planted.style, planted.other)}
    reported = [r for r in _reported(case, LineageEvent.DRIFTED) if r.lineage not in known]
    right = [r for r in reported if any(_is_of(r, drift, LATE) for drift in drifts)]
    found = [drift for drift in drifts if any(_is_of(r, drift, LATE) for r in reported)]
    return _f1(len(found), len(drifts), len(right), len(reported))


def _is_of(reported: ReportedEvent, planted: PlantedEvent, late: int) -> bool:
    return reported.lineage == planted.style and planted.near(reported.week, NEAR, late)


def drift_path(case: Case) -> Score:
    """Pearson's correlation of a style's measured path with the planted one: the mean over drifts.

    The measured path of a week is 1 − the cosine of the cluster's core and its first core. A path
    that does not move has the correlation 0. Weeks of the style without a core count against it:
    the correlation is multiplied by the share of weeks that have one.
    """
    paths = {d.style: _path(case, d.style) for d in case.truth.events("drift")}
    parts = {style: _correlation(*path) for style, path in paths.items()}
    curves = tuple(_curve(style, *path) for style, path in sorted(paths.items()))
    mean = sum(parts.values()) / len(parts)
    low, high = min(parts.values()), max(parts.values())
    return Score(mean, low, high, parts=parts, curves=curves, bounds="range")


Path = dict[str, float]
"""A value for each week."""


def _path(case: Case, lineage: str) -> tuple[Path, Path]:
    """The measured path, which may lack some weeks, and the planted one."""
    import numpy as np

    cluster = case.cluster_of.get(lineage)
    cores = {
        row["week"]: np.asarray(row["core"], np.float64)
        for row in case.rows(CLUSTERS, "week", "cluster_id", "core")
        if row["cluster_id"] == cluster and row["core"]
    }
    drifts: dict[str, list[float]] = {}
    for row in case.truth.rows("posts", "week", "lineage", "drift"):
        if row["lineage"] == lineage:
            drifts.setdefault(row["week"], []).append(row["drift"])
    planted = {week: sum(drifts[week]) / len(drifts[week]) for week in sorted(drifts)}
    measured: Path = {}
    both = [week for week in planted if week in cores]
    for week in both:
        start, core = cores[both[0]], cores[week]
        norms = float(np.linalg.norm(start) * np.linalg.norm(core))
        measured[week] = max(0.0, 1.0 - float(start @ core) / norms) if norms else 0.0
    return measured, planted


def _correlation(measured: Path, planted: Path) -> float:
    from scipy.stats import pearsonr

    both = list(measured.values()), [planted[week] for week in measured]
    if len(measured) < 3 or any(max(path) - min(path) < 1e-6 for path in both):
        return 0.0
    return float(pearsonr(*both).statistic) * len(measured) / len(planted)


def _curve(style: str, measured: Path, planted: Path) -> Curve:
    """Both paths, the measured one scaled to the planted one."""
    end = max(measured.values(), default=0.0)
    scale = max(planted.values(), default=0.0) / end if end else 0.0
    return Curve(
        style,
        tuple(Point(week, value * scale) for week, value in measured.items()),
        tuple(Point(week, value) for week, value in planted.items()),
    )


# -- splits, merges, deaths ------------------------------------------------------------------------


def splits(case: Case) -> Score:
    """The F1 of the splits: reported within `NEAR` weeks, with the two planted lineages."""
    return _pairs(case, "split", _reported(case, LineageEvent.SPLIT))


def merges(case: Case) -> Score:
    """The F1 of the merges, computed as that of the splits."""
    return _pairs(case, "merge", _reported(case, LineageEvent.MERGED))


def _pairs(case: Case, event: str, reported: Collection[ReportedEvent]) -> Score:
    planted = case.truth.events(event)
    right = [
        (p, r)
        for r in reported
        for p in planted
        if {r.lineage, r.other} == {p.style, p.other} and p.near(r.week, NEAR, NEAR)
    ]
    found = len({(p.week, p.style, p.other) for p, _ in right})
    return _f1(found, len(planted), len({r for _, r in right}), len(reported))


def deaths(case: Case) -> Score:
    """The F1 of the deaths: the first week without posts is right within `NEAR` weeks.

    The product reports a death some weeks later, when it is sure; `measure` is the number of weeks
    without posts, from which the first of them follows. The end of a season does not count.
    """
    planted = case.truth.events("death")
    seasonal = {p.style for p in case.truth.all_events() if p.event == "season"}
    rows = case.rows(LINEAGE, "week", "event", "cluster_id", "measure")
    reported = [
        ReportedEvent(
            week_after(r["week"], 1 - round(r["measure"] or 1)), lineage, "", r["cluster_id"]
        )
        for r in rows
        if r["event"] == LineageEvent.FADED
        and (lineage := case.lineage_of.get(r["cluster_id"], "")) not in seasonal
    ]
    right = [r for r in reported if any(_is_of(r, p, NEAR) for p in planted)]
    found = [p for p in planted if any(_is_of(r, p, NEAR) for r in reported)]
    return _f1(len(found), len(planted), len(right), len(reported))


def _f1(found: int, planted: int, right: int, reported: int) -> Score:
    """The F1 of a recall over planted events and a precision over reported events."""
    recall, precision = found / planted, right / reported if reported else 0.0
    value = f1_of(recall * precision, recall, precision) if recall + precision else 0.0
    return Score(value, detail=f"{found} / {planted}, {right} / {reported}")
