"""Of very many earlier posts those that stand for all: an even sample, the same in any order.

Comes in: ids of posts. Goes out: a `Panel`. Knows nothing about vectors or clusters.

A post is chosen by the digest of its id. So who is chosen depends on nobody's order, and most of
those who are chosen this week are so again in the next.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zeitgraph.kg.base.ids import digest_text


@dataclass(frozen=True)
class Panel:
    """The earlier posts that are looked at.

    `earlier` are their ids, None for all; each stands for `weight` posts. A post of any week whose
    digest is at most `last` belongs to an even sample of all weeks.
    """

    earlier: frozenset[str] | None = None
    weight: float = 1.0
    last: str = ""

    def is_even(self, post_ids: Sequence[str]) -> NDArray[np.bool_]:
        """Which posts belong to the even sample of all weeks, (n,)."""
        if self.earlier is None:
            return np.ones(len(post_ids), bool)
        return np.array([digest_text(post_id) <= self.last for post_id in post_ids], bool)


def panel_of(earlier: Sequence[str], most: int, named: Collection[str] = ()) -> Panel:
    """The panel of at most `most` of the `earlier` posts, and those of them that are `named`."""
    if len(earlier) <= most:
        return Panel()
    chosen = fewer(earlier, most)
    known = set(chosen) | (set(named) & set(earlier))
    return Panel(frozenset(known), len(earlier) / most, digest_text(chosen[-1]))


def fewer(post_ids: Sequence[str], most: int) -> Sequence[str]:
    """At most so many of these ids, the same whatever their order, and however many there are."""
    return sorted(post_ids, key=digest_text)[:most] if len(post_ids) > most else post_ids
