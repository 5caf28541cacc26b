"""The weekly report as a stage: from the graph, with all files, without later weeks."""

import json
import random
from pathlib import Path

import pytest

from tests.worlds.report import LAST, ask_tables, make_world, style_ids
from zeitgraph.kg.graph.questions import QUESTIONS
from zeitgraph.kg.graph.rdf_stage import write_graph
from zeitgraph.kg.stages import STAGES
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import one_line
from zeitgraph.reports.report import canned_questions
from zeitgraph.reports.report.canned_questions import STYLE_OBJECT_SCENE, CannedQuestion
from zeitgraph.reports.report.evidence_builder import collect_evidence, graph_answers
from zeitgraph.reports.report.stage import weekly_report, write_report
from zeitgraph.reports.stages import STAGES as REPORT_STAGES


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A world whose graph is in the RDF store."""
    workspace = make_world(
        tmp_path_factory.mktemp("report"), random.randrange(10**6), posts=60, weeks=6
    )
    [graph] = [stage for stage in STAGES if stage.name == "graph"]
    for week in workspace.weeks("posts"):
        inputs = {(read.table, read.span): workspace.read(read.table, week) for read in graph.reads}
        write_graph(Job(workspace, week, inputs))
    return workspace


def job(workspace: Workspace, week: str) -> Job:
    [stage] = [stage for stage in REPORT_STAGES if stage.name == "report"]
    inputs = {(read.table, read.span): workspace.read(read.table, week) for read in stage.reads}
    return Job(workspace, week, inputs)


def test_the_stage_writes_three_files_and_a_row_for_each_claim(world: Workspace) -> None:
    table = write_report(job(world, LAST))["claims"]
    folder = world.report_folder(LAST)
    assert {path.name for path in folder.iterdir()} >= {"index.html", "report.md", "report.json"}
    assert table.schema.names == TABLES["claims"].schema.names
    rows = table.to_pylist()
    assert rows
    assert {row["status"] for row in rows} == {"kept"}
    assert all(row["evidence"] and row["week"] == LAST and row["lang"] == "en" for row in rows)
    assert len({row["claim_id"] for row in rows}) == len(rows)
    page = (folder / "index.html").read_text("utf-8")
    assert all(row["claim_id"] in page for row in rows)


def test_the_graph_and_the_tables_give_the_same_rows(world: Workspace) -> None:
    counts = [
        {
            (i.question, json.dumps(dict(i.arguments))): len(i.rows)
            for i in collect_evidence(world, LAST, "en", ask).items
            if i.question != STYLE_OBJECT_SCENE.name
        }
        for ask in (None, ask_tables(world))
    ]
    assert counts[0] == counts[1]


def test_every_item_of_evidence_can_be_asked_again(world: Workspace) -> None:
    with graph_answers(world) as ask:
        for item in collect_evidence(world, LAST, "en").items:
            rows = ask(item.question, item.arguments)
            again = [row for row in rows if str(row.get("week", "")) <= LAST]
            assert len(again) == len(item.rows)


def test_a_report_of_an_earlier_week_holds_nothing_of_later_weeks(
    world: Workspace,
) -> None:
    files = weekly_report(world, "2026-W43", "zh")
    tree = json.loads(files.json.read_bytes())
    weeks = {str(row["week"]) for item in tree["evidence"] for row in item["rows"] if "week" in row}
    assert max(weeks) == "2026-W43"
    assert all(section["claims"] for section in tree["sections"])


def test_a_week_without_posts_has_no_claims(world: Workspace, tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path / "empty", "starter")
    assert write_report(job(empty, LAST)) == {}


@pytest.mark.parametrize("weeks", [1, 2])
def test_the_first_weeks_of_a_workspace_make_a_report_too(tmp_path: Path, weeks: int) -> None:
    workspace = make_world(tmp_path, random.randrange(10**6), posts=30, weeks=max(2, weeks))
    week = workspace.weeks("posts")[weeks - 1]
    for lang in ("en", "zh"):
        files = weekly_report(workspace, week, lang, ask=ask_tables(workspace))
        assert {row["status"] for row in files.claims.to_pylist()} == {"kept"}


def test_names_are_shown_on_one_line() -> None:
    assert one_line("a\n b\u202e\tc\x00") == "a b c"


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "Glamping parted from Camping."), ("zh", "精致露营从露营中分出。")],
)
def test_a_split_names_the_child_before_its_parent(
    tmp_path: Path, lang: str, sentence: str
) -> None:
    workspace = make_world(tmp_path, seed=5, weeks=6)
    ids = style_ids()
    row = {"week": LAST, "event": "split", "cluster_id": ids["Glamping"], "measure": 0.5}
    row["other_id"] = ids["Camping"]
    workspace.write("lineage", LAST, make_table(TABLES["lineage"], [row]))
    files = weekly_report(workspace, LAST, lang, ask=ask_tables(workspace))
    assert sentence in files.markdown.read_text("utf-8")


def test_each_typed_row_has_the_columns_of_its_canned_question() -> None:
    questions = [q for q in vars(canned_questions).values() if isinstance(q, CannedQuestion)]
    assert len(questions) == 12
    for question in questions:
        assert tuple(question.row.__annotations__) == QUESTIONS[question.name].columns
