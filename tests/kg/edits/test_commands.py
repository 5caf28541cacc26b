"""The commands `zeitgraph edit …` write what the file would hold, refuse the rest, and list it."""

import json
from pathlib import Path

import pytest

from tests.worlds.clusters import FIRST
from zeitgraph.kg.base.errors import EditsError, UserError
from zeitgraph.kg.edits.checks import check_edits, edits_in_vain, heeding_edits
from zeitgraph.kg.edits.commands import delete, list_edits, merge, pin, rename, split
from zeitgraph.kg.edits.file import EDITS_FILE, read_edits, rows_of_week
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

A, B, C = "c-aaaaaaaaaaaa", "c-bbbbbbbbbbbb", "c-cccccccccccc"


@pytest.fixture
def clusters(tmp_path: Path) -> Workspace:
    """A workspace with three clusters, as if they had been found; two have one name."""
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


def test_commands_write_what_the_file_would_hold_and_keep_the_rest(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text(f"# mine\n[[pin]]\ncluster = '{B}'   # since Monday\n", "utf-8")
    place = clusters.root
    rename("tent · fire（中）", en='a "tent"', zh="帐篷\\", workspace=place)
    told = split(A, post=["p\x7f1", "p'2"], word=["bell tent"], en="Bells", workspace=place)
    part = read_edits(clusters)[-1].other
    assert part in told
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


def test_a_command_that_cannot_be_leaves_the_file_as_it_was(clusters: Workspace) -> None:
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


def test_a_split_by_a_post_that_is_not_there_is_refused(clusters: Workspace) -> None:
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


def test_a_name_by_the_file_that_another_cluster_has_is_told(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text(f"[[rename]]\ncluster='{A}'\nen='lamp'\n", "utf-8")
    rows = rows_of_week(read_edits(clusters), FIRST)
    clusters.write("edits", FIRST, make_table(TABLES["edits"], rows))
    told = [f"edits.toml, [[rename]] 1 gives a name that another has: «lamp», {B}"]
    assert edits_in_vain(clusters) == told
    path.write_text(path.read_text("utf-8").replace("lamp", "light"), "utf-8")
    assert edits_in_vain(clusters) == []


def test_the_name_of_a_cluster_that_is_told_no_more_is_free(clusters: Workspace) -> None:
    delete(B, workspace=clusters.root)
    merge(C, A, workspace=clusters.root)
    assert rename(A, en="lamp", workspace=clusters.root).startswith("[[rename]] 1 stands")


def test_the_list_tells_what_edits_say_and_which_are_about_nothing(clusters: Workspace) -> None:
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


def test_the_name_of_a_cluster_in_the_file_is_answered_with_its_id(clusters: Workspace) -> None:
    path = clusters.root / EDITS_FILE
    path.write_text("[[delete]]\ncluster='tent · fire'\n", "utf-8")
    with pytest.raises(EditsError, match=f"no cluster has the id «tent · fire».*its id, {A}$"):
        check_edits(clusters)


# -- as the tables stand ---------------------------------------------------------------------------

LATER = "from='2099-W10'"


def _apply(workspace: Workspace, text: str) -> None:
    """Write the file, and its edits to the table as a run would."""
    (workspace.root / EDITS_FILE).write_text(text, "utf-8")
    rows = rows_of_week(read_edits(workspace), FIRST)
    workspace.write("edits", FIRST, make_table(TABLES["edits"], rows))


def _put(workspace: Workspace, changes: dict[str, dict[str, str]]) -> None:
    """Change some clusters of the newest week."""
    rows = workspace.read("clusters", FIRST).to_pylist()
    changed = [row | changes.get(row["cluster_id"], {}) for row in rows]
    workspace.write("clusters", FIRST, make_table(TABLES["clusters"], changed))


def test_an_id_that_goes_with_the_work_is_told_and_stops_nothing(clusters: Workspace) -> None:
    _apply(clusters, f"[[delete]]\ncluster='{A}'\n")
    told: list[str] = []
    with heeding_edits(clusters, told.append):
        rows = [r for r in clusters.read("clusters", FIRST).to_pylist() if r["cluster_id"] != A]
        clusters.write("clusters", FIRST, make_table(TABLES["clusters"], rows))
    assert told == [f"edits.toml, [[delete]] 1 does nothing: no cluster has the id «{A}»"]
    with pytest.raises(EditsError, match=f"no cluster has the id «{A}»"):
        check_edits(clusters)


def test_an_unknown_id_is_refused_when_the_first_clusters_are_found(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    posts = make_table(TABLES["intake"], [{"post_id": "p1"}])
    found = make_table(TABLES["clusters"], [{"cluster_id": B}])
    (tmp_path / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")

    def work() -> None:
        with heeding_edits(workspace, print):
            workspace.write("intake", FIRST, posts)
            workspace.write("clusters", FIRST, found)

    with pytest.raises(EditsError, match=f"no cluster has the id «{A}»"):
        work()


def test_a_cluster_of_a_later_week_may_still_come(clusters: Workspace) -> None:
    _apply(clusters, f"[[delete]]\ncluster='c-later'\n{LATER}\n")
    check_edits(clusters)
    [line] = edits_in_vain(clusters)
    assert line.endswith("no cluster has the id «c-later»")
    pin(A, workspace=clusters.root)


def test_before_there_are_clusters_all_edits_wait(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    (tmp_path / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")
    [row] = json.loads(list_edits(form="json", workspace=tmp_path))
    assert row["note"] == "waits for the next run"
    assert edits_in_vain(workspace) == []


@pytest.mark.parametrize("frees", ["rename", "delete", "merge"])
def test_a_name_is_not_free_before_the_week_that_frees_it(clusters: Workspace, frees: str) -> None:
    _put(clusters, {C: {"name": "light", "name_en": "light", "name_zh": "灯"}})
    says = {"rename": "en='torch'\n", "merge": f"into='{C}'\n"}.get(frees, "")
    later = f"[[{frees}]]\ncluster='{B}'\n{says}{LATER}\n"
    (clusters.root / EDITS_FILE).write_text(later, "utf-8")
    with pytest.raises(EditsError, match=f"«lamp» is the name of {B} already"):
        rename(A, en="lamp", workspace=clusters.root)
    rename(A, en="lamp", since="2099-W10", workspace=clusters.root)
    _apply(clusters, f"{later}[[rename]]\ncluster='{A}'\nen='lamp'\n")
    [line] = edits_in_vain(clusters)
    assert line.endswith(f"gives a name that another has: «lamp», {B}")


def test_the_latest_of_several_names_counts(clusters: Workspace) -> None:
    """Wherever its entry stands in the file."""
    _put(clusters, {C: {"name": "light", "name_en": "light", "name_zh": "灯"}})
    _apply(
        clusters,
        f"[[rename]]\ncluster='{B}'\nen='torch'\nfrom='{FIRST}'\n"
        f"[[rename]]\ncluster='{B}'\nen='lamp'\n"
        f"[[rename]]\ncluster='{A}'\nen='lamp'\nfrom='{FIRST}'\n",
    )
    assert edits_in_vain(clusters) == []


@pytest.mark.parametrize("gone", [{"state": "merged"}, {"shown_as": ""}, {"shown_as": A}])
def test_a_name_is_of_the_cluster_that_is_told(clusters: Workspace, gone: dict[str, str]) -> None:
    _put(clusters, {B: gone})
    pin("lamp", workspace=clusters.root)
    assert read_edits(clusters)[-1].cluster == C


def test_an_edit_of_a_part_that_has_not_left_points_to_its_split(clusters: Workspace) -> None:
    text = f"[[split]]\ncluster='{A}'\nen='Bells'\nwords=['bell']\n"
    (clusters.root / EDITS_FILE).write_text(text, "utf-8")
    part = read_edits(clusters)[0].other
    _apply(
        clusters,
        f"{text}[[split]]\ncluster='{part}'\nen='Small'\nwords=['x']\n"
        f"[[merge]]\ncluster='{B}'\ninto='{part}'\n[[pin]]\ncluster='{part}'\n",
    )
    first, *others = edits_in_vain(clusters)
    assert f"no post of {A} is like its examples" in first
    why = f"does nothing yet: {part} has not left yet, see its [[split]]"
    assert [line.partition(" 1 ")[2] or line.partition(" 2 ")[2] for line in others] == [why] * 3
