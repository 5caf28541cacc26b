"""The file format in which every library answers: post, week, cluster. Standard library only.

zeitgraph imports it as `zeitgraph.benchmarks.peers.answer`. Scripts in the peers' environments,
which have no zeitgraph, import the file in their own folder.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

COLUMNS = ("post_id", "week", "cluster")


def write_answer(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Writes the cluster of each post (empty for none) in the columns `COLUMNS`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
