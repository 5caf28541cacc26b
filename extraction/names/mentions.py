"""The stage `mentions`: finds persons, brands, things, places and hashtags in the texts of a week.

Input: the table `posts`. Output: the table `mentions`, with Python string offsets, so that
`text[start:end]` is the surface. This module does not decide which entity a name means
(`kg/entities/linking.py`).
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa

from zeitgraph.extraction.names.recognisers import Recogniser, Span, longest_first, recognisers_of
from zeitgraph.kg.base.plugins import is_installed, pip_line
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.entities.catalogue import catalogue_identity, known_entities
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import MentionRow
from zeitgraph.kg.workspace.tables import MENTIONS, POSTS, make_table
from zeitgraph.kg.workspace.workspace import Workspace

_SHOWN = 3  # problems of a catalogue that are listed one by one


def names_identity(workspace: Workspace) -> str:
    """A string that changes with the catalogue, and when spaCy is installed or removed."""
    identity = catalogue_identity(workspace)
    return identity if is_installed("spacy") else f"{identity}, hashtags only"


def find_mentions(job: Job) -> dict[str, pa.Table]:
    """The week's `mentions`, by the rules and by the model that the settings name.

    If names of the two overlap, the longer one counts; of equal length, that of the rules. Rows of
    the catalogue that are ignored are reported in the first week only, which is done again whenever
    the catalogue changes. Raises `InputError` for a bad catalogue, and `UnknownName`, `MissingPart`
    or `ModelError` if the recogniser of the settings cannot be used.
    """
    if [job.week] == job.workspace.weeks("posts")[:1]:
        _report_problems(job)
        if not is_installed("spacy"):
            job.note(f"Of names, only hashtags are found: {pip_line('spacy')} and run again.")
    rows = job.rows(POSTS, columns=["post_id", "text", "lang"])
    posts = [(row["post_id"], row["text"], row["lang"] or "") for row in rows if row["text"]]
    found = find_together(
        recognisers_of(job.workspace),
        [text for _, text, _ in posts],
        [lang for _, _, lang in posts],
    )
    mentions: Iterator[MentionRow] = (
        {
            "post_id": post_id,
            "start": span.start,
            "end": span.end,
            "surface": text[span.start : span.end],
            "kind": span.kind,
            "week": job.week,
        }
        for (post_id, text, _), spans in zip(posts, found, strict=True)
        for span in spans
    )
    return {"mentions": make_table(MENTIONS, mentions)}


def _report_problems(job: Job) -> None:
    problems = known_entities(job.workspace).problems
    for problem in problems[:_SHOWN]:
        job.note(f"catalogue, {problem.where}: {problem.why}; set aside")
    if len(problems) > _SHOWN:
        job.note(f"catalogue: {len(problems) - _SHOWN} more rows are set aside")


def find_together(
    recognisers: Sequence[Recogniser], texts: Sequence[str], langs: Sequence[str]
) -> list[list[Span]]:
    """For each text, the spans of all recognisers: hashtags, and names that do not overlap."""
    answers = [recogniser.find(texts, langs) for recogniser in recognisers]
    return [_merged(list(chain(*spans))) for spans in zip(*answers, strict=True)]


def _merged(spans: Sequence[Span]) -> list[Span]:
    hashtags = {span for span in spans if span.kind == EntityKind.HASHTAG}
    names = longest_first(span for span in spans if span.kind != EntityKind.HASHTAG)
    taken = {(span.start, span.end) for span in names}
    return sorted([*names, *(tag for tag in hashtags if (tag.start, tag.end) not in taken)])
