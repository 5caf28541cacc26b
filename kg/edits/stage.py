"""The stage `edits`: writes the edits that hold in a week to the table `edits`.

A change of `edits.toml` therefore makes work only for the weeks whose rows change. Input: the file
of edits and a week. Output: rows. This module does not know how edits change clusters
(`extraction/clusters/manual_edits.py`).
"""

from collections.abc import Iterable

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.edits.file import read_edits
from zeitgraph.kg.edits.kinds import Edit, Rename
from zeitgraph.kg.workspace.pipeline import Job, Outputs
from zeitgraph.kg.workspace.rows import EditRow
from zeitgraph.kg.workspace.tables import EDITS, make_table
from zeitgraph.kg.workspace.workspace import Workspace


def edits_identity(workspace: Workspace) -> str:
    """A digest that changes when an edit of the workspace does. Raises `EditsError`."""
    return digest_json([[edit.kind, edit.model_dump()] for edit in read_edits(workspace)])


def write_edits(job: Job) -> Outputs:
    """The table `edits` of the week; nothing for a week without posts. Raises `EditsError`."""
    if job.table("posts").num_rows == 0:
        return {}
    return {"edits": make_table(EDITS, rows_of_week(read_edits(job.workspace), job.week))}


def rows_of_week(edits: Iterable[Edit], week: str) -> list[EditRow]:
    """The rows of the table `edits` in `week`, in the order of `edits`.

    Of several renames of a cluster only the latest has a row. In a language in which it gives no
    name, the row has the name that an earlier rename gave.
    """
    holding = [edit for edit in edits if edit.holds(week)]
    renames = [edit for edit in holding if isinstance(edit, Rename)]
    latest: dict[str, tuple[Rename, dict[str, str]]] = {}
    for rename in sorted(renames, key=lambda rename: rename.since or ""):
        earlier = latest[rename.cluster][1] if rename.cluster in latest else {}
        latest[rename.cluster] = rename, earlier | rename.names
    rows = []
    for edit in holding:
        row = edit.row(week)
        if isinstance(edit, Rename):
            rename, names = latest[edit.cluster]
            if rename is not edit:
                continue
            row["en"], row["zh"] = names.get("en", ""), names.get("zh", "")
        rows.append(row)
    return rows
