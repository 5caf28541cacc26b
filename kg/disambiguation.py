"""Which of its candidates a name in a text means, told by the words and names around it.

Comes in: a text and the names found in it. Goes out: for each name an entity or none, a score in
[0, 1] and the way it was decided. Knows nothing about tables or how the names were found.

The evidence e(c) for a candidate c of a name is

    Σ w(t)  over terms t of the text, outside the name, that stand in the profile of c
    + 2     for each entity named unambiguously in the text that is related to c
    + 1     if the words just before or after the name go with the kind of c («at X», «X said»)
    + 1/2   if c is of the kind that the recogniser saw, and another candidate is not

where the profile of c is the terms of its names, its description, the names of its related entities
and the cue words of its kind, without function words and without what all the candidates share; and
w(t) = 1 - ln df(t) / ln(N + 1), with df(t) the number of profiles among all N that hold t: an inverse
document frequency scaled to (0, 1]. The score of c is e(c) / (1 + Σ e over all candidates), its share
of the evidence, with one count kept for «something else». With no evidence every score is 0, and two
candidates with the same evidence stay below 1/2.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log

from zeitgraph.kg.catalogue import Catalogue, normal_form
from zeitgraph.kg.catalogue_files import Cues, Entity, Lexicon

RELATED_WEIGHT = 2.0
BESIDE_WEIGHT = 1.0
KIND_WEIGHT = 0.5

_BESIDE = 24  # characters looked at on either side
_HAN = "㐀-䶿一-鿿豈-﫿"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+")


def terms(text: str) -> frozenset[str]:
    """What a text is about: its words without a plural s, and the pairs of its Han characters."""
    found: set[str] = set()
    for run in _RUNS.findall(normal_form(text)):
        if re.match(rf"[{_HAN}]", run):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        elif len(run) > 1:
            found.add(run[:-1] if len(run) > 3 and run[-1] == "s" and run[-2] != "s" else run)
    return frozenset(found)


@dataclass(frozen=True)
class Name:
    """A name at `text[start:end]`; `kind` is empty where the recogniser leaves it open."""

    start: int
    end: int
    surface: str
    kind: str = ""


def _beside_pattern(cue: Cues) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What a text before a name ends with, and what a text after it begins with."""
    before = "|".join(re.escape(word) for word in cue.before) or r"(?!)"
    after = "|".join(re.escape(word) for word in cue.after) or r"(?!)"
    latin = "[a-z]"
    return re.compile(rf"(?<!{latin})(?:{before})$"), re.compile(rf"(?:{after})(?!{latin})")


@dataclass(frozen=True)
class Choice:
    """What a name means.

    `how` is alias (it has one meaning), context (the text decides between several), new (nothing is
    known by this name) or nil (nothing decides, or what has this name is of another kind). The
    score of a nil is that of the best candidate.
    """

    entity: Entity | None
    score: float
    how: str


class Disambiguator:
    """Chooses among the candidates of `catalogue`; `words` tell what speaks for a kind.

    A choice by context scores at least `min_score`, in [0, 1]. Deterministic, and without state.
    """

    def __init__(self, catalogue: Catalogue, words: Lexicon, min_score: float) -> None:
        self.catalogue = catalogue
        self.min_score = min_score
        self._function = words.function
        self._cues = {kind: terms(" ".join(cue.around)) for kind, cue in words.cues.items()}
        self._beside = {kind: _beside_pattern(cue) for kind, cue in words.cues.items()}
        self._profile = lru_cache(maxsize=None)(self._compute_profile)

    def choose(self, text: str, names: Sequence[Name]) -> list[Choice]:
        """A choice for each of the names of one text, in their order."""
        candidates = [self._candidates(name) for name in names]
        certain = {
            found[0].entity_id
            for name, found in zip(names, candidates, strict=True)
            if len(found) == 1 and name.kind in ("", found[0].kind)
        }
        around = self._terms(text) if any(len(found) > 1 for found in candidates) else frozenset()
        return [
            self._choose(text, name, found, around - terms(name.surface), certain)
            for name, found in zip(names, candidates, strict=True)
        ]

    def _terms(self, text: str) -> frozenset[str]:
        return terms(text) - self._function

    def _candidates(self, name: Name) -> Sequence[Entity]:
        found = self.catalogue.candidates(name.surface)
        if name.kind == "hashtag":  # a hashtag is an entity of its own: #apple is no fruit
            return [e for e in found if e.kind == "hashtag"]
        return found

    def _choose(
        self,
        text: str,
        name: Name,
        found: Sequence[Entity],
        around: frozenset[str],
        certain: set[str],
    ) -> Choice:
        if not found:
            return Choice(None, 0.0, "new")
        possible = [e for e in found if name.kind in ("", e.kind)]
        if not possible:
            return Choice(None, 0.0, "nil")
        if len(found) == 1:
            return Choice(found[0], 1.0, "alias")
        kinds = self._kinds_beside(text, name)
        evidence = self._evidence(name, found, around, certain, kinds)
        total = 1 + sum(evidence.values())
        ranked = sorted(possible, key=lambda e: (-evidence[e.entity_id], e.entity_id))
        best = evidence[ranked[0].entity_id]
        tied = len(ranked) > 1 and evidence[ranked[1].entity_id] == best
        if best == 0 or tied or best / total < self.min_score:
            return Choice(None, best / total, "nil")
        return Choice(ranked[0], best / total, "context")

    def _kinds_beside(self, text: str, name: Name) -> set[str]:
        """The kinds that the words just before or after the name go with."""
        left = text[max(0, name.start - _BESIDE) : name.start].casefold().rstrip()
        right = text[name.end : name.end + _BESIDE].casefold().lstrip()
        return {
            kind
            for kind, (before, after) in self._beside.items()
            if before.search(left) or after.match(right)
        }

    def _evidence(
        self,
        name: Name,
        found: Sequence[Entity],
        around: frozenset[str],
        certain: set[str],
        beside: set[str],
    ) -> dict[str, float]:
        profiles = {e.entity_id: self._profile(e.entity_id) for e in found}
        shared = frozenset.intersection(*profiles.values())
        several_kinds = len({e.kind for e in found}) > 1
        return {
            e.entity_id: sum(
                self._weight(t) for t in sorted(around & profiles[e.entity_id] - shared)
            )
            + RELATED_WEIGHT * sum(self._are_related(e, other) for other in certain)
            + BESIDE_WEIGHT * (several_kinds and e.kind in beside)
            + KIND_WEIGHT * (several_kinds and e.kind == name.kind)
            for e in found
        }

    def _are_related(self, entity: Entity, other: str) -> bool:
        return other in entity.related or entity.entity_id in self.catalogue.entities[other].related

    def _compute_profile(self, entity_id: str) -> frozenset[str]:
        entity = self.catalogue.entities[entity_id]
        return self._own_terms(entity) | self._cues.get(entity.kind, frozenset())

    def _own_terms(self, entity: Entity) -> frozenset[str]:
        known = self.catalogue.entities
        near = [name for i in entity.related if i in known for name in known[i].names]
        return self._terms("\n".join([*entity.names, entity.description, *near]))

    def _weight(self, term: str) -> float:
        frequency = max(1, self._frequencies[term])
        return 1 - log(frequency) / log(len(self.catalogue.entities) + 1)

    @cached_property
    def _frequencies(self) -> Counter[str]:
        """In how many profiles each term stands, cue words apart."""
        return Counter(t for e in self.catalogue.entities.values() for t in self._own_terms(e))
