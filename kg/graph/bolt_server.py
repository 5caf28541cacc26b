"""The embedded Bolt server: `python -m zeitgraph.kg.graph.bolt_server` runs ArcadeDB.

Input: the Bolt folder of a workspace and limits, as arguments. Output: a server on 127.0.0.1, and
`server.json` with its process id and port once it listens. It is a process of its own because a JVM
and torch in one process may disturb each other. It stops when no process has held a lease
(`bolt_process.py`) for `idle_seconds`, or when its folder is deleted. It has two users: `writer`
may do everything; `reader` may only read, at most `query_seconds` per query.
"""

import argparse
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zeitgraph.kg.base.files import write_aside

DATABASE = "zeitgraph"
SERVER_LOCK, LEASE_LOCK = "server.lock", "lease.lock"
READY_FILE, SECRETS_FILE = "server.json", "secrets.json"

_ALL = ["createRecord", "readRecord", "updateRecord", "deleteRecord"]
_JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
_POLL_SECONDS = 0.25
"""Time between two checks for leases."""


def main() -> None:
    """Take the lock of the server, detach as a daemon process, and serve until idle.

    The process that was started ends at once; its child inherits the lock.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--idle-seconds", type=float, required=True)
    parser.add_argument("--query-seconds", type=float, required=True)
    parser.add_argument("--heap-mb", type=int, required=True)
    options = parser.parse_args()
    with (options.folder / SERVER_LOCK).open("a") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if os.fork():  # before the JVM, which would not survive it
            os._exit(0)
        os.setsid()
        _serve(options)


def _serve(options: argparse.Namespace) -> None:
    folder: Path = options.folder
    passwords = _passwords(folder)
    _write_groups(folder, options.query_seconds)
    ports = {"bolt": _free_port(), "http": _free_port()}
    server = _start(folder, ports, passwords["root"], options.heap_mb)
    try:
        server.create_database(DATABASE)
        _make_users(server, passwords)
        ready = json.dumps({"pid": os.getpid(), "port": ports["bolt"]})
        write_aside(folder / READY_FILE, ready.encode(), private=True)
        with (folder / LEASE_LOCK).open("a") as lease:
            _wait_until_idle(folder, lease.fileno(), options.idle_seconds)
            (folder / READY_FILE).unlink(missing_ok=True)
            server.stop()
    finally:
        server.stop()


def _wait_until_idle(folder: Path, lease: int, idle_seconds: float) -> None:
    """Return with the exclusive lease lock, so that new users wait for the next server."""
    while (folder / READY_FILE).is_file():
        time.sleep(_POLL_SECONDS)
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.utime(lease)
            continue
        if time.time() - os.fstat(lease).st_mtime > idle_seconds:
            return
        fcntl.flock(lease, fcntl.LOCK_UN)


def _start(folder: Path, ports: Mapping[str, int], password: str, heap_mb: int) -> Any:
    from arcadedb_embedded.server import ArcadeDBServer  # brings the JVM

    settings = {
        "host": "127.0.0.1",
        "http_port": ports["http"],
        "bolt_port": ports["bolt"],
        "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "txWalFlush": 1,
        "opencypher_loadCsv_allowFileUrls": False,
        "opencypher_loadCsv_allowRemoteUrls": False,
    }
    jvm = {"heap_size": f"{heap_mb}m", "jvm_args": _JVM}
    server = ArcadeDBServer(str(folder), password, settings, jvm)
    server.start()
    return server


def _make_users(server: Any, passwords: Mapping[str, str]) -> None:
    import jpype  # type: ignore[import-untyped]

    security = server._java_server.getSecurity()  # noqa: SLF001 -- the package has no API for users
    json_object = jpype.JClass("com.arcadedb.serializer.json.JSONObject")
    for user, group in (("writer", "admin"), ("reader", "reader")):
        if security.existsUser(user):
            continue
        account = {
            "name": user,
            "password": str(security.encodePassword(passwords[user])),
            "databases": {DATABASE: [group]},
        }
        security.createUser(json_object(json.dumps(account)))


def _write_groups(folder: Path, query_seconds: float) -> None:
    """Write the permissions of each group of users; ArcadeDB reads the file when it starts."""

    def group(access: list[str], records: list[str], seconds: float = -1) -> dict[str, Any]:
        milliseconds = int(seconds * 1000) if seconds > 0 else -1
        types = {"*": {"access": records}}
        limits = {"resultSetLimit": -1, "readTimeout": milliseconds}
        return {**limits, "access": access, "types": types}

    groups = {
        "admin": group(["updateSecurity", "updateSchema", "updateDatabaseSettings"], _ALL),
        "reader": group([], ["readRecord"], query_seconds),
        "*": group([], []),
    }
    groups_file = {"databases": {"*": {"groups": groups}}, "version": 2}
    (folder / "config").mkdir(parents=True, exist_ok=True)
    write_aside(
        folder / "config" / "server-groups.json", json.dumps(groups_file).encode(), private=True
    )


def _passwords(folder: Path) -> dict[str, str]:
    """The passwords of all users; if their file is lost, new ones, and the users are made again."""
    file = folder / SECRETS_FILE
    try:
        known: dict[str, str] = json.loads(file.read_bytes())
    except (FileNotFoundError, json.JSONDecodeError):
        (folder / "config" / "server-users.jsonl").unlink(missing_ok=True)
        known = {user: secrets.token_urlsafe(24) for user in ("root", "writer", "reader")}
        write_aside(file, json.dumps(known).encode(), private=True)
    return known


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
