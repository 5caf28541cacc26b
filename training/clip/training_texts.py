"""What the starter CLIP reads while it learns: short texts and captions, and what each claims.

In come pictures; out come `Lesson`s, a text with the style, objects and scene that it claims. A
lesson is true of every picture that shows all it claims, so captions that repeat are never false
negatives. This module knows nothing about tensors.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.captions import (
    join,
    list_objects,
    place_scene,
    words,
    write,
)
from zeitgraph.extraction.demo.story.claims import LANGS, claims, sayings

STYLES, KINDS, PLACES = tuple(looks()), tuple(THINGS), tuple(SCENES)
CLAIMS = (*STYLES, *KINDS, *PLACES)
"""Everything that a text may claim, in a fixed order; below, which of it are styles and so on."""
STYLE_ROWS = slice(0, len(STYLES))
OBJECT_ROWS = slice(STYLE_ROWS.stop, STYLE_ROWS.stop + len(KINDS))
SCENE_ROWS = slice(OBJECT_ROWS.stop, len(CLAIMS))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text and its claims; an empty style or scene, or no objects, claims nothing."""

    text: str
    style: str = ""
    objects: frozenset[str] = frozenset()
    scene: str = ""


def _framed(text: str, lang: str, chance: Generator) -> str:
    frames = words()[lang]["frames"]
    return str(frames[int(chance.integers(len(frames)))]).replace("{it}", text)


def style_lessons(chance: Generator) -> Iterator[Lesson]:
    """One phrasing of every style in every language."""
    for style in looks():
        for lang in LANGS:
            choices = sayings(style, lang)
            text = choices[int(chance.integers(len(choices)))]
            yield Lesson(_framed(text, lang, chance), style=style)


def part_lessons(chance: Generator) -> Iterator[Lesson]:
    """Every object and every scene once, each in a language by chance."""
    for name in THINGS:
        lang = LANGS[int(chance.integers(2))]
        text = join(list_objects([name], lang, chance)).text
        yield Lesson(_framed(text, lang, chance), objects=frozenset([name]))
    for scene in SCENES:
        lang = LANGS[int(chance.integers(2))]
        text = join(place_scene(scene, lang, chance)).text
        yield Lesson(_framed(text, lang, chance), scene=scene)


def caption_lesson(picture: Picture, chance: Generator) -> Lesson:
    """A caption that somebody might write under a picture."""
    lang, style = LANGS[int(chance.integers(2))], picture.look().id
    caption = write(style, picture.objects, picture.scene, lang, chance)
    said = claims(caption, style)
    return Lesson(caption.text, said.style, said.objects, said.scene)


def is_true(lesson: Lesson, picture: Picture, style: str) -> bool:
    """Whether a picture, seen as `style`, shows everything that the lesson claims."""
    return (
        lesson.style in ("", style)
        and lesson.scene in ("", picture.scene)
        and lesson.objects <= set(picture.objects)
    )


def claimed(lesson: Lesson) -> list[float]:
    """1 for each of CLAIMS that the lesson claims, else 0."""
    named = {lesson.style, lesson.scene, *lesson.objects}
    return [float(claim in named) for claim in CLAIMS]


def corpus_for_tokenizer(pictures: Sequence[Picture], chance: Generator) -> Iterator[str]:
    """Every short phrasing many times, and a caption per picture: what a tokenizer should know."""
    for _ in range(20):
        for style in looks():
            for lang in LANGS:
                yield from sayings(style, lang)
    for picture in pictures:
        yield caption_lesson(picture, chance).text
