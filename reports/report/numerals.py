"""The value of a numeral: digits, English number words, Chinese characters.

Input: a word such as `1,204`, `twenty-five` or `一千二百`. Output: its value. This module does not
know about units, sentences or things that are counted.
"""

import re

from zeitgraph.reports.report.lexicon import checker_words

SCALES = {
    "十": 10.0,
    "百": 100.0,
    "千": 1e3,
    "万": 1e4,
    "亿": 1e8,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "k": 1e3,
    "m": 1e6,
    "bn": 1e9,
}
"""The factor of a word or letter."""

HAN_SCALES = "十百千万亿"
HAN_DIGITS = {
    **dict(zip("〇一二三四五六七八九", range(10), strict=True)),
    **dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    "两": 2,
}
HAN = rf"[{''.join(HAN_DIGITS)}{HAN_SCALES}点]+"
"""A pattern for a run of Chinese numerals."""

DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])|\d+(?:\.\d+)?"
"""A pattern for digits with thousands separators and decimals."""

_ENGLISH = {**checker_words()["number"]["en"], "one": 1}
_WORD = "|".join(sorted((*_ENGLISH, "hundred", "thousand", "million"), key=len, reverse=True))
WORD_RUN = re.compile(rf"\b(?:{_WORD})(?:(?:[\s-]|\sand\s)(?:{_WORD}))*\b", re.IGNORECASE)
"""A run of English number words."""


def numeral_value(word: str) -> float:
    """The value of a numeral; NaN if it is not a valid one."""
    word = word.strip().lower().replace(",", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", word):
        return float(word)
    return _english(word) if word.isascii() else _chinese(word)


def last_place(value: float, decimals: int) -> float:
    """The place value of the last digit that is not zero: 100 for 1200, 0.1 for 12.3, 10 for 40."""
    digits = f"{value:.{decimals}f}".replace(".", "")
    zeros = len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0
    return 10.0 ** (zeros - decimals)


def _english(words: str) -> float:
    total, group = 0.0, 0.0
    for word in re.findall(r"[a-z]+", words):
        if word in ("thousand", "million"):
            total, group = total + max(group, 1.0) * SCALES[word], 0.0
        elif word == "hundred":
            group = max(group, 1.0) * 100
        elif word != "and":
            group = group * _ENGLISH[word] if word == "dozen" and group else group + _ENGLISH[word]
    return total + group


def _chinese(word: str) -> float:
    """Chinese numerals with 十百千万亿 and 点; bare digits such as 二〇二六 are read by place."""
    whole, _, part = word.partition("点")
    if not whole or not all(c in HAN_DIGITS for c in part):
        return float("nan")
    if not all(c in HAN_DIGITS or c in HAN_SCALES for c in whole):
        return float("nan")
    by_place = len(whole) > 1 and all(c in HAN_DIGITS for c in whole)
    value = float(_digits(whole)) if by_place else _chinese_whole(whole)
    return value + float(f"0.{_digits(part)}") if part else value


def _digits(word: str) -> str:
    return "".join(str(HAN_DIGITS[c]) for c in word)


def _chinese_whole(word: str) -> float:
    total = section = digit = 0.0
    for c in word:
        if c in HAN_DIGITS:
            digit = float(HAN_DIGITS[c])
        elif c in "万亿":
            total, section, digit = (total + section + digit) * SCALES[c], 0.0, 0.0
        else:
            section, digit = section + (digit or 1.0) * SCALES[c], 0.0
    return total + section + digit
