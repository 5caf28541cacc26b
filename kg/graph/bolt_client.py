"""The property graph over Bolt: the official driver, to the embedded server or any Neo4j.

Comes in: a workspace, and queries with parameters. Goes out: a driver's session, or an `Answer`.
Knows nothing about what the graph says.

A question from outside cannot write, for three reasons, each enough: its session has access mode
READ, which Neo4j enforces; on the embedded server its user is `reader`, whom the engine allows only
to read; and its transaction is rolled back, and refused where the server counts an update.
"""

import contextlib
import math
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING, Any

from zeitgraph.kg.base.errors import QueryError, SettingsError, StoreError, UserError
from zeitgraph.kg.base.plugins import require
from zeitgraph.kg.graph.bolt_process import kill_server, leased_server
from zeitgraph.kg.graph.bolt_server import DATABASE
from zeitgraph.kg.graph.vocabulary import iso_text
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    import neo4j

GRACE_SECONDS = 5.0
"""The embedded server is ended when a question outlives its time by so much."""


@dataclass(frozen=True)
class Connection:
    """A driver, and the database to use."""

    driver: "neo4j.Driver"
    database: str


@contextmanager
def connected(workspace: Workspace, user: str) -> Iterator[Connection]:
    """A connection as `writer` or `reader`; raises `StoreError` where there is no server.

    Raises `UserError` where `graph.bolt` is off or nothing was written yet, `SettingsError` where
    the password is not set.
    """
    settings = workspace.settings.graph
    if settings.bolt == "off":
        raise UserError("the property graph is off", do="set graph.bolt and run again")
    require("neo4j", "the property graph")
    if settings.bolt == "embedded":
        require("arcadedb_embedded", "the property graph")
    import neo4j

    folder = workspace.bolt_folder
    if settings.bolt == "embedded" and user == "reader" and not folder.exists():
        raise UserError("there is no graph yet", where=folder, do="make it with `zeitgraph run`")
    with contextlib.ExitStack() as stack:
        database, uri = settings.database, settings.bolt
        if settings.bolt == "embedded":
            server = stack.enter_context(leased_server(workspace))
            database, uri = DATABASE, f"bolt://127.0.0.1:{server.port}"
            secret = (user, server.writer if user == "writer" else server.reader)
        else:
            secret = (settings.user, _password(settings.password_env))
        try:
            driver = stack.enter_context(neo4j.GraphDatabase.driver(uri, auth=secret))
            yield Connection(driver, database)
        except (neo4j.exceptions.ServiceUnavailable, neo4j.exceptions.AuthError) as error:
            raise StoreError(
                f"no answer from the Bolt server: {_message(error)}", where=uri
            ) from error
        except neo4j.exceptions.ConfigurationError as error:
            raise SettingsError(f"graph.bolt cannot be used: {error}", where=uri) from error


def ask_cypher(
    workspace: Workspace, query: str, parameters: Mapping[str, Any] | None = None
) -> Answer:
    """The answer to a Cypher question, which can only read.

    Nodes, relationships and paths come as mappings and lists of their properties, moments as ISO
    8601. Raises `QueryError` for a query that is malformed, writes, takes too long, or has too many
    rows; `UserError` where the property graph is off.
    """
    with connected(workspace, "reader") as connection:
        return _ask(connection, workspace, query, dict(parameters or {}))


def _ask(
    connection: Connection, workspace: Workspace, query: str, parameters: dict[str, Any]
) -> Answer:
    import neo4j

    limits = workspace.settings.graph
    with _ended_after(workspace, limits.query_seconds + GRACE_SECONDS) as overdue:
        try:
            with (
                connection.driver.session(
                    database=connection.database, default_access_mode=neo4j.READ_ACCESS
                ) as session,
                session.begin_transaction(timeout=limits.query_seconds) as transaction,
            ):
                result = transaction.run(query, parameters)
                rows = [tuple(map(plain_value_of_bolt, record.values())) for record in
                        islice(result, limits.query_rows + 1)]  # fmt: skip
                columns = tuple(result.keys())
                if len(rows) > limits.query_rows:
                    raise QueryError(
                        f"the answer has more than {limits.query_rows} rows", do="add a LIMIT"
                    )
                counters = result.consume().counters
                transaction.rollback()
        except neo4j.exceptions.DriverError as error:
            if not overdue.is_set():
                raise
            raise _too_long(limits.query_seconds) from error
        except neo4j.exceptions.AuthError:
            raise  # no matter of the question; `connected` tells of it
        except neo4j.exceptions.Neo4jError as error:
            raise _refusal(error, limits.query_seconds) from error
    if counters.contains_updates or counters.contains_system_updates:
        raise _WRITES
    return Answer(columns, tuple(rows))


@contextmanager
def _ended_after(workspace: Workspace, seconds: float) -> Iterator[threading.Event]:
    """End the embedded server after `seconds`; the event tells whether that was done.

    ArcadeDB stops most questions by itself, but not a search along paths of many steps.
    """
    overdue = threading.Event()

    def end() -> None:
        overdue.set()
        kill_server(workspace)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    if workspace.settings.graph.bolt == "embedded":
        watchdog.start()
    try:
        yield overdue
    finally:
        watchdog.cancel()
        if overdue.is_set():
            watchdog.join()


_WRITES = QueryError("the graph is only read here, and this writes", do="ask a question")


def _refusal(error: "neo4j.exceptions.Neo4jError", seconds: float) -> QueryError:
    code = error.code or ""
    if "Forbidden" in code or "AccessMode" in code:
        return _WRITES
    if "TimedOut" in code or "Terminated" in code:
        return _too_long(seconds)
    return QueryError(f"the question cannot be answered: {_message(error)}")


def _too_long(seconds: float) -> QueryError:
    return QueryError(
        f"the question took longer than {seconds:g} s",
        do="ask for less, or raise graph.query_seconds",
    )


def _message(error: Exception) -> str:
    return str(getattr(error, "message", None) or error)


def _password(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise SettingsError(
            f"the variable {variable} is not set", do="put the server's password there"
        ) from None


def plain_value_of_bolt(value: Any) -> Any:
    """A value of the driver as plain Python: what JSON can carry, moments as ISO 8601 in UTC."""
    import neo4j.graph
    import neo4j.time

    if isinstance(value, neo4j.graph.Path):
        value = (*value.nodes, *value.relationships)
    if isinstance(value, neo4j.graph.Entity | Mapping):
        return {key: plain_value_of_bolt(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain_value_of_bolt(item) for item in value]
    if isinstance(value, neo4j.time.DateTime):
        moment = value.to_native()  # ArcadeDB keeps UTC, but not that it is
        return iso_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if isinstance(value, int | float | str | None) and finite else str(value)
