"""How the scoreboard's figures are written: in a language, on a terminal and as JSON.

In come results; out come texts and plain values. Knows nothing about how a figure was scored.
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
    """The scoreboard's words: `prompts/evaluation/{lang}.toml`."""
    file = resources.files("zeitgraph.prompts") / "evaluation" / f"{lang}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def figure(column: Column, value: float | None, lang: str) -> str:
    """A value in the column's form; empty for none."""
    if value is None:
        return ""
    return str(words_of(lang)["form"][column.form]).format(value)


def bare(column: Column, value: float) -> str:
    """A value in the column's form, without its unit."""
    form = str(words_of("en")["form"][column.form])
    return form[form.index("{") : form.index("}") + 1].format(value)


def bounds(column: Column, score: Score, lang: str) -> str:
    """An interval as `low – high`, a range as `low … high`; empty where there is neither."""
    if score.low is None or score.high is None:
        return ""
    form = str(words_of(lang)["bounds"][score.bounds])
    return form.format(low=bare(column, score.low), high=bare(column, score.high))


def goal(column: Column, lang: str) -> str:
    """What is good: `≥ 0.900`, `≤ 0.10 a week`, `0.180 – 0.280`; empty where nothing is."""
    low, high = column.good.low, column.good.high
    if math.isinf(low) and math.isinf(high):
        return ""
    if math.isinf(high):
        return f"≥ {figure(column, low, lang)}"
    if math.isinf(low):
        return f"≤ {figure(column, high, lang)}"
    return f"{figure(column, low, lang)} – {figure(column, high, lang)}"


def name_of(column: Column, lang: str) -> str:
    """What the column is called."""
    return str(words_of(lang)["columns"][column.key]["name"])


def reason(result: Result, lang: str) -> str:
    """One line that says why there is no figure; empty where there is one."""
    words, score = words_of(lang), result.score
    if score.why is None:
        return ""
    if score.why in {"unbuilt", "unmeasured"}:
        return str(words["columns"][result.column.key][score.why])
    return str(words["because"][score.why]).format(what=score.what).strip()


def made_of(result: Result, lang: str) -> str:
    """Why there is no figure; or what it is made of, its detail and its parts."""
    score = result.score
    parts = ", ".join(f"{name} {value:.2f}" for name, value in score.parts.items())
    return reason(result, lang) or " · ".join(filter(None, (score.detail, parts)))


def shown(result: Result, lang: str) -> str:
    """The figure, or in its place the two words that say why there is none."""
    why = result.score.why
    return (
        str(words_of(lang)["why"][why]) if why else figure(result.column, result.score.value, lang)
    )


def as_text(results: Sequence[Result]) -> str:
    """The table for a terminal."""
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
    heads = ("column", "figure", str(words_of("en")["interval"]), "good", "", "made of")
    return Answer(heads, rows).render("table")


def as_values(result: Result) -> dict[str, Any]:
    """A result as plain values, for JSON and CSV.

    `state` is `measured` or says why not; `bounds` says what `low` and `high` are.
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
