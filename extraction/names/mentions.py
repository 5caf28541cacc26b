"""Mentions: where the texts of a week name persons, brands, things, places and hashtags.

Comes in: posts. Goes out: `mentions`, in Python string offsets, so that `text[start:end]` is the
surface. Knows nothing about what the names mean (`kg/entities/linking.py`).
"""

from collections.abc import Sequence
from itertools import chain

import pyarrow as pa

from zeitgraph.extraction.names.recognisers import Recogniser, Span, longest_first, recognisers_of
from zeitgraph.kg.base.plugins import is_installed, pip_line
from zeitgraph.kg.entities.catalogue import catalogue_identity, known_entities
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

_TOLD = 3  # problems of a catalogue that are told one by one


def names_identity(workspace: Workspace) -> str:
    """A string that changes with the catalogue, and when the package that finds names comes."""
    identity = catalogue_identity(workspace)
    return identity if is_installed("spacy") else f"{identity}, hashtags only"


def find_mentions(job: Job) -> dict[str, pa.Table]:
    """The week's `mentions`: by the rules, and by the model that the settings name.

    Where names of the two overlap, the longer one stands, or that of the rules. Raises
    `InputError`, `UnknownName`, `MissingPart` or `ModelError` where the settings ask for what
    cannot be had. What was set aside of the catalogue is told once, in the first week: that week is
    done again whenever the catalogue changes.
    """
    if [job.week] == job.workspace.weeks("posts")[:1]:
        _tell_problems(job)
        if not is_installed("spacy"):
            job.note(f"Of names, only hashtags are found: {pip_line('spacy')} and run again.")
    posts = [row for row in job.table("posts").to_pylist() if row["text"]]
    texts = [row["text"] for row in posts]
    found = find_together(
        recognisers_of(job.workspace), texts, [row["lang"] or "" for row in posts]
    )
    rows = (
        {
            "post_id": post["post_id"],
            "start": span.start,
            "end": span.end,
            "surface": post["text"][span.start : span.end],
            "kind": span.kind,
            "week": job.week,
        }
        for post, spans in zip(posts, found, strict=True)
        for span in spans
    )
    return {"mentions": make_table(TABLES["mentions"], rows)}


def _tell_problems(job: Job) -> None:
    problems = known_entities(job.workspace).problems
    for problem in problems[:_TOLD]:
        job.note(f"catalogue, {problem.where}: {problem.why}; set aside")
    if len(problems) > _TOLD:
        job.note(f"catalogue: {len(problems) - _TOLD} more rows are set aside")


def find_together(
    recognisers: Sequence[Recogniser], texts: Sequence[str], langs: Sequence[str]
) -> list[list[Span]]:
    """For each text the spans of all recognisers: hashtags, and names that do not overlap."""
    answers = [recogniser.find(texts, langs) for recogniser in recognisers]
    return [_together(list(chain(*spans))) for spans in zip(*answers, strict=True)]


def _together(spans: Sequence[Span]) -> list[Span]:
    hashtags = {span for span in spans if span.kind == "hashtag"}
    names = longest_first(span for span in spans if span.kind != "hashtag")
    taken = {(span.start, span.end) for span in names}
    return sorted([*names, *(tag for tag in hashtags if (tag.start, tag.end) not in taken)])
