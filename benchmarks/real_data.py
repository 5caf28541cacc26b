"""Runs zeitgraph on real posts and prints the results.

    python benchmarks/real_data.py [DATA] [forum products clothing demo]

DATA is the folder with `forum/`, `products/`, `clothing/` and `entities/`; the default is the
environment variable ZEITGRAPH_TEST_DATA. Each run is a separate
process; measured are wall seconds and the peak memory of the largest process. Prints one Markdown
row for each corpus.
"""

import csv
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from zeitgraph.benchmarks.data import data_folder


def forum(data: Path, _folder: Path) -> tuple[str, Path, dict[str, str]]:
    """14,228 English posts of 2013 from 27 boards."""
    with (data / "forum" / "labels.csv").open(encoding="utf-8") as file:
        gold = {row["id"]: row["label"] for row in csv.DictReader(file)}
    return "minilm", data / "forum" / "posts.jsonl.gz", gold


def products(data: Path, folder: Path) -> tuple[str, Path, dict[str, str]]:
    """1,126 products with CLIP vectors. The dates are invented: evenly distributed over
    12 weeks.
    """
    pictures = np.load(data / "products" / "image_vectors.npy")
    texts = np.load(data / "products" / "text_vectors.npy")
    with (data / "products" / "meta.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    begin = datetime(2026, 8, 24, tzinfo=UTC)
    out = folder / "products.jsonl"
    with out.open("w", encoding="utf-8") as file:
        for index, row in enumerate(rows):
            moment = begin + timedelta(weeks=12) * (index * 7919 % len(rows) / len(rows))
            post = {
                "id": f"product-{row['row']}",
                "text": row["description"],
                "published_at": moment.isoformat(timespec="seconds"),
                "image_vector": pictures[index].tolist(),
                "text_vector": texts[index].tolist(),
            }
            file.write(json.dumps(post) + "\n")
    return "vectors", out, {f"product-{row['row']}": row["weak_category"] for row in rows}


def clothing(data: Path, folder: Path) -> tuple[str, Path, dict[str, str]]:
    """500 photographs. The dates are invented: evenly distributed over 6 weeks."""
    shutil.copytree(data / "clothing", folder / "clothing")
    with (data / "clothing" / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    begin = datetime(2026, 10, 5, tzinfo=UTC)
    out = folder / "clothing.jsonl"
    gold = {}
    with out.open("w", encoding="utf-8") as file:
        for index, row in enumerate(rows):
            moment = begin + timedelta(weeks=6) * (index * 7919 % len(rows) / len(rows))
            gold[Path(row["path"]).stem] = row["label"]
            post = {
                "id": Path(row["path"]).stem,
                "published_at": moment.isoformat(timespec="seconds"),
                "images": [row["path"]],
            }
            file.write(json.dumps(post) + "\n")
    return "starter", out, gold


def demo(_data: Path, folder: Path) -> tuple[str, Path, dict[str, str]]:
    """The demo world with a seed that the starter weights never saw."""
    from zeitgraph.extraction.demo import write_corpus

    write_corpus(folder / "corpus", seed=20261123, posts=1500, weeks=12)
    with (folder / "corpus" / "truth" / "posts.csv").open(encoding="utf-8") as file:
        gold = {row["post_id"]: row["lineage"] for row in csv.DictReader(file)}
    return "starter", folder / "corpus" / "posts.jsonl", gold


CORPORA: Mapping[str, Callable[[Path, Path], tuple[str, Path, dict[str, str]]]] = {
    "forum": forum,
    "products": products,
    "clothing": clothing,
    "demo": demo,
}


def measure(name: str, data: Path) -> dict[str, Any]:
    """Runs one corpus from nothing to a report, in a separate process, and returns its row."""
    from sklearn.metrics import adjusted_mutual_info_score

    from zeitgraph.cli import init
    from zeitgraph.kg.base.terms import ClaimStatus
    from zeitgraph.kg.workspace.tables import CLAIMS, LINKS, MEMBERSHIPS
    from zeitgraph.kg.workspace.workspace import Workspace

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        profile, posts, gold = CORPORA[name](data, folder)
        place = folder / "workspace"
        own = folder / "corpus" / "catalogue.csv"
        init(place, profile, own if own.exists() else data / "entities" / "brands_nsi.csv")
        command = [sys.executable, "-m", "zeitgraph.cli", "run", str(posts), "-w", str(place)]
        begin = time.monotonic()
        subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603
        seconds = time.monotonic() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        workspace = Workspace(place)
        members = workspace.all_rows(MEMBERSHIPS, ["post_id", "cluster_id"])
        clusters = [row["cluster_id"] for row in members]
        ami = adjusted_mutual_info_score([gold[row["post_id"]] for row in members], clusters)
        claims = workspace.all_rows(CLAIMS, ["status"])
        links = workspace.all_rows(LINKS, ["entity_id"])
        return {
            "corpus": name,
            "profile": profile,
            "posts": len(members),
            "weeks": len(workspace.weeks()),
            "seconds": round(seconds, 1),
            "peak GiB": round(peak, 2),
            "clusters": len(set(clusters) - {""}),
            "in none": f"{clusters.count('') / len(clusters):.0%}",
            "AMI": round(ami, 3),
            "links": sum(bool(row["entity_id"]) for row in links),
            "facts": workspace.read_all("facts", ["week"]).num_rows,
            "claims": f"{sum(row['status'] == ClaimStatus.KEPT for row in claims)}/{len(claims)}",
            "rejects": workspace.read_all("rejects", ["week"]).num_rows,
        }


def rows(data: Path, names: list[str]) -> Iterator[str]:
    """Yields the Markdown table line by line."""
    for number, name in enumerate(names):
        row = measure(name, data)
        if number == 0:
            yield "| " + " | ".join(row) + " |"
            yield "|" + "---|" * len(row)
        yield "| " + " | ".join(map(str, row.values())) + " |"


if __name__ == "__main__":
    names = [word for word in sys.argv[1:] if word in CORPORA]
    folder = next((Path(word) for word in sys.argv[1:] if word not in CORPORA), data_folder())
    if folder is None:
        sys.exit("name DATA or set ZEITGRAPH_TEST_DATA")
    for line in rows(folder, names or list(CORPORA)):
        print(line, flush=True)
