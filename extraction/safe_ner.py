"""The spaCy component `safe_ner`: spaCy's entity recogniser with its weights in safetensors.

Comes in: what spaCy's own `ner` takes. Goes out: the same entities. On disk the network is
`model.safetensors` (float16, one tensor a parameter, called by its place in the network) beside
spaCy's `cfg` and `moves`, so that no pickle and no msgpack holds weights. Importing this module
registers the component; from then on `spacy.load` reads such a folder as any other. Knows nothing
about names or kinds.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from spacy.language import Language
from spacy.pipeline import EntityRecognizer
from thinc.api import Model

NAME = "safe_ner"
WEIGHTS_FILE = "model.safetensors"


class SafeRecognizer(EntityRecognizer):  # type: ignore[misc]  # a class of spaCy's, in Cython
    """spaCy's transition-based entity recogniser, kept without pickle."""

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Writes the component into the folder `path`."""
        super().to_disk(path, exclude=(*exclude, "model"))
        write_network(self.model, Path(path) / WEIGHTS_FILE)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "SafeRecognizer":
        """Reads the component from the folder `path`; `ValueError` where a file does not fit."""
        super().from_disk(path, exclude=(*exclude, "model"))
        self._resize()
        read_network(self.model, Path(path) / WEIGHTS_FILE)
        return self


def write_network(model: Model[Any, Any], file: Path) -> None:
    """Writes the parameters of an initialised thinc network as float16."""
    told = model.to_dict()
    tensors = {
        f"{place}.{name}": np.ascontiguousarray(value, dtype=np.float16)
        for place, params in enumerate(told["params"])
        for name, value in params.items()
        if value is not None
    }
    save_file(tensors, file, {"nodes": json.dumps(told["nodes"], sort_keys=True)})


def read_network(model: Model[Any, Any], file: Path) -> None:
    """Fills a thinc network, built as its configuration says, with float32 parameters.

    Raises `ValueError` where the file is no safetensors or belongs to another network.
    """
    params: list[dict[str, Any]] = [dict.fromkeys(node.param_names) for node in model.walk()]
    try:
        with safe_open(file, framework="np") as tensors:
            nodes = json.loads(tensors.metadata()["nodes"])
            if len(nodes) != len(params):
                raise ValueError(f"{file} has {len(nodes)} layers, its config {len(params)}")
            for key in tensors.keys():  # noqa: SIM118 - not a mapping
                place, _, name = key.partition(".")
                params[int(place)][name] = tensors.get_tensor(key).astype(np.float32)
    except (OSError, SafetensorError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{file} holds no weights of this network: {error}") from error
    empty: list[Any] = [{} for _ in nodes]
    shims: list[Any] = [[] for _ in nodes]
    model.from_dict({"nodes": nodes, "attrs": empty, "params": params, "shims": shims})


@Language.factory(
    NAME,
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={"moves": None, "scorer": {"@scorers": "spacy.ner_scorer.v1"}},
)
def make_safe_ner(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    moves: Any,
    scorer: Callable[..., Any] | None,
) -> SafeRecognizer:
    """The component, as spaCy's `ner` is made."""
    return SafeRecognizer(nlp.vocab, model, name=name, moves=moves, scorer=scorer)
