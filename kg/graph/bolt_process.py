"""Starts, leases and stops the embedded Bolt server, which is a process of its own.

Input: a workspace. Output: the address of the server, as long as the lease is held. The first
process that needs the server starts it; all that use it at a time share it. Three file locks
describe its state; the operating system releases a lock when its holder dies. A live server holds
`server.lock`, each user shares `lease.lock`, and `start.lock` is held during the start. So a port
or a process id in an old file is never trusted. This module does not know about queries.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zeitgraph.kg.base.errors import StoreError
from zeitgraph.kg.base.plugins import is_installed
from zeitgraph.kg.graph.bolt_server import LEASE_LOCK, READY_FILE, SECRETS_FILE, SERVER_LOCK
from zeitgraph.kg.workspace.settings import GraphSettings
from zeitgraph.kg.workspace.workspace import Workspace

START_SECONDS = 120.0
"""Longest start of the server; on an idle machine it takes 2 to 4 s."""


@dataclass(frozen=True)
class Server:
    """A live server: its process id, its port on 127.0.0.1, and the passwords of its two users."""

    pid: int
    port: int
    writer: str
    reader: str


def has_embedded_server() -> bool:
    """Whether the packages of the extra `bolt` are installed: the driver and the server."""
    return is_installed("neo4j") and is_installed("arcadedb_embedded")


@contextmanager
def leased_server(workspace: Workspace) -> Iterator[Server]:
    """The server of the workspace, started if it does not run; it lives while the context does.

    Raises `StoreError` if it cannot be started.
    """
    folder = workspace.bolt_folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LEASE_LOCK).open("a") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        os.utime(lease.fileno())
        yield _live_server(folder, workspace.settings.graph)
        os.utime(lease.fileno())


def stop_server(workspace: Workspace) -> None:
    """Stop the server of the workspace if it runs, and wait until it has ended."""
    _end(workspace.bolt_folder, signal.SIGTERM)


def kill_server(workspace: Workspace) -> None:
    """Kill the server at once, as for a query without end; the next server recovers the data."""
    _end(workspace.bolt_folder, signal.SIGKILL)


def _end(folder: Path, how: signal.Signals) -> None:
    if not (folder / SERVER_LOCK).is_file():
        return
    with (folder / "start.lock").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)  # so that no process starts another meanwhile
        while is_alive(folder):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                os.kill(json.loads((folder / READY_FILE).read_bytes())["pid"], how)
            time.sleep(0.02)
        (folder / READY_FILE).unlink(missing_ok=True)


def database_id(folder: Path) -> str:
    """A random id in a file in the folder of the databases: it is lost together with them."""
    file = folder / "databases" / "zeitgraph-id"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(16), "ascii")
    return file.read_text("ascii")


def _live_server(folder: Path, settings: GraphSettings) -> Server:
    with (folder / "start.lock").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not is_alive(folder):
            _launch(folder, settings)
        ready = _wait_until_ready(folder)
        passwords = json.loads((folder / SECRETS_FILE).read_bytes())
        return Server(ready["pid"], ready["port"], passwords["writer"], passwords["reader"])


def is_alive(folder: Path) -> bool:
    """Whether a process holds the lock of the server."""
    with (folder / SERVER_LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _launch(folder: Path, settings: GraphSettings) -> None:
    """Start a server. When this function returns, the server holds its lock or has failed."""
    (folder / READY_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "zeitgraph.kg.graph.bolt_server", str(folder)]
    command += ["--idle-seconds", str(settings.idle_seconds)]
    command += ["--query-seconds", str(settings.query_seconds)]
    command += ["--heap-mb", str(settings.heap_mb)]
    with (folder / "server.log").open("wb") as log:
        subprocess.run(  # noqa: S603 -- our own module
            command,
            cwd=folder,  # ArcadeDB writes its log folder to the current folder
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )


def _wait_until_ready(folder: Path) -> dict[str, int]:
    """The process id and the port in the file that the server writes once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and is_alive(folder):
        with contextlib.suppress(FileNotFoundError):
            ready: dict[str, int] = json.loads((folder / READY_FILE).read_bytes())
            return ready
        time.sleep(0.02)
    raise StoreError(
        f"the embedded Bolt server does not start: {_last_log_line(folder)}",
        where=folder / "server.log",
        do='set graph.bolt = "off" to run without it',
    )


def _last_log_line(folder: Path) -> str:
    lines = (folder / "server.log").read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][-200:] if lines else "its log is empty"
