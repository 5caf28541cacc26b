"""Whether a number of a sentence is in the evidence that the sentence cites.

Input: a quantity and its sentence. Output: yes or no. Each kind of quantity is compared with the
facts of its measure that are in scope where the quantity appears.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from zeitgraph.kg.base.weeks import week_start
from zeitgraph.reports.report.evidence import Fact
from zeitgraph.reports.report.lexicon import checker_words, find_words, fold
from zeitgraph.reports.report.quantities import Quantity
from zeitgraph.reports.report.sentence import Sentence


def is_in_evidence(quantity: Quantity, sentence: Sentence) -> bool:
    """Whether the cited evidence holds a value that the quantity can mean."""
    return _CHECKS[quantity.kind](quantity, sentence)


# -- facts in scope --------------------------------------------------------------------------------

_COUNTED: Mapping[str, frozenset[str]] = {
    "posts": frozenset({"posts"}),
    "weeks": frozenset({"weeks", "run"}),
    "clusters": frozenset({"clusters", "rows"}),
    "entities": frozenset({"entities", "rows"}),
    "": frozenset({"posts", "weeks", "run", "clusters", "entities", "rows", "heat", "measure"}),
}
"""The measures that a whole number may have, by the noun after it."""


def _facts_in_scope(quantity: Quantity, sentence: Sentence) -> list[Fact]:
    total = checker_words()["total"]
    before, after = sentence.text[: quantity.start].rstrip(), sentence.text[quantity.end :]
    ends = any(span[1] == len(before) for span in find_words(before, total["before"]))
    noun = "|".join(w for w in checker_words()["noun"]["posts"])
    follows = re.match(rf"\s*(?:{noun})?(?:{'|'.join(total['after'])})", after)
    return sentence.in_scope(sentence.clause_at(quantity.start), total=ends or follows is not None)


def _among(quantity: Quantity, sentence: Sentence, measures: Iterable[str]) -> bool:
    wanted = frozenset(measures)
    return any(
        fact.measure in wanted and quantity.holds(fact.value)
        for fact in _facts_in_scope(quantity, sentence)
    )


def _growths(quantity: Quantity, sentence: Sentence) -> list[float]:
    return [f.value for f in _facts_in_scope(quantity, sentence) if f.measure == "growth"]


def _states_a_direction(sentence: Sentence, quantity: Quantity) -> bool:
    words = checker_words()["direction"]
    clause = sentence.text[slice(*sentence.clause_at(quantity.start))]
    return bool(find_words(clause, [*words["up"], *words["down"]]))


# -- numbers, fractions, ranks ---------------------------------------------------------------------


def _number(quantity: Quantity, sentence: Sentence) -> bool:
    if sentence.text[quantity.end :].startswith("°"):
        return _among(quantity, sentence, {"bound"})
    measures = set(_COUNTED[quantity.noun])
    measures |= {"share", "growth", "bound"} if quantity.decimals else set()
    if _among(quantity, sentence, measures):
        return True
    return quantity.noun == "" and not quantity.decimals and _year(quantity, sentence)


def _fraction(quantity: Quantity, sentence: Sentence) -> bool:
    """A fraction is a share; with a sign or a word of direction it may also be a growth."""
    if quantity.sign == 0 and _among(quantity, sentence, {"share"}):
        return True
    if quantity.sign == 0 and not _states_a_direction(sentence, quantity):
        return False
    return any(
        quantity.holds(abs(value)) and (quantity.sign == 0 or quantity.sign * value >= 0)
        for value in _growths(quantity, sentence)
    )


def _points(quantity: Quantity, sentence: Sentence) -> bool:
    points = [f.value for f in _facts_in_scope(quantity, sentence) if f.measure == "points"]
    return any(quantity.holds(abs(value)) for value in points)


def _factor(quantity: Quantity, sentence: Sentence) -> bool:
    """«1.4 times» is growth of 0.4; 增长了1.4倍 is growth of 1.4."""
    before = fold(sentence.text[: quantity.start])
    by = re.search(r"(?:增长|上升|提高|增加|上涨|攀升)了?(?:约|近)?$", before)
    return any(
        quantity.holds(value if by else 1.0 + value) for value in _growths(quantity, sentence)
    )


def _rank(quantity: Quantity, sentence: Sentence) -> bool:
    return _among(quantity, sentence, {"run"} if quantity.noun == "weeks" else {"rank"})


# -- weeks and dates -------------------------------------------------------------------------------


def _weeks(sentence: Sentence) -> set[str]:
    return {fact.week for fact in sentence.facts} | {
        str(item.arguments["week"]) for item in sentence.items if "week" in item.arguments
    }


def _week(quantity: Quantity, sentence: Sentence) -> bool:
    year, number = divmod(int(quantity.low), 100)
    return any(int(week[6:]) == number and year in (0, int(week[:4])) for week in _weeks(sentence))


def _days(sentence: Sentence) -> set[date]:
    """The days of the weeks that the evidence is about, and the days in its rows."""
    starts = [week_start(week).date() for week in _weeks(sentence)]
    days = {start + timedelta(days=n) for start in starts for n in range(7)}
    cells = [str(row.get("published_at") or "") for item in sentence.items for row in item.rows]
    return days | {date.fromisoformat(cell[:10]) for cell in cells if cell}


def _date(quantity: Quantity, sentence: Sentence) -> bool:
    return any(day.month * 100 + day.day == quantity.low for day in _days(sentence))


def _month(quantity: Quantity, sentence: Sentence) -> bool:
    return any(day.month == quantity.low for day in _days(sentence))


def _year(quantity: Quantity, sentence: Sentence) -> bool:
    return any(quantity.holds(day.year) for day in _days(sentence))


# -- words with digits -----------------------------------------------------------------------------


def _code(quantity: Quantity, sentence: Sentence) -> bool:
    """A word such as Y2K must appear in the evidence in this form."""
    cells = [str(cell) for item in sentence.items for row in item.rows for cell in row.values()]
    return any(quantity.text.casefold() in cell.casefold() for cell in cells)


_CHECKS: Mapping[str, Callable[[Quantity, Sentence], bool]] = {
    "number": _number,
    "fraction": _fraction,
    "points": _points,
    "factor": _factor,
    "rank": _rank,
    "week": _week,
    "date": _date,
    "month": _month,
    "year": _year,
    "code": _code,
}
