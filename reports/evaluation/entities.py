"""Columns about entities: their mentions, their links, and which objects are shown together.

Input: a case. Output: scores. This module does not know about clusters.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from itertools import permutations

from zeitgraph.kg.base.terms import LinkWay, Predicate
from zeitgraph.kg.workspace.tables import ENTITIES, FACTS, LINKS, MENTIONS
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Score, error_of_mean, f1_of

NIL = "NIL"
"""The entity of a mention that means nothing in the catalogue."""
UNKNOWN = frozenset({LinkWay.NEW, LinkWay.NIL})
"""How such a mention is linked."""
MIN_POSTS = 20
"""Posts that must show an object for its co-occurrences to be scored."""
Span = tuple[str, int, int]


def entities(case: Case) -> Score:
    """The F1 of the mentions: post, span and kind must be equal.

    Kinds that the truth does not contain are left out.
    """
    planted, mentions = case.once(_planted), case.once(_mentions)
    kinds = sorted({kind for kind, _ in planted.values()})
    expected = {(kind, span) for span, (kind, _) in planted.items()}
    found = {(kind, span) for span, own in mentions.items() for kind in own if kind in kinds}
    return _f1_by_kind(expected, found, kinds)


def links(case: Case) -> Score:
    """The F1 of the links: the span and the entity (or NIL for none) must be equal.

    `detail`: how many links are right among the spans that both have.
    """
    planted = case.once(_planted)
    kinds = {kind for kind, _ in planted.values()}
    mentioned = {span for span, own in case.once(_mentions).items() if own & kinds}
    columns = ("post_id", "start", "end", "entity_id", "how")
    linked = {
        span: NIL if row["how"] in UNKNOWN else row["entity_id"] or NIL
        for row in case.rows(LINKS, *columns)
        if (span := (row["post_id"], row["start"], row["end"])) in mentioned
    }
    kind_of = {row["entity_id"]: row["kind"] for row in case.rows(ENTITIES, "entity_id", "kind")}
    expected = {(NIL if e == NIL else kind, (span, e)) for span, (kind, e) in planted.items()}
    found = {(kind_of.get(e, NIL), (span, e)) for span, e in linked.items()}
    both = planted.keys() & linked.keys()
    right = sum(planted[span][1] == linked[span] for span in both)
    detail = f"{right:,} / {len(both):,}"
    return _f1_by_kind(expected, found, sorted({kind for kind, _ in expected}), detail)


def _planted(case: Case) -> dict[Span, tuple[str, str]]:
    """The planted kind and entity by span."""
    columns = ("post_id", "start", "end", "kind", "entity_id")
    spans = {
        (row["post_id"], row["start"], row["end"]): (row["kind"], row["entity_id"] or NIL)
        for row in case.truth.rows("mentions", *columns)
    }
    if not spans:
        raise CannotScore("unplanted")
    return spans


def _mentions(case: Case) -> dict[Span, set[str]]:
    """The kinds by span that the product found."""
    known = {member.post_id for member in case.posts}
    kinds: dict[Span, set[str]] = defaultdict(set)
    for row in case.rows(MENTIONS, "post_id", "start", "end", "kind"):
        if row["post_id"] in known:
            kinds[row["post_id"], row["start"], row["end"]].add(row["kind"])
    return kinds


WithKind = AbstractSet[tuple[str, Hashable]]


def _f1_by_kind(
    expected: WithKind, found: WithKind, kinds: Iterable[str], detail: str = ""
) -> Score:
    """The F1 of all, and that of each kind in `parts`."""
    parts = {
        kind: _f1({e for e in expected if e[0] == kind}, {f for f in found if f[0] == kind})
        for kind in kinds
    }
    return Score(_f1(expected, found), detail=detail, parts=parts)


def _f1(expected: WithKind, found: WithKind) -> float:
    return f1_of(len(expected & found), len(expected), len(found))


# -- co-occurrence ---------------------------------------------------------------------------------


def co_occurrence(case: Case) -> Score:
    """The mean absolute error of P(object | other object) over ordered pairs of planted objects.

    The other object must be in at least `MIN_POSTS` posts; a pair without a fact counts as 0. Facts
    are weekly: their counts are added up, and so are the counts of posts that follow from them.
    `detail`: the number of pairs, and the error of giving the mean for each pair.
    """
    shown = [
        sorted(set(row["objects"].split("|")))
        for row in case.truth.rows("posts", "objects")
        if row["objects"]
    ]
    alone = Counter(name for names in shown for name in names)
    together = Counter(pair for names in shown for pair in permutations(names, 2))
    found = _probabilities(case)
    pairs = [p for p in permutations(sorted(alone), 2) if alone[p[0]] >= MIN_POSTS]
    if not pairs:
        raise CannotScore("unplanted")
    truth = {pair: together[pair] / alone[pair[0]] for pair in pairs}
    error = sum(abs(found.get(pair, 0.0) - truth[pair]) for pair in pairs) / len(pairs)
    return Score(error, detail=f"{len(pairs)}; {error_of_mean(truth.values())}")


def _probabilities(case: Case) -> dict[tuple[str, str], float]:
    """P(object | subject) over all weeks, by subject and object."""
    both: Counter[tuple[str, str]] = Counter()
    weekly: dict[tuple[str, str], float] = {}
    for row in case.rows(FACTS, "week", "subject", "predicate", "object", "count", "probability"):
        if row["predicate"] == Predicate.CO_OCCURS_WITH:
            both[row["subject"], row["object"]] += row["count"]
            weekly[row["week"], row["subject"]] = row["count"] / row["probability"]
    posts: dict[str, float] = defaultdict(float)
    for (_, subject), count in sorted(weekly.items()):
        posts[subject] += count
    return {pair: count / posts[pair[0]] for pair, count in both.items()}
