"""The backtest: forecasts and states of a week against the weeks after it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds.clusters import FIRST, new_workspace
from zeitgraph.cli import backtest
from zeitgraph.kg.base.errors import UserError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.backtest import Prediction, look_back


def _write_week(
    workspace: Workspace, number: int, rows: Mapping[str, Mapping[str, Any]], gone: str = ""
) -> None:
    """Write the trends of week `number`; by default a cluster has a steady share of 0.1."""
    week = week_after(FIRST, number)
    plain = {"share": 0.1, "share_low": 0.05, "share_high": 0.15, "state": "steady", "week": week}
    plain |= {"forecast": 0.1, "forecast_low": 0.06, "forecast_high": 0.14}
    trends = [plain | {"cluster_id": name} | dict(row) for name, row in rows.items()]
    workspace.write("trends", week, make_table(TABLES["trends"], trends))
    clusters = [
        {"cluster_id": name, "week": week, "state": "merged" if name == gone else "active"}
        for name in (*rows, gone)
        if name
    ]
    workspace.write("clusters", week, make_table(TABLES["clusters"], clusters))


def test_the_scores_are_those_of_winkler_and_of_quantile_loss() -> None:
    predicted = Prediction(0.2, 0.1, 0.3)
    assert predicted.winkler(0.25) == pytest.approx(0.2)
    assert predicted.winkler(0.31) == pytest.approx(0.2 + 2 / 0.05 * 0.01)
    assert predicted.winkler(0.08) == pytest.approx(0.2 + 2 / 0.05 * 0.02)
    # at 0.4: 0.975 · 0.1 over the upper end, half of 0.2, 0.025 · 0.3
    assert predicted.pinball(0.4) == pytest.approx((0.975 * 0.1 + 0.5 * 0.2 + 0.025 * 0.3) / 3)
    assert predicted.contains(0.3)
    assert not predicted.contains(0.301)


def test_no_forecast_has_a_better_score_than_the_true_quantiles() -> None:
    dice = np.random.default_rng(3)
    actual = dice.normal(0.5, 0.05, 4000)
    true = Prediction(*np.quantile(actual, [0.5, 0.025, 0.975]).tolist())
    others = ((0.5, 0.3, 0.7), (0.5, 0.48, 0.52), (0.56, 0.46, 0.66))
    for other in (Prediction(*quantiles) for quantiles in others):
        for score in ("winkler", "pinball"):
            means = [np.mean([getattr(one, score)(x) for x in actual]) for one in (true, other)]
            assert means[0] < means[1]


def test_forecasts_are_compared_with_the_week_after(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    _write_week(workspace, 0, {"a": {"forecast": 0.2, "forecast_low": 0.15, "forecast_high": 0.25}})
    _write_week(workspace, 1, {"a": {"share": 0.2, "share_low": 0.1, "share_high": 0.3}, "b": {}})
    _write_week(workspace, 2, {"a": {"share": 0.5}}, gone="b")
    found = look_back(workspace)
    ours, same, mean = found.forecasts
    assert (ours.weeks, ours.forecasts, ours.coverage, found.left_out) == (2, 2, 0.5, 1)
    assert (same.forecasts, same.coverage) == (2, 0.0)
    assert ours.winkler == pytest.approx((0.1 + 0.08 + 40 * 0.36) / 2)
    assert same.winkler == pytest.approx((0.1 + 40 * 0.05 + 0.2 + 40 * 0.2) / 2)
    assert mean.winkler == pytest.approx((0.1 + 40 * 0.05 + 0.15 + 40 * 0.275) / 2)


def test_a_rise_lasts_if_the_weeks_after_stay_above_the_weeks_before(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    shares = {"up": [0.1, 0.1, 0.2, 0.2, 0.18], "spike": [0.1, 0.1, 0.2, 0.08, 0.1]}
    shares |= {"down": [0.1, 0.1, 0.03, 0.02, 0.01], "still": [0.1, 0.12, 0.1, 0.12, 0.1]}
    called = {"up": "rising", "spike": "emerging", "down": "fading", "still": "steady"}
    for number in range(5):
        rows = {
            name: {"share": own[number], "state": called[name] if number == 2 else "heat-burst"}
            for name, own in shares.items()
        }
        _write_week(workspace, number, rows)
    rise, fall = look_back(workspace).calls
    assert (rise.call, rise.calls, rise.held, rise.usual) == ("rise", 2, 0.5, 0.0)
    assert (fall.call, fall.calls, fall.held, fall.usual) == ("fall", 1, 1.0, 0.0)


def test_a_missing_cluster_has_the_share_0_and_a_gap_is_not_scored(
    tmp_path: Path,
) -> None:
    workspace = new_workspace(tmp_path)
    _write_week(workspace, 0, {"a": {}, "b": {}})
    _write_week(workspace, 1, {"a": {}})
    _write_week(workspace, 4, {"a": {"share": 0.9}})
    (ours, _, _) = look_back(workspace).forecasts
    assert (ours.weeks, ours.forecasts) == (1, 2)
    assert ours.coverage == 0.5  # «b» fell to nothing


def test_the_command_shows_tables_or_json(tmp_path: Path) -> None:
    workspace = new_workspace(tmp_path)
    with pytest.raises(UserError, match="nothing to look back on"):
        backtest(workspace=workspace.root)
    _write_week(workspace, 0, {"a": {}})
    _write_week(workspace, 1, {"a": {}})
    shown = backtest(workspace=workspace.root)
    assert "zeitgraph" in shown
    assert "same as this week" in shown
    tree = json.loads(backtest(as_json=True, workspace=workspace.root))
    assert [row["coverage"] for row in tree["forecasts"]] == [1.0, 1.0, 1.0]
    assert [row["calls"] for row in tree["calls"]] == [0, 0]
    assert tree["calls"][0]["held"] is None
