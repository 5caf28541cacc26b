"""The embedded Bolt server: `python -m zeitgraph.kg.graph.bolt_server` runs ArcadeDB.

Comes in: the workspace's Bolt folder and a few numbers. Goes out: a server on loopback, and
`server.json` with its ports once it listens. A JVM beside torch in one process invites trouble,
hence the process. It stops when nobody has held a lease (`bolt_process.py`) for `idle_seconds`,
and when its folder goes. Two users: `writer`, who may do all, and `reader`, to whom the engine
allows nothing but reading, for so many seconds a question.
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
_BEAT = 0.25
"""Seconds between two looks at whether anybody is there."""


def main() -> None:
    """Take the server's lock, go on in a process that is nobody's child, and serve until idle.

    The process that was started ends at once; the lock goes over to the other.
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
    """Return holding the lease lock alone, so that whoever comes now waits for the next server."""
    while (folder / READY_FILE).is_file():
        time.sleep(_BEAT)
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

    security = server._java_server.getSecurity()  # noqa: SLF001 -- the wheel shows no users
    json_object = jpype.JClass("com.arcadedb.serializer.json.JSONObject")
    for user, group in (("writer", "admin"), ("reader", "reader")):
        if security.existsUser(user):
            continue
        told = {
            "name": user,
            "password": str(security.encodePassword(passwords[user])),
            "databases": {DATABASE: [group]},
        }
        security.createUser(json_object(json.dumps(told)))


def _write_groups(folder: Path, query_seconds: float) -> None:
    """What each group of users may do; ArcadeDB reads it when it starts."""

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
    """The passwords of all users; made anew, and the users with them, where the file is lost."""
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
