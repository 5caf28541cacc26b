"""Prototype pictures of a cluster: their prompts, their cache, and their marks as generated.

Input: a cluster's style or words. Output: prompts, and picture files with labels and metadata.
Words of posts are untrusted: only letters, digits and hyphens of a few short words reach a prompt,
and no names of persons or brands. This module does not know about pages.
"""

import io
import tomllib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw, PngImagePlugin

from zeitgraph.kg.base.files import write_aside
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.prompts.library import Style
from zeitgraph.reports.gallery.image_makers import ImageMaker, Prompt
from zeitgraph.reports.page.fonts import font_for

Lang = Literal["en", "zh"]

MAX_WORDS, MAX_WORD_LENGTH = 8, 24
_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED, COMPOSED = f"{_SOURCE}trainedAlgorithmicMedia", f"{_SOURCE}composite"
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{source}"/></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def style_prompt(style: Style, lang: Lang) -> Prompt:
    """The prompt for a named style in a language; texts of the style library are trusted."""
    template = _templates()[lang]
    name = style.name_zh if lang == "zh" else style.name_en
    phrasing = (style.zh if lang == "zh" else style.en)[0]
    stem = name.removesuffix("风格").removesuffix("风")  # the Chinese template contains 风格
    text = template["named"].format(image=style.image, name=stem, phrasing=phrasing)
    return Prompt(text, template["negative"], (phrasing,))


def words_prompt(words: Sequence[str], names: Collection[str], lang: Lang) -> Prompt:
    """The prompt for a discovered cluster, from the words that set it apart.

    `names`: case-folded words of the names of persons and brands, which are left out.
    """
    template = _templates()[lang]
    cleaned = [clean_word(word) for word in words]
    kept = [w for w in dict.fromkeys(cleaned) if w and w.casefold() not in names][:MAX_WORDS]
    joined = template["join"].join(kept)
    return Prompt(template["discovered"].format(words=joined), template["negative"], (joined,))


def with_object(prompt: Prompt, name: str, lang: Lang) -> Prompt:
    """The prompt for a picture that also shows an object; unchanged if the name has no letters."""
    if not (cleaned := clean_word(name)):
        return prompt
    text = _templates()[lang]["showing"].format(thing=cleaned, prompt=prompt.text)
    return replace(prompt, text=text, descriptions=(*prompt.descriptions, cleaned))


def clean_word(word: str) -> str:
    """The letters, digits, inner hyphens and spaces of a word, at most 24 characters."""
    plain = unicodedata.normalize("NFKC", word)
    kept = "".join(c if c.isalnum() or c == "-" else " " for c in plain)
    return " ".join(kept.split())[:MAX_WORD_LENGTH].strip("- ")


def best_candidates(scores: Sequence[float], candidates: int) -> list[int]:
    """The index of the best score in each run of `candidates` scores; ties go to the first."""
    runs = range(0, len(scores), candidates)
    return [max(range(at, at + candidates), key=lambda index: scores[index]) for at in runs]


def draw_once(
    maker: ImageMaker, prompt: Prompt, seeds: Sequence[int], store: Path
) -> list[Image.Image]:
    """The pictures of an image maker, one per seed; the folder `store` caches them."""
    files = {
        seed: store / f"{digest_json([maker.identity, prompt.text, prompt.negative, seed])}.png"
        for seed in seeds
    }
    missing = [seed for seed in seeds if not files[seed].is_file()]
    for seed, picture in zip(missing, maker.draw(prompt, missing) if missing else [], strict=True):
        files[seed].parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        picture.save(data, "PNG")
        write_aside(files[seed], data.getvalue())
    return [Image.open(files[seed]).convert("RGB") for seed in seeds]


def save_generated(
    picture: Image.Image, path: Path, label: str, about: str, prompt: Prompt
) -> None:
    """Write a generated picture as PNG, marked in its pixels, its text chunks and its XMP."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", "zeitgraph")
    text.add_itxt("Description", about)
    text.add_itxt("zeitgraph:prompt", prompt.text)
    text.add_itxt("XML:com.adobe.xmp", _XMP.format(source=GENERATED))
    path.parent.mkdir(parents=True, exist_ok=True)
    _labelled(picture, label).save(path, "PNG", pnginfo=text)


def save_mosaic(picture: Image.Image, path: Path, about: str) -> None:
    """Write a mosaic as JPEG, marked in its comment and its XMP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    xmp = _XMP.format(source=COMPOSED).encode()
    picture.save(path, "JPEG", quality=88, subsampling=0, comment=about.encode(), xmp=xmp)


def _labelled(picture: Image.Image, label: str) -> Image.Image:
    """The picture with a label at its lower left, its letters at least 5 % of the shorter side.

    China's GB 45438-2025 requires that size. A label that is too wide is shortened to «AI».
    """
    size = max(10, round(0.05 * min(picture.size)) + 1)
    pad = size // 2
    labelled = picture.copy()
    pen = ImageDraw.Draw(labelled, "RGBA")
    for line in (label, "AI"):
        font = font_for(line, size)
        if font is not None and font.getlength(line) + 4 * pad <= picture.width:
            right, bottom = 3 * pad + font.getlength(line), picture.height - pad
            box = (pad, bottom - size - pad, right, bottom)
            pen.rounded_rectangle(box, radius=pad, fill=(20, 18, 16, 190))
            pen.text((2 * pad, box[1] + pad / 2), line, font=font, fill="white")
            break
    return labelled


@cache
def _templates() -> dict[str, Any]:
    file = resources.files("zeitgraph.prompts") / "image" / "prompts.toml"
    return tomllib.loads(file.read_text("utf-8"))
