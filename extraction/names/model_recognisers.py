"""Recognisers that are models: any spaCy pipeline, any token classifier of Hugging Face.

Comes in: the name or the folder of a model that the user chose, or `starter` for the spaCy pipeline
that ships with zeitgraph. Goes out: spans of our kinds, by the table `LABEL_KINDS`. Knows nothing
about the catalogue; the rules run beside these.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeitgraph.extraction.names.recognisers import Span
from zeitgraph.kg.base.errors import MissingPart, ModelError, SettingsError
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.models import registry as models
from zeitgraph.kg.models.safe_folder import check_model_folder, no_remote_code
from zeitgraph.kg.models.safe_spacy import pipeline_folder
from zeitgraph.kg.models.torchvision_repair import mend_torchvision
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    from spacy.language import Language
    from transformers import TokenClassificationPipeline

LABEL_KINDS: Mapping[str, str] = {kind.upper(): kind for kind in EntityKind} | {
    # OntoNotes 5 (spaCy's pipelines), CoNLL-2003
    "PER": "person",
    "ORG": "brand",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    # WNUT17
    "CORPORATION": "brand",
    "LOCATION": "place",
    # CLUENER
    "NAME": "person",
    "COMPANY": "brand",
    "ADDRESS": "place",
}
"""The kind for a model's label, in capitals and without B- or I-; other labels are left out."""

STARTER = Path(__file__).parents[1] / "demo" / "weights" / "recogniser"
"""The pipeline that ships with zeitgraph: what `entities.model = "starter"` means for spaCy."""

_EDGES = re.compile(r"^[\s#＃@]+|\s+$")
_RUN_ON = re.compile(r"[^\w\s]{200,}")  # spaCy needs time that grows with the square of such runs
_POSITIONS = 512  # of a model that names no limit
_STRIDE = 64  # tokens that two windows of a long text share


def spacy_of(workspace: Workspace) -> "SpacyRecogniser":
    """The spaCy pipeline that `entities.model` names; raises `SettingsError`, `MissingPart`."""
    model = _model_of(workspace)
    return SpacyRecogniser(load_spacy(str(STARTER) if model == models.STARTER else model))


def transformers_of(workspace: Workspace) -> "TransformersRecogniser":
    """The token classifier that `entities.model` names; raises `SettingsError`, `ModelError`."""
    return TransformersRecogniser(_load_transformers(_model_of(workspace)))


def _model_of(workspace: Workspace) -> str:
    """The model as the settings name it, or the folder of that name in the workspace."""
    settings = workspace.settings.entities
    if not settings.model:
        raise SettingsError(
            f"entities.recogniser «{settings.recogniser}» wants a model",
            where=workspace.root,
            do="set entities.model to the name or the folder of one",
        )
    folder = workspace.root / settings.model
    return str(folder) if folder.is_dir() else settings.model


class SpacyRecogniser:
    """The entities of a spaCy pipeline."""

    def __init__(self, nlp: "Language") -> None:
        self._nlp = nlp

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The spans of each text, by the pipeline's labels; `langs` play no part."""
        calm = [_RUN_ON.sub(lambda run: " " * len(run[0]), text) for text in texts]
        with self._nlp.memory_zone():
            return [
                _spans(text, ((e.start_char, e.end_char, e.label_) for e in doc.ents))
                for text, doc in zip(texts, self._nlp.pipe(calm), strict=True)
            ]


class TransformersRecogniser:
    """The entities of a token classifier; long texts are read in windows that overlap."""

    def __init__(self, pipeline: "TokenClassificationPipeline") -> None:
        self._pipeline = pipeline

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The spans of each text, by the model's labels; `langs` play no part."""
        return [
            _spans(text, (_place_and_label(entity) for entity in self._pipeline(text)))
            for text in texts
        ]


def _place_and_label(entity: Mapping[str, Any]) -> tuple[int, int, str]:
    return entity["start"], entity["end"], entity["entity_group"]


def _spans(text: str, found: Iterable[tuple[int, int, str]]) -> list[Span]:
    """What a model found, in our kinds, without blanks and hashes at the edges."""
    spans = set()
    for start, end, label in found:
        kind = LABEL_KINDS.get(label.upper())
        surface = text[start:end]
        if kind and (name := _EDGES.sub("", surface)):
            begin = start + surface.index(name)
            spans.add(Span(begin, begin + len(name), kind))
    return sorted(spans)


@lru_cache(maxsize=2)
def load_spacy(model: str) -> "Language":
    """The spaCy pipeline of a name or a folder; raises `MissingPart`, `ModelError`."""
    import spacy

    import zeitgraph.extraction.names.safe_ner  # noqa: F401 - registers the component

    folder = pipeline_folder(model)
    if folder is None:
        raise MissingPart(
            f"no spaCy pipeline «{model}» is installed", do=f"python -m spacy download {model}"
        )
    check_model_folder(folder, "spacy")
    try:
        return spacy.load(folder)
    except (OSError, ImportError, ValueError) as error:
        raise ModelError(f"the spaCy pipeline does not load: {error}", where=model) from error


@lru_cache(maxsize=2)
def _load_transformers(model: str) -> "TokenClassificationPipeline":
    mend_torchvision()
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        TokenClassificationPipeline,
    )

    folder = models.checked_folder(model, "transformers")
    try:
        with no_remote_code():
            tokenizer = AutoTokenizer.from_pretrained(
                folder, use_fast=True, trust_remote_code=False, local_files_only=True
            )
            network = AutoModelForTokenClassification.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, local_files_only=True
            )
        # Some tokenizers name no limit, and RoBERTa keeps two of its positions for itself.
        positions = getattr(network.config, "max_position_embeddings", _POSITIONS)
        tokenizer.model_max_length = min(tokenizer.model_max_length, positions - 2)
        return TokenClassificationPipeline(  # type: ignore[no-untyped-call]
            model=network,
            tokenizer=tokenizer,
            aggregation_strategy="first",
            stride=min(_STRIDE, tokenizer.model_max_length // 4),
        )
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            f"the token classifier does not load: {error}",
            where=model,
            do="name a model with safetensors weights and a fast tokenizer",
        ) from error
