"""Style factor libraries: named styles with phrasings in English and Chinese.

A library is a TOML file: `prompts/styles/fashion.toml`, or any path that the user gives:

    industry = "fashion"
    [[style]]
    id = "dopamine"
    name = { en = "Dopamine dressing", zh = "多巴胺穿搭" }
    en = ["dopamine dressing, saturated colours", "…"]
    zh = ["多巴胺穿搭", "…"]
    image = "a person in saturated, joyful colours"
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Style:
    """A named style: phrasings to embed, names to show, a prompt for an image model."""

    style_id: str
    industry: str
    name_en: str
    name_zh: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    image: str

    def phrasings(self) -> tuple[str, ...]:
        """Every phrasing, English before Chinese."""
        return self.en + self.zh


class BadLibrary(ValueError):
    """A style library is missing or malformed; the message is one line."""


def library_names() -> list[str]:
    """The names of the libraries that ship with zeitgraph, sorted."""
    folder = resources.files("zeitgraph.prompts") / "styles"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def load_styles(libraries: Sequence[str], beside: Path) -> list[Style]:
    """The styles of several libraries, each a shipped name or a path relative to `beside`.

    Raises `BadLibrary` for an unknown name, a malformed file, or a style id that occurs twice.
    """
    styles = [style for name in libraries for style in _load_library(name, beside)]
    ids = [style.style_id for style in styles]
    for style_id in ids:
        if ids.count(style_id) > 1:
            raise BadLibrary(f"the style «{style_id}» occurs twice in {', '.join(libraries)}")
    return styles


def _load_library(name: str, beside: Path) -> list[Style]:
    if name in library_names():
        text = (resources.files("zeitgraph.prompts") / "styles" / f"{name}.toml").read_text("utf-8")
    elif (path := beside / name).suffix == ".toml" and path.is_file():
        text = path.read_text("utf-8")
    else:
        known = ", ".join(library_names())
        raise BadLibrary(f"no style library «{name}»: known are {known}, or name a .toml file")
    try:
        tree = tomllib.loads(text)
        return [_style(tree["industry"], row) for row in tree["style"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadLibrary(f"the style library {name} is malformed: {error}") from error


def _style(industry: str, row: dict[str, Any]) -> Style:
    return Style(
        style_id=row["id"],
        industry=industry,
        name_en=row["name"]["en"],
        name_zh=row["name"]["zh"],
        en=tuple(row["en"]),
        zh=tuple(row["zh"]),
        image=row["image"],
    )
