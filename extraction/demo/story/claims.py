"""What a caption claims about its picture: a style, things and a scene, in any phrasing.

Input: a caption. Output: its `Claims`. This module does not know about pictures, nor about the
models that learn from captions.
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
    """What a text claims. An empty style, an empty scene and an empty set of objects
    claim nothing.
    """

    style: str
    objects: frozenset[str]
    scene: str


@cache
def library_phrasings() -> dict[str, dict[str, tuple[str, ...]]]:
    """Returns the phrasings of the everyday style library by style id, then by language."""
    styles = load_styles(["everyday"], Path())
    return {style.style_id: {"en": style.en, "zh": style.zh} for style in styles}


@cache
def phrasings(style: str, lang: str) -> tuple[str, ...]:
    """Returns all phrasings of a style in a language: of the library, the captions and the
    hashtags.
    """
    table = words()["styles"][style]
    tags = [tag for tag in table["tags"] if tag.isascii() == (lang == "en")]
    return (*library_phrasings().get(style, {}).get(lang, ()), *table[lang], *tags)


def claims(caption: Caption, style: str) -> Claims:
    """Returns what a caption written about a picture of `style` states."""
    said = any(phrasing in caption.text for lang in LANGS for phrasing in phrasings(style, lang))
    named = {mention.entity_id for mention in caption.mentions}
    return Claims(
        style=style if said else "",
        objects=frozenset(name for name in THINGS if name in named),
        scene=next((name for name in SCENES if name in named), ""),
    )
