"""The figures of the scoreboard as text: in a language, for a terminal, and as plain values.

Input: results. Output: texts and plain values. This module does not know how figures are computed.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.reports.evaluation.columns import Column, Result
from zeitgraph.reports.evaluation.score import Score


@cache
def words_of(lang: str) -> Mapping[str, Any]:
    """The texts of the scoreboard: `prompts/evaluation/{lang}.toml`."""
    file = resources.files("zeitgraph.prompts") / "evaluation" / f"{lang}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def figure(column: Column, value: float | None, lang: str) -> str:
    """A value in the format of the column; empty for None."""
    if value is None:
        return ""
    return str(words_of(lang)["form"][column.form]).format(value)


def without_unit(column: Column, value: float) -> str:
    """A value in the format of the column, without its unit."""
    form = str(words_of("en")["form"][column.form])
    return form[form.index("{") : form.index("}") + 1].format(value)


def bounds(column: Column, score: Score, lang: str) -> str:
    """An interval as `low – high`, a range as `low … high`; empty without bounds."""
    if score.low is None or score.high is None:
        return ""
    form = str(words_of(lang)["bounds"][score.bounds])
    return form.format(low=without_unit(column, score.low), high=without_unit(column, score.high))


def goal(column: Column, lang: str) -> str:
    """The goal: `≥ 0.900`, `≤ 0.10 a week`, `0.180 – 0.280`; empty if there is none."""
    low, high = column.good.low, column.good.high
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f"≥ {figure(column, low, lang)}"
    if math.isinf(low):
        return f"≤ {figure(column, high, lang)}"
    return f"{figure(column, low, lang)} – {figure(column, high, lang)}"


def name_of(column: Column, lang: str) -> str:
    """The name of the column."""
    return str(words_of(lang)["columns"][column.key]["name"])


def reason(result: Result, lang: str) -> str:
    """A line with the reason for a missing figure; empty if there is a figure."""
    words, score = words_of(lang), result.score
    if score.why is None:
        return ""
    if score.why in {"unbuilt", "unmeasured"}:
        return str(words["columns"][result.column.key][score.why])
    return str(words["because"][score.why]).format(what=score.what).strip()


def made_of(result: Result, lang: str) -> str:
    """The reason for a missing figure; or else the detail and the parts of the figure."""
    score = result.score
    parts = ", ".join(f"{name} {value:.2f}" for name, value in score.parts.items())
    return reason(result, lang) or " · ".join(filter(None, (score.detail, parts)))


def shown(result: Result, lang: str) -> str:
    """The figure, or two words with the reason for a missing one."""
    why = result.score.why
    return (
        str(words_of(lang)["why"][why]) if why else figure(result.column, result.score.value, lang)
    )


def as_text(results: Sequence[Result]) -> str:
    """The scoreboard as a table for a terminal."""
    marks = {True: "✓", False: "✗", None: ""}
    rows = tuple(
        (
            name_of(result.column, "en"),
            shown(result, "en"),
            bounds(result.column, result.score, "en"),
            goal(result.column, "en"),
            marks[result.is_good],
            made_of(result, "en"),
        )
        for result in results
    )
    heads = ("column", "figure", str(words_of("en")["interval"]), "goal", "", "made of")
    return Answer(heads, rows).render("table")


def as_values(result: Result) -> dict[str, Any]:
    """A result as plain values, for JSON and CSV.

    `state` is `measured` or the reason for a missing figure; `bounds` is the kind of `low`, `high`.
    """
    column, score = result.column, result.score
    edges = (column.good.low, column.good.high)
    return {
        "column": column.key,
        "group": column.group,
        "name": name_of(column, "en"),
        "state": score.why or "measured",
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "bounds": None if score.low is None else score.bounds,
        "form": column.form,
        "good": [None if math.isinf(edge) else edge for edge in edges],
        "is_good": result.is_good,
        "detail": score.detail,
        "parts": dict(score.parts),
        "why": reason(result, "en"),
        "about": words_of("en")["columns"][column.key]["about"],
    }
