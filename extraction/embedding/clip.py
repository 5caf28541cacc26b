"""The embedder `open_clip`: pictures and texts in one space, with any open_clip model.

`vectors.model` is `starter` (the weights that ship with zeitgraph), `local-dir:FOLDER` as open_clip
writes it, `hf-hub:OWNER/NAME`, or one of open_clip's own names with a tag in `vectors.pretrained`.
Only the last two use the network. Only safetensors are loaded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zeitgraph.extraction.embedding.embedders import (
    Vectors,
    in_chunks,
    model_folder,
)
from zeitgraph.extraction.embedding.precision import choose_precision
from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.base.ids import digest_file, digest_json
from zeitgraph.kg.models.registry import STARTER, checked_folder
from zeitgraph.kg.models.safe_folder import check_model_folder, no_remote_code, refuse_pickle
from zeitgraph.kg.workspace.settings import VectorSettings

LOCAL = "local-dir:"
HUB = "hf-hub:"


@dataclass(frozen=True)
class _Loaded:
    """A model ready to run: the network in eval mode, its preprocessing and its tokenizer."""

    network: Any
    preprocess: Callable[[Image.Image], Any]
    tokenize: Callable[[list[str]], Any]


class OpenClipEmbedder:
    """Embeds texts and pictures with an open_clip model, which is loaded at its first use."""

    sides = frozenset({"picture", "text"})

    def __init__(self, settings: VectorSettings) -> None:
        self.settings = settings
        self.folder = _local_folder(settings.model)
        model = digest_file(self.folder) if self.folder else [settings.model, settings.pretrained]
        self.identity = digest_json(["open_clip", model, settings.precision, settings.device])

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit rows for texts; words beyond the model's context length are ignored."""
        import torch

        tokens = self._loaded.tokenize(list(texts))  # tokenizers are not thread-safe
        return in_chunks(tokens, lambda chunk: self._run("encode_text", torch.stack(chunk)))

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Unit rows for RGB pictures."""
        import torch

        preprocess = self._loaded.preprocess
        return in_chunks(
            pictures,
            lambda chunk: self._run("encode_image", torch.stack([preprocess(p) for p in chunk])),
        )

    def _run(self, method: str, batch: Any) -> Vectors:
        import torch

        network = self._loaded.network
        if batch.is_floating_point():
            batch = batch.to(next(network.parameters()).dtype)
        with torch.inference_mode():
            rows = getattr(network, method)(batch.to(self.settings.device))
        return unit_rows(np.asarray(rows.float().cpu()))

    @cached_property
    def _loaded(self) -> _Loaded:
        from zeitgraph.kg.models.torchvision_repair import repair_torchvision

        repair_torchvision()
        import open_clip

        name = f"{LOCAL}{self.folder}" if self.folder else self.settings.model
        try:
            pretrained = self._pretrained()
            with no_remote_code():
                network, preprocess = open_clip.create_model_from_pretrained(
                    name, pretrained=pretrained, device=self.settings.device
                )
                tokenize = open_clip.get_tokenizer(name)
        except ModelError:
            raise
        except Exception as error:  # open_clip and the hub raise errors of every kind
            raise ModelError(
                f"cannot load the open_clip model: {error}",
                where=name,
                do="check its name, and the network if it comes from a hub",
            ) from error
        network = network.eval().requires_grad_(requires_grad=False)
        return _Loaded(choose_precision(network, self.settings), preprocess, tokenize)

    def _pretrained(self) -> str | None:
        """The `pretrained` argument of open_clip; raises `ModelError` if the model is not safe."""
        from open_clip.pretrained import (
            download_pretrained,
            download_pretrained_from_hf,
            get_pretrained_cfg,
            list_pretrained_tags_by_model,
        )

        model, tag = self.settings.model, self.settings.pretrained
        if self.folder:
            check_model_folder(self.folder, "open_clip")
            return None
        if model.startswith(HUB):
            _check_checkpoint(download_pretrained_from_hf(model.removeprefix(HUB)))
            checked_folder(model.removeprefix(HUB), "open_clip")
            return None
        known = get_pretrained_cfg(model, tag)
        if not known:
            tags = ", ".join(list_pretrained_tags_by_model(model))
            raise ModelError(
                f"open_clip has no weights «{tag}» for «{model}»",
                do=f"set vectors.pretrained to one of: {tags}" if tags else "check vectors.model",
            )
        _check_checkpoint(download_pretrained(known))
        return tag


def _local_folder(model: str) -> Path | None:
    if model == STARTER:
        return Path(str(resources.files("zeitgraph.extraction.demo") / "weights" / "clip"))
    return model_folder(model.removeprefix(LOCAL)) if model.startswith(LOCAL) else None


def _check_checkpoint(path: str) -> None:
    if Path(path).suffix != ".safetensors":
        raise refuse_pickle(path)
