"""The claim checker: numbers, names and directions of a sentence against its evidence."""

import random
import re
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.seeds import new_seed, new_seeds
from tests.worlds.report import LAST, ask_tables, make_world, style_ids
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import count, factor, percent
from zeitgraph.reports.report.claim_check import check_drafts, why_dropped
from zeitgraph.reports.report.claims import Draft
from zeitgraph.reports.report.evidence import AnyItem, Evidence, Fact, Item, KnownName
from zeitgraph.reports.report.evidence_builder import collect_evidence
from zeitgraph.reports.report.name_spans import find_names
from zeitgraph.reports.report.outline import Section, outline
from zeitgraph.reports.report.quantities import read_quantities
from zeitgraph.reports.report.template_writer import template_drafts

# -- reading numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind", "value", "wrong"),
    [
        ("12.3%", "fraction", 0.1234, 0.1236),
        ("12.3 percent", "fraction", 0.1234, 0.12),
        ("１２．３％", "fraction", 0.1234, 0.13),
        ("百分之十二点三", "fraction", 0.1234, 0.13),
        ("三成", "fraction", 0.31, 0.41),
        ("三成五", "fraction", 0.352, 0.31),
        ("三成半", "fraction", 0.352, 0.31),
        ("一半", "fraction", 0.51, 0.6),
        ("过半", "fraction", 0.62, 0.45),
        ("two thirds", "fraction", 0.667, 0.5),
        ("one in five", "fraction", 0.2, 0.25),
        ("五分之二", "fraction", 0.4, 0.5),
        ("1,204 posts", "number", 1204, 1205),
        ("1204条帖子", "number", 1204, 1240),
        ("一千二百零四条", "number", 1204, 1240),
        ("1.2万条", "number", 12_040, 12_600),
        ("12k posts", "number", 12_400, 12_600),
        ("twenty-five posts", "number", 25, 26),
        ("two hundred and four posts", "number", 204, 240),
        ("三 weeks", "number", 3, 4),
        ("a dozen posts and 12 posts", "number", 12, 13),
        ("about 1,200 posts", "number", 1204, 1260),
        ("约1200条", "number", 1204, 1260),
        ("more than 1,000 posts", "number", 1204, 2400),
        ("超过1000条", "number", 1204, 999),
        ("nearly 50%", "fraction", 0.48, 0.39),
        ("不到三成", "fraction", 0.28, 0.31),
        ("hundreds of posts", "number", 480, 4800),
        ("数百条帖子", "number", 480, 90),
        ("1.4 times", "factor", 1.42, 1.5),
        ("1.4×", "factor", 1.42, 1.5),
        ("a factor of 6.4", "factor", 6.41, 6.5),
        ("两倍", "factor", 2.2, 2.6),
        ("doubled", "factor", 2.05, 2.4),
        ("翻倍", "factor", 2.05, 1.4),
        ("2.1 percentage points", "points", 0.021, 0.03),
        ("2.1个百分点", "points", 0.021, 0.03),
        ("second-largest", "rank", 2, 3),
        ("第三位", "rank", 3, 4),
        ("the top three", "rank", 2, 4),
        ("前三", "rank", 3, 4),
        ("No. 2", "rank", 2, 1),
        ("2026-W46", "week", 202646, 202645),
        ("第46周", "week", 46, 45),
        ("week 46", "week", 46, 47),
        ("November 9", "date", 1109, 1110),
        ("11月9日", "date", 1109, 1108),
        ("2026-11-09", "date", 1109, 1108),
        ("③", "number", 3, 4),
    ],
)  # fmt: skip
def test_a_number_in_words_or_digits_means_every_value_that_rounds_to_it(
    words: str, kind: str, value: float, wrong: float
) -> None:
    found = [q for q in read_quantities(f"Here {words} stand.") if q.kind == kind]
    assert any(q.holds(value) for q in found), found
    assert not any(q.holds(wrong) for q in found), found


@pytest.mark.parametrize(
    "words",
    ["为此一起努力", "这是第一次", "十分安静", "一个安静的风格", "二手", "百搭", "星期三",
     "no one knows", "for the first time", "one of them", "前一周"],
)  # fmt: skip
def test_words_that_only_look_like_numbers_are_not_read(words: str) -> None:
    assert read_quantities(words) == []


@given(st.integers(0, 10**7), st.sampled_from(["{:,}", "{}"]))
def test_every_whole_number_is_read_back(value: int, form: str) -> None:
    [quantity] = read_quantities(f"drew {form.format(value)} posts")
    assert quantity.holds(value)
    assert not quantity.holds(value + 1)
    assert quantity.noun == "posts"


@given(st.floats(0, 9.999))
def test_every_percentage_as_we_write_it_is_read_back(value: float) -> None:
    [quantity] = read_quantities(f"占{percent(value)}")
    assert quantity.kind == "fraction"
    assert quantity.holds(value)


@given(st.text(max_size=80))
def test_no_digit_of_any_script_passes_unread(text: str) -> None:
    found = read_quantities(text)
    read = {i for q in found for i in range(q.start, q.end)}
    assert all(i in read for i, c in enumerate(text) if c.isdigit() and c.isascii())
    assert all(0 <= q.start < q.end <= len(text) for q in found)


# -- sentences against a small body of evidence ----------------------------------------------------

A, B, HAT, BAG = "c-a", "c-b", "e-hat", "e-bag"
KNOWN = {
    A: KnownName(A, "cluster", "Nordic minimal", "Nordic minimal", "北欧极简"),
    B: KnownName(B, "cluster", "Camping", "Camping", "露营"),
    "c-g": KnownName("c-g", "cluster", "Glamping", "Glamping", "精致露营"),
    HAT: KnownName(HAT, "object", "hat", "hat", "帽子"),
    BAG: KnownName(BAG, "object", "bag", "bag", "包袋"),
    "e-rose": KnownName("e-rose", "object", "rose", "rose", "玫瑰"),
    "e-gap": KnownName("e-gap", "brand", "Gap", "Gap", "盖璞"),
}


def fact(measure: str, value: float, focus: str = "", context: str = "", week: str = LAST) -> Fact:
    return Fact(measure, value, week, frozenset({focus} - {""}), frozenset({context} - {""}))


def item(number: int, question: str, facts: list[Fact], **arguments: str) -> AnyItem:
    about = frozenset[str]().union(*(f.focus | f.context for f in facts))
    return Item(
        f"E{number}", question, {"week": LAST, **arguments}, (), (), tuple(facts), {}, about
    )


EVIDENCE = Evidence(
    LAST,
    "en",
    (
        item(1, "week_overview", [fact("posts", 1204), fact("posts", 980), fact("clusters", 11)]),
        item(
            2,
            "top_clusters",
            [
                *(fact("posts", 181, A), fact("share", 0.1503, A), fact("growth", 0.4, A)),
                *(fact("posts", 97, B), fact("share", 0.0806, B), fact("growth", -0.3, B)),
                *(fact("rank", 1, A), fact("rank", 2, B), fact("rows", 2)),
            ],
        ),
        item(
            3,
            "cluster_entities",
            [fact("share", 0.34, HAT, A), fact("share", 0.12, BAG, A)],
            cluster=A,
        ),
        item(
            4,
            "cluster_history",
            [fact("weeks", 12, A), fact("points", 0.021, A), fact("run", 3, A)],
        ),
        item(5, "rising_clusters", [fact("growth", 1.0, A), fact("rows", 1)]),
    ),
    KNOWN,
    (A, B),
)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Nordic minimal drew 181 posts, 15.0% of the week.", "E2"),
        ("Nordic minimal drew 181 of the week's 1,204 posts.", "E1 E2"),
        ("Nordic minimal (15%) stands before Camping (8.1%).", "E2"),
        ("Nordic minimal rose by 40% while Camping fell by 30%.", "E2"),
        ("Nordic minimal is 1.4 times as large as a week before.", "E2"),
        ("Camping did not rise.", "E2"),
        ("Camping is the second-largest style of week 46.", "E2"),
        ("Nordic minimal shows hats, as it were: a hat in 34% of its posts.", "E3"),
        ("In Nordic minimal, one sees a bag in 12% of the posts.", "E3"),
        ("It gained 2.1 percentage points, for the third week in a row.", "E4"),
        ("北欧极简有181条帖子，占15.0%。", "E2"),
        ("北欧极简增长四成，露营下降三成。", "E2"),
        ("本周1,204条帖子中，北欧极简占一成五。", "E1 E2"),
        ("露营没有上升。", "E2"),
        ("２０２６年第４６周，北欧极简占１５％。", "E2"),
        ("北欧极简翻倍了。", "E5"),
        ("A calm week.", "E1"),
    ],
)
def test_true_sentences_are_kept(text: str, evidence: str) -> None:
    assert why_dropped(Draft(text, tuple(evidence.split())), EVIDENCE, A) == ""


@pytest.mark.parametrize(
    ("text", "evidence", "reason"),
    [
        ("Nordic minimal drew 182 posts.", "E2", "182"),
        ("Nordic minimal drew 97 posts.", "E2", "97"),
        ("Nordic minimal drew 1,204 posts.", "E1 E2", "1,204"),
        ("Nordic minimal (8.1%) stands before Camping (15%).", "E2", "8.1%"),
        ("Nordic minimal drew 181 posts.", "E9", "no evidence E9"),
        ("Nordic minimal drew 181 posts.", "", "names no evidence"),
        ("Nordic minimal leads.", "E1", "Nordic minimal"),
        ("Glamping leads.", "E2", "Glamping"),
        ("精致露营居首。", "E2", "精致露营"),
        ("Gap is everywhere in Nordic minimal.", "E2", "Gap"),
        ("Nordic minimal fell.", "E2", "opposite"),
        ("Nordic minimal has not grown.", "E2", "opposite"),
        ("Camping is gaining.", "E2", "opposite"),
        ("北欧极简明显下降。", "E2", "opposite"),
        ("露营持续升温。", "E2", "opposite"),
        ("In Nordic minimal, a hat appears in 12% of the posts.", "E3", "12%"),
        ("Camping shows a hat in 34% of its posts.", "E2 E3", "34%"),
        ("A hat is on the rise.", "E3", "nothing it names tells"),
        ("Nordic minimal rose by 60%.", "E2", "60%"),
        ("Nordic minimal is 2.4 times as large.", "E2", "2.4 times"),
        ("Camping is the third-largest style.", "E2", "third"),
        ("露营排名第三。", "E2", "三"),
        ("In week 45 it led.", "E2", "week 45"),
        ("On 2 November it led.", "E2", "2 November"),
        ("三成帖子属于北欧极简。", "E2", "三成"),
        ("Half of all posts are Nordic minimal.", "E2", "Half"),
        ("Y2K is back.", "E2", "Y2K"),
        ("It holds ½ of the week.", "E2", "½"),
        ("见 https://evil.example 。", "E1", "link"),
        ("<b>Bold</b> claims.", "E1", "markup"),
        ("x" * 700, "E1", "longer"),
        ("", "E1", "says nothing"),
        ("Its share grew for the fifth week in a row.", "E4 E2", "fifth"),
        ("Nordic minimal grew by 1,204%.", "E1 E2", "1,204%"),
    ],
)
def test_false_sentences_are_dropped_and_the_reason_says_why(
    text: str, evidence: str, reason: str
) -> None:
    assert reason in why_dropped(Draft(text, tuple(evidence.split())), EVIDENCE, A)


def test_numbers_of_the_week_belong_to_no_style() -> None:
    week = Draft("The week brought 1,204 posts in 11 styles.", ("E1",))
    assert why_dropped(week, EVIDENCE) == ""
    assert "1,204" in why_dropped(Draft("It drew 1,204 posts.", ("E1", "E2")), EVIDENCE, A)


def test_a_word_that_the_checker_reads_is_no_name_and_the_longest_name_wins() -> None:
    names = find_names("Glamping rose; hat, not hats. 精致露营与露营。", EVIDENCE)
    assert [n.name for n in names] == ["Glamping", "hat", "精致露营", "露营"]


def test_a_repeated_sentence_of_a_section_is_one_claim() -> None:
    draft = Draft("A calm week.", ("E1",))
    assert len(check_drafts("summary", [draft, draft], EVIDENCE)) == 1


@settings(max_examples=200)
@given(st.text(max_size=200), st.lists(st.sampled_from(["E1", "E2", "E5", "E77"]), max_size=3))
def test_the_checker_decides_on_any_text(text: str, evidence: list[str]) -> None:
    [claim] = check_drafts("summary", [Draft(text, tuple(evidence))], EVIDENCE)
    assert claim.status in ("kept", "dropped")
    assert bool(claim.reason) == (claim.status == "dropped")


# -- the template writer against a whole world -----------------------------------------------------


@pytest.fixture(scope="module", params=new_seeds(3))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_world(tmp_path_factory.mktemp("claims"), request.param, posts=150)


def all_drafts(world: Workspace) -> Iterator[tuple[Evidence, Section, Draft]]:
    for lang, week in product(("en", "zh"), (LAST, "2026-W41", "2026-W35")):
        evidence = collect_evidence(world, week, lang, ask_tables(world))
        for section in outline(evidence):
            for draft in template_drafts(section, evidence):
                yield evidence, section, draft


def test_every_sentence_of_the_template_writer_passes_the_checker(world: Workspace) -> None:
    drafts = list(all_drafts(world))
    reasons = [(d, why) for e, s, d in drafts if (why := why_dropped(d, e, s.cluster_id))]
    assert reasons == []
    assert len({draft.text for _, _, draft in drafts}) > 100
    assert {section.kind for _, section, _ in drafts} == {"summary", "moves", "cluster", "watch"}


def test_changing_any_number_of_a_true_sentence_drops_it(world: Workspace) -> None:
    dice = random.Random(new_seed())
    changed = 0
    for evidence, section, draft in all_drafts(world):
        true = figures(evidence)
        names = find_names(draft.text, evidence)
        for match in re.finditer(r"(?<![\dW-])\d[\d,]*(?:\.\d+)?(?!\d)", draft.text):
            if any(n.start <= match.start() < n.end for n in names):
                continue
            false = another_number(dice, match.group(), true)
            text = draft.text[: match.start()] + false + draft.text[match.end() :]
            assert why_dropped(Draft(text, draft.evidence), evidence, section.cluster_id), text
            changed += 1
    assert changed > 300


def figures(evidence: Evidence) -> set[str]:
    """Every number of the evidence as a writer may write it, with halves rounded up or down.

    A feature of a rule has decimals, so a count of 2 also appears as 2.00.
    """
    values = [float(f.value) for i in evidence.items for f in i.facts]
    either = [v * (1 + hair) for v in values for hair in (-1e-10, 0, 1e-10)]
    shown = {write(v) for v in either for write in (count, percent, factor)}
    shown |= {f"{v:,.{decimals}f}" for v in either for decimals in range(4)}
    return {text.rstrip("%") for text in shown} | {f"{week:02d}" for week in range(54)}


def another_number(dice: random.Random, number: str, true: set[str]) -> str:
    """A number of the same form that is not in the evidence."""
    decimals = len(number.partition(".")[2])
    value = float(number.replace(",", ""))
    tries = (
        f"{value * dice.uniform(0, 3) + dice.randrange(9 + n):,.{decimals}f}" for n in range(999)
    )
    return next(false for false in tries if false not in true and false != number)


def test_a_reversed_direction_drops_the_sentence(world: Workspace) -> None:
    pairs = (
        ("grew", "shrank"),
        ("rose", "fell"),
        ("drop", "gain"),
        ("上升", "下降"),
        ("增长", "减少"),
    )
    swap = dict(pairs) | {fallen: risen for risen, fallen in pairs}
    turned = 0
    for evidence, section, draft in all_drafts(world):
        words = [w for w in swap if w in draft.text]
        if len(words) == 1 and "没有" not in draft.text:
            text = draft.text.replace(words[0], swap[words[0]])
            assert why_dropped(Draft(text, draft.evidence), evidence, section.cluster_id), text
            turned += 1
    assert turned > 5


def test_evidence_of_an_earlier_week_holds_nothing_of_later_weeks(world: Workspace) -> None:
    evidence = collect_evidence(world, "2026-W41", "en", ask_tables(world))
    weeks = {str(row["week"]) for i in evidence.items for row in i.rows if "week" in row}
    assert max(weeks) == "2026-W41"
    assert style_ids()["linen · veil · dawn"] not in evidence.known
