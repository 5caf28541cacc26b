"""Conflicts between edits: entries of one file that cannot both hold.

Input: the edits of a file. Output: the later edit of each conflict, the reason, and what to do.
This module does not know which clusters and posts exist.
"""

from collections.abc import Collection, Iterator, Mapping

from zeitgraph.kg.edits.kinds import Delete, Edit, Merge, NamingEdit, Pin, Rename, Split

Conflict = tuple[Edit, str, str]
"""An edit, the reason why it conflicts with an earlier one, and what to do."""

_REMOVE_ONE = "take one of the two out"


def conflicts(edits: Collection[Edit]) -> Iterator[Conflict]:
    """The conflicts between edits: duplicates, equal names, merges in a circle, …"""
    yield from _duplicates(edits)
    yield from _equal_names(edits)
    merged = {edit.cluster: edit for edit in edits if isinstance(edit, Merge)}
    deleted = {edit.cluster: edit for edit in edits if isinstance(edit, Delete)}
    parts = {edit.other: edit for edit in edits if isinstance(edit, Split)}
    for edit in edits:
        other = deleted.get(edit.cluster)
        if other and (isinstance(edit, Pin | Merge) or _names_a_deleted(edit, other)):
            yield edit, f"{edit.cluster} is deleted by {other.entry}", _REMOVE_ONE
        if isinstance(edit, Pin) and (into := merged.get(edit.cluster)):
            yield edit, f"{edit.cluster} is merged by {into.entry}", _REMOVE_ONE
        if isinstance(edit, Merge):
            if other := deleted.get(edit.into):
                yield (
                    edit,
                    f"{edit.into} is deleted by {other.entry}",
                    f"delete {edit.cluster} instead, or take one of the two out",
                )
            if (part := parts.get(edit.cluster)) and part.cluster == edit.into:
                yield edit, f"it takes back {part.entry}", "take both out"
            yield from _cycles(edit, merged)


def names_from_edits(edits: Collection[Edit], week: str) -> dict[tuple[str, str], NamingEdit]:
    """By cluster and language, the edit that gives a cluster its name in `week`.

    The latest of several edits counts. A cluster that is merged or deleted in `week` has no entry.
    """
    holding = [edit for edit in edits if edit.holds(week)]
    hidden = {edit.cluster for edit in holding if isinstance(edit, Merge | Delete)}
    naming = [edit for edit in holding if isinstance(edit, NamingEdit)]
    found: dict[tuple[str, str], NamingEdit] = {}
    for edit in sorted(naming, key=lambda edit: (isinstance(edit, Rename), edit.since or "")):
        named = edit.other or edit.cluster
        if named not in hidden:
            found |= dict.fromkeys(((named, lang) for lang in edit.names), edit)
    return found


def _duplicates(edits: Collection[Edit]) -> Iterator[Conflict]:
    """Edits of a cluster for which the file has an earlier edit of the same kind."""
    first: dict[tuple[str | None, ...], Edit] = {}
    for edit in edits:
        since = edit.since if isinstance(edit, Rename) else None
        part = edit.other if isinstance(edit, Split) else ""
        earlier = first.setdefault((edit.kind, edit.cluster, part, since), edit)
        if earlier is not edit:
            reason = f"{earlier.entry} {edit.kind}s {edit.cluster} already"
            yield edit, reason, "take one of them out"


def _equal_names(edits: Collection[Edit]) -> Iterator[Conflict]:
    """Edits that give a name which another edit gives to another cluster in the same week."""
    for week in sorted({edit.since or "" for edit in edits}):
        first: dict[tuple[str, str], NamingEdit] = {}
        for (_, lang), edit in names_from_edits(edits, week).items():
            name = edit.names[lang]
            if (other := first.setdefault((lang, name), edit)) is not edit:
                yield edit, f"«{name}» is a name by {other.entry}", "give another name"


def _names_a_deleted(edit: Edit, deletion: Edit) -> bool:
    """Whether the edit renames a cluster that is deleted in all weeks of the new name."""
    return isinstance(edit, Rename) and (edit.since or "") >= (deletion.since or "")


def _cycles(edit: Merge, merged: Mapping[str, Merge]) -> Iterator[Conflict]:
    path = [edit.cluster]
    while path[-1] in merged:
        path.append(merged[path[-1]].into)
        if path[-1] == edit.cluster:
            yield edit, f"a merge in a circle: {' → '.join(path)}", "take one of the merges out"
        if path[-1] in path[:-1]:
            return
