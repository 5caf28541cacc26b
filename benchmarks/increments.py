"""Runs the stage `clusters` on a workspace week by week in this process and prints its cost as
JSON.

    python -m zeitgraph.benchmarks.increments WORKSPACE WEEKS

Brings the first WEEKS weeks up to date. Prints wall seconds, processor seconds, peak memory in GiB,
and the processor seconds of each week that was computed. `LIBRARIES` are imported first; their
seconds are printed separately.
"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path

from zeitgraph.extraction.stages import STAGES
from zeitgraph.kg.workspace.pipeline import Step, bring_up_to_date
from zeitgraph.kg.workspace.workspace import Workspace

LIBRARIES = ("faiss", "hdbscan", "scipy.cluster.hierarchy", "scipy.stats", "threadpoolctl")


def main(root: Path, weeks: int) -> None:
    """Runs the stage and prints its cost."""
    workspace = Workspace(root)
    for name in LIBRARIES:
        importlib.import_module(name)
    imports = time.process_time()
    stages = [stage for stage in STAGES if stage.name == "clusters"]
    begin, busy = time.perf_counter(), time.process_time()
    spent = [busy]
    by_week: dict[str, float] = {}

    def watch(step: Step) -> None:
        spent.append(time.process_time())
        if step.done:
            by_week[step.week] = round(spent[-1] - spent[-2], 2)
            print(step.week, step.rows, by_week[step.week], file=sys.stderr, flush=True)

    bring_up_to_date(workspace, stages, workspace.weeks()[:weeks], watch=watch)
    cost = {
        "seconds": time.perf_counter() - begin,
        "processor": time.process_time() - busy,
        "imports": imports,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "weeks": by_week,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
