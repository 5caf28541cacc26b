"""Facts from answers: which numbers the rows of an answer state, and about which nodes.

Input: a canned question, its arguments and its rows. Output: `Fact`s and the figures counted from
the rows. These are pure functions: they read no table and ask no graph.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from zeitgraph.kg.base.weeks import week_after
from zeitgraph.reports.report.canned_questions import (
    CLUSTER_HISTORY,
    MEASURES,
    CannedQuestion,
    Cell,
)
from zeitgraph.reports.report.evidence import Fact

CellRow = Mapping[str, Cell]
FindIds = Callable[[Iterable[object]], frozenset[str]]
"""The ids of the clusters and entities that some cells name."""


def facts_of_answer(
    question: CannedQuestion[Mapping[str, object]],
    arguments: Mapping[str, str | int],
    rows: Sequence[CellRow],
    week: str,
    find_ids: FindIds,
) -> tuple[tuple[Fact, ...], dict[str, float]]:
    """The facts that `rows` state, and the figures counted from them, by name.

    `week` is the week of the report: it applies where neither row nor arguments name a week. The
    number of rows is a fact unless the rows stop at the limit.
    """
    context = text_cells(arguments[name] for name in question.context)
    facts = []
    for rank, row in enumerate(rows, start=1):
        focus = find_ids({**arguments, **row}.get(name) for name in question.focus)
        row_week = str(row.get("week") or arguments.get("week") or week)
        numbers = _numbers(row)
        if question.ranked:
            numbers.add(("rank", rank))
        facts += [
            Fact(measure, value, row_week, focus, context, question.min_named)
            for measure, value in sorted(numbers)
        ]
    counted = count_history(rows, week) if question.name == CLUSTER_HISTORY.name else {}
    about = find_ids(arguments.get(name) for name in question.focus)
    whole = {} if len(rows) == arguments.get("limit") else {"rows": float(len(rows))}
    facts += [
        Fact(measure, value, week, about, context) for measure, value in (counted | whole).items()
    ]
    return tuple(facts), counted


def _numbers(row: CellRow) -> set[tuple[str, float]]:
    """The numbers of a row as (measure, value)."""
    cells = ((measure, row.get(column)) for column, measure in MEASURES.items())
    return {(measure, float(value)) for measure, value in cells if value is not None}


def count_history(rows: Sequence[CellRow], week: str) -> dict[str, float]:
    """Figures counted from a cluster's history, by name.

    `weeks`: weeks with posts. `points`: the change of the share since the week before. `run`: for
    how many weeks in a row the share has moved in the direction of `points`. The last two are
    missing if the history does not reach `week` or has no two successive weeks.
    """
    past = sorted(rows, key=lambda row: str(row["week"]))
    counted = {"weeks": float(sum(bool(row["posts"]) for row in past))}
    moves = [
        _share(now) - _share(before)
        for before, now in pairwise(past)
        if now["week"] == week_after(str(before["week"]))
    ]
    if moves and past[-1]["week"] == week:
        counted["points"] = moves[-1]
        same = [(move > 0) == (moves[-1] > 0) and move != 0 for move in reversed(moves)]
        counted["run"] = float(same.index(False) if False in same else len(same))
    return counted


def _share(row: CellRow) -> float:
    return float(row["share"] or 0.0)


def text_cells(values: Iterable[object]) -> frozenset[str]:
    """The values that are text and not empty."""
    return frozenset(value for value in values if isinstance(value, str) and value)
