"""The five kinds of manual edits: rename, merge, split, delete and pin a cluster.

    [[rename]]                        # gives a cluster a name, in one language or in both
    cluster = "c-3f9a0b12c4d5"
    en = "Glamping"
    zh = "精致露营"
    from = "2026-W40"                 # in any entry: the first week it holds; without it, all weeks

    [[merge]]                         # shows the posts of `cluster` in the cluster `into`
    cluster = "c-3f9a0b12c4d5"
    into = "c-77ab01e4f2c3"

    [[split]]                         # moves posts like these from `cluster` to a new cluster
    cluster = "c-3f9a0b12c4d5"
    posts = ["p17", "p240"]           # example posts, and all posts that contain one of the words
    words = ["bell tent", "帐篷"]
    en = "Bell tents"                 # the new id depends on `cluster` and on the English name

    [[delete]]                        # its posts are in no cluster; no similar cluster is born
    cluster = "c-3f9a0b12c4d5"

    [[pin]]                           # it never fades, never merges and keeps its name
    cluster = "c-3f9a0b12c4d5"
    centre = "still"                  # or "follows", the default

Each kind is a strict model of one entry: its keys and the values that it accepts. This module does
not know about files, about other entries, or about which clusters and posts exist.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from zeitgraph.kg.base.errors import UnknownWeek
from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.terms import EditKind
from zeitgraph.kg.base.weeks import week_start
from zeitgraph.kg.workspace.rows import EditRow
from zeitgraph.kg.workspace.settings import Branch

MAX_NAME_LENGTH = 80
"""Characters of the longest name that an edit may give."""

WEEK_EXAMPLE = 'write it like "2026-W46"'


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("is not one plain line")
    return text


def _week(text: str) -> str:
    try:
        week_start(text)
    except UnknownWeek as error:
        raise ValueError(f"is «{text}», which is no ISO week: {WEEK_EXAMPLE}") from error
    return text


Id = Annotated[str, AfterValidator(_not_blank)]
Name = Annotated[str, Field(max_length=MAX_NAME_LENGTH), AfterValidator(_one_line)]
Since = Annotated[str, AfterValidator(_week)]


class Edit(Branch):
    """One entry of the file.

    `cluster` is the id of the edited cluster, `since` the first week in which the edit holds (None:
    all weeks), `number` the place of the entry among those of its kind, from 1.
    """

    kind: ClassVar[EditKind]

    number: int
    cluster: Id
    since: Since | None = Field(None, alias="from")

    @property
    def entry(self) -> str:
        """The entry's name in messages: `[[merge]] 2`."""
        return f"[[{self.kind}]] {self.number}"

    @property
    def other(self) -> str:
        """The id of the second cluster of the edit; empty if there is none."""
        return ""

    @property
    def summary(self) -> str:
        """The values of the entry without its clusters: `en=Glamping, zh=精致露营`."""
        lists = {k: "|".join(v) if isinstance(v, tuple) else v for k, v in self._values().items()}
        return ", ".join(f"{key}={value}" for key, value in lists.items() if value)

    def holds(self, week: str) -> bool:
        """Whether the edit holds in `week`."""
        return self.since is None or self.since <= week

    def row(self, week: str) -> EditRow:
        """The row of the table `edits` for this edit in `week`."""
        common = {
            "week": week,
            "kind": self.kind,
            "cluster_id": self.cluster,
            "other_id": self.other,
            "entry": self.entry,
            "since": self.since,
        }
        return cast("EditRow", common | self._values())  # the keys of each kind are columns

    def _values(self) -> dict[str, Any]:
        return self.model_dump(exclude={"number", "cluster", "since", "into"})


class NamingEdit(Edit):
    """An edit that gives a name in one language or in both."""

    en: Name = ""
    zh: Name = ""

    @model_validator(mode="before")
    @classmethod
    def _needs_a_name(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not (values.get("en") or values.get("zh")):
            raise ValueError("has no name: give it one by en, zh or both")
        return values

    @property
    def names(self) -> dict[str, str]:
        """The names that the edit gives, by language: `en`, `zh` or both."""
        return {lang: name for lang, name in (("en", self.en), ("zh", self.zh)) if name}


class Rename(NamingEdit):
    """Gives a cluster a name. In a language without a new name, the cluster keeps its own."""

    kind = EditKind.RENAME


class Merge(Edit):
    """Shows the posts of a cluster in another cluster."""

    kind = EditKind.MERGE

    into: Id

    @property
    def other(self) -> str:
        """The id of the cluster that shows the posts."""
        return self.into


class Split(NamingEdit):
    """Moves posts like the examples to a new cluster. A single name is used in both languages."""

    kind = EditKind.SPLIT

    posts: tuple[Id, ...] = Field((), strict=False)
    words: tuple[Id, ...] = Field((), strict=False)

    @model_validator(mode="before")
    @classmethod
    def _name_in_both_languages(cls, values: dict[str, Any]) -> dict[str, Any]:
        names = {lang: values.get(lang) for lang in ("en", "zh")}
        return values | {lang: name or names["en"] or names["zh"] for lang, name in names.items()}

    @model_validator(mode="after")
    def _needs_examples(self) -> "Split":
        if not self.posts and not self.words:
            raise ValueError("does not say what leaves: give example posts, words or both")
        return self

    @property
    def other(self) -> str:
        """The id of the new cluster."""
        return content_id("c", "split by hand", self.cluster, self.en)


class Delete(Edit):
    """Takes the posts of a cluster out of all clusters."""

    kind = EditKind.DELETE


class Pin(Edit):
    """Keeps a cluster from fading, merging and changing its name.

    Its centre follows its posts, or stays still.
    """

    kind = EditKind.PIN

    centre: Literal["follows", "still"] = "follows"


EDIT_KINDS: Mapping[str, type[Edit]] = {
    edit.kind: edit for edit in (Rename, Merge, Split, Delete, Pin)
}
"""The model of an entry, by the word in its double brackets."""
