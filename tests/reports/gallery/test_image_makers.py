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

from tests.seeds import new_seed
from zeitgraph.kg.base.errors import UnknownName
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.prompts.library import Style
from zeitgraph.reports.gallery.image_makers import IMAGE_MAKERS, Prompt, image_maker
from zeitgraph.reports.gallery.mosaic import MAX_PICTURES, WIDTH, MosaicMaker, compose, split_rows
from zeitgraph.reports.gallery.prototypes import (
    MAX_WORD_LENGTH,
    MAX_WORDS,
    clean_word,
    save_generated,
    style_prompt,
    words_prompt,
)
from zeitgraph.reports.page.fonts import font_for
from zeitgraph.reports.page.pictures import copy_picture, upright

STYLE = Style("ink", "home", "Ink wash", "水墨", ("ink wash room",), ("水墨房间",), "an ink room")


def pictures(folder: Path, count: int) -> tuple[Path, ...]:
    chance = default_rng(new_seed())
    paths = []
    for i in range(count):
        width, height, *colour = chance.integers(40, 250, 5).tolist()
        path = folder / f"{i}.png"
        Image.new("RGB", (width, height), tuple(colour)).save(path)
        paths.append(path)
    return tuple(paths)


def test_an_unknown_image_maker_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=", ".join(sorted(IMAGE_MAKERS))):
        image_maker(GallerySettings(image_maker="dall-e"), tmp_path)


def test_an_image_maker_of_another_package_is_loaded_by_name(
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


def test_the_prompt_of_a_named_style_is_that_of_its_library() -> None:
    assert style_prompt(STYLE, "en").text.startswith("an ink room, ")
    assert "水墨房间" in style_prompt(STYLE, "zh").text
    assert "watermark" in style_prompt(STYLE, "en").negative
    assert "水印" in style_prompt(STYLE, "zh").negative


@pytest.mark.parametrize("name", ["水墨", "水墨风", "水墨风格"])
def test_a_chinese_prompt_contains_the_word_style_once(name: str) -> None:
    assert style_prompt(replace(STYLE, name_zh=name), "zh").text.startswith("水墨风格：")


@given(st.lists(st.text(max_size=80), max_size=30))
def test_only_short_plain_words_of_hostile_text_reach_a_prompt(words: list[str]) -> None:
    frame = words_prompt([], frozenset(), "en").text
    text = words_prompt(words, frozenset(), "en").text
    assert text.endswith(frame)
    said = text.removesuffix(frame)
    assert len(said) <= MAX_WORDS * (MAX_WORD_LENGTH + 2)
    assert not set(said) & (set(string.punctuation) - set("-,"))
    assert all(c.isalnum() or c in "- ," for c in said)


def test_braces_in_words_are_removed() -> None:
    assert clean_word("{words.__class__} %s $(rm)") == "words class s rm"


def test_names_of_persons_and_brands_stay_out_of_prompts() -> None:
    text = words_prompt(["Taylor", "harbour", "水墨"], frozenset({"taylor"}), "en").text
    assert "Taylor" not in text
    assert text.startswith("harbour, 水墨: ")


def test_a_generated_picture_is_marked_in_its_pixels_text_and_xmp(tmp_path: Path) -> None:
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
def test_a_mosaic_holds_every_picture_without_gaps(count: int) -> None:
    chance = default_rng(new_seed())
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
def test_rows_contain_every_picture_once_and_in_order(ratios: list[float], count: int) -> None:
    rows = split_rows(ratios, count)
    assert [i for row in rows for i in row] == list(range(len(ratios)))
    assert all(rows)
    assert len(rows) == min(count, len(ratios))


def test_a_mosaic_is_deterministic_and_needs_pictures(tmp_path: Path) -> None:
    maker = MosaicMaker(GallerySettings(), tmp_path)
    prompt = Prompt(
        "",
        "",
        exemplars=pictures(tmp_path, MAX_PICTURES + 3),
        caption=("Ink wash 水墨", "composed"),
    )
    first, second = (maker.draw(prompt, [seed])[0] for seed in (1, 2))
    assert first.tobytes() == second.tobytes()
    assert maker.draw(Prompt("", ""), [1]) == []


def test_a_line_that_no_font_can_draw_is_left_out(tmp_path: Path) -> None:
    picture = [Image.new("RGB", (300, 200), "teal")]
    unknown = "\U0010fffd private"
    assert font_for(unknown, 20) is None
    assert compose(picture, (unknown,)).tobytes() == compose(picture, ()).tobytes()
    assert compose(picture, ("words",)).height > compose(picture, ()).height


def test_chinese_is_drawn_if_a_font_has_it() -> None:
    font = font_for("水墨 ink", 20)
    if font is None:
        pytest.skip("no font with Chinese is installed here")
    glyphs = {bytes(font.getmask(c)) for c in "水墨"}
    assert len(glyphs) == 2


def test_pictures_are_upright_and_on_white(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "turned.jpg", exif=exif)
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    shown = copy_picture(tmp_path / "turned.jpg", tmp_path / "out")
    assert (shown.width, shown.height) == (200, 300)
    assert upright(tmp_path / "turned.jpg", 100).size == (67, 100)
    assert upright(tmp_path / "clear.png", 100).getcolors() == [(600, (255, 255, 255))]


def test_a_picture_is_named_by_its_content_and_its_real_format(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "teal").save(tmp_path / "page.html", format="PNG")
    shown = copy_picture(tmp_path / "page.html", tmp_path / "out")
    assert re.fullmatch(r"originals/[0-9a-f]{24}\.png", shown.original)
    assert copy_picture(tmp_path / "page.html", tmp_path / "out") == shown
