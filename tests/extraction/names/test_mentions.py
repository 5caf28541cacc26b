"""Names are found at the right offsets, in any mixture of languages, and nowhere else."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.names import (
    CATALOGUE,
    WEEK,
    find_names,
    small_disambiguator,
    workspace_with,
    write_posts,
)
from zeitgraph.extraction.names.mentions import find_together
from zeitgraph.extraction.names.normal_form import align
from zeitgraph.extraction.names.recognisers import RECOGNISERS, Span
from zeitgraph.extraction.names.rule_recogniser import RulesRecogniser, word_edges
from zeitgraph.kg.base.errors import UnknownName
from zeitgraph.kg.base.plugins import load_attribute

Found = list[tuple[str, str]]


@pytest.fixture(scope="module")
def rules() -> RulesRecogniser:
    """The rules for the small catalogue."""
    return RulesRecogniser(small_disambiguator())


def found(rules: RulesRecogniser, text: str) -> Found:
    return [(text[s.start : s.end], s.kind) for s in rules.find([text], ["en"])[0]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a globe lamp and two lanterns", [("globe lamp", "object"), ("lanterns", "object")]),
        ("Juniper Hale came", [("Juniper Hale", "person")]),
        ("JUNIPER HALE CAME", [("JUNIPER HALE", "person")]),
        ("a juniper hale tree", []),
        ("JuniperHale and Junipers", []),
        ("in «Juniper Bay», 2026", [("Juniper Bay", "place")]),
        ("Juniper Bay's beach/Juniper Bay", [("Juniper Bay", "place")] * 2),
        ("我在Juniper Bay看台灯", [("Juniper Bay", "place"), ("台灯", "object")]),
        ("昨天杜松·海尔来了", [("杜松·海尔", "person")]),
        ("🏕️🔥\tJuniper Hale🔥", [("Juniper Hale", "person")]),
        ("ＪＵＮＩＰＥＲ　ＨＡＬＥ", [("ＪＵＮＩＰＥＲ　ＨＡＬＥ", "person")]),
        ("Ｊｕｎｉｐｅｒ Hale", [("Ｊｕｎｉｐｅｒ Hale", "person")]),
        ("Juni\u200bper Ha\u00adle", [("Juni\u200bper Ha\u00adle", "person")]),
    ],
)
def test_names_are_found_as_they_are_written(
    rules: RulesRecogniser, text: str, names: Found
) -> None:
    assert found(rules, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("we went to Target today", [("Target", "brand")]),
        ("我在Target买的", [("Target", "brand")]),
        ("Target the young with this", []),
        ("our target is clear", []),
        ("WE HIT THE TARGET", []),
        ("What Is Your Target", []),
        ("Old Navy is open", [("Old Navy", "brand")]),
        ("an old navy coat", []),
    ],
)
def test_an_ordinary_word_is_a_brand_only_if_its_capital_is_significant(
    rules: RulesRecogniser, text: str, names: Found
) -> None:
    assert found(rules, text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("公园里有人", [("公园", "scene")]),
        ("他爱看书", []),  # 看书 is one word of the dictionary
        ("书和灯,很好", [("书", "object")]),
        ("书架上", []),
        ("新的球形台灯到了", [("球形台灯", "object")]),
    ],
)
def test_a_chinese_name_inside_a_longer_word_is_ignored(
    rules: RulesRecogniser, text: str, names: Found
) -> None:
    assert found(rules, text) == names


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#camping and #露营, #café_2 #été", ["#camping", "#露营", "#café_2", "#été"]),
        ("#露营#今天去#公园 野餐#", ["#露营#", "#公园 野餐#"]),
        ("#camping #tent", ["#camping", "#tent"]),
        ("C# a#b x.com/#top &#39; #1 ##", []),
        ("＃キャンプ", ["＃キャンプ"]),
    ],
)
def test_hashtags_are_found_in_both_spellings(
    rules: RulesRecogniser, text: str, tags: list[str]
) -> None:
    assert [surface for surface, kind in found(rules, text) if kind == "hashtag"] == tags


def test_in_a_hashtag_a_brand_is_a_name_and_a_thing_is_not(
    rules: RulesRecogniser,
) -> None:
    assert found(rules, "#JuniperX #Lantern") == [("#JuniperX", "hashtag"), ("#Lantern", "hashtag")]
    assert found(rules, "#杜松灯具 #lantern") == [
        ("#杜松灯具", "hashtag"),
        ("杜松灯具", "brand"),
        ("#lantern", "hashtag"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Juniper wore this first", "person"),
        ("the lamp is by Juniper", "brand"),
        ("a morning in Juniper", "place"),
        ("we love Lantern", "brand"),
        ("Lantern on the table", "object"),
        ("灯笼很好看", "object"),
        ("这台相机来自灯笼", "brand"),
    ],
)
def test_the_words_around_a_name_decide_its_kind(
    rules: RulesRecogniser, text: str, kind: str
) -> None:
    assert [
        k for surface, k in found(rules, text) if surface in ("Juniper", "Lantern", "灯笼")
    ] == [kind]


PIECES = st.sampled_from(
    [
        *(
            "Juniper Hale",
            "juniper",
            "杜松",
            "杜松·海尔",
            "#露营#",
            "#",
            "globe lamps",
            "灯笼",
            "书",
        ),
        *(" ", "\t", "\n", "Target", "\U0001f3f3\ufe0f\u200d\U0001f308", "é", "e\u0301", "\u202e"),
        *("\u200b", "ﷺ", "Ｔ", "ﬁ", "한국", "שלום", "\x00"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join))


@settings(deadline=None)
@given(TEXTS)
def test_spans_of_any_text_lie_in_it_and_names_do_not_overlap(
    rules: RulesRecogniser, text: str
) -> None:
    spans = rules.find([text], [""])[0]
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
    names = [span for span in spans if span.kind != "hashtag"]
    assert all(a.end <= b.start for a, b in pairwise(names))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_the_spans_of_a_text_do_not_depend_on_the_other_texts(
    rules: RulesRecogniser, texts: list[str]
) -> None:
    together = rules.find(texts, [""] * len(texts))
    assert together == [rules.find([text], [""])[0] for text in texts]


@given(TEXTS)
def test_a_text_and_its_normal_form_are_aligned_without_gaps(text: str) -> None:
    aligned = align(text)
    places = [aligned.original(i, i + 1) for i in range(len(aligned.clean))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    assert align(aligned.clean).clean == aligned.clean


@given(TEXTS)
def test_the_words_of_jieba_cover_the_text(text: str) -> None:
    edges = word_edges(text)
    assert edges[0] == 0
    assert edges[-1] == len(text)


LONG = {
    "names": "Juniper Hale " * 1500,
    "names that touch": "杜松·海尔" * 4000,
    "hashtags": "#露营" * 6000,
    "hashes": "#" * 20_000,
    "brackets": "(" * 20_000,
    "brackets in runs": ("(" * 190 + " ") * 100,
    "letters": "a" * 20_000,
    "Han": "看" * 20_000,
    "zero width": "\u200b" * 20_000,
    "accents": "e\u0301" * 10_000,
    "commas": "a, " * 6000 + "Target",
    "emoji": "\U0001f525" * 20_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_long_and_hostile_text_is_read_quickly(rules: RulesRecogniser, text: str) -> None:
    for span in rules.find([text], [""])[0]:
        assert text[span.start : span.end].strip()


class Fixed:
    """A recogniser that returns the spans it was made with."""

    def __init__(self, *spans: Span) -> None:
        self.spans = list(spans)

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        return [self.spans for _ in texts]


def test_of_overlapping_names_the_longer_counts_and_then_the_first() -> None:
    first = Fixed(Span(0, 5, "brand"), Span(10, 15, "brand"), Span(20, 26, "hashtag"))
    second = Fixed(Span(0, 9, "person"), Span(10, 15, "place"), Span(21, 26, "brand"))
    assert find_together([first, second], ["x" * 30], ["en"]) == [
        [
            Span(0, 9, "person"),
            Span(10, 15, "brand"),
            Span(20, 26, "hashtag"),
            Span(21, 26, "brand"),
        ]
    ]


@pytest.mark.models
def test_the_stage_writes_the_surface_at_each_span(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    texts = ["Juniper Hale 🔥 #露营#", "", "在公园看书,灯笼"]
    write_posts(workspace, texts)
    find_names(workspace)
    rows = workspace.read("mentions", WEEK).to_pylist()
    assert [row["surface"] for row in rows] == ["Juniper Hale", "#露营#", "公园", "灯笼"]
    for row in rows:
        assert texts[int(row["post_id"][1:])][row["start"] : row["end"]] == row["surface"]


def test_the_order_of_posts_does_not_change_the_table(tmp_path: Path) -> None:
    import pyarrow as pa

    from zeitgraph.extraction.names.mentions import find_mentions
    from zeitgraph.kg.workspace.pipeline import Job

    workspace = workspace_with(tmp_path)
    write_posts(workspace, ["Juniper wore this", "a globe lamp by Juniper", "#camping"] * 5)
    posts = workspace.read("posts", WEEK)
    turned = posts.take(pa.array(range(posts.num_rows))[::-1])
    digests = set()
    for table in (posts, turned):
        found_now = find_mentions(Job(workspace, WEEK, {("posts", "week"): table}))
        digests.add(workspace.write("mentions", WEEK, found_now["mentions"]))
    assert len(digests) == 1


@pytest.mark.models
def test_faults_of_the_catalogue_are_reported_once(tmp_path: Path) -> None:
    bad = "".join(f"x{i},nonsense,Name,,,,\n" for i in range(5))
    workspace = workspace_with(tmp_path, CATALOGUE + bad)
    weeks = ("2026-W40", "2026-W41")
    for week in weeks:
        write_posts(workspace, ["Juniper"], week)
    lines: list[str] = []
    find_names(workspace, weeks, lines.append)
    assert len(lines) == 4
    assert "line 12: «nonsense» is no kind" in lines[0]
    assert lines[-1] == "catalogue: 2 more rows are set aside"


def test_an_unknown_recogniser_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, recogniser="magic")
    write_posts(workspace, ["Juniper"])
    with pytest.raises(UnknownName, match="rules, spacy, transformers"):
        find_names(workspace)


@pytest.mark.parametrize("target", RECOGNISERS.values())
def test_every_recogniser_of_the_table_is_there(target: str) -> None:
    assert callable(load_attribute(target))
