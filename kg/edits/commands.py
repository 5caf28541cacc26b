"""The commands `zeitgraph edit …`: they add an entry to `edits.toml` and list its entries.

A new entry is checked like the file itself and against the known clusters. It is appended to the
file; the rest of the file stays as it is, with its comments. The next `zeitgraph run` applies it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zeitgraph.kg.base.errors import UserError

if TYPE_CHECKING:
    from zeitgraph.kg.edits.checks import Clusters
    from zeitgraph.kg.workspace.workspace import Workspace

HERE = Path()
WorkspaceFolder = Annotated[
    Path, typer.Option("-w", "--workspace", help="The folder of the workspace.")
]
ClusterName = Annotated[
    str, typer.Argument(help="The id of a cluster, or its name if no other cluster has it.")
]
EnglishName = Annotated[str, typer.Option(help="The name in English.")]
ChineseName = Annotated[str, typer.Option(help="The name in Chinese.")]
FirstWeek = Annotated[
    str | None,
    typer.Option("--from", help="The first week in which the edit holds; all weeks if left out."),
]

edit = typer.Typer(
    help="Rename, merge, split, delete or pin a cluster; all later runs apply the edit.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@edit.command()
def rename(
    cluster: ClusterName,
    en: EnglishName = "",
    zh: ChineseName = "",
    since: FirstWeek = None,
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Give a cluster a name; in a language without a new name it keeps its own."""
    return _add(workspace, "rename", cluster, since, en=en, zh=zh)


@edit.command()
def merge(
    cluster: ClusterName,
    into: Annotated[str, typer.Argument(help="The cluster that shows its posts.")],
    since: FirstWeek = None,
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Show the posts of a cluster in another cluster."""
    from zeitgraph.kg.workspace.workspace import Workspace

    return _add(workspace, "merge", cluster, since, into=_id_of(Workspace(workspace), into))


@edit.command()
def split(
    cluster: ClusterName,
    post: Annotated[
        list[str] | None, typer.Option(help="The id of an example post; may be repeated.")
    ] = None,
    word: Annotated[
        list[str] | None, typer.Option(help="A word in the posts; may be repeated.")
    ] = None,
    *,
    en: EnglishName = "",
    zh: ChineseName = "",
    since: FirstWeek = None,
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Move posts like some examples from a cluster to a new cluster with a name."""
    return _add(
        workspace, "split", cluster, since, posts=post or [], words=word or [], en=en, zh=zh
    )


@edit.command()
def delete(cluster: ClusterName, since: FirstWeek = None, workspace: WorkspaceFolder = HERE) -> str:
    """Take the posts of a cluster out of all clusters; no similar cluster is born again."""
    return _add(workspace, "delete", cluster, since)


@edit.command()
def pin(
    cluster: ClusterName,
    centre: Annotated[
        Literal["follows", "still"],
        typer.Option(help="Whether its centre follows its posts or stays still."),
    ] = "follows",
    since: FirstWeek = None,
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Keep a cluster from fading, merging and changing its name."""
    return _add(workspace, "pin", cluster, since, centre=centre)


@edit.command("list")
def list_edits(
    form: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
    workspace: WorkspaceFolder = HERE,
) -> str:
    """List the edits: their clusters, their values, and which have no effect."""
    from zeitgraph.kg.edits.checks import edit_notes, newest_clusters
    from zeitgraph.kg.edits.file import read_edits
    from zeitgraph.kg.workspace.answers import Answer
    from zeitgraph.kg.workspace.workspace import Workspace

    place = Workspace(workspace)
    known, edits = newest_clusters(place), read_edits(place)
    notes = edit_notes(place, edits, known)
    rows = tuple(
        (
            edit.entry,
            edit.since or "all weeks",
            edit.cluster,
            _name_of(edit.cluster, known),
            edit.other or None,
            _name_of(edit.other, known),
            edit.summary or None,
            notes.get(edit.entry),
        )
        for edit in edits
    )
    columns = ("edit", "from", "cluster", "name", "other", "other_name", "says", "note")
    return Answer(columns, rows).render(form)


# -- shared by the commands ------------------------------------------------------------------------


def _name_of(cluster_id: str, known: "Clusters") -> str | None:
    return known[cluster_id]["name"] if cluster_id in known else None


def _add(workspace: Path, kind: str, cluster: str, since: str | None, **values: Any) -> str:
    """Add an entry to the file. Raises `EditsError` for a wrong entry, before the file changes."""
    from zeitgraph.kg.base.files import write_aside
    from zeitgraph.kg.edits import checks
    from zeitgraph.kg.edits.file import EDITS_FILE, edits_text, parse_edits
    from zeitgraph.kg.edits.kinds import Split
    from zeitgraph.kg.workspace.workspace import Workspace

    place = Workspace(workspace)
    path = place.root / EDITS_FILE
    entry = {"cluster": _id_of(place, cluster), **values, "from": since}
    lines = [
        f"{key} = {_toml(value)}" for key, value in entry.items() if value not in (None, "", [])
    ]
    with place.held():
        before = edits_text(place).rstrip("\n")
        text = "\n".join([*([before, ""] if before else []), f"[[{kind}]]", *lines, ""])
        edits, known = parse_edits(text, path), checks.newest_clusters(place)
        new = [edit for edit in edits if edit.kind == kind][-1]
        checks.check_clusters(place, edits, known)
        checks.check_posts(place, [new])
        checks.check_names(place, edits, new, known)
        write_aside(path, text.encode())
    part = f" The new cluster will be {new.other}." if isinstance(new, Split) else ""
    return f"{new.entry} is in {path}.{part} `zeitgraph run` applies it."


def _id_of(place: "Workspace", cluster: str) -> str:
    """The id `cluster` itself, or the id of the only cluster that now has that name."""
    from zeitgraph.kg.edits.checks import find_cluster, newest_clusters
    from zeitgraph.kg.edits.file import read_edits
    from zeitgraph.kg.edits.kinds import Split

    known = newest_clusters(place)
    if not known:
        raise UserError(
            "there are no clusters yet", where=place.root, do="call `zeitgraph run` first"
        )
    parts = {edit.other for edit in read_edits(place) if isinstance(edit, Split)}
    return find_cluster(cluster, known, parts)


def _toml(value: object) -> str:
    """A text or a list of texts as TOML: its JSON, with U+007F escaped as TOML requires."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
