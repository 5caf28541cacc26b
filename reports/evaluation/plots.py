"""Plots of the scoreboard as inline SVG, in the style of `reports/page/charts.py`.

Input: curves and figures. Output: safe markup whose colours are classes of the style sheet. This
module does not know about columns or languages: every text is an argument.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median

from markupsafe import Markup

from zeitgraph.reports.evaluation.score import Curve, Goal, Score
from zeitgraph.reports.page.charts import Point, svg, tag, ticks

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _ABOVE, _BELOW = 300.0, 150.0, 34.0, 10.0, 8.0, 20.0


def goal_bar(title: str, value: float, score: Score, good: Goal) -> Markup:
    """`value` in [0, 1] as a bar, with the score's interval, or its range as a dashed line.

    The shaded part of the background is the goal.
    """
    width, height = 180.0, 16.0
    begin, end = (min(max(edge, 0.0), 1.0) * width for edge in (good.low, good.high))
    parts = [
        tag("rect", x=0, y=5, width=width, height=6, rx=2, class_="back"),
        tag("rect", x=begin, y=1, width=end - begin, height=14, rx=2, class_="good"),
        tag("rect", x=0, y=5, width=max(1.5, value * width), height=6, rx=2, class_="value"),
    ]
    if score.low is not None and score.high is not None:
        start, stop = (min(max(edge, 0.0), 1.0) * width for edge in (score.low, score.high))
        dashes = "3 3" if score.bounds == "range" else None
        whisker = {"class_": "whisker", "stroke_dasharray": dashes}
        parts.append(tag("line", x1=start, x2=stop, y1=8, y2=8, **whisker))
    return svg(width, height, title, *parts, class_="goal")


def weekly_curve(curve: Curve, title: str, top: float | None = None) -> Markup:
    """A curve over the weeks: the planted values in grey, the measured ones with their interval.

    `top` is the highest mark of the axis; None chooses it from the values.
    """
    weeks = sorted({point.week for point in (*curve.measured, *curve.planted)})
    highest = max(
        (point.share for point in (*curve.measured, *curve.planted) if point.share is not None),
        default=0.0,
    )
    marks = [0.0, top / 2, top] if top else ticks(1.1 * highest)
    across = {week: _across(i, len(weeks)) for i, week in enumerate(weeks)}

    def up(value: float) -> float:
        return _up(value, marks[-1])

    parts = [_grid([marks[0], marks[len(marks) // 2], marks[-1]], marks[-1])]
    parts += [_line(curve.planted, across, marks[-1], "planted")]
    bounded = [p for p in curve.measured if p.low is not None and p.high is not None]
    if len(bounded) > 1:
        edge = [(across[p.week], up(p.high or 0.0)) for p in bounded]
        edge += [(across[p.week], up(p.low or 0.0)) for p in reversed(bounded)]
        parts.append(tag("path", d=_path(edge) + "Z", class_="band"))
    parts.append(_line(curve.measured, across, marks[-1], "line"))
    for week, side in ((weeks[0], "start"), (weeks[-1], "end")) if weeks else ():
        parts.append(tag("text", week[2:], x=across[week], y=_HEIGHT - 4, class_=f"axis {side}"))
    return svg(_WIDTH, _HEIGHT, title, *parts, class_="course")


def dots(title: str, by_size: Mapping[int, Sequence[float]], good: Goal) -> Markup:
    """A dot for each world by size, with a line through the medians and the goal shaded."""
    sizes = sorted(by_size)
    values = [value for size in sizes for value in by_size[size]]
    highest = max([*values, 0.0, *(b for b in (good.low, good.high) if math.isfinite(b))])
    top = (
        ticks(highest or 1.0)[-1]
        if highest > 1
        else 1.0
        if highest > 0.3
        else ticks(1.1 * highest)[-1]
    )
    begin, end = min(max(good.low, 0.0), top), min(max(good.high, 0.0), top)
    parts = [_grid([0.0, top / 2, top], top, whole=highest > 1)]
    if good != Goal():
        height = _up(begin, top) - _up(end, top)
        width = _WIDTH - _LEFT - _RIGHT
        parts.append(
            tag("rect", x=_LEFT, y=_up(end, top), width=width, height=height, class_="good")
        )
    places = [_across(i + 0.5, len(sizes) + 1) for i in range(len(sizes))]
    middle = [(x, _up(median(by_size[s]), top)) for x, s in zip(places, sizes, strict=True)]
    parts.append(tag("path", d=_path(middle), class_="line") if middle else Markup())
    for x, size in zip(places, sizes, strict=True):
        parts += [
            tag("circle", cx=x, cy=_up(max(value, 0.0), top), r=3, class_="dot")
            for value in by_size[size]
        ]
        parts.append(tag("text", f"{size:,}", x=x, y=_HEIGHT - 4, class_="axis middle"))
    return svg(_WIDTH, _HEIGHT, title, *parts, class_="course")


def _line(points: Sequence[Point], across: Mapping[str, float], top: float, kind: str) -> Markup:
    places = [(across[p.week], _up(p.share, top)) for p in points if p.share is not None]
    return tag("path", d=_path(places), class_=kind) if places else Markup()


def _grid(marks: Sequence[float], top: float, *, whole: bool = False) -> Markup:
    lines = []
    for mark in marks:
        y = _up(mark, top)
        lines.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        word = f"{mark:,.0f}" if whole else f"{mark:.3f}".rstrip("0").rstrip(".")
        lines.append(tag("text", word, x=_LEFT - 6, y=y + 4, class_="axis end"))
    return tag("g", *lines)


def _across(place: float, count: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / max(1, count - 1)


def _up(value: float, top: float) -> float:
    return _HEIGHT - _BELOW - min(value, top) / top * (_HEIGHT - _ABOVE - _BELOW)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
