"""Recognisers find the spans of a text that name something. The settings choose one by name.

Input: texts. Output: for each text, spans that do not overlap, except for hashtags and the names
inside them. A recogniser is made from a `Workspace`, which gives it settings and catalogue. This
module does not know about tables or linking.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zeitgraph.kg.base.plugins import choose_part
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True, order=True)
class Span:
    """`text[start:end]`, in Python string offsets, names something of `kind`; it is not empty."""

    start: int
    end: int
    kind: str


class Recogniser(Protocol):
    """Finds names in texts."""

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in order; `langs` are codes such as `en`, empty if unknown.

        The spans of a text do not depend on the other texts.
        """
        ...


RECOGNISERS: Mapping[str, str] = {
    "rules": "zeitgraph.extraction.names.rule_recogniser:rules_of",
    "spacy": "zeitgraph.extraction.names.model_recognisers:spacy_of",
    "transformers": "zeitgraph.extraction.names.model_recognisers:transformers_of",
}
"""For each name, the function that makes a `Recogniser` from a `Workspace`."""


def recognisers_of(workspace: Workspace) -> list[Recogniser]:
    """The rules, and the recogniser of the settings if that is another one.

    Raises `UnknownName` if no recogniser has that name, `MissingPart` if a package is missing.
    """
    names = dict.fromkeys(["rules", workspace.settings.entities.recogniser])
    return [choose_part("recogniser", name, RECOGNISERS)(workspace) for name in names]


def longest_first(spans: Iterable[Span]) -> list[Span]:
    """Spans that do not overlap, in order: the longer one wins, then the one given first."""
    taken: set[int] = set()
    kept = []
    for span in sorted(spans, key=lambda s: s.start - s.end):
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(span)
    return sorted(kept)
