"""Splits English and Chinese texts into words, with which clusters are described and named.

Input: any text, and its language if known. Output: words in order, in one form (NFKC, lower case),
hashtags as `#word`. Addresses, handles, numbers, single letters, single Chinese characters and stop
words (`prompts/words/stop.*.txt`) are left out. This module does not know about clusters.
"""

import re
import unicodedata
import warnings
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jieba

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|@[\w.]+")
_PIECES = re.compile(
    r"(?P<tag>[#＃][^\W_][\w-]*)"
    rf"|(?P<han>[{_HAN}]+)"
    rf"|(?P<word>(?:(?![{_HAN}])[^\W\d_])+(?:['’-](?:(?![{_HAN}])[^\W\d_])+)*)"
)
LONGEST = 40
"""Letters of a word; longer ones are noise, such as a key or a repeated letter."""


def tokens(text: str, lang: str = "") -> list[str]:
    """The words of `text` in order, with repetitions.

    jieba splits Chinese characters into words (its dictionary and ours, and its hidden Markov model
    for unknown words), whatever `lang` says: many posts mix both languages. `lang`, a code such as
    `en` or `zh`, adds the stop words of a third language if zeitgraph ships a list.
    """
    return list(_tokens(text, lang))


@lru_cache(maxsize=1 << 16)
def is_chinese(word: str) -> bool:
    """Whether `word` holds a Chinese character."""
    return re.search(f"[{_HAN}]", word) is not None


@lru_cache(maxsize=1 << 16)  # a text is split again in every week whose window it is in
def _tokens(text: str, lang: str) -> tuple[str, ...]:
    folded = _NO_WORDS.sub(" ", unicodedata.normalize("NFKC", text).lower())
    stops = stop_words(lang)
    return tuple(word for word in _words(folded) if _is_word(word) and word not in stops)


def _words(text: str) -> list[str]:
    found = []
    for piece in _PIECES.finditer(text):
        if piece["tag"]:
            found.append("#" + re.sub(r"[_-]", "", piece["tag"][1:]))
        elif piece["han"]:
            found.extend(chinese_cutter().lcut(piece["han"]))
        else:
            found.append(re.sub("['’]s?$", "", piece["word"].replace("’", "'")))
    return found


def _is_word(word: str) -> bool:
    bare = word.removeprefix("#")
    return 2 <= len(bare) <= LONGEST and not bare.isdigit()


@cache
def stop_words(lang: str = "") -> frozenset[str]:
    """The stop words of English and Chinese, and of `lang` if zeitgraph ships a list."""
    folder = resources.files("zeitgraph.prompts") / "words"
    files = [folder / f"stop.{code}.txt" for code in dict.fromkeys(("en", "zh", lang))]
    return frozenset(word for file in files if file.is_file() for word in _listed(file))


def _listed(file: Traversable) -> list[str]:
    """The words of a file, separated by spaces; a line that begins with // is a comment."""
    lines = file.read_text("utf-8").splitlines()
    return [word for line in lines if not line.startswith("//") for word in line.split()]


@cache
def chinese_cutter() -> "jieba.Tokenizer":
    """Jieba with its own dictionary, read from its package (0.7 s), and `dictionary.zh.txt`.

    jieba's shared cache in /tmp is not used: it is a marshal file that anyone may have written, and
    two runs may write it at once.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42.1: invalid escapes, and pkg_resources
        import jieba

    cutter = jieba.Tokenizer()
    cutter.FREQ, cutter.total = cutter.gen_pfdict(cutter.get_dict_file())
    cutter.initialized = True
    for word in _listed(resources.files("zeitgraph.prompts") / "words" / "dictionary.zh.txt"):
        cutter.add_word(word)
    return cutter
