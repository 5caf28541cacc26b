"""What sets a cluster apart in words."""

from zeitgraph.extraction.clusters.naming import (
    Text,
    WordCounts,
    name_of,
    telling_words,
    word_counts,
)


def _texts(*words: str, lang: str = "en") -> list[Text]:
    """Each text four times, with a word of its own so that none repeats another."""
    return [Text(f"{text} unlike{chr(97 + n)}x", lang) for text in words for n in range(4)]


def test_words_that_all_clusters_share_name_none() -> None:
    groups = {
        "ballet": word_counts(_texts("room ribbon tulle")),
        "neon": word_counts(_texts("room neon city")),
    }
    words = telling_words(groups, 2)
    assert words == {"ballet": ["ribbon", "tulle"], "neon": ["city", "neon"]}


def test_a_word_needs_three_texts_and_a_text_said_often_is_one() -> None:
    spam = [Text("buy gold now", "en")] * 50
    groups = {"c": word_counts([*spam, *_texts("ribbon")]), "": word_counts(_texts("tea"))}
    assert telling_words(groups, 5)["c"] == ["ribbon"]


def test_a_word_and_its_hashtag_and_its_plural_are_told_once() -> None:
    groups = {"c": word_counts(_texts("ribbon #ribbon ribbons tulle")), "": WordCounts(0, {})}
    assert len(telling_words(groups, 5)["c"]) == 2


def test_a_cluster_alone_is_still_described() -> None:
    assert telling_words({"c": word_counts(_texts("ribbon tulle"))}, 5)["c"] == ["ribbon", "tulle"]


def test_a_name_is_told_in_each_language_from_its_own_words() -> None:
    name = name_of(["ribbon", "芭蕾", "tulle", "缎带", "#pink"], "c-0123456789ab", ())
    assert name.en == "ribbon · tulle · pink"
    assert name.zh == "芭蕾 · 缎带"


def test_a_name_that_another_cluster_has_grows_by_a_word() -> None:
    words = ["ribbon", "tulle", "pink", "satin"]
    assert name_of(words, "c-0123456789ab", {"ribbon · tulle · pink"}).en == (
        "ribbon · tulle · pink · satin"
    )


def test_a_cluster_without_words_is_named_by_its_id() -> None:
    name = name_of([], "c-0123456789ab", ())
    assert (name.en, name.zh) == ("unnamed 012345", "未名 012345")
