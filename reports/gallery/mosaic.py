"""A mosaic of pictures of posts, for workspaces without a text-to-image model.

Input: the exemplars of a prompt, the most typical first, and its caption. Output: one picture with
justified rows above the caption. Nothing in it is generated, and its caption says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageOps
from PIL.ImageFont import FreeTypeFont

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.reports.gallery.image_makers import Prompt
from zeitgraph.reports.page.fonts import font_for
from zeitgraph.reports.page.pictures import upright

WIDTH, GAP, MARGIN = 1280, 10, 36
HEIGHT_BY_WIDTH = 0.6
"""The ratio that the rows together should have."""
MAX_PICTURES = 12
_PAPER, _INK, _FAINT = "#faf8f4", "#211f1c", "#77716a"
SIZES = (38, 22)
"""Pixels of the first line of the caption, and of the others."""


@dataclass(frozen=True)
class _Line:
    """A line of the caption with its font and colour; `height` in pixels."""

    text: str
    font: FreeTypeFont
    fill: str
    height: int


class MosaicMaker:
    """Composes the exemplars of a prompt. Needs no model."""

    role: Literal["mosaic"] = "mosaic"
    name = "mosaic"

    def __init__(
        self,
        settings: GallerySettings,  # noqa: ARG002 - the same arguments for every maker
        base_folder: Path,  # noqa: ARG002
        note: Callable[[str], None] = lambda _line: None,  # noqa: ARG002
    ) -> None:
        self.identity = digest_json(["mosaic", WIDTH, GAP, MARGIN, HEIGHT_BY_WIDTH, MAX_PICTURES])

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image.Image]:
        """One mosaic of the first 12 exemplars for any seeds; none without exemplars or seeds."""
        if not prompt.exemplars or not seeds:
            return []
        pictures = [upright(path, WIDTH) for path in prompt.exemplars[:MAX_PICTURES]]
        return [compose(pictures, prompt.caption)]


def compose(pictures: Sequence[Image.Image], caption: Sequence[str]) -> Image.Image:
    """Justified rows of `pictures` (at least one, RGB) above the caption; `WIDTH` pixels wide.

    A line of the caption for which no font is installed is left out.
    """
    ratios = [min(max(p.width / p.height, 0.5), 2.5) for p in pictures]
    rows = split_rows(ratios, max(1, round((HEIGHT_BY_WIDTH * sum(ratios)) ** 0.5)))
    inner = WIDTH - 2 * MARGIN
    heights = [
        min(round((inner - GAP * (len(r) - 1)) / sum(ratios[i] for i in r)), inner) for r in rows
    ]
    lines = _lines(caption)
    band = sum(line.height for line in lines) + (GAP if lines else 0)
    top = MARGIN
    sheet = Image.new("RGB", (WIDTH, sum(heights) + GAP * (len(rows) - 1) + band + 2 * top), _PAPER)
    for row, height in zip(rows, heights, strict=True):
        _lay_row(sheet, [pictures[i] for i in row], [ratios[i] for i in row], top, height)
        top += height + GAP
    pen = ImageDraw.Draw(sheet)
    for line in lines:
        pen.text((MARGIN, top), _fitted(line, inner), font=line.font, fill=line.fill)
        top += line.height
    return sheet


def split_rows(ratios: Sequence[float], count: int) -> list[list[int]]:
    """The indices of the items in at most `count` rows, in order, with nearly equal widths.

    The linear partition problem (Skiena, The Algorithm Design Manual, 8.5), by squared deviation.
    """
    count = min(count, len(ratios))
    target = sum(ratios) / count

    @cache
    def best(start: int, rows: int) -> tuple[float, tuple[int, ...]]:
        """The least deviation of `rows` rows of the items from `start` on, and the rows' ends."""
        if rows == 1:
            return (sum(ratios[start:]) - target) ** 2, (len(ratios),)
        options = []
        for end in range(start + 1, len(ratios) - rows + 2):
            rest, ends = best(end, rows - 1)
            options.append(((sum(ratios[start:end]) - target) ** 2 + rest, (end, *ends)))
        return min(options)

    ends = best(0, count)[1]
    return [list(range(start, end)) for start, end in zip((0, *ends), ends, strict=False)]


def _lay_row(
    sheet: Image.Image,
    pictures: Sequence[Image.Image],
    ratios: Sequence[float],
    top: int,
    height: int,
) -> None:
    """Paste pictures from margin to margin; the last one fills the rest that rounding leaves."""
    left, right = MARGIN, sheet.width - MARGIN
    for i, (picture, ratio) in enumerate(zip(pictures, ratios, strict=True)):
        last = i == len(pictures) - 1
        width = right - left if last else round(height * ratio)
        sheet.paste(ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS), (left, top))
        left += width + GAP


def _lines(caption: Sequence[str]) -> list[_Line]:
    lines = []
    for i, text in enumerate(caption):
        size, fill = (SIZES[0], _INK) if i == 0 else (SIZES[1], _FAINT)
        font = font_for(text, size)
        if font is not None:
            lines.append(_Line(text, font, fill, round(size * 1.5)))
    return lines


def _fitted(line: _Line, width: int) -> str:
    """The line's text, shortened to `width` pixels."""
    if line.font.getlength(line.text) <= width:
        return line.text
    kept = line.text
    while kept and line.font.getlength(f"{kept}...") > width:
        kept = kept[:-1]
    return f"{kept}..."
