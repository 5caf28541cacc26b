"""The command line on the demo workspace: what a newcomer types works."""

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import Run
from zeitgraph.cli import answer, export, gallery, models, questions, report, status
from zeitgraph.cli import demo as make_demo
from zeitgraph.kg.graph.questions import QUESTIONS
from zeitgraph.kg.workspace.tables import TABLES

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
ASKED = re.search(r"## Ask the graph\n+```console\n(.+?)```", README, re.DOTALL)


@pytest.mark.parametrize("line", ASKED[1].splitlines() if ASKED else [])
def test_the_questions_of_the_readme_are_answered(line: str, demo: Path, zeitgraph: Run) -> None:
    ran = zeitgraph(*shlex.split(line)[1:], "-w", demo)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) > 1


def test_what_the_demo_says_to_try_next_works_as_printed(demo: Path, zeitgraph: Run) -> None:
    lines = make_demo(demo).partition("Try next:\n")[2].splitlines()
    asked = [shlex.split(line)[1:] for line in lines]
    assert [words[0] for words in asked] == ["questions", "answer", "cypher", "report"]
    for words in asked[:-1]:  # a report in Chinese is made below
        ran = zeitgraph(*words)
        assert ran.returncode == 0, ran.stderr
        assert len(ran.stdout.splitlines()) > 2


def test_both_languages_count_the_same_posts(demo: Path, zeitgraph: Run) -> None:
    sparql = "SELECT (COUNT(*) AS ?posts) WHERE { ?post a schema:SocialMediaPosting }"
    cypher = "MATCH (post:Post) RETURN count(post) AS posts"
    by_sparql = zeitgraph("sparql", sparql, "--format", "csv", "-w", demo).stdout
    by_cypher = zeitgraph("cypher", cypher, "--format", "csv", "-w", demo).stdout
    assert by_sparql.split() == by_cypher.split() == ["posts", "300"]


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_each_question_has_the_same_rows_on_the_demo_by_sparql_and_cypher(
    name: str, demo: Path
) -> None:
    by_week = "week" in {parameter.name for parameter in QUESTIONS[name].parameters}
    weeks = [row["week"] for row in json.loads(answer("weeks", form="json", workspace=demo))]
    rows = []
    for given in ([], *([f"week={week}"] for week in weeks if by_week)):
        by_sparql = json.loads(answer(name, given, "sparql", "json", demo))
        by_cypher = json.loads(answer(name, given, "cypher", "json", demo))
        assert by_sparql == by_cypher
        rows += by_sparql
        if rows:
            return
    assert name in {"events", "rising_clusters", "fading_clusters", "fair_shares", "substyle_rules"}


def test_questions_are_listed_with_their_defaults(demo: Path) -> None:
    assert all(name in questions() for name in QUESTIONS)
    assert len(json.loads(questions(as_json=True))) == len(QUESTIONS)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_each_table_is_exported(table: str, demo: Path, tmp_path: Path) -> None:
    summary = export(table, tmp_path / "out.parquet", workspace=demo)
    data = pq.read_table(tmp_path / "out.parquet")
    assert summary.startswith(f"{data.num_rows} rows")
    assert data.num_rows or table in {"rejects", "lineage", "balance", "edits", "substyles"}


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning:rdflib")  # by itself
@pytest.mark.parametrize("ending", ["ttl", "trig", "nq", "jsonld", "rdf"])
def test_the_graph_is_exported_and_rdflib_reads_it(ending: str, demo: Path, tmp_path: Path) -> None:
    import rdflib

    out = tmp_path / f"graph.{ending}"
    export("graph", out, workspace=demo)
    graph = rdflib.Dataset(default_union=True)
    form = {"jsonld": "json-ld", "rdf": "xml", "nq": "nquads"}.get(ending, ending)
    with out.open("rb") as file:
        graph.parse(file, format=form)
    assert len(graph) > 1000


def test_every_post_is_in_memberships_once(demo: Path, tmp_path: Path) -> None:
    export("posts", tmp_path / "posts.csv", workspace=demo)
    export("memberships", tmp_path / "members.csv", workspace=demo)
    posts, members = (
        [row["post_id"] for row in csv.DictReader(io.StringIO((tmp_path / f).read_text("utf-8")))]
        for f in ("posts.csv", "members.csv")
    )
    assert sorted(posts) == sorted(members)
    assert len(set(posts)) == 300


def test_models_are_listed_one_a_line_and_a_bundled_one_needs_no_fetching() -> None:
    lines = models("list").splitlines()
    assert [line for line in lines if line.startswith("starter ") and "bundled" in line]
    assert models("get", "starter") == "starter is here already."


def test_status_tells_what_is_there(demo: Path) -> None:
    summary = json.loads(status(as_json=True, workspace=demo))
    assert summary["rows"]["posts"] == 300
    assert len(summary["weeks"]) == 6
    assert summary["reports"] == ["2026-W46"]


def test_an_earlier_week_is_reported_in_chinese_and_has_its_gallery(demo: Path) -> None:
    page = report(week="2026-W45", lang="zh", workspace=demo)
    assert 'lang="zh' in page.read_text("utf-8")
    assert (page.parent / "report.md").is_file()
    assert json.loads((page.parent / "report.json").read_text("utf-8"))
    assert gallery(week="2026-W45", workspace=demo).is_file()
