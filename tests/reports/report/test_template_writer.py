"""The sentences of the template writer: ties, intervals, single posts, no styles; both languages.

Each week is given as answers to the canned questions, so that a case is a few figures. Every
sentence must also pass the claim checker.
"""

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.seeds import new_seed
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import counted, percent, rounded_percents
from zeitgraph.reports.report.canned_questions import ClusterRuleRow
from zeitgraph.reports.report.claim_check import why_dropped
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.evidence_builder import collect_evidence
from zeitgraph.reports.report.outline import outline
from zeitgraph.reports.report.rule_text import rule_text
from zeitgraph.reports.report.template_writer import template_drafts

WEEKS = tuple(f"2026-W{number}" for number in range(30, 42))
"""The phrasing varies with the week: each rule is tested in each of these."""
LANGS = ("en", "zh")
AnswerRow = Mapping[str, Any]
NAMES = {"Alder": "赤杨风", "Birch": "白桦", "Cedar": "雪松风格", "Dahlia": "大丽", "Elm": "榆树"}


def style(share: float, low: float, high: float, **other: object) -> dict[str, Any]:
    """A row of the week's table; `growth` and `state` may be given."""
    figures = {
        "posts": max(1, round(share * 60)),
        "share": share,
        "share_low": low,
        "share_high": high,
    }
    return {**figures, "heat": 1.0, "growth": None, "state": "steady", **other}


class Week:
    """A week as answers to the canned questions; its styles have the NAMES in their order."""

    def __init__(
        self, folder: Path, styles: Sequence[AnswerRow], **answers: Sequence[AnswerRow]
    ) -> None:
        self.folder, self.answers = folder, answers
        self.rows: list[dict[str, Any]] = [
            {"cluster_id": f"c-{name}", "name": name, "name_zh": NAMES[name], "origin": "named"}
            | dict(row)
            for name, row in zip(NAMES, styles, strict=False)
        ]

    def sentences(self, week: str, lang: str) -> dict[str, list[str]]:
        """The sentences by section; the checker must keep all of them."""
        evidence = self.evidence(week, lang)
        sentences = {}
        for section in outline(evidence):
            drafts = template_drafts(section, evidence)
            reasons = [why_dropped(draft, evidence, section.cluster_id) for draft in drafts]
            assert not any(reasons), list(zip(drafts, reasons, strict=True))
            sentences[section.key] = [draft.text for draft in drafts]
        return sentences

    def evidence(self, week: str, lang: str) -> Evidence:
        workspace = Workspace.create(self.folder / f"{week}-{lang}", "starter")
        known = [
            {"cluster_id": f"c-{en}", "week": week, "name": en, "name_en": en, "name_zh": zh}
            for en, zh in NAMES.items()
        ]
        workspace.write("clusters", week, make_table(TABLES["clusters"], known))
        things = [
            {"entity_id": f"e-{en}", "kind": "scene", "week": week, "name": en}
            | {"name_en": en, "name_zh": zh}
            for en, zh in (("street", "街头"), ("mountain lake", "高山湖"))
        ]
        workspace.write("entities", week, make_table(TABLES["entities"], things))

        def ask(question: str, arguments: Mapping[str, Any]) -> Sequence[AnswerRow]:
            return self._ask(question, arguments, week)

        return collect_evidence(workspace, week, lang, ask)

    def _ask(self, question: str, arguments: Mapping[str, Any], week: str) -> Sequence[AnswerRow]:
        if question == "week_overview":
            now = {"posts": sum(r["posts"] for r in self.rows), "clusters": len(self.rows)}
            now = dict(self.answers["overview"][0]) if "overview" in self.answers else now
            return [now] if arguments["week"] == week else []
        moved = {"rising_clusters": "rising", "fading_clusters": "fading"}
        if question in moved:
            return [row for row in self.rows if row["state"] == moved[question]]
        if question == "cluster_history":
            mine = next(r for r in self.rows if r["cluster_id"] == arguments["cluster"])
            return [{k: mine[k] for k in ("posts", "share", "growth", "state")} | {"week": week}]
        if question == "top_clusters":
            return [*self.rows]
        rows = self.answers.get(question, ())
        asked = arguments.get("kind", "scene"), arguments.get("cluster", "c-Alder")
        return [*rows] if asked == ("scene", "c-Alder") else []


# -- the least certain figure ----------------------------------------------------------------------

LEAST_CERTAIN = {"en": r"(\w+) is the least certain", "zh": r"最不确定的是([^：]+)："}


def least_certain(week: Week, at: str, lang: str) -> str:
    """The English name of the least certain style; empty if no sentence names one."""
    found = re.search(LEAST_CERTAIN[lang], " ".join(week.sentences(at, lang)["watch"]))
    name = str(found[1]) if found else ""
    return {zh: en for en, zh in NAMES.items()}.get(name, name)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("intervals", "widest"),
    [
        ([(0.101, 0.296), (0.05, 0.20), (0.023, 0.152)], "Alder"),
        ([(0.30, 0.40), (0.05, 0.25), (0.01, 0.05)], "Birch"),
        ([(0.20, 0.30), (0.10, 0.20), (0.01, 0.05)], ""),  # two are as wide
        ([(0.2, 0.3000004), (0.1, 0.2), (0.01, 0.05)], ""),  # and as wide as shown
        ([(0.1, 0.9)], ""),  # nothing beside it
        ([(0.1, 0.9), (None, None)], ""),
    ],
)
def test_the_least_certain_style_has_the_widest_interval(
    tmp_path: Path, lang: str, intervals: list[tuple[Any, Any]], widest: str
) -> None:
    shares = [0.35, 0.2, 0.04]
    rows = [style(s, low, high) for s, (low, high) in zip(shares, intervals, strict=False)]
    rows = [{**row, "state": "heat-burst"} for row in rows]  # a state without an interval
    assert least_certain(Week(tmp_path, rows), WEEKS[0], lang) == widest


@pytest.mark.parametrize("lang", LANGS)
def test_in_any_table_no_interval_is_wider_than_that_of_the_least_certain_style(
    tmp_path: Path, lang: str
) -> None:
    dice = random.Random(new_seed())
    for place in range(20):
        cuts = [sorted(dice.choices(range(0, 60, 5), k=3)) for _ in range(dice.randint(1, 5))]
        rows = sorted(
            (style(m / 100, a / 100, b / 100) for a, m, b in cuts), key=lambda r: -r["share"]
        )
        named = least_certain(Week(tmp_path / str(place), rows), WEEKS[0], lang)
        widths = [
            round(rounded_percents(r["share_high"]) - rounded_percents(r["share_low"]), 1)
            for r in rows
        ]
        wider = [name for name, width in zip(NAMES, widths, strict=False) if width == max(widths)]
        assert named == (wider[0] if len(wider) == 1 and len(rows) > 1 else ""), rows


# -- ties and leads --------------------------------------------------------------------------------

LED = {"en": r"ahead of|\bled\b|largest|followed", "zh": "居首|紧随|最大|其后"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS[:6])
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_styles_with_equal_shares_have_no_leader(
    tmp_path: Path, lang: str, week: str, count: int
) -> None:
    share = 1 / count
    rows = [style(share, 0.1, 0.6) for _ in range(count)]
    rows[-1] = style(share - 1e-5, 0.1, 0.6)  # shown with the same figure
    [line] = [
        s for s in Week(tmp_path, rows).sentences(week, lang)["summary"] if percent(share) in s
    ]
    assert not re.search(LED[lang], line)
    names = list(NAMES if lang == "en" else NAMES.values())[:count]
    assert all(name in line for name in names)
    assert {"en": "level", "zh": "不相上下"}[lang] in line


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS[:6])
@pytest.mark.parametrize(
    "shares", [(0.3, 0.3, 0.2), (0.3, 0.3, 0.2, 0.2, 0.1), (0.4, 0.4, 0.4, 0.1)]
)
def test_equal_largest_styles_are_ahead_of_smaller_styles_only(
    tmp_path: Path, lang: str, week: str, shares: tuple[float, ...]
) -> None:
    rows = [style(s, 0.0, 0.6) for s in shares]
    [line] = [
        s for s in Week(tmp_path, rows).sentences(week, lang)["summary"] if percent(shares[0]) in s
    ]
    level, mark, behind = line.partition({"en": "ahead of", "zh": "其后"}[lang])
    names = list(NAMES if lang == "en" else NAMES.values())
    assert mark
    for name, share in zip(names, shares, strict=False):
        assert (name in level) == (share == shares[0])
        assert share < shares[0] or name not in behind


@pytest.mark.parametrize("week", WEEKS)
def test_equal_second_and_third_styles_are_in_no_order_in_chinese(
    tmp_path: Path, week: str
) -> None:
    rows = [style(s, 0.0, 0.6) for s in (0.5, 0.25, 0.25)]
    assert "再后" not in " ".join(Week(tmp_path, rows).sentences(week, "zh")["summary"])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize(("state", "growth"), [("rising", 0.4), ("fading", -0.4)])
def test_of_two_styles_with_equal_growth_neither_grew_most(
    tmp_path: Path, lang: str, week: str, state: str, growth: float
) -> None:
    rows = [style(s, 0.0, 0.6, state=state, growth=growth) for s in (0.5, 0.25, 0.2)]
    text = " ".join(Week(tmp_path, rows).sentences(week, lang)["summary"])
    most = {"en": "fastest|clearest|climbed as|the most ground", "zh": "最明显|最快|最多"}
    assert not re.search(most[lang], text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("rising", [False, True])
def test_the_other_way_is_written_only_after_a_rise(
    tmp_path: Path,
    lang: str,
    rising: bool,  # noqa: FBT001
) -> None:
    rows = [style(0.5, 0.4, 0.6, state="fading", growth=-0.3), style(0.25, 0.1, 0.3)]
    if rising:
        rows.append(style(0.2, 0.1, 0.3, state="rising", growth=0.5))
    other_way = {"en": "the other way", "zh": "则相反"}[lang]
    week = Week(tmp_path, rows)
    found = [other_way in " ".join(week.sentences(at, lang)["summary"]) for at in WEEKS]
    assert any(found) == rising


# -- counts, and nothing to count ------------------------------------------------------------------


@given(st.integers(0, 10**6))
def test_only_the_number_one_takes_the_singular(number: int) -> None:
    assert counted(number, "posts", "en") == (f"{number:,} post" + "s" * (number != 1))
    assert counted(number, "posts", "zh") == f"{number:,}条帖子"


@pytest.mark.parametrize("state", ["steady", "rising", "fading", "not-enough-data"])
@pytest.mark.parametrize("week", WEEKS)
def test_no_sentence_says_1_posts(tmp_path: Path, week: str, state: str) -> None:
    growth = {"rising": 0.5, "fading": -0.5}.get(state)
    row = style(1.0, 0.2, 1.0, posts=1, state=state, growth=growth)
    other = style(0.9, 0.2, 0.9, posts=1, state=state, growth=growth)
    rule = {"position": 1, "feature": "value", "low": 0.8, "high": None, "word": None}
    rule |= {"precision": 1.0, "recall": 1.0, "posts": 1, "members": 1}
    planted = Week(
        tmp_path, [row, other], overview=[{"posts": 1, "clusters": 2}], cluster_rules=[rule]
    )
    text = " ".join(line for lines in planted.sentences(week, "en").values() for line in lines)
    assert "1 post" in text
    assert not re.search(
        r"(?<![\d,.])1 (?:posts|styles|weeks)\b|\b1 posts? (?:make|carry|allow)\b", text
    )


NOT_FOUND = {"en": "No style was found", "zh": "没有发现任何风格"}
STILL = {"en": "than chance alone", "zh": "未超出偶然"}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS[:3])
def test_a_week_without_styles_says_so_and_does_not_mention_chance(
    tmp_path: Path, lang: str, week: str
) -> None:
    sentences = Week(tmp_path, [], overview=[{"posts": 1, "clusters": 0}]).sentences(week, lang)
    text = " ".join(line for lines in sentences.values() for line in lines)
    assert text.count(NOT_FOUND[lang]) == 1
    assert STILL[lang] not in text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS[:3])
def test_a_week_without_moves_says_so_once(tmp_path: Path, lang: str, week: str) -> None:
    rows = [style(s, 0.0, 0.6) for s in (0.5, 0.3)]
    sentences = Week(tmp_path, rows).sentences(week, lang)
    text = " ".join(line for lines in sentences.values() for line in lines)
    assert text.count(STILL[lang]) == 1
    assert NOT_FOUND[lang] not in text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "states",
    [
        ("not-enough-data", "not-enough-data"),  # nothing was compared
        ("rising", "steady"),  # from nothing: without a growth
        ("seasonal", "steady"),  # its rise is shown as a season
        ("bot-suspect", "steady"),
    ],
)
def test_no_moves_are_reported_only_if_shares_were_compared(
    tmp_path: Path, lang: str, states: tuple[str, str]
) -> None:
    rows = [style(s, 0.0, 0.6, state=state) for s, state in zip((0.5, 0.3), states, strict=True)]
    sentences = Week(tmp_path, rows).sentences(WEEKS[0], lang)
    assert STILL[lang] not in " ".join(line for lines in sentences.values() for line in lines)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS)
def test_beside_a_style_that_rose_from_nothing_no_style_rose_most(
    tmp_path: Path, lang: str, week: str
) -> None:
    rows = [style(0.5, 0.4, 0.6, state="rising"), style(0.2, 0.1, 0.3, state="rising", growth=0.5)]
    text = " ".join(Week(tmp_path, rows).sentences(week, lang)["summary"])
    most = {"en": "fastest|clearest|climbed as|No style rose", "zh": "最明显|最快|没有"}
    assert not re.search(most[lang], text)
    assert "50.0%" in text


# -- names, places and rules -----------------------------------------------------------------------


@pytest.mark.parametrize("week", WEEKS)
def test_no_chinese_name_repeats_the_word_for_style(tmp_path: Path, week: str) -> None:
    rows = [style(s, 0.0, 0.6) for s in (0.5, 0.3, 0.1)]
    text = " ".join(
        s for lines in Week(tmp_path, rows).sentences(week, "zh").values() for s in lines
    )
    assert not re.search("风风格|风格风格", text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("week", WEEKS)
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_more_scenes_make_a_sentence(
    tmp_path: Path, lang: str, week: str, count: int
) -> None:
    scenes = [
        {"entity_id": f"e-{name}", "name": name, "kind": "scene", "posts": 3, "probability": 0.4}
        for name in ("street", "mountain lake")
    ][:count]
    sentences = Week(tmp_path, [style(0.5, 0.4, 0.6)], cluster_entities=scenes).sentences(
        week, lang
    )
    [line] = [s for s in sentences["cluster:c-Alder"] if {"en": "street", "zh": "街头"}[lang] in s]
    assert " are street" not in line
    assert "in street" not in line
    if lang == "en" and count == 1:
        assert "Scenes" not in line


def condition(
    position: int,
    feature: str,
    low: float | None = None,
    high: float | None = None,
    word: str | None = None,
) -> ClusterRuleRow:
    row: ClusterRuleRow = {
        "position": position,
        "feature": feature,
        "low": low,
        "high": high,
        "word": word,
        "precision": 0.9,
        "recall": 0.8,
        "posts": 9,
        "members": 9,
    }
    return row


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_text_of_a_rule_joins_all_conditions(lang: str, count: int) -> None:
    rows = [
        condition(1, "hue", low=30.0, high=60.0),
        condition(2, "contrast", high=0.3),
        condition(3, "word", word="linen"),
    ]
    text = rule_text(rows[:count], lang)
    assert text.count({"en": " and the word", "zh": "且含有"}[lang]) == (count == 3)
    if lang == "zh":
        assert "和" not in text
        assert text.count("且") == (count > 1)


@pytest.mark.parametrize("lang", LANGS)
def test_the_sentence_on_a_rule_says_on_which_posts_it_was_measured(
    tmp_path: Path, lang: str
) -> None:
    rule = {"position": 1, "feature": "value", "low": 0.8, "high": None, "word": None}
    rule |= {"precision": 0.963, "recall": 0.812, "posts": 27, "members": 32}
    sentences = Week(tmp_path, [style(0.18, 0.1, 0.3)], cluster_rules=[rule]).sentences(
        WEEKS[0], lang
    )
    [line] = [s for s in sentences["cluster:c-Alder"] if "96.3%" in s]
    assert {"en": "not learnt from", "zh": "未用于学习"}[lang] in line
    assert {"en": "32 posts of this style", "zh": "32条"}[lang] in line
