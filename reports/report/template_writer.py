"""The template writer: writes a report without a language model.

Input: the evidence and a section of the outline. Output: drafts made from the sentences in
`prompts/report/{lang}/sentences/*.jinja`. The phrasing varies by week and cluster, and each line
names its evidence. The templates decide which sentence fits; this module only prepares the figures.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any, TypeVar

import jinja2

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.base.terms import LineageEvent, TrendState
from zeitgraph.reports.page.formatting import (
    gain,
    labels,
    listing,
    percent,
    prompt_folder,
    rounded_percents,
    words_environment,
)
from zeitgraph.reports.report.canned_questions import (
    CLUSTER_ENTITIES,
    CLUSTER_HISTORY,
    CLUSTER_RULES,
    EVENTS,
    FADING_CLUSTERS,
    FAIR_SHARES,
    FORECASTS,
    RISING_CLUSTERS,
    TOP_CLUSTERS,
    WEEK_OVERVIEW,
    ClusterEntityRow,
    RankedClusterRow,
)
from zeitgraph.reports.report.claims import Draft
from zeitgraph.reports.report.evidence import AnyItem, Evidence, Item
from zeitgraph.reports.report.evidence_builder import KINDS_BY_INTEREST
from zeitgraph.reports.report.outline import Section
from zeitgraph.reports.report.rule_text import rule_text

T = TypeVar("T")
RowT = TypeVar("RowT", bound=Mapping[str, object])

OPEN, CLOSE = "⟦", "⟧"
"""They enclose the evidence at the end of a template's line; they are removed from names."""

MOST_ENTITIES = 3
"""How many entities a sentence lists."""

RUNNERS_UP = 2
"""How many clusters are named after the largest."""

LEAST_PROBABILITY = 0.05
"""A sentence lists an entity only if at least this share of the cluster's posts show it."""

HIDING_STATES = frozenset({TrendState.SEASONAL, TrendState.BOT_SUSPECT})
"""States that take precedence over a rise or fall, and so may hide one."""


def template_drafts(section: Section, evidence: Evidence) -> list[Draft]:
    """The drafts of one section, one for each line that its template gives."""
    template = _environment(evidence.lang).get_template(f"{section.kind}.jinja")
    variant = _variants(evidence.week, section.key)
    text = template.render(variant=variant, cite=_cite, **_figures(section, evidence))
    return [_draft(line) for line in text.splitlines() if line.strip()]


@cache
def _environment(lang: str) -> jinja2.Environment:
    folder = prompt_folder() / lang / "sentences"
    environment = words_environment(lang, loader=jinja2.FileSystemLoader(folder))
    share = labels(lang)["list"]["share"]
    environment.filters["shares"] = lambda rows, column: listing(
        [share.format(row["display_name"], percent(row[column])) for row in rows], lang
    )
    return environment


def _variants(week: str, key: str) -> Callable[..., int]:
    """A function that chooses one of `count` phrasings.

    The choice is fixed for a week, a section and `about`, and varies over them.
    """

    def variant(count: int, about: str = "") -> int:
        return int(digest_json([week, key, about, count])[:8], 16) % count

    return variant


def _cite(*items: AnyItem) -> str:
    return f" {OPEN}{' '.join(item.evidence_id for item in items)}{CLOSE}"


def _draft(line: str) -> Draft:
    text, _, ids = line.rpartition(OPEN)
    return Draft(text.strip(), tuple(ids.rstrip().removesuffix(CLOSE).split()))


# -- the figures of every section ------------------------------------------------------------------


def _figures(section: Section, evidence: Evidence) -> dict[str, Any]:
    """The values that a template may use, by name.

    Names that end in `_item` are answers to cite, the others are rows and figures to write.
    """
    overview, overview_before = evidence.answers(WEEK_OVERVIEW)
    [rising], [fading] = evidence.answers(RISING_CLUSTERS), evidence.answers(FADING_CLUSTERS)
    [events] = evidence.answers(EVENTS)
    largest = evidence.answers(TOP_CLUSTERS)
    top = _rows(largest)
    tied = _tied(top, lambda row: percent(row["share"]))
    risen = [row for row in rising.rows if (row["growth"] or 0) > 0]
    fallen = [row for row in fading.rows if (row["growth"] or 0) < 0]
    featured = [row for row in top if row["cluster_id"] in evidence.featured]

    def named(rows: Iterable[Mapping[str, object]]) -> list[dict[str, Any]]:
        return [_named(row, evidence) for row in rows]

    figures: dict[str, Any] = {
        "overview_item": overview,
        "overview_before_item": overview_before,
        "now": _first(overview, {"posts": 0}),
        "before": _first(overview_before, {"posts": 0}),
        "largest_item": largest[0] if largest else events,
        "top": named(top),
        "tied": named(tied),
        "runners_up": named(top[len(tied) :][:RUNNERS_UP]),
        "rising_item": rising,
        "risen": named(risen),
        "risen_alone": _one_leads(risen, evidence.lang),
        "risen_from_nothing": any(row["growth"] is None for row in rising.rows),
        "fading_item": fading,
        "fallen": named(fallen),
        "fallen_alone": _one_leads(fallen, evidence.lang),
        "nothing_moved": _nothing_moved(top, rising, fading),
        "events_item": events,
        "events": named(events.rows),
        "born": named(row for row in events.rows if row["event"] == LineageEvent.BORN),
        "least_certain": next(iter(named(_widest(featured))), None),
    }
    figures |= _outlook_figures(evidence)
    return figures | (_cluster_figures(section.cluster_id, evidence) if section.cluster_id else {})


def _outlook_figures(evidence: Evidence) -> dict[str, Any]:
    """Forecasts, and the cluster whose share the weighting of posts changes most."""
    forecasts, fair_shares = evidence.answers(FORECASTS), evidence.answers(FAIR_SHARES)
    reweighted = max(
        _rows(fair_shares), key=lambda row: abs(row["fair_share"] - row["share"]), default=None
    )
    return {
        "forecast_item": next(iter(forecasts), None),
        "forecasts": [_named(row, evidence) for row in _rows(forecasts)],
        "fair_share_item": next(iter(fair_shares), None),
        "reweighted": _named(reweighted, evidence) if reweighted else None,
    }


def _nothing_moved(top: Sequence[RankedClusterRow], *moves: AnyItem) -> bool:
    """Whether shares were compared and none rose or fell, not even hidden by another state."""
    states = {row["state"] for row in top}
    moved = any(item.rows for item in moves) or not HIDING_STATES.isdisjoint(states)
    return bool(states - {TrendState.NOT_ENOUGH_DATA}) and not moved


def _tied(rows: Sequence[T], figure: Callable[[T], str]) -> list[T]:
    """The first rows of a ranking: all that show the same figure as the first."""
    return list(takewhile(lambda row: figure(row) == figure(rows[0]), rows))


def _one_leads(rows: Sequence[RankedClusterRow], lang: str) -> bool:
    """Whether exactly one row shows the strongest growth."""
    return len(_tied(rows, lambda row: gain(row["growth"] or 0, lang))) == 1


def _widest(rows: Sequence[RankedClusterRow]) -> list[RankedClusterRow]:
    """The row whose interval, as shown, is wider than every other; empty if none is."""

    def width(row: RankedClusterRow) -> float:
        low, high = row["share_low"] or 0.0, row["share_high"] or 0.0
        return round(rounded_percents(high) - rounded_percents(low), 1)

    ranked = sorted((r for r in rows if r["share_low"] is not None), key=width, reverse=True)
    return ranked[:1] if len(ranked) > 1 and width(ranked[0]) > width(ranked[1]) else []


# -- the figures of a cluster's section ------------------------------------------------------------


def _cluster_figures(cluster: str, evidence: Evidence) -> dict[str, Any]:
    history = evidence.answers(CLUSTER_HISTORY, cluster=cluster)[0]
    past = sorted(history.rows, key=lambda row: row["week"])
    shares = [row["share"] or 0.0 for row in past]
    best = past[shares.index(max(shares))]
    only_once = shares.count(shares[-1]) == 1
    top = _rows(evidence.answers(TOP_CLUSTERS))
    by_kind = {
        str(item.arguments["kind"]): item
        for item in evidence.answers(CLUSTER_ENTITIES, cluster=cluster)
    }
    return {
        "cluster": _named(next(row for row in top if row["cluster_id"] == cluster), evidence),
        "history_item": history,
        "past_weeks": round(history.derived["weeks"]),
        "run": round(history.derived.get("run", 0.0)),
        "points": history.derived.get("points", 0.0),
        "peak": shares[-1] == max(shares) and only_once,
        "trough": shares[-1] == min(shares) and only_once,
        "best": best if best["week"] != evidence.week else None,
        "entity_items": by_kind,
        "entities": {kind: _entities(by_kind.get(kind), evidence) for kind in KINDS_BY_INTEREST},
        **_rule_figures(cluster, evidence),
    }


def _entities(item: Item[ClusterEntityRow] | None, evidence: Evidence) -> list[dict[str, Any]]:
    """The most frequent entities of an answer, with the names a reader knows."""
    rows = item.rows if item else ()
    frequent = [row for row in rows if (row["probability"] or 0.0) >= LEAST_PROBABILITY]
    return [
        {**row, "display_name": _without_marks(evidence.display_name(row["entity_id"]))}
        for row in frequent[:MOST_ENTITIES]
    ]


def _rule_figures(cluster: str, evidence: Evidence) -> dict[str, Any]:
    """The rule that sets a cluster apart: its figures and its text.

    The text is empty if no rule is good enough; there is no rule without an answer.
    """
    for item in evidence.answers(CLUSTER_RULES, cluster=cluster):
        first, text = item.rows[0], _without_marks(rule_text(item.rows, evidence.lang))
        figures = {name: first[name] for name in ("precision", "recall", "posts", "members")}
        return {"rule_item": item, "rule": figures | {"text": text}}
    return {"rule_item": None, "rule": None}


# -- rows and names --------------------------------------------------------------------------------


def _rows(items: Iterable[Item[RowT]]) -> list[RowT]:
    return [row for item in items for row in item.rows]


def _first(item: AnyItem, default: Mapping[str, object]) -> Mapping[str, object]:
    return item.rows[0] if item.rows else default


def _named(row: Mapping[str, object], evidence: Evidence) -> dict[str, Any]:
    """A row with the names a reader knows: `display_name`, and `other` (empty without one)."""
    return {
        **row,
        "display_name": _without_marks(evidence.display_name(str(row["cluster_id"]))),
        "other": _without_marks(evidence.display_name(str(row.get("other_id") or ""))),
    }


def _without_marks(name: str) -> str:
    return name.replace(OPEN, "").replace(CLOSE, "")
