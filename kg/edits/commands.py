"""The commands `zeitgraph edit …`: they add an entry to `edits.toml`, and list what it holds.

An entry is checked as in the file, and against the clusters there are; the file gets it at its end
and is otherwise left as it is, comments too. The next `zeitgraph run` respects it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zeitgraph.kg.base.errors import UserError

if TYPE_CHECKING:
    from zeitgraph.kg.workspace.workspace import Workspace

HERE = Path()
In = Annotated[Path, typer.Option("-w", "--workspace", help="The workspace's folder.")]
Cluster = Annotated[str, typer.Argument(help="Its id, or its name where only one has it.")]
En = Annotated[str, typer.Option(help="Its name in English.")]
Zh = Annotated[str, typer.Option(help="Its name in Chinese.")]
Since = Annotated[
    str | None, typer.Option("--from", help="The first week it holds; all weeks if left out.")
]

edit = typer.Typer(
    help="Rename, merge, split, delete or pin a cluster by hand; later runs respect it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@edit.command()
def rename(
    cluster: Cluster, en: En = "", zh: Zh = "", since: Since = None, workspace: In = HERE
) -> str:
    """Give a cluster a name; in a language without one it keeps what it has."""
    return _add(workspace, "rename", cluster, since, en=en, zh=zh)


@edit.command()
def merge(
    cluster: Cluster,
    into: Annotated[str, typer.Argument(help="The cluster that its posts are told in.")],
    since: Since = None,
    workspace: In = HERE,
) -> str:
    """Tell the posts of a cluster as posts of another."""
    from zeitgraph.kg.workspace.workspace import Workspace

    return _add(workspace, "merge", cluster, since, into=_id_of(Workspace(workspace), into))


@edit.command()
def split(
    cluster: Cluster,
    post: Annotated[
        list[str] | None, typer.Option(help="An example post; may be repeated.")
    ] = None,
    word: Annotated[list[str] | None, typer.Option(help="A word they say; so may this.")] = None,
    *,
    en: En = "",
    zh: Zh = "",
    since: Since = None,
    workspace: In = HERE,
) -> str:
    """Let posts like some examples leave a cluster, as a new one with a name."""
    return _add(
        workspace, "split", cluster, since, posts=post or [], words=word or [], en=en, zh=zh
    )


@edit.command()
def delete(cluster: Cluster, since: Since = None, workspace: In = HERE) -> str:
    """Tell the posts of a cluster as posts in none; nothing like it is born again."""
    return _add(workspace, "delete", cluster, since)


@edit.command()
def pin(
    cluster: Cluster,
    centre: Annotated[Literal["follows", "still"], typer.Option(help="Its place.")] = "follows",
    since: Since = None,
    workspace: In = HERE,
) -> str:
    """Keep a cluster from fading, merging and changing its name."""
    return _add(workspace, "pin", cluster, since, centre=centre)


@edit.command("list")
def list_edits(
    form: Annotated[Literal["table", "json", "csv"], typer.Option("--format")] = "table",
    workspace: In = HERE,
) -> str:
    """The edits there are: of which clusters, what they say, and which do nothing."""
    from zeitgraph.kg.edits.checks import edit_states, newest_clusters
    from zeitgraph.kg.edits.file import read_edits
    from zeitgraph.kg.workspace.answers import Answer
    from zeitgraph.kg.workspace.workspace import Workspace

    place = Workspace(workspace)
    known, edits = newest_clusters(place), read_edits(place)
    states = edit_states(place, edits, known)
    rows = tuple(
        (
            edit.entry,
            edit.since or "all weeks",
            edit.cluster,
            known.get(edit.cluster, {}).get("name"),
            edit.other or None,
            known.get(edit.other, {}).get("name"),
            edit.says or None,
            states.get(edit.entry),
        )
        for edit in edits
    )
    columns = ("edit", "from", "cluster", "name", "other", "other_name", "says", "note")
    return Answer(columns, rows).render(form)


# -- shared by the commands ------------------------------------------------------------------------


def _add(workspace: Path, kind: str, cluster: str, since: str | None, **values: Any) -> str:
    """Add an entry to the file; raises `EditsError` where it cannot be, and leaves the file."""
    from zeitgraph.kg.edits import checks
    from zeitgraph.kg.edits.file import EDITS_FILE, Split, edits_text, parse_edits
    from zeitgraph.kg.workspace.workspace import Workspace, write_aside

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
    part = f" The part that leaves will be {new.other}." if isinstance(new, Split) else ""
    return f"{new.entry} stands in {path}.{part} `zeitgraph run` applies it."


def _id_of(place: "Workspace", cluster: str) -> str:
    """The id that is `cluster`, or that of the only cluster with that name, as it is now."""
    from zeitgraph.kg.edits.checks import cluster_called, newest_clusters
    from zeitgraph.kg.edits.file import Split, read_edits

    known = newest_clusters(place)
    if not known:
        raise UserError(
            "there are no clusters yet", where=place.root, do="`zeitgraph run`, then edit"
        )
    parts = {edit.other for edit in read_edits(place) if isinstance(edit, Split)}
    return cluster_called(cluster, known, parts)


def _toml(value: object) -> str:
    """A text or a list of texts as TOML, which reads all of JSON's but a bare U+007F."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
