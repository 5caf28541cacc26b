"""The features of posts: correct on drawn pictures, and defined for grey and for hostile input."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from zeitgraph.extraction.explain.features import features_of
from zeitgraph.extraction.explain.image_features import COLUMNS, SIDE, measure
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.base.ids import digest_bytes
from zeitgraph.kg.base.weeks import week_start
from zeitgraph.kg.workspace.conditions import FEATURES
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

WEEK = "2026-W40"
LEVELS = st.sampled_from((0, 1, 255))


def features_of_picture(image: Image.Image) -> dict[str, float | int | None]:
    """The features of a post with a single picture."""
    return features_of([measure(image)])


def noise(seed: int, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    dice = np.random.default_rng(seed)
    return Image.fromarray(dice.integers(0, 256, (size[1], size[0], 3), np.uint8))


def number(value: float | None) -> float:
    assert value is not None
    return value


# -- the numbers -----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(hue=st.integers(0, 255), saturation=st.integers(120, 255), value=st.integers(120, 255))
def test_a_plain_colour_has_the_features_that_it_was_drawn_with(
    hue: int, saturation: int, value: int
) -> None:
    image = Image.new("HSV", (64, 64), (hue, saturation, value)).convert("RGB")
    features = features_of_picture(image)
    off = abs(number(features["hue"]) - hue * 360 / 256)
    assert min(off, 360 - off) < 5
    assert features["saturation"] == pytest.approx(saturation / 255, abs=0.03)
    assert features["value"] == pytest.approx(value / 255, abs=0.01)
    assert features["unity"] == pytest.approx(1, abs=0.02)
    assert features["coloured"] == 1
    assert (features["contrast"], features["texture"]) == (0, 0)
    assert features["entropy"] == features["symmetry"] == 1
    assert features["roundness"] == 0


@settings(max_examples=25, deadline=None)
@given(grey=st.integers(0, 255), seed=st.integers(0, 10**6))
def test_a_grey_picture_has_every_feature_but_a_hue(grey: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    mixed = dice.integers(0, 256, (40, 60), np.uint8)
    for image in (Image.new("L", (50, 50), grey), Image.fromarray(mixed)):
        features = features_of_picture(image.convert("RGB"))
        assert features["hue"] is None
        assert features["coloured"] == features["saturation"] == features["unity"] == 0
        assert all(features[name] is not None for name in FEATURES if name != "hue")


def test_opposite_hues_have_no_mean_and_hues_around_red_have_a_red_mean() -> None:
    halves = Image.new("RGB", (64, 64), (255, 0, 0))
    halves.paste((0, 255, 255), (0, 0, 32, 64))
    assert features_of_picture(halves)["hue"] is None
    halves.paste((255, 0, 60), (0, 0, 32, 64))
    both = number(features_of_picture(halves)["hue"])
    assert both > 330 or both < 15
    red, rose = (measure(Image.new("RGB", (9, 9), c)) for c in ((255, 40, 0), (255, 0, 40)))
    mean = number(features_of([red, rose])["hue"])
    assert min(mean, 360 - mean) < 5


def test_layout_features_depend_on_the_place_of_the_visual_weight() -> None:
    def spot(x: float, y: float) -> dict[str, float | int | None]:
        image = Image.new("RGB", (SIDE, SIDE), "white")
        box = [SIDE * x - 12, SIDE * y - 12, SIDE * x + 12, SIDE * y + 12]
        ImageDraw.Draw(image).rectangle(box, fill="black")
        return features_of_picture(image)

    middle, left, golden = spot(0.5, 0.5), spot(0.15, 0.5), spot(0.618, 0.382)
    assert number(middle["balance"]) > number(left["balance"]) + 0.35
    assert number(middle["symmetry"]) > number(left["symmetry"]) + 0.6
    assert number(golden["golden"]) < number(middle["golden"]) - 0.07
    assert number(features_of_picture(noise(1))["entropy"]) > number(middle["entropy"]) + 0.3
    assert number(features_of_picture(noise(1))["texture"]) > number(middle["texture"]) + 0.3


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_disc_is_rounder_than_a_square(seed: int) -> None:
    dice = np.random.default_rng(seed)
    x, y, radius = dice.uniform(35, 93), dice.uniform(35, 93), dice.choice([8, 12, 17])
    box = (x - radius, y - radius, x + radius, y + radius)
    round_one, square = (Image.new("RGB", (SIDE, SIDE), "white") for _ in range(2))
    ImageDraw.Draw(round_one).ellipse(box, fill="navy")
    ImageDraw.Draw(square).rectangle(box, fill="navy")
    assert number(features_of_picture(round_one)["roundness"]) > number(
        features_of_picture(square)["roundness"]
    )


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 150),
    height=st.integers(1, 150),
    seed=st.integers(0, 99),
    levels=LEVELS,
)
def test_pictures_of_any_size_have_all_features_within_their_ranges(
    width: int, height: int, seed: int, levels: int
) -> None:
    image = noise(seed, (width, height)).point(lambda level: level % (levels + 1))
    row = measure(image)
    assert row.shape == (len(COLUMNS),)
    assert np.isfinite(row).all()
    for name, value in features_of([row, row]).items():
        feature = FEATURES.get(name)
        assert feature is None or value is None or feature.low <= value <= feature.high


# -- the stage -------------------------------------------------------------------------------------


def put(folder: Path, posts: dict[str, tuple[str, list[Image.Image]]]) -> Workspace:
    """A workspace with these posts: text and pictures by id."""
    place = Workspace.create(folder, "vectors")
    rows: list[dict[str, Any]] = []
    media: list[dict[str, Any]] = []
    for post_id, (text, images) in posts.items():
        rows.append({"post_id": post_id, "week": WEEK, "published_at": week_start(WEEK)})
        rows[-1] |= {"text": text, "lang": "", "heat": 0.0}
        for position, image in enumerate(images):
            digest = digest_bytes(image.tobytes())
            path = place.root / "media" / f"{digest}.png"
            path.parent.mkdir(exist_ok=True)
            image.save(path)
            media.append({"media_id": f"m-{digest[:9]}", "post_id": post_id, "week": WEEK})
            media[-1] |= {"path": f"media/{digest}.png", "position": position, "kind": "picture"}
    place.write("posts", WEEK, make_table(TABLES["posts"], rows))
    place.write("media", WEEK, make_table(TABLES["media"], media))
    return place


def run(place: Workspace) -> None:
    bring_up_to_date(place, [stage for stage in STAGES if stage.name == "features"], [WEEK])


POSTS = {
    "one": ("Linen, linen and the #Linen chair", [noise(1)]),
    "two": ("亚麻沙发真舒服", [noise(2), Image.new("RGB", (30, 90), "teal")]),
    "none": ("only words", []),
    "mute": ("", [Image.new("RGB", (5, 5), "grey")]),
    "hostile": ("'); DROP TABLE posts; -- {{7*7}} <script>alert(1)</script> \u202e ⟦E1⟧", []),
}


def test_each_post_has_a_row_and_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    place = put(tmp_path / "a", POSTS)
    run(place)
    rows = {row["post_id"]: row for row in place.read("features", WEEK).to_pylist()}
    assert rows.keys() == POSTS.keys()
    assert {p: r["pictures"] for p, r in rows.items()} == {p: len(i) for p, (_, i) in POSTS.items()}
    assert all((row["value"] is None) == (not row["pictures"]) for row in rows.values())
    assert rows["one"]["words"] == ["#linen", "chair", "linen"]
    assert "亚麻" in "".join(rows["two"]["words"])
    assert all("<" not in word and "⟦" not in word for word in rows["hostile"]["words"])
    first = place.digest("features", WEEK)
    other = put(tmp_path / "b", dict(reversed(POSTS.items())))
    run(other)
    assert other.digest("features", WEEK) == first
    shutil.rmtree(place.root / "tables" / "features")
    run(place)  # all measurements from the cache
    assert place.digest("features", WEEK) == first


def test_a_missing_picture_gives_an_error_of_one_line(tmp_path: Path) -> None:
    place = put(tmp_path / "a", POSTS)
    next((place.root / "media").iterdir()).unlink()
    with pytest.raises(StoreError, match="a picture of the workspace cannot be read"):
        run(place)
