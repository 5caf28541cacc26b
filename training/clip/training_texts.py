"""Training texts of the starter CLIP: short texts and captions, each with what it claims.

Input: pictures. Output: `TrainingText`s: a text with the style, objects and scene that it claims. A
text is true of every picture that shows all it claims, so repeated captions never become false
negatives. This module does not know about tensors.
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
    write_caption,
)
from zeitgraph.extraction.demo.story.claims import LANGS, claims, phrasings

STYLES, KINDS, PLACES = tuple(looks()), tuple(THINGS), tuple(SCENES)
CLAIMS = (*STYLES, *KINDS, *PLACES)
"""Everything that a text may claim, in a fixed order. The slices below select styles, objects,
scenes.
"""
STYLE_ROWS = slice(0, len(STYLES))
OBJECT_ROWS = slice(STYLE_ROWS.stop, STYLE_ROWS.stop + len(KINDS))
SCENE_ROWS = slice(OBJECT_ROWS.stop, len(CLAIMS))


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text and its claims. An empty style, an empty scene and an empty set of objects claim
    nothing.
    """

    text: str
    style: str = ""
    objects: frozenset[str] = frozenset()
    scene: str = ""


def _framed(text: str, lang: str, rng: Generator) -> str:
    frames = words()[lang]["frames"]
    return str(frames[int(rng.integers(len(frames)))]).replace("{it}", text)


def style_texts(rng: Generator) -> Iterator[TrainingText]:
    """Yields one phrasing of every style in every language."""
    for style in looks():
        for lang in LANGS:
            choices = phrasings(style, lang)
            text = choices[int(rng.integers(len(choices)))]
            yield TrainingText(_framed(text, lang, rng), style=style)


def part_texts(rng: Generator) -> Iterator[TrainingText]:
    """Yields every object and every scene once, each in a random language."""
    for name in THINGS:
        lang = LANGS[int(rng.integers(2))]
        text = join(list_objects([name], lang, rng)).text
        yield TrainingText(_framed(text, lang, rng), objects=frozenset([name]))
    for scene in SCENES:
        lang = LANGS[int(rng.integers(2))]
        text = join(place_scene(scene, lang, rng)).text
        yield TrainingText(_framed(text, lang, rng), scene=scene)


def caption_text(picture: Picture, rng: Generator) -> TrainingText:
    """Returns a caption for a picture, in a random language, with what it claims."""
    lang, style = LANGS[int(rng.integers(2))], picture.look().id
    caption = write_caption(style, picture.objects, picture.scene, lang, rng)
    said = claims(caption, style)
    return TrainingText(caption.text, said.style, said.objects, said.scene)


def is_true(sample: TrainingText, picture: Picture, style: str) -> bool:
    """Returns whether a picture, seen as `style`, shows everything that the text claims."""
    return (
        sample.style in ("", style)
        and sample.scene in ("", picture.scene)
        and sample.objects <= set(picture.objects)
    )


def claim_vector(sample: TrainingText) -> list[float]:
    """Returns 1 for each of CLAIMS that the text makes, else 0."""
    named = {sample.style, sample.scene, *sample.objects}
    return [float(claim in named) for claim in CLAIMS]


def tokenizer_texts(pictures: Sequence[Picture], rng: Generator) -> Iterator[str]:
    """Yields every phrasing 20 times and a caption per picture: the vocabulary of the tokenizer."""
    for _ in range(20):
        for style in looks():
            for lang in LANGS:
                yield from phrasings(style, lang)
    for picture in pictures:
        yield caption_text(picture, rng).text
