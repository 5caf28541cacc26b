"""Settings: strict at the door, with the path of what is wrong."""

from pathlib import Path

import pytest

from zeitgraph.kg.base.errors import InputError, NotAWorkspace, SettingsError, UnknownName
from zeitgraph.kg.workspace.settings import RENAMED, profile_names
from zeitgraph.kg.workspace.workspace import Workspace


@pytest.mark.parametrize("profile", profile_names())
def test_each_profile_makes_a_workspace_whose_settings_are_valid(
    profile: str, tmp_path: Path
) -> None:
    settings = Workspace.create(tmp_path, profile).settings
    assert settings.profile == profile
    assert set(profile_names()) == {"starter", "minilm", "clip", "multilingual", "vectors"}


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[heat]\nlieks = 2", r"heat\.lieks: Extra inputs are not permitted"),
        ('[heat]\nlikes = "many"', r"heat\.likes: Input should be a valid number"),
        ("[heat]\nlikes = -1", r"heat\.likes: .*greater than or equal to 0"),
        ("[nonsense]", r"nonsense: Extra inputs"),
        ("[heat", "not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_path(toml: str, message: str, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "starter")
    (tmp_path / "zeitgraph.toml").write_text(f'profile = "starter"\n{toml}\n')
    with pytest.raises(SettingsError, match=message):
        _ = workspace.__class__(tmp_path).settings


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_key_is_refused_with_its_new_name(old: str, new: str, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "starter")
    branch, key = old.split(".")
    (tmp_path / "zeitgraph.toml").write_text(f'profile = "starter"\n[{branch}]\n{key} = 5\n')
    with pytest.raises(SettingsError) as refused:
        _ = workspace.__class__(tmp_path).settings
    assert f"{old} is now {new}" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("new", RENAMED.values())
def test_the_new_name_of_a_key_is_a_setting(new: str, tmp_path: Path) -> None:
    assert Workspace.create(tmp_path, "starter").settings.value(new)


def test_own_settings_lie_over_the_profile_and_the_rest_stays(tmp_path: Path) -> None:
    Workspace.create(tmp_path, "minilm")
    (tmp_path / "zeitgraph.toml").write_text('profile = "minilm"\n[vectors]\nbatch = 7\n')
    settings = Workspace(tmp_path).settings
    assert settings.vectors.batch == 7
    assert settings.vectors.embedder == "sentence_transformers"


def test_a_catalogue_below_the_workspace_is_named_relative_to_it(tmp_path: Path) -> None:
    catalogue = tmp_path / "w" / "corpus" / "catalogue.csv"
    settings = Workspace.create(tmp_path / "w", "starter", catalogue).settings
    assert settings.entities.catalogue == "corpus/catalogue.csv"


def test_an_unknown_profile_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="known: clip, minilm, multilingual, starter, vectors"):
        Workspace.create(tmp_path, "nope")
    assert not list(tmp_path.iterdir())


def test_a_workspace_keeps_its_profile(tmp_path: Path) -> None:
    Workspace.create(tmp_path, "starter")
    with pytest.raises(InputError, match="is a workspace with profile «starter»"):
        Workspace.create(tmp_path, "clip")


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkspace, match="make one with `zeitgraph init`"):
        Workspace(tmp_path)
