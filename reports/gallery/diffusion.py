"""Generates pictures with a diffusers text-to-image pipeline: a hub name or a local folder.

Input: a `Prompt` and seeds. Output: one picture for each seed. Only safetensors are loaded: a
folder with pickled weights or with program code is refused before anything is opened. A local
folder is loaded without network access; a hub name, which the user chose, is downloaded by
`kg/models`. This module does not know about clusters.
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
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.reports.gallery.image_makers import Prompt


class DiffusersMaker:
    """The pipeline that `settings.model` names; it is loaded before its first picture.

    Raises `SettingsError` if no model is named, and `ModelError` if it is not available or cannot
    be loaded safely.
    """

    role: Literal["prototype"] = "prototype"

    def __init__(
        self,
        settings: GallerySettings,
        base_folder: Path,
        note: Callable[[str], None] = lambda _line: None,
    ) -> None:
        if not settings.model:
            raise SettingsError(
                "gallery.model is empty", do="name a text-to-image model: a hub name or a folder"
            )
        self.settings = settings
        folder = base_folder / settings.model
        is_local = folder.is_dir()
        self.folder = folder if is_local else pipeline_folder(settings.model, note)
        self.name = folder.name if is_local else settings.model
        check_model_folder(self.folder, "diffusers", from_hub=not is_local)
        self.identity = digest_json(
            [settings.model, _files(self.folder), _drawing(settings), _versions()]
        )
        self._pipeline: Any = None

    def draw(self, prompt: Prompt, seeds: Sequence[int]) -> list[Image]:
        """One picture per seed, each generated alone, so that it does not depend on the others."""
        self._pipeline = self._pipeline or load_pipeline(self.folder, self.settings.device)
        return [self._draw_one(prompt, seed) for seed in seeds]

    def _draw_one(self, prompt: Prompt, seed: int) -> Image:
        import torch

        options = {
            "negative_prompt": prompt.negative,
            "guidance_scale": self.settings.guidance,
            "height": self.settings.side,
            "width": self.settings.side,
        }
        known = inspect.signature(self._pipeline.__call__).parameters
        options = {k: v for k, v in options.items() if k in known and v is not None}
        generator = torch.Generator("cpu").manual_seed(seed)
        try:
            with _quiet():
                result = self._pipeline(
                    prompt=prompt.text,
                    num_inference_steps=self.settings.steps,
                    generator=generator,
                    **options,
                )
        except (RuntimeError, ValueError, TypeError) as error:
            raise ModelError(f"the model could not draw: {error}", where=self.folder) from error
        picture: Image = result.images[0]
        return picture.convert("RGB")


def load_pipeline(folder: Path, device: str) -> Any:
    """The text-to-image pipeline of a folder that `check_model_folder` accepts; no network access.

    Raises `ModelError` if diffusers has no text-to-image pipeline for it.
    """
    repair_torchvision()
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
    """Hide the progress bars and warnings of both libraries; errors are still raised."""
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
    """Names, sizes and times of the files: hashing gigabytes of weights takes too long."""
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
