"""The object that is most distinctive of each cluster, to be shown in its prototype pictures.

Input: facts and entities of a week. Output: one entity of the catalogue for each cluster.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from zeitgraph.kg.base.terms import EntitySource, Predicate
from zeitgraph.kg.workspace.rows import EntityRow, FactRow


def distinctive_objects(
    facts: Sequence[FactRow], entities: Sequence[EntityRow], posts: Mapping[str, int]
) -> dict[str, EntityRow]:
    """By cluster the object in the most posts beyond the number expected from all clusters.

    `posts`: the number of posts by cluster. Only objects of the catalogue count. A cluster without
    an object above expectation is left out.
    """
    features = [row for row in facts if row["predicate"] == Predicate.FEATURES_OBJECT]
    known = {row["entity_id"]: row for row in entities if row["source"] == EntitySource.CATALOGUE}
    totals = Counter[str]()
    for row in features:
        totals[row["object"]] += row["count"]
    all_posts, best = sum(posts.values()), dict[str, tuple[float, str]]()
    for row in sorted(features, key=lambda row: (row["subject"], row["object"])):
        expected = totals[row["object"]] * posts.get(row["subject"], 0) / max(all_posts, 1)
        excess = row["count"] - expected
        if row["object"] in known and excess > best.get(row["subject"], (0.0, ""))[0]:
            best[row["subject"]] = excess, row["object"]
    return {cluster_id: known[entity_id] for cluster_id, (_, entity_id) in best.items()}
