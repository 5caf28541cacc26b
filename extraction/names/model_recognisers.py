"""Recognisers that are models: a spaCy pipeline, or a token classifier of Hugging Face.

Input: the name or folder of a model, or `starter` for the spaCy pipeline that ships with zeitgraph.
Output: spans, whose kind the table `LABEL_KINDS` gives for the model's label. A spaCy pipeline may
use the parts of spaCy only; a model that brings code of its own is refused. This module does not
know about the catalogue; the rules run beside these models.
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
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    from spacy.language import Language
    from transformers import TokenClassificationPipeline

LABEL_KINDS: Mapping[str, EntityKind] = {kind.upper(): kind for kind in EntityKind} | {
    # OntoNotes 5 (spaCy's pipelines), CoNLL-2003
    "PER": EntityKind.PERSON,
    "ORG": EntityKind.BRAND,
    "GPE": EntityKind.PLACE,
    "LOC": EntityKind.PLACE,
    "FAC": EntityKind.PLACE,
    # WNUT17
    "CORPORATION": EntityKind.BRAND,
    "LOCATION": EntityKind.PLACE,
    # CLUENER
    "NAME": EntityKind.PERSON,
    "COMPANY": EntityKind.BRAND,
    "ADDRESS": EntityKind.PLACE,
}
"""The kind for a model's label, in capitals and without B- or I-; other labels are ignored."""

STARTER = Path(__file__).parents[1] / "demo" / "weights" / "recogniser"
"""The spaCy pipeline that ships with zeitgraph; `entities.model = "starter"` names it."""

_EDGES = re.compile(r"^[\s#＃@]+|\s+$")
_RUN_ON = re.compile(r"[^\w\s]{200,}")  # spaCy needs quadratic time for such runs
_POSITIONS = 512  # of a model that gives no limit
_STRIDE = 64  # tokens that two windows of a long text share


def spacy_of(workspace: Workspace) -> "SpacyRecogniser":
    """The spaCy pipeline that `entities.model` names.

    Raises `SettingsError` if the setting is empty, `MissingPart` if no such pipeline or no spaCy is
    installed, and `ModelError` if the pipeline is not safe or does not load.
    """
    model = _model_of(workspace)
    return SpacyRecogniser(load_spacy(str(STARTER) if model == models.STARTER else model))


def transformers_of(workspace: Workspace) -> "TransformersRecogniser":
    """The token classifier that `entities.model` names.

    Raises `SettingsError` if the setting is empty, and `ModelError` if the model cannot be fetched,
    is not safe or does not load.
    """
    return TransformersRecogniser(_load_transformers(_model_of(workspace)))


def _model_of(workspace: Workspace) -> str:
    """The name of the model in the settings, or the folder of that name in the workspace."""
    settings = workspace.settings.entities
    if not settings.model:
        raise SettingsError(
            f"entities.recogniser «{settings.recogniser}» needs a model",
            where=workspace.root,
            do="set entities.model to the name or the folder of a model",
        )
    folder = workspace.root / settings.model
    return str(folder) if folder.is_dir() else settings.model


class SpacyRecogniser:
    """Finds the entities of a spaCy pipeline."""

    def __init__(self, nlp: "Language") -> None:
        self._nlp = nlp

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The spans of each text, by the pipeline's labels; `langs` are ignored."""
        shortened = [_RUN_ON.sub(lambda run: " " * len(run[0]), text) for text in texts]
        with self._nlp.memory_zone():
            return [
                _spans(text, ((e.start_char, e.end_char, e.label_) for e in doc.ents))
                for text, doc in zip(texts, self._nlp.pipe(shortened), strict=True)
            ]


class TransformersRecogniser:
    """Finds the entities of a token classifier; long texts are read in overlapping windows."""

    def __init__(self, pipeline: "TokenClassificationPipeline") -> None:
        self._pipeline = pipeline

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The spans of each text, by the model's labels; `langs` are ignored."""
        return [
            _spans(text, (_span_and_label(entity) for entity in self._pipeline(text)))
            for text in texts
        ]


def _span_and_label(entity: Mapping[str, Any]) -> tuple[int, int, str]:
    return entity["start"], entity["end"], entity["entity_group"]


def _spans(text: str, found: Iterable[tuple[int, int, str]]) -> list[Span]:
    """The entities of a model as spans, without blanks and hashes at the edges."""
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
    """The spaCy pipeline in a folder or an installed package; raises as `spacy_of`."""
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
    repair_torchvision()
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
        # Some tokenizers give no limit, and RoBERTa reserves two of its positions.
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
