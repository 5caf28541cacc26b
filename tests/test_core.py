"""The core of zeitgraph works without any optional package, and says how to install each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import posts_with_vectors, write_posts

WITHOUT_EXTRAS = """
from importlib.machinery import PathFinder
from zeitgraph.kg.base.plugins import EXTRAS

find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name in EXTRAS else find(name, *rest)

from zeitgraph.cli import main
main()
"""
Core = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def core() -> Core:
    """The command line in a process that finds no optional package."""

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "-c", WITHOUT_EXTRAS, *map(str, arguments)],
            env={**os.environ, "ZEITGRAPH_TRACEBACK": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def workspace(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("core") / "trends"
    posts = posts_with_vectors(seed=3)
    for post in posts:
        post["text"] += " #cosy"
    write_posts(folder.parent / "posts.jsonl", posts)
    assert core("init", folder, "--profile", "vectors").returncode == 0
    done = core("run", folder.parent / "posts.jsonl", "-w", folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("pip install 'zeitgraph[bolt]' and run again") == 1
    assert done.stderr.count("pip install 'zeitgraph[text]' and run again") == 1
    return folder


def test_a_run_without_extras_makes_tables_the_graph_the_report_and_the_gallery(
    core: Core, workspace: Path
) -> None:
    (report,) = workspace.glob("reports/*/index.html")
    assert (report.parent / "gallery" / "index.html").is_file()
    rows = json.loads(core("answer", "top_clusters", "--format", "json", "-w", workspace).stdout)
    assert rows
    assert core("run", "-w", workspace).stdout.endswith("Nothing had changed.\n")
    assert core("models").returncode == 0


def test_without_spacy_only_hashtags_are_found(core: Core, workspace: Path) -> None:
    out = workspace.parent / "mentions.jsonl"
    assert core("export", "mentions", out, "-w", workspace).returncode == 0
    mentions = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {(row["kind"], row["surface"]) for row in mentions} == {("hashtag", "#cosy")}


@pytest.mark.parametrize(
    ("extra", "settings", "command"),
    [
        ("bolt", "", ("cypher", "MATCH (c:Cluster) RETURN c.name")),
        ("clip", '[vectors]\nembedder = "open_clip"', ("run",)),
        ("minilm", '[vectors]\nembedder = "sentence_transformers"\nmodel = "minilm"', ("run",)),
        ("text", '[entities]\nrecogniser = "spacy"\nmodel = "starter"', ("run",)),
        ("transformers", '[entities]\nrecogniser = "transformers"\nmodel = "."', ("run",)),
        ("llm", '[report]\nllm = "openai:gpt"', ("report",)),
        ("images", '[gallery]\nimage_maker = "diffusers"\nmodel = "starter"', ("gallery",)),
    ],
)
def test_what_needs_an_extra_names_its_pip_line(
    core: Core, workspace: Path, extra: str, settings: str, command: tuple[str, ...]
) -> None:
    toml = workspace / "zeitgraph.toml"
    before = toml.read_text("utf-8")
    toml.write_text(f'profile = "vectors"\n{settings}\n', "utf-8")
    try:
        done = core(*command, "-w", workspace)
    finally:
        toml.write_text(before, "utf-8")
    assert done.returncode == 1
    assert f"pip install 'zeitgraph[{extra}]'" in done.stderr.splitlines()[-1]


def test_the_demo_names_all_that_it_needs_before_it_draws(core: Core, tmp_path: Path) -> None:
    done = core("demo", tmp_path / "demo")
    assert done.returncode == 1
    assert "av, open_clip, spacy: pip install 'zeitgraph[demo]'" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_the_doctor_says_which_extras_are_missing(core: Core, workspace: Path) -> None:
    done = core("doctor", "-w", workspace)
    assert "python: 3." in done.stdout
    assert "profile «vectors»" in done.stdout
