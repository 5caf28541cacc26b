"""The documents are true: the map lists the files there are, the commands are those there are."""

import re
from pathlib import Path

import pytest
import typer

from zeitgraph.cli import app
from zeitgraph.kg.graph.questions import QUESTIONS
from zeitgraph.kg.workspace.tables import TABLES

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
ROOMS = ("kg", "extraction", "reports", "prompts", "training")


def _commands() -> set[str]:
    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def _modules() -> set[str]:
    paths = [p for room in ROOMS for p in (ROOT / room).rglob("*.py") if p.name != "__init__.py"]
    return {p.relative_to(ROOT).as_posix() for p in paths} | {"cli.py"}


@pytest.mark.parametrize("readme", READMES)
def test_the_map_lists_each_file_once(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    listed = re.findall(r"^\| `([\w/.]+\.py)` \| .+ \|$", text, re.MULTILINE)
    assert sorted(listed) == sorted(_modules())


@pytest.mark.parametrize("readme", READMES)
def test_each_command_is_told_of(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)  # prose says "zeitgraph turns"
    told = set(re.findall(r"zeitgraph (\w+)", "\n".join(code)))
    assert _commands() <= told
    assert told - _commands() <= {"questions"}


@pytest.mark.parametrize("readme", READMES)
def test_what_the_readme_links_to_is_there(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_each_command_has_a_function_of_its_name() -> None:
    import zeitgraph.cli

    for command in _commands():
        assert callable(getattr(zeitgraph.cli, command))
        assert getattr(zeitgraph.cli, command).__doc__


def test_help_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = """
import sys
from zeitgraph.cli import main
try:
    main(["--help"])
except SystemExit:
    print(sorted({"torch", "pyarrow", "numpy", "rdflib", "neo4j"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.splitlines()[-1] == "[]"


def test_questions_and_tables_tell_what_they_are() -> None:
    assert all(table.about for table in TABLES.values())
    assert all(question.about for question in QUESTIONS.values())


def test_the_layers_hold() -> None:
    import subprocess
    import sys

    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout
