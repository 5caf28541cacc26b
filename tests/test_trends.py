"""How strong a cluster is, and how sure that is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster_world import FIRST, new_workspace, post_rows
from zeitgraph.extraction.stages import STAGES
from zeitgraph.extraction.trends import Course, Week, jeffreys, state_of
from zeitgraph.kg.stages import bring_up_to_date
from zeitgraph.kg.tables import TABLES, make_table
from zeitgraph.kg.weeks import week_after
from zeitgraph.kg.workspace import Workspace

TREND = [stage for stage in STAGES if stage.name == "trends"]


def test_the_interval_is_that_of_jeffreys() -> None:
    # Brown, Cai & DasGupta 2001, and any table of Beta(1.5, 9.5): 1 of 10
    interval = jeffreys(1, 10)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0110, 0.3813)
    assert jeffreys(0, 10).low == 0
    assert jeffreys(10, 10).high == 1


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_an_interval_holds_its_share_and_narrows_with_more_posts(total: int, part: float) -> None:
    count = round(total * part)
    interval = jeffreys(count, total)
    assert 0 <= interval.low <= count / total <= interval.high <= 1
    wider = jeffreys(count, total)
    narrower = jeffreys(count * 100, total * 100)
    assert narrower.high - narrower.low <= wider.high - wider.low


def _course(
    now: int,
    past: Sequence[int],
    *,
    is_new: bool = False,
    warmth: float = 1.0,
    copied: int = 0,
) -> Course:
    return Course(
        now=Week(now, 200, warmth),
        past=[Week(posts, 200, 1.0) for posts in past],
        is_new=is_new,
        warmth_low=warmth - 0.1,
        copied=copied,
    )


@pytest.mark.parametrize(
    ("course", "state"),
    [
        (_course(30, []), "not-enough-data"),
        (_course(2, [1, 0, 2]), "not-enough-data"),
        (_course(14, [0, 0, 0, 0], is_new=True), "emerging"),
        (_course(50, [20, 20, 20, 20]), "rising"),
        (_course(24, [20, 20, 20, 20]), "steady"),
        (_course(3, [20, 20, 20, 20]), "fading"),
        (_course(20, [20, 20, 20, 20], warmth=1.6), "heat-burst"),
        (_course(50, [20, 20, 20, 20], warmth=1.6), "rising"),
        (_course(50, [20, 20, 20, 20], copied=15), "bot-suspect"),
        (_course(90, [20, 20, 20, 20], copied=5), "rising"),
        (_course(20, [20, 20, 20, 20], copied=8), "bot-suspect"),
        (_course(5, [20, 20, 20, 20], copied=4), "fading"),
    ],
)
def test_a_state_follows_from_the_course(course: Course, state: str) -> None:
    assert state_of(course) == state


def _week(
    workspace: Workspace, week: str, members: Mapping[str, int], *, heat: Mapping[str, float]
) -> None:
    """A week with so many posts in each cluster (empty: none), of about the cluster's heat."""
    posts: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for cluster_id, count in members.items():
        for number in range(count):
            post_id = f"{week}{cluster_id}{number}"
            warm = heat.get(cluster_id, 2.0) + 0.1 * (number % 3)
            posts.append({"post_id": post_id, "heat": warm})
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


def test_a_week_is_measured_against_the_four_before(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
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
    assert rows["up"]["share_low"] < rows["up"]["share"] < rows["up"]["share_high"]
    assert sum(row["heat_share"] for row in rows.values()) < 1


def test_a_first_week_has_no_growth_and_no_state(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    _week(workspace, FIRST, {"": 5, "new": 20}, heat={})
    row = _trends(workspace, FIRST)["new"]
    assert (row["growth"], row["state"]) == (None, "not-enough-data")


def test_what_was_told_under_another_id_counts_for_the_style_that_went_on(tmp_path: Path) -> None:
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


def test_what_is_found_late_is_not_called_new(tmp_path: Path) -> None:
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
