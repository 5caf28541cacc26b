"""The embedded Bolt server as others see it: who asks first starts it, who holds a lease keeps it.

Comes in: a workspace. Goes out: where the server listens, for as long as the lease is held. Three
locks of the system, which fall when their holder dies, say all there is to know: `server.lock` is
held by a live server, `lease.lock` is shared by everybody who uses it, `start.lock` is held while
starting it. A port or a process id in a stale file is therefore never believed. Knows nothing about
queries.
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
"""A server that does not listen after so long will not; on an idle machine it takes 2 to 4."""


@dataclass(frozen=True)
class Server:
    """A live server: its process, its port on loopback, and the passwords of its users."""

    pid: int
    port: int
    writer: str
    reader: str


def has_embedded_server() -> bool:
    """Whether the packages of the extra `bolt` are installed: the driver and the server."""
    return is_installed("neo4j") and is_installed("arcadedb_embedded")


@contextmanager
def leased_server(workspace: Workspace) -> Iterator[Server]:
    """The workspace's server, started if need be, which lives at least as long as the context.

    Raises `StoreError` where it cannot be started.
    """
    folder = workspace.bolt_folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LEASE_LOCK).open("a") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        os.utime(lease.fileno())
        yield _live_server(folder, workspace.settings.graph)
        os.utime(lease.fileno())


def stop_server(workspace: Workspace) -> None:
    """Stop the workspace's server, if one lives, and wait until it is gone."""
    _end(workspace.bolt_folder, signal.SIGTERM)


def kill_server(workspace: Workspace) -> None:
    """End the server at once, as when a question will not end; the next one recovers the data."""
    _end(workspace.bolt_folder, signal.SIGKILL)


def _end(folder: Path, how: signal.Signals) -> None:
    if not (folder / SERVER_LOCK).is_file():
        return
    with (folder / "start.lock").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)  # nobody starts another meanwhile
        while _lives(folder):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                os.kill(json.loads((folder / READY_FILE).read_bytes())["pid"], how)
            time.sleep(0.02)
        (folder / READY_FILE).unlink(missing_ok=True)


def database_id(folder: Path) -> str:
    """A random id that stands in the folder of the databases, and goes with it."""
    file = folder / "databases" / "zeitgraph-id"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(16), "ascii")
    return file.read_text("ascii")


def _live_server(folder: Path, settings: GraphSettings) -> Server:
    with (folder / "start.lock").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not _lives(folder):
            _launch(folder, settings)
        ready = _wait_until_ready(folder)
        passwords = json.loads((folder / SECRETS_FILE).read_bytes())
        return Server(ready["pid"], ready["port"], passwords["writer"], passwords["reader"])


def _lives(folder: Path) -> bool:
    """Whether a process holds the server's lock."""
    with (folder / SERVER_LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _launch(folder: Path, settings: GraphSettings) -> None:
    """Start a server; on return it holds its lock, or has failed."""
    (folder / READY_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "zeitgraph.kg.graph.bolt_server", str(folder)]
    command += ["--idle-seconds", str(settings.idle_seconds)]
    command += ["--query-seconds", str(settings.query_seconds)]
    command += ["--heap-mb", str(settings.heap_mb)]
    with (folder / "server.log").open("wb") as log:
        subprocess.run(  # noqa: S603 -- our own module
            command,
            cwd=folder,  # ArcadeDB puts its log folder where it stands
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )


def _wait_until_ready(folder: Path) -> dict[str, int]:
    """What the server says of itself once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and _lives(folder):
        with contextlib.suppress(FileNotFoundError):
            ready: dict[str, int] = json.loads((folder / READY_FILE).read_bytes())
            return ready
        time.sleep(0.02)
    raise StoreError(
        f"the embedded Bolt server does not start: {_last_words(folder)}",
        where=folder / "server.log",
        do="set graph.bolt to off to do without it",
    )


def _last_words(folder: Path) -> str:
    lines = (folder / "server.log").read_text("utf-8", "replace").strip().splitlines()
    return lines[-1][-200:] if lines else "it says nothing"
