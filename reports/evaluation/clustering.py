"""Columns about clusters: do they hold together what belongs together, under the right name?

In comes a case, out come scores. Knows nothing about events.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from zeitgraph.reports.evaluation.case import Case, Member
from zeitgraph.reports.evaluation.score import CannotScore, Curve, Score, share_score
from zeitgraph.reports.gallery.data import styles_of
from zeitgraph.reports.page.charts import Point

LEAST = 5
"""A cluster with fewer posts is not asked for its name."""


def assigned(case: Case) -> Score:
    """Adjusted mutual information of clusters and lineages, over the posts in a cluster.

    Where these are of one lineage, or there are none, nothing was told apart: 0.
    """
    return Score(_information([m for m in case.members if m.cluster]) or 0.0)


def everything(case: Case) -> Score:
    """As `assigned`, over all posts; those in no cluster are a class of their own."""
    value = _information(case.members)
    if value is None:
        raise CannotScore("unplanted")
    return Score(value)


def noise(case: Case) -> Score:
    """The share of posts in no cluster."""
    return share_score(sum(not member.cluster for member in case.members), len(case.members))


def weekly(case: Case) -> Score:
    """The median of `everything` within each week, over those that have several lineages."""
    by_week: dict[str, list[Member]] = defaultdict(list)
    for member in case.members:
        by_week[member.week].append(member)
    every = {week: _information(by_week[week]) for week in case.weeks}
    course = {week: value for week, value in every.items() if value is not None}
    if not course:
        raise CannotScore("unplanted")
    worst = min(course, key=lambda week: (course[week], week))
    curve = Curve("", tuple(Point(week, max(value, 0.0)) for week, value in course.items()))
    detail = f"min {course[worst]:.3f} {worst}"
    return Score(median(course.values()), detail=detail, curves=(curve,))


def _information(members: Sequence[Member]) -> float | None:
    """Vinh, Epps & Bailey 2010, by scikit-learn; the same for other names and another order.

    None for posts of one lineage, of which any single cluster would be perfect.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    pairs = sorted((member.lineage, member.cluster) for member in members)
    if not pairs or pairs[0][0] == pairs[-1][0]:
        return None
    lineages, clusters = zip(*pairs, strict=True)
    return round(float(adjusted_mutual_info_score(lineages, clusters)), 6)


def named_posts(case: Case) -> Score:
    """Of the posts that look like the named style they are, the share in a cluster of that name."""
    named, called, looks = _named(case), _styles(case), _looks(case)
    asked = [m for m in case.members if looks[m.post_id] == m.lineage in named]
    right = Counter(m.lineage for m in asked if called.get(m.cluster) == m.lineage)
    total = Counter(m.lineage for m in asked)
    parts = {style: right[style] / count for style, count in sorted(total.items())}
    return share_score(right.total(), len(asked), parts=parts)


def named_clusters(case: Case) -> Score:
    """Of the clusters with enough posts, the share that carry the name of their last look.

    That is the look of most posts of the cluster's last week. Where nobody has named it, as where a
    named style has drifted into something new, the right name is none, or the one it came from.
    """
    named, called = _named(case), _styles(case)
    sizes = Counter(m.cluster for m in case.members if m.cluster)
    asked = sorted(cluster for cluster, size in sizes.items() if size >= LEAST)
    looks = _last_looks(case)
    right = {c: {look} if (look := looks[c]) in named else {"", case.lineage_of[c]} for c in asked}
    if not asked:
        return Score(0.0)
    wrong = [c for c in asked if called.get(c, "") not in right[c]]
    told = sorted(f"{called.get(c) or '–'} = {looks[c]}" for c in wrong)
    detail = f"{len(asked) - len(wrong)} / {len(asked)}" + _listed(told)
    return share_score(len(asked) - len(wrong), len(asked), detail=detail)


def _listed(items: Sequence[str], most: int = 4) -> str:
    more = [f"+{len(items) - most}"] if len(items) > most else []
    return f" ({', '.join([*items[:most], *more])})" if items else ""


def _named(case: Case) -> set[str]:
    return {style.style_id for style in styles_of(case.workspace)}


def _looks(case: Case) -> dict[str, str]:
    """The style that one sees in each post."""
    return {row["post_id"]: row["style"] for row in case.truth.rows("posts", "post_id", "style")}


def _last_looks(case: Case) -> dict[str, str]:
    """What most posts of each cluster's last week look like."""
    looks = _looks(case)
    last: dict[str, str] = {}
    for member in case.members:
        last[member.cluster] = max(last.get(member.cluster, ""), member.week)
    seen: dict[str, Counter[str]] = {cluster: Counter() for cluster in last}
    for member in case.members:
        if member.week == last[member.cluster]:
            seen[member.cluster][looks[member.post_id]] += 1
    return {c: min(count, key=lambda look: (-count[look], look)) for c, count in seen.items()}


def _styles(case: Case) -> dict[str, str]:
    """The style that each cluster carries, as last told."""
    return {r["cluster_id"]: r["style"] or "" for r in case.rows("clusters", "cluster_id", "style")}
