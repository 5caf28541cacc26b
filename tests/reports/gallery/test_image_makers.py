"""Image makers, prompts, marks and mosaics, without a model."""

import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng
from PIL import Image

from zeitgraph.kg.base.errors import UnknownName
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.prompts.library import Style
from zeitgraph.reports.gallery.image_makers import IMAGE_MAKERS, Prompt, image_maker
from zeitgraph.reports.gallery.mosaic import MOST, WIDTH, MosaicMaker, compose, split_rows
from zeitgraph.reports.gallery.prototypes import (
    LONGEST_WORD,
    MOST_WORDS,
    clean_word,
    save_generated,
    style_prompt,
    words_prompt,
)
from zeitgraph.reports.page.fonts import font_for
from zeitgraph.reports.page.pictures import copy_picture, upright

STYLE = Style("ink", "home", "Ink wash", "水墨", ("ink wash room",), ("水墨房间",), "an ink room")


def pictures(folder: Path, count: int) -> tuple[Path, ...]:
    chance = default_rng()
    paths = []
    for i in range(count):
        width, height, *colour = chance.integers(40, 250, 5).tolist()
        path = folder / f"{i}.png"
        Image.new("RGB", (width, height), tuple(colour)).save(path)
        paths.append(path)
    return tuple(paths)


def test_an_unknown_maker_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=", ".join(sorted(IMAGE_MAKERS))):
        image_maker(GallerySettings(image_maker="dall-e"), tmp_path)


def test_somebody_elses_maker_is_plugged_in_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_maker.py").write_text(
        "class Maker:\n"
        "    role, name = 'prototype', 'theirs'\n"
        "    def __init__(self, settings, beside, note): self.identity = 'theirs'\n"
        "    def draw(self, prompt, seeds): return []\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    maker = image_maker(GallerySettings(image_maker="their_maker:Maker"), tmp_path)
    assert maker.identity == "theirs"


def test_a_named_style_is_drawn_by_its_own_line() -> None:
    assert style_prompt(STYLE, "en").text.startswith("an ink room, ")
    assert "水墨房间" in style_prompt(STYLE, "zh").text
    assert "watermark" in style_prompt(STYLE, "en").negative
    assert "水印" in style_prompt(STYLE, "zh").negative


@pytest.mark.parametrize("name", ["水墨", "水墨风", "水墨风格"])
def test_a_prompt_says_once_that_a_style_is_one(name: str) -> None:
    assert style_prompt(replace(STYLE, name_zh=name), "zh").text.startswith("水墨风格：")


@given(st.lists(st.text(max_size=80), max_size=30))
def test_hostile_words_reach_a_prompt_as_plain_short_words_only(words: list[str]) -> None:
    frame = words_prompt([], frozenset(), "en").text
    text = words_prompt(words, frozenset(), "en").text
    assert text.endswith(frame)
    said = text.removesuffix(frame)
    assert len(said) <= MOST_WORDS * (LONGEST_WORD + 2)
    assert not set(said) & (set(string.punctuation) - set("-,"))
    assert all(c.isalnum() or c in "- ," for c in said)


def test_braces_in_words_are_not_filled_in() -> None:
    assert clean_word("{words.__class__} %s $(rm)") == "words class s rm"


def test_names_of_persons_and_brands_stay_out_of_prompts() -> None:
    text = words_prompt(["Taylor", "harbour", "水墨"], frozenset({"taylor"}), "en").text
    assert "Taylor" not in text
    assert text.startswith("harbour, 水墨: ")


def test_a_generated_picture_says_so_in_its_pixels_text_and_xmp(tmp_path: Path) -> None:
    plain = Image.new("RGB", (256, 256), "teal")
    save_generated(
        plain, tmp_path / "p" / "x.png", "AI generated", "about <it>", Prompt("水墨", "")
    )
    with Image.open(tmp_path / "p" / "x.png") as image:
        image.load()
        assert "digitalsourcetype/trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
        assert image.info["zeitgraph:prompt"] == "水墨"
        assert image.info["Description"] == "about <it>"
        assert image.crop((0, 200, 256, 256)).getcolors() != [(256 * 56, (0, 128, 128))]
        assert image.crop((0, 0, 256, 200)).getcolors() == [(256 * 200, (0, 128, 128))]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30))
def test_a_mosaic_lays_every_picture_without_gaps(count: int) -> None:
    chance = default_rng()
    sheet = compose(
        [
            Image.new("RGB", tuple(chance.integers(30, 300, 2).tolist()), "black")
            for _ in range(count)
        ],
        (),
    )
    assert sheet.width == WIDTH
    dark = sum(n for n, colour in sheet.convert("1").getcolors() or [] if colour == 0)
    assert dark > 0.8 * sheet.width * sheet.height - 2 * 36 * (sheet.width + sheet.height)


@given(st.lists(st.floats(0.5, 2.5), min_size=1, max_size=12), st.integers(1, 6))
def test_rows_hold_every_picture_once_and_in_order(ratios: list[float], count: int) -> None:
    rows = split_rows(ratios, count)
    assert [i for row in rows for i in row] == list(range(len(ratios)))
    assert all(rows)
    assert len(rows) == min(count, len(ratios))


def test_a_mosaic_is_the_same_every_time_and_none_without_pictures(tmp_path: Path) -> None:
    maker = MosaicMaker(GallerySettings(), tmp_path)
    prompt = Prompt(
        "", "", exemplars=pictures(tmp_path, MOST + 3), caption=("Ink wash 水墨", "composed")
    )
    first, second = (maker.draw(prompt, [seed])[0] for seed in (1, 2))
    assert first.tobytes() == second.tobytes()
    assert maker.draw(Prompt("", ""), [1]) == []


def test_a_line_that_no_font_holds_is_left_out_rather_than_drawn_as_boxes(tmp_path: Path) -> None:
    picture = [Image.new("RGB", (300, 200), "teal")]
    unheard = "\U0010fffd private"
    assert font_for(unheard, 20) is None
    assert compose(picture, (unheard,)).tobytes() == compose(picture, ()).tobytes()
    assert compose(picture, ("words",)).height > compose(picture, ()).height


def test_chinese_is_drawn_where_a_font_holds_it() -> None:
    font = font_for("水墨 ink", 20)
    if font is None:
        pytest.skip("no font with Chinese is installed here")
    glyphs = {bytes(font.getmask(c)) for c in "水墨"}
    assert len(glyphs) == 2


def test_pictures_stand_upright_and_on_white(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "turned.jpg", exif=exif)
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    shown = copy_picture(tmp_path / "turned.jpg", tmp_path / "out")
    assert (shown.width, shown.height) == (200, 300)
    assert upright(tmp_path / "turned.jpg", 100).size == (67, 100)
    assert upright(tmp_path / "clear.png", 100).getcolors() == [(600, (255, 255, 255))]


def test_a_picture_is_named_by_its_content_and_its_real_kind(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "teal").save(tmp_path / "page.html", format="PNG")
    shown = copy_picture(tmp_path / "page.html", tmp_path / "out")
    assert re.fullmatch(r"originals/[0-9a-f]{24}\.png", shown.original)
    assert copy_picture(tmp_path / "page.html", tmp_path / "out") == shown
