"""Checks a spaCy pipeline before spaCy loads it: only components of spaCy itself, and no pickle.

Input: the folder of a pipeline and its files. Output: nothing, or a `ModelError` that names the
file. spaCy looks up the functions that `config.cfg` names in its registries. Other packages may add
functions to the registries, and layers of PyTorch keep their weights as a pickle inside `model`;
both are refused. Components of zeitgraph must be registered before the check.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.models.safe_folder import PICKLES, refuse_code, refuse_pickle

OWN = frozenset({"spacy", "spacy_legacy", "spacy_loggers", "srsly", "thinc", "zeitgraph"})
"""Packages whose functions a pipeline may name."""

OTHER_PIPELINES = frozenset({"spacy.copy_from_base_model.v1"})
"""Functions of spaCy that load another pipeline, which would not be checked."""

_PICKLE_START = re.compile(rb"\x80[\x00-\x05]")  # in msgpack: an empty map, then the end of file


def check_pipeline(folder: Path, files: Sequence[Path]) -> None:
    """Raises `ModelError` if the pipeline names code of other packages or contains a pickle."""
    _check_config(folder / "config.cfg")
    for file in files:
        is_pickle = file.suffix.lower() in PICKLES and file.name != "lookups.bin"
        if is_pickle or _begins_as_pickle(file) or (file.name == "model" and _holds_torch(file)):
            raise refuse_pickle(file)


def pipeline_folder(model: str) -> Path | None:
    """The folder of a spaCy pipeline: `model` is a folder or the name of an installed package.

    None if it is neither. The package is not imported; its data are enough to load the pipeline.
    """
    if (folder := Path(model).expanduser()).is_dir():
        return folder
    found = util.find_spec(model) if model.isidentifier() else None
    if found is None or found.origin is None:
        return None
    package = Path(found.origin).parent
    return next((file.parent for file in sorted(package.glob(f"{model}-*/config.cfg"))), None)


def _check_config(file: Path) -> None:
    from thinc.config import Config

    try:
        config = Config().from_disk(file)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"no spaCy pipeline: {error}", where=file) from error
    language = config.get("nlp", {}).get("lang")
    if not _is_own_language(language):
        raise refuse_code(f"{file}: nlp.lang is {language}")
    for component_name, component in config.get("components", {}).items():
        if Path(component_name).name != component_name:
            raise refuse_code(f"{file}: {component_name} names a file outside the folder")
        if isinstance(component, Mapping) and component.get("source"):
            raise refuse_code(f"{file}: source is {component['source']}")
    for key, name in _named({part: config.get(part) for part in ("nlp", "components")}):
        homes = _homes("internal_factories" if key == "factory" else key[1:], name, language)
        if not homes or not homes <= OWN or name in OTHER_PIPELINES:
            raise refuse_code(
                f"{file}: {key} is {name}", "choose a pipeline made of spaCy's own parts"
            )


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Pairs (key, function name) in a configuration: keys that begin with @, and `factory`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and (key.startswith("@") or key == "factory"):
                yield key, inner
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _is_own_language(language: object) -> bool:
    """Whether the language is part of spaCy and no other package replaces it."""
    if not isinstance(language, str) or not language.isidentifier():
        return False
    others = metadata.entry_points(group="spacy_languages", name=language)
    return not others and util.find_spec(f"spacy.lang.{language}") is not None


def _homes(registry: str, name: str, language: str) -> set[str]:
    """The packages that register a function of that name; none of them is imported."""
    import catalogue
    from spacy.util import registry as populated

    populated.ensure_populated()
    spaces = [("spacy", registry, name), ("thinc", registry, name)]
    group = registry
    if registry == "internal_factories":
        group = "factories"
        spaces.append(("spacy", registry, f"{language}.{name}"))
    functions = [catalogue.REGISTRY[space] for space in spaces if space in catalogue.REGISTRY]
    entries = [
        entry
        for library in ("spacy", "thinc")
        for entry in metadata.entry_points(group=f"{library}_{group}", name=name)
    ]
    modules = [function.__module__ for function in functions] + [e.module for e in entries]
    return {module.partition(".")[0] for module in modules}


def _begins_as_pickle(file: Path) -> bool:
    """Whether the content is a pickle, or an archive that holds one."""
    if file.suffix == ".safetensors":
        return False  # read by safetensors alone, which reports any other content
    with file.open("rb") as stream:
        start = stream.read(4)
    if _PICKLE_START.match(start):
        return True
    if start != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            return any(Path(name).suffix in PICKLES for name in archive.namelist())
    except zipfile.BadZipFile:
        return True


def _holds_torch(file: Path) -> bool:
    """Whether a thinc network contains weights of another library, which are pickles.

    Reads the file with the call that thinc uses. True as well if that call fails.
    """
    import srsly

    try:
        network = srsly.msgpack_loads(file.read_bytes())
    except Exception:  # noqa: BLE001 -- malformed in whatever way: not to be loaded
        return True
    if not isinstance(network, dict):
        return True
    shims = network.get("shims") or []
    return not isinstance(shims, list) or any(shims)
