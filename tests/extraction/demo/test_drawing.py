"""The drawings of the demo world: every style, object, scene and layout makes a picture."""

import numpy as np
import pytest

from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.look import blend, looks
from zeitgraph.extraction.demo.drawing.picture import SIDE, Picture, draw, random_picture
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS


@pytest.mark.parametrize("style", sorted(looks()))
def test_a_style_draws_a_picture_of_its_own_that_is_not_flat(style: str) -> None:
    picture = random_picture(style, np.random.default_rng(5))
    image = draw(picture)
    assert image.size == (SIDE, SIDE)
    assert image.mode == "RGB"
    assert np.asarray(image).std() > 8
    assert draw(picture).tobytes() == image.tobytes()


@pytest.mark.parametrize("name", sorted(THINGS))
def test_an_object_changes_the_picture_it_stands_in(name: str) -> None:
    other = "ball" if name != "ball" else "cup"
    one, two = (Picture("coastal", (thing,), "room", "centred", seed=1) for thing in (name, other))
    difference = np.asarray(draw(one), float) - np.asarray(draw(two), float)
    assert np.abs(difference).max(axis=2).mean() > 1


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_scene_goes_with_every_layout(scene: str, layout: str) -> None:
    draw(Picture("pastoral", ("cup", "chair", "kite", "sofa"), scene, layout, seed=2))


def test_half_way_between_two_looks_lies_between_their_colours() -> None:
    a, b = looks()["camping"], looks()["glamping"]
    middle = blend(a, b, 0.5)
    for name, colour in middle.colours.items():
        for value, x, y in zip(colour, a.colours[name], b.colours[name], strict=True):
            assert min(x, y) <= value <= max(x, y)
    assert blend(a, b, 0.2).id == "camping"
    assert blend(a, b, 0.8).id == "glamping"
