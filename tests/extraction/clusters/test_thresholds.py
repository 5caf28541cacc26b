"""Thresholds of named styles: the lower end of a style's own peak, or the fixed one."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.worlds.clusters import FIRST, new_workspace, put_week, run
from zeitgraph.extraction.clusters.membership_rules import nearest_style
from zeitgraph.extraction.clusters.thresholds import style_thresholds
from zeitgraph.extraction.embedding.embedders import load_embedder
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.settings import VectorSettings

FEW = 20
SEEDS = st.integers(0, 2**32 - 1)
Floats = NDArray[np.float64]


def _scores(random: np.random.Generator, peaks: list[float], own: int, others: int) -> Floats:
    """Posts × styles: `own` posts of each style around its peak, then `others` of no style."""
    rows = random.normal(-0.08, 0.04, (own * len(peaks) + others, len(peaks)))
    for style, top in enumerate(peaks):
        rows[own * style : own * (style + 1), style] = random.normal(top, 0.08, own)
    return np.asarray(rows)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.floats(0.62, 0.9), min_size=1, max_size=6), st.integers(200, 600))
def test_each_style_gets_the_end_of_its_own_peak(seed: int, peaks: list[float], own: int) -> None:
    scores = _scores(np.random.default_rng(seed), peaks, own, 1000)
    found = style_thresholds(scores, np.full(len(peaks), 0.5), FEW)
    joined = nearest_style(scores, found)
    truth = np.append(np.repeat(np.arange(len(peaks)), own), np.full(1000, -1))
    assert (joined == truth).mean() >= 0.98, found
    for top, threshold in zip(peaks, found, strict=True):
        assert top - 5 * 0.08 <= threshold <= top - 1.5 * 0.08


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0.15, 0.25))
def test_a_density_that_only_falls_has_no_peak(seed: int, width: float) -> None:
    """The tail of posts without a style changes no threshold."""
    random = np.random.default_rng(seed)
    scores = np.minimum(random.exponential(width, (3000, 3)) - 0.2, 1.0)
    fixed = np.array([0.5, 0.6, 0.55])
    assert (style_thresholds(scores, fixed, FEW) >= fixed - 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0.38, 0.44), st.integers(200, 600))
def test_a_peak_below_the_fixed_threshold_changes_nothing(seed: int, top: float, own: int) -> None:
    random = np.random.default_rng(seed)
    scores = np.append(random.normal(-0.08, 0.04, 2000), random.normal(top, 0.04, own))[:, None]
    assert style_thresholds(scores, np.array([0.5]), FEW).tolist() == [0.5]


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 60))
def test_few_posts_change_a_threshold_little(seed: int, own: int) -> None:
    scores = _scores(np.random.default_rng(seed), [0.75], own, 500)
    (found,) = style_thresholds(scores, np.array([0.5]), FEW)
    above = int((scores[:, 0] >= 0.5).sum())
    assert abs(found - 0.5) <= above / (above + FEW) * 0.5 + 1e-6
    if not own:
        assert found == 0.5


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_order_and_posts_without_scores_change_no_threshold(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = _scores(random, [0.7, 0.65], 100, 400)
    fixed = np.array([0.5, 0.5])
    found = style_thresholds(scores, fixed, FEW)
    mixed = np.vstack([scores, np.full((50, 2), -np.inf)])[random.permutation(len(scores) + 50)]
    assert style_thresholds(mixed, fixed, FEW).tobytes() == found.tobytes()
    assert style_thresholds(scores[:0], fixed, FEW).tobytes() == fixed.tobytes()


# -- in a workspace --------------------------------------------------------------------------------

LIBRARY = """industry = "test"
[[style]]
id = "neon"
name = {en = "Neon", zh = "霓虹"}
en = ["red purple night city", "red night"]
zh = ["红紫霓虹"]
image = "neon"
"""
TOY = '[vectors]\nembedder = "toy"\nmodel = ""\n[styles]\nlibraries = ["mine.toml"]\n'


def _thresholds_of(folder: Path, kind: str) -> list[float]:
    folder.mkdir()
    workspace = new_workspace(folder, f'{TOY}[clusters]\nstyle_thresholds = "{kind}"')
    (folder / "mine.toml").write_text(LIBRARY, "utf-8")
    embedder = load_embedder(VectorSettings(embedder="toy", model=""))
    for number in range(3):
        week = week_after(FIRST, number)
        words = [chr(97 + n) * 3 for n in range(25)]
        texts = [f"red purple night city {word}" for word in words]
        texts += [f"{grey} {word} {word[::-1]}q" for grey in ("brown", "grey z") for word in words]
        posts = [{"post_id": f"{week}-{i:02d}", "text": text} for i, text in enumerate(texts)]
        put_week(workspace, week, posts, [r.astype(float) for r in embedder.texts(texts)], "text")
    run(workspace)
    rows = [
        row
        for w in workspace.weeks("clusters")
        for row in workspace.read("clusters", w).to_pylist()
    ]
    assert all(row["style_near"] is None for row in rows if row["origin"] != "named")
    return [row["style_near"] for row in rows if row["style"] == "neon"]


def test_the_threshold_of_each_week_is_recorded_with_the_cluster(tmp_path: Path) -> None:
    fixed, calibrated = (_thresholds_of(tmp_path / kind, kind) for kind in ("fixed", "calibrated"))
    assert fixed == [0.5] * 3
    assert len(calibrated) == 3
    assert all(0 < threshold < 1 for threshold in calibrated)
    assert calibrated != fixed
