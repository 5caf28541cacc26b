"""Is everything installed that zeitgraph and the settings of a workspace need?

Input: the folder of a workspace, or any folder. Output: findings about Python, installed packages,
the workspace's settings and the disk. Packages are looked up and never imported.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from zeitgraph.kg.base.errors import NotAWorkspace, ZeitgraphError
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.workspace import Workspace

EXTRA_OF_EMBEDDER: Mapping[str, str] = {"open_clip": "clip", "sentence_transformers": "minilm"}
EXTRA_OF_RECOGNISER: Mapping[str, str] = {"spacy": "text", "transformers": "transformers"}
EXTRA_OF_IMAGE_MAKER: Mapping[str, str] = {"diffusers": "images"}
OPTIONAL: Mapping[str, str] = {
    "bolt": "no property graph, no Cypher",
    "text": "of names in texts, only hashtags are found",
    "video": "posts with videos cannot be read",
}
"""Extras that a run with default settings uses where they are installed; what is lost without."""


@dataclass(frozen=True)
class Finding:
    """The result of one check: `good` or not, and if not, what to do in `detail`."""

    what: str
    good: bool
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """All findings. `str()` gives a line for each."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether all findings are good."""
        return all(finding.good for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(
            f"{'ok ' if finding.good else 'BAD'} {finding.what}: {finding.detail}"
            for finding in self.findings
        )


def diagnose(folder: Path) -> Diagnosis:
    """Check the installation, and the workspace in `folder` if there is one."""
    return Diagnosis(tuple(_findings(folder)))


def _findings(folder: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata.metadata("zeitgraph")["Requires-Python"]
    good = SpecifierSet(wanted).contains(version)
    yield Finding("python", good, f"{version}, {wanted} is needed")
    for requirement in _requirements():
        yield _package(requirement, f"pip install '{requirement}'")
    needed: set[str] = set()
    try:
        settings = Workspace(folder).settings
    except NotAWorkspace:
        yield Finding("workspace", good=True, detail="none in this folder")
    except ZeitgraphError as error:
        yield Finding("workspace", good=False, detail=error.line)
    else:
        needed = _extras_needed(settings)
        yield from _workspace(folder, settings, needed)
    for extra in sorted(OPTIONAL.keys() - needed):
        yield _optional(extra)
    free = shutil.disk_usage(folder.resolve()).free / 2**30
    yield Finding("disk", free > 1, f"{free:.0f} GiB free")


def _requirements(extra: str = "") -> list[Requirement]:
    """What zeitgraph itself requires, or what one of its extras adds."""
    stated = [Requirement(line) for line in metadata.requires("zeitgraph") or []]
    return [
        r
        for r in stated
        if (r.marker is None and not extra)
        or (r.marker and extra and r.marker.evaluate({"extra": extra}))
    ]


def _package(requirement: Requirement, remedy: str) -> Finding:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, good=False, detail=f"not installed: {remedy}")
    good = requirement.specifier.contains(version, prereleases=True)
    wanted = f", {requirement.specifier} is needed" if requirement.specifier else ""
    return Finding(requirement.name, good, f"{version}{wanted}")


def _optional(extra: str) -> Finding:
    remedy = f"pip install 'zeitgraph[{extra}]'"
    absent = [r.name for r in _requirements(extra) if not _package(r, remedy).good]
    if absent:
        detail = f"{', '.join(absent)} not installed, so {OPTIONAL[extra]}: {remedy}"
        return Finding(f"extra {extra}", good=True, detail=detail)
    return Finding(f"extra {extra}", good=True, detail="installed")


def _extras_needed(settings: Settings) -> set[str]:
    """The extras without which a run with these settings would stop."""
    extras = {
        EXTRA_OF_EMBEDDER.get(settings.vectors.embedder),
        EXTRA_OF_RECOGNISER.get(settings.entities.recogniser),
        EXTRA_OF_IMAGE_MAKER.get(settings.gallery.image_maker),
        "llm" if settings.report.llm else None,
        "transformers" if settings.report.llm.startswith("huggingface:") else None,
        "bolt" if settings.graph.bolt not in {"off", "embedded"} else None,
    }
    return {extra for extra in extras if extra}


def _workspace(folder: Path, settings: Settings, extras: set[str]) -> Iterator[Finding]:
    yield Finding("workspace", good=True, detail=f"profile «{settings.profile}»")
    packages = {
        requirement.name: _package(requirement, f"pip install 'zeitgraph[{extra}]'")
        for extra in sorted(extras)
        for requirement in _requirements(extra)
    }
    yield from packages.values()
    catalogue = settings.entities.catalogue
    if catalogue:
        found = (folder / catalogue).is_file()
        detail = catalogue if found else f"{catalogue} is missing: see [entities] catalogue"
        yield Finding("catalogue", found, detail)
