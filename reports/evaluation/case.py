"""A case to score: the truth of a world, and the workspace with what the product found in it.

Input: a truth and a workspace. Output: each post with its planted lineage and its cluster, and the
lineage that each cluster represents. This module does not know about scores.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.workspace.tables import MEMBERSHIPS, Table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.score import CannotScore
from zeitgraph.reports.evaluation.truth import MAKE, Truth

R = TypeVar("R")
T = TypeVar("T")

Judge = Callable[[Sequence[Path], Mapping[str, Sequence[str]]], Sequence[str]]
"""From pictures, and from phrasings by id, to the id whose phrasings fit each picture best."""


class Member(NamedTuple):
    """A post: its planted week and lineage, and its cluster, empty for none."""

    post_id: str
    week: str
    lineage: str
    cluster: str


@dataclass(frozen=True)
class Case:
    """The truth and the workspace; `judge` says what pictures show, None without such a model."""

    truth: Truth
    workspace: Workspace
    judge: Judge | None = None
    _cache: dict[object, Any] = field(default_factory=dict, repr=False)

    def rows(self, table: Table[R], *columns: str) -> Sequence[R]:
        """The rows of a table in all weeks, with these columns; they are read once."""
        key = (table.name, *columns)
        if key not in self._cache:
            self._cache[key] = [
                row
                for week in self.workspace.weeks(table.name)
                for row in self.workspace.rows(table, week, columns)
            ]
        rows: Sequence[R] = self._cache[key]
        return rows

    def once(self, make: Callable[["Case"], T]) -> T:
        """The result of `make` for this case, computed at the first call."""
        if make not in self._cache:
            self._cache[make] = make(self)
        made: T = self._cache[make]
        return made

    @cached_property
    def posts(self) -> Sequence[Member]:
        """The posts of the truth, sorted by id; a post that the product lost has no cluster.

        Raises `InputError` if the workspace has none of them: the truth is of another world.
        """
        clusters = {
            row["post_id"]: row["cluster_id"] or ""
            for row in self.rows(MEMBERSHIPS, "post_id", "cluster_id")
        }
        posts = [
            Member(row["post_id"], row["week"], row["lineage"], clusters.get(row["post_id"], ""))
            for row in self.truth.rows("posts", "post_id", "week", "lineage")
        ]
        if not any(post.post_id in clusters for post in posts):
            raise InputError(
                "the truth has no post of this workspace", where=self.truth.folder, do=MAKE
            )
        return sorted(posts)

    @cached_property
    def members(self) -> Sequence[Member]:
        """The posts with a planted lineage; raises `CannotScore` if there are none."""
        known = [post for post in self.posts if post.lineage]
        if not known:
            raise CannotScore("unplanted")
        return known

    @cached_property
    def weeks(self) -> Sequence[str]:
        """The weeks of the world with posts, oldest first."""
        return sorted({post.week for post in self.posts})

    @cached_property
    def lineage_of(self) -> Mapping[str, str]:
        """The lineage of most posts of each cluster; ties go to that of the first post."""
        return _majority((m.cluster, m.lineage) for m in self.members if m.cluster)

    @cached_property
    def cluster_of(self) -> Mapping[str, str]:
        """For each lineage the cluster that represents it and has most of its posts.

        Ties go to the cluster of the first post, so that the ids of clusters do not matter. A
        cluster with a majority of other posts represents no lineage but theirs.
        """
        return _majority(
            (member.lineage, member.cluster)
            for member in self.members
            if self.lineage_of.get(member.cluster) == member.lineage
        )


def _majority(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    best: dict[str, str] = {}
    for (key, value), _ in Counter(pairs).most_common():
        best.setdefault(key, value)
    return best
