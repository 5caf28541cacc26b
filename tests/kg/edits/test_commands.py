"""The commands `zeitgraph edit …` write valid entries to the file, refuse others, and list them."""

import json
from pathlib import Path

import pytest

from tests.worlds.clusters import FIRST
from zeitgraph.kg.base.errors import EditsError, UserError
from zeitgraph.kg.edits.checks import check_edits, edits_checked, ineffective_edits
from zeitgraph.kg.edits.commands import delete, list_edits, merge, pin, rename, split
from zeitgraph.kg.edits.file import EDITS_FILE, read_edits
from zeitgraph.kg.edits.stage import rows_of_week
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

A, B, C = "c-aaaaaaaaaaaa", "c-bbbbbbbbbbbb", "c-cccccccccccc"


@pytest.fixture
def clusters(tmp_path: Path) -> Workspace:
    """A workspace with a table of three clusters; two of them have the same name."""
    workspace = Workspace.create(tmp_path, "vectors")
    names = ("tent · fire", "lamp", "lamp")
    rows = [
        {"cluster_id": own, "name": name, "name_en": name, "name_zh": f"{name}（中）"}
        for own, name in zip((A, B, C), names, strict=True)
    ]
    workspace.write("clusters", FIRST, make_table(TABLES["clusters"], rows))
    posts = [{"post_id": post_id} for post_id in ("p\x7f1", "p'2")]
    workspace.write("intake", FIRST, make_table(TABLES["intake"], posts))
    return workspace


def test_commands_append_entries_and_keep_the_rest_of_the_file(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text(f"# mine\n[[pin]]\ncluster = '{B}'   # since Monday\n", "utf-8")
    place = clusters.root
    rename("tent · fire（中）", en='a "tent"', zh="帐篷\\", workspace=place)
    message = split(A, post=["p\x7f1", "p'2"], word=["bell tent"], en="Bells", workspace=place)
    part = read_edits(clusters)[-1].other
    assert part in message
    merge(part, B, since="2026-W12", workspace=place)
    delete(C, workspace=place)
    assert path.read_text("utf-8").startswith(
        f"# mine\n[[pin]]\ncluster = '{B}'   # since Monday\n"
    )
    found = {edit.entry: edit.row(FIRST) for edit in read_edits(clusters)}
    assert found["[[rename]] 1"]["en"] == 'a "tent"'
    assert found["[[rename]] 1"]["zh"] == "帐篷\\"
    assert found["[[split]] 1"]["posts"] == ("p\x7f1", "p'2")
    assert found["[[merge]] 1"]["since"] == "2026-W12"
    listed = list_edits(form="csv", workspace=place)
    assert all(entry in listed for entry in found)
    assert part in listed


def test_a_command_that_is_refused_leaves_the_file_unchanged(clusters: Workspace) -> None:
    place, path = clusters.root, clusters.root / EDITS_FILE
    with pytest.raises(UserError, match=f"«lamp» are {B}, {C}"):
        pin("lamp", workspace=place)
    with pytest.raises(UserError, match="is it «tent · fire»"):
        pin("tent fire", workspace=place)
    assert not path.exists()
    pin(A, workspace=place)
    before = path.read_bytes()
    with pytest.raises(EditsError, match=r"\[\[pin\]\] 1: .* is deleted by \[\[delete\]\] 1"):
        delete(A, workspace=place)
    with pytest.raises(EditsError, match="no ISO week"):
        delete(B, since="soon", workspace=place)
    assert path.read_bytes() == before


def test_a_workspace_without_clusters_says_so(tmp_path: Path) -> None:
    Workspace.create(tmp_path, "vectors")
    with pytest.raises(UserError, match="no clusters yet"):
        pin(A, workspace=tmp_path)


def test_a_split_with_an_unknown_example_post_is_refused(clusters: Workspace) -> None:
    with pytest.raises(EditsError, match=r"\[\[split\]\] 1: no post is called «nopost»"):
        split(A, post=["p'2", "nopost"], en="Bells", workspace=clusters.root)
    assert not (clusters.root / EDITS_FILE).exists()


def test_a_name_that_another_cluster_has_is_refused(clusters: Workspace) -> None:
    place = clusters.root
    with pytest.raises(EditsError, match=f"«lamp» is the name of {B} already: .*rename {B} first"):
        rename(A, en="lamp", workspace=place)
    with pytest.raises(EditsError, match=f"«lamp（中）» is the name of {B} already"):
        split(A, word=["x"], en="Bells", zh="lamp（中）", workspace=place)
    assert not (place / EDITS_FILE).exists()
    rename(B, en="torch", workspace=place)
    rename(C, en="light", workspace=place)
    rename(A, en="lamp", workspace=place)
    with pytest.raises(EditsError, match="«torch» is"):
        split(A, word=["x"], en="torch", workspace=place)


def test_a_name_in_the_file_that_another_cluster_has_is_reported(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text(f"[[rename]]\ncluster='{A}'\nen='lamp'\n", "utf-8")
    rows = rows_of_week(read_edits(clusters), FIRST)
    clusters.write("edits", FIRST, make_table(TABLES["edits"], rows))
    lines = [f"edits.toml, [[rename]] 1 gives a name that another has: «lamp», {B}"]
    assert ineffective_edits(clusters) == lines
    path.write_text(path.read_text("utf-8").replace("lamp", "light"), "utf-8")
    assert ineffective_edits(clusters) == []


def test_the_name_of_a_cluster_that_is_no_longer_shown_is_free(clusters: Workspace) -> None:
    delete(B, workspace=clusters.root)
    merge(C, A, workspace=clusters.root)
    assert rename(A, en="lamp", workspace=clusters.root).startswith("[[rename]] 1 is in")


def test_the_list_has_the_values_of_edits_and_notes_on_unknown_clusters(
    clusters: Workspace,
) -> None:
    (clusters.root / EDITS_FILE).write_text(
        f"[[rename]]\ncluster='{A}'\nzh='帐篷'\n[[pin]]\ncluster='{B}'\ncentre='still'\n"
        f"[[split]]\ncluster='{A}'\nen='Bells'\nposts=['p1']\nwords=['bell', '钟']\n"
        f"[[merge]]\ncluster='{C}'\ninto='c-zzz'\n[[delete]]\ncluster='c-doesnotexist'\n",
        "utf-8",
    )
    rows = json.loads(list_edits(form="json", workspace=clusters.root))
    assert {row["edit"]: row["says"] for row in rows} == {
        "[[rename]] 1": "zh=帐篷",
        "[[pin]] 1": "centre=still",
        "[[split]] 1": "en=Bells, zh=Bells, posts=p1, words=bell|钟",
        "[[merge]] 1": None,
        "[[delete]] 1": None,
    }
    notes = {row["edit"]: row["note"] for row in rows}
    assert notes["[[pin]] 1"] == "waits for the next run"
    assert "no cluster has the id «c-zzz»" in notes["[[merge]] 1"]
    assert "no cluster has the id «c-doesnotexist»" in notes["[[delete]] 1"]


def test_a_name_in_place_of_an_id_in_the_file_is_answered_with_the_id(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text("[[delete]]\ncluster='tent · fire'\n", "utf-8")
    with pytest.raises(EditsError, match=f"no cluster has the id «tent · fire».*its id, {A}$"):
        check_edits(clusters)


# -- with the edits applied ------------------------------------------------------------------------

LATER = "from='2099-W10'"


def _apply(workspace: Workspace, text: str) -> None:
    """Write the file, and write its edits to the table as a run does."""
    (workspace.root / EDITS_FILE).write_text(text, "utf-8")
    rows = rows_of_week(read_edits(workspace), FIRST)
    workspace.write("edits", FIRST, make_table(TABLES["edits"], rows))


def _put(workspace: Workspace, changes: dict[str, dict[str, str]]) -> None:
    """Change columns of some clusters of the newest week, by id."""
    rows = workspace.read("clusters", FIRST).to_pylist()
    changed = [row | changes.get(row["cluster_id"], {}) for row in rows]
    workspace.write("clusters", FIRST, make_table(TABLES["clusters"], changed))


def test_an_id_that_disappears_during_the_run_is_noted_without_an_error(
    clusters: Workspace,
) -> None:
    _apply(clusters, f"[[delete]]\ncluster='{A}'\n")
    notes: list[str] = []
    with edits_checked(clusters, notes.append):
        rows = [r for r in clusters.read("clusters", FIRST).to_pylist() if r["cluster_id"] != A]
        clusters.write("clusters", FIRST, make_table(TABLES["clusters"], rows))
    assert notes == [f"edits.toml, [[delete]] 1 does nothing: no cluster has the id «{A}»"]
    with pytest.raises(EditsError, match=f"no cluster has the id «{A}»"):
        check_edits(clusters)


def test_an_unknown_id_is_refused_when_the_first_clusters_are_found(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    posts = make_table(TABLES["intake"], [{"post_id": "p1"}])
    found = make_table(TABLES["clusters"], [{"cluster_id": B}])
    (tmp_path / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")

    def work() -> None:
        with edits_checked(workspace, print):
            workspace.write("intake", FIRST, posts)
            workspace.write("clusters", FIRST, found)

    with pytest.raises(EditsError, match=f"no cluster has the id «{A}»"):
        work()


def test_an_edit_from_a_later_week_on_may_name_a_cluster_that_is_not_born_yet(
    clusters: Workspace,
) -> None:
    _apply(clusters, f"[[delete]]\ncluster='c-later'\n{LATER}\n")
    check_edits(clusters)
    [line] = ineffective_edits(clusters)
    assert line.endswith("no cluster has the id «c-later»")
    pin(A, workspace=clusters.root)


def test_before_there_are_clusters_all_edits_wait(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    (tmp_path / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")
    [row] = json.loads(list_edits(form="json", workspace=tmp_path))
    assert row["note"] == "waits for the next run"
    assert ineffective_edits(workspace) == []


@pytest.mark.parametrize("frees", ["rename", "delete", "merge"])
def test_a_name_is_not_free_before_the_week_that_frees_it(clusters: Workspace, frees: str) -> None:
    _put(clusters, {C: {"name": "light", "name_en": "light", "name_zh": "灯"}})
    keys = {"rename": "en='torch'\n", "merge": f"into='{C}'\n"}.get(frees, "")
    later = f"[[{frees}]]\ncluster='{B}'\n{keys}{LATER}\n"
    (clusters.root / EDITS_FILE).write_text(later, "utf-8")
    with pytest.raises(EditsError, match=f"«lamp» is the name of {B} already"):
        rename(A, en="lamp", workspace=clusters.root)
    rename(A, en="lamp", since="2099-W10", workspace=clusters.root)
    _apply(clusters, f"{later}[[rename]]\ncluster='{A}'\nen='lamp'\n")
    [line] = ineffective_edits(clusters)
    assert line.endswith(f"gives a name that another has: «lamp», {B}")


def test_the_latest_of_several_names_counts(clusters: Workspace) -> None:
    """The place of its entry in the file does not matter."""
    _put(clusters, {C: {"name": "light", "name_en": "light", "name_zh": "灯"}})
    _apply(
        clusters,
        f"[[rename]]\ncluster='{B}'\nen='torch'\nfrom='{FIRST}'\n"
        f"[[rename]]\ncluster='{B}'\nen='lamp'\n"
        f"[[rename]]\ncluster='{A}'\nen='lamp'\nfrom='{FIRST}'\n",
    )
    assert ineffective_edits(clusters) == []


@pytest.mark.parametrize("gone", [{"state": "merged"}, {"shown_as": ""}, {"shown_as": A}])
def test_a_name_means_the_cluster_that_is_shown(clusters: Workspace, gone: dict[str, str]) -> None:
    _put(clusters, {B: gone})
    pin("lamp", workspace=clusters.root)
    assert read_edits(clusters)[-1].cluster == C


def test_the_note_on_an_edit_of_a_part_that_does_not_exist_names_its_split(
    clusters: Workspace,
) -> None:
    text = f"[[split]]\ncluster='{A}'\nen='Bells'\nwords=['bell']\n"
    (clusters.root / EDITS_FILE).write_text(text, "utf-8")
    part = read_edits(clusters)[0].other
    _apply(
        clusters,
        f"{text}[[split]]\ncluster='{part}'\nen='Small'\nwords=['x']\n"
        f"[[merge]]\ncluster='{B}'\ninto='{part}'\n[[pin]]\ncluster='{part}'\n",
    )
    first, *others = ineffective_edits(clusters)
    assert f"no post of {A} is like its examples" in first
    note = f"does nothing yet: {part} has not left yet, see its [[split]]"
    assert [line.partition(" 1 ")[2] or line.partition(" 2 ")[2] for line in others] == [note] * 3
