"""What several test files share: small corpora, a demo workspace, and the command line."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from tests.seeds import FUZZ
from zeitgraph.kg.base.errors import MissingPart
from zeitgraph.kg.base.plugins import EXTRAS, is_installed

DATA = Path(os.environ.get("ZEITGRAPH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("fuzz", derandomize=False, deadline=None)
settings.load_profile("fuzz" if FUZZ else "fixed")

CORE_ONLY = os.environ.get("ZEITGRAPH_CORE_ONLY") == "1"
"""Set to 1 where only the core is installed: tests that need an extra are skipped."""

_PIP_LINE = re.compile(r"needs the packages? (\S+).*pip install 'zeitgraph\[")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Few = Callable[[int], None]


def _restart_seeds(name: str) -> None:
    random.seed(f"{FUZZ} {name}")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Seeds that a file draws when it is imported depend on its name alone."""
    _restart_seeds(collector.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seeds that a test draws do not depend on the tests before it; `models` need the extras."""
    _restart_seeds(item.nodeid)
    if CORE_ONLY and item.get_closest_marker("models"):
        pytest.skip("needs the extras")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Seeds that a shared fixture draws do not depend on the test that needs it first."""
    if fixturedef.scope == "function":
        return (yield)
    state, parameter = random.getstate(), getattr(request, "param", "")
    _restart_seeds(f"{fixturedef.baseid} {fixturedef.argname} {parameter}")
    try:
        return (yield)
    finally:
        random.setstate(state)


def _absent_package(error: BaseException | None) -> str:
    """The package of an extra, not installed here, for want of which a test failed; else empty."""
    while error is not None:
        name = (getattr(error, "name", None) or "").partition(".")[0]
        if isinstance(error, ModuleNotFoundError) and EXTRAS.get(name) and not is_installed(name):
            return name
        if type(error) is ImportError and name == "tests":  # of a file that was skipped itself
            return str(error.name)
        if isinstance(error, MissingPart) and (found := _PIP_LINE.search(error.line)):
            return found[1]
        error = error.__cause__
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test is skipped if it fails because a package of an extra is not installed."""
    report = yield
    if not CORE_ONLY or not report.failed or call.excinfo is None:
        return report
    if package := _absent_package(call.excinfo.value):
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, f"Skipped: needs {package}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file is skipped if it imports a package of an extra that is not installed."""
    report = yield
    if not CORE_ONLY or not report.failed or report.call is None or report.call.excinfo is None:
        return report
    if package := _absent_package(report.call.excinfo.value):
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: needs {package}")
    return report


@pytest.fixture(scope="session")
def zeitgraph() -> Run:
    """The command line in a process of its own: `zeitgraph("status", "-w", folder)`."""

    def run(
        *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "zeitgraph.cli", *map(str, arguments)]
        return subprocess.run(  # noqa: S603 -- our own command
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Where the real data lies; skips where it is absent."""
    if not DATA.is_dir():
        pytest.skip("no real data: set ZEITGRAPH_TEST_DATA")
    return DATA


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo workspace, all stages up to date; tests that change it take a copy."""
    from zeitgraph.cli import demo as make_demo

    folder = tmp_path_factory.mktemp("demo") / "trends"
    make_demo(folder, posts=300, weeks=6, seed=12)
    return folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Few:
    """Take no more than so many posts for few, and work in parts of a tenth of that."""
    from zeitgraph.extraction.clusters import density, window
    from zeitgraph.extraction.geometry import neighbours, threads

    def at(count: int) -> None:
        for module in (neighbours, density, window):
            monkeypatch.setattr(module, "EXACT_LIMIT", count)
        monkeypatch.setattr(threads, "PART", max(1, count // 10))

    return at


@pytest.fixture
def truth() -> dict[str, list[dict[str, Any]]]:
    """The truth of a small world by hand, as rows that a test may change."""
    from tests.worlds.bench import planted

    return planted()


@pytest.fixture
def tables(truth: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The tables of a product that makes no mistake about it."""
    from tests.worlds.bench import perfect

    return perfect(truth)


def write_posts(path: Path, posts: Sequence[Mapping[str, Any]]) -> Path:
    """Posts as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(post, ensure_ascii=False) for post in posts]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def posts_with_vectors(seed: int, count: int = 160, weeks: int = 4) -> list[dict[str, Any]]:
    """Posts in five directions of a 16-dimensional sphere, over the weeks up to 2026-W46."""
    dice = np.random.default_rng(seed)
    centres = dice.normal(size=(5, 16))
    begin = datetime(2026, 11, 16, tzinfo=UTC) - timedelta(weeks=weeks)
    words = ("linen sofa", "neon rain", "露营 帐篷", "silk ribbon", "水墨 山水")
    posts = []
    for number in range(count):
        kind = int(dice.integers(5))
        vector = centres[kind] + dice.normal(size=16) * 0.3
        moment = begin + timedelta(weeks=weeks) * float(dice.random())
        posts.append(
            {
                "id": f"p{seed}-{number}",
                "text": f"{words[kind]} {number}",
                "published_at": moment.isoformat(timespec="seconds"),
                "likes": int(dice.integers(1000)),
                "image_vector": [round(float(x), 5) for x in vector],
            }
        )
    return posts


def table_bytes(folder: Path, *without: str) -> dict[str, bytes]:
    """Every partition below a workspace's `tables/`, by its path."""
    tables = folder / "tables"
    return {
        file.relative_to(tables).as_posix(): file.read_bytes()
        for file in sorted(tables.rglob("*.parquet"))
        if file.relative_to(tables).parts[0] not in without
    }
