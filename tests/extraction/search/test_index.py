"""The index of vectors: nearly the exact neighbours, from 64 bytes a vector, deterministic."""

from collections.abc import Iterator

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zeitgraph.extraction.geometry.unit_vectors import Points, unit_rows
from zeitgraph.extraction.search.index import Index
from zeitgraph.extraction.search.product_quantizer import BYTES, lists_for, train_quantizer

FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def clustered(seed: int, count: int, width: int) -> Points:
    """Unit rows around 40 centres; each cluster varies in eight directions, with some noise."""
    dice = np.random.default_rng(seed)
    centres, axes = dice.normal(size=(40, width)), dice.normal(size=(40, 8, width))
    own = dice.integers(40, size=count)
    rows = centres[own] + np.einsum("nk,nkd->nd", dice.normal(size=(count, 8)) * 0.3, axes[own])
    return unit_rows(rows + 0.2 * dice.normal(size=rows.shape))


def index_of(points: Points, count: int = 3) -> Index:
    quantizer = train_quantizer(points, lists_for(len(points)))
    parts = np.array_split(points, count)
    codes = np.concatenate([quantizer.encode(part) for part in parts])
    return Index(parts, quantizer.shortlist(codes))


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(request.param)
    yield request.param
    faiss.omp_set_num_threads(before)


@FEW
@given(seed=st.integers(0, 10**9), width=st.sampled_from([24, 100, 320]))
def test_at_least_95_percent_of_ten_true_neighbours_are_found(seed: int, width: int) -> None:
    rows = clustered(seed, 3100, width)
    points, queries = rows[:3000], rows[3000:]
    found, cosines = index_of(points).search(queries, 10)
    true, _ = Index([points]).search(queries, 10)
    same = sum(np.isin(own, other).sum() for own, other in zip(true, found, strict=True))
    assert same / true.size >= 0.95
    exact = np.einsum("qd,qkd->qk", queries, points[found], dtype=np.float64)
    assert np.abs(cosines - exact).max() < 1e-5


@FEW
@given(seed=st.integers(0, 10**9), count=st.integers(1, 40))
def test_without_a_shortlist_the_answer_is_exact(seed: int, count: int) -> None:
    points = clustered(seed, 300, 20)
    queries = clustered(seed + 1, 5, 20)
    found, cosines = Index(np.array_split(points, 4)).search(queries, count)
    products = queries.astype(np.float64) @ points.T.astype(np.float64)
    assert np.abs(cosines - np.sort(-products, axis=1)[:, :count] * -1).max() < 1e-5
    assert np.abs(np.take_along_axis(products, found, 1) - cosines).max() < 1e-5


def test_a_code_has_the_number_of_a_list_and_64_bytes() -> None:
    points = clustered(1, 3000, 320)
    codes = train_quantizer(points, 128).encode(points)
    assert codes.shape == (3000, 1 + BYTES)
    assert codes[:, 0].max() < 128


def test_a_quantizer_does_not_depend_on_the_number_of_threads(threads: int) -> None:
    points = clustered(2, 3000, 100)
    quantizer = train_quantizer(points, 128)
    assert faiss.omp_get_max_threads() == threads
    faiss.omp_set_num_threads(1)
    other = train_quantizer(points, 128)
    for name in ("axes", "centres", "codewords"):
        assert getattr(quantizer, name).tobytes() == getattr(other, name).tobytes()
    assert quantizer.encode(points).tobytes() == other.encode(points).tobytes()


def test_an_answer_is_the_same_alone_and_among_many_and_from_other_parts(threads: int) -> None:
    rows = clustered(3, 3200, 100)
    index = index_of(rows[:3000])
    together = index.search(rows[3000:], 10)
    for place, query in enumerate(rows[3000:]):
        alone = index.search(query[None], 10)
        assert alone[0][0].tolist() == together[0][place].tolist()
        assert alone[1][0].tolist() == together[1][place].tolist()
    elsewhere = Index([rows[:1], rows[1:3000]], index.shortlist).search(rows[3000:], 10)
    assert (elsewhere[0] == together[0]).all()


def test_equal_vectors_are_found_once_each_and_few_vectors_give_few() -> None:
    points = np.repeat(unit_rows(np.eye(70)[:1]), 400, axis=0)
    found, cosines = index_of(points).search(points[:2], 10)
    assert all(len(set(rows)) == 10 for rows in found.tolist())
    assert (cosines == 1).all()
    assert Index([points[:3]]).search(points[:1], 10)[0].tolist() == [[0, 1, 2]]


def test_a_long_answer_has_the_length_that_was_asked_for() -> None:
    points = clustered(5, 3000, 40)
    index = index_of(points)
    for count in (11, 300, 1500, 3000, 5000):
        rows = index.search(points[:1], count)[0][0]
        assert len(set(rows.tolist()) - {-1}) == min(count, 3000)


def test_a_quantizer_is_not_trained_on_too_few_vectors() -> None:
    with pytest.raises(ValueError, match="too few"):
        train_quantizer(clustered(4, 200, 20), 16)
