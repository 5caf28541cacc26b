"""What a caption says of its picture: a style, things and a scene, in any of their phrasings.

In comes a caption; out come its `Claims`. This module knows nothing about pictures, and nothing
about what learns from captions.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.captions import Caption, words
from zeitgraph.prompts.library import load_styles

LANGS = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text claims; an empty style or scene, or no objects, claims nothing."""

    style: str
    objects: frozenset[str]
    scene: str


@cache
def library() -> dict[str, dict[str, tuple[str, ...]]]:
    """The phrasings of the everyday style library: style id, then language."""
    styles = load_styles(["everyday"], Path())
    return {style.style_id: {"en": style.en, "zh": style.zh} for style in styles}


@cache
def sayings(style: str, lang: str) -> tuple[str, ...]:
    """Every phrasing of a style in a language: the library's, the captions', the hashtags."""
    table = words()["styles"][style]
    tags = [tag for tag in table["tags"] if tag.isascii() == (lang == "en")]
    return (*library().get(style, {}).get(lang, ()), *table[lang], *tags)


def claims(caption: Caption, style: str) -> Claims:
    """What a caption written about a picture of `style` really says."""
    said = any(saying in caption.text for lang in LANGS for saying in sayings(style, lang))
    named = {mention.entity_id for mention in caption.mentions}
    return Claims(
        style=style if said else "",
        objects=frozenset(name for name in THINGS if name in named),
        scene=next((name for name in SCENES if name in named), ""),
    )
