"""The client of the property graph: the official Neo4j driver over Bolt, and Cypher queries.

Input: a workspace, and queries with parameters. Output: a connection, or an `Answer`. The server is
the embedded one or any Neo4j. This module does not know what the graph contains.

A query of a user cannot write; each of three measures alone ensures it. Its session has the access
mode READ, which Neo4j enforces. On the embedded server its user is `reader`, who has only the
permission to read. Its transaction is rolled back, and refused if the server counts an update.
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
from typing import TYPE_CHECKING, Any, Literal

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
"""The embedded server is killed if a query exceeds its time limit by this much."""


@dataclass(frozen=True)
class Connection:
    """An open driver and the name of the database."""

    driver: "neo4j.Driver"
    database: str


@contextmanager
def connect(workspace: Workspace, user: Literal["writer", "reader"]) -> Iterator[Connection]:
    """A connection as `writer` or `reader`, closed when the context ends.

    Starts the embedded server if it does not run. A server named in the settings is used with their
    own user, whatever `user` is. Raises `UserError` if `graph.bolt` is off or nothing was written
    yet, `MissingPart` if a package is not installed, `StoreError` if the server does not answer or
    refuses the password, `SettingsError` if the password is not set or the address is malformed.
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
            secret: tuple[str, str] = (user, server.writer if user == "writer" else server.reader)
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
    """The answer to a Cypher query, which can only read.

    A node or a relationship becomes the mapping of its properties, a path the list of those of its
    nodes and then of its relationships, a time ISO 8601 text in UTC. Raises `QueryError` if the
    query is malformed, writes, takes longer than `graph.query_seconds` or has more rows than
    `graph.query_rows`; also raises as `connect` does.
    """
    with connect(workspace, "reader") as connection:
        return _ask(connection, workspace, query, dict(parameters or {}))


def _ask(
    connection: Connection, workspace: Workspace, query: str, parameters: dict[str, Any]
) -> Answer:
    import neo4j

    limits = workspace.settings.graph
    with _killed_after(workspace, limits.query_seconds + GRACE_SECONDS) as was_killed:
        try:
            with (
                connection.driver.session(
                    database=connection.database, default_access_mode=neo4j.READ_ACCESS
                ) as session,
                session.begin_transaction(timeout=limits.query_seconds) as transaction,
            ):
                result = transaction.run(query, parameters)
                rows = [tuple(map(plain_bolt_value, record.values())) for record in
                        islice(result, limits.query_rows + 1)]  # fmt: skip
                columns = tuple(result.keys())
                if len(rows) > limits.query_rows:
                    raise QueryError(
                        f"the answer has more than {limits.query_rows} rows", do="add a LIMIT"
                    )
                counters = result.consume().counters
                transaction.rollback()
        except neo4j.exceptions.DriverError as error:
            if not was_killed.is_set():
                raise
            raise _too_long(limits.query_seconds) from error
        except neo4j.exceptions.AuthError:
            raise  # not an error of the query; `connect` reports it
        except neo4j.exceptions.Neo4jError as error:
            raise _refusal(error, limits.query_seconds) from error
    if counters.contains_updates or counters.contains_system_updates:
        raise _WRITES
    return Answer(columns, tuple(rows))


@contextmanager
def _killed_after(workspace: Workspace, seconds: float) -> Iterator[threading.Event]:
    """Kill the embedded server if the context lasts longer than `seconds`; then set the event.

    ArcadeDB stops most queries at their time limit, but not a search for paths of many steps.
    """
    was_killed = threading.Event()

    def kill() -> None:
        was_killed.set()
        kill_server(workspace)

    watchdog = threading.Timer(seconds, kill)
    watchdog.daemon = True
    if workspace.settings.graph.bolt == "embedded":
        watchdog.start()
    try:
        yield was_killed
    finally:
        watchdog.cancel()
        if was_killed.is_set():
            watchdog.join()


_WRITES = QueryError(
    "the graph can only be read here, but the query writes", do="write a query that only reads"
)


def _refusal(error: "neo4j.exceptions.Neo4jError", seconds: float) -> QueryError:
    code = error.code or ""
    if "Forbidden" in code or "AccessMode" in code:
        return _WRITES
    if "TimedOut" in code or "Terminated" in code:
        return _too_long(seconds)
    return QueryError(f"the query cannot be answered: {_message(error)}")


def _too_long(seconds: float) -> QueryError:
    return QueryError(
        f"the query took longer than {seconds:g} s",
        do="ask for less, or raise graph.query_seconds",
    )


def _message(error: Exception) -> str:
    return str(getattr(error, "message", None) or error)


def _password(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise SettingsError(
            f"the environment variable {variable} is not set",
            do="set it to the password of the server",
        ) from None


def plain_bolt_value(value: Any) -> Any:
    """A value of the driver as a value that JSON can hold, described at `ask_cypher`.

    A float that is not finite becomes text, as does a value of any other type.
    """
    import neo4j.graph
    import neo4j.time

    if isinstance(value, neo4j.graph.Path):
        value = (*value.nodes, *value.relationships)
    if isinstance(value, neo4j.graph.Entity | Mapping):
        return {key: plain_bolt_value(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain_bolt_value(item) for item in value]
    if isinstance(value, neo4j.time.DateTime):
        moment = value.to_native()  # ArcadeDB stores times in UTC, but without the time zone
        return iso_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if isinstance(value, int | float | str | None) and finite else str(value)
