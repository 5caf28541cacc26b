"""The starter CLIP, loaded by open_clip alone, recognises styles of pictures never trained on."""

from functools import cache

import pytest

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.story.claims import library_phrasings
from zeitgraph.training.clip.folder import WEIGHTS
from zeitgraph.training.clip.judge import ClipScores, judge


@cache
def scores() -> ClipScores:
    return judge(WEIGHTS, 210)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_styles_of_fresh_pictures_are_named_in_either_language(lang: str) -> None:
    assert scores().styles[lang] >= 0.95


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_scenes_and_objects_of_fresh_pictures_are_named_in_either_language(lang: str) -> None:
    assert scores().scenes[lang] >= 0.9
    assert scores().objects[lang] >= 0.82


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pictures_retrieve_their_caption_among_a_hundred(lang: str) -> None:
    assert scores().recall[lang] >= 0.6


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_patches_locate_named_things(lang: str) -> None:
    assert scores().pointing[lang] >= 0.8


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_captions_are_nearest_to_the_style_they_state(lang: str) -> None:
    assert scores().captions[lang] >= 0.7


def test_pictures_of_one_style_are_neighbours_even_for_styles_outside_the_library() -> None:
    assert scores().neighbours >= 0.85


def test_the_weights_are_small_and_contain_no_pickle() -> None:
    files = [path for path in WEIGHTS.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    assert sum(path.stat().st_size for path in files) <= 25_000_000


def test_the_library_lacks_nine_styles_of_the_world() -> None:
    assert len(set(looks()) - set(library_phrasings())) == 9
    for phrasings in library_phrasings().values():
        assert all(len(phrasings[lang]) >= 4 for lang in ("en", "zh"))
