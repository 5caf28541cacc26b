"""The comparison as a Markdown table: a row for each figure, a column for each recipe.

Input: one line per recipe: its scores, a set for each seed, and its cost. A figure is the median
over the seeds, with minimum and maximum if they differ. `fit` is the median of three fits in one
process, of which only the first compiles; `cold` is the time from the start of the process to the
end of the first fit. Costs are multiples of the first line, which is zeitgraph. On a machine with
other work, only processor seconds (of this process, not of its helpers) are meaningful.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from zeitgraph.benchmarks.peers.exchange import Answer
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.columns import COLUMNS, score_one
from zeitgraph.reports.evaluation.score import Score

SHARED = (
    "ami_all", "ami_assigned", "ami_weekly", "noise",
    "births_found", "birth_delay", "births_false",
    "drift_strong", "drift_medium", "drift_weak", "drift_path",
)  # fmt: skip
"""Columns of the scoreboard that apply to the clusters of any library."""

EVENTS = ("drifts_detected", "splits", "merges", "deaths")
"""Columns about events, which no peer here reports."""

FORMS = {"ratio": "{:.3f}", "rate": "{:.2f}", "weeks": "{:+g}"}

COSTS: Mapping[str, Callable[[Answer], float]] = {
    "fit, processor": lambda answer: median(answer.processor),
    "fit, wall": lambda answer: median(answer.seconds),
    "cold, wall": lambda answer: answer.cold,
    "peak memory": lambda answer: answer.gib,
}


@dataclass(frozen=True)
class Line:
    """A recipe: its answer and its scores by column, a set for each seed; or why it failed."""

    name: str
    answer: Answer | None = None
    scores: Sequence[Mapping[str, Score]] = ()
    failed: str = ""


def scored(name: str, answer: Answer, cases: Iterable[Case], *, events: bool) -> Line:
    """Returns the line of a recipe. Without `events`, columns about events are marked as not
    available.
    """
    unbuilt = Score(why="unbuilt")
    scores = [
        {
            column.key: score_one(column, case) if events or column.key in SHARED else unbuilt
            for column in COLUMNS
            if column.key in {*SHARED, *EVENTS}
        }
        for case in cases
    ]
    return Line(name, answer, scores)


def as_markdown(lines: Sequence[Line]) -> str:
    """Returns the table, with versions and failures below it."""
    forms = {column.key: FORMS.get(column.form, "{:g}") for column in COLUMNS}
    rows = [("figure", *(line.name for line in lines)), ("---",) * (len(lines) + 1)]
    rows += [
        (key, *(_figure([s[key] for s in line.scores], forms[key]) for line in lines))
        for key in (*SHARED, *EVENTS)
    ]
    rows += [(name, *_multiples([line.answer for line in lines], of)) for name, of in COSTS.items()]
    output = [f"| {' | '.join(row)} |" for row in rows]
    for line in lines:
        if line.answer:
            used = ", ".join(f"{name} {number}" for name, number in line.answer.versions.items())
            output.append(f"\n{line.name}: {used}")
        else:
            output.append(f"\n{line.name} failed: {line.failed}")
    return "\n".join(output)


def _figure(scores: Sequence[Score], form: str) -> str:
    values = [score.value for score in scores if score.value is not None]
    if not values:
        return (scores[0].why or "") if scores else "failed"
    texts = [form.format(pick(values)) for pick in (median, min, max)]
    span = f" ({texts[1]} … {texts[2]})" if texts[1] != texts[2] else ""
    missing = f", {len(scores) - len(values)} without" if len(values) < len(scores) else ""
    return texts[0] + span + missing


def _multiples(answers: Sequence[Answer | None], of: Callable[[Answer], float]) -> list[str]:
    first = answers[0]
    return [
        f"{of(answer) / of(first):.2g} ×" if answer and first else "failed" for answer in answers
    ]
