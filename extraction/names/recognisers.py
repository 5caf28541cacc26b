"""Recognisers: what finds spans of text that name something, and the table they are chosen from.

A recogniser gets texts and gives, for each, spans that do not overlap but for hashtags and what
stands inside them. It is made of a `Workspace`, from which it takes its settings and what is known
there. Knows nothing about tables or linking.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zeitgraph.kg.base.plugins import choose_part
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True, order=True)
class Span:
    """`text[start:end]`, in Python string offsets, names something of `kind`; never empty."""

    start: int
    end: int
    kind: str


class Recogniser(Protocol):
    """Finds names in texts: small enough to be written by anybody."""

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in order; `langs` are `en`, `zh` or another code, as known.

        The answer for one text does not depend on the others.
        """
        ...


RECOGNISERS: Mapping[str, str] = {
    "rules": "zeitgraph.extraction.names.rule_recogniser:rules_of",
    "spacy": "zeitgraph.extraction.names.model_recognisers:spacy_of",
    "transformers": "zeitgraph.extraction.names.model_recognisers:transformers_of",
}
"""Functions from a `Workspace` to a `Recogniser`."""


def recognisers_of(workspace: Workspace) -> list[Recogniser]:
    """The rules, and the recogniser of the settings if that is another.

    Raises `UnknownName` or `MissingPart` where it cannot be had.
    """
    names = dict.fromkeys(["rules", workspace.settings.entities.recogniser])
    return [choose_part("recogniser", name, RECOGNISERS)(workspace) for name in names]


def longest_first(spans: Iterable[Span]) -> list[Span]:
    """Spans that do not overlap, in order: the longer wins, then the one given first."""
    taken: set[int] = set()
    kept = []
    for span in sorted(spans, key=lambda s: s.start - s.end):
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(span)
    return sorted(kept)
