"""A planted week for the gallery: which posts are typical, rising and odd is known."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from tests.seeds import new_seed
from zeitgraph.kg.base.ids import content_id, digest_file
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, join_tables, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.gallery.judge import JudgeOf, first_candidate
from zeitgraph.reports.gallery.stage import make_gallery
from zeitgraph.reports.stages import STAGES

WEEK = "2026-W46"
STAGE = next(stage for stage in STAGES if stage.name == "gallery")
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} \"onload='x' ../../etc/passwd \u202e\x07 ${x} <!--"
SIZES = ((320, 240), (240, 320), (300, 300), (420, 180))
TEXTS = (
    "an evening by the water",
    "水墨与留白，很安静的一天",
    "soft light, one chair, nothing else",
)


class Planted:
    """A workspace of two weeks and three clusters whose typical, rising and odd posts are known.

    Cluster k has the direction k: `typical` lies on it, `far` farthest from it, `border` half way
    to the next. `fresh` has much heat, is a day old and only among posts of this week; `stale` has
    the same heat and is from Monday.
    """

    def __init__(self, root: Path, chance: Generator, *, pictures: bool = True) -> None:
        self.workspace = Workspace.create(root, "vectors")
        self.chance = chance
        self.pictures = pictures
        self.rows: dict[str, dict[str, list[dict[str, Any]]]] = {}
        before = week_after(WEEK, -1)
        for k in range(3):
            for i in range(14):
                self.post(before, k, f"old{i}", self.near(k, 0.25), heat=1.0)
                self.post(WEEK, k, f"new{i}", self.near(k, 0.25), heat=1.0)
            self.post(WEEK, k, "typical", self.mixed({k: 1.0}), heat=0.5)
            self.post(WEEK, k, "far", self.mixed({k: 0.3, 12 + k: 1.0}), heat=0.5)
            self.post(WEEK, k, "border", self.mixed({k: 1.0, (k + 1) % 3: 0.99}), heat=0.5)
            for i in range(12):
                self.post(WEEK, k, f"wave{i}", self.mixed({k: 1.0, 8 + k: 0.35}), heat=0.1)
            self.post(WEEK, k, "fresh", self.mixed({k: 1.0, 8 + k: 0.36}), heat=6.0, days=1)
            self.post(WEEK, k, "stale", self.mixed({k: 1.0, 8 + k: 0.37}), heat=6.0, days=6.9)
            self.cluster(k)

    def near(self, k: int, spread: float) -> np.ndarray:
        noise = self.chance.normal(0, spread / 4, 16)
        noise[[8, 9, 10]] = 0
        return self.mixed({k: 1.0}) + noise

    def mixed(self, parts: Mapping[int, float]) -> np.ndarray:
        vector = np.zeros(16)
        for direction, amount in parts.items():
            vector[direction] = amount
        return vector

    def add(self, table: str, week: str, **row: object) -> None:
        self.rows.setdefault(week, {}).setdefault(table, []).append({"week": week, **row})

    def post(
        self, week: str, k: int, name: str, vector: np.ndarray, *, heat: float, days: float = 3
    ) -> None:
        post_id = f"{week}-{k}-{name}"
        self.add(
            "posts",
            week,
            post_id=post_id,
            published_at=week_start(week_after(week)) - timedelta(days=days),
            text=HOSTILE if name == "typical" else f"{TEXTS[k]} {name} {new_seed():08x}",
            lang='en" onclick="x' if name == "typical" else ("zh" if k == 1 else "en"),
            heat=heat,
            url="javascript:alert(1)" if name == "typical" else "https://example.org/p",
        )
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        self.add("vectors", week, post_id=post_id, side="post", item_id=post_id, vector=unit)
        weight = {"weight": 1.0, "similarity": float(unit[k]), "heat_weight": 1.0}
        self.add("memberships", week, post_id=post_id, cluster_id=f"c-00000000000{k}", **weight)
        if self.pictures and week == WEEK and name != "far":
            self.picture(week, k, post_id)

    def picture(self, week: str, k: int, post_id: str) -> None:
        path = self.workspace.media_folder / f"{content_id('m', post_id)}.png"
        path.parent.mkdir(exist_ok=True)
        width, height = (int(side) for side in self.chance.choice(SIZES))
        hue = int(self.chance.integers(-18, 18)) + (20, 150, 215)[k]
        ramp = Image.linear_gradient("L").resize((width, height))
        flat = [Image.new("L", (width, height), value) for value in (hue % 256, 120)]
        image = Image.merge("HSV", (flat[0], flat[1], ramp.point(lambda v: 120 + v // 2)))
        image = image.convert("RGB")
        pen = ImageDraw.Draw(image, "RGBA")
        for _ in range(5):
            x, y, r = self.chance.integers(0, (width, height, height // 3 + 1)).tolist()
            pen.ellipse((x - r, y - r, x + r, y + r), fill=(255, 255, 255, 60))
        image.save(path)
        size = {"width": width, "height": height, "position": 0, "kind": "image"}
        relative = path.relative_to(self.workspace.root).as_posix()
        self.add(
            "media", week, media_id=content_id("m", post_id), post_id=post_id, path=relative, **size
        )

    def cluster(self, k: int) -> None:
        name_en, name_zh = (("Ember", "余烬"), ("Ink wash", "水墨"), ("<b>Iris</b>", "鸢尾"))[k]
        self.add(
            "clusters",
            WEEK,
            cluster_id=f"c-00000000000{k}",
            name=name_en,
            name_en=name_en,
            name_zh=name_zh,
            origin="discovered",
            first_week=WEEK,
            last_week=WEEK,
            words=["harbour light", "<img src=x>", "Taylor", "水墨"],
            centre=self.mixed({k: 1.0}).astype(np.float32),
        )
        share = {"share": 1 / 3, "posts": 31, "heat": 20.0, "growth": 1.2, "state": "rising"}
        self.add("trends", WEEK, cluster_id=f"c-00000000000{k}", **share)

    def settle(self, *, shuffled: bool = False) -> Job:
        """Write the tables and return the job; `shuffled` gives the rows in another order."""
        for week, tables in self.rows.items():
            for name, rows in tables.items():
                self.workspace.write(name, week, make_table(TABLES[name], rows))
        inputs = {}
        for read in STAGE.reads:
            week = WEEK if read.span == "week" else week_after(WEEK, -1)
            data = join_tables(read.table, [self.workspace.read(read.table, week)])
            order = self.chance.permutation(data.num_rows) if shuffled else None
            inputs[read.table, read.span] = data if order is None else data.take(order)
        return Job(self.workspace, WEEK, inputs)

    def choose(self, **gallery: object) -> None:
        """Override gallery and report settings in zeitgraph.toml."""
        lang = gallery.pop("lang", "en")
        lines = [f"{k} = {v!r}" if isinstance(v, str | int) else "" for k, v in gallery.items()]
        text = 'profile = "vectors"\n[report]\nlang = "%s"\n[gallery]\n%s\n'
        settings = self.workspace.root / "zeitgraph.toml"
        settings.write_text(text % (lang, "\n".join(lines)), "utf-8")
        self.workspace = Workspace(self.workspace.root)


def rows_of(job: Job, judge_of: JudgeOf = first_candidate) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = make_gallery(job, judge_of)["gallery"].to_pylist()
    return rows


def names(rows: list[dict[str, Any]], k: int, role: str) -> list[str]:
    picked = [r for r in rows if r["cluster_id"].endswith(str(k)) and r["role"] == role]
    return [r["post_id"].rpartition("-")[2] for r in sorted(picked, key=lambda r: r["position"])]


def folder_of(job: Job) -> Path:
    return job.workspace.report_folder(WEEK) / "gallery"


def files_of(job: Job) -> dict[str, str]:
    folder = folder_of(job)
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}
