"""A case to score: the truth, the workspace, and the posts of both side by side.

In come the two; out come each post with what was planted and where it was put, and which lineage
each cluster stands for. Knows nothing about figures.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.workspace.tables import join_tables
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.score import CannotScore
from zeitgraph.reports.evaluation.truth import MAKE, Truth

Row = Mapping[str, Any]
T = TypeVar("T")

Judge = Callable[[Sequence[Path], Mapping[str, Sequence[str]]], Sequence[str]]
"""From pictures, and phrasings by the id of what they describe, to the id that fits each best."""


class Member(NamedTuple):
    """A post: its planted week and lineage, and the cluster it was put into, empty for none."""

    post_id: str
    week: str
    lineage: str
    cluster: str


@dataclass(frozen=True)
class Case:
    """The truth and the workspace; `judge` names what pictures show, where somebody can."""

    truth: Truth
    workspace: Workspace
    judge: Judge | None = None
    _kept: dict[object, Any] = field(default_factory=dict, repr=False)

    def rows(self, name: str, *columns: str) -> Sequence[Row]:
        """Every row of a table, week by week as it stood, these columns of it; read once."""
        asked = (name, *columns)
        if asked not in self._kept:
            weeks = [self.workspace.read(name, week) for week in self.workspace.weeks(name)]
            self._kept[asked] = join_tables(name, weeks).select(list(columns)).to_pylist()
        rows: Sequence[Row] = self._kept[asked]
        return rows

    def once(self, make: Callable[["Case"], T]) -> T:
        """What `make` makes of this case, made when somebody first asks for it."""
        if make not in self._kept:
            self._kept[make] = make(self)
        made: T = self._kept[make]
        return made

    @cached_property
    def posts(self) -> Sequence[Member]:
        """The posts of the truth, sorted by id; one that the product lost is in no cluster.

        Raises `InputError` where it has none of them: the truth is that of another world.
        """
        put = {
            row["post_id"]: row["cluster_id"] or ""
            for row in self.rows("memberships", "post_id", "cluster_id")
        }
        posts = [
            Member(row["post_id"], row["week"], row["lineage"], put.get(row["post_id"], ""))
            for row in self.truth.rows("posts", "post_id", "week", "lineage")
        ]
        if not any(post.post_id in put for post in posts):
            raise InputError(
                "the truth tells of no post of this workspace", where=self.truth.folder, do=MAKE
            )
        return sorted(posts)

    @cached_property
    def members(self) -> Sequence[Member]:
        """Those of `posts` of which one can know what they belong to.

        Raises `CannotScore` where there are none.
        """
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
        """The lineage of most posts of each cluster; of those that tie, that of the first post."""
        return _majority((m.cluster, m.lineage) for m in self.members if m.cluster)

    @cached_property
    def cluster_of(self) -> Mapping[str, str]:
        """Of the clusters that stand for a lineage, that with most of its posts.

        Of those that tie, that of the first post. No id decides: other names for the clusters
        change nothing. A cluster in which others are more stands for no more than one lineage.
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
