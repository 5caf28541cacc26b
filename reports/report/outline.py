"""The outline of a report: its sections, and the evidence that each of them may cite.

Input: the evidence. Output: sections in reading order. Both writers, the language model and the
templates, fill the same outline. This module does not know about sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zeitgraph.reports.page.formatting import labels
from zeitgraph.reports.report.canned_questions import (
    CLUSTER_ENTITIES,
    CLUSTER_HISTORY,
    CLUSTER_POSTS,
    CLUSTER_RULES,
    EVENTS,
    FADING_CLUSTERS,
    FAIR_SHARES,
    FORECASTS,
    RISING_CLUSTERS,
    STYLE_OBJECT_SCENE,
    TOP_CLUSTERS,
    WEEK_OVERVIEW,
    CannedQuestion,
)
from zeitgraph.reports.report.evidence import AnyItem, Evidence


@dataclass(frozen=True)
class Section:
    """One section: `key` names it in the claims (`cluster:c-12ab…`), `kind` names its template."""

    key: str
    kind: str
    items: tuple[AnyItem, ...]
    cluster_id: str = ""


MOVES: tuple[CannedQuestion[Any], ...] = (RISING_CLUSTERS, FADING_CLUSTERS, EVENTS)
SUMMARY = (WEEK_OVERVIEW, TOP_CLUSTERS, *MOVES, STYLE_OBJECT_SCENE)
WATCH = (TOP_CLUSTERS, *MOVES, FORECASTS, FAIR_SHARES)
CLUSTER: tuple[CannedQuestion[Any], ...] = (
    CLUSTER_HISTORY,
    CLUSTER_RULES,
    CLUSTER_ENTITIES,
    CLUSTER_POSTS,
)


def outline(evidence: Evidence) -> list[Section]:
    """Summary, what moved, one section for each featured cluster, and what to watch."""
    clusters = [_cluster_section(evidence, cluster) for cluster in evidence.featured]
    histories = evidence.answers(CLUSTER_HISTORY)
    return [
        Section("summary", "summary", _items(evidence, SUMMARY)),
        Section("moves", "moves", (*_items(evidence, MOVES), *histories)),
        *clusters,
        Section("watch", "watch", (*_items(evidence, WATCH), *histories)),
    ]


def section_title(section: Section, evidence: Evidence) -> str:
    """The heading of a section in the report's language."""
    if section.cluster_id:
        return evidence.display_name(section.cluster_id)
    return str(labels(evidence.lang)["page"][section.kind])


def _items(evidence: Evidence, questions: Iterable[CannedQuestion[Any]]) -> tuple[AnyItem, ...]:
    return tuple(item for question in questions for item in evidence.answers(question))


def _cluster_section(evidence: Evidence, cluster: str) -> Section:
    own = [item for q in CLUSTER for item in evidence.answers(q, cluster=cluster)]
    week = [item for item in evidence.answers(TOP_CLUSTERS) if cluster in item.about]
    triples = [item for item in evidence.answers(STYLE_OBJECT_SCENE) if cluster in item.about]
    return Section(f"cluster:{cluster}", "cluster", (*week, *own, *triples), cluster)
