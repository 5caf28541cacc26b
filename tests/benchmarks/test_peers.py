"""The comparison with peers: the exchanged files, the answers, and the table."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import posts_with_vectors, write_posts
from zeitgraph.benchmarks.peers import ours
from zeitgraph.benchmarks.peers.environment import REQUIREMENTS
from zeitgraph.benchmarks.peers.exchange import Answer, read_answer, vectors_of, write_exchange
from zeitgraph.benchmarks.peers.peer_workspace import BORN, as_workspace
from zeitgraph.benchmarks.peers.table import EVENTS, SHARED, Line, as_markdown
from zeitgraph.cli import add
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.columns import COLUMNS
from zeitgraph.reports.evaluation.score import Score

WEEKS = ("2026-W43", "2026-W44", "2026-W45", "2026-W46")
MEMBERS = st.dictionaries(
    st.integers(0, 99).map(lambda number: f"p{number:02}"),
    st.tuples(st.sampled_from(WEEKS), st.sampled_from(["", "0", "1", "12"])),
    min_size=1,
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("peers")
    workspace = Workspace.create(folder / "trends", "vectors")
    add([write_posts(folder / "posts.jsonl", posts_with_vectors(3))], workspace=workspace.root)
    stages = [stage for stage in STAGES if stage.name in {"posts", "vectors", "clusters"}]
    bring_up_to_date(workspace, stages, workspace.weeks("intake"))
    return workspace


def test_the_exchange_has_every_clustered_post_once_by_week(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = write_exchange(workspace, tmp_path)
    members = workspace.read_all("memberships").to_pylist()
    assert list(vectors_of(folder)) == [member["post_id"] for member in members]
    assert write_exchange(workspace, tmp_path) == folder
    norms = np.linalg.norm(np.array(list(vectors_of(folder).values())), axis=1)
    assert norms == pytest.approx(1.0, abs=1e-5)


def test_ours_answers_with_the_workspaces_clusters(workspace: Workspace, tmp_path: Path) -> None:
    ours.main(tmp_path, workspace.root, 2, 0.0)
    answer = read_answer(tmp_path, "ours")
    members = workspace.read_all("memberships").to_pylist()
    assert len(answer.seconds) == 2
    for clusters in answer.clusters:
        assert clusters == {member["post_id"]: member["cluster_id"] for member in members}


@settings(deadline=None, max_examples=20)
@given(MEMBERS)
def test_a_peers_clusters_are_unchanged_in_its_workspace(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, tuple[str, str]]
) -> None:
    weeks = {post_id: week for post_id, (week, _) in members.items()}
    clusters = {post_id: cluster for post_id, (_, cluster) in members.items() if cluster}
    vectors = dict.fromkeys(members, np.array([0.6, 0.8], np.float32))
    workspace = as_workspace(tmp_path_factory.mktemp("peer"), weeks, clusters, vectors)
    rows = workspace.read_all("memberships").to_pylist()
    assert {row["post_id"]: (row["week"], row["cluster_id"]) for row in rows} == members
    births = {row["cluster_id"]: row["week"] for row in workspace.read_all("lineage").to_pylist()}
    for cluster in set(clusters.values()):
        own = sorted(weeks[post_id] for post_id, mine in clusters.items() if mine == cluster)
        assert births.get(cluster) == (own[BORN - 1] if len(own) >= BORN else None)


def test_a_figure_is_the_median_and_a_failure_is_named_in_its_column() -> None:
    def line(name: str, values: list[float], seconds: float) -> Line:
        scores = [dict.fromkeys((*SHARED, *EVENTS), Score(value)) for value in values]
        return Line(
            name, Answer({"numpy": "2"}, [seconds] * 3, [1.0] * 3, seconds, 1.0, []), scores
        )

    lines = [line("ours", [0.9], 2.0), line("peer", [0.3, 0.5, 0.4], 5.0)]
    table = as_markdown([*lines, Line("other", failed="out of memory")])
    assert "| ami_all | 0.900 | 0.400 (0.300 … 0.500) | failed |" in table
    assert "| fit, wall | 1 × | 2.5 × | failed |" in table
    assert "other failed: out of memory" in table


def test_the_figures_are_columns_of_the_scoreboard() -> None:
    assert {*SHARED, *EVENTS} <= {column.key for column in COLUMNS}


def test_the_peers_environment_is_pinned_and_contains_no_torch() -> None:
    lines = REQUIREMENTS.read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert pins["bertopic"] == "0.17.4"
    assert "torch" not in pins
