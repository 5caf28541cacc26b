"""Claims: which sentences of a report may stand.

In: drafts, each a sentence with the evidence it names, and the evidence. Out: claims, kept or
dropped with a reason. A claim is kept if everything it names exists, every number in it is found
in that evidence as a number of what the sentence speaks of, every name it asserts is in it, and it
does not say «rose» of what fell. Whoever wrote the sentence, a model or a template, it is checked
alike. Knows nothing about who that was, or about pages.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.reports.report.evidence import Evidence, Fact, Item, one_line
from zeitgraph.reports.report.lexicon import Span, blank, find_words, fold, reading_words
from zeitgraph.reports.report.quantities import Quantity, read_quantities

LONGEST = 600
"""A claim is one sentence: longer ones, in characters, are dropped."""


@dataclass(frozen=True)
class Draft:
    """A sentence as its writer gave it, with the evidence it names."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A checked sentence: `status` is kept or dropped, `reason` says why it was dropped."""

    claim_id: str
    section: str
    text: str
    evidence: tuple[str, ...]
    status: str
    reason: str = ""

    @property
    def kept(self) -> bool:
        """Whether it may stand in the report."""
        return self.status == "kept"


def check_drafts(
    section: str, drafts: Iterable[Draft], evidence: Evidence, subject: str = ""
) -> list[Claim]:
    """The drafts of a section as claims, in their order; a repeated sentence is one claim.

    `subject` is the cluster that the section is about: what a sentence without names speaks of.
    """
    claims: dict[str, Claim] = {}
    for draft in drafts:
        text = one_line(draft.text)
        claim_id = content_id("k", evidence.lang, section, text, draft.evidence)
        reason = why_dropped(Draft(text, draft.evidence), evidence, subject)
        status = "dropped" if reason else "kept"
        claims.setdefault(claim_id, Claim(claim_id, section, text, draft.evidence, status, reason))
    return list(claims.values())


def why_dropped(draft: Draft, evidence: Evidence, subject: str = "") -> str:
    """The first reason against a draft, empty where there is none."""
    reading = _Reading(draft, evidence, subject)
    return next((reason for rule in _RULES if (reason := rule(reading))), "")


@dataclass(frozen=True)
class _Named:
    """A name that the sentence uses, and the ids of all that go by it."""

    start: int
    end: int
    name: str
    ids: frozenset[str]


class _Reading:
    """A draft taken apart: names, quantities, clauses, and the evidence it names."""

    def __init__(self, draft: Draft, evidence: Evidence, subject: str) -> None:
        self.text, self.cited, self.evidence = draft.text, draft.evidence, evidence
        self.subject = frozenset({subject} - {""})
        self.items: list[Item] = [i for e in draft.evidence if (i := evidence.item(e))]

    @cached_property
    def quotes(self) -> list[Span]:
        """Words in “quotation marks” that a rule of the evidence asks for: quoted, not said."""
        words = {str(row["word"]) for i in self.items for row in i.rows if row.get("word")}
        return [m.span() for m in re.finditer("“([^“”]*)”", self.text) if m[1] in words]

    @cached_property
    def names(self) -> list[_Named]:
        quoted = self.quotes
        return [
            named
            for named in find_names(self.text, self.evidence)
            if not any(start <= named.start < end for start, end in quoted)
        ]

    @cached_property
    def read(self) -> list[Span]:
        """What is read as a name or a quotation, and as nothing else."""
        return [*((n.start, n.end) for n in self.names), *self.quotes]

    @cached_property
    def quantities(self) -> list[Quantity]:
        return read_quantities(self.text, self.read)

    @cached_property
    def facts(self) -> list[Fact]:
        return [fact for item in self.items for fact in item.facts]

    @cached_property
    def clauses(self) -> list[Span]:
        """The sentence cut where one statement ends and the next begins."""
        words = reading_words()["clause"]
        taken = [*self.read]
        taken += [(q.start, q.end) for q in self.quantities]
        text = blank(self.text, taken)
        if find_words(text, words["together"]):
            return [(0, len(text))]
        cuts = [0, *(start for start, _ in find_words(text, words["breaks"])), len(text)]
        return list(pairwise(cuts))

    def clause_at(self, place: int) -> Span:
        return next(c for c in reversed(self.clauses) if c[0] <= place)

    def ids_of(self, clause: Span) -> frozenset[str]:
        """What a clause speaks of: what it names, else what the nearest clause before it named,
        else (in a sentence without names) the subject of the section.
        """
        inside = [n for n in self.names if clause[0] <= n.start < clause[1]]
        earlier = [n for n in self.names if n.start < clause[0]]
        if not inside and earlier:
            last = self.clause_at(earlier[-1].start)
            inside = [n for n in earlier if n.start >= last[0]]
        if not self.names:
            return self.subject
        return frozenset[str]().union(*(n.ids for n in inside))

    def in_scope(self, clause: Span, *, total: bool = False) -> list[Fact]:
        """The facts whose numbers the clause may state. A clause that speaks of nothing in
        particular may state the week's own numbers, and those of whatever is named after it.
        """
        speaks_of = self.ids_of(clause)
        everyone = frozenset[str]().union(self.subject, *(n.ids for n in self.names))
        clusters = {i for n in self.names for i in n.ids if self._kind(i) == "cluster"}
        around = clusters or self.subject

        def allows(fact: Fact) -> bool:
            if fact.context and around and not fact.context & around:
                return False
            if not fact.focus:
                return total or not speaks_of or bool(fact.context)
            if fact.needs > 1:
                hits = sum(bool(n.ids & fact.focus) for n in self.names) + bool(
                    self.subject & fact.focus
                )
                return hits >= fact.needs
            return bool(fact.focus & (speaks_of or everyone)) or not everyone

        return [fact for fact in self.facts if allows(fact)]

    def _kind(self, known_id: str) -> str:
        known = self.evidence.known.get(known_id)
        return known.kind if known else ""


def find_names(text: str, evidence: Evidence) -> list[_Named]:
    """Names of clusters and entities that `text` asserts; the longest of overlapping ones.

    A Latin name counts as a whole word, with its capitals if it has any; a Chinese name of a single
    character counts where no other follows it. A word that the checker reads itself («rose»,
    «posts») is no name.
    """
    ids: dict[str, set[str]] = {}
    for thing in evidence.known.values():
        for name in thing.names():
            ids.setdefault(name, set()).add(thing.known_id)
    ours = _own_words()
    lowered = text.casefold()
    found: list[_Named] = []
    for name in sorted(ids, key=lambda n: (-len(n), n)):
        if name.casefold() in ours or name.casefold() not in lowered:
            continue
        flags = re.IGNORECASE if name == name.lower() or " " in name else 0
        for match in re.finditer(_standing(name), text, flags):
            if all(match.end() <= n.start or match.start() >= n.end for n in found):
                found.append(_Named(*match.span(), name, frozenset(ids[name])))
    return sorted(found, key=lambda n: n.start)


def _standing(name: str) -> str:
    """A pattern for `name` where it stands for itself and is no part of another word."""
    if name.isascii():
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.escape(name) + (r"(?!\w)" if len(name) == 1 else "")


def _own_words() -> frozenset[str]:
    words = reading_words()
    groups: list[Sequence[str]] = [*words["direction"].values(), *words["noun"].values()]
    groups += [list(words["number"]["en"]), list(words["ordinal"]["en"])]
    return frozenset(word.casefold() for group in groups for word in group)


# -- the rules: each gives a reason against the claim, or nothing ---------------------------------


def _well_formed(reading: _Reading) -> str:
    if not reading.text:
        return "says nothing"
    if len(reading.text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if re.search(r"https?:|www\.|javascript:|data:|<[a-z/!]", reading.text, re.IGNORECASE):
        return "holds a link or markup"
    return ""


def _evidence_exists(reading: _Reading) -> str:
    if not reading.cited:
        return "names no evidence"
    missing = [e for e in reading.cited if reading.evidence.item(e) is None]
    return f"there is no evidence {', '.join(missing)}" if missing else ""


def _names_are_there(reading: _Reading) -> str:
    about = frozenset[str]().union(*(item.about for item in reading.items))
    missing = [n.name for n in reading.names if not n.ids & about]
    return f"«{missing[0]}» is not in the evidence it names" if missing else ""


def _numbers_are_there(reading: _Reading) -> str:
    for quantity in reading.quantities:
        if not _MATCHES[quantity.kind](quantity, reading):
            stated = reading.text[quantity.start : quantity.end].strip()
            return f"«{stated}» is not in the evidence it names"
    return ""


def _directions_agree(reading: _Reading) -> str:
    words = reading_words()["direction"]
    text = blank(reading.text, reading.read)
    for clause in reading.clauses:
        part = text[slice(*clause)]
        up, down = find_words(part, words["up"]), find_words(part, words["down"])
        if bool(up) == bool(down):
            continue
        said = 1 if up else -1
        if find_words(part[: (up or down)[0][0]], words["negation"]):
            said = -said
        signs = _signs(reading, clause, heat=bool(find_words(part, words["heat"])))
        if not signs:
            return f"nothing it names tells whether «{part.strip(' ,，;；')}»"
        if said not in signs:
            return f"the evidence says the opposite of «{part.strip(' ,，;；')}»"
    return ""


_RULES: tuple[Callable[[_Reading], str], ...] = (
    _well_formed,
    _evidence_exists,
    _names_are_there,
    _numbers_are_there,
    _directions_agree,
)


def _signs(reading: _Reading, clause: Span, *, heat: bool) -> set[int]:
    """Which ways the evidence says things went this week: by points where the clause states them,
    else by growth, else by the measures of this week and the one before.
    """
    facts, week = reading.in_scope(clause), reading.evidence.week
    stated = {q.kind for q in reading.quantities if clause[0] <= q.start < clause[1]}
    told = ("points", "growth") if "points" in stated else ("growth", "points")
    for measure in () if heat else told:
        if moves := [f.value for f in facts if f.measure == measure and f.week == week]:
            return {(move > 0) - (move < 0) for move in moves}
    for measure in ("heat",) if heat else ("share", "posts"):
        now, then = (
            {f.focus: f.value for f in facts if f.measure == measure and f.week == w}
            for w in (week, week_after(week, -1))
        )
        if moves := [value - then[focus] for focus, value in now.items() if focus in then]:
            return {(move > 0) - (move < 0) for move in moves}
    return set()


# -- how each kind of quantity is found -----------------------------------------------------------

_COUNTED: Mapping[str, frozenset[str]] = {
    "posts": frozenset({"posts"}),
    "weeks": frozenset({"weeks", "run"}),
    "clusters": frozenset({"clusters", "rows"}),
    "entities": frozenset({"entities", "rows"}),
    "": frozenset({"posts", "weeks", "run", "clusters", "entities", "rows", "heat", "measure"}),
}


def _facts_for(quantity: Quantity, reading: _Reading) -> list[Fact]:
    total = reading_words()["total"]
    before, after = reading.text[: quantity.start].rstrip(), reading.text[quantity.end :]
    ends = any(span[1] == len(before) for span in find_words(before, total["before"]))
    noun = "|".join(w for w in reading_words()["noun"]["posts"])
    follows = re.match(rf"\s*(?:{noun})?(?:{'|'.join(total['after'])})", after)
    return reading.in_scope(reading.clause_at(quantity.start), total=ends or follows is not None)


def _among(quantity: Quantity, reading: _Reading, measures: Iterable[str]) -> bool:
    wanted = frozenset(measures)
    return any(
        f.measure in wanted and quantity.holds(f.value) for f in _facts_for(quantity, reading)
    )


def _moves(reading: _Reading, quantity: Quantity) -> bool:
    words = reading_words()["direction"]
    clause = reading.text[slice(*reading.clause_at(quantity.start))]
    return bool(find_words(clause, [*words["up"], *words["down"]]))


def _number(quantity: Quantity, reading: _Reading) -> bool:
    if reading.text[quantity.end :].startswith("°"):
        return _among(quantity, reading, {"bound"})
    measures = set(_COUNTED[quantity.noun])
    measures |= {"share", "growth", "bound"} if quantity.decimals else set()
    if _among(quantity, reading, measures):
        return True
    return quantity.noun == "" and not quantity.decimals and _year(quantity, reading)


def _fraction(quantity: Quantity, reading: _Reading) -> bool:
    if quantity.sign == 0 and _among(quantity, reading, {"share"}):
        return True
    if quantity.sign == 0 and not _moves(reading, quantity):
        return False
    growths = [f.value for f in _facts_for(quantity, reading) if f.measure == "growth"]
    return any(
        quantity.holds(abs(value)) and (quantity.sign == 0 or quantity.sign * value >= 0)
        for value in growths
    )


def _points(quantity: Quantity, reading: _Reading) -> bool:
    points = [f.value for f in _facts_for(quantity, reading) if f.measure == "points"]
    return any(quantity.holds(abs(value)) for value in points)


def _factor(quantity: Quantity, reading: _Reading) -> bool:
    """«1.4 times» is growth of 0.4; 增长了1.4倍 is growth of 1.4."""
    before = fold(reading.text[: quantity.start])
    by = re.search(r"(?:增长|上升|提高|增加|上涨|攀升)了?(?:约|近)?$", before)
    growths = [f.value for f in _facts_for(quantity, reading) if f.measure == "growth"]
    return any(quantity.holds(value if by else 1.0 + value) for value in growths)


def _rank(quantity: Quantity, reading: _Reading) -> bool:
    return _among(quantity, reading, {"run"} if quantity.noun == "weeks" else {"rank"})


def _weeks(reading: _Reading) -> set[str]:
    return {fact.week for fact in reading.facts} | {
        str(item.arguments["week"]) for item in reading.items if "week" in item.arguments
    }


def _week(quantity: Quantity, reading: _Reading) -> bool:
    year, number = divmod(int(quantity.low), 100)
    return any(int(week[6:]) == number and year in (0, int(week[:4])) for week in _weeks(reading))


def _days(reading: _Reading) -> set[date]:
    """The days of the weeks that the evidence is about, and the days its rows name."""
    starts = [week_start(week).date() for week in _weeks(reading)]
    days = {start + timedelta(days=n) for start in starts for n in range(7)}
    cells = [str(row.get("published_at") or "") for item in reading.items for row in item.rows]
    return days | {date.fromisoformat(cell[:10]) for cell in cells if cell}


def _date(quantity: Quantity, reading: _Reading) -> bool:
    return any(day.month * 100 + day.day == quantity.low for day in _days(reading))


def _month(quantity: Quantity, reading: _Reading) -> bool:
    return any(day.month == quantity.low for day in _days(reading))


def _year(quantity: Quantity, reading: _Reading) -> bool:
    return any(quantity.holds(day.year) for day in _days(reading))


def _code(quantity: Quantity, reading: _Reading) -> bool:
    """A word such as Y2K must stand in the evidence as it is."""
    cells = [str(cell) for item in reading.items for row in item.rows for cell in row.values()]
    return any(quantity.text.casefold() in cell.casefold() for cell in cells)


_MATCHES: Mapping[str, Callable[[Quantity, _Reading], bool]] = {
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
