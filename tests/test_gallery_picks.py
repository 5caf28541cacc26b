"""Which posts are picked: rules that hold for any cluster."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, default_rng

from zeitgraph.reports.picks import Members, Pick, Vectors, pick_posts


def unit(chance: Generator, count: int) -> Vectors:
    vectors = chance.normal(size=(count, 6))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def crowd(chance: Generator, count: int) -> Members:
    return Members(
        post_ids=[f"p{i:03d}" for i in range(count)],
        vectors=unit(chance, count),
        heat=chance.exponential(size=count),
        age_days=chance.uniform(0, 7, count),
        shows=[f"s{i}" for i in range(count)],
    )


def picked(picks: list[Pick], role: str) -> list[str]:
    return [pick.post_id for pick in picks if pick.role == role]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 30), st.integers(1, 12))
def test_typical_and_odd_never_meet_and_no_role_is_overfull(
    seed: int, size: int, earlier: int, count: int
) -> None:
    chance = default_rng(seed)
    centres = dict(zip("abc", unit(chance, 3), strict=True))
    picks = pick_posts(crowd(chance, size), unit(chance, earlier), centres, "a", count)
    typical, odd = picked(picks, "typical"), picked(picks, "odd")
    assert typical
    assert not set(typical) & set(odd)
    assert bool(odd) == (size > 1)
    for role in ("typical", "rising", "odd"):
        ids = picked(picks, role)
        assert len(set(ids)) == len(ids) <= count


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_rising_follows_the_stated_score(seed: int, size: int) -> None:
    chance = default_rng(seed)
    members, earlier = crowd(chance, size), unit(chance, size)
    picks = pick_posts(members, earlier, {"a": unit(chance, 1)[0]}, "a", size)
    for pick in (p for p in picks if p.role == "rising"):
        i = members.post_ids.index(pick.post_id)
        everyone = np.concatenate([members.vectors, earlier])
        nearest = np.argsort(-np.delete(everyone, i, axis=0) @ members.vectors[i])[:10]
        fresh = 1 + int((nearest < size - 1).sum())
        growth = fresh / (1 + len(nearest))
        score = members.heat[i] * 2 ** (-members.age_days[i] / 3.5) * growth
        assert abs(pick.figures["score"] - score) < 1e-5
    scores = [p.figures["score"] for p in picks if p.role == "rising"]
    assert scores == sorted(scores, reverse=True)


def test_posts_that_show_the_same_are_shown_once() -> None:
    chance = default_rng()
    members = crowd(chance, 20)
    same = Members(members.post_ids, members.vectors, members.heat, members.age_days, ["one"] * 20)
    picks = pick_posts(same, unit(chance, 0), {"a": unit(chance, 1)[0]}, "a", 8)
    assert [pick.role for pick in picks] == ["typical", "rising", "odd"]


def test_without_engagement_nothing_rises() -> None:
    chance = default_rng()
    members = crowd(chance, 20)
    cold = Members(
        members.post_ids, members.vectors, members.heat * 0, members.age_days, members.shows
    )
    picks = pick_posts(cold, unit(chance, 4), {"a": unit(chance, 1)[0]}, "a", 8)
    assert not picked(picks, "rising")
