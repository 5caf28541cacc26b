"""The page of the gallery: hostile text, files, languages and numbers."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from numpy.random import default_rng

from tests.seeds import new_seed
from tests.worlds.gallery import (
    STAGE,
    TEXTS,
    WEEK,
    Planted,
    folder_of,
    rows_of,
)
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.gallery.judge import first_candidate
from zeitgraph.reports.gallery.stage import make_gallery


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "w", default_rng(new_seed()))


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


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
