"""The wheel holds every module and every data file, and nothing else; recipes copy what exists."""

import re
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("kg", "extraction", "reports", "prompts")
LARGEST = {"clip": 25, "painter": 40, "recogniser": 15, "second-judge": 2}  # megabytes


def _modules() -> set[str]:
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    modules = {path.relative_to(ROOT).as_posix() for path in [*rooms, ROOT / "cli.py"]}
    return modules | {"__init__.py"}


def test_each_folder_of_modules_is_a_package() -> None:
    folders = {Path(module).parent for module in _modules()} - {Path()}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []


def test_the_command_line_is_the_only_python_file_at_the_root() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {"cli.py"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    import shutil
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns(
        ".*", "demo-trends", "build", "dist", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, source, ignore=ignored, symlinks=True)
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    subprocess.run([*build, str(source)], check=True, capture_output=True)  # noqa: S603
    (found,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(found).namelist())


def test_every_module_is_in_the_wheel_and_no_test_is(wheel: set[str]) -> None:
    shipped = {name for name in wheel if name.endswith(".py")}
    assert shipped == {f"zeitgraph/{module}" for module in _modules()}


def test_every_data_file_is_in_the_wheel(wheel: set[str]) -> None:
    data = {
        f"zeitgraph/{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert data <= wheel
    assert "zeitgraph/py.typed" in wheel
    assert {
        "zeitgraph/kg/workspace/profiles/starter.toml",
        "zeitgraph/kg/graph/ontology.ttl",
    } <= data


def test_weights_are_safetensors_and_small() -> None:
    weights = [p for p in (ROOT / "extraction").rglob("weights/**/*") if p.is_file()]
    assert weights
    assert not [p for p in weights if p.suffix in {".bin", ".pt", ".pth", ".ckpt", ".pkl"}]
    sizes = dict.fromkeys(LARGEST, 0)
    for path in weights:
        sizes[path.relative_to(ROOT / "extraction/demo/weights").parts[0]] += path.stat().st_size
    assert all(sizes[part] <= megabytes * 1e6 for part, megabytes in LARGEST.items()), sizes


def test_what_the_dockerfile_copies_exists_and_is_not_ignored() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    files = [word for words in copied for word in words if not words[0].startswith("--from")]
    assert files == [".", "requirements.lock"]
    assert all((ROOT / file).exists() for file in files)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert not {"kg", "extraction", "reports", "prompts", "zeitgraph", "README.md"} & set(ignored)


def test_each_lock_line_names_one_version() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert "torch==2.13.0" in lines
