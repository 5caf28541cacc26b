"""What the image maker reads while it learns: prompts about a picture, and what each claims.

In come a picture and a source of chance; out comes a `Lesson`: a prompt as the gallery makes them,
as people would type them, or a caption of the world, English or Chinese. What a prompt does not
claim is left to chance. This module knows nothing about tensors.
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
from zeitgraph.extraction.demo.story.claims import LANGS, sayings
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.names.words import tokens
from zeitgraph.prompts.library import Style, load_styles
from zeitgraph.training.clip.training_texts import Lesson, caption_lesson

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
"""How many of the first frames claim everything."""
MOST_WORDS = 8


@cache
def templates() -> dict[str, Any]:
    """The sentences in which the gallery asks an image model."""
    file = resources.files("zeitgraph.prompts") / "image" / "prompts.toml"
    return tomllib.loads(file.read_text("utf-8"))


@cache
def unwanted() -> tuple[str, ...]:
    """Prompts that claim nothing: the empty one, and what the gallery asks not to see."""
    return "", *(templates()[lang]["negative"] for lang in LANGS)


@cache
def _library() -> dict[str, Style]:
    return {style.style_id: style for style in load_styles(["everyday"], Path())}


def _pick(chance: Generator, choices: Sequence[str]) -> str:
    return choices[int(chance.integers(len(choices)))]


def framed(picture: Picture, lang: str, chance: Generator, frame: str = "") -> Lesson:
    """A plain prompt: some of style, thing and scene; `frame` asks for one of FRAMES."""
    frame = frame or _pick(chance, FRAMES[lang])
    text = frame.format(
        style=_pick(chance, sayings(picture.style, lang)),
        objects=join(list_objects(picture.objects, lang, chance)).text,
        scene=join(place_scene(picture.scene, lang, chance)).text,
    )
    return Lesson(
        text,
        picture.style if "{style}" in frame else "",
        frozenset(picture.objects) if "{objects}" in frame else frozenset(),
        picture.scene if "{scene}" in frame else "",
    )


def named(picture: Picture, lang: str, chance: Generator) -> Lesson:
    """The gallery's prompt for a style of the library; for another style a plain prompt."""
    style = _library().get(picture.style)
    if style is None:
        return framed(picture, lang, chance)
    name = style.name_zh if lang == "zh" else style.name_en
    phrasing = (style.zh if lang == "zh" else style.en)[0]
    text = templates()[lang]["named"].format(image=style.image, name=name, phrasing=phrasing)
    return Lesson(text, picture.style)


@cache
def _words_of(style: str, lang: str) -> tuple[str, ...]:
    own = (word for saying in sayings(style, lang) for word in tokens(saying, lang))
    return tuple(dict.fromkeys(own))


def discovered(picture: Picture, lang: str, chance: Generator) -> Lesson:
    """The gallery's prompt for a cluster known by words: of both languages, in any order."""
    words = [
        _pick(chance, _words_of(picture.style, _pick(chance, LANGS)))
        for _ in range(int(chance.integers(3, MOST_WORDS + 1)))
    ]
    objects, scene = frozenset[str](), ""
    if chance.random() < 0.6:
        objects = frozenset(picture.objects)
        words += [_pick(chance, entities()[name].surfaces(lang)) for name in picture.objects]
    if chance.random() < 0.4:
        scene = picture.scene
        words.append(_pick(chance, entities()[scene].surfaces(lang)))
    mixed = [str(word) for word in chance.permutation(list(dict.fromkeys(words)))]
    text = templates()[lang]["discovered"].format(words=templates()[lang]["join"].join(mixed))
    return Lesson(text, picture.style, objects, scene)


def prompt(picture: Picture, chance: Generator) -> Lesson:
    """A prompt of any kind about a picture; those that claim all are the most."""
    lang, kind = _pick(chance, LANGS), chance.random()
    if kind < 0.45:
        return framed(picture, lang, chance, _pick(chance, FRAMES[lang][:WHOLE]))
    if kind < 0.65:
        return framed(picture, lang, chance)
    if kind < 0.75:
        return named(picture, lang, chance)
    if kind < 0.9:
        return discovered(picture, lang, chance)
    return caption_lesson(picture, chance)
