"""The runner does only what changed, and a killed run ends as an undisturbed one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeitgraph.extraction import stages as extraction_stages
from zeitgraph.kg import stages as knowledge
from zeitgraph.kg.base.errors import BusyWorkspace
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import Job, Read, Stage, bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports import stages as report_stages

WEEKS = ("2026-W44", "2026-W45", "2026-W46")
_killed_at: list[tuple[str, str]] = []
_calls: list[tuple[str, str]] = []
_wanted = {"2026-W44-0", "2026-W45-1", "2026-W45-2", "2026-W46-0", "nobody", "'; --"}


def count_posts(job: Job) -> Mapping[str, pa.Table]:
    """A stage: the week's trend of one cluster."""
    _note("trends", job.week)
    row = {"week": job.week, "cluster_id": "c", "posts": job.table("posts").num_rows}
    return {"trends": make_table(TABLES["trends"], [row] if row["posts"] else [])}


def sum_history(job: Job) -> Mapping[str, pa.Table]:
    """A stage: how many posts all earlier weeks had."""
    _note("facts", job.week)
    earlier = sum(job.table("trends", "history")["posts"].to_pylist())
    before = job.table("trends", "before")["week"].to_pylist()
    row = {
        "week": job.week,
        "subject": "c",
        "predicate": ",".join(before),
        "object": "o",
        "count": earlier,
    }
    return {"facts": make_table(TABLES["facts"], [row])}


def name_wanted(job: Job) -> Mapping[str, pa.Table]:
    """A stage: which of the wanted posts the window holds, and one fact for each."""
    rows = [
        {"week": job.week, "subject": post["post_id"], "predicate": post["week"], "object": "o"}
        for post in job.window_of("posts", _wanted).to_pylist()
    ]
    return {"facts": make_table(TABLES["facts"], rows)}


def _note(stage: str, week: str) -> None:
    if (stage, week) in _killed_at:
        raise KeyboardInterrupt
    _calls.append((stage, week))


STAGES = (
    Stage("trends", f"{__name__}:count_posts", (Read("posts"),), ("trends",)),
    Stage(
        "facts",
        f"{__name__}:sum_history",
        (Read("trends", "history"), Read("trends", "before")),
        ("facts",),
    ),
)


@pytest.fixture(autouse=True)
def _nothing_happened_yet() -> None:
    _calls.clear()
    _killed_at.clear()


def _workspace(folder: Path, counts: Mapping[str, int]) -> Workspace:
    workspace = Workspace.create(folder, "vectors")
    for week, count in counts.items():
        _put(workspace, week, count)
    return workspace


def _put(workspace: Workspace, week: str, count: int) -> None:
    rows = [{"post_id": f"{week}-{i}", "week": week} for i in range(count)]
    workspace.write("posts", week, make_table(TABLES["posts"], rows))


def _facts(workspace: Workspace) -> dict[str, tuple[int, str]]:
    rows = workspace.read_all("facts").to_pylist()
    return {row["week"]: (row["count"], row["predicate"]) for row in rows}


def _bytes(workspace: Workspace) -> dict[str, bytes]:
    files = (workspace.root / "tables").rglob("*.parquet")
    return {str(f.relative_to(workspace.root)): f.read_bytes() for f in files}


def _ledger(workspace: Workspace) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in workspace.ledger_folder.iterdir()}


def test_history_and_before_see_earlier_weeks_only(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, dict(zip(WEEKS, (1, 2, 4), strict=True)))
    bring_up_to_date(workspace, STAGES, WEEKS)
    assert _facts(workspace) == {
        "2026-W44": (0, ""),
        "2026-W45": (1, "2026-W44"),
        "2026-W46": (3, "2026-W45"),
    }


def test_the_window_of_some_things_holds_what_is_told_of_them_and_no_more(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, dict(zip(WEEKS, (1, 3, 2), strict=True)))
    reads = (Read("posts"), Read("posts", "history"))
    bring_up_to_date(
        workspace, [Stage("some", f"{__name__}:name_wanted", reads, ("facts",))], WEEKS
    )
    for number, week in enumerate(WEEKS):
        rows = workspace.read("facts", week).to_pylist()
        assert {(row["subject"], row["predicate"]) for row in rows} == {
            (post, post[:8]) for post in _wanted if post[:8] in WEEKS[: number + 1]
        }


def _looking_back(*settings: str) -> tuple[Stage, Stage]:
    reads = (Read("trends", "history", back=settings), Read("trends", "before"))
    return STAGES[0], replace(STAGES[1], reads=reads, settings=("clusters",))


def _year(folder: Path, weeks: int, **settings: int) -> tuple[Workspace, list[str]]:
    names = [week_after("2026-W40", n) for n in range(weeks)]
    counts = {week: 2**n for n, week in enumerate(names)}
    return _workspace(folder, counts).overriding("clusters", **settings), names


@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_a_limited_history_sees_so_many_weeks_and_no_more(data: st.DataObject) -> None:
    window, trend = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    gone = data.draw(st.integers(0, 8))
    with TemporaryDirectory() as folder:
        workspace, weeks = _year(Path(folder), 9, window_weeks=window, trend_weeks=trend)
        _put(workspace, weeks[gone], 0)
        stages = _looking_back("clusters.window_weeks", "clusters.trend_weeks")
        bring_up_to_date(workspace, stages, weeks)
        for n, week in enumerate(weeks):
            seen = [m for m in range(max(0, n - window - trend), n) if m != gone]
            assert _facts(workspace)[week][0] == sum(2**m for m in seen)


@pytest.mark.parametrize(("changed", "again"), [(5, True), (4, False), (0, False)])
def test_a_change_beyond_the_limit_is_not_noticed_and_one_within_is(
    changed: int, *, again: bool, tmp_path: Path
) -> None:
    workspace, weeks = _year(tmp_path, 9, window_weeks=3)
    stages = _looking_back("clusters.window_weeks")
    bring_up_to_date(workspace, stages, weeks)
    _put(workspace, weeks[changed], 5)
    steps = bring_up_to_date(workspace, stages, weeks)
    done = {(step.stage, step.week) for step in steps if step.done}
    assert (("facts", weeks[8]) in done) == again
    assert (("facts", weeks[changed + 1]) in done) == (changed < 8)


def test_every_limit_is_a_setting_that_the_stage_depends_on(tmp_path: Path) -> None:
    profile = Workspace.create(tmp_path, "vectors").settings
    for stage in (*extraction_stages.STAGES, *knowledge.STAGES, *report_stages.STAGES):
        for path in (path for read in stage.reads for path in read.back):
            assert isinstance(profile.value(path), int)
            assert path.partition(".")[0] in stage.settings


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, dict(zip(WEEKS, (1, 2, 4), strict=True)))
    bring_up_to_date(workspace, STAGES, WEEKS)
    before = _bytes(workspace), _ledger(workspace)
    _calls.clear()
    assert not any(step.done for step in bring_up_to_date(workspace, STAGES, WEEKS))
    assert _calls == []
    assert (_bytes(workspace), _ledger(workspace)) == before


def test_a_changed_week_is_done_again_and_so_is_what_depends_on_it(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, dict(zip(WEEKS, (1, 2, 4), strict=True)))
    bring_up_to_date(workspace, STAGES, WEEKS)
    _calls.clear()
    _put(workspace, "2026-W45", 5)
    bring_up_to_date(workspace, STAGES, WEEKS)
    assert _calls == [("trends", "2026-W45"), ("facts", "2026-W46")]
    assert _facts(workspace)["2026-W46"] == (6, "2026-W45")


def test_a_changed_setting_or_version_is_done_again(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, {"2026-W44": 1})
    heated = replace(STAGES[0], settings=("heat",))
    bring_up_to_date(workspace, [heated], WEEKS[:1])
    _calls.clear()
    other = workspace.overriding("heat", likes=9.0)
    assert bring_up_to_date(other, [heated], WEEKS[:1])[0].done
    assert bring_up_to_date(other, [replace(heated, version=2)], WEEKS[:1])[0].done


def test_an_output_that_was_tampered_with_is_made_again(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, {"2026-W44": 3})
    bring_up_to_date(workspace, STAGES[:1], WEEKS[:1])
    good = _bytes(workspace)
    workspace.write("trends", "2026-W44", TABLES["trends"].schema.empty_table())
    bring_up_to_date(workspace, STAGES[:1], WEEKS[:1])
    assert _bytes(workspace) == good


def test_a_week_that_lost_its_posts_loses_what_was_derived(tmp_path: Path) -> None:
    workspace = _workspace(tmp_path, dict(zip(WEEKS, (1, 2, 4), strict=True)))
    bring_up_to_date(workspace, STAGES, WEEKS)
    _put(workspace, "2026-W46", 0)
    bring_up_to_date(workspace, STAGES, workspace.all_weeks())
    assert workspace.weeks("trends") == ["2026-W44", "2026-W45"]


@pytest.mark.parametrize("stage", ["trends", "facts"])
@pytest.mark.parametrize("week", WEEKS)
def test_a_run_stopped_anywhere_is_taken_up_again(stage: str, week: str, tmp_path: Path) -> None:
    counts = dict(zip(WEEKS, (1, 2, 4), strict=True))
    undisturbed = _workspace(tmp_path / "a", counts)
    bring_up_to_date(undisturbed, STAGES, WEEKS)
    stopped = _workspace(tmp_path / "b", counts)
    _killed_at.append((stage, week))
    with pytest.raises(KeyboardInterrupt):
        bring_up_to_date(stopped, STAGES, WEEKS)
    _killed_at.clear()
    bring_up_to_date(stopped, STAGES, WEEKS)
    assert _bytes(stopped) == _bytes(undisturbed)


def test_two_processes_never_work_on_one_workspace(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    with (
        workspace.held(),
        pytest.raises(BusyWorkspace, match="another zeitgraph"),
        Workspace(tmp_path).held(),
    ):
        pass
    with workspace.held():
        pass
