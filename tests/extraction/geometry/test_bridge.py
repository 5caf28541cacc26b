"""The learned bridge: it translates between two models, and changes nothing within one."""

import csv
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.seeds import new_seed, new_seeds
from zeitgraph.extraction.geometry.bridge import LEAST_PAIRS, fill_sides, learn_bridge
from zeitgraph.extraction.geometry.neighbours import neighbours_of
from zeitgraph.extraction.geometry.post_space import centred
from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows

WIDTH = 24
SEEDS = new_seeds(3)


def pairs(seed: int, count: int = 400, noise: float = 0.15) -> tuple[Points, Points]:
    """Pictures and texts of the same posts, equal but for noise."""
    chance = np.random.default_rng(seed)
    meant = unit_rows(chance.normal(size=(count, WIDTH)))
    pictures, texts = (unit_rows(meant + noise * chance.normal(size=meant.shape)) for _ in range(2))
    return pictures, texts


def found(rows: Points, there: Points) -> float:
    """The share of rows whose nearest row is their own partner."""
    return float(np.mean((rows @ there.T).argmax(axis=1) == np.arange(len(rows))))


def rotated(rows: Points, seed: int) -> Points:
    """The same rows in the space of another model: a random rotation."""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(rows.shape[1],) * 2))[0]
    return unit_rows(rows.astype(float) @ turn)


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_of_another_model_are_mapped_to_their_pictures(seed: int) -> None:
    pictures, same = pairs(seed)
    texts = rotated(same, seed + 1)
    bridge = learn_bridge(pictures[:300], texts[:300])
    assert bridge is not None
    assert bridge.learned > bridge.plain + 0.3
    mapped = bridge.pictures_of(texts[300:])
    back = bridge.texts_of(pictures[300:])
    for rows, there in ((mapped, pictures[300:]), (back, texts[300:])):
        assert found(rows, there) > found(same[300:], pictures[300:]) - 0.2
    assert np.allclose(np.linalg.norm(mapped, axis=1), 1, atol=1e-6)


def test_sides_of_one_model_are_seldom_changed() -> None:
    chance = random.Random(new_seed())
    learned = [learn_bridge(*pairs(chance.randrange(10**9), noise=0.3)) for _ in range(20)]
    assert (
        sum(bridge is not None for bridge in learned) <= 3
    )  # each with a probability of about one in a hundred


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_learned_from_few_or_unrelated_pairs(seed: int) -> None:
    pictures, texts = pairs(seed)
    few = LEAST_PAIRS - 1
    assert learn_bridge(pictures[:few], rotated(texts, seed)[:few]) is None
    assert learn_bridge(pictures[:300], pairs(seed + 1)[1][:300]) is None


def test_posts_that_lack_a_side_get_it_and_the_others_are_unchanged() -> None:
    pictures, texts = pairs(SEEDS[0], count=300)
    texts = rotated(texts, 9)
    ids = tuple(f"p-{n:03d}" for n in range(300))
    shows, says = np.arange(300) < 250, np.arange(300) >= 40
    sides = [
        (tuple(np.array(ids)[own]), rows[own]) for own, rows in ((shows, pictures), (says, texts))
    ]
    filled = fill_sides(*sides)
    for (before, rows), (after, more), true in zip(sides, filled, (pictures, texts), strict=True):
        assert sorted(after) == list(ids)
        assert after[: len(before)] == before
        assert np.array_equal(more[: len(before)], rows)
        lacked = [ids.index(i) for i in after[len(before) :]]
        assert (
            np.mean(np.sum(more[len(before) :] * true[lacked], axis=1)) > 0.4
        )  # without the bridge about 0
    alone, nothing = (("p-1",), pictures[:1]), ((), texts[:0])
    left = fill_sides(alone, nothing)
    assert left[0] is alone
    assert left[1] is nothing


def test_the_same_pairs_give_the_same_bytes() -> None:
    pictures, texts = pairs(SEEDS[0])
    one, other = (learn_bridge(pictures, rotated(texts, 5)) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one.to_text.tobytes() == other.to_text.tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_products_with_texts_of_another_model_are_near_their_own_kind(
    seed: int, real_data: Path
) -> None:
    folder = real_data / "products"
    pictures, texts = (centred(np.load(folder / f"{n}_vectors.npy")) for n in ("image", "text"))
    with (folder / "meta.csv").open(encoding="utf-8") as file:
        kinds = np.array([row["weak_category"] for row in csv.DictReader(file)])
    texts = rotated(texts, seed)
    silent = np.random.default_rng(seed).random(len(kinds)) < 0.3  # these have no picture
    bridge = learn_bridge(pictures[~silent], texts[~silent])
    assert bridge is not None
    both = unit_rows(pictures + texts.astype(float))
    plain, filled = both.copy(), both.copy()
    plain[silent] = texts[silent]
    filled[silent] = unit_rows(texts[silent] + bridge.pictures_of(texts[silent]).astype(float))
    assert same_kind(filled, kinds, silent) > same_kind(plain, kinds, silent)


def same_kind(points: Points, kinds: NDArray[np.str_], of: NDArray[np.bool_]) -> float:
    """The share of the neighbours of some points that are of the same kind."""
    nearest = neighbours_of(points, 16)[of, 1:]
    return float(np.mean(kinds[nearest] == kinds[of][:, None]))
