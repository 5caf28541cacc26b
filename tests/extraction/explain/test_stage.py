"""Rules: planted rules are found, and the report gives them with the figures of the table."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.clusters import new_workspace
from tests.worlds.report import LAST, RULE_WORDS, ask_tables, make_world
from zeitgraph.extraction.explain import stage as rule_stage
from zeitgraph.extraction.explain.rule_learner import (
    FeatureTable,
    RuleQuality,
    evaluate_rule,
    learn_rule,
)
from zeitgraph.extraction.explain.stage import is_training_post
from zeitgraph.extraction.geometry.sampling import sample_ids
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.kg.workspace.conditions import FEATURES, WORD, Condition, all_hold, rules_of
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.settings import RuleSettings
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.report.canned_questions import CLUSTER_RULES
from zeitgraph.reports.report.claim_check import why_dropped
from zeitgraph.reports.report.claims import Draft
from zeitgraph.reports.report.evidence_builder import collect_evidence
from zeitgraph.reports.report.rule_text import rule_text
from zeitgraph.reports.report.stage import weekly_report

STAGE = [stage for stage in STAGES if stage.name == "rules"]
FIRST = "2026-W20"
Row = Any


def blank(post_id: str, words: Sequence[str] = ()) -> Row:
    return {"post_id": post_id, "words": list(words), "pictures": 0} | dict.fromkeys(FEATURES)


def drawn(dice: random.Random, post_id: str, words: Sequence[str] = ()) -> Row:
    """A post with random features."""
    numbers = {name: round(dice.uniform(f.low, f.high), 4) % 360 for name, f in FEATURES.items()}
    return {"post_id": post_id, "words": list(words), "pictures": 1} | numbers


# -- the learner -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [11, 12, 13])
@pytest.mark.parametrize(
    "planted",
    [
        (Condition("hue", 200, 260),),
        (Condition("hue", 330, 30), Condition("value", 0.7, None)),
        (Condition("roundness", None, 0.4), Condition("word", word="linen")),
    ],
)
def test_a_planted_rule_is_found_and_holds_on_unseen_posts(
    seed: int, planted: tuple[Condition, ...]
) -> None:
    dice = random.Random(seed)
    words = ("linen", "chair", "rose", "亚麻")
    rows = [drawn(dice, f"p{n}", dice.sample(words, 2)) for n in range(1500)]
    target = np.array([all_hold(planted, row) for row in rows])
    training = np.array([is_training_post(row["post_id"]) for row in rows])
    table = FeatureTable(rows)
    rule = learn_rule(table, target, training, 3)
    assert {c.feature for c in rule} == {c.feature for c in planted}
    quality = evaluate_rule(rule, table, target, ~training)
    assert quality.precision > 0.85
    assert quality.recall > 0.85


def test_a_rule_for_random_posts_has_a_low_precision() -> None:
    dice = random.Random(14)
    rows = [drawn(dice, f"p{n}") for n in range(600)]
    target = np.arange(600) % 4 == 0
    training = np.array([is_training_post(row["post_id"]) for row in rows])
    quality = evaluate_rule(
        learn_rule(FeatureTable(rows), target, training, 3), FeatureTable(rows), target, ~training
    )
    assert quality.precision < 0.45


ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.none() | st.floats(f.low, f.high * 0.999) for name, f in FEATURES.items()}
        | {"words": st.lists(st.sampled_from(("a", "b", "'; --", "亚麻")), unique=True)}
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, data=st.data())
def test_a_rule_uses_only_measured_features_and_words_of_the_posts(
    rows: list[Row], data: st.DataObject
) -> None:
    size = len(rows)
    masks = st.lists(st.booleans(), min_size=size, max_size=size).map(np.array)
    target, training = data.draw(masks), data.draw(masks)
    table = FeatureTable(rows)
    rule = learn_rule(table, target, training, 3)
    learnt_from = [row for row, is_used in zip(rows, training, strict=True) if is_used]
    assert len(rule) <= 3
    for condition in rule:
        if condition.feature == WORD:
            assert any(condition.word in row["words"] for row in learnt_from)
        else:
            assert any(row[condition.feature] is not None for row in learnt_from)
            assert (condition.low, condition.high) != (None, None)
        if condition.feature == "hue":
            assert condition.low is not None
            assert condition.high is not None
            assert 0 < (condition.high - condition.low) % 360 <= 180
    one_by_one = [all_hold(rule, row) for row in rows]
    assert table.covered(rule).tolist() == one_by_one
    order = data.draw(st.permutations(range(size)))
    again = learn_rule(FeatureTable([rows[i] for i in order]), target[order], training[order], 3)
    assert again == rule


@pytest.mark.parametrize(("right", "is_good"), [(4, False), (5, True)])
def test_a_rule_that_is_right_in_fewer_than_five_posts_is_chance(
    right: int, *, is_good: bool
) -> None:
    quality = RuleQuality(posts=right, right=right, members=8)
    assert rule_stage.is_good(quality, RuleSettings()) is is_good


@given(value=st.none() | st.floats(0, 359.9), low=st.integers(0, 35), high=st.integers(1, 36))
def test_a_range_of_hues_may_contain_0_degrees(value: float | None, low: int, high: int) -> None:
    condition = Condition("hue", 10.0 * low, 10.0 * high)
    row = blank("p") | {"hue": value}
    steps = [(low + n) % 36 for n in range((high - low) % 36 or 36)]
    if low != high:
        assert condition.holds(row) == (value is not None and int(value // 10) in steps)


# -- the stage -------------------------------------------------------------------------------------


def put(folder: Path, seed: int, weeks: int = 3, a_week: int = 90) -> Workspace:
    """Clusters: blue posts, bright posts with a word, and two of random posts; some are copies."""
    place = new_workspace(folder, "[rules]\nleast = 12")
    dice = random.Random(seed)
    for week in (week_after(FIRST, number) for number in range(weeks)):
        features, members = [], []
        for number in range(a_week):
            post_id = f"{week}-{number:03d}"
            cluster = ("c-blue", "c-word", "c-any", "c-rest", "")[number % 5]
            row = drawn(dice, post_id) | {"hue": dice.uniform(0, 190)}
            if cluster == "c-blue":
                row |= {"hue": dice.uniform(200, 250)}
            if cluster == "c-word":
                row |= {"value": dice.uniform(0.8, 1), "words": ["'); DROP--", "linen"]}
            if number % 7 == 0:
                row = blank(post_id, row["words"])
            features.append(row | {"week": week})
            copied = f"{week}-{number - 5:03d}" if number % 35 > 29 else ""
            members.append({"post_id": post_id, "cluster_id": cluster, "week": week})
            members[-1] |= {"copy_of": copied}
        place.write("features", week, make_table(TABLES["features"], features))
        place.write("memberships", week, make_table(TABLES["memberships"], members))
    bring_up_to_date(place, STAGE, place.weeks("features"))
    return place


def counted(place: Workspace, cluster: str, rule: Sequence[Condition]) -> tuple[int, int, int]:
    """Of the posts not used for training: how many a rule covers, how many rightly, and members."""
    measured = {row["post_id"]: row for row in place.read_all("features").to_pylist()}
    held = [
        row
        for row in place.read_all("memberships").to_pylist()
        if row["cluster_id"] and not is_training_post(row["copy_of"] or row["post_id"])
    ]
    covered = [row for row in held if all_hold(rule, measured[row["post_id"]])]
    right = sum(row["cluster_id"] == cluster for row in covered)
    return len(covered), right, sum(row["cluster_id"] == cluster for row in held)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_precision_and_recall_are_those_of_a_plain_count(tmp_path: Path, seed: int) -> None:
    place = put(tmp_path / "w", seed)
    week = place.weeks("rules")[-1]
    rows = place.read("rules", week).to_pylist()
    rules = rules_of(rows)
    assert {"c-blue", "c-word"} <= {cluster for cluster, _ in rules}
    assert {c.feature for c in rules["c-blue", ""]} == {"hue"}
    for (cluster, part), rule in rules.items():
        posts, right, members = counted(place, cluster, rule)
        for row in rows:
            if (row["cluster_id"], row["substyle_id"]) == (cluster, part):
                assert (row["posts"], row["members"]) == (posts, members)
                assert row["precision"] == pytest.approx(right / posts, abs=1e-6)
                assert row["recall"] == pytest.approx(right / members, abs=1e-6)
    without_rule = [row["cluster_id"] for row in rows if row["position"] == 0]
    assert without_rule
    assert {*without_rule} | {c for c, _ in rules} == {"c-blue", "c-word", "c-any", "c-rest"}
    assert not {*without_rule} & {c for c, _ in rules}


def test_rules_of_a_week_do_not_change_with_later_weeks(tmp_path: Path) -> None:
    one, longer = put(tmp_path / "a", 24, weeks=2), put(tmp_path / "b", 24, weeks=3)
    for week in one.weeks("rules"):
        assert one.digest("rules", week) == longer.digest("rules", week)


def test_of_many_posts_the_sample_is_that_of_the_smallest_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_stage, "MAX_POSTS", 120)
    place, less = put(tmp_path / "a", 27), put(tmp_path / "b", 27)
    members = place.read_all("memberships").to_pylist()
    some = set(sample_ids([row["post_id"] for row in members if row["cluster_id"]], 120))
    for week in less.weeks("features"):
        kept = [r for r in less.read("memberships", week).to_pylist() if r["post_id"] in some]
        less.write("memberships", week, make_table(TABLES["memberships"], kept))
    bring_up_to_date(less, STAGE, less.weeks("features"))
    week = place.weeks("rules")[-1]
    assert place.digest("rules", week) == less.digest("rules", week)
    assert rules_of(place.read("rules", week).to_pylist())


def test_posts_of_a_replaced_cluster_count_for_its_successor(tmp_path: Path) -> None:
    place = put(tmp_path / "w", 25)
    first, *_, last = place.weeks("features")
    members = place.read("memberships", first).to_pylist()
    for row in members:
        row["cluster_id"] = row["cluster_id"].replace("c-blue", "c-old")
    place.write("memberships", first, make_table(TABLES["memberships"], members))
    event = {"week": last, "event": "merged", "cluster_id": "c-old", "other_id": "c-blue"}
    before = {r["cluster_id"]: r["members"] for r in place.read("rules", last).to_pylist()}
    place.write("lineage", last, make_table(TABLES["lineage"], [event | {"measure": 1.0}]))
    bring_up_to_date(place, STAGE, place.weeks("features"))
    after = {r["cluster_id"]: r["members"] for r in place.read("rules", last).to_pylist()}
    assert after == before


def test_without_pictures_rules_use_words_and_without_words_there_are_none(
    tmp_path: Path,
) -> None:
    place = new_workspace(tmp_path / "w", "[rules]\nleast = 12")
    rows = [blank(f"p{n}", ["linen"] if n % 2 else []) for n in range(80)]
    members = [{"post_id": f"p{n}", "cluster_id": f"c-{n % 2}", "week": FIRST} for n in range(80)]
    place.write("features", FIRST, make_table(TABLES["features"], rows))
    place.write("memberships", FIRST, make_table(TABLES["memberships"], members))
    bring_up_to_date(place, STAGE, [FIRST])
    found = {
        (r["cluster_id"], r["position"], r["word"]) for r in place.read("rules", FIRST).to_pylist()
    }
    assert found == {("c-0", 0, ""), ("c-1", 1, "linen")}


# -- rules in the report ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two weeks with a rule for most clusters."""
    return make_world(tmp_path_factory.mktemp("rules") / "w", 41, posts=60, weeks=2)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_gives_each_rule_and_the_checker_keeps_it(place: Workspace, lang: str) -> None:
    files = weekly_report(place, LAST, lang, "", ask=ask_tables(place))
    tree = json.loads(files.json.read_bytes())
    assert tree["dropped"] == []
    items = {item["id"]: item for item in tree["evidence"] if item["question"] == "cluster_rules"}
    said: Mapping[str, list[str]] = {
        section["cluster_id"]: [c["text"] for c in section["claims"] if {*c["evidence"]} & {*items}]
        for section in tree["sections"]
        if section["cluster_id"]
    }
    lengths = Counter(len(texts) for texts in said.values())
    assert lengths.keys() == {1, 2}
    words = {row["word"] for item in items.values() for row in item["rows"]} & {*RULE_WORDS}
    everything = " ".join(text for texts in said.values() for text in texts)
    assert words
    assert all(f"“{word}”" in everything for word in words)
    for item in items.values():
        text = rule_text(item["rows"], lang)
        assert (text in " ".join(said[item["arguments"]["cluster"]])) or not text
    page = files.html.read_text("utf-8")
    assert page.count("340°") >= 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It is right in {p}% of {n} posts.", ""),
        ("It is right in 12.3% of {n} posts.", "«12.3%» is not in"),
        ("It is right in {p}% of 9,999 posts.", "«9,999» is not in"),
        ("Its hue lies between 340° and 0°.", ""),
        ("Its hue lies between 123° and 340°.", "«123» is not in"),
        ("It made 340 friends.", "«340» is not in"),
        ("它在{n}条帖子中{p}%正确。", ""),
        ("它在{n}条帖子中3.2%正确。", "«3.2%» is not in"),
    ],
)
def test_a_sentence_about_a_rule_is_kept_only_with_its_figures(
    place: Workspace, text: str, reason: str
) -> None:
    evidence = collect_evidence(place, LAST, "en", ask_tables(place))
    items = evidence.answers(CLUSTER_RULES)
    item = next(i for i in items if i.rows[0]["high"] == 0)
    row = item.rows[0]
    said = text.format(p=f"{(row['precision'] or 0) * 100:.1f}", n=row["posts"])
    against = why_dropped(
        Draft(said, (item.evidence_id,)), evidence, str(item.arguments["cluster"])
    )
    assert against.startswith(reason)
    assert bool(against) == bool(reason)


def test_a_quoted_word_that_is_in_no_rule_is_checked_like_any_other(place: Workspace) -> None:
    evidence = collect_evidence(place, LAST, "en", ask_tables(place))
    item = next(i for i in evidence.items if i.question == "cluster_rules")
    draft = Draft("It asks for the word “hundreds of posts”.", (item.evidence_id,))
    assert why_dropped(draft, evidence, str(item.arguments["cluster"])).startswith("«hundreds of")
