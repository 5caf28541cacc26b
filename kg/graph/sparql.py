"""SPARQL queries of users: each runs in a process of its own that can be killed.

Input: the text of a query. Output: an `Answer`, or a `QueryError` of one line. The process
(`sparql_process.py`) opens the store for reading only, limits its own time and memory and refuses
SERVICE; so it can neither write nor reach a network. This module does not know what the graph
contains.
"""

import json
import signal
import subprocess
import sys

from zeitgraph.kg.base.errors import QueryError, StoreError
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace


def ask_sparql(workspace: Workspace, query: str) -> Answer:
    """The answer to a query (SPARQL 1.1 Query Language, section 16 on query forms).

    SELECT gives a row per solution, ASK one row with a boolean, CONSTRUCT and DESCRIBE a row per
    triple, and the graph as Turtle. Values are converted by `rdf_values.plain_value`. The default
    graph is the merge of all graphs; GRAPH and FROM (section 13) choose among the graphs of the
    store, and nothing is fetched. The prefixes of `vocabulary.py` are declared. Raises `QueryError`
    if the query is malformed, is an update, contains SERVICE, takes longer than
    `graph.query_seconds`, needs more than `graph.query_mb` or has more rows than
    `graph.query_rows`, or if there is no graph yet; `StoreError` if the store cannot be read.
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
            f"the query took longer than {limits.query_seconds:g} s",
            do="ask for less, or raise graph.query_seconds",
        )
    if ran.returncode < 0:
        raise QueryError(
            f"the query needed more than {limits.query_mb} MB, or is nested too deeply",
            do="ask for less, or raise graph.query_mb",
        )
    if ran.returncode:
        raise StoreError("the process of the query failed", where=ran.stderr.decode()[-300:])
    result = json.loads(ran.stdout)
    if "refused" in result:
        raise QueryError(**result["refused"])
    if "failed" in result:
        raise StoreError(result["failed"], where=workspace.graph_folder)
    return Answer(tuple(result["columns"]), tuple(map(tuple, result["rows"])), result["turtle"])
