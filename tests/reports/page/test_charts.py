"""Charts: the drawings agree with the figures, and are safe for any name."""

import random
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zeitgraph.reports.page.charts import (
    Line,
    Point,
    Slice,
    part_bar,
    picture_strip,
    share_bar,
    share_panels,
    shorten,
    sparkline,
    ticks,
)

SHARES = st.one_of(st.none(), st.floats(0, 1))


def weeks(count: int) -> list[str]:
    return [f"2026-W{number:02d}" for number in range(1, count + 1)]


@given(st.floats(1e-6, 1.2))
def test_ticks_are_few_and_round_and_reach_the_value(value: float) -> None:
    marks = ticks(value)
    assert 4 <= len(marks) <= 6
    assert marks[0] == 0
    assert marks[-1] >= value - 1e-9
    assert marks[-2] < value


@given(st.text(max_size=30), st.lists(SHARES, min_size=1, max_size=30))
@example("a share that is nearly zero", [5e-324])
def test_a_drawing_is_well_formed_for_any_name(name: str, shares: list[float | None]) -> None:
    name = "".join(c for c in name if c.isprintable())
    points = tuple(Point(w, s) for w, s in zip(weeks(len(shares)), shares, strict=True))
    for drawing in (
        *share_panels([Line(name, points)] * 2, weeks(len(shares))),
        sparkline(name, points),
        sparkline(name, points, tall=True),
        share_bar(name, 0.2, 0.1, 0.3, 0.3),
        part_bar(name, 0.5),
    ):
        root = ET.fromstring(str(drawing))  # noqa: S314 -- our own markup
        assert root.findtext("title") == name
        assert "nan" not in str(drawing)


def test_hostile_names_stay_text() -> None:
    strip = picture_strip(
        "<script>alert(1)</script>", [Slice('"><img src=x>', 0.5, "data:,", "#a")] * 3
    )
    assert "<script>" not in strip
    assert "<img" not in strip
    ET.fromstring(str(strip))  # noqa: S314 -- our own markup


def test_a_week_without_a_share_is_a_gap_and_not_a_zero() -> None:
    shares = [0.1, 0.2, None, 0.3, 0.4]
    points = tuple(Point(w, s) for w, s in zip(weeks(5), shares, strict=True))
    drawing = ET.fromstring(str(sparkline("Camping", points)))  # noqa: S314 -- our own markup
    lines = [p.attrib["d"] for p in drawing.iter("path") if p.attrib["class"] == "line"]
    assert [path.count("L") for path in lines] == [1, 1]


def test_bars_are_as_long_as_their_shares() -> None:
    top = random.uniform(0.2, 0.9)
    half, whole = (ET.fromstring(str(share_bar("x", s, None, None, top))) for s in (top / 2, top))  # noqa: S314
    widths = [float(bar.find("rect").attrib["width"]) for bar in (half, whole)]  # type: ignore[union-attr]
    assert widths[0] == pytest.approx(widths[1] / 2, abs=0.02)


@given(
    st.lists(st.tuples(*[st.floats(0.001, 1)] * 3), min_size=2, max_size=6),
    st.lists(st.tuples(*[st.floats(0.001, 1)] * 3), min_size=2, max_size=6),
)
@example([(0.101, 0.18, 0.296)] * 2, [(0.05, 0.1, 0.2)] * 2)
def test_panels_hold_all_intervals_and_their_marks_are_evenly_spaced(
    one: list[tuple[float, ...]], other: list[tuple[float, ...]]
) -> None:
    lines = []
    for name, cuts in (("one", one), ("other", other)):
        ranges = zip(weeks(len(cuts)), map(sorted, cuts), strict=True)
        points = [Point(week, share, low, high) for week, (low, share, high) in ranges]
        lines.append(Line(name, tuple(points)))
    for panel in share_panels(lines, weeks(6)):
        drawing = ET.fromstring(str(panel))  # noqa: S314 -- our own markup
        [grid] = drawing.findall("g")
        heights = [float(line.attrib["y1"]) for line in grid.findall("line")]
        gaps = [low - high for low, high in pairwise(heights)]
        assert len(gaps) >= 2
        assert max(gaps) - min(gaps) < 0.05
        drawn = [p.attrib["d"] for p in drawing.iter("path")]
        tops = [
            float(place.split()[1]) for d in drawn for place in re.split("[ML]", d.strip("Z"))[1:]
        ]
        assert min(tops) >= min(heights) - 0.06


def test_slices_of_the_strip_are_as_wide_as_their_shares() -> None:
    slices = [Slice(name, share, "data:,", f"#{name}") for name, share in (("a", 0.1), ("b", 0.3))]
    strip = ET.fromstring(str(picture_strip("t", slices)))  # noqa: S314 -- our own markup
    one, three = (float(image.attrib["width"]) for image in strip.iter("image"))
    assert three == pytest.approx(3 * one, rel=0.01)


def test_a_long_name_is_cut_and_chinese_takes_two_places() -> None:
    assert shorten("Nordic minimal", 20) == "Nordic minimal"
    assert shorten("Nordic minimal", 8) == "Nordic m…"
    assert shorten("北欧极简", 6) == "北欧极…"
