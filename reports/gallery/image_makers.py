"""Image makers: what draws the prototype pictures of a cluster.

A maker gets a `Prompt` and seeds and gives pictures. It knows nothing about tables, weeks or pages.
`diffusers` draws with a text-to-image model; `mosaic`, the one that needs no weights, composes
pictures of posts. Adding a maker is one class and one line in `IMAGE_MAKERS`; the settings may also
name somebody else's as `module:attribute`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PIL.Image import Image

from zeitgraph.kg.base.plugins import choose_part
from zeitgraph.kg.workspace.settings import GallerySettings

IMAGE_MAKERS: Mapping[str, str] = {
    "mosaic": "zeitgraph.reports.gallery.mosaic:MosaicMaker",
    "diffusers": "zeitgraph.reports.gallery.diffusion:DiffusersMaker",
}


@dataclass(frozen=True)
class Prompt:
    """What is to be drawn.

    `text` and `negative` are for a model that reads; `asks` are what one should see, each in words
    of its own, to choose by among several. `exemplars` are pictures of posts, the most typical
    first, and `caption` the lines of a caption, for a maker that composes them.
    """

    text: str
    negative: str
    asks: tuple[str, ...] = ()
    exemplars: tuple[Path, ...] = ()
    caption: tuple[str, ...] = ()


class ImageMaker(Protocol):
    """Draws pictures. Same identity, prompt and seed: same picture."""

    @property
    def role(self) -> Literal["prototype", "mosaic"]:
        """`prototype` for pictures a model generated, `mosaic` for composed pictures of posts."""

    @property
    def name(self) -> str:
        """Who draws, as the page says it."""

    @property
    def identity(self) -> str:
        """Changes whenever the maker would draw something else from the same prompt and seed."""

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image]:
        """One RGB picture for each seed, in their order; a mosaic has one at most."""


def image_maker(
    settings: GallerySettings, beside: Path, note: Callable[[str], None] = lambda _line: None
) -> ImageMaker:
    """The maker that `settings` name; folders of models are relative to `beside`.

    Raises `UnknownName` and `MissingPart` as `choose_part` does, and what the maker raises when its
    model cannot be used.
    """
    maker: ImageMaker = choose_part("image maker", settings.image_maker, IMAGE_MAKERS)(
        settings, beside, note
    )
    return maker
