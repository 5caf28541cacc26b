"""Fair shares: the week is balanced as the settings say, within the cap."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.clusters import new_workspace
from zeitgraph.extraction.trends.fairness import Balance, balance
from zeitgraph.kg.base.errors import SettingsError
from zeitgraph.kg.workspace.settings import SETTINGS_FILE, FairnessSettings, load_settings
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.reports.page.formatting import labels
from zeitgraph.reports.report.weighting_note import weighting_notes

Posts = list[Any]
"""Rows of `posts` with the columns that a test needs."""


def _posts(seed: int, count: int) -> Posts:
    dice = np.random.default_rng(seed)
    return [
        {
            "region": str(dice.choice(["east", "south", "west", ""], p=[0.6, 0.25, 0.1, 0.05])),
            "gender": str(dice.choice(["", "female", "male"], p=[0.1, 0.65, 0.25])) or None,
            "age_band": "18-24",
            "author": f"a{int(40 * dice.random() ** 3)}",
            "views": int(dice.lognormal(6, 1)),
        }
        for _ in range(count)
    ]


def _after(found: Balance, side: str) -> dict[str, float]:
    return {part.value: part.after for part in found.parts if part.side == side}


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.integers(300, 900))
def test_the_targets_are_met(seed: int, count: int) -> None:
    posts = _posts(seed, count)
    fairness = FairnessSettings(
        balance=["region", "gender"],
        targets={"region": {"east": 2.0, "south": 1.0, "west": 1.0}},
        cap=20.0,
    )
    found = balance(posts, fairness)
    region, gender = _after(found, "region"), _after(found, "gender")
    unknown = sum(row["region"] == "" for row in posts) / count
    assert region[""] == pytest.approx(unknown, abs=1e-6)  # unknown regions keep their part
    assert region["east"] == pytest.approx((1 - unknown) / 2, abs=1e-6)
    assert region["south"] == pytest.approx(region["west"], abs=1e-6)
    assert gender["female"] == pytest.approx(gender["male"], abs=1e-6)
    assert np.mean(found.weights) == pytest.approx(1)
    before = {part.value: part.before for part in found.parts if part.side == "region"}
    assert before["east"] == sum(row["region"] == "east" for row in posts) / count


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.floats(1, 4), st.randoms(use_true_random=False))
def test_weights_stay_within_the_cap_and_do_not_depend_on_the_order(
    seed: int, cap: float, dice: Any
) -> None:
    posts = _posts(seed, 200)
    fairness = FairnessSettings(balance=["region", "author"], cap=cap)
    found = balance(posts, fairness)
    assert found.weights.max() <= cap * (1 + 1e-9)
    assert found.weights.min() >= 1 / cap * (1 - 1e-9)
    order = list(range(len(posts)))
    dice.shuffle(order)
    again = balance([posts[i] for i in order], fairness)
    assert again.weights == pytest.approx(found.weights[order], abs=1e-6)


def test_each_author_counts_once() -> None:
    posts: Posts = [{"author": "loud"}] * 8 + [{"author": f"a{n}"} for n in range(8)]
    found = balance(posts, FairnessSettings(balance=["author"], cap=100.0))
    assert found.weights[:8].sum() == pytest.approx(found.weights[8])
    assert found.parts == ()  # a table of authors would be personal data


def test_head_content_has_its_target_part() -> None:
    posts = _posts(5, 400)
    fairness = FairnessSettings(
        balance=["head"], targets={"head": {"head": 0.02, "rest": 0.98}}, cap=50.0
    )
    found = balance(posts, fairness)
    parts = {part.value: part for part in found.parts}
    assert parts["head"].before == pytest.approx(0.1, abs=0.005)
    assert parts["head"].after == pytest.approx(0.02)
    most = max(range(400), key=lambda i: posts[i]["views"])
    assert found.weights[most] == found.weights.min()


def test_the_parts_show_what_the_cap_does_not_allow() -> None:
    posts: Posts = [{"region": "east"}] * 99 + [{"region": "west"}]
    (east, west) = balance(posts, FairnessSettings(balance=["region"])).parts
    assert (west.target, west.posts) == (0.5, 1)
    assert west.before == 0.01
    assert west.before < west.after < 0.06  # at most five times the mean
    assert east.after == pytest.approx(1 - west.after)


@pytest.mark.parametrize("posts", [[{"region": None}], [{"region": "east"}] * 3])
def test_posts_of_a_single_value_all_have_weight_1(posts: Posts) -> None:
    found = balance(posts, FairnessSettings(balance=["region"]))
    assert found.weights == pytest.approx(np.ones(len(posts)))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('balance = ["head"]', "targets.head"),
        ('balance = ["shoe"]', "balance.0"),
        ("[fairness.targets.region]\neast = 1.0", "nothing is balanced"),
        ('balance = ["region"]\n[fairness.targets.region]\neast = 0.0', "not above 0"),
        ("cap = 0.5", "fairness.cap"),
    ],
)
def test_an_impossible_balance_is_refused(tmp_path: Path, written: str, message: str) -> None:
    root = new_workspace(tmp_path).root
    path = root / SETTINGS_FILE
    path.write_text(f"{path.read_text('utf-8')}\n[fairness]\n{written}\n", "utf-8")
    with pytest.raises(SettingsError, match=message):
        load_settings(root)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_gives_the_parts_before_and_after_balancing(tmp_path: Path, lang: str) -> None:
    workspace, week = new_workspace(tmp_path), "2026-W46"
    assert weighting_notes(workspace, week, lang) == []
    hostile = "east\x1b[31m{0}<b>" + 80 * "x"
    rows = [
        {"side": "region", "value": value, "posts": posts, "target": 0.5, "week": week}
        | {"before": posts / 100, "after": 0.5}
        for value, posts in ((hostile, 80), ("head", 15), ("", 5))
    ]
    head = {"side": "head", "value": "head", "posts": 10, "before": 0.1, "target": 0.02}
    rows.append(head | {"after": 0.025, "week": week})
    workspace.write("balance", week, make_table(TABLES["balance"], rows))
    first, second = weighting_notes(workspace, week, lang)
    assert "10.0% → 2.5%" in first
    assert "80.0% → 50.0%" in second
    assert "head 15.0%" in second  # a region called «head» is not head content
    assert labels(lang)["balance"]["value"][""] in second
    assert "\x1b" not in second
    assert "xxxxxxxxxxxxx" not in second
