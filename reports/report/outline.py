"""The outline of a report: its sections, and which evidence each of them may name.

In: the evidence. Out: sections in reading order. Both writers, the model and the plain one, fill
the same outline. Knows nothing about sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from zeitgraph.reports.page.formatting import labels
from zeitgraph.reports.report.evidence import Evidence, Item


@dataclass(frozen=True)
class Section:
    """One section: `key` names it in the claims (`cluster:c-12ab…`), `kind` its template."""

    key: str
    kind: str
    items: tuple[Item, ...]
    cluster_id: str = ""


WEEK = ("week_overview", "top_clusters", "rising_clusters", "fading_clusters", "events")
MOVES = ("rising_clusters", "fading_clusters", "events")
WATCHED = ("top_clusters", *MOVES, "forecasts", "fair_shares")
CLUSTER = ("cluster_history", "cluster_rules", "cluster_entities", "cluster_posts")


def outline(evidence: Evidence) -> list[Section]:
    """Summary, what moved, one section for each cluster told about, and what to watch."""
    clusters = [_cluster_section(evidence, cluster) for cluster in evidence.told]
    histories = evidence.answers("cluster_history")
    return [
        Section("summary", "summary", _asked(evidence, (*WEEK, "style_object_scene"))),
        Section("moves", "moves", (*_asked(evidence, MOVES), *histories)),
        *clusters,
        Section("watch", "watch", (*_asked(evidence, WATCHED), *histories)),
    ]


def section_title(section: Section, evidence: Evidence) -> str:
    """The heading of a section in the report's language."""
    if section.cluster_id:
        return evidence.called(section.cluster_id)
    return str(labels(evidence.lang)["page"][section.kind])


def _asked(evidence: Evidence, questions: Iterable[str]) -> tuple[Item, ...]:
    return tuple(item for question in questions for item in evidence.answers(question))


def _cluster_section(evidence: Evidence, cluster: str) -> Section:
    own = [i for question in CLUSTER for i in evidence.answers(question, cluster=cluster)]
    week = [i for i in evidence.answers("top_clusters") if cluster in i.about]
    triples = [i for i in evidence.answers("style_object_scene") if cluster in i.about]
    return Section(f"cluster:{cluster}", "cluster", (*week, *own, *triples), cluster)
