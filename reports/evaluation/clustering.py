"""Columns about clusters: whether they match the planted lineages and have the right names.

Input: a case. Output: scores. This module does not know about events.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from zeitgraph.kg.workspace.tables import CLUSTERS
from zeitgraph.reports.evaluation.case import Case, Member
from zeitgraph.reports.evaluation.score import CannotScore, Curve, Score, share_score
from zeitgraph.reports.gallery.data import styles_of
from zeitgraph.reports.page.charts import Point

MIN_POSTS = 5
"""Posts that a cluster needs for its name to be scored."""


def assigned(case: Case) -> Score:
    """The adjusted mutual information of clusters and lineages, over the posts in a cluster.

    0 if there are no such posts or all have the same lineage.
    """
    return Score(_information([m for m in case.members if m.cluster]) or 0.0)


def everything(case: Case) -> Score:
    """As `assigned`, over all posts; those without a cluster form one class."""
    value = _information(case.members)
    if value is None:
        raise CannotScore("unplanted")
    return Score(value)


def noise(case: Case) -> Score:
    """The share of posts without a cluster."""
    return share_score(sum(not member.cluster for member in case.members), len(case.members))


def weekly(case: Case) -> Score:
    """The median of `everything` within each week, over the weeks with several lineages."""
    by_week: dict[str, list[Member]] = defaultdict(list)
    for member in case.members:
        by_week[member.week].append(member)
    every = {week: _information(by_week[week]) for week in case.weeks}
    known = {week: value for week, value in every.items() if value is not None}
    if not known:
        raise CannotScore("unplanted")
    worst = min(known, key=lambda week: (known[week], week))
    curve = Curve("", tuple(Point(week, max(value, 0.0)) for week, value in known.items()))
    detail = f"min {known[worst]:.3f} {worst}"
    return Score(median(known.values()), detail=detail, curves=(curve,))


def _information(members: Sequence[Member]) -> float | None:
    """The adjusted mutual information (Vinh, Epps & Bailey 2010), by scikit-learn.

    It does not depend on ids or on the order of posts. None for posts of a single lineage, for
    which any single cluster would be perfect.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    pairs = sorted((member.lineage, member.cluster) for member in members)
    if not pairs or pairs[0][0] == pairs[-1][0]:
        return None
    lineages, clusters = zip(*pairs, strict=True)
    return round(float(adjusted_mutual_info_score(lineages, clusters)), 6)


def named_posts(case: Case) -> Score:
    """Of the posts that look like their named style, the share in a cluster with that style."""
    named, styles, looks = _named_styles(case), _styles(case), _looks(case)
    posts = [m for m in case.members if looks[m.post_id] == m.lineage in named]
    right = Counter(m.lineage for m in posts if styles.get(m.cluster) == m.lineage)
    total = Counter(m.lineage for m in posts)
    parts = {style: right[style] / count for style, count in sorted(total.items())}
    return share_score(right.total(), len(posts), parts=parts)


def named_clusters(case: Case) -> Score:
    """Of the clusters with enough posts, the share that have the style of their last look.

    The last look is that of most posts in the cluster's last week. If it is no named style, as when
    a named style has drifted into something new, no style or the original one is right.
    """
    named, styles = _named_styles(case), _styles(case)
    sizes = Counter(m.cluster for m in case.members if m.cluster)
    large = sorted(cluster for cluster, size in sizes.items() if size >= MIN_POSTS)
    looks = _last_looks(case)
    right = {c: {look} if (look := looks[c]) in named else {"", case.lineage_of[c]} for c in large}
    if not large:
        return Score(0.0)
    wrong = [c for c in large if styles.get(c, "") not in right[c]]
    listed = _listed(sorted(f"{styles.get(c) or '–'} = {looks[c]}" for c in wrong))
    detail = f"{len(large) - len(wrong)} / {len(large)}{listed}"
    return share_score(len(large) - len(wrong), len(large), detail=detail)


def _listed(items: Sequence[str], most: int = 4) -> str:
    more = [f"+{len(items) - most}"] if len(items) > most else []
    return f" ({', '.join([*items[:most], *more])})" if items else ""


def _named_styles(case: Case) -> set[str]:
    return {style.style_id for style in styles_of(case.workspace)}


def _looks(case: Case) -> dict[str, str]:
    """The style that each post looks like."""
    return {row["post_id"]: row["style"] for row in case.truth.rows("posts", "post_id", "style")}


def _last_looks(case: Case) -> dict[str, str]:
    """The look of most posts of each cluster's last week."""
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
    """The latest style of each cluster, empty for none."""
    return {r["cluster_id"]: r["style"] or "" for r in case.rows(CLUSTERS, "cluster_id", "style")}
