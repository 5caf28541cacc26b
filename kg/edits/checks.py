"""Checks of edits against the workspace: do their clusters and posts exist, have they an effect?

Input: a workspace and its edits. An edit of a cluster or post that does not exist is refused before
any work; if no cluster is known yet, at the end of the run that first finds clusters. An edit
without an effect is only reported at the end of a run: ids and posts may change when posts arrive
late or are forgotten. This module does not know how the file is written.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from zeitgraph.kg.base.errors import EditsError, UserError
from zeitgraph.kg.base.terms import ClusterState
from zeitgraph.kg.edits.conflicts import names_from_edits
from zeitgraph.kg.edits.file import EDITS_FILE, read_edits
from zeitgraph.kg.edits.kinds import Delete, Edit, Merge, NamingEdit, Rename, Split
from zeitgraph.kg.edits.stage import rows_of_week
from zeitgraph.kg.workspace.rows import ClusterRow, EditRow
from zeitgraph.kg.workspace.tables import CLUSTERS, EDITS
from zeitgraph.kg.workspace.workspace import Workspace

REPLACED = frozenset({ClusterState.MERGED, ClusterState.CONTINUED})
"""States of a cluster that another cluster has replaced."""

Clusters = Mapping[str, ClusterRow]
"""Rows of clusters by id, with only the columns id, names, state and `shown_as`."""

_COLUMNS = ["cluster_id", "name", "name_en", "name_zh", "state", "shown_as"]
_HAS_IDS = "`zeitgraph answer top_clusters` has the ids"


# -- clusters by id and by name --------------------------------------------------------------------


def newest_clusters(workspace: Workspace) -> Clusters:
    """The clusters of the newest week; empty before the first run."""
    weeks = workspace.weeks("clusters")
    rows = workspace.rows(CLUSTERS, weeks[-1], _COLUMNS) if weeks else []
    return {row["cluster_id"]: row for row in rows}


def all_clusters(workspace: Workspace) -> Clusters:
    """All clusters of all weeks, each as in its newest week."""
    return {row["cluster_id"]: row for row in workspace.all_rows(CLUSTERS, _COLUMNS)}


def find_cluster(name: str, known: Clusters, parts: Collection[str] = ()) -> str:
    """The id `name` itself, or the id of the only cluster with that name.

    Ids are those in `known` and `parts` (the new clusters of splits). Of several clusters with the
    name, those that are shown count before the others. Raises `UserError` if several clusters have
    the name, or if none does, with the most similar names.
    """
    if name in known or name in parts:
        return name
    found = _ids_with_name(name, known)
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"«{name}» are {', '.join(found)}", do="give the id of the one you mean")
    names = {one for row in known.values() for one in _names(row)}
    similar = get_close_matches(name, sorted(names))
    question = f"is it {' or '.join(f'«{one}»' for one in similar)}? " if similar else ""
    raise UserError(f"no cluster is called «{name}»", do=f"{question}{_HAS_IDS}")


def _ids_with_name(name: str, known: Clusters) -> list[str]:
    """The ids of the shown clusters with that name; if there are none, of all with that name."""
    found = sorted(cluster_id for cluster_id, row in known.items() if name in _names(row))
    return [cluster_id for cluster_id in found if _is_shown(known[cluster_id])] or found


def _is_shown(row: ClusterRow) -> bool:
    return row["state"] not in REPLACED and row["shown_as"] is None


def _names(row: ClusterRow) -> set[str]:
    return {name for name in (row["name"], row["name_en"], row["name_zh"]) if name}


# -- refused before any work -----------------------------------------------------------------------


def check_edits(workspace: Workspace) -> None:
    """Raises `EditsError` for an edit of a cluster or a post that does not exist.

    Clusters are checked only if all posts have been clustered, since new ones may still be found.
    """
    edits = read_edits(workspace)
    all_clustered = workspace.weeks("clusters")[-1:] == workspace.weeks("intake")[-1:]
    if edits and all_clustered and (known := newest_clusters(workspace)):
        check_clusters(workspace, edits, known)
    check_posts(workspace, edits)


def check_clusters(workspace: Workspace, edits: Collection[Edit], known: Clusters) -> None:
    """Raises `EditsError` for an edit of a cluster that is neither in `known` nor made by a split.

    An edit that holds only from a later week on passes: its cluster may still be born.
    """
    newest = workspace.weeks("clusters")[-1]
    for edit, cluster_id in _unknown_clusters(edits, known):
        if not edit.holds(newest):
            continue
        found = _ids_with_name(cluster_id, known)
        raise EditsError(
            f"{edit.entry}: no cluster has the id «{cluster_id}»",
            where=workspace.root / EDITS_FILE,
            do=f"this is the name of a cluster: write its id, {' or '.join(found)}"
            if found
            else f"correct the id or take the entry out; {_HAS_IDS}",
        )


def _unknown_clusters(edits: Collection[Edit], known: Clusters) -> Iterator[tuple[Edit, str]]:
    """Pairs of an edit and an id in it that is neither in `known` nor made by a split."""
    parts = {edit.other for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        ids = (edit.cluster, edit.other) if isinstance(edit, Merge) else (edit.cluster,)
        for cluster_id in ids:
            if cluster_id not in known and cluster_id not in parts:
                yield edit, cluster_id


def check_posts(workspace: Workspace, edits: Collection[Edit]) -> None:
    """Raises `EditsError` for a split with an example post that does not exist."""
    splits = [edit for edit in edits if isinstance(edit, Split)]
    known = workspace.posts_among({post_id for edit in splits for post_id in edit.posts})
    for edit in splits:
        for post_id in edit.posts:
            if post_id not in known:
                raise EditsError(
                    f"{edit.entry}: no post is called «{post_id}»",
                    where=workspace.root / EDITS_FILE,
                    do="correct the id or take it out",
                )


def check_names(workspace: Workspace, edits: Collection[Edit], new: Edit, known: Clusters) -> None:
    """Raises `EditsError` if `new` gives a name that another cluster has in the edit's first week.

    `edits` are all edits of the file, `new` among them.
    """
    week = max(workspace.weeks("clusters")[-1], new.since or "")
    for name, cluster_id in _name_clashes(edits, new, known, week):
        raise EditsError(
            f"«{name}» is the name of {cluster_id} already",
            do=f"give another name, or rename {cluster_id} first",
        )


def _name_clashes(
    edits: Collection[Edit], new: Edit, known: Clusters, week: str
) -> Iterator[tuple[str, str]]:
    """Names that `new` gives in `week` but a shown cluster already has, each with its cluster id.

    A name that two edits give is not among them: reading the file refuses it.
    """
    hidden = {e.cluster for e in edits if isinstance(e, Delete | Merge) and e.holds(week)}
    named = names_from_edits(edits, week)
    own = new.other or new.cluster
    for lang, name in new.names.items() if isinstance(new, NamingEdit) else ():
        for cluster_id, row in known.items() if named.get((own, lang)) is new else ():
            its_name = row["name_en"] if lang == "en" else row["name_zh"]
            has_name = its_name == name and (cluster_id, lang) not in named
            is_shown = cluster_id not in hidden and row["state"] not in REPLACED
            if has_name and is_shown and cluster_id != own:
                yield name, cluster_id


def check_forgettable(workspace: Workspace, post_ids: Collection[str]) -> None:
    """Raises `EditsError` if a split has one of these posts as an example.

    The file belongs to the user, who takes the post out of it before anything is forgotten. Also
    raises `EditsError` as `check_edits` does.
    """
    check_edits(workspace)
    for edit in read_edits(workspace):
        if isinstance(edit, Split) and (named := sorted(set(edit.posts) & set(post_ids))):
            raise EditsError(
                f"{edit.entry} has the post «{named[0]}» as an example",
                where=workspace.root / EDITS_FILE,
                do="take it out of there, then forget it",
            )


# -- reported after the run ------------------------------------------------------------------------


@contextmanager
def edits_checked(workspace: Workspace, note: Callable[[str], None]) -> Iterator[None]:
    """Around a run: calls `check_edits` first, and at the end `note` for each edit without effect.

    If no cluster was known before the run, `check_edits` is called again after it, since it could
    not check ids before. If clusters were known, an id that has gone during the run is only noted.
    """
    check_edits(workspace)
    is_first = not newest_clusters(workspace)
    yield
    if is_first:
        check_edits(workspace)
    for line in ineffective_edits(workspace):
        note(line)


def ineffective_edits(workspace: Workspace) -> list[str]:
    """A line for each edit that has no effect in the newest week or gives a name a second time."""
    notes = edit_notes(workspace, read_edits(workspace), newest_clusters(workspace))
    return [f"{EDITS_FILE}, {entry} {note}" for entry, note in notes.items() if note != WAITING]


WAITING = "waits for the next run"


def edit_notes(workspace: Workspace, edits: Collection[Edit], known: Clusters) -> dict[str, str]:
    """Notes on edits by entry; an edit that has its effect has none.

    Before there are clusters no id is known, so all edits wait.
    """
    if not known:
        return {edit.entry: WAITING for edit in edits}
    notes = {
        edit.entry: f"does nothing: no cluster has the id «{cluster_id}»"
        for edit, cluster_id in reversed(list(_unknown_clusters(edits, known)))
    }
    newest = workspace.weeks("clusters")[-1]
    applied = [_content(row) for row in workspace.rows(EDITS, newest)]
    rows = {row["entry"]: row for row in rows_of_week(edits, newest)}
    for edit in edits:
        if edit.entry in notes or edit.entry not in rows:
            continue
        if _content(rows[edit.entry]) not in applied:
            notes[edit.entry] = WAITING
        elif reason := _why_ineffective(edit, known):
            notes[edit.entry] = f"does nothing yet: {reason}"
        elif clashes := list(_name_clashes(edits, edit, known, newest)):
            name, cluster_id = clashes[0]
            notes[edit.entry] = f"gives a name that another has: «{name}», {cluster_id}"
    return notes


def _content(row: EditRow) -> dict[str, Any]:
    """The filled columns of a row of `edits`, without the week and the place in the file."""
    lists = {key: list(v) if isinstance(v, tuple) else v for key, v in row.items()}
    return {key: v for key, v in lists.items() if v and key not in {"entry", "week"}}


def _why_ineffective(edit: Edit, known: Clusters) -> str:
    """Why an edit that was applied has no effect; empty if it has one."""
    for cluster_id in filter(None, (edit.cluster, edit.other)):
        if cluster_id not in known:
            if isinstance(edit, Split) and cluster_id == edit.other:
                return f"no post of {edit.cluster} is like its examples, or all are; name others"
            return f"{cluster_id} has not left yet, see its [[split]]"
        if (state := known[cluster_id]["state"]) in REPLACED and not isinstance(edit, Rename):
            do = "name the cluster that replaced it (`zeitgraph answer events`), or earlier weeks"
            return f"{cluster_id} had {state} before; {do}"
    return ""
