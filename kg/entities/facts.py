"""Facts of a week: the entities that a cluster features, and the entities that occur together.

Input: memberships, clusters, links and entities of one week. Output: the table `facts`, each row
with a count of posts and a probability. This module does not know about texts or about linking.

`features_KIND`: the subject is a cluster, the object an entity of that kind. The count is the
number of posts of the cluster in the week that link to the entity; the probability is that count
divided by the posts of the cluster in the week.
`co_occurs_with`: subject and object are entities. The count is the number of posts with both; the
probability is P(object in a post | subject in the post). Each pair has a row in both directions.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from zeitgraph.kg.base.terms import EntityKind, Predicate
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import FactRow, LinkRow
from zeitgraph.kg.workspace.tables import ENTITIES, FACTS, LINKS, MEMBERSHIPS, make_table

FEATURE_PREDICATES: Mapping[str, Predicate] = {
    kind: Predicate(f"features_{kind}") for kind in EntityKind
}
"""The predicate from a cluster to an entity, by the kind of the entity."""


def derive_facts(job: Job) -> dict[str, pa.Table]:
    """The table `facts` of the week. A fact needs at least `entities.min_count` posts.

    A post that names more than `entities.most_per_post` entities is a mere list: co-occurrences
    ignore it, in counts and in probabilities.
    """
    settings = job.settings.entities
    named = _entities_by_post(job.rows(LINKS, columns=["post_id", "entity_id"]))
    members = job.rows(MEMBERSHIPS, columns=["post_id", "cluster_id"])
    clusters = {row["post_id"]: row["cluster_id"] for row in members}
    entities = job.rows(ENTITIES, columns=["entity_id", "kind"])
    kinds = {row["entity_id"]: row["kind"] for row in entities}
    short = [ids for ids in named.values() if len(ids) <= settings.most_per_post]
    facts = [
        *_features(job.week, named, clusters, kinds, settings.min_count),
        *_co_occurrences(job.week, short, settings.min_count),
    ]
    return {"facts": make_table(FACTS, facts)}


def _entities_by_post(links: Iterable[LinkRow]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for link in links:
        if link["entity_id"]:
            named.setdefault(link["post_id"], set()).add(link["entity_id"])
    return named


def _features(
    week: str,
    named: Mapping[str, set[str]],
    clusters: Mapping[str, str],
    kinds: Mapping[str, str],
    min_count: int,
) -> Iterator[FactRow]:
    posts = Counter(cluster for cluster in clusters.values() if cluster)
    counts = Counter(
        (clusters[post_id], entity_id)
        for post_id, entity_ids in named.items()
        if clusters.get(post_id)
        for entity_id in entity_ids
    )
    for (cluster, entity_id), count in sorted(counts.items()):
        if count >= min_count:
            predicate = FEATURE_PREDICATES[kinds[entity_id]]
            yield _fact(week, (cluster, predicate, entity_id), count, posts[cluster])


def _co_occurrences(week: str, posts: Sequence[set[str]], min_count: int) -> Iterator[FactRow]:
    """The counts are Aᵀ A, where A is the incidence matrix of posts (rows) and entities (columns).

    A is sparse, int64, of shape (posts, entities with at least `min_count` posts).
    """
    import numpy as np
    from scipy import sparse

    counts = Counter(entity_id for ids in posts for entity_id in ids)
    frequent = sorted(e for e, count in counts.items() if count >= min_count)
    column = {entity_id: i for i, entity_id in enumerate(frequent)}
    cells = [(row, column[e]) for row, ids in enumerate(posts) for e in sorted(ids) if e in column]
    if not cells:
        return
    rows, columns = zip(*cells, strict=True)
    shape = (len(posts), len(frequent))
    incidence = sparse.csr_array((np.ones(len(cells), np.int64), (rows, columns)), shape=shape)
    together = (incidence.T @ incidence).tocoo()
    for i, j, count in zip(
        together.row.tolist(), together.col.tolist(), together.data.tolist(), strict=True
    ):
        if i != j and count >= min_count:
            subject, other = frequent[i], frequent[j]
            triple = (subject, Predicate.CO_OCCURS_WITH, other)
            yield _fact(week, triple, count, counts[subject])


def _fact(week: str, triple: tuple[str, Predicate, str], count: int, subject_count: int) -> FactRow:
    subject, predicate, other = triple
    return {
        "week": week,
        "subject": subject,
        "predicate": predicate,
        "object": other,
        "count": count,
        "probability": count / subject_count,
    }
