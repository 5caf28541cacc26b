"""The pictures of the demo world: sizes, the boxes of objects, people, the rules of sub-styles."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.look import blend, looks
from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.picture import Picture, boxes, draw, random_picture
from zeitgraph.extraction.demo.drawing.rules import FEATURES, RULES
from zeitgraph.extraction.demo.story.timeline import LOOK_CHANGES

SEEDS = st.integers(0, 10_000)
STYLES = st.sampled_from(sorted(looks()))


def pixels_of(picture: Picture, side: int = 128) -> np.ndarray:
    return np.asarray(draw(picture, side), np.float32)


@pytest.mark.parametrize("style", sorted(looks()))
def test_a_small_picture_shows_what_the_large_one_shows(style: str) -> None:
    picture = random_picture(style, np.random.default_rng(8))
    large = draw(picture).resize((128, 128), Image.Resampling.BICUBIC)
    small = draw(picture, 128)
    assert small.size == (128, 128)
    soft = [np.asarray(image.reduce(8), np.float32) for image in (large, small)]
    assert np.abs(soft[0] - soft[1]).mean() < 6


@settings(max_examples=15, deadline=None)
@given(style=STYLES, seed=SEEDS, layout=st.sampled_from(sorted(LAYOUTS)), index=st.integers(0, 2))
def test_an_object_changes_its_box_and_little_else(
    style: str, seed: int, layout: str, index: int
) -> None:
    """A chair becomes a sofa; both stand on the ground, so other objects keep their places."""
    others = ("cup", "kite")
    one, other = (
        Picture(style, (*others[:index], name, *others[index:]), "room", layout, seed)
        for name in ("chair", "sofa")
    )
    change = np.abs(pixels_of(one) - pixels_of(other)).max(axis=2)
    found = [boxes(picture)[index] for picture in (one, other)]
    assert [name for name, *_ in found] == ["chair", "sofa"]
    edges = np.array([row[1:] for row in found])
    x0, y0 = edges[:, :2].min(axis=0)
    x1, y1 = edges[:, 2:].max(axis=0)
    inside = np.zeros(change.shape, bool)
    inside[int(y0 * 128) : int(y1 * 128) + 1, int(x0 * 128) : int(x1 * 128) + 1] = True
    assert change[inside].mean() > 3 * change[~inside].mean()


@settings(max_examples=40, deadline=None)
@given(style=STYLES, seed=SEEDS)
def test_every_object_has_a_box_of_some_size_inside_the_picture(style: str, seed: int) -> None:
    picture = random_picture(style, np.random.default_rng(seed))
    found = boxes(picture)
    assert tuple(row[0] for row in found) == picture.objects
    for _, x0, y0, x1, y1 in found:
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert 0.02 < x1 - x0 < 0.7


@pytest.mark.parametrize(("before", "after"), LOOK_CHANGES)
def test_a_picture_halfway_between_two_looks_differs_from_both(before: str, after: str) -> None:
    start, end, middle = (
        Picture(before, ("cup",), "garden", "thirds", 5, after, drift) for drift in (0.0, 1.0, 0.5)
    )
    assert blend(looks()[before], looks()[after], 0.4).id == before
    half = pixels_of(middle).mean(axis=(0, 1))
    ends = [pixels_of(picture).mean(axis=(0, 1)) for picture in (start, end)]
    assert np.abs(half - ends[0]).max() > 2
    assert np.abs(half - ends[1]).max() > 2


@pytest.mark.parametrize("style", sorted(looks()))
def test_the_colour_of_a_coat_is_recognisable_in_every_style(style: str) -> None:
    empty = Picture(style, ("cup",), "garden", "golden-left", seed=4)
    dressed = [pixels_of(replace(empty, people=(colour,))) for colour in CLOTHES]
    spread = np.std(dressed, axis=0).sum(axis=2)
    coat = spread > np.quantile(spread, 0.97)
    seen = [np.median(pixels[coat], axis=0) for pixels in dressed]
    assert min(np.abs(a - b).max() for a, b in combinations(seen, 2)) > 20


@settings(max_examples=15, deadline=None)
@given(style=STYLES, seed=SEEDS, count=st.integers(1, 3))
def test_people_do_not_move_objects(style: str, seed: int, count: int) -> None:
    empty = random_picture(style, np.random.default_rng(seed))
    crowded = replace(empty, people=("red", "blue", "white")[:count])
    assert boxes(crowded) == boxes(empty)
    assert draw(crowded, 64).tobytes() != draw(empty, 64).tobytes()
    assert draw(crowded, 64).tobytes() == draw(crowded, 64).tobytes()


@pytest.mark.parametrize("style", sorted({rule.style for rule in RULES}))
def test_nine_in_ten_pictures_of_a_sub_style_satisfy_its_rules(style: str) -> None:
    rng = np.random.default_rng(31)
    pictures = [random_picture(style, rng) for _ in range(40)]
    own = [rule for rule in RULES if rule.style == style]
    cache = [all(rule.holds(p, image) for rule in own) for p in pictures for image in [draw(p, 64)]]
    assert np.mean(cache) >= 0.9


def test_the_warm_sub_styles_share_a_hue_and_differ_in_value() -> None:
    rng = np.random.default_rng(32)
    value = FEATURES["value"]
    for style, low, high in (("bohemian", 0.6, 0.8), ("korean-cream", 0.9, 1.0)):
        for picture in [random_picture(style, rng) for _ in range(20)]:
            assert low < value(picture, draw(picture, 64)) < high
