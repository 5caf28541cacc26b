"""Draws with a diffusers text-to-image pipeline: any by hub name, or a local folder.

In comes a `Prompt`, out come pictures, one for each seed. Only safetensors are loaded: a folder
whose weights are pickles, or that carries program code, is refused before anything is opened. A
folder is loaded without network; a hub name was chosen by the user and is fetched by `kg.models`.
This module knows nothing about clusters.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from PIL.Image import Image

from zeitgraph.kg.base.errors import ModelError, SettingsError
from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.models.registry import pipeline_folder
from zeitgraph.kg.models.safe_folder import check_model_folder, no_remote_code
from zeitgraph.kg.models.torchvision_repair import mend_torchvision
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.reports.gallery.image_makers import Prompt


class DiffusersMaker:
    """The pipeline that `settings.model` names, loaded when it first draws.

    Raises `SettingsError` where no model is named, `ModelError` where it cannot be had or is not
    one that can be loaded safely.
    """

    role: Literal["prototype"] = "prototype"

    def __init__(
        self,
        settings: GallerySettings,
        beside: Path,
        note: Callable[[str], None] = lambda _line: None,
    ) -> None:
        if not settings.model:
            raise SettingsError(
                "gallery.model is empty", do="name a text-to-image model: a hub name or a folder"
            )
        self.settings = settings
        folder = beside / settings.model
        is_local = folder.is_dir()
        self.folder = folder if is_local else pipeline_folder(settings.model, note)
        self.name = folder.name if is_local else settings.model
        check_model_folder(self.folder, "diffusers", from_hub=not is_local)
        self.identity = digest_json(
            [settings.model, _files(self.folder), _drawing(settings), _versions()]
        )
        self._pipeline: Any = None

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image]:
        """One picture per seed, each drawn alone, so that none depends on its neighbours."""
        self._pipeline = self._pipeline or load_pipeline(self.folder, self.settings.device)
        return [self._draw_one(prompt, seed) for seed in seeds]

    def _draw_one(self, prompt: Prompt, seed: int) -> Image:
        import torch

        wishes = {
            "negative_prompt": prompt.negative,
            "guidance_scale": self.settings.guidance,
            "height": self.settings.side,
            "width": self.settings.side,
        }
        understood = inspect.signature(self._pipeline.__call__).parameters
        wanted = {k: v for k, v in wishes.items() if k in understood and v is not None}
        chance = torch.Generator("cpu").manual_seed(seed)
        try:
            with _quiet():
                drawn = self._pipeline(
                    prompt=prompt.text,
                    num_inference_steps=self.settings.steps,
                    generator=chance,
                    **wanted,
                )
        except (RuntimeError, ValueError, TypeError) as error:
            raise ModelError(f"the model could not draw: {error}", where=self.folder) from error
        picture: Image = drawn.images[0]
        return picture.convert("RGB")


def load_pipeline(folder: Path, device: str) -> Any:
    """The text-to-image pipeline of a folder that `check_model_folder` let pass; no network.

    Raises `ModelError` where diffusers knows no text-to-image pipeline for it.
    """
    mend_torchvision()
    from diffusers import AutoPipelineForText2Image

    try:
        with _quiet(), no_remote_code():
            pipeline = AutoPipelineForText2Image.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, local_files_only=True
            ).to(device)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise ModelError(f"the model could not be loaded: {error}", where=folder) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no hints of the two libraries on standard error: errors are raised anyway."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    logs = (of_diffusers, of_transformers)
    before = [log.get_verbosity() for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, verbosity in zip(logs, before, strict=True):
            log.set_verbosity(verbosity)
            log.enable_progress_bar()


def _files(folder: Path) -> list[list[object]]:
    """Names, sizes and times: weights of many gigabytes are not hashed at every run."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        [path.relative_to(folder).as_posix(), path.stat().st_size, path.stat().st_mtime_ns]
        for path in found
    ]


def _drawing(settings: GallerySettings) -> list[object]:
    return [settings.device, settings.steps, settings.guidance, settings.side]


def _versions() -> list[str]:
    from importlib import metadata

    return [metadata.version(package) for package in ("diffusers", "torch", "transformers")]
