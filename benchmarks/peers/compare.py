"""Scores BERTopic and zeitgraph on the same vectors, by the columns of `zeitgraph bench`.

    python -m zeitgraph.benchmarks.peers.compare WORKSPACE… [--only global online] [--again]

Each WORKSPACE is finished and has its truth in `corpus/truth`, as `zeitgraph demo` makes it. Each
recipe runs three times in a separate process; a peer uses the seeds 0, 1, 2. Prints one Markdown
table for each workspace. A peer's answers are kept in the workspace's cache, so a second call
continues where the first stopped; zeitgraph's are computed again each time.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from zeitgraph.benchmarks.peers.environment import peer_python
from zeitgraph.benchmarks.peers.exchange import Answer, read_answer, vectors_of, write_exchange
from zeitgraph.benchmarks.peers.peer_workspace import as_workspace
from zeitgraph.benchmarks.peers.table import Line, as_markdown, scored
from zeitgraph.kg.base.errors import ZeitgraphError
from zeitgraph.kg.workspace.tables import MEMBERSHIPS
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.truth import Truth

OURS, PEERS = "ours", ("global", "merge", "online")
SEEDS = (0, 1, 2)
OUR_MODULE = "zeitgraph.benchmarks.peers.ours"
BERTOPIC = Path(__file__).with_name("bertopic_recipes.py")


class PeerFailed(ZeitgraphError):
    """A recipe failed or exceeded its time; the table states this in its column."""


def main() -> None:
    """Parses the command, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspaces", type=Path, nargs="+", metavar="WORKSPACE")
    parser.add_argument("--only", nargs="+", choices=PEERS, default=PEERS, metavar="RECIPE")
    parser.add_argument("--again", action="store_true", help="also what has been answered before")
    parser.add_argument("--minutes", type=float, default=60, help="at most, for three fits")
    parser.add_argument("--environment", type=Path, default=Path("build/peers"))
    options = parser.parse_args()
    python = peer_python(options.environment.resolve())
    for root in options.workspaces:
        workspace = Workspace(root)
        folder = write_exchange(workspace, workspace.cache_folder / "peers")
        ours = [sys.executable, "-m", OUR_MODULE, folder, workspace.root, len(SEEDS)]
        peer = [python, BERTOPIC, folder]
        commands = {OURS: ours} | {r: [*peer, r, ",".join(map(str, SEEDS))] for r in options.only}
        if options.again:
            _forget(folder, options.only)
        lines = list(_lines(workspace, folder, commands, options.minutes))
        print(f"\n{_title(workspace)}\n\n{as_markdown(lines)}", flush=True)


def _title(workspace: Workspace) -> str:
    posts, weeks = workspace.read_all("posts", ["post_id"]).num_rows, len(workspace.weeks())
    return f"{workspace.root.name}: {posts:,} posts over {weeks} weeks"


def _forget(folder: Path, recipes: Sequence[str]) -> None:
    for recipe in recipes:
        (folder / f"{recipe}.json").unlink(missing_ok=True)


def _lines(
    workspace: Workspace, folder: Path, commands: dict[str, list[object]], minutes: float
) -> Iterator[Line]:
    truth = Truth(workspace.root / "corpus" / "truth")
    members = workspace.all_rows(MEMBERSHIPS, ["post_id", "week"])
    week_of = {member["post_id"]: member["week"] for member in members}
    vectors = vectors_of(folder)
    for recipe, command in commands.items():
        try:
            answer = _answer(folder, recipe, command, minutes)
        except PeerFailed as error:
            yield Line(recipe, failed=str(error))
            continue
        if recipe == OURS:
            yield scored(recipe, answer, [Case(truth, workspace, judge=None)], events=True)
            continue
        with tempfile.TemporaryDirectory() as aside:
            cases = (
                Case(truth, as_workspace(Path(aside) / str(seed), week_of, clusters, vectors), None)
                for seed, clusters in zip(SEEDS, answer.clusters, strict=True)
            )
            yield scored(recipe, answer, cases, events=False)


def _answer(folder: Path, recipe: str, command: Sequence[object], minutes: float) -> Answer:
    """Runs the recipe, unless a peer has answered before. Raises PeerFailed if it fails."""
    if recipe == OURS or not (folder / f"{recipe}.json").is_file():
        print(f"{folder.parents[2].name}: {recipe} …", file=sys.stderr, flush=True)
        words, log = [*map(str, command), str(time.time())], folder / f"{recipe}.log"
        try:
            with log.open("w", encoding="utf-8") as said:
                subprocess.run(words, check=True, timeout=60 * minutes, stderr=said)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise PeerFailed(f"not done in {minutes:g} minutes", where=log) from error
        except subprocess.CalledProcessError as error:
            last = log.read_text("utf-8", "replace").splitlines()[-1:]
            raise PeerFailed("".join(last) or str(error), where=log) from error
    return read_answer(folder, recipe)


if __name__ == "__main__":
    main()
