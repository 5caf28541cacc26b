"""Words of English and Chinese texts."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from zeitgraph.extraction.names.words import LONGEST, stop_words, tokens


def test_english_words_come_in_order_without_stop_words() -> None:
    text = "I'm loving the Ballet-core ribbons, and the tulle: ribbons’ 2024 look! a"
    assert tokens(text, "en") == ["loving", "ballet-core", "ribbons", "tulle", "ribbons"]


def test_chinese_is_split_into_words_whatever_the_language() -> None:
    expected = ["小红书", "芭蕾", "缎带"]
    for lang in ("zh", "en", ""):
        assert tokens("今天在小红书看到芭蕾缎带", lang) == expected


def test_words_of_fashion_that_jieba_does_not_know_stay_whole() -> None:
    assert tokens("波西米亚的甜甜圈与极简风") == ["波西米亚", "甜甜圈", "极简风"]


def test_a_hashtag_is_one_word_in_either_language() -> None:
    assert tokens("#Korean_Cream＃多巴胺穿搭 sofa", "en") == ["#koreancream", "#多巴胺穿搭", "sofa"]


def test_addresses_handles_and_mail_are_left_out() -> None:
    text = "https://shop.example/red?x=1 @some.body me@mail.example www.site.example velvet"
    assert tokens(text) == ["velvet"]


def test_full_width_letters_are_the_same_words() -> None:
    assert tokens("ＶＥＬＶＥＴ") == tokens("velvet")


def test_stop_words_of_both_languages_ship() -> None:
    assert {"the", "don't", "的话", "我们"} <= stop_words()
    assert "//" not in stop_words()


@given(st.text(max_size=300), st.sampled_from(["en", "zh", "", "../../etc/passwd"]))
def test_any_text_has_words_that_are_folded_and_of_sensible_length(text: str, lang: str) -> None:
    words = tokens(text, lang)
    assert words == tokens(text, lang)
    assert all(2 <= len(word.removeprefix("#")) <= LONGEST for word in words)
    assert all(not any(letter.isspace() for letter in word) for word in words)


def test_jieba_is_quiet_and_leaves_no_file_behind(tmp_path: Path) -> None:
    program = "from zeitgraph.extraction.names.words import tokens; print(tokens('芭蕾缎带'))"
    ran = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUTF8": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "['芭蕾', '缎带']\n"
    assert ran.stderr == ""
    assert list(tmp_path.iterdir()) == []
