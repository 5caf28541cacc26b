"""The figures of the scoreboard, each against a value computed by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.worlds.bench import (
    OBJECTS,
    WEEKS,
    Rows,
    Scores,
    lineage_row,
    scores_of,
    write,
    write_rows,
)
from zeitgraph.reports.evaluation.score import rate_score, share_score
from zeitgraph.reports.evaluation.truth import PlantedEvent, Truth


def test_posts_without_a_cluster_are_noise(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    lost = [row for row in tables["memberships"] if row["post_id"].endswith(("-00", "-01", "-02"))]
    for row in lost:
        row["cluster_id"] = ""
    scores = scores_of(tmp_path, truth, tables)
    assert scores["noise"].value == pytest.approx(3 / 12)
    assert scores["drift_strong"].value == pytest.approx(9 / 12)
    assert scores["ami_assigned"].value == 1.0
    assert 0.5 < (scores["ami_all"].value or 0) < 1.0


def test_lost_posts_count_as_missed(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for table in ("memberships", "mentions", "links"):
        tables[table] = [row for row in tables[table] if not row["post_id"].endswith("-00")]
    scores = scores_of(tmp_path, truth, tables)
    assert scores["noise"].value == pytest.approx(1 / 12)
    assert scores["drift_strong"].value == pytest.approx(11 / 12)
    assert scores["entities"].value == pytest.approx(2 * 11 / (12 + 11))


def test_a_drift_cut_in_half_has_half_its_posts_under_one_id(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    for row in tables["memberships"]:
        if row["cluster_id"] == "c-camping" and row["week"] >= WEEKS[10]:
            row["cluster_id"] = "c-glamping"
    scores = scores_of(tmp_path, truth, tables)
    assert scores["drift_strong"].value == 0.5
    assert scores["drift_medium"].value == scores["drift_weak"].value == 1.0


def test_a_core_that_stays_has_the_correlation_0(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["clusters"]:
        if row["cluster_id"] == "c-camping":
            row["core"] = [1.0, 0.0]
    score = scores_of(tmp_path, truth, tables)["drift_path"]
    assert score.parts == pytest.approx({"camping": 0.0, "coastal": 1.0, "gothic": 1.0})
    assert score.value == pytest.approx(2 / 3)


def test_a_path_that_lacks_most_weeks_scores_low(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    tables["clusters"] = [
        row
        for row in tables["clusters"]
        if row["cluster_id"] != "c-camping" or row["week"] >= WEEKS[-3]
    ]
    score = scores_of(tmp_path, truth, tables)["drift_path"]
    assert score.parts["camping"] == pytest.approx(3 / 20, abs=0.01)
    assert (score.low, score.bounds) == (score.parts["camping"], "range")


def test_reported_drifts_are_compared_with_planted_drifts(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    tables["lineage"] = [row for row in tables["lineage"] if row["cluster_id"] != "c-gothic"]
    tables["lineage"].append(lineage_row(WEEKS[5], "drifted", "cyberpunk"))
    score = scores_of(tmp_path, truth, tables)["drifts_detected"]
    assert score.value == pytest.approx(2 / 3)  # found 2 of 3, right 2 of 3
    assert score.detail == "2 / 3, 2 / 3"


def test_a_late_birth_has_a_delay_and_a_second_one_is_false(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    for row in tables["lineage"]:
        if row["cluster_id"] == "c-fairycore":
            row["week"] = WEEKS[13]
    tables["lineage"] += [lineage_row(WEEKS[7], "born", name) for name in ("gothic", "cyberpunk")]
    scores = scores_of(tmp_path, truth, tables)
    assert scores["birth_delay"].value == 3
    assert scores["birth_delay"].bounds == "range"
    assert scores["births_found"].value == 1.0
    assert scores["births_false"].value == pytest.approx(2 / 16)
    assert scores["births_false"].detail == "cyberpunk 1, gothic 1"


def test_the_delays_of_births_are_computed_once(
    tmp_path: Path, truth: Rows, tables: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    events = Truth.events

    def counting(truth: Truth, event: str) -> list[PlantedEvent]:
        asked.append(event)
        return events(truth, event)

    monkeypatch.setattr(Truth, "events", counting)
    scores = scores_of(tmp_path, truth, tables)
    assert scores["births_found"].detail == scores["birth_delay"].detail == "fairycore +0"
    assert asked == ["birth"]


def test_an_unreported_birth_has_no_delay(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    tables["lineage"] = [row for row in tables["lineage"] if row["cluster_id"] != "c-fairycore"]
    scores = scores_of(tmp_path, truth, tables)
    assert scores["births_found"].value == 0.0
    assert scores["birth_delay"].why == "unmeasured"


@pytest.mark.parametrize(
    ("column", "event", "style", "other", "step"),
    [
        ("splits", "split", "candy", "dopamine", 8),
        ("merges", "merged", "vaporwave", "y2k", 12),
        ("deaths", "faded", "vintage-film", "", 14),
    ],
)
def test_an_event_counts_within_two_weeks(  # noqa: PLR0917 -- a table of cases
    tmp_path: Path, truth: Rows, tables: Rows, column: str, event: str, style: str, other: str,
    step: int,
) -> None:  # fmt: skip
    case = write(tmp_path, truth, tables)
    kept = [row for row in tables["lineage"] if row["event"] != event]
    for late, hit in ((-3, 0), (-2, 1), (2, 1), (3, 0)):
        rows = [*kept, lineage_row(WEEKS[step + late], event, style, other)]
        write_rows(case.workspace, "lineage", rows)
        assert Scores(replace(case, _cache={}))[column].value == hit, late


def test_a_false_split_halves_the_precision(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    tables["lineage"].append(lineage_row(WEEKS[8], "split", "gothic", "coastal"))
    assert scores_of(tmp_path, truth, tables)["splits"].value == pytest.approx(2 / 3)


def test_states_in_the_wrong_place_are_false(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["trends"]:
        if row["cluster_id"] == "c-pastoral" or row["week"] == WEEKS[3]:
            row["state"] = "heat-burst"
    score = scores_of(tmp_path, truth, tables)["burst_false"]
    assert score.value == pytest.approx(8 / 20)  # eight lineages are alive in that week


def test_shares_and_their_intervals(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["trends"]:
        if row["week"] >= WEEKS[10]:
            row["share"] += 0.02
            row["share_low"] = row["share"] - 0.01
    scores = scores_of(tmp_path, truth, tables)
    late = [row for row in truth["shares"] if row["week"] >= WEEKS[10]]
    part = len(late) / len(truth["shares"])
    assert scores["share_error"].value == pytest.approx(0.02 * part)
    assert scores["share_coverage"].value == pytest.approx(1 - part)


def test_entities_are_strict_in_span_and_kind(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["mentions"]:
        if row["kind"] == "brand":
            row["kind"] = "object"
    score = scores_of(tmp_path, truth, tables)["entities"]
    assert score.value == pytest.approx(0.5)
    assert score.parts == pytest.approx({"brand": 0.0, "object": 2 / 3})


def test_kinds_that_the_truth_lacks_are_left_out(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    tables["mentions"] += [row | {"kind": "hashtag", "start": 40} for row in tables["mentions"]]
    scores = scores_of(tmp_path, truth, tables)
    assert scores["entities"].value == scores["links"].value == 1.0


def test_a_link_where_none_is_planted_is_wrong(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["links"]:
        if row["how"] == "nil":
            row |= {"entity_id": OBJECTS[0], "how": "context"}
    score = scores_of(tmp_path, truth, tables)["links"]
    assert score.value == pytest.approx(0.5)
    assert score.parts == pytest.approx({"NIL": 0.0, "object": 2 / 3})


def test_an_entity_coined_in_posts_counts_as_nil(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    for row in tables["links"]:
        if row["how"] == "nil":
            row |= {"entity_id": "e-new", "how": "new"}
    assert scores_of(tmp_path, truth, tables)["links"].value == 1.0


def test_missing_facts_count_as_0(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    tables["facts"] = []
    score = scores_of(tmp_path, truth, tables)["co_occurrence"]
    assert score.value == pytest.approx(1 / 3)  # each post shows one other of three


@pytest.mark.parametrize("column", ["share_error", "co_occurrence"])
def test_giving_the_mean_each_time_has_the_error_in_the_detail(
    tmp_path: Path, truth: Rows, tables: Rows, column: str
) -> None:
    shares = [row["share"] for row in tables["trends"]]
    for row in tables["trends"]:
        row["share"] = sum(shares) / len(shares)
    seen = {(row["subject"], row["object"]) for row in tables["facts"]}
    tables["facts"] = [
        {"week": WEEKS[0], "subject": a, "predicate": "co_occurs_with", "object": b, "count": 1}
        | {"probability": 1 / 3}
        for a, b in seen
    ]
    score = scores_of(tmp_path, truth, tables)[column]
    beside = float(score.detail.split("ø → ")[1])
    assert score.value == pytest.approx(beside, abs=1e-4)
    assert beside < 0.05


def test_a_share_of_a_dead_lineage_is_an_error(tmp_path: Path, truth: Rows, tables: Rows) -> None:
    late = {"week": WEEKS[-1], "cluster_id": "c-vaporwave", "share": 0.37, "state": "steady"}
    tables["trends"].append(late)
    score = scores_of(tmp_path, truth, tables)["share_error"]
    assert score.value == pytest.approx(0.37 / len(truth["shares"]))


def test_intervals_that_contain_everything_show_their_width(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    for row in tables["trends"]:
        row |= {"share_low": 0.0, "share_high": 1.0}
    score = scores_of(tmp_path, truth, tables)["share_coverage"]
    assert score.detail.endswith("; ± 0.500")


def test_a_wrong_name_is_wrong_for_its_posts_and_its_cluster(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    for row in tables["clusters"]:
        if row["cluster_id"] in {"c-y2k", "c-harvest"}:
            row["style"] = "gothic"
    scores = scores_of(tmp_path, truth, tables)
    assert scores["named_clusters"].value == pytest.approx(9 / 11)
    assert scores["named_posts"].parts["y2k"] == 0.0
    assert scores["named_posts"].parts["cyberpunk"] == 1.0


def test_prototypes_are_judged_by_what_they_should_show(
    tmp_path: Path, truth: Rows, tables: Rows
) -> None:
    asked = tables["gallery"][0]
    asked["path"] = asked["path"].replace(asked["cluster_id"].removeprefix("c-"), "pastoral")
    other = tables["gallery"][1]
    other["path"] = other["path"].replace(other["entity_id"], tables["gallery"][0]["entity_id"])
    tables["gallery"][2]["entity_id"] = ""  # without an object
    scores = scores_of(tmp_path, truth, tables)
    assert scores["prototype_styles"].value == pytest.approx(5 / 6)  # one of the seven has died
    assert scores["prototype_objects"].value == pytest.approx(4 / 5)


def test_intervals_agree_with_published_values() -> None:
    share, rate = share_score(8, 10), rate_score(3, 10)
    assert (share.low, share.high) == pytest.approx((0.4901625, 0.9433178))  # Wilson
    assert (rate.low, rate.high) == pytest.approx((0.0618672, 0.8767273))  # Garwood
