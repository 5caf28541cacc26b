"""Edits held against what there is: their clusters and posts, and which of them do nothing yet.

Comes in: a workspace and its edits. An edit of what is not there is refused before any work, or,
of a cluster, at the end of the run that first found clusters. One that found nothing to do when all
tables stood is told, and stops nothing: ids and posts may change when posts come late or are
forgotten. Knows nothing about how the file is written.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from zeitgraph.kg.base.errors import EditsError, UserError
from zeitgraph.kg.edits.file import (
    EDITS_FILE,
    Delete,
    Edit,
    Merge,
    Rename,
    Split,
    names_by_hand,
    read_edits,
    rows_of_week,
)
from zeitgraph.kg.workspace.workspace import Workspace

GONE = frozenset({"merged", "continued"})
"""States of a cluster that is another one by now."""

Clusters = Mapping[str, Mapping[str, Any]]
"""Of each cluster, by id, its names, its state and as what it is told."""

_COLUMNS = ["cluster_id", "name", "name_en", "name_zh", "state", "shown_as"]
_HAS_IDS = "`zeitgraph answer top_clusters` has the ids"


# -- clusters by id and by name --------------------------------------------------------------------


def newest_clusters(workspace: Workspace) -> Clusters:
    """The clusters as they stood last."""
    weeks = workspace.weeks("clusters")
    if not weeks:
        return {}
    rows = workspace.read("clusters", weeks[-1]).select(_COLUMNS).to_pylist()
    return {row["cluster_id"]: row for row in rows}


def all_clusters(workspace: Workspace) -> Clusters:
    """All clusters that there ever were, each as it stood last."""
    rows = workspace.read_all("clusters").select(_COLUMNS).to_pylist()
    return {row["cluster_id"]: row for row in rows}


def cluster_called(name: str, known: Clusters, parts: Collection[str] = ()) -> str:
    """The id that is `name`, or that of the only cluster with that name.

    One that is told goes before those that are not. Raises `UserError` for several, or none, with
    the names nearest to it.
    """
    if name in known or name in parts:
        return name
    found = _with_name(name, known)
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"«{name}» are {', '.join(found)}", do="name the one that you mean")
    names = {one for row in known.values() for one in _names(row)}
    near = get_close_matches(name, sorted(names))
    like = f"is it {' or '.join(f'«{one}»' for one in near)}? " if near else ""
    raise UserError(f"no cluster is called «{name}»", do=f"{like}{_HAS_IDS}")


def _with_name(name: str, known: Clusters) -> list[str]:
    """The ids of the clusters with that name that are told; where none is, of all."""
    found = sorted(cluster_id for cluster_id, row in known.items() if name in _names(row))
    return [one for one in found if _is_told(known[one])] or found


def _is_told(row: Mapping[str, Any]) -> bool:
    return row["state"] not in GONE and row["shown_as"] is None


def _names(row: Mapping[str, Any]) -> set[str]:
    return {row[key] for key in ("name", "name_en", "name_zh") if row[key]}


# -- refused before any work -----------------------------------------------------------------------


def check_edits(workspace: Workspace) -> None:
    """Raise `EditsError` for an edit of a cluster or a post that is not there.

    Clusters are not known before posts are clustered.
    """
    edits = read_edits(workspace)
    all_clustered = workspace.weeks("clusters")[-1:] == workspace.weeks("intake")[-1:]
    if edits and all_clustered and (known := newest_clusters(workspace)):
        check_clusters(workspace, edits, known)
    check_posts(workspace, edits)


def check_clusters(workspace: Workspace, edits: Collection[Edit], known: Clusters) -> None:
    """Raise `EditsError` for an edit of a cluster whose id is neither `known` nor of a part.

    Edits from a later week on are not yet refused: their cluster may come.
    """
    newest = workspace.weeks("clusters")[-1]
    for edit, cluster_id in _strangers(edits, known):
        if not edit.holds(newest):
            continue
        found = _with_name(cluster_id, known)
        raise EditsError(
            f"{edit.entry}: no cluster has the id «{cluster_id}»",
            where=workspace.root / EDITS_FILE,
            do=f"it is the name of one: write its id, {' or '.join(found)}"
            if found
            else f"mend the id or take the entry out; {_HAS_IDS}",
        )


def _strangers(edits: Collection[Edit], known: Clusters) -> Iterator[tuple[Edit, str]]:
    """Each edit with an id in it that no cluster and no part has."""
    parts = {edit.other for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        named = (edit.cluster, edit.other) if isinstance(edit, Merge) else (edit.cluster,)
        for cluster_id in named:
            if cluster_id not in known and cluster_id not in parts:
                yield edit, cluster_id


def check_posts(workspace: Workspace, edits: Collection[Edit]) -> None:
    """Raise `EditsError` for a split with an example that no post is."""
    splits = [edit for edit in edits if isinstance(edit, Split)]
    known = workspace.posts_among({post_id for edit in splits for post_id in edit.posts})
    for edit in splits:
        for post_id in edit.posts:
            if post_id not in known:
                raise EditsError(
                    f"{edit.entry}: no post is called «{post_id}»",
                    where=workspace.root / EDITS_FILE,
                    do="mend the id or take it out",
                )


def check_names(workspace: Workspace, edits: Collection[Edit], new: Edit, known: Clusters) -> None:
    """Raise `EditsError` where `new` gives a name that another cluster has when it begins."""
    week = max(workspace.weeks("clusters")[-1], new.since or "")
    for name, cluster_id in _namesakes(edits, new, known, week):
        raise EditsError(
            f"«{name}» is the name of {cluster_id} already",
            do=f"give another name, or rename {cluster_id} first",
        )


def _namesakes(
    edits: Collection[Edit], new: Edit, known: Clusters, week: str
) -> Iterator[tuple[str, str]]:
    """Each name that an edit gives in `week` while another cluster that is told has it, and which.

    One that has it by an edit is refused with the file.
    """
    untold = {e.cluster for e in edits if isinstance(e, Delete | Merge) and e.holds(week)}
    named = names_by_hand(edits, week)
    own = new.other or new.cluster
    for lang, name in new.given.items() if isinstance(new, Rename | Split) else ():
        for cluster_id, row in known.items() if named.get((own, lang)) is new else ():
            has = row[f"name_{lang}"] == name and (cluster_id, lang) not in named
            is_told = cluster_id not in untold and row["state"] not in GONE
            if has and is_told and cluster_id != own:
                yield name, cluster_id


def check_forgettable(workspace: Workspace, post_ids: Collection[str]) -> None:
    """Raise `EditsError` where an edit names one of these posts, or could not be respected.

    The file is the user's own: what is to be forgotten is taken out of it by hand, and before
    anything goes.
    """
    check_edits(workspace)
    for edit in read_edits(workspace):
        if isinstance(edit, Split) and (named := sorted(set(edit.posts) & set(post_ids))):
            raise EditsError(
                f"{edit.entry} has the post «{named[0]}» as an example",
                where=workspace.root / EDITS_FILE,
                do="take it out of there, then forget it",
            )


# -- told when all tables stand --------------------------------------------------------------------


@contextmanager
def heeding_edits(workspace: Workspace, note: Callable[[str], None]) -> Iterator[None]:
    """Around work that heeds edits: `check_edits` first, at the end a note for each in vain.

    It comes again at the end where no cluster was known before: it could not know their ids. Where
    some were, an id may have gone with the work, which is told and stops nothing.
    """
    check_edits(workspace)
    is_first = not newest_clusters(workspace)
    yield
    if is_first:
        check_edits(workspace)
    for line in edits_in_vain(workspace):
        note(line)


def edits_in_vain(workspace: Workspace) -> list[str]:
    """A line for each edit that does nothing in the newest week, or gives a name twice."""
    states = edit_states(workspace, read_edits(workspace), newest_clusters(workspace))
    return [f"{EDITS_FILE}, {e} {told}" for e, told in states.items() if told != WAITS]


WAITS = "waits for the next run"


def edit_states(workspace: Workspace, edits: Collection[Edit], known: Clusters) -> dict[str, str]:
    """By entry what there is to say of an edit; nothing of one that does what it says.

    Before there are clusters their ids cannot be known, and all edits wait.
    """
    if not known:
        return {edit.entry: WAITS for edit in edits}
    states = {
        edit.entry: f"does nothing: no cluster has the id «{cluster_id}»"
        for edit, cluster_id in reversed(list(_strangers(edits, known)))
    }
    weeks = workspace.weeks("clusters")[-1:]
    applied = [_content(row) for week in weeks for row in workspace.read("edits", week).to_pylist()]
    rows = {row["entry"]: row for week in weeks for row in rows_of_week(edits, week)}
    for edit in edits:
        if edit.entry in states or edit.entry not in rows:
            continue
        if _content(rows[edit.entry]) not in applied:
            states[edit.entry] = WAITS
        elif why := _idle(edit, known):
            states[edit.entry] = f"does nothing yet: {why}"
        elif same := list(_namesakes(edits, edit, known, weeks[0])):
            states[edit.entry] = f"gives a name that another has: «{same[0][0]}», {same[0][1]}"
    return states


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of the table `edits` says, wherever its entry stands in the file."""
    plain = {key: list(v) if isinstance(v, tuple) else v for key, v in row.items() if v}
    return {key: v for key, v in plain.items() if v and key not in {"entry", "week"}}


def _idle(edit: Edit, known: Clusters) -> str:
    """Why an edit that was applied does nothing; empty for one that does."""
    for cluster_id in filter(None, (edit.cluster, edit.other)):
        if cluster_id not in known:
            if isinstance(edit, Split) and cluster_id == edit.other:
                return f"no post of {edit.cluster} is like its examples, or all are; name others"
            return f"{cluster_id} has not left yet, see its [[split]]"
        if (state := known[cluster_id]["state"]) in GONE and not isinstance(edit, Rename):
            now = "name the cluster that it is now (`zeitgraph answer events`), or earlier weeks"
            return f"{cluster_id} had {state} before; {now}"
    return ""
