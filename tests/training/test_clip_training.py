"""The training of the starter CLIP: the truth of patches, balanced losses, short runs."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from zeitgraph.training.clip import anchors, train
from zeitgraph.training.clip.patches import centres, heat_maps, patch_truth, peaks
from zeitgraph.training.clip.pool import TRAINING, make_pool, mixed_picture
from zeitgraph.training.clip.train import (
    POOL_SIDE,
    SIDE,
    ClipTrainer,
    augment,
    prepare,
    train_phase,
)

KINDS = ("cup", "tent")


def test_every_claim_has_its_own_direction() -> None:
    rows = anchors.directions(256)
    assert torch.allclose(rows @ rows.T, torch.eye(len(anchors.ANCHORS)), atol=1e-5)
    assert torch.equal(rows, anchors.directions(256))


def test_the_anchors_true_of_a_picture_are_what_it_shows() -> None:
    picture = mixed_picture(TRAINING, 3)
    true = anchors.true_of([picture])[:, 0].bool()
    claims = {sample for sample, is_true in zip(anchors.ANCHORS, true, strict=True) if is_true}
    assert {sample.style for sample in claims} == {picture.look().id, ""}
    assert {name for sample in claims for name in sample.objects} == set(picture.objects)
    assert {sample.scene for sample in claims} == {picture.scene, ""}


@given(st.integers(1, 40), st.integers(1, 40))
def test_positives_and_negatives_weigh_the_same_for_any_counts(trues: int, falses: int) -> None:
    logits = torch.cat([torch.full((trues,), 1.5), torch.full((falses,), -0.5)])[None]
    true = torch.cat([torch.ones(trues), torch.zeros(falses)])[None]
    expected = np.log1p(np.exp(-1.5)) + np.log1p(np.exp(-0.5))
    assert anchors.balanced_sigmoid_loss(logits, true).item() == pytest.approx(expected, rel=1e-4)
    nothing = torch.zeros_like(true)
    assert anchors.balanced_sigmoid_loss(logits, true, nothing).item() == 0


@given(st.floats(0.0, 0.8), st.floats(0.0, 0.8), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_each_thing_has_a_patch_and_patches_only_touched_do_not_count(
    left: float, top: float, wide: float, high: float
) -> None:
    right, low = min(1.0, left + wide), min(1.0, top + high)
    true, counted = patch_truth([[("tent", left, top, right, low)]], KINDS, 4)
    assert true[0].sum() == 0
    assert counted[0].all()
    assert true[1].sum() >= 1
    assert counted[1][true[1] == 1].all()
    centres = (torch.arange(4) + 0.5) / 4
    for cell in range(16):
        y, x = centres[cell // 4], centres[cell % 4]
        if left < x < right and top < y < low:
            assert true[1, cell] == 1


class Eye(nn.Module):
    """A visual tower whose patch vectors are the mean colours of the patches."""

    def __init__(self) -> None:
        super().__init__()
        same = nn.Identity()
        self.stem, self.layer1, self.layer2, self.layer3 = same, same, same, same
        self.layer4 = nn.AvgPool2d(32)
        self.attnpool = SimpleNamespace(v_proj=same, c_proj=same)


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_peak_is_at_the_named_colour(column: int, row: int) -> None:
    picture = torch.zeros(1, 3, 128, 128)
    picture[:, 0] = 1.0
    x, y = 16 * column, 16 * row
    picture[0, :, y : y + 32, x : x + 32] = torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    blue = torch.tensor([[0.0, 0.0, 1.0]])
    place = peaks(heat_maps(Eye(), picture, blue))[0, 0]
    assert place.tolist() == pytest.approx([(x + 16) / 128, (y + 16) / 128])


def test_a_thing_over_many_patches_is_located_at_its_middle() -> None:
    picture = torch.zeros(1, 3, 128, 128)
    picture[:, 0] = 1.0
    picture[0, :, 32:96, 16:80] = torch.tensor([0.0, 0.0, 1.0])[:, None, None]
    maps = heat_maps(Eye(), picture, torch.tensor([[0.0, 0.0, 1.0]]))
    assert peaks(maps)[0, 0].tolist() == pytest.approx([32 / 128, 48 / 128])
    assert centres(maps)[0, 0].tolist() == pytest.approx([48 / 128, 64 / 128], abs=0.02)


def test_boxes_move_with_cut_and_mirrored_squares() -> None:
    pixels = np.zeros((32, POOL_SIDE, POOL_SIDE, 3), np.uint8)
    pixels[:, 60:80, 30:50] = 255
    box = ("cup", 30 / POOL_SIDE, 60 / POOL_SIDE, 50 / POOL_SIDE, 80 / POOL_SIDE)
    batch, boxes = augment(pixels, [[box]] * 32, np.random.default_rng(4))
    sides = set()
    for picture, [(name, left, top, right, low)] in zip(batch, boxes, strict=True):
        assert name == "cup"
        edges = [round(edge * SIDE) for edge in (left, top, right, low)]
        bright = torch.nonzero(picture[0] > 0)
        assert edges[:2] == [int(bright[:, 1].min()), int(bright[:, 0].min())]
        assert edges[2:] == [int(bright[:, 1].max()) + 1, int(bright[:, 0].max()) + 1]
        sides.add(left < 0.5)
    assert sides == {True, False}


@pytest.mark.filterwarnings("ignore")
def test_a_few_steps_of_each_phase_lower_its_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "BATCH", 12)
    pool = make_pool(TRAINING, 12, POOL_SIDE, describe=mixed_picture)
    torch.manual_seed(3)
    prepare(tmp_path, pool, 0, None)
    trainer = ClipTrainer(tmp_path, pool)
    for step in (trainer.picture_loss, trainer.text_loss, trainer.joint_loss):
        before = step(np.random.default_rng(1)).item()
        train_phase(trainer, step, tmp_path, done=lambda count: count / 4, rate=1e-2, seed=1)
        assert step(np.random.default_rng(1)).item() < before
    assert (tmp_path / "open_clip_model.safetensors").exists()
