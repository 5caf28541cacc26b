"""Checks the folder of a model before a library loads it: no program code and no pickle.

Input: the folder, and the library that will load it. Output: nothing, or a `ModelError` that names
the file. A model may bring Python files, name classes of other packages, or keep its weights in a
pickle; each of these runs code of the model's author on the user's machine. Weights must be
safetensors. This module loads no model.
"""

import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.models.torchvision_repair import repair_torchvision

Loader = Literal["transformers", "sentence_transformers", "open_clip", "diffusers", "spacy"]

PICKLES = frozenset({".bin", ".ckpt", ".dill", ".joblib", ".pickle", ".pkl", ".pt", ".pth"})
"""Suffixes of files that the libraries read with pickle. `lookups.bin` of spaCy is no pickle."""

TRAINER_FILES = re.compile(r"(training_args|optimizer|scheduler|scaler|rng_state\w*)\.(bin|pt|pth)")
"""Pickles that the Trainer of transformers writes beside a model; no loader opens them."""

CODE_KEYS = frozenset({"auto_map", "custom_generate", "custom_pipeline", "trust_remote_code"})
"""Keys of configurations that name code to run, or allow it."""

CLASS_KEYS = frozenset({"activation_function", "tokenizer_class", "type", "types"})
"""Keys of sentence-transformers' configurations whose dotted values are imported."""

OWN_CLASSES = ("sentence_transformers.", "torch.nn.")
_WORD_LISTS = frozenset({"added_tokens.json", "tokenizer.json", "vocab.json"})  # name no code
_DIFFUSERS_LIBRARIES = ("diffusers", "transformers")


@dataclass(frozen=True)
class Folder:
    """The folder of a model and all its files, sorted by path, with links followed."""

    root: Path
    files: tuple[Path, ...]
    from_hub: bool


def check_model_folder(folder: Path, loader: Loader, *, from_hub: bool = False) -> None:
    """Raises `ModelError` if loading `folder` with `loader` could run code of the model's author.

    `from_hub`: the folder is a snapshot in the cache of the Hugging Face hub. Other programs may
    have fetched more of the model into it, so pickles beside safetensors and Python files that no
    configuration names are accepted there: the loaders open neither.
    """
    held = Folder(folder, tuple(_walk(folder)), from_hub)
    for check in CHECKS[loader]:
        check(held)


@contextmanager
def no_remote_code() -> Iterator[None]:
    """In this context transformers raises `ValueError` instead of asking to run a model's code.

    It asks on standard input if a caller, such as open_clip, passes no `trust_remote_code`.
    """
    from transformers import dynamic_module_utils

    seconds = dynamic_module_utils.TIME_OUT_REMOTE_CODE
    dynamic_module_utils.TIME_OUT_REMOTE_CODE = 0
    try:
        yield
    finally:
        dynamic_module_utils.TIME_OUT_REMOTE_CODE = seconds


def refuse_code(where: object, do: str = "choose another model") -> ModelError:
    """The error for a model with program code; `where` names the file."""
    return ModelError("the model brings program code, which is never run", where=where, do=do)


def refuse_pickle(where: object) -> ModelError:
    """The error for a model with a pickle; `where` names the file."""
    return ModelError(
        "only weights in safetensors are loaded, because a pickle can run code",
        where=where,
        do="convert it to safetensors and remove this file, or choose another model",
    )


def _walk(folder: Path) -> Iterator[Path]:
    seen = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        if (real := os.path.realpath(parent)) in seen:
            folders.clear()  # a circle of links
            continue
        seen.add(real)
        yield from (Path(parent, name) for name in sorted(names))


# -- weights ---------------------------------------------------------------------------------------


def _no_pickles(held: Folder) -> None:
    safe = {file.parent for file in held.files if file.suffix.lower() == ".safetensors"}
    for file in held.files:
        if file.suffix.lower() in PICKLES and not (held.from_hub and file.parent in safe):
            raise refuse_pickle(file)


def _no_pickles_but_the_trainers(held: Folder) -> None:
    files = (file for file in held.files if not TRAINER_FILES.fullmatch(file.name))
    _no_pickles(Folder(held.root, tuple(files), held.from_hub))


def _no_pickled_parts(held: Folder) -> None:
    """Many pipelines are published in both forms; diffusers then opens only the safetensors."""
    parts = (file for file in held.files if file.parent != held.root)
    _no_pickles(Folder(held.root, tuple(parts), from_hub=True))


def _weights_somewhere(held: Folder) -> None:
    if not any(file.suffix == ".safetensors" for file in held.files):
        raise ModelError("no weights: the folder holds no safetensors", where=held.root)


def _weights_at_the_top(held: Folder) -> None:
    """Without weights in the top folder, open_clip fetches those of its two towers elsewhere."""
    _weights_somewhere(Folder(held.root, tuple(held.root.glob("*.safetensors")), held.from_hub))


def _safe_shards(held: Folder) -> None:
    """The index of weights in several files may name files of any kind, anywhere."""
    for file in held.files:
        if file.name.endswith(".safetensors.index.json"):
            shards = _json(file).get("weight_map", {}) if isinstance(_json(file), dict) else {}
            for shard in shards.values() if isinstance(shards, dict) else ():
                inside = isinstance(shard, str) and not {"..", "/"} & set(Path(shard).parts)
                if not inside or not shard.endswith(".safetensors"):
                    raise refuse_pickle(f"{file}: {shard}")


def no_pickled_arrays(held: Folder) -> None:
    """Raises `ModelError` for a NumPy file (`.npy` or `.npz`, of any name) with Python objects."""
    for file in held.files:
        if _holds_objects(file):
            raise refuse_pickle(file)


def _holds_objects(file: Path) -> bool:
    try:
        if file.suffix.lower() == ".npz":
            with zipfile.ZipFile(file) as archive:
                streams = map(archive.open, archive.namelist())
                return any(_is_object_array(stream) for stream in streams)
        with file.open("rb") as stream:
            return _is_object_array(stream)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False  # not readable as an array: NumPy will not read it either


def _is_object_array(stream: IO[bytes]) -> bool:
    """Whether the header of a NumPy file declares an array of Python objects."""
    if stream.read(6) != b"\x93NUMPY":
        return False
    stream.seek(0)
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else _long_header
    return bool(header(stream)[2].hasobject)


def _long_header(stream: IO[bytes]) -> Any:
    return np.lib.format.read_array_header_2_0(stream)


# -- code ------------------------------------------------------------------------------------------


def _no_python_files(held: Folder) -> None:
    for file in held.files:
        if file.suffix.lower() == ".py" and not held.from_hub:
            raise refuse_code(file, "remove the file if the model works without it")


def _no_python_files_at_all(held: Folder) -> None:
    _no_python_files(Folder(held.root, held.files, from_hub=False))


def _no_own_generation(held: Folder) -> None:
    if (file := held.root / "custom_generate" / "generate.py").exists():
        raise refuse_code(file)


def _no_code_in_configurations(held: Folder) -> None:
    for file, key, value in _settings(held):
        if key in CODE_KEYS and value:
            raise refuse_code(f"{file}: {key}", "remove the entry if the model works without it")
        if "implementation" in key:  # owner/name of a kernel on the hub, fetched and run
            for name in _texts(value):
                if "/" in name:
                    raise refuse_code(f"{file}: {key} is {name}")


def _own_classes_only(held: Folder) -> None:
    for file, key, value in _settings(held):
        if key in CLASS_KEYS:
            for name in _texts(value):
                if "." in name and not name.startswith(OWN_CLASSES):
                    raise refuse_code(f"{file}: {key} is {name}")


def _settings(held: Folder) -> Iterator[tuple[Path, str, object]]:
    """All keys and values in the configurations of the folder, at any depth, with their file."""
    for file in held.files:
        if file.suffix == ".json" and file.name not in _WORD_LISTS:
            waiting = [_json(file)]
            while waiting:
                value = waiting.pop()
                if isinstance(value, dict):
                    yield from ((file, key, inner) for key, inner in value.items())
                    waiting.extend(value.values())
                elif isinstance(value, list):
                    waiting.extend(value)


def _texts(value: object) -> list[str]:
    """All strings in a JSON value, at any depth."""
    found, waiting = [], [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            found.append(inner)
        elif isinstance(inner, Mapping):
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
    return found


def _json(file: Path) -> Any:
    """The content of a file; None if it is malformed, since the loader will then fail itself."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


# -- diffusers and spaCy ---------------------------------------------------------------------------


def _plain_pipeline(held: Folder) -> None:
    """`model_index.json` must name classes of diffusers and transformers, as strings."""
    top = held.root / "model_index.json"
    if not isinstance(_json(top), dict):
        raise ModelError(
            "no diffusers pipeline: model_index.json is missing or malformed",
            where=held.root,
            do="name a folder written by save_pretrained",
        )
    for file in held.files:
        if file.name in {"model_index.json", "modular_model_index.json"}:
            parts = _json(file) or {}
            named = (name for name in parts if not name.startswith("_"))
            strange = [name for name in named if not _is_plain_part(parts[name])]
            if strange or not isinstance(parts.get("_class_name"), str):
                raise refuse_code(f"{file}: {', '.join(strange) or '_class_name'}")


def _is_plain_part(part: object) -> bool:
    """Whether an entry is a setting, or a pair [library, class] that is part of diffusers."""
    if not isinstance(part, list):
        return True
    library = part[0] if part else None
    if library is None or library in _DIFFUSERS_LIBRARIES:
        return True
    repair_torchvision()
    from diffusers import pipelines

    return isinstance(library, str) and library.isidentifier() and hasattr(pipelines, library)


def _plain_spacy(held: Folder) -> None:
    from zeitgraph.kg.models.safe_spacy import check_pipeline

    check_pipeline(held.root, held.files)


CHECKS: Mapping[Loader, Sequence[Callable[[Folder], None]]] = {
    "transformers": (
        _no_code_in_configurations,
        _no_own_generation,
        _no_python_files,
        _no_pickles_but_the_trainers,
        no_pickled_arrays,
        _safe_shards,
        _weights_somewhere,
    ),
    "sentence_transformers": (
        _no_code_in_configurations,
        _own_classes_only,
        _no_python_files,
        _no_pickles,
        no_pickled_arrays,
        _safe_shards,
        _weights_somewhere,
    ),
    "open_clip": (
        _no_code_in_configurations,
        _no_python_files,
        _no_pickles,
        no_pickled_arrays,
        _weights_at_the_top,
    ),
    "diffusers": (
        _plain_pipeline,
        _no_code_in_configurations,
        _no_python_files_at_all,
        _no_pickled_parts,
        no_pickled_arrays,
        _safe_shards,
        _weights_somewhere,
    ),
    "spacy": (_no_python_files_at_all, no_pickled_arrays, _plain_spacy),
}
"""The checks of a folder, by the library that will load it."""
