"""The claim checker: decides which sentences a report shows.

Input: drafts, each a sentence with the evidence that it cites, and the evidence. Output: claims,
kept or dropped with a reason. A claim is kept if

- all evidence that it cites exists,
- every known name in it occurs in that evidence,
- every number, rank, week and date in it is found there as a number of what the sentence is about,
- and no word of direction («rose», «fell») contradicts the changes found there.

The checker reads numbers, names, ranks and directions that it knows, in English and Chinese. It
does not read causes, preferences or advice: a sentence of that kind passes if the rest of it holds,
and so does a name that the graph does not know. It treats every writer, model or template, alike.
"""

import re
from collections.abc import Callable, Iterable

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.terms import ClaimStatus
from zeitgraph.kg.base.weeks import week_after
from zeitgraph.reports.page.formatting import one_line
from zeitgraph.reports.report.claims import Claim, Draft
from zeitgraph.reports.report.evidence import Evidence
from zeitgraph.reports.report.lexicon import Span, blank, checker_words, find_words
from zeitgraph.reports.report.quantity_check import is_in_evidence
from zeitgraph.reports.report.sentence import Sentence

LONGEST_CLAIM = 600
"""A claim is one sentence: text of more characters is dropped."""


def check_drafts(
    section: str, drafts: Iterable[Draft], evidence: Evidence, subject: str = ""
) -> list[Claim]:
    """The drafts of a section as claims, in their order; a repeated sentence is one claim.

    `subject` is the cluster that the section is about: a sentence without names is about it.
    """
    claims: dict[str, Claim] = {}
    for draft in drafts:
        text = one_line(draft.text)
        claim_id = content_id("k", evidence.lang, section, text, draft.evidence)
        reason = why_dropped(Draft(text, draft.evidence), evidence, subject)
        status = ClaimStatus.DROPPED if reason else ClaimStatus.KEPT
        claims.setdefault(claim_id, Claim(claim_id, section, text, draft.evidence, status, reason))
    return list(claims.values())


def why_dropped(draft: Draft, evidence: Evidence, subject: str = "") -> str:
    """The first reason against a draft; empty if there is none."""
    sentence = Sentence(draft, evidence, subject)
    return next((reason for rule in _RULES if (reason := rule(sentence))), "")


# -- the rules: each returns a reason against the sentence, or an empty text ----------------------


def _well_formed(sentence: Sentence) -> str:
    if not sentence.text:
        return "says nothing"
    if len(sentence.text) > LONGEST_CLAIM:
        return f"is longer than {LONGEST_CLAIM} characters"
    if re.search(r"https?:|www\.|javascript:|data:|<[a-z/!]", sentence.text, re.IGNORECASE):
        return "holds a link or markup"
    return ""


def _evidence_exists(sentence: Sentence) -> str:
    if not sentence.cited:
        return "names no evidence"
    missing = [e for e in sentence.cited if sentence.evidence.item(e) is None]
    return f"there is no evidence {', '.join(missing)}" if missing else ""


def _names_in_evidence(sentence: Sentence) -> str:
    about = frozenset[str]().union(*(item.about for item in sentence.items))
    missing = [n.name for n in sentence.names if not n.ids & about]
    return f"«{missing[0]}» is not in the evidence it names" if missing else ""


def _numbers_in_evidence(sentence: Sentence) -> str:
    for quantity in sentence.quantities:
        if not is_in_evidence(quantity, sentence):
            stated = sentence.text[quantity.start : quantity.end].strip()
            return f"«{stated}» is not in the evidence it names"
    return ""


def _directions_agree(sentence: Sentence) -> str:
    words = checker_words()["direction"]
    text = blank(sentence.text, sentence.names_and_quotes)
    for clause in sentence.clauses:
        part = text[slice(*clause)]
        up, down = find_words(part, words["up"]), find_words(part, words["down"])
        if bool(up) == bool(down):
            continue
        stated = 1 if up else -1
        if find_words(part[: (up or down)[0][0]], words["negation"]):
            stated = -stated
        signs = _signs(sentence, clause, heat=bool(find_words(part, words["heat"])))
        if not signs:
            return f"nothing it names tells whether «{part.strip(' ,，;；')}»"
        if stated not in signs:
            return f"the evidence says the opposite of «{part.strip(' ,，;；')}»"
    return ""


_RULES: tuple[Callable[[Sentence], str], ...] = (
    _well_formed,
    _evidence_exists,
    _names_in_evidence,
    _numbers_in_evidence,
    _directions_agree,
)


def _signs(sentence: Sentence, clause: Span, *, heat: bool) -> set[int]:
    """The directions (+1, 0, -1) of the facts that a clause may state.

    Facts of points come first if the clause states points, else facts of growth; without either,
    the share or the posts of this week are compared with those of the week before. `heat` compares
    the heat instead.
    """
    facts, week = sentence.in_scope(clause), sentence.evidence.week
    stated = {q.kind for q in sentence.quantities if clause[0] <= q.start < clause[1]}
    changes = ("points", "growth") if "points" in stated else ("growth", "points")
    for measure in () if heat else changes:
        if moves := [f.value for f in facts if f.measure == measure and f.week == week]:
            return {(move > 0) - (move < 0) for move in moves}
    for measure in ("heat",) if heat else ("share", "posts"):
        now, before = (
            {f.focus: f.value for f in facts if f.measure == measure and f.week == w}
            for w in (week, week_after(week, -1))
        )
        if moves := [value - before[focus] for focus, value in now.items() if focus in before]:
            return {(move > 0) - (move < 0) for move in moves}
    return set()
