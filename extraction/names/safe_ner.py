"""The spaCy component `safe_ner`: spaCy's entity recogniser with its weights in safetensors.

Input and output are those of spaCy's own `ner`. On disk the network is `model.safetensors`
(float16, one tensor for each parameter, named by its position in the network) beside spaCy's `cfg`
and `moves`, so that neither pickle nor msgpack holds weights. Importing this module registers the
component, after which `spacy.load` reads such a folder. This module does not know about kinds of
names.
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


class SafeRecognizer(EntityRecognizer):  # type: ignore[misc]  # a Cython class
    """spaCy's transition-based entity recogniser, stored without pickle."""

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Writes the component into the folder `path`."""
        super().to_disk(path, exclude=(*exclude, "model"))
        write_network(self.model, Path(path) / WEIGHTS_FILE)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> "SafeRecognizer":
        """Reads the component from a folder; raises `ValueError` if a file does not fit."""
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
    """Fills a thinc network, built from its configuration, with float32 parameters.

    Raises `ValueError` if the file is not safetensors, or belongs to a network with other layers or
    other shapes.
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
            shapes = f"{key} is {found.get(key)}, its config asks for {wanted.get(key)}"
            raise ValueError(f"{file} holds weights of another network: {shapes}")
    for key, (node, name) in parameters.items():
        node.set_param(name, node.ops.asarray_f(held[key]))


def _initialise(model: Model[Any, Any]) -> None:
    """Gives each layer parameters of the shape that the configuration asks for.

    Layer by layer, because thinc's `initialize` visits each layer once for every layer around it.
    """
    lower, upper = model.get_ref("lower"), model.get_ref("upper")
    if upper.has_dim("nI") is None:
        upper.set_dim("nI", lower.get_dim("nO"))
    random_state = np.random.get_state()  # noqa: NPY002 - thinc draws from it
    for node in model.walk():
        if node.param_names:
            node.initialize()
    np.random.set_state(random_state)  # noqa: NPY002 - reading a file must not change it


def _parameters(model: Model[Any, Any]) -> dict[str, tuple[Model[Any, Any], str]]:
    """The parameters of a network, by the position of the layer and the name in it."""
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
    """Makes the component; the arguments are those of spaCy's `ner`."""
    return SafeRecognizer(nlp.vocab, model, name=name, moves=moves, scorer=scorer)
