"""Entity disambiguation: the context of a name decides which of its candidates it means.

Input: a text and the names found in it. Output: for each name an entity or none, a score in [0, 1]
and the reason for the decision. This module does not know about tables or about how names are
found.

The evidence e(c) for a candidate c of a name is the sum of

    Σ w(t)  over the terms t of the text, outside all names, that are in the profile of c
    2       for each entity that the text names unambiguously and that is related to c
    3       if the words directly before or after the name suggest the kind of c («at X», «X said»)
    3       if c is a proper name and the case shows it («we love X», unlike «X is lovely»)
    3/2     if c is a common noun: most words are used as common nouns
    1/2     if c is of the kind that the recogniser assigned

minus the smallest such sum among the candidates, since evidence for all candidates alike decides
nothing. The profile of c contains the terms of its names and of its description and the cue words
of its kind, without function words. w(t) = 1 - ln df(t) / ln(N + 1), where df(t) is the number of
entities, among all N, whose names or description contain t: an inverse document frequency scaled to
(0, 1].

The score of c is e(c) / (1 + Σ e over all candidates): its share of the evidence, where the 1
reserves a share for «something else». Without evidence every score is 0; with equal evidence, the
scores of two candidates stay below 1/2.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log

from zeitgraph.kg.base.terms import EntityKind, LinkWay
from zeitgraph.kg.entities.catalogue import CASED_KINDS, Catalogue, normal_form
from zeitgraph.kg.entities.catalogue_files import Cues, Entity, Lexicon

RELATED_WEIGHT = 2.0
ADJACENT_WEIGHT = 3.0
CASING_WEIGHT = 3.0
NOUN_WEIGHT = 1.5
KIND_WEIGHT = 0.5

CONTEXT_LENGTH = 40
"""Characters of text that are read on each side of a name."""

HAN = "㐀-䶿一-鿿豈-﫿"
_RUNS = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+")
_BEFORE_A_CAPITAL = re.compile(rf"(?:\b[a-z][a-z'’]*[\s\"'“”‘’(,]*|[{HAN}][\s\"“”(《「]*)$")


def terms(text: str) -> frozenset[str]:
    """The terms of a text, in folded case: its words without a plural s, and Han bigrams.

    A word has at least two letters. A run of Han characters gives its overlapping pairs.
    """
    found: set[str] = set()
    for run in _RUNS.findall(normal_form(text)):
        if re.match(rf"[{HAN}]", run):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        elif len(run) > 1:
            found.add(run[:-1] if len(run) > 3 and run[-1] == "s" and run[-2] != "s" else run)
    return frozenset(found)


def has_proper_name_case(text: str, start: int, surface: str) -> bool:
    """Whether the capital of `surface`, at `text[start:]`, marks a proper name.

    It does after a word in small letters or after a Han character. It does not at the start of a
    sentence, in a title, or in a text in capitals.
    """
    before = text[max(0, start - CONTEXT_LENGTH) : start]
    return surface.istitle() and bool(_BEFORE_A_CAPITAL.search(before))


@dataclass(frozen=True)
class Name:
    """A name at `text[start:end]`; `kind` is empty if the recogniser did not assign one."""

    start: int
    end: int
    surface: str
    kind: str = ""


@dataclass(frozen=True)
class Choice:
    """The meaning of a name: an entity, a score in [0, 1], and the reason for the choice.

    `how` is `alias` (the name has one meaning), `context` (the text decides between several), `new`
    (the name is unknown) or `nil` (the text does not decide, or the entities with this name are of
    another kind). The score of `nil` is that of the best candidate.
    """

    entity: Entity | None
    score: float
    how: LinkWay


class Disambiguator:
    """Chooses among the candidates in `catalogue`; `words` are the cue words of each kind.

    A choice by context has at least the score `min_score`, in [0, 1]. Deterministic and stateless.
    """

    def __init__(self, catalogue: Catalogue, words: Lexicon, min_score: float) -> None:
        self.catalogue = catalogue
        self.min_score = min_score
        self._function = words.function
        self._cues = {kind: terms(" ".join(cue.around)) for kind, cue in words.cues.items()}
        self._adjacent = {kind: _adjacent_patterns(cue) for kind, cue in words.cues.items()}
        self._profile = lru_cache(maxsize=None)(self._compute_profile)

    def choose(self, text: str, names: Sequence[Name]) -> list[Choice]:
        """One choice per name, in the order of `names`; all names are in `text`."""
        candidates = [self._candidates(name) for name in names]
        certain = {
            found[0].entity_id
            for name, found in zip(names, candidates, strict=True)
            if len(found) == 1 and name.kind in ("", found[0].kind)
        }
        if all(len(found) <= 1 for found in candidates):
            around: frozenset[str] = frozenset()
        else:
            around = self._terms(text) - self._terms("\n".join(name.surface for name in names))
        return [
            self._choose(text, name, found, around, certain)
            for name, found in zip(names, candidates, strict=True)
        ]

    def _candidates(self, name: Name) -> Sequence[Entity]:
        found = self.catalogue.candidates(name.surface)
        if name.kind == EntityKind.HASHTAG:  # an entity of its own: #apple is not the fruit
            return [e for e in found if e.kind == EntityKind.HASHTAG]
        return found

    def _choose(
        self,
        text: str,
        name: Name,
        found: Sequence[Entity],
        around: frozenset[str],
        certain: set[str],
    ) -> Choice:
        possible = [e for e in found if name.kind in ("", e.kind)]
        if not possible:
            return Choice(None, 0.0, LinkWay.NIL if found else LinkWay.NEW)
        if len(found) == 1:
            return Choice(found[0], 1.0, LinkWay.ALIAS)
        evidence = self._evidence(text, name, found, around, certain)
        return self._weigh(possible, evidence)

    def _weigh(self, possible: Sequence[Entity], evidence: Mapping[Entity, float]) -> Choice:
        ranked = sorted(possible, key=lambda e: (-evidence[e], e.entity_id))
        best = evidence[ranked[0]]
        score = best / (1 + sum(evidence.values()))
        tied = len(ranked) > 1 and evidence[ranked[1]] == best
        if best == 0 or tied or score < self.min_score:
            return Choice(None, score, LinkWay.NIL)
        return Choice(ranked[0], score, LinkWay.CONTEXT)

    # -- evidence ----------------------------------------------------------------------------

    def _evidence(
        self,
        text: str,
        name: Name,
        found: Sequence[Entity],
        around: frozenset[str],
        certain: set[str],
    ) -> dict[Entity, float]:
        for_kinds = self._evidence_for_kinds(text, name)
        evidence = {
            e: sum(self._weight(term) for term in sorted(around & self._profile(e)))
            + RELATED_WEIGHT * sum(self._are_related(e, other) for other in certain)
            + for_kinds[e.kind]
            for e in found
        }
        least = min(evidence.values())
        return {e: total - least for e, total in evidence.items()}

    def _evidence_for_kinds(self, text: str, name: Name) -> dict[str, float]:
        left = text[max(0, name.start - CONTEXT_LENGTH) : name.start].casefold().rstrip()
        right = text[name.end : name.end + CONTEXT_LENGTH].casefold().lstrip()
        proper = has_proper_name_case(text, name.start, name.surface)
        evidence: dict[str, float] = {}
        for kind in EntityKind:
            before, after = self._adjacent.get(kind, _NO_ADJACENT)
            evidence[kind] = (
                ADJACENT_WEIGHT * bool(before.search(left) or after.match(right))
                + (CASING_WEIGHT * proper if kind in CASED_KINDS else NOUN_WEIGHT)
                + KIND_WEIGHT * (kind == name.kind)
            )
        return evidence

    def _are_related(self, entity: Entity, other: str) -> bool:
        known = self.catalogue.entities
        return other in entity.related or entity.entity_id in known[other].related

    def _terms(self, text: str) -> frozenset[str]:
        return terms(text) - self._function

    def _own_terms(self, entity: Entity) -> frozenset[str]:
        return self._terms("\n".join([*entity.names, entity.description]))

    def _compute_profile(self, entity: Entity) -> frozenset[str]:
        return self._own_terms(entity) | self._cues.get(entity.kind, frozenset())

    def _weight(self, term: str) -> float:
        frequency = max(1, self._frequencies[term])  # a cue word may occur in no entity
        return 1 - log(frequency) / log(len(self.catalogue.entities) + 1)

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(t for e in self.catalogue.entities.values() for t in self._own_terms(e))


Patterns = tuple[re.Pattern[str], re.Pattern[str]]
_NEVER = r"(?!)"
_NO_ADJACENT: Patterns = (re.compile(_NEVER), re.compile(_NEVER))


def _adjacent_patterns(cue: Cues) -> Patterns:
    """Patterns for the end of the casefolded text before a name, and the start of that after it."""
    before = "|".join(map(re.escape, cue.before)) or _NEVER
    after = "|".join(map(re.escape, cue.after)) or _NEVER
    return re.compile(rf"(?<![a-z])(?:{before})$"), re.compile(rf"(?:{after})(?![a-z])")
