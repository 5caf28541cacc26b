"""The distinctive words of a cluster, and its name."""

from zeitgraph.extraction.clusters.naming import (
    Name,
    Text,
    WordCounts,
    distinctive_words,
    name_of,
    word_counts,
)
from zeitgraph.extraction.names.words import is_chinese


def _texts(*words: str, lang: str = "en") -> list[Text]:
    """Each text four times, each with a different additional word so that no text repeats."""
    return [Text(f"{text} unlike{chr(97 + n)}x", lang) for text in words for n in range(4)]


def test_words_that_all_clusters_share_are_not_distinctive() -> None:
    groups = {
        "ballet": word_counts(_texts("room ribbon tulle")),
        "neon": word_counts(_texts("room neon city")),
    }
    words = distinctive_words(groups, 2)
    assert words == {"ballet": ["ribbon", "tulle"], "neon": ["city", "neon"]}


def test_a_word_needs_three_texts_and_equal_texts_count_once() -> None:
    spam = [Text("buy gold now", "en")] * 50
    groups = {"c": word_counts([*spam, *_texts("ribbon")]), "": word_counts(_texts("tea"))}
    assert distinctive_words(groups, 5)["c"] == ["ribbon"]


def test_a_word_its_hashtag_and_its_plural_count_as_one() -> None:
    groups = {"c": word_counts(_texts("ribbon #ribbon ribbons tulle")), "": WordCounts(0, {})}
    assert len(distinctive_words(groups, 5)["c"]) == 2


def test_a_single_cluster_has_distinctive_words() -> None:
    assert distinctive_words({"c": word_counts(_texts("ribbon tulle"))}, 5)["c"] == [
        "ribbon",
        "tulle",
    ]


def test_a_name_uses_the_words_of_its_language() -> None:
    name = name_of(["ribbon", "芭蕾", "tulle", "缎带", "#pink"], "c-0123456789ab", ())
    assert name.en == "ribbon · tulle · pink"
    assert name.zh == "芭蕾 · 缎带"


def test_a_name_that_is_taken_gets_one_more_word() -> None:
    words = ["ribbon", "tulle", "pink", "satin"]
    assert name_of(words, "c-0123456789ab", {Name("ribbon · tulle · pink", "")}).en == (
        "ribbon · tulle · pink · satin"
    )


def test_a_cluster_without_words_is_named_by_its_id() -> None:
    name = name_of([], "c-0123456789ab", ())
    assert (name.en, name.zh) == ("unnamed 012345", "未名 012345")


CANDY = Name("Candy", "糖果色")
ID = "c-0123456789ab"


def test_a_language_without_words_of_its_own_names_the_nearest_style() -> None:
    chinese = name_of(["秋日", "丰收", "暖秋"], ID, (), near=CANDY)
    assert chinese == Name("near Candy", "秋日 · 丰收 · 暖秋")
    english = name_of(["#sugar", "sugarrush", "糖果"], ID, (), near=CANDY)
    assert english == Name("sugar · sugarrush", "糖果 · 接近糖果色")
    assert name_of([], ID, (), near=CANDY) == Name("near Candy", "接近糖果色")


def test_two_clusters_near_one_style_have_different_names() -> None:
    first = name_of(["南瓜"], ID, (), near=CANDY)
    second = name_of(["秋日"], "c-ffffffffffff", {first}, near=CANDY)
    assert first == Name("near Candy", "南瓜 · 接近糖果色")
    assert second == Name("near Candy (ffffff)", "秋日 · 接近糖果色")


def test_without_a_style_the_words_of_the_other_language_are_used() -> None:
    assert name_of(["南瓜", "秋日"], ID, ()) == Name("南瓜 · 秋日", "南瓜 · 秋日")
    assert name_of(["ink"], ID, ()) == Name("ink", "ink")


def test_everyday_things_are_translated_for_the_language_that_lacks_words() -> None:
    name = name_of(["镜子", "秋日", "#茶壶"], ID, (), near=CANDY)
    assert name == Name("mirror · teapot", "镜子 · 秋日 · 茶壶")
    assert name_of(["teapot", "vinyl", "mirror"], ID, ()).zh == "茶壶 · 镜子"
    assert name_of(["帽子"], ID, (), near=CANDY).en == "hat · near Candy"


def test_a_complete_name_is_kept_and_an_incomplete_one_is_replaced() -> None:
    own = name_of(["ribbon", "tulle", "pink"], ID, (), near=CANDY)
    assert own == Name("ribbon · tulle · pink", "接近糖果色")
    later = name_of(["satin", "lace", "bows", "缎带", "薄纱", "舞鞋"], ID, (), CANDY, own)
    assert later == Name("ribbon · tulle · pink", "缎带 · 薄纱 · 舞鞋")


def test_a_name_in_the_words_of_the_other_language_is_replaced() -> None:
    own = name_of(["南瓜", "秋日", "松饼"], ID, ())
    later = name_of(["harvest", "autumn", "pumpkin"], ID, (), own=own)
    assert later == Name("harvest · autumn · pumpkin", "南瓜 · 秋日 · 松饼")


def test_a_name_is_kept_in_a_week_without_distinctive_words() -> None:
    own = name_of(["精灵风", "小精灵"], ID, ())
    assert name_of([], ID, (), own=own) == own


def test_words_of_one_language_do_not_hide_words_of_the_other() -> None:
    texts = [*_texts("南瓜 秋日 松饼 缎带 薄纱 舞鞋"), *_texts("ribbon")[:3]]
    groups = {"c": word_counts(texts), "": word_counts(_texts("tea"))}
    words = distinctive_words(groups, 3)["c"]
    assert "ribbon" in words
    assert sum(map(is_chinese, words)) == 3
