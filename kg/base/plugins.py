"""Parts chosen by name: `{"open_clip": "zeitgraph.extraction.embedding.clip:OpenClipEmbedder"}`.

Each kind of part (embedder, recogniser, image maker, …) is a small Protocol and a table of strings
beside it. Nothing is imported until chosen; `module:attribute` in the settings plugs in somebody
else's part.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from zeitgraph.kg.base.errors import MissingPart, UnknownName


def load_attribute(target: str) -> Any:
    """The object that `module:attribute` names; `MissingPart` where it cannot be imported."""
    module_name, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except ImportError as error:
        missing = (error.name or module_name).partition(".")[0]
        raise MissingPart(
            f"«{target}» needs the package {missing}", do=f"pip install {missing}"
        ) from error
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
