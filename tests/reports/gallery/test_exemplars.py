"""The picked posts: rules that hold for any cluster."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng
from PIL import Image

from tests.seeds import new_seed
from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.story.corruption import apply_changes
from zeitgraph.extraction.explain.features import features_of
from zeitgraph.extraction.explain.image_features import measure
from zeitgraph.kg.base.terms import GalleryRole
from zeitgraph.reports.gallery.exemplars import Members, Pick, Vectors, pick_posts
from zeitgraph.reports.gallery.picture_quality import MIN_POSTS, low_quality_posts
from zeitgraph.training.painter.prototypes import prototype_in_style, render


def unit(chance: Generator, count: int) -> Vectors:
    vectors = chance.normal(size=(count, 6))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def members_of(chance: Generator, count: int) -> Members:
    return Members(
        post_ids=[f"p{i:03d}" for i in range(count)],
        vectors=unit(chance, count),
        heat=chance.exponential(size=count),
        age_days=chance.uniform(0, 7, count),
        looks=[f"s{i}" for i in range(count)],
        low_quality=[False] * count,
    )


def picked(picks: list[Pick], role: str) -> list[str]:
    return [pick.post_id for pick in picks if pick.role == role]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 30), st.integers(1, 12))
def test_no_post_is_typical_and_odd_and_no_role_has_more_than_count(
    seed: int, size: int, earlier: int, count: int
) -> None:
    chance = default_rng(seed)
    centres = dict(zip("abc", unit(chance, 3), strict=True))
    picks = pick_posts(members_of(chance, size), unit(chance, earlier), centres, "a", count)
    typical, odd = picked(picks, "typical"), picked(picks, "odd")
    assert typical
    assert not set(typical) & set(odd)
    assert bool(odd) == (size > 1)
    for role in ("typical", "rising", "odd"):
        ids = picked(picks, role)
        assert len(set(ids)) == len(ids) <= count


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_rising_posts_are_ordered_by_the_documented_score(seed: int, size: int) -> None:
    chance = default_rng(seed)
    members, earlier = members_of(chance, size), unit(chance, size)
    picks = pick_posts(members, earlier, {"a": unit(chance, 1)[0]}, "a", size)
    for pick in (p for p in picks if p.role == "rising"):
        i = members.post_ids.index(pick.post_id)
        all_vectors = np.concatenate([members.vectors, earlier])
        nearest = np.argsort(-np.delete(all_vectors, i, axis=0) @ members.vectors[i])[:10]
        fresh = 1 + int((nearest < size - 1).sum())
        growth = fresh / (1 + len(nearest))
        score = members.heat[i] * 2 ** (-members.age_days[i] / 3.5) * growth
        assert abs(pick.figures["score"] - score) < 1e-5
    scores = [p.figures["score"] for p in picks if p.role == "rising"]
    assert scores == sorted(scores, reverse=True)


def test_posts_that_look_the_same_are_shown_once() -> None:
    chance = default_rng(new_seed())
    members = members_of(chance, 20)
    same = replace(members, looks=["one"] * 20)
    picks = pick_posts(same, unit(chance, 0), {"a": unit(chance, 1)[0]}, "a", 8)
    assert [pick.role for pick in picks] == ["typical", "rising", "odd"]


def test_without_engagement_no_post_is_rising() -> None:
    chance = default_rng(new_seed())
    members = members_of(chance, 20)
    cold = replace(members, heat=members.heat * 0)
    picks = pick_posts(cold, unit(chance, 4), {"a": unit(chance, 1)[0]}, "a", 8)
    assert not picked(picks, "rising")


def test_posts_of_low_quality_are_neither_typical_nor_rising() -> None:
    chance = default_rng(new_seed())
    members = members_of(chance, 20)
    centres = {"a": unit(chance, 1)[0]}
    first = {
        pick.role: pick.post_id for pick in pick_posts(members, members.vectors, centres, "a", 1)
    }
    of_low_quality = [post_id in first.values() for post_id in members.post_ids]
    worse = replace(members, low_quality=of_low_quality)
    second = {
        pick.role: pick.post_id for pick in pick_posts(worse, members.vectors, centres, "a", 1)
    }
    assert second[GalleryRole.TYPICAL] != first[GalleryRole.TYPICAL]
    assert second[GalleryRole.RISING] != first[GalleryRole.RISING]
    assert second[GalleryRole.ODD] == first[GalleryRole.ODD]


def test_a_blurred_or_dark_picture_is_of_low_quality_within_its_style() -> None:
    seed = new_seed()
    chance = default_rng(seed)
    rows: list[Any] = []
    clusters: list[list[str]] = []
    good, blurred, dark = set[str](), set[str](), set[str]()
    for style in chance.choice(list(looks()), 6, replace=False).tolist():
        own = [f"{style} {number}" for number in range(14)]
        for number, post_id in enumerate(own):
            picture = Image.fromarray(render(prototype_in_style(style, chance)))
            change, kind = {0: (["blurred"], blurred), 1: (["dark"], dark)}.get(number, ([], good))
            kind.add(post_id)
            features = features_of([measure(apply_changes(picture, change))])
            rows.append({"post_id": post_id, **features})
        clusters.append(own)
    found = low_quality_posts(rows, clusters)
    assert blurred | dark <= found, seed
    assert len(good & found) <= 2, seed
    assert found == low_quality_posts(rows[::-1], clusters[::-1])


@pytest.mark.parametrize("posts", [0, 1, MIN_POSTS - 1])
def test_a_cluster_of_few_posts_has_none_of_low_quality(posts: int) -> None:
    own = [str(number) for number in range(posts)]
    rows: list[Any] = [
        {"post_id": post_id, "pictures": 1, "texture": float(post_id), "contrast": float(post_id)}
        for post_id in own
    ]
    assert not low_quality_posts(rows, [own])
