"""Measures the speed and memory of the clustering on planted vectors, compared with other
libraries.

    python -m zeitgraph.benchmarks.speed_clusters ROW [--posts N] [--runs 5] [--into DIR]

ROW is one of

    batch       posts of one week, whole processes, compared with BERTopic (recipe `global`)
    groups      vectors to groups, compared with UMAP + hdbscan and with EVoC
    trends      12 weeks with one birth and one drift, whole processes, compared with BERTrend
    increment   26 weeks, then the 27th alone; and the same 27th after only 9 weeks
    weeks       26 weeks: the processor seconds of each, and the peak memory

The peers run in an environment of their own (peers/environment.py; for BERTrend see
peers/bertrend_recipe.py), alternating with zeitgraph, `--runs` times, each time in a new process.
Of two fits in a process the first is cold, the second warm. Prints Markdown: medians, and multiples
of zeitgraph's. On a machine with other work, only processor seconds are meaningful.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from zeitgraph.benchmarks.peers.environment import peer_python
from zeitgraph.benchmarks.planted import NO_STYLE, PlantedWeek, plant, put
from zeitgraph.kg.workspace.workspace import Workspace

PEERS = Path(__file__).with_name("peers")
STYLES, SEED, WEEKS = 40, 20, 26
TREND_STYLES, TREND_WEEKS = 12, 12
Cost = Mapping[str, Any]


def main() -> None:
    """Parses the command, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--posts", type=int)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--into", type=Path, help="keep what is made here")
    parser.add_argument("--environment", type=Path, default=Path("build/peers"))
    parser.add_argument("--bertrend", type=Path, default=Path("build/bertrend/bin/python"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        folder = options.into or Path(aside)
        folder.mkdir(parents=True, exist_ok=True)
        ROWS[options.row](folder, options)


def batch(folder: Path, options: argparse.Namespace) -> None:
    """Measures the whole stage against BERTopic: from posts on disk to clusters with words."""
    week = next(iter(plant(options.posts or 10_000, 1, STYLES, SEED)))
    workspace = Workspace.create(folder / "workspace", "vectors")
    put(workspace, week)
    _write_posts(folder, [week])
    python = peer_python(options.environment.resolve())
    ours = [sys.executable, "-m", "zeitgraph.benchmarks.peers.ours", folder, workspace.root, 2]
    theirs = [python, PEERS / "bertopic_recipes.py", folder, "global", "0,1"]
    runs = _alternate(folder, {"ours": ours, "global": theirs}, options.runs)
    found = {name: _clusters(folder / f"{name}-1.csv", week.ids) for name in runs}
    _print_results(f"{len(week.ids):,} posts of one week", runs, found, week.styles)


def groups(folder: Path, options: argparse.Namespace) -> None:
    """Measures groups among vectors, without texts and tables."""
    week = next(iter(plant(options.posts or 60_000, 1, STYLES, SEED)))
    _write_posts(folder, [week])
    python = peer_python(options.environment.resolve())
    theirs: dict[str, Sequence[object]] = {
        name: [python, PEERS / "group_recipes.py", folder, name, 2] for name in ("umap", "evoc")
    }
    ours: Sequence[object] = [
        sys.executable,
        "-m",
        "zeitgraph.benchmarks.peers.our_groups",
        folder,
        2,
    ]
    runs = _alternate(folder, {"ours": ours, **theirs}, options.runs)
    found = {name: np.load(folder / f"{name}.npy") for name in runs}
    _print_results(f"{len(week.ids):,} vectors", runs, found, week.styles)


def trends(folder: Path, options: argparse.Namespace) -> None:
    """Measures weeks in which one style turns by 60° and another is born, against BERTrend."""
    planted = list(plant(options.posts or 4_800, TREND_WEEKS, TREND_STYLES, SEED))
    workspace = _filled(folder / "workspace", planted)
    _write_posts(folder, planted)
    ours = [sys.executable, "-m", "zeitgraph.benchmarks.peers.ours", folder, workspace.root, 2]
    theirs = [options.bertrend.absolute(), PEERS / "bertrend_recipe.py", folder, "0,1"]
    runs = _alternate(folder, {"ours": ours, "bertrend": theirs}, options.runs)
    ids = [post_id for week in planted for post_id in week.ids]
    styles = np.concatenate([week.styles for week in planted])
    found = {name: _clusters(folder / f"{name}-1.csv", ids) for name in runs}
    _print_results(f"{len(ids):,} posts of {TREND_WEEKS} weeks", runs, found, styles)
    for name, clusters in found.items():
        for what, style in (("turns", 0), ("is born", TREND_STYLES - 1)):
            own = clusters[styles == style]
            most = max(np.mean(own == cluster) for cluster in set(own.tolist()) - {""})
            print(f"\n{name}: the style that {what}: {most:.3f} of its posts under one id")


def increment(folder: Path, options: argparse.Namespace) -> None:
    """Measures one more week, relative to all weeks before, and whether memory grows with their
    number.
    """
    posts = (options.posts or 10_000) * (WEEKS + 1) // WEEKS
    weeks = list(plant(posts, WEEKS + 1, STYLES, SEED))
    rows = []
    for run in range(options.runs):
        long = _filled(folder / f"long-{run}", weeks)
        short = _filled(folder / f"short-{run}", weeks[-10:])
        whole, last = _stage(long, WEEKS), _stage(long, WEEKS + 1)
        _stage(short, 9)
        alone = _stage(short, 10)
        rows.append((whole["processor"], last["processor"], last["gib"], alone["gib"]))
    whole, last, gib, short_gib = (median(column) for column in zip(*rows, strict=True))
    print(f"{WEEKS} weeks {whole:.2f} s of the processor, week {WEEKS + 1} {last:.2f} s:", end=" ")
    print(f"{last / whole:.3f} of the whole; peak {gib:.3f} GiB, with 9 weeks {short_gib:.3f} GiB")


def weeks(folder: Path, options: argparse.Namespace) -> None:
    """Measures many posts over half a year, once."""
    workspace = Workspace.create(folder / "workspace", "vectors")
    truth = []
    for week in plant(options.posts or 1_000_000, WEEKS, STYLES, SEED):
        put(workspace, week)
        truth.append(week.styles)
    costs = _stage(workspace, WEEKS)
    found = workspace.read_all("memberships", ["cluster_id"])["cluster_id"].to_numpy().astype(str)
    ami = adjusted_mutual_info_score(np.concatenate(truth), found)
    print(json.dumps(costs, indent=1))
    print(f"AMI {ami:.4f}, in none {np.mean(found == ''):.3f}")


ROWS: Mapping[str, Callable[[Path, argparse.Namespace], None]] = {
    "batch": batch,
    "groups": groups,
    "trends": trends,
    "increment": increment,
    "weeks": weeks,
}


def _filled(root: Path, planted: Sequence[PlantedWeek]) -> Workspace:
    workspace = Workspace.create(root, "vectors")
    for week in planted:
        put(workspace, week)
    return workspace


def _stage(workspace: Workspace, count: int) -> Cost:
    """Brings the first `count` weeks up to date in a new process; returns its cost."""
    words = [sys.executable, "-m", "zeitgraph.benchmarks.increments", workspace.root, count]
    done = subprocess.run(  # noqa: S603
        list(map(str, words)), check=True, stdout=subprocess.PIPE
    )
    costs: Cost = json.loads(done.stdout)
    return costs


def _write_posts(folder: Path, weeks: Sequence[PlantedWeek]) -> None:
    np.save(folder / "vectors.npy", np.concatenate([week.vectors for week in weeks]))
    with (folder / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("post_id", "week", "text"))
        for week in weeks:
            table.writerows(zip(week.ids, [week.week] * len(week.ids), week.texts, strict=True))


def _alternate(
    folder: Path, commands: Mapping[str, Sequence[object]], runs: int
) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            words = [*map(str, command), str(time.time())]
            subprocess.run(words, check=True, stderr=subprocess.DEVNULL)  # noqa: S603
            costs[name].append(json.loads((folder / f"{name}.json").read_bytes()))
    return costs


def _clusters(path: Path, ids: Sequence[str]) -> NDArray[Any]:
    with path.open(encoding="utf-8", newline="") as file:
        cluster = {row["post_id"]: row["cluster"] for row in csv.DictReader(file)}
    return np.array([cluster[post_id] for post_id in ids])


def _print_results(
    title: str, runs: Mapping[str, Sequence[Cost]], found: Mapping[str, Any], truth: Any
) -> None:
    """Prints a row for each library: its scores, and its cost with the multiple of zeitgraph's."""
    costs: Mapping[str, Callable[[Cost], float]] = {
        "cold, wall": lambda run: run["cold"],
        "cold, processor": lambda run: run["processor"][0],
        "warm, wall": lambda run: run["seconds"][1],
        "warm, processor": lambda run: run["processor"][1],
        "peak memory": lambda run: run["gib"],
    }
    columns = ("ARI", "AMI", "ARI, posts in a style", "groups", *costs)
    print(f"\n{title}, medians of {len(next(iter(runs.values())))}\n")
    print(f"| | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    styled = truth != NO_STYLE
    first = next(iter(runs.values()))
    for name, own in runs.items():
        groups = found[name]
        cells = [
            f"{adjusted_rand_score(truth, groups):.4f}",
            f"{adjusted_mutual_info_score(truth, groups):.4f}",
            f"{adjusted_rand_score(truth[styled], groups[styled]):.4f}",
            f"{len(set(groups.tolist()) - {-1, ''})}",
        ]
        for of in costs.values():
            ours, theirs = (median(map(of, each)) for each in (first, own))
            cells.append(f"{theirs:.3g} ({theirs / ours:.2g} ×)")
        print(f"| {name} | {' | '.join(cells)} |")
    for name, own in runs.items():
        print(f"\n{name}: {', '.join(f'{p} {v}' for p, v in own[0]['versions'].items())}")


if __name__ == "__main__":
    main()
