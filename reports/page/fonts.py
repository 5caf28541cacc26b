"""Fonts for text in pictures: a font that holds every character of a line, or None.

None is better than a line of boxes. The module looks among the fonts installed on this machine,
through fontconfig and in the usual folders.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
_NAMES = (  # fonts with Chinese and Latin letters, the best first
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simhei.ttf",
)
_NO_CHARACTER = "\uffff"  # drawn as the box that a font shows for missing characters


def font_for(line: str, size: int) -> FreeTypeFont | None:
    """A font of `size` pixels that holds every character of `line`; None if none is installed."""
    for font in (*_chinese(size), ImageFont.load_default(size)):
        if isinstance(font, FreeTypeFont) and _holds(font, line):
            return font
    return None


def _chinese(size: int) -> list[FreeTypeFont]:
    path = _chinese_file()
    return [] if path is None else [ImageFont.truetype(path, size)]


@cache
def _chinese_file() -> Path | None:
    """The best installed font with Chinese, by name, or else the one that fontconfig proposes."""
    found = {path.name: path for folder in _FOLDERS for path in Path(folder).rglob("*.[to]t[cf]")}
    for name in _NAMES:
        if name in found:
            return found[name]
    tool = shutil.which("fc-match")
    if tool is None:
        return None
    found_font = subprocess.run(  # noqa: S603 - a fixed command
        [tool, "--format=%{file}", "sans:lang=zh-cn"], capture_output=True, text=True, check=False
    )
    path = Path(found_font.stdout.strip())
    return path if path.suffix in {".ttf", ".ttc", ".otf"} and path.is_file() else None


def _holds(font: FreeTypeFont, line: str) -> bool:
    box = bytes(font.getmask(_NO_CHARACTER))
    return all(c.isspace() or bytes(font.getmask(c)) != box for c in set(line))
