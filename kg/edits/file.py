"""The file `edits.toml`: manual edits of clusters, in the form that `kinds.py` describes.

Input: the text of the file. Output: `Edit` records, or an `EditsError` that names the first wrong
entry and what to do. Unknown keys and conflicting edits (`conflicts.py`) are errors. This module
does not know which clusters and posts exist; `checks.py` does.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zeitgraph.kg.base.errors import EditsError
from zeitgraph.kg.edits.conflicts import conflicts
from zeitgraph.kg.edits.kinds import EDIT_KINDS, MAX_NAME_LENGTH, WEEK_EXAMPLE, Edit
from zeitgraph.kg.workspace.workspace import Workspace

EDITS_FILE = "edits.toml"


def read_edits(workspace: Workspace) -> list[Edit]:
    """The edits of the workspace, kind by kind in the order of the file.

    The list is empty if the workspace has no `edits.toml`. Raises `EditsError` for an entry that is
    malformed or conflicts with another; the message names the entry and what to do.
    """
    return parse_edits(edits_text(workspace), workspace.root / EDITS_FILE)


def edits_text(workspace: Workspace) -> str:
    """The text of `edits.toml`, empty if there is no such file.

    Raises `EditsError` if it is a folder, cannot be read, or is not UTF-8.
    """
    path = workspace.root / EDITS_FILE
    if path.is_dir():
        raise EditsError("this is a folder", where=path, do="move it away: edits are a file")
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise EditsError("cannot be read as UTF-8", where=path, do="save it as UTF-8") from error
    except OSError as error:
        raise EditsError(f"cannot be read: {error.strerror}", where=path) from error


def parse_edits(text: str, where: Path) -> list[Edit]:
    """The edits in `text`, the content of the file `where`.

    Raises `EditsError` as `read_edits` does; its message names the file `where`.
    """
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditsError(f"not TOML: {error}", where=where, do="correct the line") from error
    edits = []
    for kind, entries in tree.items():
        if kind not in EDIT_KINDS:
            known = ", ".join(sorted(EDIT_KINDS))
            raise EditsError(f"no edit is called «{kind}»", where=where, do=f"known: {known}")
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise EditsError(
                f"«{kind}» is written without double brackets",
                where=where,
                do=f"write [[{kind}]] above each entry",
            )
        edits += [_edit(kind, number, one, where) for number, one in enumerate(entries, start=1)]
    for edit, reason, do in conflicts(edits):
        raise EditsError(f"{edit.entry}: {reason}", where=where, do=do)
    return edits


def _edit(kind: str, number: int, values: Mapping[str, Any], where: Path) -> Edit:
    fields = EDIT_KINDS[kind].model_fields.items()
    keys = [(field.alias or name) for name, field in fields if name != "number"]
    try:
        if unknown := sorted(values.keys() - set(keys)):
            raise EditsError(
                f"[[{kind}]] {number} has no key «{unknown[0]}»",
                where=where,
                do=f"known: {', '.join(keys)}",
            )
        return EDIT_KINDS[kind].model_validate({**values, "number": number})
    except ValidationError as error:
        first = error.errors()[0]
        key, *place = map(str, first["loc"]) if first["loc"] else [""]
        reason, do = _explain(first["type"], key, first)
        at_key = f", {key}{f' {int(place[0]) + 1}' if place else ''}" if key else ""
        raise EditsError(
            f"[[{kind}]] {number}{at_key} {reason}",
            where=where,
            do=do or f"its keys are {', '.join(keys)}",
        ) from error


def _explain(error_type: str, key: str, error: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with the value of a key, in plain words, and what to do."""
    if error_type == "value_error":  # a message of `kinds.py`
        reason, _, do = error["msg"].removeprefix("Value error, ").partition(": ")
        return reason, do
    if key == "from":
        is_date = isinstance(error["input"], date)
        return "is a date, not a week" if is_date else "is no text", WEEK_EXAMPLE
    return EXPLANATIONS[error_type](key, error["input"])


EXPLANATIONS: Mapping[str, Callable[[str, Any], tuple[str, str]]] = {
    "missing": lambda key, _: ("is missing", f'write {key} = "…" below it'),
    "string_type": lambda _key, _: ("is no text", "put it in quotation marks"),
    "string_too_long": lambda _key, text: (
        f"has {len(text)} characters",
        f"shorten it to at most {MAX_NAME_LENGTH}",
    ),
    "tuple_type": lambda key, _: ("is no list", f'write it like {key} = ["…", "…"]'),
    "literal_error": lambda _key, value: (f"is «{value}»", 'write "follows" or "still"'),
}
"""By pydantic's type of an error: what is wrong with a value, in plain words, and what to do."""
