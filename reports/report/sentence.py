"""A draft sentence taken apart for the checker: names, quantities, clauses, and the facts in scope.

Input: a draft, the evidence, and the cluster that the section is about. Output: a `Sentence` whose
properties the rules of `claim_check` read. This module does not judge.
"""

import re
from functools import cached_property
from itertools import pairwise

from zeitgraph.reports.report.claims import Draft
from zeitgraph.reports.report.evidence import CLUSTER_KIND, AnyItem, Evidence, Fact
from zeitgraph.reports.report.lexicon import Span, blank, checker_words, find_words
from zeitgraph.reports.report.name_spans import NameSpan, find_names
from zeitgraph.reports.report.quantities import Quantity, read_quantities


class Sentence:
    """A draft taken apart; `subject` is the cluster that a sentence without names is about."""

    def __init__(self, draft: Draft, evidence: Evidence, subject: str = "") -> None:
        self.text, self.cited, self.evidence = draft.text, draft.evidence, evidence
        self.subject = frozenset({subject} - {""})
        self.items: list[AnyItem] = [i for e in draft.evidence if (i := evidence.item(e))]

    @cached_property
    def quotes(self) -> list[Span]:
        """Words in “quotation marks” that a rule in the evidence contains: quoted, not asserted."""
        words = {str(row["word"]) for i in self.items for row in i.rows if row.get("word")}
        return [m.span() for m in re.finditer("“([^“”]*)”", self.text) if m[1] in words]

    @cached_property
    def names(self) -> list[NameSpan]:
        """The names that the sentence asserts, in reading order."""
        quoted = self.quotes
        return [
            named
            for named in find_names(self.text, self.evidence)
            if not any(start <= named.start < end for start, end in quoted)
        ]

    @cached_property
    def names_and_quotes(self) -> list[Span]:
        """The spans of names and quotations, in which nothing else is read."""
        return [*((n.start, n.end) for n in self.names), *self.quotes]

    @cached_property
    def quantities(self) -> list[Quantity]:
        """The numbers of the sentence, in reading order."""
        return read_quantities(self.text, self.names_and_quotes)

    @cached_property
    def facts(self) -> list[Fact]:
        """All facts of the cited evidence."""
        return [fact for item in self.items for fact in item.facts]

    @cached_property
    def clauses(self) -> list[Span]:
        """The sentence cut into clauses, each of which states one thing."""
        words = checker_words()["clause"]
        taken = [*self.names_and_quotes, *((q.start, q.end) for q in self.quantities)]
        text = blank(self.text, taken)
        if find_words(text, words["together"]):
            return [(0, len(text))]
        cuts = [0, *(start for start, _ in find_words(text, words["breaks"])), len(text)]
        return list(pairwise(cuts))

    def clause_at(self, place: int) -> Span:
        """The clause that holds the character at `place`."""
        return next(c for c in reversed(self.clauses) if c[0] <= place)

    def ids_of(self, clause: Span) -> frozenset[str]:
        """The ids that a clause is about.

        These are the names in it; if it has none, those in the nearest earlier clause with names;
        if the sentence has no name at all, the subject of the section.
        """
        inside = [n for n in self.names if clause[0] <= n.start < clause[1]]
        earlier = [n for n in self.names if n.start < clause[0]]
        if not inside and earlier:
            last = self.clause_at(earlier[-1].start)
            inside = [n for n in earlier if n.start >= last[0]]
        if not self.names:
            return self.subject
        return frozenset[str]().union(*(n.ids for n in inside))

    def in_scope(self, clause: Span, *, total: bool = False) -> list[Fact]:
        """The facts whose numbers the clause may state.

        A clause that is about nothing in particular may state the week's own numbers, and those of
        everything that the sentence names elsewhere. `total` allows the week's own numbers in any
        clause.
        """
        clause_ids = self.ids_of(clause)
        all_ids = frozenset[str]().union(self.subject, *(n.ids for n in self.names))
        clusters = {i for n in self.names for i in n.ids if self._kind(i) == CLUSTER_KIND}
        around = clusters or self.subject

        def allows(fact: Fact) -> bool:
            if fact.context and around and not fact.context & around:
                return False
            if not fact.focus:
                return total or not clause_ids or bool(fact.context)
            if fact.min_named > 1:
                hits = sum(bool(n.ids & fact.focus) for n in self.names) + bool(
                    self.subject & fact.focus
                )
                return hits >= fact.min_named
            return bool(fact.focus & (clause_ids or all_ids)) or not all_ids

        return [fact for fact in self.facts if allows(fact)]

    def _kind(self, node_id: str) -> str:
        known = self.evidence.known.get(node_id)
        return known.kind if known else ""
