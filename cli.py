"""The command line. A command parses; the function of the same name works and can be imported.

    from zeitgraph.cli import demo, run, report, sparql

Each function returns what the command prints: a text, or the path of the page it made. Only this
file imports all layers of zeitgraph. Heavy packages are imported when a command needs them.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from zeitgraph import __version__
from zeitgraph.kg.base.errors import MissingPart, UserError
from zeitgraph.kg.base.exits import argument_text, run_app
from zeitgraph.kg.edits.commands import HERE, WorkspaceFolder, edit

if TYPE_CHECKING:
    from zeitgraph.extraction.intake.add import AddSummary
    from zeitgraph.kg.workspace.pipeline import Stage
    from zeitgraph.kg.workspace.progress import Watcher
    from zeitgraph.kg.workspace.workspace import Workspace

Week = Annotated[str | None, typer.Option(help="Like 2026-W46 (default: the last complete week).")]
Format = Literal["table", "json", "csv"]
Lang = Annotated[Literal["en", "zh"] | None, typer.Option(help="Language of the page.")]

app = typer.Typer(
    name="zeitgraph",
    help="Posts become style clusters, a knowledge graph, weekly trend reports and galleries.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(edit, name="edit")

# -- making and filling a workspace ----------------------------------------------------------------


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path("demo-trends"),
    posts: Annotated[int, typer.Option(min=50, help="Number of posts.")] = 2000,
    weeks: Annotated[int, typer.Option(min=4, max=520, help="Number of weeks.")] = 26,
    seed: Annotated[int, typer.Option(help="Seed of the random world.")] = 7,
    side: Annotated[int, typer.Option(min=32, max=512, help="Width of a picture in pixels.")] = 224,
) -> str:
    """Write an invented corpus of posts to DIR/corpus, and run everything on it."""
    from zeitgraph.extraction.demo import PACKAGES, write_corpus
    from zeitgraph.kg.base.plugins import is_installed
    from zeitgraph.kg.workspace.progress import watching

    if missing := [package for package in PACKAGES if not is_installed(package)]:
        needs = f"the demo needs the packages {', '.join(missing)}"
        raise MissingPart(needs, do="pip install 'zeitgraph[demo]'")
    corpus = directory / "corpus"
    if not (corpus / "posts.jsonl").exists():
        with watching() as watcher:
            watcher.note(f"Drawing a world of {posts:,} posts in {corpus} …")
        write_corpus(corpus, seed=seed, posts=posts, weeks=weeks, side=side)
    init(directory, profile="starter", catalogue=corpus / "catalogue.csv")
    summary = run([corpus / "posts.jsonl"], workspace=directory)
    here = "" if directory.resolve() == Path.cwd() else f" -w {shlex.quote(str(directory))}"
    tries = (
        "questions",
        f"answer top_clusters{here}",
        f"cypher 'MATCH (c:Cluster) RETURN c.name LIMIT 5'{here}",
        f"report --lang zh{here}",
    )
    return "\n".join([summary, "", "Try next:", *(f"  zeitgraph {line}" for line in tries)])


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = HERE,
    profile: Annotated[str, typer.Option(help="A set of settings; an unknown name lists all.")] = (
        "starter"
    ),
    catalogue: Annotated[
        Path | None, typer.Option(help="Entities to link to: CSV or SKOS.")
    ] = None,
) -> str:
    """Make a new workspace."""
    from zeitgraph.kg.workspace.workspace import Workspace

    workspace = Workspace.create(directory, profile, catalogue)
    return f"{workspace.root} is a workspace with profile «{workspace.settings.profile}»."


@app.command()
def add(posts: Annotated[list[Path], typer.Argument()], workspace: WorkspaceFolder = HERE) -> str:
    """Read posts into the workspace: JSONL (.gz), CSV, Parquet, or a folder of pictures."""
    from zeitgraph.kg.workspace.progress import watching

    place = _open(workspace)
    with place.held(), watching() as watcher:
        return str(_add(place, posts, watcher))


@app.command()
def run(
    posts: Annotated[list[Path] | None, typer.Argument()] = None, workspace: WorkspaceFolder = HERE
) -> str:
    """Add posts, if any are named, and bring everything up to date. Redoes only what changed."""
    from zeitgraph.kg.workspace.progress import watching
    from zeitgraph.kg.workspace.workspace import Workspace

    place = Workspace.renewed(workspace)
    with place.held(), watching() as watcher:
        lines = [str(_add(place, posts, watcher))] if posts else []
        _update(place, watcher)
        week = place.newest_complete_week()
        if week is None:
            lines.append("No week is complete yet, so there is no report.")
        else:
            _bring(place, _reporting(), [week], watcher)
            lines += [
                f"Report:  {place.report_folder(week) / 'index.html'}",
                f"Gallery: {place.report_folder(week) / 'gallery' / 'index.html'}",
            ]
        done = len(watcher.done)
        lines.append(f"{done} steps done." if done else "Nothing had changed.")
    return "\n".join(lines)


@app.command()
def forget(
    post_id: Annotated[list[str], typer.Argument(metavar="POST_ID…")],
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Remove posts and everything derived from them; reading their file again skips them."""
    from zeitgraph.extraction.forget import known_posts, remove_posts
    from zeitgraph.kg.forget import drop_traces
    from zeitgraph.kg.workspace.progress import watching

    place = _open(workspace)
    with place.held(), watching() as watcher:
        known, unknown = known_posts(place, post_id)
        reported = drop_traces(place, known)
        touched = remove_posts(place, known)
        _update(place, watcher)
        _bring(place, _reporting(), [w for w in reported if w in place.weeks("intake")], watcher)
    return f"Forgotten: {', '.join(known)}. Weeks touched: {', '.join(touched) or 'none'}.{unknown}"


# -- reports and galleries -------------------------------------------------------------------------


@app.command()
def report(
    week: Week = None,
    lang: Lang = None,
    llm: Annotated[str | None, typer.Option(help="PROVIDER:MODEL that writes it.")] = None,
    workspace: WorkspaceFolder = HERE,
) -> Path:
    """Write the weekly report and print the path of its page."""
    place = _open(workspace).overriding("report", lang=lang, llm=llm)
    return _make(place, "report", week) / "index.html"


@app.command()
def gallery(week: Week = None, workspace: WorkspaceFolder = HERE) -> Path:
    """Make the gallery of a week and print the path of its page."""
    return _make(_open(workspace), "gallery", week) / "gallery" / "index.html"


# -- asking ----------------------------------------------------------------------------------------


@app.command()
def sparql(
    query: Annotated[str, typer.Argument(metavar="QUERY|@FILE")],
    form: Annotated[Literal["table", "json", "csv", "ttl"], typer.Option("--format")] = "table",
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Query the RDF graph in SPARQL 1.1; read-only."""
    from zeitgraph.kg.graph.sparql import ask_sparql

    return ask_sparql(_open(workspace), argument_text(query)).render(form)


@app.command()
def cypher(
    query: Annotated[str, typer.Argument(metavar="QUERY|@FILE")],
    form: Annotated[Format, typer.Option("--format")] = "table",
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Query the property graph in Cypher over Bolt; read-only."""
    from zeitgraph.kg.graph.bolt_client import ask_cypher

    return ask_cypher(_open(workspace), argument_text(query)).render(form)


@app.command()
def questions(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 -- a flag
) -> str:
    """List the canned questions with their parameters and defaults."""
    from zeitgraph.kg.graph.questions import list_questions

    return list_questions().render("json" if as_json else "table")


@app.command()
def answer(
    name: Annotated[str, typer.Argument()],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE…")] = None,
    via: Annotated[Literal["sparql", "cypher"], typer.Option()] = "sparql",
    form: Annotated[Format, typer.Option("--format")] = "table",
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Answer a canned question. A parameter that is not given has its default."""
    from zeitgraph.kg.graph import questions as canned

    given = canned.read_arguments(arguments or [])
    return canned.answer(_open(workspace), name, given, via=via).render(form)


@app.command()
def similar(
    query: Annotated[str, typer.Argument(metavar="POST_ID|PICTURE|TEXT")],
    count: Annotated[int, typer.Option(min=1, help="Number of posts.")] = 10,
    kind: Annotated[
        Literal["post", "picture", "text"] | None,
        typer.Option("--as", help="What the query is, if it is ambiguous."),
    ] = None,
    form: Annotated[Format, typer.Option("--format")] = "table",
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Find the posts most similar to a post, a picture or a text."""
    from zeitgraph.extraction.search.similar import similar_posts
    from zeitgraph.kg.workspace.progress import watching

    with watching() as watcher:
        found = similar_posts(_open(workspace), query, count, kind, watcher.note)
    return found.render(form)


@app.command()
def export(
    table: Annotated[str, typer.Argument(metavar="TABLE|graph")],
    out: Annotated[Path, typer.Argument()],
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Write a table (.parquet .csv .jsonl) or the graph (.ttl .trig .nq .jsonld .rdf)."""
    from zeitgraph.kg.workspace.export import export_table

    place = _open(workspace)
    if table == "graph":
        from zeitgraph.kg.graph.rdf_stage import export_graph

        return f"{export_graph(place, out)} statements in {out}"
    return f"{export_table(place, table, out)} rows in {out}"


# -- looking after it ------------------------------------------------------------------------------


BENCH_SIDE = 128
"""Pixels of a picture's side in the worlds of `bench --seeds`: the input of the starter CLIP."""


@app.command()
def bench(
    workspace: WorkspaceFolder = HERE,
    *,
    truth: Annotated[Path | None, typer.Option(help="Its folder, if not corpus/truth.")] = None,
    seeds: Annotated[
        str | None,
        typer.Option(help=f"Worlds to write at {BENCH_SIDE} px, run, score: 7,8,9."),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Their numbers of posts.")] = "500,5000,50000",
    weeks: Annotated[int, typer.Option(min=4, max=520, help="Their number of weeks.")] = 26,
    into: Annotated[Path, typer.Option(help="Their folder.")] = Path("bench"),
    lang: Lang = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> str:
    """Score a workspace against the truth of its world, or many worlds with --seeds."""
    from zeitgraph.extraction.embedding.judging import described_by_starter
    from zeitgraph.kg.workspace.progress import watching
    from zeitgraph.reports.evaluation.scoreboard import Worlds, bench_workspace, bench_worlds

    if seeds is None:
        place = _open(workspace)
        return bench_workspace(place, truth, described_by_starter, lang, as_json=as_json)
    from zeitgraph.extraction.demo import write_corpus

    worlds = Worlds(into, seeds, sizes, write_corpus, {"weeks": weeks, "side": BENCH_SIDE})
    with watching() as watcher:
        return bench_worlds(worlds, described_by_starter, lang, watcher.note, as_json=as_json)


@app.command()
def backtest(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 -- a flag
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Compare past forecasts and states with the weeks that followed."""
    from zeitgraph.reports.evaluation.backtest import look_back

    found = look_back(_open(workspace))
    return found.as_json() if as_json else str(found)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 -- a flag
    workspace: WorkspaceFolder = HERE,
) -> str:
    """Show what the workspace holds: weeks, rows, and what was set aside and why."""
    from zeitgraph.kg.status import read_status

    found = read_status(_open(workspace))
    return found.as_json() if as_json else str(found)


@app.command()
def doctor(workspace: WorkspaceFolder = HERE) -> str:
    """Check that everything that the settings need is installed."""
    from zeitgraph.kg.models.doctor import diagnose

    diagnosis = diagnose(workspace)
    if not diagnosis.healthy:
        sys.stdout.write(f"{diagnosis}\n")
        raise MissingPart("not all is well", do="see the lines marked BAD")
    return str(diagnosis)


@app.command()
def models(
    action: Annotated[Literal["list", "get"], typer.Argument()] = "list",
    name: Annotated[str | None, typer.Argument()] = None,
) -> str:
    """List the known models, or download one from its hub (uses the network)."""
    from zeitgraph.kg.models.registry import get_model, models_answer
    from zeitgraph.kg.workspace.progress import watching

    if action == "list":
        return models_answer().render("table")
    if name is None:
        raise UserError("which model?", do="zeitgraph models get NAME; `models list` has the names")
    with watching() as watcher:
        folder = get_model(name, watcher.note)
    return f"{name} is in {folder}" if folder else f"{name} is here already."


# -- shared by the commands ------------------------------------------------------------------------


def _open(folder: Path) -> "Workspace":
    from zeitgraph.kg.workspace.workspace import Workspace

    return Workspace(folder)


def _add(place: "Workspace", posts: Sequence[Path], watcher: "Watcher") -> "AddSummary":
    from zeitgraph.extraction.intake.add import add_posts

    return add_posts(place, posts, note=watcher.note)


def _update(place: "Workspace", watcher: "Watcher") -> None:
    from zeitgraph.extraction import stages as extracting
    from zeitgraph.kg import stages as knowing
    from zeitgraph.kg.edits.checks import edits_checked

    with edits_checked(place, watcher.note):
        _bring(place, (*extracting.STAGES, *knowing.STAGES), place.all_weeks(), watcher)


def _bring(
    place: "Workspace", stages: "Sequence[Stage]", weeks: Sequence[str], watcher: "Watcher"
) -> None:
    from zeitgraph.kg.workspace.pipeline import bring_up_to_date

    watcher.expect(len(stages) * len(weeks))
    bring_up_to_date(place, stages, weeks, watch=watcher.step, note=watcher.note)


def _reporting() -> "tuple[Stage, ...]":
    from zeitgraph.extraction.embedding.judging import picture_judge
    from zeitgraph.reports.stages import stages

    return stages(picture_judge)


def _make(place: "Workspace", stage: str, week: str | None) -> Path:
    from zeitgraph.kg.workspace.progress import watching

    known = place.known_week(week)
    with place.held(), watching() as watcher:
        _update(place, watcher)
        _bring(place, [s for s in _reporting() if s.name == stage], [known], watcher)
    return place.report_folder(known)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002 -- a flag
) -> None:
    if version:
        sys.stdout.write(f"zeitgraph {__version__}\n")
    elif context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit, as `run_app` says."""
    sys.exit(run_app(app, arguments))


if __name__ == "__main__":
    main()
