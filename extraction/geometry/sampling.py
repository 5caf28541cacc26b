"""A sample of the earlier posts, for weeks that have very many before them.

Input: ids of posts. Output: a `Sample`. This module does not know about vectors or clusters.

A post is chosen by the digest of its id. So the order of posts changes nothing, and most posts of
this week's sample are in next week's sample too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.base.ids import digest_text


@dataclass(frozen=True)
class Sample:
    """The earlier posts that a search looks at.

    `earlier` holds their ids, None for all posts; each represents `weight` posts. A post of any
    week whose digest is at most `last_digest` belongs to a uniform sample of all weeks.
    """

    earlier: frozenset[str] | None = None
    weight: float = 1.0
    last_digest: str = ""

    def is_sampled(self, post_ids: Sequence[str]) -> NDArray[np.bool_]:
        """Which posts belong to the uniform sample of all weeks, bool (n,)."""
        if self.earlier is None:
            return np.ones(len(post_ids), bool)
        return np.array([digest_text(post_id) <= self.last_digest for post_id in post_ids], bool)


def draw_sample(earlier: Sequence[str], most: int, named: Collection[str] = ()) -> Sample:
    """A sample of at most `most` of the `earlier` posts, and all of them that are `named`."""
    if len(earlier) <= most:
        return Sample()
    chosen = sample_ids(earlier, most)
    known = set(chosen) | (set(named) & set(earlier))
    return Sample(frozenset(known), len(earlier) / most, digest_text(chosen[-1]))


def sample_ids(post_ids: Sequence[str], most: int) -> Sequence[str]:
    """At most `most` of these ids, those with the least digests; the order of ids is irrelevant."""
    return sorted(post_ids, key=digest_text)[:most] if len(post_ids) > most else post_ids
