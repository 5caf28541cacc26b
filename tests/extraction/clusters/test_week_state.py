"""The state of a week never changes: each step returns a new one."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from tests.worlds.clusters import FIRST, directions, new_workspace, put_week, run
from zeitgraph.extraction.clusters import week
from zeitgraph.extraction.clusters.week_state import Event, Step, StepResult, WeekState
from zeitgraph.kg.base.weeks import week_after

ALL_STEPS = 16
"""Steps of a week: five before the search of new clusters, eleven from it on."""


def test_no_step_changes_the_state_it_receives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step gets a mapping and labels that cannot be written to."""
    steps: list[Step] = []

    def frozen_steps(state: WeekState, some: tuple[Step, ...]) -> StepResult:
        events: tuple[Event, ...] = ()
        for step in some:
            state.labels.setflags(write=False)
            state, own = step(replace(state, clusters=MappingProxyType(state.clusters)))
            events += own
            steps.append(step)
        return state, events

    monkeypatch.setattr(week, "run_steps", frozen_steps)
    workspace = new_workspace(tmp_path)
    random = np.random.default_rng(5)
    kinds = directions(random, 4, 32)
    for number in range(3):
        rows = kinds[np.arange(60) % (3 + (number == 2))] + 0.1 * random.normal(size=(60, 32))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        posts = [{"post_id": f"p{number}-{row:02d}"} for row in range(60)]
        put_week(workspace, week_after(FIRST, number), posts, list(rows))
    run(workspace)
    assert workspace.read("clusters", week_after(FIRST, 2)).num_rows == 4
    assert len(steps) == 3 * ALL_STEPS
