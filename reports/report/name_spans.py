"""Finds the names of clusters and entities in a text.

Input: a text and the evidence with all known names. Output: spans with the ids that the name may
mean. This module does not judge whether a name belongs there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.lexicon import checker_words


@dataclass(frozen=True)
class NameSpan:
    """A name at `text[start:end]`, and the ids of all clusters and entities that have it."""

    start: int
    end: int
    name: str
    ids: frozenset[str]


def find_names(text: str, evidence: Evidence) -> list[NameSpan]:
    """The names in `text`, in reading order; of overlapping names the longest.

    A Latin name counts as a whole word; its case matters if it is a single word with capitals. A
    Chinese name of one character counts only if no other character follows it. Words that the
    checker itself reads («rose», «posts») are no names.
    """
    ids: dict[str, set[str]] = {}
    for known in evidence.known.values():
        for name in known.all_names():
            ids.setdefault(name, set()).add(known.node_id)
    reserved = _reserved_words()
    lowered = text.casefold()
    found: list[NameSpan] = []
    for name in sorted(ids, key=lambda n: (-len(n), n)):
        if name.casefold() in reserved or name.casefold() not in lowered:
            continue
        flags = re.IGNORECASE if name == name.lower() or " " in name else 0
        for match in re.finditer(_whole(name), text, flags):
            if all(match.end() <= n.start or match.start() >= n.end for n in found):
                found.append(NameSpan(*match.span(), name, frozenset(ids[name])))
    return sorted(found, key=lambda n: n.start)


def _whole(name: str) -> str:
    """A pattern for `name` that does not match it as a part of another word."""
    if name.isascii():
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.escape(name) + (r"(?!\w)" if len(name) == 1 else "")


def _reserved_words() -> frozenset[str]:
    words = checker_words()
    groups: list[Sequence[str]] = [*words["direction"].values(), *words["noun"].values()]
    groups += [list(words["number"]["en"]), list(words["ordinal"]["en"])]
    return frozenset(word.casefold() for group in groups for word in group)
