"""The process of one SPARQL query of a user: `python -m zeitgraph.kg.graph.sparql_process`.

Input: JSON on standard input with the folder of the store, the query and its limits. Output: JSON
on standard output with the answer or the reason for a refusal. The process is killed when its time
is over (SIGALRM, which interrupts Oxigraph too) or when it needs too much memory (RLIMIT_AS).
"""

import json
import re
import resource
import secrets
import signal
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from zeitgraph.kg.base.errors import QueryError, StoreError, UserError
from zeitgraph.kg.graph.rdf_store import reading
from zeitgraph.kg.graph.rdf_values import plain_value
from zeitgraph.kg.graph.vocabulary import PREFIXES

UPDATES = {"insert", "delete", "load", "clear", "drop", "create", "copy", "move", "add", "with"}
"""The first words of the operations of SPARQL 1.1 Update (section 3)."""

_PROLOGUE = re.compile(r"(?:\s|#.*\n|(?:prefix\s+\S+|base)\s*<[^>]*>)*(\w+)", re.IGNORECASE)
"""The prologue of a query and its first word; used only for error messages."""

_ESCAPED = r"\\u00{0:02x}|\\U000000{0:02x}"
_SERVICE = re.compile(
    "".join(
        f"(?:{c}|{_ESCAPED.format(ord(c))}|{_ESCAPED.format(ord(c.upper()))})" for c in "service"
    ),
    re.IGNORECASE,
)
"""The word SERVICE in any case, its letters written plainly or as escapes (SPARQL 1.1, 19.2)."""


def main() -> None:
    """Read the task, set the limits of this process, evaluate the query, and write the result."""
    task = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, task["seconds"])
    size = task["megabytes"] * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    try:
        result = evaluate(Path(task["folder"]), task["query"], task["rows"])
    except UserError as error:
        result = {"refused": {"what": error.line}}
    except StoreError as error:
        result = {"failed": error.line}
    json.dump(result, sys.stdout)


def evaluate(folder: Path, query: str, most_rows: int) -> dict[str, Any]:
    """The answer to `query` as a mapping: `columns`, `rows`, and `turtle` (None but for triples).

    Raises `QueryError` if the query is malformed, is an update, contains SERVICE or has more than
    `most_rows` rows; `UserError` or `StoreError` as `reading` does.
    """
    refuse_service(query)
    with reading(folder) as store:
        try:
            results = store.query(query, prefixes=dict(PREFIXES))
            if isinstance(results, ox.QueryBoolean):
                return _table(("answer",), [[bool(results)]])
            if isinstance(results, ox.QuerySolutions):
                columns = [variable.value for variable in results.variables]
                rows = [[plain_value(v) for v in row] for row in _limited(results, most_rows)]
                return _table(columns, rows)
            triples = sorted(set(_limited(results, most_rows)), key=str)
        except SyntaxError as error:
            raise _malformed(query, error) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise QueryError(f"the query cannot be answered: {error}") from error
    turtle = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(PREFIXES))
    rows = [[plain_value(t.subject), t.predicate.value, plain_value(t.object)] for t in triples]
    return _table(("subject", "predicate", "object"), rows, (turtle or b"").decode())


def refuse_service(query: str) -> None:
    """Raises `QueryError` if `query` would call another server (SPARQL 1.1 Federated Query).

    The parser of Oxigraph decides. The word SERVICE is replaced by a random word. In a string, a
    comment, an IRI or a name the query stays well-formed; if SERVICE is the keyword, it does not.
    """
    words: dict[str, str] = {}

    def random_word(match: re.Match[str]) -> str:
        return words.setdefault(match[0], f"z{secrets.token_hex(8)}")

    changed = _SERVICE.sub(random_word, query)
    if words and _parses(query) and not _parses(changed):
        raise QueryError("SERVICE is refused", do="query only this graph")


def _parses(query: str) -> bool:
    """Whether `query` is well-formed.

    Oxigraph has no function that only parses. A substitution for an unknown variable makes it fail
    after parsing and before evaluation.
    """
    variable = ox.Variable(f"z{secrets.token_hex(8)}")
    try:
        ox.Store().query(query, prefixes=dict(PREFIXES), substitutions={variable: ox.Literal("")})
    except SyntaxError:
        return False
    except RuntimeError:  # well-formed, but without the variable
        return True
    return True


def _limited(results: Iterator[Any], most: int) -> list[Any]:
    found = list(islice(results, most + 1))
    if len(found) > most:
        raise QueryError(f"the answer has more than {most} rows", do="add a LIMIT")
    return found


def _table(columns: Any, rows: list[list[Any]], turtle: str | None = None) -> dict[str, Any]:
    return {"columns": columns, "rows": rows, "turtle": turtle}


def _malformed(query: str, error: SyntaxError) -> QueryError:
    """The error of `query` in one line; Oxigraph's is like «error at 1:16: expected one of …»."""
    place = re.match(r"error at (\d+):(\d+): (.*)", str(error), re.DOTALL)
    if place is None:
        return QueryError(f"malformed SPARQL: {error}")
    line, column = int(place[1]), int(place[2])
    rest = query.split("\n")[line - 1][column - 1 :]
    begins = _PROLOGUE.match(query)
    if begins and begins[1].lower() in UPDATES:
        return QueryError(
            "the graph can only be read here, but this is an update",
            do="write a query that only reads",
        )
    if "Prefix not found" in place[3]:
        return QueryError("malformed SPARQL: a prefix is not declared", where=f"line {line}")
    if reason := re.search(r"The SELECT [^,\[]+", place[3]):
        return QueryError(f"malformed SPARQL: {reason[0].strip()}")
    near = f", near «{rest.strip()[:20]}»" if rest.strip() else ""
    return QueryError("malformed SPARQL", where=f"line {line}, column {column}{near}")


if __name__ == "__main__":
    main()
