"""The spaCy component `safe_ner`: spaCy's entity recogniser with its weights in safetensors.

Comes in: what spaCy's own `ner` takes. Goes out: the same entities. On disk the network is
`model.safetensors` (float16, one tensor a parameter, called by its place in the network) beside
spaCy's `cfg` and `moves`, so that no pickle and no msgpack holds weights. Importing this module
registers the component; from then on `spacy.load` reads such a folder as any other. Knows nothing
about names or kinds.
"""

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
    tensors = {
        key: np.ascontiguousarray(node.get_param(name), dtype=np.float16)
        for key, (node, name) in _parameters(model).items()
    }
    save_file(tensors, file)


def read_network(model: Model[Any, Any], file: Path) -> None:
    """Fills a thinc network, built as its configuration says, with float32 parameters.

    Raises `ValueError` where the file is no safetensors or belongs to another network: one with
    other layers, or with parameters of another shape.
    """
    _initialise(model)
    parameters = _parameters(model)
    wanted = {key: node.get_param(name).shape for key, (node, name) in parameters.items()}
    try:
        with safe_open(file, framework="np") as tensors:
            held = {key: tensors.get_tensor(key) for key in tensors.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} holds no weights of this network: {error}") from error
    found = {key: tensor.shape for key, tensor in held.items()}
    for key in sorted(wanted.keys() | found.keys()):
        if found.get(key) != wanted.get(key):
            told = f"{key} is {found.get(key)}, its config asks for {wanted.get(key)}"
            raise ValueError(f"{file} holds weights of another network: {told}")
    for key, (node, name) in parameters.items():
        node.set_param(name, node.ops.asarray_f(held[key]))


def _initialise(model: Model[Any, Any]) -> None:
    """Gives each layer parameters of the shape that the configuration asks for.

    Layer by layer: thinc's own way goes through each of them once for every layer around it.
    """
    lower, upper = model.get_ref("lower"), model.get_ref("upper")
    if upper.has_dim("nI") is None:
        upper.set_dim("nI", lower.get_dim("nO"))
    chance = np.random.get_state()  # noqa: NPY002 - thinc throws these dice
    for node in model.walk():
        if node.param_names:
            node.initialize()
    np.random.set_state(chance)  # noqa: NPY002 - reading a file changes nobody's luck


def _parameters(model: Model[Any, Any]) -> dict[str, tuple[Model[Any, Any], str]]:
    """Each parameter that a network has, by the place of its layer and its name there."""
    return {
        f"{place}.{name}": (node, name)
        for place, node in enumerate(model.walk())
        for name in node.param_names
        if node.has_param(name)
    }


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
