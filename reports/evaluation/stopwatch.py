"""Runs a command and writes its cost: `python stopwatch.py OUT COMMAND…`.

Input: a file and a command. Output: the file gets `{"seconds", "megabytes"}`, and the exit status
is that of the command. `megabytes` is the largest resident set of any process that the command
started and waited for. This is a process of its own because the kernel counts for a child what its
parent held when it started (setmax_mm_hiwater_rss in exec): so it is small, and imports nothing of
zeitgraph. The file exists only after a run that ended well.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

_UNIT = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes on macOS, else KiB


def main(out: Path, command: list[str]) -> int:
    """Run `command`, and write `out` if it ends well; returns its exit status."""
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
