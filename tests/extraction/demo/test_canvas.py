"""Drawing with layers of paper: reused sheets, shadows, blurs and ovals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from zeitgraph.extraction.demo.drawing.brush import Brush, LineStyle, Place, Sheet
from zeitgraph.extraction.demo.drawing.canvas import Material, Painting, blurred
from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.picture import draw, random_picture

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (200, 30, 40)
PLAIN = Material(shade=0, cast=0)


def test_a_picture_does_not_depend_on_what_was_drawn_before_it() -> None:
    rng = np.random.default_rng(91)
    pictures = [random_picture(style, rng) for style in list(looks())[:8]]
    pictures[3] = replace(pictures[3], people=("red", "blue"))
    alone = [draw(picture, 64).tobytes() for picture in pictures]
    order = np.random.default_rng(3).permutation(np.repeat(np.arange(8), 2))
    for index in order:
        draw(pictures[(index + 1) % 8], 96)
        assert draw(pictures[index], 64).tobytes() == alone[index]


def test_a_laid_sheet_is_cleared_and_reused() -> None:
    painting = Painting(40, WHITE, WHITE)
    first = painting.brush({"red": RED})
    first.box(-0.5, -0.5, 0.5, 0.5, "red")
    painting.lay(first.sheet, PLAIN)
    before = painting.planes.copy()
    second = painting.brush({"red": RED})
    assert second.sheet is first.sheet
    assert second.sheet.bounding_box() is None
    painting.lay(second.sheet, PLAIN)
    np.testing.assert_array_equal(painting.planes, before)
    third, fourth = painting.brush({}), painting.brush({})
    assert third.sheet is not fourth.sheet


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(-60, 60), y=st.integers(-60, 60), glow=st.sampled_from((0.0, 0.7)), data=st.data()
)
def test_a_sheet_beyond_the_edge_changes_only_the_pixels_it_covers(
    x: int, y: int, glow: float, data: st.DataObject
) -> None:
    side = data.draw(st.sampled_from((31, 40, 64)))
    painting = Painting(side, WHITE, WHITE)
    sheet = Sheet(40)
    Brush(sheet, Place(10, 10, 10), {"red": RED}).box(-1, -1, 1, 1, "red")
    painting.lay(sheet, Material(shade=0, cast=0.5, glow=glow), (x, y))
    covered = np.zeros((side, side), bool)
    covered[max(0, y) : max(0, y + 20), max(0, x) : max(0, x + 20)] = True
    red = np.array(RED, np.float32).reshape(3, 1) / 255
    np.testing.assert_allclose(
        painting.planes[:, covered], np.broadcast_to(red, (3, covered.sum())), atol=1e-5
    )
    far = np.ones((side, side), bool)
    far[max(0, y - 25) : max(0, y + 45), max(0, x - 25) : max(0, x + 45)] = False
    assert (painting.planes[:, far] == 1).all()


@pytest.mark.parametrize("radius", [0.86, 1.5, 2.46, 2.86, 4.86, 8.5])
@pytest.mark.parametrize("shape", [(61, 90), (128, 128), (37, 140)])
def test_a_blur_is_nearly_a_gaussian(radius: float, shape: tuple[int, int]) -> None:
    plane = np.zeros(shape, np.float32)
    plane[12:-15, 20:-18] = 1
    exact = Image.fromarray((plane * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    found = blurred(plane, radius)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert np.abs(found - np.asarray(exact, np.float32) / 255).max() < 0.16
    assert found.mean() == pytest.approx(plane.mean(), abs=0.01)
    np.testing.assert_allclose(blurred(plane, radius, 0.5), found / 2, atol=1e-6)


def test_a_blur_repeats_the_edge_pixels() -> None:
    np.testing.assert_allclose(blurred(np.ones((33, 50), np.float32), 4.2), 1, atol=0.01)


@settings(max_examples=40, deadline=None)
@given(
    middle=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
    radii=st.tuples(st.floats(0.02, 0.4), st.floats(0.02, 0.4)),
    tilt=st.floats(-0.2, 0.2),
    wobble=st.floats(0, 0.05),
)
def test_the_size_of_an_oval_does_not_depend_on_wobble(
    middle: tuple[float, float], radii: tuple[float, float], tilt: float, wobble: float
) -> None:
    """With little wobble an oval is drawn as an ellipse in one step, otherwise as a polygon."""
    sheet, line_style = Sheet(256), LineStyle(wobble=wobble, phase=1.0)
    Brush(sheet, Place(64, 64, 60, tilt), {"red": RED}, line_style).oval(*middle, *radii, "red")
    area = (sheet.pixels[..., 3] > 0).sum()
    wide, high = (120 * radius for radius in radii)
    assert 0.9 * np.pi * (wide - 1) * (high - 1) < area
    assert area < 1.15 * np.pi * (wide + 1.5) * (high + 1.5)
