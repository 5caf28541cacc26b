"""Training prompts of the image maker: texts about a picture, each with what it claims.

Input: a picture and a random generator. Output: a `TrainingText`: a prompt as the gallery makes it,
a prompt as people type it, or a caption of the world, in English or Chinese. The picture is free in
what a prompt does not claim. This module does not know about tensors.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.demo.story.captions import join, list_objects, place_scene
from zeitgraph.extraction.demo.story.claims import LANGS, phrasings
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.names.words import tokens
from zeitgraph.prompts.library import Style, load_styles
from zeitgraph.training.clip.training_texts import TrainingText, caption_text

FRAMES = {
    "en": (
        "{style}, {objects} {scene}",
        "{objects} {scene}, {style}",
        "{objects}, {style}, {scene}",
        "a picture of {objects} {scene} in {style}",
        "{style}: {objects}",
        "{objects}, {style}",
        "{style}, {scene}",
        "{style}",
        "{style} aesthetic",
        "a {style} picture",
        "{objects} {scene}",
        "{objects}",
    ),
    "zh": (
        "{style}，{scene}的{objects}",
        "{scene}的{objects}，{style}",
        "{objects}，{style}，{scene}",
        "一张{style}的图片，{scene}有{objects}",
        "{style}：{objects}",
        "{objects}，{style}",
        "{style}，{scene}",
        "{style}",
        "{style}美学",
        "{style}的画面",
        "{scene}的{objects}",
        "{objects}",
    ),
}
WHOLE = 4
"""The number of first frames that claim everything."""
MOST_WORDS = 8


@cache
def templates() -> dict[str, Any]:
    """Returns the sentences with which the gallery prompts an image model."""
    file = resources.files("zeitgraph.prompts") / "image" / "prompts.toml"
    return tomllib.loads(file.read_text("utf-8"))


@cache
def unwanted() -> tuple[str, ...]:
    """Returns prompts that claim nothing: the empty one, and the gallery's negative prompts."""
    return "", *(templates()[lang]["negative"] for lang in LANGS)


@cache
def _library() -> dict[str, Style]:
    return {style.style_id: style for style in load_styles(["everyday"], Path())}


def _pick(rng: Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def framed(picture: Picture, lang: str, rng: Generator, frame: str = "") -> TrainingText:
    """Returns a plain prompt with some of style, thing and scene; `frame` selects one of FRAMES."""
    frame = frame or _pick(rng, FRAMES[lang])
    text = frame.format(
        style=_pick(rng, phrasings(picture.style, lang)),
        objects=join(list_objects(picture.objects, lang, rng)).text,
        scene=join(place_scene(picture.scene, lang, rng)).text,
    )
    return TrainingText(
        text,
        picture.style if "{style}" in frame else "",
        frozenset(picture.objects) if "{objects}" in frame else frozenset(),
        picture.scene if "{scene}" in frame else "",
    )


def named(picture: Picture, lang: str, rng: Generator) -> TrainingText:
    """Returns the gallery's prompt for a style of the library; for another style, a
    plain prompt.
    """
    style = _library().get(picture.style)
    if style is None:
        return framed(picture, lang, rng)
    name = style.name_zh if lang == "zh" else style.name_en
    phrasing = (style.zh if lang == "zh" else style.en)[0]
    text = templates()[lang]["named"].format(image=style.image, name=name, phrasing=phrasing)
    return TrainingText(text, picture.style)


@cache
def _words_of(style: str, lang: str) -> tuple[str, ...]:
    own = (word for phrasing in phrasings(style, lang) for word in tokens(phrasing, lang))
    return tuple(dict.fromkeys(own))


def discovered(picture: Picture, lang: str, rng: Generator) -> TrainingText:
    """Returns the gallery's prompt for a cluster described by words, of both languages in any
    order.
    """
    words = [
        _pick(rng, _words_of(picture.style, _pick(rng, LANGS)))
        for _ in range(int(rng.integers(3, MOST_WORDS + 1)))
    ]
    objects, scene = frozenset[str](), ""
    if rng.random() < 0.6:
        objects = frozenset(picture.objects)
        words += [_pick(rng, entities()[name].surfaces(lang)) for name in picture.objects]
    if rng.random() < 0.4:
        scene = picture.scene
        words.append(_pick(rng, entities()[scene].surfaces(lang)))
    mixed = [str(word) for word in rng.permutation(list(dict.fromkeys(words)))]
    text = templates()[lang]["discovered"].format(words=templates()[lang]["join"].join(mixed))
    return TrainingText(text, picture.style, objects, scene)


def prompt(picture: Picture, rng: Generator) -> TrainingText:
    """Returns a prompt of any kind about a picture; most prompts claim everything."""
    lang, kind = _pick(rng, LANGS), rng.random()
    if kind < 0.45:
        return framed(picture, lang, rng, _pick(rng, FRAMES[lang][:WHOLE]))
    if kind < 0.65:
        return framed(picture, lang, rng)
    if kind < 0.75:
        return named(picture, lang, rng)
    if kind < 0.9:
        return discovered(picture, lang, rng)
    return caption_text(picture, rng)
