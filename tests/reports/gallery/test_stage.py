"""The stage `gallery` on a planted week: roles, originals, marks, hostile text, determinism."""

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.seeds import new_seed
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.ids import content_id, digest_file
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.pipeline import Job, bring_up_to_date
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.kg.workspace.tables import TABLES, join_tables, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.gallery.distinctive_objects import distinctive_objects
from zeitgraph.reports.gallery.judge import JudgeOf, PictureJudge, first_candidate
from zeitgraph.reports.gallery.prototypes import best_candidates
from zeitgraph.reports.gallery.stage import gallery_identity, make_gallery
from zeitgraph.reports.stages import STAGES, stages

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


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "w", default_rng(new_seed()))


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


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_each_role_gets_the_posts_that_were_planted_for_it(planted: Planted) -> None:
    rows = rows_of(planted.settle())
    for k in range(3):
        assert names(rows, k, "typical")[0] == "typical"
        assert names(rows, k, "rising")[0] == "fresh"
        assert names(rows, k, "odd")[:2] == ["far", "border"]


def test_no_post_is_both_typical_and_odd(planted: Planted) -> None:
    rows = rows_of(planted.settle())
    for k in range(3):
        assert not set(names(rows, k, "typical")) & set(names(rows, k, "odd"))


def test_a_post_in_a_part_that_does_not_grow_ranks_lower_among_the_rising(tmp_path: Path) -> None:
    planted = Planted(tmp_path / "w", default_rng(new_seed()))
    direction = planted.mixed({0: 1.0, 5: 0.8})
    for i in range(12):
        planted.post(week_after(WEEK, -1), 0, f"same{i}", direction, heat=1.0)
    planted.post(WEEK, 0, "repeat", direction, heat=6.0, days=1)
    rising = names(rows_of(planted.settle()), 0, "rising")
    assert rising[0] == "fresh"
    assert rising.index("repeat") > 0


def test_originals_are_copied_byte_for_byte_and_are_in_the_table(planted: Planted) -> None:
    job = planted.settle()
    media = {row["media_id"]: row["path"] for row in job.table("media").to_pylist()}
    pictured = [row for row in rows_of(job) if row["media_id"]]
    assert pictured
    for row in pictured:
        copied, original = (job.workspace.root / p for p in (row["path"], media[row["media_id"]]))
        assert copied.read_bytes() == original.read_bytes()
        assert copied.is_relative_to(folder_of(job) / "originals")


def test_the_same_tables_in_another_order_give_the_same_bytes(planted: Planted) -> None:
    first = make_gallery(planted.settle(), first_candidate)["gallery"]
    before = files_of(planted.settle())
    job = planted.settle(shuffled=True)
    planted.workspace.write("gallery", WEEK, first)
    digest = planted.workspace.digest("gallery", WEEK)
    assert (
        planted.workspace.write("gallery", WEEK, make_gallery(job, first_candidate)["gallery"])
        == digest
    )
    assert files_of(job) == before


def test_hostile_text_stays_text(planted: Planted) -> None:
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    tags = Tags(page).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
    assert not {"b", "iframe", "object", "form", "base"} & {tag for tag, _ in tags}
    assert [tag for tag, _ in tags].count("script") == 1  # the layout's own, named by its hash
    assert not [a for _, a in tags for name in a if name.startswith("on") or name == "style"]
    links = [a["href"] for tag, a in tags if tag == "a"]
    assert all(
        re.match(r"#|https://example\.org/p$|(originals|mosaics)/", link or "") for link in links
    )
    assert "\x07" not in page


def test_the_page_loads_only_files_beside_it(planted: Planted) -> None:
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    policy = next(a for tag, a in Tags(page).tags if a.get("http-equiv"))["content"] or ""
    assert policy.startswith("default-src 'none'; img-src 'self' file:; style-src 'sha256-")
    sources = {a["src"] or "" for tag, a in Tags(page).tags if tag == "img"}
    assert sources
    assert all((folder_of(job) / source).is_file() for source in sources)
    ids = {a["id"] for _, a in Tags(page).tags if "id" in a}
    inner = {a["href"] for tag, a in Tags(page).tags if tag == "a"}
    assert {link[1:] for link in inner if link and link.startswith("#")} <= ids


def test_without_a_model_there_is_a_mosaic_that_is_marked_as_one(planted: Planted) -> None:
    job = planted.settle()
    mosaics = [row for row in rows_of(job) if row["role"] == "mosaic"]
    assert len(mosaics) == 3
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert page.count("Mosaic, not a prototype") >= 3
    for row in mosaics:
        path = job.workspace.root / row["path"]
        assert path.name.startswith("mosaic-of-exemplars-")
        with Image.open(path) as image:
            assert b"composed, not generated" in image.info["comment"]
            assert b"digitalsourcetype/composite" in image.info["xmp"]
    assert not (folder_of(job) / "prototypes").exists()


def test_posts_without_pictures_are_shown_by_their_text(tmp_path: Path) -> None:
    planted = Planted(tmp_path / "w", default_rng(new_seed()), pictures=False)
    job = planted.settle()
    rows = rows_of(job)
    assert rows
    assert {row["path"] for row in rows} == {""}
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert TEXTS[1] in page
    assert "no post of this style has a picture" in page


def test_the_page_is_in_chinese_by_the_setting(planted: Planted) -> None:
    planted.choose(lang="zh")
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert '<html lang="zh-Hans">' in page
    assert "水墨" in page
    assert "拼图" in page
    assert "Typical" not in page


def test_the_page_gives_the_number_of_clusters_left_out(planted: Planted) -> None:
    planted.choose(clusters=1)
    job = planted.settle()
    assert {row["cluster_id"] for row in rows_of(job)} == {"c-000000000000"}
    assert "leaves out 2 styles" in (folder_of(job) / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("at_s", "badge"), [(None, ""), (0.0, ""), (0.04, ""), (0.2, "0.2 s"), (61.25, "61.2 s")]
)
def test_a_frame_shows_its_time_unless_it_is_the_first(
    planted: Planted, at_s: float | None, badge: str
) -> None:
    for row in planted.rows[WEEK]["media"]:
        row |= {"kind": "frame", "at_s": at_s}
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert set(re.findall('class="time">▶ ([^<]*)<', page)) == {badge} - {""}


def test_a_badge_lies_inside_its_picture(planted: Planted) -> None:
    """An absolutely positioned element lies in its nearest positioned ancestor."""
    for row in planted.rows[WEEK]["media"]:
        row |= {"kind": "frame", "at_s": 2.0}
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    around = set(re.findall(r'class="(\w+)[^"]*"[^>]*>\s*<img[^>]*>\s*<span class="time"', page))
    assert around == {"cover", "frame"}
    for name in around:
        assert re.search(rf"\.{name} {{[^}}]*position: relative", page)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_singular_and_plural_agree_with_the_number(planted: Planted, lang: str) -> None:
    planted.choose(clusters=2, lang=lang)
    job = planted.settle()
    make_gallery(job, first_candidate)
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert {"en": "leaves out 1 style with", "zh": "另有1种风格"}[lang] in page
    assert not re.search(r"(?<![\d,.])1 (?:posts|styles|pictures|more styles)\b", page)


def test_a_week_without_posts_gives_a_page_that_says_so(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", "vectors")
    inputs = {
        (read.table, read.span): TABLES[read.table].schema.empty_table() for read in STAGE.reads
    }
    job = Job(workspace, WEEK, inputs)
    assert make_gallery(job, first_candidate)["gallery"].num_rows == 0
    assert "No style has posts this week." in (folder_of(job) / "index.html").read_text("utf-8")


def test_the_picture_of_a_forgotten_post_is_deleted_with_the_next_gallery(planted: Planted) -> None:
    gone = next(row for row in rows_of(planted.settle()) if row["post_id"].endswith("0-typical"))
    assert (planted.workspace.root / gone["path"]).is_file()
    for rows in planted.rows[WEEK].values():
        rows[:] = [row for row in rows if row.get("post_id") != gone["post_id"]]
    make_gallery(planted.settle(), first_candidate)
    assert not (planted.workspace.root / gone["path"]).exists()


def test_a_missing_picture_is_named(planted: Planted) -> None:
    job = planted.settle()
    for path in planted.workspace.media_folder.iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"missing or not a picture.*\.png"):
        make_gallery(job, first_candidate)


def test_the_identity_changes_with_the_image_maker_only(planted: Planted) -> None:
    before = gallery_identity(planted.workspace)
    planted.choose(posts=3)
    assert gallery_identity(planted.workspace) == before


FLAT_MAKER = """
from PIL import Image

class FlatMaker:
    role, name, identity = "prototype", "flat", "flat 1"

    def __init__(self, settings, beside, note): ...

    def draw(self, prompt, seeds):
        return [Image.new("RGB", (256, 256), (seed % 256, 90, 90)) for seed in seeds]
"""


def test_prototypes_are_marked_and_kept_apart_from_evidence(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flat_maker.py").write_text(FLAT_MAKER, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    planted.choose(image_maker="flat_maker:FlatMaker", pictures=2)
    planted.add("entities", WEEK, entity_id="e", name="Taylor Swift", kind="person")
    job = planted.settle()
    drawn = [row for row in rows_of(job) if row["role"] == "prototype"]
    assert len(drawn) == 6
    for row in drawn:
        path = job.workspace.root / row["path"]
        assert path.parent == folder_of(job) / "prototypes"
        assert path.name.startswith("generated-")
        assert "Taylor" not in row["note"]
        with Image.open(path) as image:
            assert "trainedAlgorithmicMedia" in image.info["XML:com.adobe.xmp"]
    page = (folder_of(job) / "index.html").read_text("utf-8")
    assert page.count('<figcaption class="badge">AI generated</figcaption>') == 6
    assert not (folder_of(job) / "mosaics").exists()


def test_of_the_candidates_the_best_for_the_prompt_is_shown(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flat_maker.py").write_text(FLAT_MAKER, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    planted.choose(image_maker="flat_maker:FlatMaker", pictures=2, candidates=3, seed=10)
    planted.add("entities", WEEK, entity_id="tent", name="tent", kind="object", source="catalogue")
    fact = {"subject": "c-000000000001", "predicate": "features_object", "object": "tent"}
    planted.add("facts", WEEK, **fact, count=4, probability=0.5)
    job = planted.settle()
    drawn = [row for row in rows_of(job, prefers_twelve) if row["role"] == "prototype"]
    reds = []
    for row in drawn:
        with Image.open(job.workspace.root / row["path"]) as image:
            reds.append(int(np.asarray(image)[20, 128, 0]))
    assert reds == [12, 13] * 3  # of the seeds 10, 11, 12 and of 13, 14, 15
    assert {row["note"].startswith("tent, ") for row in drawn} == {True, False}
    assert {row["cluster_id"]: row["entity_id"] for row in drawn}["c-000000000001"] == "tent"


def prefers_twelve(_settings: Settings) -> PictureJudge:
    """A judge that prefers pictures with a red of 12, for any text."""

    def judge(texts: Sequence[str], pictures: Sequence[Image.Image], /) -> NDArray[np.float32]:
        reds = np.array([float(np.asarray(picture)[9, 9, 0]) for picture in pictures], np.float32)
        return np.repeat(-abs(reds - 12)[:, None], len(texts), axis=1)

    return judge


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), max_size=5))
def test_the_best_candidate_is_chosen_in_each_run(runs: list[list[float]]) -> None:
    flat = [score for run in runs for score in run]
    places = best_candidates(flat, 3)
    assert [place // 3 for place in places] == list(range(len(runs)))
    assert [flat[place] for place in places] == [max(run) for run in runs]


def test_the_distinctive_object_of_a_cluster_is_the_one_most_above_expectation() -> None:
    def fact(cluster: str, name: str, count: int, posts: int) -> Any:
        return {
            "subject": cluster, "predicate": "features_object", "object": name,
            "count": count, "probability": count / posts,
        }  # fmt: skip

    facts = [
        fact("camp", "cup", 50, 100), fact("camp", "tent", 30, 100), fact("camp", "new", 90, 100),
        fact("cafe", "cup", 60, 100), fact("cafe", "tent", 2, 100),
    ]  # fmt: skip
    facts.append({**facts[0], "predicate": "features_brand", "object": "tent"})
    entities: Any = [{"entity_id": name, "source": "catalogue"} for name in ("cup", "tent")]
    entities.append({"entity_id": "new", "source": "posts"})  # a name coined in posts
    posts = {"camp": 100, "cafe": 100}
    found = distinctive_objects(facts, entities, posts)
    assert {cluster: row["entity_id"] for cluster, row in found.items()} == {
        "camp": "tent",
        "cafe": "cup",
    }
    assert distinctive_objects(facts[::-1], entities[::-1], posts) == found
    assert distinctive_objects([], entities, {}) == {}


def test_the_pipeline_makes_it_once_and_again_after_a_kill(planted: Planted) -> None:
    job, stage = planted.settle(), stages(first_candidate)[0]
    assert [step.done for step in bring_up_to_date(job.workspace, [stage], [WEEK])] == [True]
    before = files_of(job)
    assert [step.done for step in bring_up_to_date(job.workspace, [stage], [WEEK])] == [False]
    shutil.rmtree(job.workspace.ledger_folder)  # as if killed before the ledger was written
    left = job.workspace.report_folder(WEEK) / ".gallery-aside"
    left.mkdir()
    (left / "half.png").write_bytes(b"")
    bring_up_to_date(job.workspace, [stage], [WEEK])
    assert files_of(job) == before
    assert not left.exists()
