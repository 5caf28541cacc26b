"""Edits: what a person says about clusters, in `edits.toml`, and which of it holds in a week.

    [[rename]]                        # a cluster gets a name, in one language or both
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

Strict at the door: an unknown key or an edit that contradicts another is told with its entry. The
stage `edits` writes what holds in a week to the table `edits`, so that a changed file is work for
those weeks only. Knows nothing about which clusters and posts there are (`kg/edits/checks.py`), nor
how clusters are made.
"""

import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from zeitgraph.kg.base.errors import EditsError, UnknownWeek
from zeitgraph.kg.base.ids import content_id, digest_json
from zeitgraph.kg.base.weeks import week_start
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.settings import Branch
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

EDITS_FILE = "edits.toml"
LONGEST_NAME = 80
WEEK_LIKE = 'write it like "2026-W46"'


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
        raise ValueError(f"is «{text}», which is no ISO week: {WEEK_LIKE}") from error
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

    @property
    def says(self) -> str:
        """What it says beside the clusters, in short: `en=Glamping, zh=精致露营`."""
        told = self.model_dump(exclude={"number", "cluster", "since", "into"})
        lists = {key: "|".join(v) if isinstance(v, tuple) else v for key, v in told.items()}
        return ", ".join(f"{key}={value}" for key, value in lists.items() if value)

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
    def _by_something(cls, given: dict[str, Any]) -> dict[str, Any]:
        if not (given.get("en") or given.get("zh")):
            raise ValueError("has no name: give it one by en, zh or both")
        return given

    @property
    def given(self) -> dict[str, str]:
        """The name in each language that has one."""
        return {key: name for key, name in (("en", self.en), ("zh", self.zh)) if name}


class Rename(_Naming):
    """A cluster gets a name; in a language without one it keeps what it has."""


class Merge(Edit):
    """The posts of a cluster are told as posts of another."""

    into: Id

    @property
    def other(self) -> str:
        """The cluster that they are told in."""
        return self.into


class Split(_Naming):
    """Posts like examples leave a cluster; in a language without a name they have the other."""

    posts: tuple[Id, ...] = Field((), strict=False)
    words: tuple[Id, ...] = Field((), strict=False)

    @model_validator(mode="before")
    @classmethod
    def _in_both(cls, given: dict[str, Any]) -> dict[str, Any]:
        names = {key: given.get(key) for key in ("en", "zh")}
        return given | {key: name or names["en"] or names["zh"] for key, name in names.items()}

    @model_validator(mode="after")
    def _of_something(self) -> "Split":
        if not self.posts and not self.words:
            raise ValueError("does not say what leaves: give example posts, words or both")
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
    return parse_edits(edits_text(workspace), workspace.root / EDITS_FILE)


def edits_text(workspace: Workspace) -> str:
    """What stands in `edits.toml`, nothing where there is none; raises `EditsError`."""
    path = workspace.root / EDITS_FILE
    if path.is_dir():
        raise EditsError("this is a folder", where=path, do="move it away: edits are a file")
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise EditsError("cannot be read as UTF-8", where=path, do="save it as UTF-8") from error
    except OSError as error:
        raise EditsError(f"cannot be read: {error.strerror}", where=path) from error


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
            raise EditsError(
                f"«{kind}» is written without double brackets",
                where=where,
                do=f"write [[{kind}]] above each entry",
            )
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
        key, *place = map(str, first["loc"]) if first["loc"] else [""]
        what, do = _plainly(first["type"], key, first)
        said = f", {key}{f' {int(place[0]) + 1}' if place else ''}" if key else ""
        raise EditsError(
            f"[[{kind}]] {number}{said} {what}",
            where=where,
            do=do or f"its keys are {', '.join(keys)}",
        ) from error


def _plainly(wrong: str, key: str, error: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with the value of a key, in plain words, and what to do."""
    if wrong == "value_error":  # our own words
        what, _, do = error["msg"].removeprefix("Value error, ").partition(": ")
        return what, do
    if key == "from":
        is_date = isinstance(error["input"], date)
        return "is a date, not a week" if is_date else "is no text", WEEK_LIKE
    return PLAINLY[wrong](key, error["input"])


PLAINLY: Mapping[str, Callable[[str, Any], tuple[str, str]]] = {
    "missing": lambda key, _: ("is missing", f'write {key} = "…" below it'),
    "string_type": lambda _key, _: ("is no text", "put it in quotation marks"),
    "string_too_long": lambda _key, text: (
        f"has {len(text)} characters",
        f"shorten it to at most {LONGEST_NAME}",
    ),
    "tuple_type": lambda key, _: ("is no list", f'write it like {key} = ["…", "…"]'),
    "literal_error": lambda _key, given: (f"is «{given}»", 'write "follows" or "still"'),
}
"""What may be wrong with a value, by pydantic's name of it: in plain words, and what to do."""


def _contradictions(edits: Collection[Edit]) -> Iterator[tuple[Edit, str, str]]:
    """Each edit that cannot be with one before it: why, and what to do."""
    yield from _twice(edits)
    yield from _one_name_for_two(edits)
    merged = {edit.cluster: edit for edit in edits if isinstance(edit, Merge)}
    deleted = {edit.cluster: edit for edit in edits if isinstance(edit, Delete)}
    parts = {edit.other: edit for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        other = deleted.get(edit.cluster)
        if other and (isinstance(edit, Pin | Merge) or _in_vain(edit, other)):
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
    for edit in edits:
        when = edit.since if isinstance(edit, Rename) else None
        part = edit.other if isinstance(edit, Split) else ""
        before = said.setdefault((edit.kind, edit.cluster, part, when), edit)
        if before is not edit:
            what = f"{before.entry} {edit.kind}s {edit.cluster} already"
            yield edit, what, "take one of them out"


def _one_name_for_two(edits: Collection[Edit]) -> Iterator[tuple[Edit, str, str]]:
    """Edits that give a name while another cluster has it by an edit of the same week."""
    for week in sorted({edit.since or "" for edit in edits}):
        called: dict[tuple[str, str], _Naming] = {}
        for (_, lang), edit in names_by_hand(edits, week).items():
            name = edit.given[lang]
            if (other := called.setdefault((lang, name), edit)) is not edit:
                yield edit, f"«{name}» is a name by {other.entry}", "give another name"


def names_by_hand(edits: Collection[Edit], week: str) -> dict[tuple[str, str], _Naming]:
    """By cluster and language, the edit that gives a cluster its name in `week`.

    Of several the latest; none for a cluster that is merged or deleted by then.
    """
    holding = [edit for edit in edits if edit.holds(week)]
    untold = {edit.cluster for edit in holding if isinstance(edit, Merge | Delete)}
    naming = [edit for edit in holding if isinstance(edit, _Naming)]
    found: dict[tuple[str, str], _Naming] = {}
    for edit in sorted(naming, key=lambda edit: (isinstance(edit, Rename), edit.since or "")):
        own = edit.other or edit.cluster
        if own not in untold:
            found |= dict.fromkeys(((own, lang) for lang in edit.given), edit)
    return found


def _in_vain(edit: Edit, deleted: Edit) -> bool:
    """Whether it gives a name to a cluster that is deleted in all weeks of the new name."""
    return isinstance(edit, Rename) and (edit.since or "") >= (deleted.since or "")


def _cycle(edit: Merge, merged: Mapping[str, Merge]) -> Iterator[tuple[Edit, str, str]]:
    path = [edit.cluster]
    while path[-1] in merged:
        path.append(merged[path[-1]].into)
        if path[-1] == edit.cluster:
            yield edit, f"a merge in a circle: {' → '.join(path)}", "take one of the merges out"
        if path[-1] in path[:-1]:
            return


# -- the stage -------------------------------------------------------------------------------------


def edits_identity(workspace: Workspace) -> str:
    """What changes when an edit does."""
    return digest_json([[edit.kind, edit.model_dump()] for edit in read_edits(workspace)])


def write_edits(job: Job) -> Outputs:
    """The edits that hold in the week."""
    if job.table("posts").num_rows == 0:
        return {}
    rows = rows_of_week(read_edits(job.workspace), job.week)
    return {"edits": make_table(TABLES["edits"], rows)}


def rows_of_week(edits: Iterable[Edit], week: str) -> list[dict[str, Any]]:
    """The rows of the table `edits` in `week`: of several new names of a cluster the latest.

    A language in which that gives none keeps what an earlier one gave.
    """
    holding = [edit for edit in edits if edit.holds(week)]
    names = [edit for edit in holding if isinstance(edit, Rename)]
    newest: dict[str, tuple[Rename, dict[str, str]]] = {}
    for rename in sorted(names, key=lambda rename: rename.since or ""):
        earlier = newest[rename.cluster][1] if rename.cluster in newest else {}
        newest[rename.cluster] = rename, earlier | rename.given
    rows = []
    for edit in holding:
        named, given = newest[edit.cluster] if isinstance(edit, Rename) else (edit, {})
        if named is edit:
            rows.append(edit.row(week) | given)
    return rows
