"""Edits: what a person says about clusters, in `edits.toml`, and which of it holds in a week.

    [[rename]]                        # a cluster gets a name; what is not given is as the other
    cluster = "c-3f9a0b12c4d5"
    en = "Glamping"
    zh = "精致露营"
    from = "2026-W40"                 # in any entry: the first week it holds; left out: all weeks

    [[merge]]                         # posts of `cluster` are told as posts of `into`
    cluster = "c-3f9a0b12c4d5"
    into = "c-77ab01e4f2c3"

    [[split]]                         # posts like these leave `cluster`, as one of their own
    cluster = "c-3f9a0b12c4d5"
    posts = ["p17", "p240"]           # examples, and posts that say one of these
    words = ["bell tent", "帐篷"]
    en = "Bell tents"                 # the id of the part comes of `cluster` and its first name

    [[delete]]                        # its posts are in no cluster, and nothing like it is born
    cluster = "c-3f9a0b12c4d5"

    [[pin]]                           # it never fades, merges or changes its name
    cluster = "c-3f9a0b12c4d5"
    centre = "still"                  # or "follows", as when left out

Strict at the door: an unknown key, an edit of a cluster that is not there, or one that contradicts
another is told with its entry. The stage `edits` writes what holds in a week to the table `edits`,
so that a changed file is work for those weeks only. Knows nothing about how clusters are made.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from zeitgraph.kg.errors import EditsError, UnknownWeek
from zeitgraph.kg.ids import content_id, digest_json
from zeitgraph.kg.settings import Branch
from zeitgraph.kg.stages import Job, Outputs
from zeitgraph.kg.tables import TABLES, make_table
from zeitgraph.kg.weeks import week_start
from zeitgraph.kg.workspace import Workspace

EDITS_FILE = "edits.toml"
LONGEST_NAME = 80

GONE = frozenset({"merged", "continued"})
"""States of a cluster that is another one by now."""


def _says(text: str) -> str:
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
        raise ValueError(error.line) from error
    return text


Id = Annotated[str, AfterValidator(_says)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_one_line)]
Since = Annotated[str, AfterValidator(_week)]


class Edit(Branch):
    """An edit of the file: `cluster` is the one that it is about, `since` the first week or none.

    `number` is the place of its entry among those of its kind, from 1.
    """

    number: int
    cluster: Id
    since: Since | None = Field(None, alias="from")

    @property
    def kind(self) -> str:
        """The word in its double brackets."""
        return type(self).__name__.lower()

    @property
    def entry(self) -> str:
        """How a message names it: `[[merge]] 2`."""
        return f"[[{self.kind}]] {self.number}"

    @property
    def other(self) -> str:
        """The id of the other cluster that it is about; empty for none."""
        return ""

    def holds(self, week: str) -> bool:
        """Whether it holds in `week`."""
        return self.since is None or self.since <= week

    def row(self, week: str) -> dict[str, Any]:
        """Its row of the table `edits`."""
        told = self.model_dump(exclude={"number", "cluster", "since", "into"})
        own = {"kind": self.kind, "cluster_id": self.cluster, "other_id": self.other}
        return own | told | {"since": self.since, "entry": self.entry, "week": week}


class _Naming(Edit):
    """An edit that gives a name in one language or both."""

    en: Name = ""
    zh: Name = ""

    @model_validator(mode="before")
    @classmethod
    def _in_both(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What is not given in one language is as in the other."""
        name = given.get("en") or given.get("zh")
        if not name:
            raise ValueError("has no name: give it one by en, zh or both")
        return given | {key: given.get(key) or name for key in ("en", "zh")}


class Rename(_Naming):
    """A cluster gets a name."""


class Merge(Edit):
    """The posts of a cluster are told as posts of another."""

    into: Id

    @property
    def other(self) -> str:
        """The cluster that they are told in."""
        return self.into


class Split(_Naming):
    """Posts like examples leave a cluster."""

    posts: tuple[Id, ...] = Field((), strict=False)
    words: tuple[Id, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _by_something(self) -> "Split":
        if not self.posts and not self.words:
            raise ValueError("says not what leaves: give example posts, words or both")
        return self

    @property
    def other(self) -> str:
        """The id of the part that leaves."""
        return content_id("c", "split by hand", self.cluster, self.en)


class Delete(Edit):
    """The posts of a cluster are in none."""


class Pin(Edit):
    """A cluster never fades, merges or changes its name."""

    centre: Literal["follows", "still"] = "follows"


KINDS: Mapping[str, type[Edit]] = {
    kind.__name__.lower(): kind for kind in (Rename, Merge, Split, Delete, Pin)
}


# -- reading ---------------------------------------------------------------------------------------


def read_edits(workspace: Workspace) -> list[Edit]:
    """The edits of the workspace, in order; none where it has no `edits.toml`.

    Raises `EditsError` for what is malformed or contradicts itself, with the entry and what to do.
    """
    path = workspace.root / EDITS_FILE
    if not path.exists():
        return []
    try:
        return parse_edits(path.read_text("utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise EditsError(f"cannot be read: {error}", where=path, do="mend the file") from error


def parse_edits(text: str, where: Path) -> list[Edit]:
    """The edits in the text of such a file; `where` is the file that an `EditsError` names."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditsError(f"not TOML: {error}", where=where, do="mend the line") from error
    edits = []
    for kind, entries in tree.items():
        if kind not in KINDS:
            raise EditsError(f"no edit is called «{kind}»", where=where, do=f"known: {_known()}")
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise EditsError(f"{kind} is no entry", where=where, do=f"write [[{kind}]] above it")
        edits += [_edit(kind, number, one, where) for number, one in enumerate(entries, start=1)]
    for edit, what, do in _contradictions(edits):
        raise EditsError(f"{edit.entry}: {what}", where=where, do=do)
    return edits


def _known() -> str:
    return ", ".join(sorted(KINDS))


def _edit(kind: str, number: int, given: Mapping[str, Any], where: Path) -> Edit:
    keys = [(f.alias or name) for name, f in KINDS[kind].model_fields.items() if name != "number"]
    try:
        if unknown := sorted(given.keys() - set(keys)):
            raise EditsError(
                f"[[{kind}]] {number} has no key «{unknown[0]}»",
                where=where,
                do=f"known: {', '.join(keys)}",
            )
        return KINDS[kind].model_validate({**given, "number": number})
    except ValidationError as error:
        first = error.errors()[0]
        key = "".join(f", {part}" for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise EditsError(
            f"[[{kind}]] {number}{key}: {message}",
            where=where,
            do=f"its keys are {', '.join(keys)}",
        ) from error


def _contradictions(edits: Collection[Edit]) -> Iterator[tuple[Edit, str, str]]:
    """Each edit that cannot be with one before it: why, and what to do."""
    yield from _twice(edits)
    merged = {edit.cluster: edit for edit in edits if isinstance(edit, Merge)}
    deleted = {edit.cluster: edit for edit in edits if isinstance(edit, Delete)}
    parts = {edit.other: edit for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        if isinstance(edit, Pin | Merge) and (other := deleted.get(edit.cluster)):
            yield edit, f"{edit.cluster} is deleted by {other.entry}", "take one of the two out"
        if isinstance(edit, Pin) and (into := merged.get(edit.cluster)):
            yield edit, f"{edit.cluster} is merged by {into.entry}", "take one of the two out"
        if isinstance(edit, Merge):
            if other := deleted.get(edit.into):
                yield (
                    edit,
                    f"{edit.into} is deleted by {other.entry}",
                    f"delete {edit.cluster} instead, or take one of the two out",
                )
            if (part := parts.get(edit.cluster)) and part.cluster == edit.into:
                yield edit, f"it takes back {part.entry}", "take both out"
            yield from _cycle(edit, merged)


def _twice(edits: Collection[Edit]) -> Iterator[tuple[Edit, str, str]]:
    """Edits that say again, or otherwise, what one before them says."""
    said: dict[tuple[str | None, ...], Edit] = {}
    called: dict[tuple[str, str], Edit] = {}
    for edit in edits:
        when = edit.since if isinstance(edit, Rename) else None
        part = edit.other if isinstance(edit, Split) else ""
        before = said.setdefault((edit.kind, edit.cluster, part, when), edit)
        if before is not edit:
            yield edit, f"{before.entry} says so of {edit.cluster} already", "take one of them out"
        if isinstance(edit, _Naming):
            own = edit.other or edit.cluster
            for name in {"en": edit.en, "zh": edit.zh}.items():
                other = called.setdefault(name, edit)
                if (other.other or other.cluster) != own:
                    yield edit, f"«{name[1]}» is a name by {other.entry}", "give another name"


def _cycle(edit: Merge, merged: Mapping[str, Merge]) -> Iterator[tuple[Edit, str, str]]:
    path = [edit.cluster]
    while path[-1] in merged:
        path.append(merged[path[-1]].into)
        if path[-1] == edit.cluster:
            yield edit, f"a merge in a circle: {' → '.join(path)}", "take one of the merges out"
        if path[-1] in path[:-1]:
            return


# -- the clusters they are about -------------------------------------------------------------------


def newest_clusters(workspace: Workspace) -> Mapping[str, Mapping[str, Any]]:
    """The rows of clusters as they stood last, by id: of each its names and its state."""
    weeks = workspace.weeks("clusters")
    if not weeks:
        return {}
    columns = ["cluster_id", "name", "name_en", "name_zh", "state"]
    rows = workspace.read("clusters", weeks[-1]).select(columns).to_pylist()
    return {row["cluster_id"]: row for row in rows}


def check_clusters(workspace: Workspace, edits: Collection[Edit], known: Collection[str]) -> None:
    """Raise `EditsError` for an edit of a cluster whose id is neither `known` nor of a part."""
    parts = {edit.other for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        named = (edit.cluster, edit.other) if isinstance(edit, Merge) else (edit.cluster,)
        for cluster_id in named:
            if cluster_id not in known and cluster_id not in parts:
                raise EditsError(
                    f"{edit.entry}: no cluster is called «{cluster_id}»",
                    where=workspace.root / EDITS_FILE,
                    do="mend the id or take the entry out; `zeitgraph answer top_clusters` has ids",
                )


# -- the two stages --------------------------------------------------------------------------------


def edits_identity(workspace: Workspace) -> str:
    """What changes when an edit does; raises `EditsError` as soon as it can tell of one."""
    edits = read_edits(workspace)
    all_clustered = workspace.weeks("clusters")[-1:] == workspace.weeks("intake")[-1:]
    if edits and all_clustered and (known := newest_clusters(workspace)):
        check_clusters(workspace, edits, known)
    return digest_json([[edit.kind, edit.model_dump()] for edit in edits])


def write_edits(job: Job) -> Outputs:
    """The edits that hold in the week, of several new names of a cluster the latest."""
    if job.table("posts").num_rows == 0:
        return {}
    holding = [edit for edit in read_edits(job.workspace) if edit.holds(job.week)]
    names = [edit for edit in holding if isinstance(edit, Rename)]
    names.sort(key=lambda edit: edit.since or "")
    newest = {edit.cluster: edit for edit in names}
    rows = [
        edit.row(job.week)
        for edit in holding
        if not isinstance(edit, Rename) or newest[edit.cluster] is edit
    ]
    return {"edits": make_table(TABLES["edits"], rows)}


def check_edits_met(job: Job) -> Outputs:
    """Raise `EditsError` in the newest week for an edit of it that found nothing to hold for.

    It comes when all tables stand: ids may change when posts come late or are forgotten, and that
    must not leave anything half done.
    """
    if [job.week] != job.workspace.weeks("intake")[-1:]:
        return {}
    entries = set(job.table("edits")["entry"].to_pylist())
    edits = [edit for edit in read_edits(job.workspace) if edit.entry in entries]
    columns = ["cluster_id", "state"]
    states = {
        r["cluster_id"]: r["state"] for r in job.table("clusters").select(columns).to_pylist()
    }
    check_clusters(job.workspace, edits, states)
    for edit in edits:
        for cluster_id in filter(None, (edit.cluster, edit.other)):
            if cluster_id not in states:
                what, do = f"no post of {edit.cluster} is like its examples", "name others"
            elif states[cluster_id] in GONE and not isinstance(edit, Rename):
                what = f"{cluster_id} had {states[cluster_id]} before"
                do = "name the cluster that it is now (`zeitgraph answer events`), or earlier weeks"
            else:
                continue
            raise EditsError(f"{edit.entry}: {what}", where=job.workspace.root / EDITS_FILE, do=do)
    return {}


def check_forgettable(workspace: Workspace, post_ids: Collection[str]) -> None:
    """Raise `EditsError` where an edit names one of these posts, or could not be respected.

    The file is the user's own: what is to be forgotten is taken out of it by hand, and before
    anything goes.
    """
    edits_identity(workspace)
    for edit in read_edits(workspace):
        if isinstance(edit, Split) and (named := sorted(set(edit.posts) & set(post_ids))):
            raise EditsError(
                f"{edit.entry} has the post «{named[0]}» as an example",
                where=workspace.root / EDITS_FILE,
                do="take it out of there, then forget it",
            )
