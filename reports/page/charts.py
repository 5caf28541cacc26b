"""Charts as inline SVG: panels with interval bands, bars with whiskers, a strip of pictures.

Input: figures and names. Output: safe markup whose colours are classes of the page's style sheet,
so that a chart follows light, dark and print. Each chart has a title for screen readers. This
module does not know about evidence, files or languages: callers give it every word.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from zeitgraph.reports.page.formatting import percent

Scale = Callable[[float], float]
"""Maps a share to a y coordinate of the drawing."""
Place = Callable[[int], float]
"""Maps the index of a week to an x coordinate of the drawing."""


@dataclass(frozen=True)
class Point:
    """One week of a line: a share in [0, 1] with its interval; None if nothing was measured."""

    week: str
    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """A line of a chart: its name and its points in order of time."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Slice:
    """A slice of the strip: a name, its share, a picture as a data URI, and its link."""

    name: str
    share: float
    picture: str
    href: str


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element with escaped children and attributes.

    `_` in the name of an attribute becomes `-`, `class_` becomes `class`, and None omits it.
    """
    given = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = Markup().join(
        child if isinstance(child, Markup) else escape(child) for child in children
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), Markup("".join(given)), inner)  # noqa: S704 -- names are ours, values escaped


def _short(value: object) -> object:
    """A float with at most two decimals, so that pages are small and reproducible."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def svg(width: float, height: float, title: str, *children: object, class_: str) -> Markup:
    """A drawing of `width` × `height` units that scales with the page."""
    return tag(
        "svg",
        tag("title", title),
        *children,
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        role="img",
        aria_label=title,
        class_=f"chart {class_}",
    )


# -- scales ----------------------------------------------------------------------------------------


SMALLEST = 1e-9
"""A share below this counts as zero: no week has enough posts for it."""


def ticks(value: float) -> list[float]:
    """Four to six round axis marks from 0 up to at least the share `value`."""
    if value < SMALLEST:
        return [0.0, 0.01]
    power = 10.0 ** math.floor(math.log10(value / 4))
    step = next(s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0) if s * power * 5 >= value - 1e-12)
    return [step * i for i in range(math.ceil(value / step - 1e-9) + 1)]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _runs(points: Sequence[Point]) -> list[list[tuple[int, Point]]]:
    """Successive weeks with a measured share: a gap in the weeks is a gap in the line."""
    runs: list[list[tuple[int, Point]]] = [[]]
    for place, point in enumerate(points):
        if point.share is None:
            runs.append([])
        else:
            runs[-1].append((place, point))
    return [run for run in runs if run]


# -- the share of each style over the weeks --------------------------------------------------------


def share_panels(lines: Sequence[Line], weeks: Sequence[str]) -> list[Markup]:
    """Small multiples on one scale: each line with its interval, faint lines for the others."""
    marks = ticks(max((_highest(line) for line in lines), default=0.0))
    return [_panel(line, [o for o in lines if o is not line], weeks, marks) for line in lines]


def _highest(line: Line) -> float:
    """The highest share or upper bound of a line."""
    measured = [p for p in line.points if p.share is not None]
    return max((max(p.share or 0.0, p.high or 0.0) for p in measured), default=0.0)


def _panel(
    line: Line, others: Sequence[Line], weeks: Sequence[str], marks: Sequence[float]
) -> Markup:
    width, height, left, right, above, below = 236.0, 132.0, 30.0, 8.0, 8.0, 20.0
    step = (width - left - right) / max(1, len(weeks) - 1)

    def across(place: int) -> float:
        return left + step * place

    def up(share: float) -> float:
        return height - below - share / marks[-1] * (height - above - below)

    parts = [_grid(marks[:: 2 if len(marks) % 2 else 1], left, width - right, up)]
    for other in others:
        parts += [_stroke(run, across, up, "behind") for run in _runs(other.points)]
    for run in _runs(line.points):
        parts += [_band(run, across, up), _stroke(run, across, up, "line")]
        last, point = run[-1]
        parts.append(tag("circle", cx=across(last), cy=up(point.share or 0.0), r=3, class_="dot"))
    ends = ((0, "start"), (len(weeks) - 1, "end"))
    parts += [
        tag("text", weeks[i][5:], x=across(i), y=height - 4, class_=f"axis {side}")
        for i, side in ends
    ]
    return svg(width, height, line.name, *parts, class_="panel")


def _grid(marks: Sequence[float], left: float, right: float, up: Scale) -> Markup:
    lines = []
    for share in marks:
        lines.append(tag("line", x1=left, x2=right, y1=up(share), y2=up(share), class_="grid"))
        label = f"{share * 100:.1f}".removesuffix(".0") + "%"
        lines.append(tag("text", label, x=left - 6, y=up(share) + 4, class_="axis end"))
    return tag("g", *lines)


def _stroke(run: Sequence[tuple[int, Point]], across: Place, up: Scale, class_: str) -> Markup:
    places = [(across(i), up(point.share or 0.0)) for i, point in run]
    return tag("path", d=_path(places), class_=class_)


def _band(run: Sequence[tuple[int, Point]], across: Place, up: Scale) -> Markup:
    whole = [(i, p.low, p.high) for i, p in run if p.low is not None and p.high is not None]
    if len(whole) < 2:
        return Markup()
    edge = [(across(i), up(high)) for i, _, high in whole]
    edge += [(across(i), up(low)) for i, low, _ in reversed(whole)]
    return tag("path", d=_path(edge) + "Z", class_="band")


def shorten(name: str, width: int) -> str:
    """`name` cut to the width of about `width` Latin letters; a Chinese character counts as two."""
    room, kept = width, ""
    for letter in name:
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return kept.rstrip() + "…"
        kept += letter
    return kept


# -- small charts ----------------------------------------------------------------------------------


def sparkline(title: str, points: Sequence[Point], *, tall: bool = False) -> Markup:
    """A line of shares with a dot at its end.

    A `tall` one fits a section and has the interval band, a low one fits a row of a table.
    """
    width, height = (330.0, 92.0) if tall else (120.0, 30.0)
    shares = [p.high if tall and p.high is not None else p.share or 0.0 for p in points]
    top = max(shares, default=0.0) or 1.0
    step = (width - 12) / max(1, len(points) - 1)

    def across(place: int) -> float:
        return 6 + step * place

    def up(share: float) -> float:
        return height - 5 - share / top * (height - 12)

    parts = [tag("line", x1=6, x2=width - 6, y1=height - 5, y2=height - 5, class_="grid")]
    for run in _runs(points):
        if tall:
            parts.append(_band(run, across, up))
        parts.append(_stroke(run, across, up, "line"))
        last, point = run[-1]
        radius = 3 if tall else 2.4
        parts.append(
            tag("circle", cx=across(last), cy=up(point.share or 0.0), r=radius, class_="dot")
        )
    return svg(width, height, title, *parts, class_="spark tall" if tall else "spark")


def share_bar(
    title: str, share: float, low: float | None, high: float | None, top: float
) -> Markup:
    """A bar for a share with its interval as a whisker; `top` is the share at full width."""
    width, height = 260.0, 18.0
    parts = [
        tag("rect", x=0, y=4, width=max(1.5, share / top * width), height=10, rx=2, class_="bar")
    ]
    if low is not None and high is not None:
        a, b = min(low / top, 1.0) * width, min(high / top, 1.0) * width
        parts.append(tag("line", x1=a, x2=b, y1=9, y2=9, class_="whisker"))
        parts += [tag("line", x1=x, x2=x, y1=5.5, y2=12.5, class_="whisker") for x in (a, b)]
    return svg(width, height, title, *parts, class_="bars")


def part_bar(title: str, part: float) -> Markup:
    """A thin bar for a fraction in [0, 1], as wide as its container."""
    back = tag("rect", x=0, y=0, width="100%", height=4, rx=2, class_="back")
    bar = tag("rect", x=0, y=0, width=f"{max(1.0, part * 100):.1f}%", height=4, rx=2, class_="bar")
    return tag(
        "svg", tag("title", title), back, bar, role="img", aria_label=title, class_="chart thin"
    )


def picture_strip(title: str, slices: Sequence[Slice]) -> Markup:
    """Pictures side by side, each as wide as its share; wide ones have their name below."""
    width, height, gap = 960.0, 230.0, 4.0
    room = width - gap * (len(slices) - 1)
    whole = sum(s.share for s in slices) or 1.0
    parts, x = [], 0.0
    for piece in slices:
        wide = room * piece.share / whole
        parts.append(_slice(piece, x, wide, height))
        x += wide + gap
    return svg(width, height + 40, title, *parts, class_="strip")


def _slice(piece: Slice, x: float, wide: float, height: float) -> Markup:
    picture = tag(
        "image", href=piece.picture, width=wide, height=height, preserveAspectRatio="xMidYMid slice"
    )
    frame = tag("svg", picture, x=x, y=0.0, width=wide, height=height)
    letters = int(wide / 7.6)
    name = shorten(piece.name, letters)
    caption = name if len(name) > 5 or not name.endswith("…") else ""
    return tag(
        "a",
        tag("title", f"{piece.name} {percent(piece.share)}"),
        frame,
        tag("text", caption, x=x, y=height + 18, class_="name"),
        tag(
            "text",
            percent(piece.share) if letters >= 5 else "",
            x=x,
            y=height + 35,
            class_="figure",
        ),
        href=piece.href,
    )
