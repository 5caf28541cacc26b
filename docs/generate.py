"""Writes the reference pages under `docs/reference/` from the code: `make docs`.

Each page is a function that returns Markdown. `tests/test_docs.py` fails if a page on disk differs
from what this module writes.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from zeitgraph import cli
from zeitgraph.kg.base import terms
from zeitgraph.kg.graph.questions import QUESTIONS
from zeitgraph.kg.workspace.rows import columns_of
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.tables import TABLES

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
FOLDERS = ("kg", "extraction", "reports", "prompts", "training")
COMMANDS_INTRO = """\
Exit codes: 0 done; 1 it failed; 2 the input or the call is wrong. An error is one line on
standard error. Each command is also a function: `from zeitgraph.cli import run`."""

SETTINGS_INTRO = """\
The keys of `zeitgraph.toml` in a workspace. An unknown key or a value of the wrong type is
refused with its path. A profile (`profile = "clip"`) sets other defaults."""

TABLES_INTRO = """\
A workspace keeps each table as `tables/NAME/week=2026-W46/part.parquet`, one partition for
each ISO week (UTC), sorted by its key. `zeitgraph export NAME out.csv` writes a table as one file.
In a table that rolls up, the newest row of each key replaces older ones when the whole table is
read."""

QUESTIONS_INTRO = """\
`zeitgraph answer NAME key=value…` answers a question; `--via cypher` asks the property
graph instead of the RDF store and gives the same rows."""

DATA = {".toml", ".jinja", ".css", ".js", ".ttl", ".txt"}
"""Endings of data files that the map lists."""

NOTICE = "<!-- Written by docs/generate.py; change the code, then run `make docs`. -->"


def main() -> None:
    """Write every reference page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")


def pages() -> dict[str, str]:
    """The text of each reference page by its file name."""
    return {name: f"{NOTICE}\n\n{make()}" for name, make in PAGES.items()}


# -- files -----------------------------------------------------------------------------------------


def files_page() -> str:
    """One line for each module: the first sentence of its docstring, by folder."""
    parts = ["# Files", "One line for each module, taken from its docstring."]
    for folder in _folders():
        modules = [p for p in sorted(folder.glob("*.py")) if p.name != "__init__.py"]
        name = folder.relative_to(ROOT).as_posix()
        about = _first_sentence(folder / "__init__.py")
        parts.append(f"## {name}\n\n{about}")
        if modules:
            rows = [(f"[`{m.name}`](../../{name}/{m.name})", _first_sentence(m)) for m in modules]
            parts.append(_table(("file", "what it does"), rows))
        parts.append(_data_files(folder))
    return _joined(["# Files", parts[1], _command_line_row(), *parts[2:]])


def _data_files(folder: Path) -> str:
    """The data files of a package: those beside its modules and in folders without modules."""
    packages = {path.parent for path in folder.rglob("__init__.py")} - {folder}
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in DATA and not any(package in path.parents for package in packages)
    ]
    names = [f"`{path.relative_to(folder).as_posix()}`" for path in found]
    return f"Data files: {', '.join(names)}" if names else ""


def _command_line_row() -> str:
    return f"`cli.py`: {_first_sentence(ROOT / 'cli.py')}"


def _folders() -> Iterator[Path]:
    for room in FOLDERS:
        for folder in sorted([ROOT / room, *(ROOT / room).rglob("*")]):
            if folder.is_dir() and (folder / "__init__.py").is_file():
                yield folder


def _first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[^.]\.)\s", paragraph)[0].removesuffix(".")


# -- commands --------------------------------------------------------------------------------------


def commands_page() -> str:
    """Each command with its arguments and options, as `--help` shows them."""
    parts = ["# Commands", COMMANDS_INTRO]
    for name, command in _commands(typer.main.get_command(cli.app)):
        usage = " ".join(["zeitgraph", name, *_usage(command)])
        rows = [_parameter_row(p) for p in command.params if p.name != "help"]
        parts += [f"## zeitgraph {name}", (command.help or "").strip(), f"```\n{usage}\n```"]
        if rows:
            parts.append(_table(("argument or option", "default", "meaning"), rows))
    return _joined(parts)


def _commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _usage(command: Any) -> list[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = ["[OPTIONS]"] if any(p.param_type_name == "option" for p in command.params) else []
    return [*options, *map(_argument, arguments)]


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name = f"{name}…" if parameter.nargs == -1 and not name.endswith("…") else name
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _parameter_row(parameter: Any) -> tuple[str, str, str]:
    is_argument = parameter.param_type_name == "argument"
    names = f"`{_argument(parameter)}`" if is_argument else f"`{', '.join(parameter.opts)}`"
    choices = re.search(r"Literal\[(.*?)\]", str(parameter.type_descriptor.annotation))
    about = parameter.help or ""
    if choices:
        about = f"{about} ({choices[1].replace(chr(39), '')})".strip()
    default = parameter.default
    is_plain = isinstance(default, (str, int, float, Path)) and not isinstance(default, bool)
    return names, f"`{default}`" if is_plain and str(default) else "", about


# -- settings --------------------------------------------------------------------------------------


def settings_page() -> str:
    """Each key of `zeitgraph.toml` with its default, its limits and its meaning."""
    parts = ["# Settings", SETTINGS_INTRO]
    for name, field in Settings.model_fields.items():
        branch = field.annotation
        if not (isinstance(branch, type) and issubclass(branch, BaseModel)):
            continue
        about = " ".join((branch.__doc__ or "").split())
        rows = [
            (f"`{key}`", f"`{_toml(own.default)}`", _limits(own), own.description or "")
            for key, own in branch.model_fields.items()
        ]
        parts += [f"## [{name}]", about]
        parts.append(_table(("key", "default", "limits", "meaning"), rows))
    return _joined(parts)


def _toml(value: object) -> str:
    if value is None or value is PydanticUndefined:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _limits(field: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [
        f"{sign} {getattr(limit, name):,}"
        for limit in field.metadata
        for name, sign in signs.items()
        if getattr(limit, name, None) is not None
    ]
    kind = str(field.annotation)
    choices = re.findall(r"'([^']*)'", kind) if "Literal" in kind else []
    return ", ".join([*found, *choices])


# -- tables ----------------------------------------------------------------------------------------


def tables_page() -> str:
    """Each table with its key and its columns."""
    parts = ["# Tables", TABLES_INTRO]
    for table in TABLES.values():
        key = ", ".join(f"`{column}`" for column in table.key)
        rolls = "; rolls up" if table.rolls_up else ""
        columns = columns_of(table.row).items()
        rows = [(f"`{name}`", f"{arrow}", meaning) for name, (arrow, meaning) in columns]
        parts += [f"## {table.name}", f"{table.about}\n\nKey: {key}{rolls}."]
        parts.append(_table(("column", "type", "meaning"), rows))
    return _joined(parts)


# -- closed vocabularies ---------------------------------------------------------------------------


def terms_page() -> str:
    """The values of each column that takes one of a fixed list: states, events, kinds."""
    parts = ["# States, events and kinds", "The values that columns with a fixed list may hold."]
    for kind in vars(terms).values():
        if not (isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum):
            continue
        about = " ".join((kind.__doc__ or "").split())
        values = ", ".join(f"`{member.value}`" if member.value else "(empty)" for member in kind)
        parts += [f"## {kind.__name__}", about, values]
    return _joined(parts)


# -- canned questions ------------------------------------------------------------------------------


def questions_page() -> str:
    """Each canned question with its parameters and columns."""
    parts = ["# Canned questions", QUESTIONS_INTRO]
    for question in QUESTIONS.values():
        parts += [
            f"## {question.name}",
            f"{question.about}\n\n{question.about_zh}",
            *_question_lines(question),
        ]
    return _joined(parts)


def _question_lines(question: Any) -> Iterable[str]:
    if question.parameters:
        rows = [(f"`{p.name}`", f"`{p.default_text}`", p.about) for p in question.parameters]
        yield _table(("parameter", "default", "meaning"), rows)
    yield "Columns: " + ", ".join(f"`{column}`" for column in question.columns) + "."


# -- Markdown --------------------------------------------------------------------------------------


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PAGES: Mapping[str, Callable[[], str]] = {
    "files.md": files_page,
    "commands.md": commands_page,
    "settings.md": settings_page,
    "tables.md": tables_page,
    "terms.md": terms_page,
    "questions.md": questions_page,
}

if __name__ == "__main__":
    main()
