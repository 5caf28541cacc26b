"""Image makers: the parts that make the prototype pictures of a cluster.

Input: a `Prompt` and seeds. Output: pictures. An image maker does not know about tables, weeks or
pages. `diffusers` generates pictures with a text-to-image model; `mosaic` composes pictures of
posts and needs no model. Adding an image maker is one class and one line in `IMAGE_MAKERS`; the
settings may also name a part of another package as `module:attribute`.
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
    """What to draw.

    For a text-to-image model: `text` and `negative`. For the judge that chooses among candidates:
    `descriptions`, each of one thing that the picture should show. For a maker that composes
    pictures: `exemplars`, the most typical first, and the lines of a `caption`.
    """

    text: str
    negative: str
    descriptions: tuple[str, ...] = ()
    exemplars: tuple[Path, ...] = ()
    caption: tuple[str, ...] = ()


class ImageMaker(Protocol):
    """Makes pictures. The same identity, prompt and seed give the same picture."""

    @property
    def role(self) -> Literal["prototype", "mosaic"]:
        """`prototype` for generated pictures, `mosaic` for composed pictures of posts."""

    @property
    def name(self) -> str:
        """The name of the model or method, as the page shows it."""

    @property
    def identity(self) -> str:
        """A digest that changes if the same prompt and seed would give another picture."""

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image]:
        """One RGB picture for each seed, in their order; a mosaic maker returns one at most."""


def image_maker(
    settings: GallerySettings, base_folder: Path, note: Callable[[str], None] = lambda _line: None
) -> ImageMaker:
    """The image maker of the settings; paths of models are relative to `base_folder`.

    Raises `UnknownName` and `MissingPart` as `choose_part` does, and the errors of the image maker
    if its model cannot be used.
    """
    maker: ImageMaker = choose_part("image maker", settings.image_maker, IMAGE_MAKERS)(
        settings, base_folder, note
    )
    return maker
