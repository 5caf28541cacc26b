"""SPARQL questions from outside: each in a process of its own that can be killed.

Comes in: a query as text. Goes out: an `Answer`, or a `QueryError` in one line. The process
(`sparql_process.py`) opens the store for reading only, limits its own time and memory, refuses
SERVICE, and so can neither write nor reach a network. Knows nothing about what the graph says.
"""

import json
import signal
import subprocess
import sys

from zeitgraph.kg.base.errors import QueryError, StoreError
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace


def ask_sparql(workspace: Workspace, query: str) -> Answer:
    """The answer to a SPARQL 1.1 query; its default graph is the merge of all graphs.

    SELECT gives a row per solution, ASK one row with a boolean, CONSTRUCT and DESCRIBE a row per
    triple and the graph as Turtle. GRAPH and FROM choose among the graphs of the store; nothing is
    fetched. The prefixes of `vocabulary.py` are known. Raises `QueryError` for a query that is
    malformed, is an update, names SERVICE, takes too long, or has too many rows.
    """
    limits = workspace.settings.graph
    task = {
        "folder": str(workspace.graph_folder),
        "query": query,
        "seconds": limits.query_seconds,
        "rows": limits.query_rows,
        "megabytes": limits.query_mb,
    }
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "zeitgraph.kg.graph.sparql_process"],
        input=json.dumps(task).encode(),
        capture_output=True,
        check=False,
    )
    if ran.returncode == -signal.SIGALRM:
        raise QueryError(
            f"the question took longer than {limits.query_seconds:g} s",
            do="ask for less, or raise graph.query_seconds",
        )
    if ran.returncode < 0:
        raise QueryError(
            f"the question needed more than {limits.query_mb} MB, or is nested too deeply",
            do="ask for less, or raise graph.query_mb",
        )
    if ran.returncode:
        raise StoreError("the question's process failed", where=ran.stderr.decode()[-300:])
    told = json.loads(ran.stdout)
    if "refused" in told:
        raise QueryError(**told["refused"])
    if "failed" in told:
        raise StoreError(told["failed"], where=workspace.graph_folder)
    return Answer(tuple(told["columns"]), tuple(map(tuple, told["rows"])), told["turtle"])
