"""The scoreboard as a page: of one workspace, or of many worlds side by side.

Input: results. Output: the bytes of a page in one file that loads nothing. The same input gives the
same bytes. This module does not know about tables or processes.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from markupsafe import Markup

from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.columns import COLUMNS, Result
from zeitgraph.reports.evaluation.formatting import (
    bounds,
    figure,
    goal,
    made_of,
    name_of,
    reason,
    shown,
    words_of,
)
from zeitgraph.reports.evaluation.plots import dots, goal_bar, weekly_curve
from zeitgraph.reports.evaluation.score import Curve
from zeitgraph.reports.page.formatting import count, listing
from zeitgraph.reports.page.layout import render_page

Lang = Literal["en", "zh"]
Cells = Mapping[int, Sequence[Result]]
"""The results of one column by size of the world, one for each seed."""

_FROM_ZERO_TO_ONE = frozenset({"ami_weekly", "drift_path"})


def workspace_page(results: Sequence[Result], case: Case, lang: Lang) -> bytes:
    """The page of one workspace."""
    lede = words_of(lang)["lede"].format(
        posts=count(len(case.posts)),
        weeks=len(case.weeks),
        first=case.weeks[0],
        last=case.weeks[-1],
    )
    plots = [plot for result in results for plot in _plots(result, lang)]
    return _page(results, lang, {"lede": lede, "plots": plots, "worlds": []})


def sweep_page(
    medians: Mapping[int, Sequence[Result]],
    worlds: Mapping[str, Cells],
    seeds: Sequence[int],
    lang: Lang,
) -> bytes:
    """The page of many worlds, from the `medians` by size and all figures by column and size."""
    lede = words_of(lang)["lede_sweep"].format(
        worlds=len(seeds) * len(medians),
        seeds=listing([str(seed) for seed in seeds], lang),
        sizes=listing([count(size) for size in medians], lang),
    )
    columns = {column.key: column for column in COLUMNS}
    drawn = []
    for key, cells in worlds.items():
        values = {
            size: [r.score.value for r in results if r.score.value is not None]
            for size, results in cells.items()
        }
        values = {size: some for size, some in values.items() if some}
        if values:
            title = name_of(columns[key], lang)
            drawn.append({"name": title, "chart": dots(title, values, columns[key].good)})
    sizes = [
        {"title": words_of(lang)["posts"].format(count=count(size)), "groups": _groups(rows, lang)}
        for size, rows in medians.items()
    ]
    largest = medians[max(medians)]
    return _page(largest, lang, {"lede": lede, "plots": [], "worlds": drawn}, sizes)


def _page(
    results: Sequence[Result],
    lang: Lang,
    values: Mapping[str, Any],
    sizes: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    words = words_of(lang)
    measured = [result for result in results if result.is_good is not None]
    good_of = words["good_of"].format(
        good=sum(bool(result.is_good) for result in measured),
        measured=len(measured),
        unbuilt=sum(result.score.why == "unbuilt" for result in results),
    )
    weak = sorted((r for r in measured if not r.is_good), key=_shortfall, reverse=True)
    none_weak = words["none_weak" if measured else "none_measured"]
    tree = {
        "words": {**words, "none_weak": none_weak},
        "interval": words["range" if sizes else "interval"],
        "good_of": good_of,
        "weak": [_row(result, lang) for result in weak],
        "tables": sizes or [{"title": "", "groups": _groups(results, lang)}],
        "unbuilt": [_row(r, lang) for r in results if r.score.why == "unbuilt"],
        **values,
    }
    return render_page("bench.html.jinja", lang, tree, styles=("style.css", "bench.css"))


def _groups(results: Sequence[Result], lang: Lang) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        groups.setdefault(result.column.group, []).append(_row(result, lang))
    return [{"title": words_of(lang)["group"][key], "rows": rows} for key, rows in groups.items()]


def _row(result: Result, lang: Lang) -> dict[str, Any]:
    column, score = result.column, result.score
    name = name_of(column, lang)
    bar: Markup | str = ""
    if column.form == "ratio" and score.value is not None:
        value = min(max(score.value, 0.0), 1.0)
        title = f"{name}: {figure(column, score.value, lang)}"
        bar = goal_bar(title, value, score, column.good)
    return {
        "key": column.key,
        "name": name,
        "figure": shown(result, lang),
        "why": score.why or "",
        "reason": reason(result, lang),
        "bar": bar,
        "interval": bounds(column, score, lang),
        "goal": goal(column, lang),
        "good": result.is_good,
        "made_of": made_of(result, lang),
        "about": words_of(lang)["columns"][column.key]["about"],
    }


def _shortfall(result: Result) -> float:
    """The distance of a figure from its goal, as a part of the goal."""
    value, good = result.score.value or 0.0, result.column.good
    if value < good.low:
        return (good.low - value) / abs(good.low) if good.low else math.inf
    return (value - good.high) / abs(good.high) if good.high else math.inf


def _plots(result: Result, lang: Lang) -> list[dict[str, Any]]:
    name = words_of(lang)["columns"][result.column.key].get("curve")

    def title(curve: Curve) -> str:
        return f"{name}: {curve.name}" if curve.name else name

    top = 1.0 if result.column.key in _FROM_ZERO_TO_ONE else None
    return [
        {"name": title(curve), "chart": weekly_curve(curve, title(curve), top)}
        for curve in result.score.curves
    ]
