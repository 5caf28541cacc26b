"""Posts that nobody here wrote come through to a report; the whole of them in `benchmarks/`."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np

from tests.conftest import write_posts
from zeitgraph.cli import init, run
from zeitgraph.kg.workspace.workspace import Workspace


def _workspace(folder: Path, profile: str, catalogue: Path) -> Path:
    init(folder, profile=profile)
    (folder / "zeitgraph.toml").write_text(
        f'profile = "{profile}"\n[graph]\nbolt = "off"\n[entities]\ncatalogue = "{catalogue}"\n'
    )
    return folder


def _kept(place: Path) -> int:
    claims = Workspace(place).read_all("claims").to_pylist()
    return sum(row["status"] == "kept" for row in claims)


def test_real_english_posts_come_through_minilm(real_data: Path, tmp_path: Path) -> None:
    with gzip.open(real_data / "forum" / "posts.jsonl.gz", "rt", encoding="utf-8") as file:
        posts = [json.loads(line) for line in file]
    some = [post for post in posts if "2013-03-04" <= post["published_at"] < "2013-03-18"]
    place = _workspace(tmp_path / "w", "minilm", real_data / "entities" / "brands_nsi.csv")
    summary = run([write_posts(tmp_path / "posts.jsonl", some)], workspace=place)
    assert "reports/2013-W11/index.html" in summary
    workspace = Workspace(place)
    assert workspace.read_all("posts").num_rows == len(some) > 300
    assert workspace.read_all("rejects").num_rows == 0
    assert workspace.read_all("clusters").num_rows > 2
    assert _kept(place) > 3


def test_real_clip_vectors_become_clusters_of_garments(real_data: Path, tmp_path: Path) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    pictures = np.load(real_data / "products" / "image_vectors.npy")
    with (real_data / "products" / "meta.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    posts = [
        {
            "id": row["row"],
            "text": row["description"],
            "published_at": f"2026-11-{2 + 7 * (index % 2):02d}T12:00:00Z",  # dates are invented
            "image_vector": pictures[index].tolist(),
        }
        for index, row in enumerate(rows)
    ]
    place = _workspace(tmp_path / "w", "vectors", real_data / "entities" / "brands_nsi.csv")
    run([write_posts(tmp_path / "posts.jsonl", posts)], workspace=place)
    members = Workspace(place).read_all("memberships").to_pylist()
    gold = {row["row"]: row["weak_category"] for row in rows}
    labels = [row["cluster_id"] for row in members]
    assert adjusted_mutual_info_score([gold[row["post_id"]] for row in members], labels) > 0.25
    assert _kept(place) > 3


def test_real_photographs_run_through_the_starter(real_data: Path, tmp_path: Path) -> None:
    with (real_data / "clothing" / "labels.csv").open(encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file)][::12]
    for path in paths:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((real_data / path).read_bytes())
    posts = [{"published_at": "2026-11-10T12:00:00Z", "images": [path]} for path in paths]
    place = _workspace(tmp_path / "w", "starter", real_data / "entities" / "brands_nsi.csv")
    run([write_posts(tmp_path / "posts.jsonl", posts)], workspace=place)
    workspace = Workspace(place)
    assert workspace.read_all("rejects").num_rows == 0
    assert workspace.read_all("vectors").num_rows == 2 * len(paths)
    assert (place / "reports" / "2026-W46" / "gallery" / "index.html").is_file()
