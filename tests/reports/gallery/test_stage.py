"""The stage `gallery` on a planted week: roles, originals, marks, determinism."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng
from numpy.typing import NDArray
from PIL import Image

from tests.seeds import new_seed
from tests.worlds.gallery import WEEK, Planted, files_of, folder_of, names, rows_of
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.reports.gallery.distinctive_objects import distinctive_objects
from zeitgraph.reports.gallery.judge import PictureJudge, first_candidate
from zeitgraph.reports.gallery.prototypes import best_candidates
from zeitgraph.reports.gallery.stage import gallery_identity, make_gallery
from zeitgraph.reports.stages import stages


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "w", default_rng(new_seed()))


def test_each_role_gets_the_posts_that_were_planted_for_it(planted: Planted) -> None:
    rows = rows_of(planted.settle())
    for k in range(3):
        assert names(rows, k, "typical")[0] == "typical"
        assert names(rows, k, "rising")[0] == "fresh"
        assert names(rows, k, "odd")[:2] == ["far", "border"]


def test_no_post_is_both_typical_and_odd(planted: Planted) -> None:
    rows = rows_of(planted.settle())
    for k in range(3):
        assert not set(names(rows, k, "typical")) & set(names(rows, k, "odd"))


def test_a_post_in_a_part_that_does_not_grow_ranks_lower_among_the_rising(tmp_path: Path) -> None:
    planted = Planted(tmp_path / "w", default_rng(new_seed()))
    direction = planted.mixed({0: 1.0, 5: 0.8})
    for i in range(12):
        planted.post(week_after(WEEK, -1), 0, f"same{i}", direction, heat=1.0)
    planted.post(WEEK, 0, "repeat", direction, heat=6.0, days=1)
    rising = names(rows_of(planted.settle()), 0, "rising")
    assert rising[0] == "fresh"
    assert rising.index("repeat") > 0


def test_originals_are_copied_byte_for_byte_and_are_in_the_table(planted: Planted) -> None:
    job = planted.settle()
    media = {row["media_id"]: row["path"] for row in job.table("media").to_pylist()}
    pictured = [row for row in rows_of(job) if row["media_id"]]
    assert pictured
    for row in pictured:
        copied, original = (job.workspace.root / p for p in (row["path"], media[row["media_id"]]))
        assert copied.read_bytes() == original.read_bytes()
        assert copied.is_relative_to(folder_of(job) / "originals")


def test_the_same_tables_in_another_order_give_the_same_bytes(planted: Planted) -> None:
    first = make_gallery(planted.settle(), first_candidate)["gallery"]
    before = files_of(planted.settle())
    job = planted.settle(shuffled=True)
    planted.workspace.write("gallery", WEEK, first)
    digest = planted.workspace.digest("gallery", WEEK)
    assert (
        planted.workspace.write("gallery", WEEK, make_gallery(job, first_candidate)["gallery"])
        == digest
    )
    assert files_of(job) == before


def test_without_a_model_there_is_a_mosaic_that_is_marked_as_one(planted: Planted) -> None:
    job = planted.settle()
    mosaics = [row for row in rows_of(job) if row["role"] == "mosaic"]
    assert len(mosaics) == 3
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert page.count("Mosaic, not a prototype") >= 3
    for row in mosaics:
        path = job.workspace.root / row["path"]
        assert path.name.startswith("mosaic-of-exemplars-")
        with Image.open(path) as image:
            assert b"composed, not generated" in image.info["comment"]
            assert b"digitalsourcetype/composite" in image.info["xmp"]
    assert not (folder_of(job) / "prototypes").exists()


def test_the_picture_of_a_forgotten_post_is_deleted_with_the_next_gallery(planted: Planted) -> None:
    gone = next(row for row in rows_of(planted.settle()) if row["post_id"].endswith("0-typical"))
    assert (planted.workspace.root / gone["path"]).is_file()
    for rows in planted.rows[WEEK].values():
        rows[:] = [row for row in rows if row.get("post_id") != gone["post_id"]]
    make_gallery(planted.settle(), first_candidate)
    assert not (planted.workspace.root / gone["path"]).exists()


def test_a_missing_picture_is_named(planted: Planted) -> None:
    job = planted.settle()
    for path in planted.workspace.media_folder.iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"missing or not a picture.*\.png"):
        make_gallery(job, first_candidate)


def test_the_identity_changes_with_the_image_maker_only(planted: Planted) -> None:
    before = gallery_identity(planted.workspace)
    planted.choose(posts=3)
    assert gallery_identity(planted.workspace) == before


FLAT_MAKER = """
from PIL import Image

class FlatMaker:
    role, name, identity = "prototype", "flat", "flat 1"

    def __init__(self, settings, beside, note): ...

    def draw(self, prompt, seeds):
        return [Image.new("RGB", (256, 256), (seed % 256, 90, 90)) for seed in seeds]
"""


def test_prototypes_are_marked_and_kept_apart_from_evidence(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flat_maker.py").write_text(FLAT_MAKER, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    planted.choose(image_maker="flat_maker:FlatMaker", pictures=2)
    planted.add("entities", WEEK, entity_id="e", name="Taylor Swift", kind="person")
    job = planted.settle()
    drawn = [row for row in rows_of(job) if row["role"] == "prototype"]
    assert len(drawn) == 6
    for row in drawn:
        path = job.workspace.root / row["path"]
        assert path.parent == folder_of(job) / "prototypes"
        assert path.name.startswith("generated-")
        assert "Taylor" not in row["note"]
        with Image.open(path) as image:
            assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert page.count('<figcaption class="badge">AI generated</figcaption>') == 6
    assert not (folder_of(job) / "mosaics").exists()


def test_of_the_candidates_the_best_for_the_prompt_is_shown(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flat_maker.py").write_text(FLAT_MAKER, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    planted.choose(image_maker="flat_maker:FlatMaker", pictures=2, candidates=3, seed=10)
    planted.add("entities", WEEK, entity_id="tent", name="tent", kind="object", source="catalogue")
    fact = {"subject": "c-000000000001", "predicate": "features_object", "object": "tent"}
    planted.add("facts", WEEK, **fact, count=4, probability=0.5)
    job = planted.settle()
    drawn = [row for row in rows_of(job, prefers_twelve) if row["role"] == "prototype"]
    reds = []
    for row in drawn:
        with Image.open(job.workspace.root / row["path"]) as image:
            reds.append(int(np.asarray(image)[20, 128, 0]))
    assert reds == [12, 13] * 3  # of the seeds 10, 11, 12 and of 13, 14, 15
    assert {row["note"].startswith("tent, ") for row in drawn} == {True, False}
    assert {row["cluster_id"]: row["entity_id"] for row in drawn}["c-000000000001"] == "tent"


def prefers_twelve(_settings: Settings) -> PictureJudge:
    """A judge that prefers pictures with a red of 12, for any text."""

    def judge(texts: Sequence[str], pictures: Sequence[Image.Image], /) -> NDArray[np.float32]:
        reds = np.array([float(np.asarray(picture)[9, 9, 0]) for picture in pictures], np.float32)
        return np.repeat(-abs(reds - 12)[:, None], len(texts), axis=1)

    return judge


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), max_size=5))
def test_the_best_candidate_is_chosen_in_each_run(runs: list[list[float]]) -> None:
    flat = [score for run in runs for score in run]
    places = best_candidates(flat, 3)
    assert [place // 3 for place in places] == list(range(len(runs)))
    assert [flat[place] for place in places] == [max(run) for run in runs]


def test_the_distinctive_object_of_a_cluster_is_the_one_most_above_expectation() -> None:
    def fact(cluster: str, name: str, count: int, posts: int) -> Any:
        return {
            "subject": cluster, "predicate": "features_object", "object": name,
            "count": count, "probability": count / posts,
        }  # fmt: skip

    facts = [
        fact("camp", "cup", 50, 100), fact("camp", "tent", 30, 100), fact("camp", "new", 90, 100),
        fact("cafe", "cup", 60, 100), fact("cafe", "tent", 2, 100),
    ]  # fmt: skip
    facts.append({**facts[0], "predicate": "features_brand", "object": "tent"})
    entities: Any = [{"entity_id": name, "source": "catalogue"} for name in ("cup", "tent")]
    entities.append({"entity_id": "new", "source": "posts"})  # a name coined in posts
    posts = {"camp": 100, "cafe": 100}
    found = distinctive_objects(facts, entities, posts)
    assert {cluster: row["entity_id"] for cluster, row in found.items()} == {
        "camp": "tent",
        "cafe": "cup",
    }
    assert distinctive_objects(facts[::-1], entities[::-1], posts) == found
    assert distinctive_objects([], entities, {}) == {}


def test_the_pipeline_makes_it_once_and_again_after_a_kill(planted: Planted) -> None:
    job, stage = planted.settle(), stages(first_candidate)[0]
    assert [step.done for step in bring_up_to_date(job.workspace, [stage], [WEEK])] == [True]
    before = files_of(job)
    assert [step.done for step in bring_up_to_date(job.workspace, [stage], [WEEK])] == [False]
    shutil.rmtree(job.workspace.ledger_folder)  # as if killed before the ledger was written
    left = job.workspace.report_folder(WEEK) / ".gallery-aside"
    left.mkdir()
    (left / "half.png").write_bytes(b"")
    bring_up_to_date(job.workspace, [stage], [WEEK])
    assert files_of(job) == before
    assert not left.exists()
