"""Runs the stage `clusters` alone on a copy of a workspace: the counterpart of a peer's fit.

    python -m zeitgraph.benchmarks.peers.ours FOLDER WORKSPACE RUNS BEGAN

Answers in FOLDER as a peer's recipe does (exchange.py). The stage proceeds week by week, never sees
a later week, names the clusters and writes its tables; all of this is included in its seconds.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from zeitgraph.benchmarks.peers.exchange import write_clusters
from zeitgraph.benchmarks.peers.timing import Timing
from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.settings import SETTINGS_FILE
from zeitgraph.kg.workspace.tables import MEMBERSHIPS
from zeitgraph.kg.workspace.workspace import Workspace

PACKAGES = ("hdbscan", "faiss-cpu", "numpy", "scikit-learn")
READ = ("posts", "vectors")


def main(folder: Path, source: Path, runs: int, began: float) -> None:
    """Clusters all weeks from nothing, `runs` times."""
    stages = [stage for stage in STAGES if stage.name == "clusters"]
    timing = Timing(began)
    for run in range(runs):
        with tempfile.TemporaryDirectory() as aside:
            workspace = _copied(source, Path(aside))
            with timing.run():
                bring_up_to_date(workspace, stages, workspace.weeks())
            members = workspace.all_rows(MEMBERSHIPS)
        write_clusters(folder / f"ours-{run}.csv", members)
    timing.write(folder / "ours.json", PACKAGES)


def _copied(source: Path, to: Path) -> Workspace:
    """Returns a workspace with only the settings and the tables that the stage reads."""
    shutil.copy(source / SETTINGS_FILE, to)
    for table in READ:
        shutil.copytree(source / "tables" / table, to / "tables" / table)
    return Workspace(to)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
