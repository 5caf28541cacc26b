"""The errors of zeitgraph, drawn as a tree.

    ZeitgraphError                 exit code 1: something failed
    ├── UserError                  exit code 2: the user can mend it
    │   ├── InputError             a file or folder named by the user cannot be used
    │   ├── NotAWorkspace          the folder has no zeitgraph.toml
    │   ├── OldWorkspace           the tables are those of an older version
    │   ├── SettingsError          zeitgraph.toml is wrong, with the path of the key
    │   ├── EditsError             edits.toml is wrong, with the entry
    │   ├── UnknownName            a name that is in no table; lists the known ones
    │   ├── UnknownWeek            a week with no posts, or not a week at all
    │   └── QueryError             malformed, writing or too long a query
    ├── MissingPart                a package or model is not installed; carries the pip line
    ├── ModelError                 a model or model server failed
    ├── StoreError                 the RDF or the Bolt store failed
    └── BusyWorkspace              another process is working on the workspace

A message is one line: what happened, where, and what to do. Foreign errors are translated at the
border of the module that called the foreign code, with `raise … from error`.
"""

from collections.abc import Iterable


class ZeitgraphError(Exception):
    """Something failed. `str(error)` is one clear line."""

    exit_code = 1

    def __init__(self, what: str, *, where: object = None, do: str | None = None) -> None:
        line = what if where is None else f"{what} ({where})"
        self.line = " ".join((line if do is None else f"{line}: {do}").split())
        super().__init__(self.line)


class UserError(ZeitgraphError):
    """The user can mend it: bad input, bad settings, a malformed question."""

    exit_code = 2


class InputError(UserError):
    """A file or folder named by the user is missing, unreadable or of an unknown kind."""


class NotAWorkspace(UserError):
    """The folder has no `zeitgraph.toml`."""


class OldWorkspace(UserError):
    """The tables of the workspace were made by an older version; a run makes them anew."""


class SettingsError(UserError):
    """A setting is unknown or has a value that it cannot have."""


class EditsError(UserError):
    """An edit of a cluster is malformed, contradicts another, or is about none that there is."""


class UnknownName(UserError):
    """A name that no table knows; the message lists the known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} is called «{name}»", do=f"known: {', '.join(sorted(known))}")


class UnknownWeek(UserError):
    """Not an ISO week, or a week that holds no posts."""


class QueryError(UserError):
    """A query is malformed, tries to write, or ran past its time."""


class MissingPart(ZeitgraphError):
    """A package or a model that the settings ask for is not installed."""


class ModelError(ZeitgraphError):
    """A model or a model server failed or answered nonsense."""


class StoreError(ZeitgraphError):
    """The RDF store or the Bolt server failed."""


class BusyWorkspace(ZeitgraphError):
    """Another process holds the workspace."""
