"""The documents are true: generated pages are up to date, links resolve, commands exist."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from zeitgraph.cli import app
from zeitgraph.kg.graph.questions import QUESTIONS
from zeitgraph.kg.workspace.tables import TABLES

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LONGEST_README = 150


def _commands() -> set[str]:
    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def _text(path: Path | str) -> str:
    return (ROOT / path).read_text("utf-8")


def _code(readme: str) -> str:
    """The code of a page, so that «zeitgraph reads posts» is no command."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", _text(readme), re.DOTALL))


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_reference_page_is_as_the_code_generates_it(generator: ModuleType) -> None:
    made = generator.pages()
    on_disk = {page.name: page.read_text("utf-8") for page in generator.REFERENCE.glob("*.md")}
    assert on_disk.keys() == made.keys()
    stale = [name for name, text in made.items() if on_disk[name] != text]
    assert stale == [], "run `make docs`"


def test_the_map_of_files_lists_each_module_once(generator: ModuleType) -> None:
    rooms = [path for room in generator.FOLDERS for path in (ROOT / room).rglob("*.py")]
    modules = [p.relative_to(ROOT).as_posix() for p in rooms if p.name != "__init__.py"]
    listed = re.findall(r"\]\(\.\./\.\./([\w/]+\.py)\)", generator.files_page())
    assert sorted(listed) == sorted(modules)


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_is_short_and_has_the_same_examples_in_both_languages(readme: str) -> None:
    assert len(_text(readme).splitlines()) <= LONGEST_README
    command = re.compile(r"^(?:zeitgraph|make) [a-z]+", re.MULTILINE)
    english, chinese = (command.findall(_code(page)) for page in READMES)
    assert english
    assert english == chinese


@pytest.mark.parametrize("readme", READMES)
def test_each_command_in_the_readme_exists(readme: str) -> None:
    named = set(re.findall(r"zeitgraph (\w+)", _code(readme)))
    assert named
    assert named <= _commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_exists(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_each_command_has_a_function_of_its_name() -> None:
    import zeitgraph.cli

    for command in _commands():
        assert callable(getattr(zeitgraph.cli, command))
        assert getattr(zeitgraph.cli, command).__doc__


def test_help_imports_nothing_heavy() -> None:
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


def test_each_table_and_each_question_says_what_it_holds() -> None:
    assert all(table.about for table in TABLES.values())
    assert all(question.about and question.about_zh for question in QUESTIONS.values())


def test_the_layers_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout
