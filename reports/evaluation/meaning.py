"""Columns about what posts speak of and show: entities, links, co-occurrence, prototype pictures.

In comes a case, out come scores. Knows nothing about clusters' lives.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations
from pathlib import Path

from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Score, error_of_mean, f1_of, share_score
from zeitgraph.reports.gallery.data import styles_of

NIL = "NIL"
UNKNOWN = frozenset({"new", "nil"})
"""How a mention is linked that means nothing in the catalogue."""
ENOUGH = 20
"""Posts that show a thing at least, where it is asked what is shown with it."""

Span = tuple[str, int, int]


def entities(case: Case) -> Score:
    """F1 of the mentions, strict: the same post, span and kind.

    Kinds that the truth has not are left out.
    """
    planted, told = case.once(_planted), case.once(_mentions)
    kinds = sorted({kind for kind, _ in planted.values()})
    told = {span: found for span, found in told.items() if found & set(kinds)}
    one = {(kind, span) for span, (kind, _) in planted.items()}
    other = {(kind, span) for span, found in told.items() for kind in found if kind in kinds}
    return _f1_by(one, other, kinds)


def links(case: Case) -> Score:
    """F1 of the links, strict: the same span, and the same entity or none (NIL) for both.

    `detail` has the share that are right among the spans that both have.
    """
    planted = case.once(_planted)
    kinds = {kind for kind, _ in planted.values()}
    spoken = {span for span, found in case.once(_mentions).items() if found & kinds}
    columns = ("post_id", "start", "end", "entity_id", "how")
    told = {
        span: NIL if row["how"] in UNKNOWN else row["entity_id"] or NIL
        for row in case.rows("links", *columns)
        if (span := (row["post_id"], row["start"], row["end"])) in spoken
    }
    kind_of = {row["entity_id"]: row["kind"] for row in case.rows("entities", "entity_id", "kind")}
    one = {(NIL if e == NIL else kind, (span, e)) for span, (kind, e) in planted.items()}
    other = {(kind_of.get(e, NIL), (span, e)) for span, e in told.items()}
    both = planted.keys() & told.keys()
    right = sum(planted[span][1] == told[span] for span in both)
    detail = f"{right:,} / {len(both):,}"
    return _f1_by(one, other, sorted({kind for kind, _ in one}), detail)


def _planted(case: Case) -> dict[Span, tuple[str, str]]:
    """Kind and entity by span."""
    columns = ("post_id", "start", "end", "kind", "entity_id")
    spans = {
        (row["post_id"], row["start"], row["end"]): (row["kind"], row["entity_id"] or NIL)
        for row in case.truth.rows("mentions", *columns)
    }
    if not spans:
        raise CannotScore("unplanted")
    return spans


def _mentions(case: Case) -> dict[Span, set[str]]:
    known = {member.post_id for member in case.posts}
    kinds: dict[Span, set[str]] = defaultdict(set)
    for row in case.rows("mentions", "post_id", "start", "end", "kind"):
        if row["post_id"] in known:
            kinds[row["post_id"], row["start"], row["end"]].add(row["kind"])
    return kinds


Kinded = AbstractSet[tuple[str, Hashable]]


def _f1_by(planted: Kinded, told: Kinded, kinds: Iterable[str], detail: str = "") -> Score:
    """F1 of all, and of each kind."""
    parts = {
        kind: _f1({p for p in planted if p[0] == kind}, {t for t in told if t[0] == kind})
        for kind in kinds
    }
    return Score(_f1(planted, told), detail=detail, parts=parts)


def _f1(planted: Kinded, told: Kinded) -> float:
    return f1_of(len(planted & told), len(planted), len(told))


def duplicates(case: Case) -> Score:
    """F1 of the copies, strict: the same post, and the same post that it copies."""
    known = {post.post_id for post in case.posts}
    planted = {
        (row["post_id"], row["copy_of"])
        for row in case.truth.rows("posts", "post_id", "copy_of")
        if row["copy_of"] and {row["post_id"], row["copy_of"]} <= known
    }
    if not planted:
        raise CannotScore("unplanted", "copy_of")
    told = {
        (row["post_id"], row["copy_of"])
        for row in case.rows("memberships", "post_id", "copy_of")
        if row["copy_of"] and row["post_id"] in known
    }
    right = len(planted & told)
    detail = f"{right} / {len(planted)}, {right} / {len(told)}"
    return Score(f1_of(right, len(planted), len(told)), detail=detail)


# -- what is shown together ------------------------------------------------------------------------


def co_occurrence(case: Case) -> Score:
    """Mean absolute error of P(object | other object), over the ordered pairs of the truth's
    objects of which the other is shown by at least `ENOUGH` posts; a pair not told of counts as 0.

    Facts stand by week: their counts are added up, and so are the counts of posts that they imply.
    `detail` has the number of pairs, and the error of telling the mean of them all for each: who
    knows no more than that has it.
    """
    shown = [
        sorted(set(row["objects"].split("|")))
        for row in case.truth.rows("posts", "objects")
        if row["objects"]
    ]
    alone = Counter(name for names in shown for name in names)
    together = Counter(pair for names in shown for pair in permutations(names, 2))
    told = _told_together(case)
    pairs = [p for p in permutations(sorted(alone), 2) if alone[p[0]] >= ENOUGH]
    if not pairs:
        raise CannotScore("unplanted")
    truth = {pair: together[pair] / alone[pair[0]] for pair in pairs}
    error = sum(abs(told.get(pair, 0.0) - truth[pair]) for pair in pairs) / len(pairs)
    return Score(error, detail=f"{len(pairs)}; {error_of_mean(truth.values())}")


def _told_together(case: Case) -> dict[tuple[str, str], float]:
    both: Counter[tuple[str, str]] = Counter()
    weekly: dict[tuple[str, str], float] = {}
    for row in case.rows("facts", "week", "subject", "predicate", "object", "count", "probability"):
        if row["predicate"] == "co_occurs_with":
            both[row["subject"], row["object"]] += row["count"]
            weekly[row["week"], row["subject"]] = row["count"] / row["probability"]
    posts: dict[str, float] = defaultdict(float)
    for (_, subject), count in sorted(weekly.items()):
        posts[subject] += count
    return {pair: count / posts[pair[0]] for pair, count in both.items()}


# -- prototype pictures ----------------------------------------------------------------------------


def prototype_styles(case: Case) -> Score:
    """The share of prototype pictures of named styles in which the judge sees the style asked for.

    The judge chooses among all styles of the workspace's libraries.
    """
    styles = {
        row["cluster_id"]: row["style"] for row in case.rows("clusters", "cluster_id", "style")
    }
    asked = [(path, styles.get(cluster_id, "")) for path, cluster_id, _ in _prototypes(case)]
    choices = {style.style_id: style.phrasings() for style in styles_of(case.workspace)}
    return _seen_as_asked(case, asked, choices)


def prototype_objects(case: Case) -> Score:
    """The share of prototype pictures asked to show a thing in which the judge sees that thing.

    The judge chooses among the things that pictures of this world show, by their names. Of others,
    such as a neon sign, the backdrop of a style may be full.
    """
    shown = {
        thing for row in case.truth.rows("posts", "objects") for thing in row["objects"].split("|")
    }
    choices = {
        row["entity_id"]: list(dict.fromkeys(filter(None, (row["name_en"], row["name_zh"]))))
        for row in case.rows("entities", "entity_id", "kind", "name_en", "name_zh")
        if row["kind"] == "object" and row["entity_id"] in shown
    }
    asked = [(path, thing) for path, _, thing in _prototypes(case) if thing in choices]
    return _seen_as_asked(case, asked, choices)


def _prototypes(case: Case) -> list[tuple[Path, str, str]]:
    """Each drawn picture, its cluster, and the thing it was asked to show."""
    return [
        (case.workspace.root / row["path"], row["cluster_id"], row["entity_id"])
        for row in case.rows("gallery", "cluster_id", "role", "path", "entity_id")
        if row["role"] == "prototype"
    ]


def _seen_as_asked(
    case: Case, asked: Iterable[tuple[Path, str]], choices: Mapping[str, Sequence[str]]
) -> Score:
    pictures = [(path, wanted) for path, wanted in asked if wanted]
    if not pictures or case.judge is None:
        raise CannotScore("unmeasured")
    seen = case.judge([path for path, _ in pictures], choices)
    return share_score(sum(map(str.__eq__, seen, [want for _, want in pictures])), len(pictures))
