"""The columns of the scoreboard: a row for each, with the function that scores it.

Their texts in both languages are in `prompts/evaluation/*.toml` under their keys, with the reason
if a column is not built or not measured. A column without a function is not built.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.terms import TrendState
from zeitgraph.reports.evaluation import clustering, entities, events, pictures, rules, trends
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Goal, Score

Form = Literal["ratio", "error", "weeks", "rate", "seconds", "megabytes"]
"""The number format of a column."""

COST_FILE = "run.json"
"""The file of a workspace with the cost of its run, if it was measured."""


@dataclass(frozen=True)
class Column:
    """A column: its key, group, number format and goal, and the function that scores it."""

    key: str
    group: str
    form: Form
    good: Goal
    score: Callable[[Case], Score] | None = None


@dataclass(frozen=True)
class Result:
    """A column and its score."""

    column: Column
    score: Score

    @property
    def is_good(self) -> bool | None:
        """Whether the figure meets the goal; None without a figure or without a goal."""
        if self.score.value is None or self.column.good == Goal():
            return None
        return self.column.good.met(self.score.value)


def score_all(case: Case) -> list[Result]:
    """Every column, in the order of the table."""
    return [Result(column, score_one(column, case)) for column in COLUMNS]


def score_one(column: Column, case: Case) -> Score:
    """The score of a column, with the reason if it has no figure."""
    if column.score is None:
        return Score(why="unbuilt")
    try:
        return column.score(case)
    except CannotScore as error:
        return Score(why=error.why, what=error.what)


def cost(case: Case, name: str) -> Score:
    """The cost `name` of the run.

    Raises `CannotScore` if it was not measured, and `InputError` for a malformed file.
    """
    path: Path = case.workspace.root / COST_FILE
    if not path.is_file():
        raise CannotScore("unmeasured")
    try:
        return Score(float(json.loads(path.read_text("utf-8"))[name]))
    except (ValueError, KeyError, TypeError) as error:
        again = "delete it; `zeitgraph bench --seeds` measures again"
        raise InputError(f"no {name} of a run", where=path, do=again) from error


def _at_least(low: float) -> Goal:
    return Goal(low=low)


def _at_most(high: float) -> Goal:
    return Goal(high=high)


def _of_state(key: str, event: str, state: TrendState) -> tuple[Column, Column]:
    """The columns of an event that the product reports as a state: found, and false reports."""
    found = partial(trends.state_found, event=event, state=state)
    false = partial(trends.state_false, event=event, state=state)
    return (
        Column(f"{key}_found", "strength", "ratio", _at_least(0.9), found),
        Column(f"{key}_false", "strength", "rate", _at_most(0.1), false),
    )


_any = Goal()

COLUMNS: Sequence[Column] = (
    Column("ami_assigned", "clusters", "ratio", _at_least(0.9), clustering.assigned),
    Column("ami_all", "clusters", "ratio", _at_least(0.9), clustering.everything),
    Column("ami_weekly", "clusters", "ratio", _at_least(0.9), clustering.weekly),
    Column("noise", "clusters", "ratio", _at_most(0.1), clustering.noise),
    Column("named_posts", "clusters", "ratio", _at_least(0.9), clustering.named_posts),
    Column("named_clusters", "clusters", "ratio", _at_least(0.9), clustering.named_clusters),
    Column("sub_styles", "clusters", "ratio", _at_least(0.9)),
    Column("births_found", "life", "ratio", _at_least(0.9), events.births_found),
    Column("birth_delay", "life", "weeks", _at_most(1), events.birth_delay),
    Column("births_false", "life", "rate", _at_most(0.1), events.false_births),
    Column(
        "drift_strong", "life", "ratio", _at_least(0.95), partial(events.one_id, low=0.8, high=1)
    ),
    Column(
        "drift_medium", "life", "ratio", _at_least(0.95), partial(events.one_id, low=0.5, high=0.8)
    ),
    Column("drift_weak", "life", "ratio", _at_least(0.95), partial(events.one_id, low=0, high=0.5)),
    Column("drifts_detected", "life", "ratio", _at_least(0.9), events.drifts_reported),
    Column("drift_path", "life", "ratio", _at_least(0.9), events.drift_path),
    Column("splits", "life", "ratio", _at_least(0.9), events.splits),
    Column("merges", "life", "ratio", _at_least(0.9), events.merges),
    Column("deaths", "life", "ratio", _at_least(0.9), events.deaths),
    *_of_state("burst", event="heat-burst", state=TrendState.HEAT_BURST),
    *_of_state("bots", event="bot-burst", state=TrendState.BOT_SUSPECT),
    *_of_state("season", event="season", state=TrendState.SEASONAL),
    Column("share_error", "strength", "error", _at_most(0.01), trends.share_error),
    Column("share_coverage", "strength", "ratio", _at_least(0.9), trends.share_coverage),
    Column("entities", "meaning", "ratio", _at_least(0.9), entities.entities),
    Column("links", "meaning", "ratio", _at_least(0.9), entities.links),
    Column("co_occurrence", "meaning", "error", _at_most(0.02), entities.co_occurrence),
    Column("sentiment", "meaning", "ratio", _at_least(0.9)),
    Column("people", "meaning", "ratio", _at_least(0.9)),
    Column("layout", "pictures", "ratio", _at_least(0.9)),
    Column("click_effect", "pictures", "ratio", Goal(0.18, 0.28)),
    Column("rules", "pictures", "ratio", _at_least(0.9), rules.rules),
    Column("quality", "pictures", "ratio", _at_least(0.9)),
    Column("duplicates", "pictures", "ratio", _at_least(0.9), pictures.duplicates),
    Column("prototype_styles", "pictures", "ratio", _at_least(0.9), pictures.prototype_styles),
    Column("prototype_objects", "pictures", "ratio", _at_least(0.7), pictures.prototype_objects),
    Column("seconds", "cost", "seconds", _any, partial(cost, name="seconds")),
    Column("memory", "cost", "megabytes", _any, partial(cost, name="megabytes")),
)
"""Every column, in the order of the table."""
