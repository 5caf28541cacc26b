"""The pools of pictures for training and evaluation."""

from pathlib import Path

import numpy as np
from PIL import Image

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.picture import boxes, draw
from zeitgraph.extraction.demo.story.timeline import LOOK_CHANGES
from zeitgraph.training.clip.pool import TRAINING, make_pool, pool_picture


def test_a_pool_has_every_look_in_turn_and_every_drift_at_any_stage() -> None:
    pictures = [pool_picture(TRAINING, index) for index in range(40 * len(looks()))]
    assert {picture.look().id for picture in pictures} == set(looks())
    for before, after in LOOK_CHANGES:
        gone = [p.drift for p in pictures if (p.style, p.toward) == (before, after)]
        assert min(gone) < 0.2
        assert max(gone) > 0.8


def test_a_pool_is_drawn_at_its_side() -> None:
    round_of_looks = len(looks())
    pool = make_pool(TRAINING, round_of_looks + 1, 64)
    assert pool.pixels.shape == (round_of_looks + 1, 64, 64, 3)
    np.testing.assert_array_equal(pool.pixels[-1], np.asarray(draw(pool.pictures[-1], 64)))
    reduced = draw(pool.pictures[2]).resize((64, 64), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(pool.pixels[2], np.asarray(reduced))
    assert pool.boxes[2] == tuple(boxes(pool.pictures[2]))


def test_a_cached_pool_is_read_and_one_of_other_pictures_is_drawn_again(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "pool.npy"
    first = make_pool(5, 6, 32, cache=cache)
    np.save(cache, np.concatenate([first.pixels, np.zeros((1, 32, 32, 3), np.uint8)]))
    assert len(make_pool(5, 6, 32, cache=cache).pixels) == 6
    assert np.load(cache).shape[0] == 7
    grown = make_pool(5, 9, 32, cache=cache).pixels
    assert np.array_equal(grown[:6], first.pixels)
    assert np.load(cache).shape[0] == 9
    assert not np.array_equal(make_pool(6, 6, 32, cache=cache).pixels, first.pixels)
    assert np.load(cache).shape[0] == 6
