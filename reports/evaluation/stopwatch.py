"""Runs a command and writes what it took: `python stopwatch.py OUT COMMAND…`.

In come a file and a command; the file gets `{"seconds", "megabytes"}`, and the exit status is the
command's. `megabytes` is the largest resident set of a process that the command started and waited
for. A process of its own because the kernel counts to a child what its parent held when it was
started (setmax_mm_hiwater_rss in exec): this one holds next to nothing, so it imports nothing of
zeitgraph's. A file that exists means a run that ended well.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_UNIT = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes on macOS, else KiB


def main(out: Path, command: list[str]) -> int:
    """Run `command`; write `out` if it ends well. Gives its exit status."""
    begin = time.monotonic()
    running = subprocess.Popen(command)  # noqa: S603 -- the caller's own command
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode == 0:
        took = {
            "seconds": round(time.monotonic() - begin, 3),
            "megabytes": round(used.ru_maxrss * _UNIT / 2**20, 1),
        }
        aside = out.with_name(f".{out.name}.{os.getpid()}")
        aside.write_text(json.dumps(took) + "\n", "utf-8")
        aside.replace(out)
    return running.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
