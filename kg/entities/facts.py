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
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from zeitgraph.kg.entities.catalogue_files import KINDS
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table

FEATURES: Mapping[str, str] = {kind: f"features_{kind}" for kind in KINDS}
"""The predicate from a cluster to an entity, by the entity's kind."""

CO_OCCURS = "co_occurs_with"

Fact = dict[str, Any]


def derive_facts(job: Job) -> dict[str, pa.Table]:
    """The table `facts` of the week. A fact needs at least `entities.min_count` posts.

    A post that names more than `entities.most_per_post` entities is a mere list: co-occurrences
    ignore it, in counts and in probabilities.
    """
    settings = job.settings.entities
    named = _entities_by_post(job.table("links"))
    clusters = {r["post_id"]: r["cluster_id"] for r in job.table("memberships").to_pylist()}
    kinds = {r["entity_id"]: r["kind"] for r in job.table("entities").to_pylist()}
    texts = [ids for ids in named.values() if len(ids) <= settings.most_per_post]
    facts = [
        *_features(named, clusters, kinds, settings.min_count),
        *_co_occurrences(texts, settings.min_count),
    ]
    return {"facts": make_table(TABLES["facts"], ({"week": job.week} | fact for fact in facts))}


def _entities_by_post(links: pa.Table) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for post_id, entity_id in zip(
        links["post_id"].to_pylist(), links["entity_id"].to_pylist(), strict=True
    ):
        if entity_id:
            named.setdefault(post_id, set()).add(entity_id)
    return named


def _features(
    named: Mapping[str, set[str]],
    clusters: Mapping[str, str],
    kinds: Mapping[str, str],
    min_count: int,
) -> Iterator[Fact]:
    posts = Counter(cluster for cluster in clusters.values() if cluster)
    counts = Counter(
        (clusters[post_id], entity_id)
        for post_id, entity_ids in named.items()
        if clusters.get(post_id)
        for entity_id in entity_ids
    )
    for (cluster, entity_id), count in sorted(counts.items()):
        if count >= min_count:
            predicate = FEATURES[kinds[entity_id]]
            yield _fact(cluster, predicate, entity_id, count, count / posts[cluster])


def _co_occurrences(texts: Sequence[set[str]], min_count: int) -> Iterator[Fact]:
    """The counts are Aᵀ A, where A is the incidence matrix of posts (rows) and entities (columns).

    A is sparse, int64, of shape (posts, entities with at least `min_count` posts).
    """
    import numpy as np
    from scipy import sparse

    counts = Counter(entity_id for ids in texts for entity_id in ids)
    frequent = sorted(e for e, count in counts.items() if count >= min_count)
    column = {entity_id: i for i, entity_id in enumerate(frequent)}
    cells = [(row, column[e]) for row, ids in enumerate(texts) for e in sorted(ids) if e in column]
    if not cells:
        return
    rows, columns = zip(*cells, strict=True)
    shape = (len(texts), len(frequent))
    incidence = sparse.csr_array((np.ones(len(cells), np.int64), (rows, columns)), shape=shape)
    together = (incidence.T @ incidence).tocoo()
    for i, j, count in zip(
        together.row.tolist(), together.col.tolist(), together.data.tolist(), strict=True
    ):
        if i != j and count >= min_count:
            subject, other = frequent[i], frequent[j]
            yield _fact(subject, CO_OCCURS, other, count, count / counts[subject])


def _fact(subject: str, predicate: str, other: str, count: int, probability: float) -> Fact:
    return {
        "subject": subject,
        "predicate": predicate,
        "object": other,
        "count": count,
        "probability": probability,
    }
