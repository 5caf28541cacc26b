"""The stage `trends`: shares, growth and states of clusters, and the past they depend on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.clusters import FIRST, new_workspace, post_rows
from zeitgraph.extraction.demo.story.timeline import SEASON, Timeline
from zeitgraph.extraction.stages import STAGES
from zeitgraph.extraction.trends.states import Signals, state_of
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.settings import SETTINGS_FILE
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

TREND = [stage for stage in STAGES if stage.name == "trends"]


@pytest.mark.parametrize(
    ("signals", "state"),
    [
        (Signals(30, None), "not-enough-data"),
        (Signals(2, 1.0, rises=True), "not-enough-data"),
        (Signals(14, 0.0, is_new=True, rises=True), "emerging"),
        (Signals(14, 0.0, is_new=True), "steady"),
        (Signals(50, 20.0, rises=True), "rising"),
        (Signals(50, 20.0, rises=True, bursts=True), "rising"),
        (Signals(50, 20.0, rises=True, is_in_season=True), "seasonal"),
        (Signals(24, 20.0), "steady"),
        (Signals(3, 20.0, falls=True), "fading"),
        (Signals(20, 20.0, bursts=True), "heat-burst"),
        (Signals(50, 20.0, copied=15, rises=True), "bot-suspect"),
        (Signals(90, 20.0, copied=5, rises=True), "rising"),
        (Signals(20, 20.0, copied=8), "bot-suspect"),
        (Signals(5, 20.0, copied=4, falls=True), "fading"),
    ],
)
def test_a_state_follows_from_the_signals(signals: Signals, state: str) -> None:
    assert state_of(signals) == state


def _week(
    workspace: Workspace, week: str, members: Mapping[str, int], *, heat: Mapping[str, float]
) -> None:
    """A week with these numbers of posts by cluster (empty id: no cluster), and their mean heat."""
    posts: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for cluster_id, count in members.items():
        for number in range(count):
            post_id = f"{week}{cluster_id}{number}"
            warm = heat.get(cluster_id, 2.0) + 0.1 * (number % 3)
            region = "east" if number % 4 else "west"
            posts.append({"post_id": post_id, "heat": warm, "region": region})
            rows.append({"post_id": post_id, "cluster_id": cluster_id, "week": week})
    workspace.write("posts", week, make_table(TABLES["posts"], post_rows(week, posts)))
    workspace.write("memberships", week, make_table(TABLES["memberships"], rows))
    clusters = [
        {
            "cluster_id": c,
            "first_week": FIRST,
            "last_week": week,
            "week": week,
            "unseen_posts": 0,
            "parent": "",
        }
        for c in members
        if c
    ]
    workspace.write("clusters", week, make_table(TABLES["clusters"], clusters))


def _trends(workspace: Workspace, week: str) -> dict[str, dict[str, Any]]:
    bring_up_to_date(workspace, TREND, workspace.weeks("posts"))
    return {row["cluster_id"]: row for row in workspace.read("trends", week).to_pylist()}


def _six_weeks(workspace: Workspace) -> str:
    """Write five equal weeks, then one in which much changes; returns the name of the last."""
    last = week_after(FIRST, 5)
    for number in range(5):
        counts = {"": 100, "up": 20, "level": 20, "warm": 20, "gone": 20}
        _week(workspace, week_after(FIRST, number), counts, heat={})
    _week(
        workspace,
        last,
        {"": 60, "up": 60, "level": 20, "warm": 20, "gone": 0},
        heat={"warm": 6.0},
    )
    return last


def test_a_week_is_compared_with_the_four_before(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    last = _six_weeks(workspace)
    rows = _trends(workspace, last)
    assert {name: row["state"] for name, row in rows.items()} == {
        "up": "rising",
        "level": "steady",
        "warm": "heat-burst",
        "gone": "fading",
    }
    assert rows["up"]["share"] == 60 / 160
    assert rows["up"]["growth"] == pytest.approx((60 / 160) / (20 / 180) - 1)
    assert rows["gone"]["growth"] == -1
    assert rows["up"]["p_value"] < 0.001 < rows["level"]["p_value"]
    for row in rows.values():
        assert row["share_low"] <= row["share"] <= row["share_high"]
        assert row["forecast_low"] <= row["forecast"] <= row["forecast_high"]
        assert row["fair_share"] is None
    assert rows["gone"]["share_low"] == 0
    assert sum(row["heat_share"] for row in rows.values()) < 1
    assert workspace.weeks("balance") == []


def _flood(
    workspace: Workspace,
    week: str,
    cluster: str,
    copies: int,
    authors: list[str],
    **more: object,
) -> None:
    """Add copies of the first post of a cluster, by these authors in turn."""
    posts, members = (workspace.read(name, week).to_pylist() for name in ("posts", "memberships"))
    first = next(row["post_id"] for row in members if row["cluster_id"] == cluster)
    like = next(row for row in posts if row["post_id"] == first) | more
    for number in range(copies):
        own = {"post_id": f"{first}-copy{number}"}
        posts.append(like | own | {"author": authors[number % len(authors)]})
        members.append({"cluster_id": cluster, "week": week, "copy_of": first} | own)
    workspace.write("posts", week, make_table(TABLES["posts"], posts))
    workspace.write("memberships", week, make_table(TABLES["memberships"], members))


@pytest.mark.parametrize("authors", [[""], ["one", "two"]])
@pytest.mark.parametrize("copies", [15, 400, 5000])
def test_a_flood_of_copies_is_suspected_and_makes_no_other_style_fall(
    tmp_path: Path, copies: int, authors: list[str]
) -> None:
    workspace = new_workspace(tmp_path)
    weeks = [week_after(FIRST, number) for number in range(7)]
    for week in weeks:
        _week(workspace, week, {"loud": 20, "calm": 20, "still": 30}, heat={})
    _flood(workspace, weeks[5], "loud", copies, authors)
    rows = _trends(workspace, weeks[5])
    assert {name: row["state"] for name, row in rows.items()} == {
        "loud": "bot-suspect",
        "calm": "steady",
        "still": "steady",
    }
    assert rows["loud"]["posts"] == 20 + copies
    assert [rows[name]["share"] for name in ("loud", "calm", "still")] == [2 / 7, 2 / 7, 3 / 7]
    assert all(abs(row["growth"]) < 1e-9 for row in rows.values())
    after = _trends(workspace, weeks[6])
    assert {row["state"] for row in after.values()} == {"steady"}
    assert all(abs(row["growth"]) < 1e-9 for row in after.values())


def test_a_flood_changes_neither_fair_shares_nor_the_heat_of_other_styles(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    path = workspace.root / SETTINGS_FILE
    path.write_text(f'{path.read_text("utf-8")}\n[fairness]\nbalance = ["region"]\n', "utf-8")
    workspace = Workspace(workspace.root)
    weeks = [week_after(FIRST, number) for number in range(7)]
    for week in weeks:
        burst = {"calm": 6.0} if week == weeks[6] else {}
        _week(workspace, week, {"loud": 20, "calm": 20, "still": 20}, heat=burst)
    _flood(workspace, weeks[5], "loud", 600, ["one", "two"])
    rows = _trends(workspace, weeks[5])
    for row in rows.values():
        assert row["fair_share"] == pytest.approx(row["share"], abs=0.05)
        assert row["heat_share"] == pytest.approx(1 / 3, abs=0.01)
    after = _trends(workspace, weeks[6])
    assert {name: row["state"] for name, row in after.items()} == {
        "loud": "steady",
        "calm": "heat-burst",
        "still": "steady",
    }


def test_copies_without_heat_make_no_style_burst_in_their_week_or_later(
    tmp_path: Path,
) -> None:
    workspace = new_workspace(tmp_path)
    weeks = [week_after(FIRST, number) for number in range(7)]
    for week in weeks:
        _week(workspace, week, {"loud": 20, "calm": 20}, heat={"loud": 6.0})
    _flood(workspace, weeks[5], "loud", 600, ["one", "two"], heat=0.0)
    flooded = {name: row["state"] for name, row in _trends(workspace, weeks[5]).items()}
    assert flooded == {"loud": "bot-suspect", "calm": "steady"}
    assert {row["state"] for row in _trends(workspace, weeks[6]).values()} == {"steady"}


def test_single_copies_of_many_posts_by_unknown_authors_are_no_flood(tmp_path: Path) -> None:
    """As many copies as in a flood, but each of another post."""
    workspace = new_workspace(tmp_path)
    weeks = [week_after(FIRST, number) for number in range(6)]
    for week in weeks:
        _week(workspace, week, {"loud": 20, "calm": 20}, heat={})
    members = workspace.read("memberships", weeks[5]).to_pylist()
    own = [row for row in members if row["cluster_id"] == "loud"]
    for one, other in zip(own[:10], own[10:], strict=True):
        one["copy_of"] = other["post_id"]
    workspace.write("memberships", weeks[5], make_table(TABLES["memberships"], members))
    rows = _trends(workspace, weeks[5])
    assert {row["state"] for row in rows.values()} == {"steady"}
    assert rows["loud"]["share"] == 0.5


def test_a_week_of_suspected_copies_alone_has_trends(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    weeks = [week_after(FIRST, number) for number in range(3)]
    for week in weeks:
        _week(workspace, week, {"loud": 30, "calm": 0 if week == weeks[1] else 9}, heat={})
    members = workspace.read("memberships", weeks[1]).to_pylist()
    original = workspace.read("memberships", weeks[0])["post_id"][0].as_py()
    copies = [row | {"copy_of": original} for row in members]
    workspace.write("memberships", weeks[1], make_table(TABLES["memberships"], copies))
    (row,) = [row for row in _trends(workspace, weeks[1]).values() if row["posts"]]
    assert (row["state"], row["posts"], row["share"]) == ("bot-suspect", 30, 0.0)
    assert all(0 <= row["share"] <= 1 for row in _trends(workspace, weeks[2]).values())


def test_fair_shares_change_no_other_column(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    last = _six_weeks(workspace)
    plain = _trends(workspace, last)
    path = workspace.root / SETTINGS_FILE
    path.write_text(f'{path.read_text("utf-8")}\n[fairness]\nbalance = ["region"]\n', "utf-8")
    fair = _trends(Workspace(workspace.root), last)
    for name, row in fair.items():
        assert row | {"fair_share": None} == plain[name]
        assert row["fair_share"] == pytest.approx(row["share"], abs=0.05)
    assert fair["up"]["fair_share"] != fair["up"]["share"]
    parts = workspace.read("balance", last).to_pylist()
    assert [(part["value"], part["posts"]) for part in parts] == [("east", 120), ("west", 40)]
    assert [part["after"] for part in parts] == pytest.approx([0.5, 0.5])
    assert [part["before"] for part in parts] == pytest.approx([0.75, 0.25])


def test_unusual_weeks_have_trends(tmp_path: Path) -> None:
    """All posts in one cluster and without heat; weeks without posts; a week of one post."""
    workspace = new_workspace(tmp_path)
    for number, count in enumerate((30, 30, 1, 30)):
        _week(workspace, week_after(FIRST, number), {"all": count}, heat={"all": 0.0})
    last = week_after(FIRST, 9)
    _week(workspace, last, {"all": 0, "one": 1}, heat={})
    rows = [row for week in workspace.weeks("posts") for row in _trends(workspace, week).values()]
    whole = rows[3]
    assert (whole["share"], whole["share_high"], whole["state"]) == (1.0, 1.0, "steady")
    for row in rows:
        ends = [row[f"{what}_{end}"] for what in ("share", "forecast") for end in ("low", "high")]
        assert all(0 <= share <= 1 for share in (*ends, row["forecast"]))
        assert row["state"] in {"steady", "not-enough-data"}
    assert [row["cluster_id"] for row in rows] == ["all"] * 4 + ["one"]


def test_a_first_week_has_no_growth_and_no_state(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    _week(workspace, FIRST, {"": 5, "new": 20}, heat={})
    row = _trends(workspace, FIRST)["new"]
    assert (row["growth"], row["state"], row["p_value"]) == (None, "not-enough-data", None)


def test_posts_of_a_replaced_cluster_count_for_its_successor(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    for number in range(3):
        _week(workspace, week_after(FIRST, number), {"": 60, "elder": 20}, heat={})
    _week(workspace, week_after(FIRST, 3), {"": 60, "young": 20}, heat={})
    last = week_after(FIRST, 4)
    _week(workspace, last, {"": 60, "elder": 20, "young": 0}, heat={})
    clusters = workspace.read("clusters", last).to_pylist()
    for row in clusters:
        is_young = row["cluster_id"] == "young"
        row.update({"state": "continued", "parent": "elder"} if is_young else {"state": "active"})
    workspace.write("clusters", last, make_table(TABLES["clusters"], clusters))
    rows = _trends(workspace, last)
    assert list(rows) == ["elder"]
    assert (rows["elder"]["growth"], rows["elder"]["state"]) == (pytest.approx(0), "steady")


def test_a_style_that_is_found_late_is_not_emerging(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    for number in range(4):
        _week(workspace, week_after(FIRST, number), {"": 100}, heat={})
    week = week_after(FIRST, 4)
    _week(workspace, week, {"": 60, "late": 20, "new": 20}, heat={})
    born = {"first_week": week, "last_week": week, "week": week, "parent": ""}
    rows = [
        born | {"cluster_id": "late", "unseen_posts": 80},
        born | {"cluster_id": "new", "unseen_posts": 2},
    ]
    workspace.write("clusters", week, make_table(TABLES["clusters"], rows))
    states = {name: row["state"] for name, row in _trends(workspace, week).items()}
    assert states == {"late": "steady", "new": "emerging"}


def test_a_split_is_no_fall(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    for number in range(4):
        _week(workspace, week_after(FIRST, number), {"": 100, "elder": 60}, heat={})
    week = week_after(FIRST, 4)
    _week(workspace, week, {"": 100, "elder": 30, "child": 30}, heat={})
    clusters = workspace.read("clusters", week).to_pylist()
    for row in clusters:
        if row["cluster_id"] == "child":
            row.update(first_week=week, unseen_posts=120, parent="elder")
    workspace.write("clusters", week, make_table(TABLES["clusters"], clusters))
    states = {name: row["state"] for name, row in _trends(workspace, week).items()}
    assert states == {"elder": "steady", "child": "steady"}


@pytest.mark.parametrize(("weeks", "is_known"), [(72, True), (26, False)])
def test_the_planted_season_is_found_in_its_second_year_only(
    tmp_path: Path, weeks: int, *, is_known: bool
) -> None:
    """The timeline of the demo world, with every post in the cluster of its lineage."""
    workspace = new_workspace(tmp_path)
    time = Timeline(weeks, "2026-W46")
    reported = [f"2026-W{number}" for number in (30, 33, *SEASON)]
    for index in range(weeks):
        counts = {name: round(200 * share) for name, share in time.shares(index).items()}
        _week(workspace, time.week(index), counts, heat={})
    for week in reported:  # a cluster has a row also if it has no posts
        rows = workspace.read("clusters", week).to_pylist()
        if all(row["cluster_id"] != "harvest" for row in rows):
            rows.append(rows[0] | {"cluster_id": "harvest"})
        workspace.write("clusters", week, make_table(TABLES["clusters"], rows))
    bring_up_to_date(workspace, TREND, reported)
    states = {
        (row["cluster_id"], week): row["state"]
        for week in reported
        for row in workspace.read("trends", week).to_pylist()
    }
    in_season = {at for at, state in states.items() if state == "seasonal"}
    assert {name for name, _ in in_season} == ({"harvest"} if is_known else set())
    if is_known:
        assert {f"2026-W{number}" for number in range(38, 43)} <= {week for _, week in in_season}
    assert all(
        states[name, week] == "steady" for name in ("camping", "pastoral") for week in reported
    )
