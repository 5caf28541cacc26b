"""An answer as every contender writes it: a post, its week, its cluster. Standard library only.

Ours import it as `zeitgraph.benchmarks.peers.answer`, scripts of the peers' environments, where
there is no zeitgraph, as the file beside them.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

COLUMNS = ("post_id", "week", "cluster")


def write_answer(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """The cluster of each post, empty for none, in the order of `COLUMNS`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(rows)
