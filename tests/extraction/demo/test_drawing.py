"""Every style, object, scene and layout of the demo world can be drawn."""

import numpy as np
import pytest

from zeitgraph.extraction.demo.drawing.layouts import LAYOUTS
from zeitgraph.extraction.demo.drawing.look import blend, looks
from zeitgraph.extraction.demo.drawing.picture import SIDE, Picture, draw, random_picture
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS


@pytest.mark.parametrize("style", sorted(looks()))
def test_every_style_draws_a_picture_with_contrast(style: str) -> None:
    picture = random_picture(style, np.random.default_rng(5))
    image = draw(picture)
    assert image.size == (SIDE, SIDE)
    assert image.mode == "RGB"
    assert np.asarray(image).std() > 8
    assert draw(picture).tobytes() == image.tobytes()


@pytest.mark.parametrize("name", sorted(THINGS))
def test_an_object_changes_its_picture(name: str) -> None:
    other = "ball" if name != "ball" else "cup"
    one, two = (Picture("coastal", (thing,), "room", "centred", seed=1) for thing in (name, other))
    difference = np.asarray(draw(one), float) - np.asarray(draw(two), float)
    assert np.abs(difference).max(axis=2).mean() > 1


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_scene_goes_with_every_layout(scene: str, layout: str) -> None:
    draw(Picture("pastoral", ("cup", "chair", "kite", "sofa"), scene, layout, seed=2))


def test_the_colours_halfway_between_two_looks_are_between_theirs() -> None:
    a, b = looks()["camping"], looks()["glamping"]
    middle = blend(a, b, 0.5)
    for name, colour in middle.colours.items():
        for value, x, y in zip(colour, a.colours[name], b.colours[name], strict=True):
            assert min(x, y) <= value <= max(x, y)
    assert blend(a, b, 0.2).id == "camping"
    assert blend(a, b, 0.8).id == "glamping"
