"""A mosaic of pictures of posts: what stands in where no model draws.

In come the pictures of a prompt, the most typical first, and its caption; out comes one picture:
justified rows over a band with the caption. Nothing in it is generated, and its caption says so.
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
HEIGHT_BY_WIDTH = 0.6  # what the rows aim at
MOST = 12
_PAPER, _INK, _FAINT = "#faf8f4", "#211f1c", "#77716a"
SIZES = (38, 22)  # of the caption's first line, and of the others


@dataclass(frozen=True)
class _Line:
    """A line of the caption, and how it is drawn."""

    text: str
    font: FreeTypeFont
    fill: str
    height: int


class MosaicMaker:
    """Composes the pictures that a prompt brings. Needs no model."""

    role: Literal["mosaic"] = "mosaic"
    name = "mosaic"

    def __init__(
        self,
        settings: GallerySettings,  # noqa: ARG002 - every maker is made this way
        beside: Path,  # noqa: ARG002
        note: Callable[[str], None] = lambda _line: None,  # noqa: ARG002
    ) -> None:
        self.identity = digest_json(["mosaic", WIDTH, GAP, MARGIN, HEIGHT_BY_WIDTH, MOST])

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image.Image]:
        """One mosaic of the first 12 exemplars, whatever the seeds; none without exemplars."""
        if not prompt.exemplars or not seeds:
            return []
        return [compose([upright(p, WIDTH) for p in prompt.exemplars[:MOST]], prompt.caption)]


def compose(pictures: Sequence[Image.Image], caption: Sequence[str]) -> Image.Image:
    """Justified rows of `pictures` (at least one, RGB) above `caption`; WIDTH pixels wide.

    A line of the caption that no installed font can draw is left out.
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
    """Cut the sequence into `count` rows (at most one per item) of widths as equal as can be.

    The linear partition problem (Skiena, The Algorithm Design Manual, 8.5), by squared deviation.
    """
    count = min(count, len(ratios))
    target = sum(ratios) / count

    @cache
    def best(start: int, rows: int) -> tuple[float, tuple[int, ...]]:
        """Least deviation of the items from `start` on in `rows` rows, and where each row ends."""
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
    """Lay pictures from margin to margin; the last one takes up what rounding left over."""
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
    """The line's text, cut where it would run over."""
    if line.font.getlength(line.text) <= width:
        return line.text
    kept = line.text
    while kept and line.font.getlength(f"{kept}...") > width:
        kept = kept[:-1]
    return f"{kept}..."
