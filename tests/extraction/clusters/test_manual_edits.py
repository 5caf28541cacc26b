"""Manual edits of a planted world: each has its effect, in its weeks, and can be undone."""

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.conftest import table_bytes
from tests.seeds import new_seed
from tests.worlds.clusters import (
    FIRST,
    Planted,
    joined,
    joined_in_order,
    new_workspace,
    plant,
    put_week,
    run,
)
from zeitgraph.kg.base.errors import EditsError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.edits.file import read_edits
from zeitgraph.kg.edits.kinds import Split
from zeitgraph.kg.workspace.workspace import Workspace

WEEKS = 6
SETTINGS = "[clusters]\nwindow_weeks = 4\nfade_weeks = 2"
ABOUT = ("linen sofa", "neon rain", "露营 帐篷", "silk ribbon", "水墨 山水")
MIDDLE = week_after(FIRST, 4)

World = tuple[Path, Planted]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world without edits: styles 1 and 2 stay, 0 turns, the last one is born."""
    seed = new_seed()
    folder = tmp_path_factory.mktemp(f"seed-{seed}")
    workspace = new_workspace(folder, SETTINGS)
    planted = plant(seed, weeks=WEEKS, a_week=70, styles=4, width=48, birth=3)
    for number in range(WEEKS):
        rows = np.flatnonzero(planted.week == number)
        posts = [
            {
                "post_id": f"p{row:05d}",
                "text": f"{ABOUT[planted.style[row]]} {row}" if planted.style[row] >= 0 else "",
            }
            for row in rows
        ]
        put_week(workspace, week_after(FIRST, number), posts, list(planted.vectors[rows]))
    run(workspace)
    return folder, planted


@pytest.fixture
def world(plain: World, tmp_path: Path) -> tuple[Workspace, Planted]:
    """A copy of the world, to edit."""
    shutil.copytree(plain[0], tmp_path / "copy")
    return Workspace(tmp_path / "copy"), plain[1]


def edit(workspace: Workspace, text: str) -> None:
    """Write the edits and bring all stages up to date; a second run does nothing."""
    (workspace.root / "edits.toml").write_text(text, "utf-8")
    run(workspace)
    assert not any(step.done for step in run(workspace))


def cluster_of_style(workspace: Workspace, planted: Planted, style: int) -> str:
    """The cluster with most posts of a planted style."""
    own = zip(joined_in_order(workspace, planted), planted.style, strict=True)
    return Counter(label for label, s in own if s == style and label).most_common(1)[0][0]


def rows_of(workspace: Workspace, cluster_id: str) -> dict[str, dict[str, Any]]:
    """The row of a cluster in each week."""
    found = {}
    for week in workspace.weeks("clusters"):
        for row in workspace.read("clusters", week).to_pylist():
            if row["cluster_id"] == cluster_id:
                found[week] = row
    return found


def by_hand(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    """The events that edits caused: week, event, cluster, other cluster."""
    rows = workspace.read_all("lineage").to_pylist()
    return [
        (r["week"], r["event"], r["cluster_id"], r["other_id"])
        for r in rows
        if r["done_by"] == "hand"
    ]


def weeks_that_differ(folder: Path, other: Path, tables: tuple[str, ...]) -> set[str]:
    one, two = table_bytes(folder, "edits"), table_bytes(other, "edits")
    parts = [p for p in one.keys() | two.keys() if p.split("/")[0] in tables]
    return {p.split("week=")[1].split("/")[0] for p in parts if one.get(p) != two.get(p)}


def test_withdrawing_an_edit_restores_every_byte(
    plain: World, world: tuple[Workspace, Planted]
) -> None:
    workspace, planted = world
    one, two, three = (cluster_of_style(workspace, planted, style) for style in (1, 2, 3))
    edit(
        workspace,
        f'[[delete]]\ncluster = "{one}"\n[[merge]]\ncluster = "{two}"\ninto = "{three}"\n'
        f'[[rename]]\ncluster = "{three}"\nen = "Both"\n[[pin]]\ncluster = "{three}"\n'
        f'[[split]]\ncluster = "{three}"\nwords = ["silk"]\nen = "Silk"\n',
    )
    assert table_bytes(workspace.root) != table_bytes(plain[0])
    edit(workspace, "")
    assert table_bytes(workspace.root) == table_bytes(plain[0])
    (workspace.root / "edits.toml").unlink()
    assert not any(step.done for step in run(workspace))


def test_a_new_name_is_used_from_its_week_in_both_languages(
    plain: World, world: tuple[Workspace, Planted]
) -> None:
    workspace, planted = world
    own = cluster_of_style(workspace, planted, 1)
    before = rows_of(workspace, own)
    edit(workspace, f'[[rename]]\ncluster = "{own}"\nen = "Rain"\nzh = "霓虹雨"\nfrom = "{MIDDLE}"')
    for week, row in rows_of(workspace, own).items():
        names = (row["name"], row["name_en"], row["name_zh"])
        old = before[week]
        expected = (old["name"], old["name_en"], old["name_zh"])
        assert names == (("Rain", "Rain", "霓虹雨") if week >= MIDDLE else expected)
    assert by_hand(workspace) == [(MIDDLE, "renamed", own, "")]
    assert weeks_that_differ(plain[0], workspace.root, ("clusters",)) == {
        week_after(FIRST, n) for n in range(4, WEEKS)
    }
    assert not weeks_that_differ(plain[0], workspace.root, ("memberships", "trends"))


def test_a_later_name_replaces_an_earlier_one_only_in_the_languages_it_gives(
    world: tuple[Workspace, Planted],
) -> None:
    workspace, planted = world
    own = cluster_of_style(workspace, planted, 1)
    found = {week: row["name_en"] for week, row in rows_of(workspace, own).items()}
    edit(
        workspace,
        f'[[rename]]\ncluster = "{own}"\nen = "Later"\nfrom = "{MIDDLE}"\n'
        f'[[rename]]\ncluster = "{own}"\nzh = "早"\n',
    )
    names = {
        week: (row["name_en"], row["name_zh"]) for week, row in rows_of(workspace, own).items()
    }
    first = min(names)
    assert names == {w: ("Later" if w >= MIDDLE else found[w], "早") for w in found}
    assert by_hand(workspace) == [(first, "renamed", own, ""), (MIDDLE, "renamed", own, "")]


def test_a_deleted_cluster_has_no_posts_and_is_not_found_again(
    plain: World, world: tuple[Workspace, Planted]
) -> None:
    workspace, planted = world
    before = joined(workspace)
    own = cluster_of_style(workspace, planted, 2)
    edit(workspace, f'[[delete]]\ncluster = "{own}"\n')
    expected = {post: "" if label == own else label for post, label in before.items()}
    assert joined(workspace) == expected
    rows = rows_of(workspace, own)
    assert all((row["posts"], row["exemplars"]) == (0, []) for row in rows.values())
    assert by_hand(workspace) == [(min(rows), "deleted", own, "")]
    events = [r for r in workspace.read_all("lineage").to_pylist() if r["cluster_id"] == own]
    assert [r["event"] for r in events] == ["deleted"]
    assert not any(r["cluster_id"] == own for r in workspace.read_all("trends").to_pylist())


def test_a_delete_from_a_week_on_does_not_change_earlier_weeks(
    plain: World, world: tuple[Workspace, Planted]
) -> None:
    workspace, planted = world
    before = joined(workspace)
    own = cluster_of_style(workspace, planted, 2)
    edit(workspace, f'[[delete]]\ncluster = "{own}"\nfrom = "{MIDDLE}"\n')
    week = {f"p{row:05d}": week_after(FIRST, int(n)) for row, n in enumerate(planted.week)}
    assert joined(workspace) == {
        post: "" if label == own and week[post] >= MIDDLE else label
        for post, label in before.items()
    }
    tables = ("clusters", "memberships", "trends", "lineage")
    assert min(weeks_that_differ(plain[0], workspace.root, tables)) == MIDDLE
    trends = [r for r in workspace.read_all("trends").to_pylist() if r["cluster_id"] == own]
    assert {row["week"] for row in trends} == {week_after(FIRST, n) for n in range(4)}


def test_merged_clusters_are_one_and_do_not_look_like_a_rise(
    world: tuple[Workspace, Planted],
) -> None:
    workspace, planted = world
    before = joined(workspace)
    gone, into = (cluster_of_style(workspace, planted, style) for style in (1, 2))
    edit(workspace, f'[[merge]]\ncluster = "{gone}"\ninto = "{into}"\nfrom = "{MIDDLE}"\n')
    week = {f"p{row:05d}": week_after(FIRST, int(n)) for row, n in enumerate(planted.week)}
    after = joined(workspace)
    assert after == {
        post: into if label == gone and week[post] >= MIDDLE else label
        for post, label in before.items()
    }
    assert by_hand(workspace) == [(MIDDLE, "merged", gone, into)]
    for when, row in rows_of(workspace, into).items():
        own = [post for post, label in after.items() if label == into and week[post] == when]
        assert row["posts"] == len(own)
        assert row["total_posts"] == sum(
            label == into and week[post] <= when for post, label in after.items()
        )
    trend = next(
        row for row in workspace.read("trends", MIDDLE).to_pylist() if row["cluster_id"] == into
    )
    assert trend["state"] not in {"rising", "emerging"}  # it may fall by chance
    assert abs(trend["growth"]) < 0.6


def test_a_merge_begins_when_both_clusters_exist(world: tuple[Workspace, Planted]) -> None:
    workspace, planted = world
    old, young = (cluster_of_style(workspace, planted, style) for style in (1, 4))
    born = min(rows_of(workspace, young))
    assert born > FIRST
    edit(workspace, f'[[merge]]\ncluster = "{old}"\ninto = "{young}"\n')
    assert by_hand(workspace) == [(born, "merged", old, young)]
    after = joined(workspace)
    early = [f"p{row:05d}" for row in np.flatnonzero(planted.week == 0)]
    assert old in {after[post] for post in early}
    late = [f"p{row:05d}" for row in np.flatnonzero(planted.week == WEEKS - 1)]
    assert old not in {after[post] for post in late}


@pytest.mark.parametrize("how", ["posts", "words"])
def test_a_part_split_by_examples_stays_separate(how: str, tmp_path: Path) -> None:
    """Two styles so near that they become one cluster, and would again."""
    workspace = new_workspace(tmp_path, f"{SETTINGS}\nmerge = 0.7")
    random = np.random.default_rng(new_seed())
    trunk, side, *others = np.linalg.qr(random.normal(size=(48, 8)))[0].T
    kinds = [trunk + 0.2 * side, trunk - 0.2 * side, *others]
    words = ("canvas yurt", "open fire", *(f"steel lamp {n}" for n in range(6)))
    for number in range(5):
        points = [
            kinds[i % 8] / np.linalg.norm(kinds[i % 8]) + 0.3 * random.normal(size=48) / 48**0.5
            for i in range(96)
        ]
        posts = [
            {"post_id": f"p{number}-{i:02d}", "text": f"{words[i % 8]} {i}"} for i in range(96)
        ]
        put_week(workspace, week_after(FIRST, number), posts, points)
    run(workspace)
    whole = joined(workspace)["p4-00"]
    assert joined(workspace)["p4-01"] == whole
    given = 'posts = ["p2-00", "p2-08", "p1-16"]' if how == "posts" else 'words = ["YURT"]'
    since = week_after(FIRST, 2)
    edit(
        workspace,
        f'[[split]]\ncluster = "{whole}"\n{given}\nen = "Yurts"\nzh = "毡房"\nfrom = "{since}"',
    )
    part = by_hand(workspace)[0][2]
    assert by_hand(workspace) == [(since, "split", part, whole)]
    after = joined(workspace)
    here = [(n, i) for n in range(2, 5) for i in range(0, 96, 8)]
    assert np.mean([after[f"p{n}-{i:02d}"] == part for n, i in here]) > 0.95
    assert np.mean([after[f"p{n}-{i + 1:02d}"] == whole for n, i in here]) > 0.95
    row = rows_of(workspace, part)[week_after(FIRST, 4)]
    assert (row["name_en"], row["name_zh"], row["parent"]) == ("Yurts", "毡房", whole)
    states = {r["cluster_id"]: r["state"] for r in workspace.read("trends", since).to_pylist()}
    assert states[part] == "steady"


def test_a_part_that_was_split_by_an_edit_can_be_deleted_and_merged(
    world: tuple[Workspace, Planted],
) -> None:
    workspace, planted = world
    whole, other = (cluster_of_style(workspace, planted, style) for style in (1, 2))
    text = (
        f'[[split]]\ncluster = "{whole}"\nposts = ["p00000", "p00001"]\nwords=["rain"]\nen="Rain"'
    )
    part = Split.model_validate({"number": 1, "cluster": whole, "words": ["rain"], "en": "Rain"})
    labels = np.array(joined_in_order(workspace, planted))
    assert (labels[planted.style == 1] == whole).mean() > 0.8
    edit(workspace, f'{text}\n[[merge]]\ncluster = "{part.other}"\ninto = "{other}"')
    assert part.other not in joined(workspace).values()
    edit(workspace, f'{text}\n[[delete]]\ncluster = "{part.other}"')
    assert part.other not in joined(workspace).values()


def test_a_cluster_pinned_to_its_place_neither_fades_nor_drifts(
    world: tuple[Workspace, Planted],
) -> None:
    workspace, planted = world
    own = cluster_of_style(workspace, planted, 0)
    first = min(rows_of(workspace, own))
    edit(
        workspace, f'[[pin]]\ncluster = "{own}"\ncentre = "still"\nfrom = "{week_after(first, 2)}"'
    )
    rows = rows_of(workspace, own)
    held = [row for week, row in rows.items() if week >= week_after(first, 1)]
    assert all(row["core"] == held[0]["core"] for row in held)
    assert all(row["centre"] == held[0]["centre"] for row in held)
    assert len({row["name"] for row in held}) == 1
    assert by_hand(workspace) == [(week_after(first, 2), "pinned", own, "")]


def test_a_pinned_cluster_without_posts_stays_active(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path, SETTINGS)
    random = np.random.default_rng(new_seed())
    here, there = np.linalg.qr(random.normal(size=(32, 2)))[0].T
    for number in range(6):
        points = [there if number >= 2 or i % 2 else here for i in range(40)]
        posts = [{"post_id": f"p{number}-{i:02d}"} for i in range(40)]
        near = [p + 0.3 * random.normal(size=32) / 32**0.5 for p in points]
        put_week(workspace, week_after(FIRST, number), posts, near)
    run(workspace)
    own = joined(workspace)["p0-00"]
    last = week_after(FIRST, 5)
    assert rows_of(workspace, own)[last]["state"] != "active"
    edit(workspace, f'[[pin]]\ncluster = "{own}"')
    assert {row["state"] for row in rows_of(workspace, own).values()} == {"active"}
    edit(workspace, f'[[pin]]\ncluster = "{own}"\nfrom = "{last}"')
    assert rows_of(workspace, own)[last]["state"] == "active"


# -- always the same -------------------------------------------------------------------------------


def test_order_threads_and_later_edits_change_no_byte(
    world: tuple[Workspace, Planted], tmp_path: Path
) -> None:
    """All edits at once, in another order, rows in another order, four threads: equal tables."""
    workspace, planted = world
    one, two, three = (cluster_of_style(workspace, planted, style) for style in (1, 2, 3))
    entries = [
        f'[[delete]]\ncluster = "{one}"\nfrom = "{MIDDLE}"\n',
        f'[[merge]]\ncluster = "{two}"\ninto = "{three}"\n',
        f'[[rename]]\ncluster = "{three}"\nen = "Both"\n',
        f'[[split]]\ncluster = "{three}"\nwords = ["ribbon"]\nen = "A"\n',
        f'[[split]]\ncluster = "{two}"\nwords = ["露营"]\nen = "B"\n',
    ]
    for count in range(1, 6):
        (workspace.root / "edits.toml").write_text("".join(entries[:count]), "utf-8")
        if count in (2, 5):
            run(workspace)
    other = new_workspace(tmp_path / "other", SETTINGS)
    random = np.random.default_rng(new_seed())
    for week in workspace.weeks("posts"):
        for table in ("posts", "vectors"):
            rows = workspace.read(table, week)
            other.write(table, week, rows.take(random.permutation(rows.num_rows)))
    (other.root / "edits.toml").write_text("".join(entries[::-1]), "utf-8")
    with threadpool_limits(4):
        run(other)
    assert table_bytes(other.root, "edits") == table_bytes(workspace.root, "edits")


def test_a_cluster_that_shows_only_posts_of_others_continues(
    world: tuple[Workspace, Planted],
) -> None:
    """All its posts leave as a part; the posts that it shows come from a merge by an edit."""
    workspace, planted = world
    emptied, third, born = (cluster_of_style(workspace, planted, style) for style in (0, 3, 4))
    brought = born or third
    word = ABOUT[0].split()[0]
    (workspace.root / "edits.toml").write_text(
        f'[[split]]\ncluster = "{emptied}"\nwords = ["{word}"]\nen = "All of it"\n'
        f'[[merge]]\ncluster = "{brought}"\ninto = "{emptied}"\n',
        "utf-8",
    )
    run(workspace)
    last = workspace.weeks("clusters")[-1]
    rows = {row["cluster_id"]: row for row in workspace.read("clusters", last).to_pylist()}
    assert rows[emptied]["name"]
    assert rows[emptied]["posts"] > 0
    assert brought not in workspace.read("memberships", last)["cluster_id"].to_pylist()


def test_any_edits_give_each_post_one_row(plain: World) -> None:
    """Random edits of existing clusters: the run ends, and each edit has its effect.

    Only a split, or a centre pinned to its place, may change which clusters are found later.
    """
    before = joined(Workspace(plain[0]))
    known = sorted({label for label in before.values() if label})
    random = np.random.default_rng(new_seed())
    for _ in range(2):
        with TemporaryDirectory() as folder:
            copy = Workspace(shutil.copytree(plain[0], Path(folder) / "copy"))
            text = _some_edits(random, known)
            (copy.root / "edits.toml").write_text(text, "utf-8")
            try:
                edits = read_edits(copy)
            except EditsError:  # they contradict each other
                continue
            run(copy)
            after = joined(copy)
            assert after.keys() == before.keys()
            gone = {e.cluster for e in edits if e.kind in {"delete", "merge"} and e.since is None}
            last = copy.read("memberships", copy.weeks("memberships")[-1])["cluster_id"].to_pylist()
            assert not gone & set(last)
            rows = copy.read("clusters", copy.weeks("clusters")[-1]).to_pylist()
            names = {row["cluster_id"]: row["name_en"] for row in rows}
            may_lose = "[[split]]" in text or 'centre = "still"' in text
            assert may_lose or names.keys() >= set(known)
            for edit_ in edits:
                if edit_.kind == "rename" and edit_.since is None and edit_.cluster in names:
                    assert names[edit_.cluster] == edit_.row(FIRST)["en"]
            counted = Counter(after.values())
            assert all(row["total_posts"] == counted[row["cluster_id"]] for row in rows)


def _some_edits(random: np.random.Generator, known: list[str]) -> str:
    lines = []
    for number in range(int(random.integers(1, 7))):
        kind = str(random.choice(["rename", "merge", "split", "delete", "pin"]))
        own, other = random.choice(known, 2, replace=False)
        more = {
            "rename": f'en = "name {number}"',
            "merge": f'into = "{other}"',
            "split": f'en = "part {number}"\nwords = ["{random.choice(["sofa", "rain", "水墨"])}"]',
            "delete": "",
            "pin": f'centre = "{random.choice(["still", "follows"])}"',
        }[kind]
        since = f'from = "{week_after(FIRST, int(random.integers(WEEKS)))}"'
        lines += [f"[[{kind}]]", f'cluster = "{own}"', more, since if random.random() < 0.4 else ""]
    return "\n".join(lines)
