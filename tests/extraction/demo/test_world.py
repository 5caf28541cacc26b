"""The demo world contains what was planted: in time, in posts and in engagement."""

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.story.engagement import GOLDEN_LIFT, LATE, is_golden
from zeitgraph.extraction.demo.story.names import entities, of_kind
from zeitgraph.extraction.demo.story.timeline import PEAK, PLAN, SEASON, Plan, Timeline, planned
from zeitgraph.extraction.demo.story.world import CORRUPTION_SHARES, Post, World

WORLD = World(seed=3, posts=5200)


def plan_of(event: str, lineage: str) -> Plan:
    (plan,) = (plan for plan in PLAN if (plan.event, plan.lineage) == (event, lineage))
    return plan


@pytest.fixture(scope="module")
def many() -> list[Post]:
    return [WORLD.post(number) for number in range(WORLD.posts)]


# -- time ------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(weeks=st.integers(1, 520), place=st.floats(0, 1))
def test_shares_of_any_week_of_any_timeline_sum_to_one(weeks: int, place: float) -> None:
    shares = Timeline(weeks, "2026-W46").shares(round(place * (weeks - 1)))
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0


@settings(max_examples=25, deadline=None)
@given(weeks=st.integers(1, 60), posts=st.integers(1, 120), seed=st.integers(0, 99))
def test_a_world_of_any_size_has_all_its_posts(weeks: int, posts: int, seed: int) -> None:
    world = World(seed, posts, weeks)
    made = [world.post(number) for number in range(posts)]
    assert [post.week for post in made] == sorted(post.week for post in made)
    assert all(f"{post.published_at:%G-W%V}" == post.week for post in made)
    inside = {world.timeline.week(index) for index in range(weeks)}
    for event in world.events():
        assert {event.week, event.until} <= inside | {""}


def test_numbers_of_posts_differ_from_week_to_week(many: list[Post]) -> None:
    counts = Counter(post.week for post in many)
    assert len(counts) == WORLD.weeks
    assert max(counts.values()) > 1.3 * min(counts.values())


def test_every_line_of_the_story_is_one_event(many: list[Post]) -> None:
    events = Counter((event.event, event.style) for event in WORLD.events())
    assert events == Counter((plan.event, plan.lineage) for plan in PLAN)


def test_the_posts_of_a_lineage_are_as_many_as_planned(many: list[Post]) -> None:
    people = [post for post in many if not post.bot]
    volume = Counter(post.week for post in people)
    posted = Counter(post.lineage for post in people)
    planned_posts: Counter[str] = Counter()
    for index, shares in enumerate(WORLD.shares):
        for lineage, share in shares.items():
            planned_posts[lineage] += share * volume[WORLD.timeline.week(index)]  # type: ignore[assignment]
    for lineage, count in planned_posts.items():
        assert abs(posted[lineage] - count) < 5 * np.sqrt(count), lineage


@pytest.mark.parametrize(
    ("style", "first"), [("fairycore", 0.01), ("solarpunk", 0.02), ("balletcore", 0.05)]
)
def test_a_style_is_born_with_its_share_and_grows(style: str, first: float) -> None:
    time = WORLD.timeline
    born = time.span(plan_of("birth", style))[0]
    assert style not in time.shares(born - 1)
    assert time.shares(born)[style] == pytest.approx(first)
    assert time.shares(time.weeks - 1)[style] == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("lineage", "other", "share", "seen"),
    [("camping", "glamping", 1.0, "glamping"), ("coastal", "riviera", 0.65, "riviera"),
     ("gothic", "velvet", 0.3, "gothic")],
)  # fmt: skip
def test_drifts_go_as_far_as_planned(
    many: list[Post], lineage: str, other: str, share: float, seen: str
) -> None:
    weeks = [WORLD.timeline.week(index) for index in range(WORLD.weeks)]
    drifting = [post for post in many if post.lineage == lineage]
    assert {post.style for post in drifting} <= {lineage, other}
    assert {post.style for post in drifting if post.week in weeks[:4]} == {lineage}
    late = [post for post in drifting if post.week in weeks[-4:]]
    assert np.mean([post.style == seen for post in late]) > 0.95
    assert np.mean([post.shown.drift for post in late]) == pytest.approx(share, abs=0.06)
    degrees = [
        np.mean([post.shown.drift for post in drifting if post.week in weeks[at : at + 4]])
        for at in range(0, WORLD.weeks - 3, 4)
    ]
    assert all(later > earlier - 0.02 for earlier, later in pairwise(degrees))


def test_half_of_a_style_leaves_and_looks_different_three_weeks_later(many: list[Post]) -> None:
    first, last = WORLD.timeline.span(planned("split"))
    weeks = {WORLD.timeline.week(index): index for index in range(WORLD.weeks)}
    candy = [post for post in many if post.lineage == "candy"]
    assert min(weeks[post.week] for post in candy) >= first
    assert {post.style for post in candy if weeks[post.week] == first} <= {"dopamine"}
    assert {post.style for post in candy if weeks[post.week] > last} == {"candy"}
    before, after = WORLD.timeline.shares(first - 1), WORLD.timeline.shares(first)
    assert after["candy"] == pytest.approx(after["dopamine"])
    assert before["dopamine"] > after["dopamine"]


def test_merging_styles_meet_and_stay_one(many: list[Post]) -> None:
    merged = WORLD.timeline.week(WORLD.timeline.span(planned("merge"))[1])
    assert all(post.week < merged for post in many if post.lineage == "vaporwave")
    assert {post.style for post in many if post.lineage == "vaporwave"} == {"vaporwave"}
    after = [post for post in many if post.lineage == "y2k" and post.week >= merged]
    assert {post.style for post in after} == {"y2k"}
    assert np.mean([post.shown.drift for post in after]) == pytest.approx(0.47, abs=0.03)


def test_a_dead_style_has_no_more_posts(many: list[Post]) -> None:
    died = WORLD.timeline.week(WORLD.timeline.span(planned("death"))[1])
    posted = Counter(post.week for post in many if post.lineage == "vintage-film")
    assert posted
    assert max(posted) < died


def test_a_season_returns_every_year_and_is_largest_at_its_peak() -> None:
    time = Timeline(110, "2026-W46")
    shares = {time.week(index): time.shares(index).get("harvest", 0.0) for index in range(110)}
    assert {week for week, share in shares.items() if share} == {
        week for week in shares if int(week[-2:]) in SEASON
    }
    assert max(shares, key=shares.__getitem__).endswith(f"W{PEAK}")
    assert [event.week for event in time.events() if event.event == "season"] == [
        "2024-W41", "2025-W36", "2026-W36",
    ]  # fmt: skip


# -- posts -----------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(number=st.integers(0, 5199))
def test_a_post_does_not_depend_on_the_order_of_requests(number: int) -> None:
    assert World(seed=3, posts=5200).post(number) == WORLD.post(number)


def test_a_post_lacks_text_or_pictures_but_never_both(many: list[Post]) -> None:
    assert np.mean([not post.caption.text for post in many]) == pytest.approx(0.15, abs=0.02)
    assert np.mean([not post.pictures for post in many]) == pytest.approx(0.20, abs=0.02)
    assert all(post.caption.text or post.pictures for post in many)
    assert any(len(post.pictures) > 1 for post in many)
    assert any(post.has_video for post in many)


def test_every_look_is_posted(many: list[Post]) -> None:
    assert {post.style for post in many} == set(looks()) - {"velvet"}


def test_names_and_drawings_match() -> None:
    scenes = {entity.id for entity in of_kind("scene") if entity.about == "scene"}
    assert scenes == set(SCENES)
    for entity in entities().values():
        assert set(entity.related) <= {*entities(), *looks()}, entity.id


def test_a_copy_is_later_than_its_original_and_the_original_is_no_copy(many: list[Post]) -> None:
    known = {post.id: post for post in many}
    kinds = Counter(post.copy_kind for post in many)
    assert kinds["exact"] > 30 < kinds["near"]
    for post in many:
        if post.copy_of:
            original = known[post.copy_of]
            assert original.id < post.id
            assert original.published_at <= post.published_at
            assert not original.copy_of
            assert (original.lineage, original.pictures) == (post.lineage, post.pictures)
            same = (original.caption, original.changes) == (post.caption, post.changes)
            assert same == (post.copy_kind == "exact")


def test_bots_copy_three_posts_of_one_style_in_one_week_and_get_no_likes(
    many: list[Post],
) -> None:
    bots = [post for post in many if post.bot]
    (week,) = {post.week for post in bots}
    others = [post for post in many if post.week == week and not post.bot]
    assert len(bots) / len(others) == pytest.approx(0.06, abs=0.01)
    assert {post.lineage for post in bots} == {"nordic-minimal"}
    assert len({post.copy_of for post in bots}) == 3
    assert len({post.author.name for post in bots}) <= 3
    assert np.median([post.engagement.views for post in bots]) > 3 * np.median(
        [post.engagement.views for post in others]
    )
    assert sum(p.engagement.likes for p in bots) < 0.005 * sum(p.engagement.views for p in bots)


def test_corruption_has_its_planned_frequency_and_only_affects_possible_posts(
    many: list[Post],
) -> None:
    counts = Counter(post.quality for post in many)
    assert set(counts) == {"ok", *CORRUPTION_SHARES}
    assert 0.85 < counts["ok"] / len(many) < 0.97
    for post in many:
        assert post.caption.text or post.quality != "spam"
        assert post.pictures or post.quality in ("ok", "spam")
        assert post.quality != "truncated" or (post.caption.text and post.pictures)


def test_persons_at_events_are_in_the_picture_or_the_text(many: list[Post]) -> None:
    seen = [post for post in many if post.appearance]
    assert 0.05 < len(seen) / len(many) < 0.11
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for post in seen:
        appearance = post.appearance
        assert appearance is not None
        assert post.shown.scene == appearance.background
        assert len(appearance.persons) == len(appearance.clothing) == len({*appearance.persons})
        assert post.pictures or appearance.persons[0] in {
            mention.entity_id for mention in post.caption.mentions
        }
        groups[appearance.event].update(appearance.persons)
    for persons in groups.values():
        usual = sum(count for _, count in persons.most_common(3))
        assert usual > 0.7 * persons.total()


# -- engagement ------------------------------------------------------------------------------------


def test_engagement_has_a_heavy_tail_and_sane_counts(many: list[Post]) -> None:
    views = np.sort([post.engagement.views for post in many])
    assert views[-len(views) // 100 :].sum() > 0.1 * views.sum()
    for post in many:
        engagement = post.engagement
        assert (
            0
            <= engagement.comments
            <= engagement.likes
            <= engagement.views
            <= engagement.impressions
        )
        assert 0 <= engagement.clicks <= engagement.impressions


def test_a_burst_of_heat_raises_views_and_not_posts(many: list[Post]) -> None:
    plan, last = planned("heat-burst"), WORLD.timeline.week(WORLD.weeks - 1)
    week = [post for post in many if post.week == last and not post.author.head]
    log = {
        inside: np.mean(
            [np.log(p.engagement.views) for p in week if (p.lineage == plan.lineage) == inside]
        )
        for inside in (True, False)
    }
    assert log[True] - log[False] == pytest.approx(np.log(plan.strength), abs=0.8)
    shares = [WORLD.timeline.shares(at)[plan.lineage] for at in (WORLD.weeks - 2, WORLD.weeks - 1)]
    assert shares[1] == pytest.approx(shares[0], rel=0.1)


def test_young_posts_have_fewer_views(many: list[Post]) -> None:
    ages = [(WORLD.now - post.published_at).days for post in many]
    young = [np.log(p.engagement.views) for p, age in zip(many, ages, strict=True) if age < 1]
    old = [np.log(p.engagement.views) for p, age in zip(many, ages, strict=True) if age > 14]
    assert np.mean(young) < np.mean(old) - 0.7


def test_golden_layouts_are_clicked_more_and_only_an_adjusted_comparison_measures_it(
    many: list[Post],
) -> None:
    read = [post for post in many if not post.bot and post.engagement.impressions > 50]
    rates: defaultdict[tuple[str, bool], tuple[list[float], list[float]]]
    rates = defaultdict(lambda: ([], []))
    for post in read:
        layout = rates[post.style, post.published_at.hour in LATE]
        rate = post.engagement.clicks / post.engagement.impressions
        layout[is_golden(post.shown.layout)].append(rate)
    others, golden = ([rate for pair in rates.values() for rate in pair[at]] for at in (0, 1))
    assert abs(np.mean(golden) / np.mean(others) - GOLDEN_LIFT) > 0.08
    logs, weights, variances = [], [], []
    for plain, gold in rates.values():
        if min(len(plain), len(gold)) > 4:
            logs.append(np.log(np.mean(gold) / np.mean(plain)))
            weights.append(len(plain) * len(gold) / (len(plain) + len(gold)))
            variances.append(sum(np.var(x) / len(x) / np.mean(x) ** 2 for x in (plain, gold)))
    share = np.array(weights) / sum(weights)
    estimate, error = share @ np.array(logs), np.sqrt(share**2 @ np.array(variances))
    assert abs(estimate - np.log(GOLDEN_LIFT)) < 3 * error
    assert error < 0.02


def _head(post: Post) -> bool:
    return post.author.head


def _east(post: Post) -> bool:
    return post.author.audience.region == "east"


@pytest.mark.parametrize(("is_loud", "posts", "views"), [(_head, 0.15, 0.3), (_east, 0.6, 0.55)])
def test_the_loud_head_dominates_the_views(
    many: list[Post], is_loud: Callable[[Post], bool], posts: float, views: float
) -> None:
    people = [post for post in many if not post.bot]
    seen = sum(post.engagement.views for post in people if is_loud(post))
    assert np.mean([is_loud(post) for post in people]) < posts
    assert seen > views * sum(post.engagement.views for post in people)


def test_an_author_has_the_same_audience_group_in_every_post(many: list[Post]) -> None:
    known: defaultdict[str, set[object]] = defaultdict(set)
    for post in many:
        known[post.author.name].add(post.author.audience)
    assert max(map(len, known.values())) == 1
    counts = sorted((Counter(post.author.name for post in many)).values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > 0.3 * len(many)
