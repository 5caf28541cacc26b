"""Runs a command line: prints what the command returns, gives an exit code, and one line per error.

Input: a typer app and arguments; an argument `@FILE` means the text of that file. This module does
not know the commands.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
import typer.exceptions

from zeitgraph.kg.base.errors import InputError, ZeitgraphError
from zeitgraph.kg.base.plugins import missing_part


def run_app(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """The exit code: 0 done, 1 failed, 2 the user's mistake, 130 interrupted."""
    try:
        result = app(arguments, standalone_mode=False)
        if isinstance(result, int):
            return result
        if result is not None:
            sys.stdout.write(str(result).rstrip("\n") + "\n")
            sys.stdout.flush()
    except ZeitgraphError as error:
        return _fail(error.line, error.exit_code)
    except typer.exceptions.TyperException as error:
        return _fail(error.format_message().replace("Value error, ", ""), 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ModuleNotFoundError as error:
        if os.environ.get("ZEITGRAPH_TRACEBACK"):
            raise
        return _fail(missing_part(error, "the command").line, 1)
    except Exception as error:
        if os.environ.get("ZEITGRAPH_TRACEBACK"):
            raise
        kind = type(error).__name__
        return _fail(f"{kind}: {error} (ZEITGRAPH_TRACEBACK=1 shows where)", 1)
    return 0


def _fail(line: str, code: int) -> int:
    sys.stderr.write(f"zeitgraph: {' '.join(line.split())}\n")
    return code


def argument_text(argument: str) -> str:
    """The argument itself, or for `@FILE` what stands in the file; raises `InputError`."""
    if not argument.startswith("@"):
        return argument
    try:
        return Path(argument[1:]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot read the query", where=argument[1:]) from error
