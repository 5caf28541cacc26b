"""Numbered evidence: everything that a report of one week may say.

`Evidence` holds items E1, E2, …: each is the answer to one canned question with its arguments, its
rows, and the numbers in the rows as `Fact`s (a value, its measure, and the cluster or entity that
it belongs to). This module is plain data: it does not know how evidence is collected or written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, cast

from zeitgraph.reports.page.formatting import one_line
from zeitgraph.reports.report.canned_questions import CannedQuestion, RowT_co


@dataclass(frozen=True)
class Fact:
    """One number: `value` of `measure` about `focus` in `week`.

    `focus` holds the ids that the number belongs to (empty: the whole week), `context` the ids that
    also restrict it. A sentence must name at least `min_named` of the focus to state the number.

    Measures: posts, clusters, entities, rows, weeks, rank and run (weeks in a row) are counts;
    share is in [0, 1]; growth is a fraction (0.4 is a share 40 % above its mean of the weeks
    before); points is a difference of shares; bound is a limit in a rule; heat and measure have no
    unit.
    """

    measure: str
    value: float
    week: str
    focus: frozenset[str] = frozenset()
    context: frozenset[str] = frozenset()
    min_named: int = 1


@dataclass(frozen=True)
class Item(Generic[RowT_co]):
    """One numbered answer.

    `about` holds the ids of everything that its rows and arguments name; `derived` holds figures
    that were counted from the rows, by name.
    """

    evidence_id: str
    question: str
    arguments: Mapping[str, str | int]
    columns: tuple[str, ...]
    rows: tuple[RowT_co, ...]
    facts: tuple[Fact, ...]
    derived: Mapping[str, float]
    about: frozenset[str]


AnyItem = Item[Mapping[str, object]]
"""An answer to any question, where the columns do not matter."""


CLUSTER_KIND = "cluster"
"""The `kind` of a cluster's name; that of an entity is an `EntityKind`."""


@dataclass(frozen=True)
class KnownName:
    """The names of a cluster or entity of the graph; `name_en` and `name_zh` may be empty."""

    node_id: str
    kind: str
    name: str
    name_en: str
    name_zh: str

    def display_name(self, lang: str) -> str:
        """The name for a reader of `lang`, on one line."""
        own = self.name_zh if lang == "zh" else self.name_en
        return one_line(own or self.name)

    def all_names(self) -> set[str]:
        """Every name of the node, each on one line."""
        return {one_line(n) for n in (self.name, self.name_en, self.name_zh)} - {""}


@dataclass(frozen=True)
class Evidence:
    """Everything that a report of `week` in `lang` may say.

    `known` holds the names of clusters and entities by id. `featured` holds the ids of the clusters
    that get a section of their own, the largest first.
    """

    week: str
    lang: str
    items: tuple[AnyItem, ...]
    known: Mapping[str, KnownName]
    featured: tuple[str, ...]

    def item(self, evidence_id: str) -> AnyItem | None:
        """The item with this number, or None if there is none."""
        return next((item for item in self.items if item.evidence_id == evidence_id), None)

    def answers(
        self, question: CannedQuestion[RowT_co], **arguments: str | int
    ) -> list[Item[RowT_co]]:
        """The items that answer `question` with at least these arguments, in their order."""
        wanted = arguments.items()
        found = (
            item
            for item in self.items
            if item.question == question.name and wanted <= item.arguments.items()
        )
        return [cast("Item[RowT_co]", item) for item in found]

    def display_name(self, node_id: str) -> str:
        """The name of a cluster or entity in the report's language; the id itself if unknown."""
        known = self.known.get(node_id)
        return known.display_name(self.lang) if known else one_line(node_id)
