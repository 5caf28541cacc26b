"""The stages `posts` and `vectors`: language, heat, and vectors independent of batch and cache."""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import write_posts
from tests.extraction.embedding.test_embedders import write_tiny_clip
from tests.worlds.intake import encoded, fresh, image, post
from zeitgraph.extraction.embedding.fusion import fuse
from zeitgraph.extraction.embedding.vectors import models_identity
from zeitgraph.extraction.forget import remove_posts
from zeitgraph.extraction.intake.add import add_posts
from zeitgraph.extraction.intake.posts import heat_of, language_of
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.rows import ENGAGEMENT, IntakeRow
from zeitgraph.kg.workspace.settings import HeatSettings
from zeitgraph.kg.workspace.workspace import Workspace

WEEK = "2026-W46"
TOY = '[vectors]\nembedder = "toy"\n'


def corpus(folder: Path) -> Path:
    """Posts with text, with pictures, with both, with a picture in common, with vectors only."""
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.png").write_bytes(encoded(image(seed=ord(name))))
    rows = [
        post("text", text="a red sofa"),
        post("same text", text="a red sofa"),
        post("picture", text=None, images=["a.png"]),
        post("both", text="一张绿色的桌子", images=["b.png", "a.png"], lang="zh-CN"),
        post("vectors", text=None, image_vector=[3.0, 4.0], text_vector=[0.0, 2.0]),
        *(post(f"p{n}", text=f"word {n}", likes=n) for n in range(20)),
    ]
    return write_posts(folder / "posts.jsonl", rows)


def made(folder: Path, path: Path, toml: str = TOY) -> Workspace:
    add_posts(workspace := fresh(folder, toml), [path])
    update(workspace)
    return workspace


def update(workspace: Workspace) -> list[str]:
    stages = [stage for stage in STAGES if stage.name in {"posts", "vectors"}]
    steps = bring_up_to_date(workspace, stages, workspace.weeks("intake"))
    return [step.stage for step in steps if step.done]


def rows(workspace: Workspace) -> dict[tuple[str, str, str], Any]:
    return {
        (row["post_id"], row["side"], row["item_id"]): np.array(row["vector"], np.float32)
        for row in workspace.read_all("vectors").to_pylist()
    }


# -- vectors ---------------------------------------------------------------------------------------


def test_a_post_has_a_vector_for_each_side_and_one_for_the_whole(tmp_path: Path) -> None:
    vectors = rows(made(tmp_path / "w", corpus(tmp_path / "c")))
    sides = [(post_id, side) for post_id, side, _ in vectors]
    assert sorted(side for post_id, side in sides if post_id == "both") == [
        *("picture", "picture", "post", "text")
    ]
    assert [side for post_id, side in sides if post_id == "picture"] == ["picture", "post"]
    assert [side for post_id, side in sides if post_id == "text"] == ["post", "text"]
    assert "vectors" not in {post_id for post_id, _ in sides}
    assert all(abs(np.linalg.norm(vector) - 1) < 1e-6 for vector in vectors.values())
    shown = np.stack(
        [v for (who, side, _), v in vectors.items() if (who, side) == ("both", "picture")]
    )
    words = vectors["both", "text", "both"]
    assert np.allclose(vectors["both", "post", "both"], fuse(shown, words), atol=1e-6)


def test_only_given_uses_the_vectors_of_the_files_and_makes_them_unit(
    tmp_path: Path,
) -> None:
    workspace = made(tmp_path / "w", corpus(tmp_path / "c"), toml="")
    vectors = rows(workspace)
    assert {post_id for post_id, _, _ in vectors} == {"vectors"}
    assert np.allclose(vectors["vectors", "picture", "vectors"], [0.6, 0.8])
    assert np.allclose(vectors["vectors", "text", "vectors"], [0.0, 1.0])
    assert models_identity(workspace) == "given"


@pytest.mark.parametrize("model", ["toy", "clip"])
def test_neither_batch_nor_cache_nor_threads_change_a_byte(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, model: str
) -> None:
    import torch

    path = corpus(tmp_path / "c")
    toml = TOY
    if model == "clip":
        folder = write_tiny_clip(tmp_path_factory.mktemp("models") / "clip")
        toml = f'[vectors]\nembedder = "open_clip"\nmodel = "local-dir:{folder}"\n'
    first = made(tmp_path / "w", path, toml).digest("vectors", WEEK)
    threads = torch.get_num_threads()
    for batch, count in ((1, 1), (7, 2), (4096, 3)):
        torch.set_num_threads(count)
        try:
            other = made(tmp_path / f"w{batch}", path, f"{toml}batch = {batch}\n")
        finally:
            torch.set_num_threads(threads)
        assert other.digest("vectors", WEEK) == first
        for stage in ("without the cache", "with it"):
            if stage == "without the cache":
                (other.cache_folder / "vectors.sqlite").unlink()
            shutil.rmtree(other.ledger_folder)
            assert update(other) == ["posts", "vectors"]
            assert other.digest("vectors", WEEK) == first


def test_a_second_run_does_nothing_and_another_model_does_it_again(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w", corpus(tmp_path / "c"))
    assert update(workspace) == []
    assert update(fresh(tmp_path / "w", "")) == ["vectors"]


def test_a_cached_vector_is_not_computed_again_and_may_be_forgotten(tmp_path: Path) -> None:
    path = corpus(tmp_path / "c")
    workspace = made(tmp_path / "w", path)
    cache = workspace.cache_folder / "vectors.sqlite"
    gone = {"p3", "picture", "both"}
    remove_posts(workspace, gone)
    kept = cache.read_bytes()
    assert update(workspace) == ["posts", "vectors"]
    assert cache.read_bytes() == kept
    assert not gone & {post_id for post_id, _, _ in rows(workspace)}


def test_a_damaged_cache_is_named(tmp_path: Path) -> None:
    add_posts(workspace := fresh(tmp_path / "w", TOY), [corpus(tmp_path / "c")])
    (workspace.cache_folder / "vectors.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"vectors\.sqlite"):
        update(workspace)


def test_a_picture_missing_from_the_workspace_is_named(tmp_path: Path) -> None:
    add_posts(workspace := fresh(tmp_path / "w", TOY), [corpus(tmp_path / "c")])
    next(workspace.media_folder.rglob("*.png")).unlink()
    with pytest.raises(StoreError, match=r"\.png"):
        update(workspace)


# -- posts -----------------------------------------------------------------------------------------


def test_posts_have_language_heat_and_the_columns_of_the_file(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w", corpus(tmp_path / "c"))
    posts = {row["post_id"]: row for row in workspace.read_all("posts").to_pylist()}
    assert posts["both"]["lang"] == "zh-CN"
    assert posts["text"]["lang"] == "en"
    assert posts["picture"]["lang"] == "und"
    assert posts["p9"]["heat"] == pytest.approx(math.log(10))
    assert posts["p9"]["likes"] == 9


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (None, "und"),
        ("", "und"),
        ("🧶🧶 123", "und"),
        ("A linen sofa", "en"),
        ("Café déjà vu", "en"),
        ("亚麻沙发", "zh"),
        ("我的 Balenciaga 包", "zh"),
        ("好看 https://example.org/a/very/long/address @somebody_with_a_name", "zh"),
        ("love this 露", "en"),
        ("今天的look是豈有此理 outfit", "zh"),
        ("Привет, мир", "und"),
        ("かわいいソファ", "und"),
        ("안녕하세요", "und"),
    ],
)
def test_the_language_follows_the_script(text: str | None, lang: str) -> None:
    assert language_of(text) == lang


COUNTS = st.fixed_dictionaries(dict.fromkeys(ENGAGEMENT, st.none() | st.integers(0, 2**53)))


@given(counts=COUNTS, more=st.sampled_from(["views", "likes", "comments", "shares", "saves"]))
def test_heat_is_bounded_and_never_falls_as_counts_rise(
    counts: Mapping[str, int | None], more: str
) -> None:
    weights = HeatSettings()
    heat = heat_of(cast("IntakeRow", counts), weights)
    assert 0 <= heat <= weights.cap
    raised = {**counts, more: (counts[more] or 0) + 1}
    assert heat_of(cast("IntakeRow", raised), weights) >= heat


def test_a_post_with_no_counts_has_no_heat() -> None:
    assert heat_of(cast("IntakeRow", dict.fromkeys(ENGAGEMENT)), HeatSettings()) == 0.0
