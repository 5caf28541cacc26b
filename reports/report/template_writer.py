"""The plain writer: a report with no model.

In: the evidence and a section of the outline. Out: drafts, made from the sentences in
`prompts/report/{lang}/plain/*.jinja`, which vary by week and cluster and name their evidence. Which
sentence fits is decided in the templates; this module only lays out the figures for them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any

import jinja2

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.reports.page.formatting import (
    gain,
    labels,
    listing,
    percent,
    prompt_folder,
    shown,
    words_environment,
)
from zeitgraph.reports.report.claim_check import Draft
from zeitgraph.reports.report.evidence import ENTITY_KINDS, Evidence, Item, Row
from zeitgraph.reports.report.outline import Section
from zeitgraph.reports.report.rule_text import rule_text

OPEN, CLOSE = "⟦", "⟧"
"""Around the evidence at the end of a template's line; taken out of names."""

SHOWN = 3
"""How many entities a sentence lists."""

AFTER = 2
"""How many styles are named behind the largest."""

NOT_COMPARED = "not-enough-data"
HIDE = frozenset({"seasonal", "bot-suspect"})
"""States that are told before a rise or fall, and may hide one."""

LIKELY = 0.05
"""An entity seen in a smaller part of a cluster's posts is not worth a sentence."""


def write_plainly(section: Section, evidence: Evidence) -> list[Draft]:
    """The drafts of one section, one for each line that its template gives."""
    template = _environment(evidence.lang).get_template(f"{section.kind}.jinja")
    turn = _turns(evidence.week, section.key)
    text = template.render(turn=turn, cite=_cite, **_figures(section, evidence))
    return [_draft(line) for line in text.splitlines() if line.strip()]


@cache
def _environment(lang: str) -> jinja2.Environment:
    folder = prompt_folder() / lang / "plain"
    environment = words_environment(lang, loader=jinja2.FileSystemLoader(folder))
    share = labels(lang)["list"]["share"]
    environment.filters["shares"] = lambda rows, column: listing(
        [share.format(row["called"], percent(row[column])) for row in rows], lang
    )
    return environment


def _turns(week: str, key: str) -> Callable[..., int]:
    """A choice among `count` phrasings: fixed for a week, section and `about`, varied over them."""

    def turn(count: int, about: str = "") -> int:
        return int(digest_json([week, key, about, count])[:8], 16) % count

    return turn


def _cite(*items: Item) -> str:
    return f" {OPEN}{' '.join(item.evidence_id for item in items)}{CLOSE}"


def _draft(line: str) -> Draft:
    text, _, ids = line.rpartition(OPEN)
    return Draft(text.strip(), tuple(ids.rstrip().removesuffix(CLOSE).split()))


def _figures(section: Section, evidence: Evidence) -> dict[str, Any]:
    """What the templates may say, by the names they use."""
    overviews = evidence.answers("week_overview")
    rising, fading = (evidence.answers(f"{way}_clusters")[0] for way in ("rising", "fading"))
    happened = evidence.answers("events")[0]
    figures: dict[str, Any] = {
        "overview": overviews[0],
        "earlier": overviews[1],
        "now": _first(overviews[0], "posts"),
        "before": _first(overviews[1], "posts"),
        "largest": (evidence.answers("top_clusters") or [happened])[0],
        "top": _named(evidence, evidence.answers("top_clusters")),
        "rising": rising,
        "risen": [r for r in _named(evidence, [rising]) if (r["growth"] or 0) > 0],
        "fading": fading,
        "fallen": [r for r in _named(evidence, [fading]) if (r["growth"] or 0) < 0],
        "happened": happened,
        "events": _named(evidence, [happened]),
    }
    figures["coming"] = evidence.answers("forecasts")
    figures["foretold"] = _named(evidence, figures["coming"])
    figures["balanced"] = evidence.answers("fair_shares")
    figures["unlike"] = max(
        _named(evidence, figures["balanced"]),
        key=lambda r: abs(r["fair_share"] - r["share"]),
        default=None,
    )
    figures["born"] = [row for row in figures["events"] if row["event"] == "born"]
    figures["level"] = _level(figures["top"], lambda row: percent(row["share"]))
    figures["behind"] = figures["top"][len(figures["level"]) :][:AFTER]
    for way in ("risen", "fallen"):
        first = _level(figures[way], lambda row: gain(row["growth"], evidence.lang))
        figures[f"{way}_alone"] = len(first) == 1
    figures["risen_from_nothing"] = any(row["growth"] is None for row in rising.rows)
    figures["nothing_moved"] = _nothing_moved(figures["top"], rising, fading)
    figures["uncertain"] = _widest([r for r in figures["top"] if r["cluster_id"] in evidence.told])
    return figures | (_cluster_figures(section, evidence, figures) if section.cluster_id else {})


def _nothing_moved(top: Sequence[Row], *moves: Item) -> bool:
    """Whether shares were compared, and none was told to have risen or fallen, or may have."""
    states = {row["state"] for row in top}
    moved = any(item.rows for item in moves) or not HIDE.isdisjoint(states)
    return bool(states - {NOT_COMPARED}) and not moved


def _level(rows: Sequence[Row], told: Callable[[Row], str]) -> list[Row]:
    """The first rows of a ranking, those told with the figure of the first of them."""
    return list(takewhile(lambda row: told(row) == told(rows[0]), rows))


def _widest(rows: Sequence[Row]) -> Row | None:
    """The row whose interval is wider, as shown, than that of every other; None where none is."""

    def width(row: Row) -> float:
        return round(shown(row["share_high"]) - shown(row["share_low"]), 1)

    whole = sorted((r for r in rows if r["share_low"] is not None), key=width, reverse=True)
    return whole[0] if len(whole) > 1 and width(whole[0]) > width(whole[1]) else None


def _cluster_figures(
    section: Section, evidence: Evidence, figures: Mapping[str, Any]
) -> dict[str, Any]:
    cluster = section.cluster_id
    history = evidence.answers("cluster_history", cluster=cluster)[0]
    asked = {
        str(i.arguments["kind"]): i for i in evidence.answers("cluster_entities", cluster=cluster)
    }
    past = sorted(history.rows, key=lambda row: str(row["week"]))
    shares = [row["share"] or 0.0 for row in past]
    best = past[shares.index(max(shares))]
    return {
        "c": next(row for row in figures["top"] if row["cluster_id"] == cluster),
        "history": history,
        "past_weeks": round(history.derived["weeks"]),
        "run": round(history.derived.get("run", 0.0)),
        "points": history.derived.get("points", 0.0),
        "peak": shares[-1] == max(shares) and shares.count(shares[-1]) == 1,
        "trough": shares[-1] == min(shares) and shares.count(shares[-1]) == 1,
        "best": best if best["week"] != evidence.week else None,
        "asked": asked,
        **_rule_figures(evidence, cluster),
        "entities": {
            kind: [
                row | {"called": _plain(evidence.called(str(row["entity_id"])))}
                for row in (dict(r) for r in (asked[kind].rows if kind in asked else ()))
                if (row["probability"] or 0.0) >= LIKELY
            ][:SHOWN]
            for kind in ENTITY_KINDS
        },
    }


def _rule_figures(evidence: Evidence, cluster: str) -> dict[str, Any]:
    """The rule that sets a cluster apart: its text (empty where none is good enough), figures."""
    for item in evidence.answers("cluster_rules", cluster=cluster):
        first, text = item.rows[0], _plain(rule_text(item.rows, evidence.lang))
        told = {name: first[name] for name in ("precision", "recall", "posts", "members")}
        return {"rules": item, "rule": told | {"text": text}}
    return {"rules": None, "rule": None}


def _first(item: Item, column: str) -> Mapping[str, Any]:
    return item.rows[0] if item.rows else {column: 0}


def _named(evidence: Evidence, items: Sequence[Item]) -> list[dict[str, Any]]:
    """The rows with the names a reader knows: `called`, and `other` where there is one."""
    return [
        {
            **row,
            "called": _plain(evidence.called(str(row["cluster_id"]))),
            "other": _plain(evidence.called(str(row.get("other_id") or ""))),
        }
        for item in items
        for row in item.rows
    ]


def _plain(name: str) -> str:
    return name.replace(OPEN, "").replace(CLOSE, "")
