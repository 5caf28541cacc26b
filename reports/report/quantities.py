"""Numbers in a sentence: digits, percentages, number words, Chinese numerals, dates and ranks.

Input: a sentence of a report. Output: `Quantity`s, each an interval of the values that the words
can mean (12.3 % is every value that rounds to it). The words are data, in
`prompts/report/checker_words.toml`; English and Chinese are read in every sentence. A word with a
digit that is no number is returned too, so that no digit goes unchecked. This module does not know
about evidence.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from zeitgraph.reports.report.lexicon import (
    MASK,
    Span,
    blank,
    bounded,
    checker_words,
    find_words,
    fold,
)
from zeitgraph.reports.report.numerals import (
    DIGITS,
    HAN,
    HAN_DIGITS,
    HAN_SCALES,
    SCALES,
    WORD_RUN,
    last_place,
    numeral_value,
)


@dataclass(frozen=True)
class Quantity:
    """A number at `text[start:end]`: any value in [`low`, `high`] of its `kind`.

    Kinds: `number` (of the things in `noun`, if a noun follows), `fraction` (12 % is 0.12),
    `points` (a difference of fractions), `factor` (1.4 times), `rank`, `week` (year · 100 + week;
    year 0 if the text has none), `date` (month · 100 + day), `month`, `year`, and `code` for a word
    such as Y2K. `sign` is +1 or -1 if the text writes a sign, else 0; `decimals` is true for a
    decimal point.
    """

    kind: str
    low: float
    high: float
    start: int
    end: int
    noun: str = ""
    sign: int = 0
    decimals: bool = False
    text: str = ""

    def holds(self, value: float) -> bool:
        """Whether the words can mean `value`, with a relative float tolerance of 1e-9."""
        slack = 1e-9 * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack


def read_quantities(sentence: str, skip: Sequence[Span] = ()) -> list[Quantity]:
    """Every quantity in `sentence` outside `skip` (the spans of names), in reading order."""
    text = fold(blank(sentence, skip))
    text = blank(text, find_words(text, checker_words()["traps"]["words"]))
    found: list[Quantity] = []
    for read in (_calendar, _phrases, _ratios, _codes, _numerals, _leftovers):
        fresh = list(read(text))
        found += fresh
        text = blank(text, ((q.start, q.end) for q in fresh))
    return sorted(found, key=lambda quantity: quantity.start)


# -- dates and weeks -----------------------------------------------------------------------------

_MONTH = "|".join(f"{name}|{name[:3]}" for name in checker_words()["month"]["names"])
_DASH = r"\s*(?:-|–|—|~|至|到|to|through)\s*"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_UNTIL = rf"(?:{_DASH}(?P<day2>\d{{1,2}}))?"
_HAN_YEAR = r"(?:(?P<year>\d{4})\s*年\s*)?"
_HAN_UNTIL = rf"(?:{_DASH}(?:(?P<month2>\d{{1,2}})\s*月\s*)?(?P<day2>\d{{1,2}})\s*[日号])?"
_CALENDAR: tuple[tuple[str, str], ...] = (
    ("week", r"(?P<year>\d{4})-?W(?P<week>\d{1,2})(?!\d)"),
    ("week", r"\bW(?P<week>\d{1,2})\b"),
    ("week", r"\bweeks?\s+(?P<week>\d{1,2})(?:,?\s+(?:of\s+)?(?P<year>\d{4}))?(?!\d|\.\d|%)"),
    ("week", r"(?:(?P<year>\d{4})\s*年)?\s*第\s*(?P<week>\d{1,2})\s*周"),
    ("date", r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:T[\d:.]+Z?)?"),
    ("date", _HAN_YEAR + r"(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?" + _HAN_UNTIL),
    ("date", rf"\b(?P<day>\d{{1,2}}){_UNTIL}\s+(?P<name>{_MONTH})\b" + _YEAR),
    ("date", rf"\b(?P<name>{_MONTH})\s+(?P<day>\d{{1,2}}){_UNTIL}(?!\d)" + _YEAR),
    ("month", rf"\b(?P<name>{_MONTH})\s+(?P<year>\d{{4}})\b"),
    ("month", _HAN_YEAR + r"(?P<month>\d{1,2})\s*月"),
    ("year", r"(?P<year>\d{4})\s*年"),
)  # fmt: skip


def _calendar(text: str) -> Iterator[Quantity]:
    for kind, pattern in _CALENDAR:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield from _moments(kind, match)
        text = re.sub(pattern, lambda match: MASK * len(match.group()), text, flags=re.IGNORECASE)


def _moments(kind: str, match: re.Match[str]) -> Iterator[Quantity]:
    """The week, date, month and year of a match; a span of dates gives its first and last day."""
    parts = {key: value for key, value in match.groupdict().items() if value}
    names = [name[:3] for name in checker_words()["month"]["names"]]
    month = names.index(parts["name"][:3].lower()) + 1 if "name" in parts else 0
    month = int(parts.get("month", month))
    year = int(parts.get("year", 0))
    values = {
        "week": [year * 100 + int(parts.get("week", 0))],
        "date": [month * 100 + int(parts.get("day", 0))]
        + [int(parts.get("month2", month)) * 100 + int(d) for d in [parts.get("day2")] if d],
        "month": [month],
        "year": [],
    }[kind]
    for value in values:
        yield Quantity(kind, value, value, *match.span())
    if year and kind != "week":
        yield Quantity("year", year, year, *match.span())


# -- fixed phrases, ratios, words with digits -----------------------------------------------------


def _phrases(text: str) -> Iterator[Quantity]:
    for phrase in checker_words()["phrase"]:
        spans = find_words(text, phrase["words"])
        for span in spans:
            yield Quantity(phrase["kind"], phrase["low"], phrase["high"], *span)
        text = blank(text, spans)


def _ratios(text: str) -> Iterator[Quantity]:
    """Ratios: `one in five`, `3/10`, `百分之十二`, `五分之二`."""
    number = rf"(?:\d+(?:\.\d+)?|{WORD_RUN.pattern})"
    of = r"(?:\sin\s(?:every\s)?|/|\sout\sof\severy\s)"
    pattern = rf"(?<![\d./])(?P<a>{number}|one)\s*{of}\s*(?P<b>{number})(?![\d/])"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        above, below = (numeral_value(match[group]) for group in ("a", "b"))
        if below:
            yield _fraction(above / below, 0.5 / below / 10, match.span())
    for match in re.finditer(rf"(?P<b>百|{HAN})分之(?P<a>{HAN}|\d+(?:\.\d+)?)", text):
        above, below = numeral_value(match["a"]), numeral_value(match["b"])
        if below:
            decimals = len(match["a"].replace("点", ".").partition(".")[2])
            half = 0.5 * 10**-decimals / below if below >= 100 else 0.05 / below
            yield _fraction(above / below, half, match.span())


def _fraction(value: float, half: float, span: Span) -> Quantity:
    return Quantity("fraction", value - half, value + half, *span)


def _codes(text: str) -> Iterator[Quantity]:
    """Words of letters and digits that are not a number with a unit: Y2K, 3D, B2B."""
    for match in re.finditer(r"[A-Za-z0-9]*(?:[A-Za-z]\d|\d[A-Za-z])[A-Za-z0-9]*", text):
        if not re.fullmatch(
            r"\d+(?:st|nd|rd|th|x|k|m|bn|pp|pct|fold)", match.group(), re.IGNORECASE
        ):
            yield Quantity("code", 0, 0, *match.span(), text=match.group())


# -- numerals with their units --------------------------------------------------------------------

_UNITS: tuple[tuple[str, str, float], ...] = (
    (r"\s*-?(?:percentage[ -]points?|points?\b|pp\b|个?百分点)", "points", 0.01),
    (r"\s*(?:%|percent\b|per cent\b|pct\b)(?:\s*points?\b|点)", "points", 0.01),
    (r"\s*(?:%|percent\b|per cent\b|pct\b)", "fraction", 0.01),
    (r"\s*‰", "fraction", 0.001),
    (r"\s*成(?!为|了|功|长|立|员|本|熟|品|人)", "fraction", 0.1),
    (r"\s*(?:×|倍|x(?![A-Za-z])|times\b|-?fold\b)", "factor", 1.0),
    (r"(?:st|nd|rd|th)\b", "rank", 1.0),
)
_ORDINALS = checker_words()["ordinal"]["en"]
_RANGE = re.compile(r"\s*(?:-|–|—|~|～|至|到|to|and|or|或)\s*", re.IGNORECASE)


def _numerals(text: str) -> Iterator[Quantity]:
    for match in find_words(text, _ORDINALS):
        rank = _ORDINALS[text[slice(*match)].lower()]
        yield Quantity("rank", rank, rank, *match, noun=_noun(text[match[1] :]))
        text = blank(text, [match])
    stated: list[_Stated] = []
    for start, end in _numeral_spans(text):
        if not stated or start >= stated[-1].end:
            stated.append(_stated(text, start, end))
    for this, following in zip_longest(stated, stated[1:]):
        unit = this
        if following is not None and this.kind == "number" and not this.noun:
            between = text[this.end : following.start]
            if _RANGE.fullmatch(between):
                unit = replace(
                    this, kind=following.kind, factor=following.factor, noun=following.noun
                )
        yield unit.quantity(text)


def _numeral_spans(text: str) -> list[Span]:
    spans = [match.span() for match in re.finditer(DIGITS, text)]
    text = blank(text, spans)
    spans += [m.span() for m in WORD_RUN.finditer(text) if _counts(text, *m.span())]
    spans += [m.span() for m in re.finditer(HAN, text) if _counts(text, *m.span())]
    return sorted(spans)


def _counts(text: str, start: int, end: int) -> bool:
    """Whether a number word is a number here.

    `one` and 一 are mostly articles: they count only after a word such as «only», as an ordinal, or
    before a unit. 点 and words of scale alone are no numbers.
    """
    word = text[start:end].lower()
    if word in ("one", "一"):
        before = text[max(0, start - 8) : start].lower()
        unit = any(re.match(p, text[end:]) for p, _, _ in _UNITS)
        return unit or bool(
            re.search(r"(?:第|前|只有|仅有?|只|共有?|新增|only |just |exactly )$", before)
        )
    return any(c in HAN_DIGITS or c == "十" for c in word) or (
        word.isascii() and word not in SCALES
    )


@dataclass(frozen=True)
class _Stated:
    """A numeral with its unit, noun and sign, read from the words around it."""

    value: float
    decimals: int
    scale: float
    kind: str
    factor: float
    noun: str
    sign: int
    start: int
    end: int

    def quantity(self, text: str) -> Quantity:
        """The interval of values: by rounding, or by the hedge before the numeral."""
        unit = self.scale * self.factor
        value, half = self.value * unit, 0.5 * 10**-self.decimals * unit
        low, high = value - half, value + half
        step = last_place(self.value, self.decimals) * unit
        hedge = _hedge(text, self.start, self.end)
        if hedge == "about":
            low, high = value - step / 2, value + step / 2
        elif hedge == "over":
            low, high = value, value + step
        elif hedge == "under":
            low, high = value - step, value
        elif hedge == "top":
            low, high = 1, value
        kind = "rank" if hedge in ("rank", "top") and self.kind == "number" else self.kind
        return Quantity(
            kind, low, high, self.start, self.end, self.noun, self.sign, self.decimals > 0
        )


def _stated(text: str, start: int, end: int) -> _Stated:
    word = text[start:end].replace(",", "")
    decimals = len(word.replace("点", ".").partition(".")[2])
    value, scale, stop = numeral_value(word), 1.0, end
    if match := re.match(
        r"\s?(?:hundred|thousand|million|billion|bn|k|m)\b|[百千万亿]+", text[end:], re.IGNORECASE
    ):
        for part in re.findall(r"[a-z]+|[百千万亿]", match.group().lower()):
            scale *= SCALES[part]
        stop = end + match.end()
    kind, factor = "number", 1.0
    for pattern, unit, size in _UNITS:
        if match := re.match(pattern, text[stop:], re.IGNORECASE):
            kind, factor, stop = unit, size, stop + match.end()
            break
    if kind == "fraction" and factor == 0.1 and (match := re.match(rf"半|{HAN}", text[stop:])):
        value += 0.5 if match.group() == "半" else numeral_value(match.group()) / 10
        decimals, stop = 1, stop + match.end()
    noun = _noun(text[stop:]) if kind == "number" else ""
    sign = 0
    if (
        start
        and text[start - 1] in "+-"
        and not text[max(0, start - 2) : start - 1].strip().isalnum()
    ):
        sign = 1 if text[start - 1] == "+" else -1
    if kind == "number" and re.search(r"(?:×|\bfactor of )$", text[:start], re.IGNORECASE):
        kind = "factor"
    return _Stated(value, decimals, scale, kind, factor, noun, sign, start, stop)


def _noun(rest: str) -> str:
    for noun, words in checker_words()["noun"].items():
        for word in sorted(words, key=len, reverse=True):
            gap = (
                r"\s*(?:(?!the|this|last|a|an|of|in|to|and|week)[A-Za-z-]+\s+){0,2}?"
                if word.isascii()
                else r"\s*(?:多|余)?"
            )
            if re.match(gap + bounded(word), rest, re.IGNORECASE):
                return str(noun)
    return ""


def _hedge(text: str, start: int, end: int) -> str:
    """The hedge or mark of rank around a numeral; empty if there is none."""
    before = text[:start].rstrip().lower()
    if re.search(r"(?:第|\bno\.?|#|\bnumber|\brank(?:ed|s)?)$", before):
        return "rank"
    if re.search(r"(?:\btop|前|\bfirst)$", before):
        return "top"
    for hedge, words in checker_words()["hedge"].items():
        if any(span[1] == len(before) for span in find_words(before, words)):
            return str(hedge)
    if re.match(r"\s*(?:多|余|以上|or more)", text[end:]):
        return "over"
    return "about" if re.match(r"\s*\w{0,2}(?:左右|上下)", text[end:]) else ""


def _leftovers(text: str) -> Iterator[Quantity]:
    """Any other character of a Unicode number category (½, ③, Ⅳ, ٣), by its Unicode value."""
    for place, c in enumerate(text):
        if c not in HAN_DIGITS and c not in HAN_SCALES and unicodedata.category(c)[0] == "N":
            value = unicodedata.numeric(c, float("nan"))
            yield Quantity("number", value, value, place, place + 1, decimals=value % 1 != 0)
