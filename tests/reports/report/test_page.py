"""The page: one file that loads nothing, and in which no text of a post can run."""

import base64
import html
import json
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.worlds.report import LAST, ask_tables, make_world
from zeitgraph.kg.base.terms import ClaimStatus
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.page.formatting import dates, labels
from zeitgraph.reports.page.inline_picture import inline_picture
from zeitgraph.reports.report.cards import web_address
from zeitgraph.reports.report.claims import Claim
from zeitgraph.reports.report.compose import compose
from zeitgraph.reports.report.evidence_builder import collect_evidence
from zeitgraph.reports.report.outline import Section
from zeitgraph.reports.report.page import report_html
from zeitgraph.reports.report.page_data import PageData
from zeitgraph.reports.report.stage import ReportFiles, weekly_report
from zeitgraph.reports.report.text_files import escape_markdown

HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}} {% raw %}",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}</style>",
    "<!-- [E1](javascript:alert(1))",
    "\u202eevil\u0000 &lt;b&gt;",
)


class Elements(HTMLParser):
    """Every start tag of a page with its attributes; `open` holds the tags that are not closed."""

    VOID = frozenset({"meta", "img", "link", "br", "hr", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_world(tmp_path_factory.mktemp("page"), random.randrange(10**6), posts=120)


@pytest.fixture(scope="module", params=["en", "zh"])
def files(request: pytest.FixtureRequest, world: Workspace) -> ReportFiles:
    return weekly_report(world, LAST, request.param, ask=ask_tables(world))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    """The report of a world in which every text, name and address is an attack."""
    workspace = make_world(tmp_path_factory.mktemp("hostile"), seed=3, posts=120)
    dice = random.Random(5)
    for name in ("posts", "clusters", "entities"):
        rows = workspace.read(name, LAST).to_pylist()
        for number, row in enumerate(rows):
            for column in {"text", "name", "name_en", "name_zh"} & row.keys():
                row[column] = f"{dice.choice(HOSTILE)} {number}"
            if "url" in row:
                row["url"] = dice.choice(
                    ["javascript:alert(1)", "data:text/html,x", "//evil", "http://["]
                )
        workspace.write(name, LAST, make_table(TABLES[name], rows))
    return weekly_report(workspace, LAST, "en", ask=ask_tables(workspace))


def test_the_page_loads_nothing(files: ReportFiles) -> None:
    page = files.html.read_text("utf-8")
    for tag, attributes in Elements(page).found:
        for name in ("src", "href", "srcset", "data", "poster", "action", "xlink:href"):
            target = attributes.get(name, "#")
            if tag == "a":
                assert target.startswith(("#", "https://posts.example/"))
            else:
                assert target.startswith(("#", "data:image/webp;base64,"))
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
    style = page.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_a_table_of_the_largest_styles_says_how_many_there_are(
    files: ReportFiles, world: Workspace
) -> None:
    page = files.html.read_text("utf-8")
    table = page.split('<table class="ranking">')[1].split("</table>")[0]
    shown = table.count('<td class="called">')
    every = sum(row["posts"] > 0 for row in world.read("trends", LAST).to_pylist())
    assert shown < every
    assert f"{shown} of {every} styles" in page or f"{every}种风格中占比最大的{shown}种" in page


def test_a_table_of_all_styles_does_not_mention_others(tmp_path: Path) -> None:
    workspace = make_world(tmp_path, seed=4, posts=120, weeks=2)
    text = 'profile = "starter"\n[report]\nclusters = 50\n'
    (tmp_path / "zeitgraph.toml").write_text(text, "utf-8")
    for lang, part in (("en", r"\d of \d+ styles"), ("zh", "种风格中")):
        page = weekly_report(Workspace(tmp_path), LAST, lang, ask=ask_tables(workspace)).html
        assert not re.search(part, page.read_text("utf-8"))


def test_chinese_pages_use_chinese_punctuation_and_no_spaces_between_sentences(
    world: Workspace,
) -> None:
    files = weekly_report(world, LAST, "zh", ask=ask_tables(world))
    lines = files.markdown.read_text("utf-8").splitlines()
    notes = [line.partition("]: ")[2] for line in lines if line.startswith("[^")]
    assert notes
    page = files.html.read_text("utf-8")
    titles = re.findall(r'<title>([^<]+)</title>|(?<= )title="([^"]+)"', page)
    for text in (*notes, *(re.sub(r"\d[\d,.]*", "", a or b) for a, b in titles)):
        assert not re.search("[:,](?: |$)", re.sub("`[^`]*`", "", text)), text
    for text in (files.markdown.read_text("utf-8"), re.sub("<[^>]*>", "", page)):
        prose = text.split("证据")[0] if "<" not in text else text
        assert not re.search("[。！？][ \n]+共", prose)
    paragraphs = re.findall(r'<p class="(?:prose|lede)".*?</p>', page, re.DOTALL)
    assert paragraphs
    assert not any(re.search(r"</span>\s+<span", part) for part in paragraphs)


@pytest.mark.parametrize(("posts", "label"), [(1, "post"), (2, "posts")])
def test_the_figures_at_the_top_agree_with_their_nouns(
    tmp_path: Path, posts: int, label: str
) -> None:
    workspace = make_world(tmp_path, seed=4, posts=40, weeks=2)
    ask = ask_tables(workspace)

    def few(name: str, arguments: Mapping[str, Any]) -> list[Mapping[str, object]]:
        rows = ask(name, arguments)
        return [{**row, "posts": posts} if "posts" in str(rows) else row for row in rows]

    page = weekly_report(workspace, LAST, "en", ask=few).html.read_text("utf-8")
    assert f"<dt>{label}</dt><dd>{posts}</dd>" in page
    assert not re.search(r"(?<![\d,.])1 posts\b", page)


def test_the_policy_allows_only_our_own_style_and_script(files: ReportFiles) -> None:
    import hashlib

    page = files.html.read_text("utf-8")
    [policy] = [html.unescape(p) for p in re.findall(r'Policy" content="([^"]+)"', page)]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        [body] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    elements = Elements(page).found
    assert not [a for _, a in elements if "style" in a or any(n.startswith("on") for n in a)]


def test_every_mark_links_to_evidence_and_evidence_links_to_posts(files: ReportFiles) -> None:
    elements = Elements(files.html.read_text("utf-8"))
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for t, a in elements.found if t == "a" and a["href"].startswith("#")}
    assert links <= set(ids)
    assert {i for i in ids if i.startswith("post-")} & links
    assert elements.open == []
    shown = json.loads(files.json.read_bytes())
    named = {e for s in shown["sections"] for c in s["claims"] for e in c["evidence"]}
    assert named <= links


def test_hostile_texts_names_and_addresses_are_inert(hostile: ReportFiles) -> None:
    page = hostile.html.read_text("utf-8")
    elements = Elements(page)
    assert elements.open == []
    assert [t for t, _ in elements.found].count("script") == 1
    assert [t for t, _ in elements.found].count("style") == 1
    assert not [a for _, a in elements.found if any(name.startswith("on") for name in a)]
    assert {a["href"][:1] for t, a in elements.found if t == "a"} == {"#"}
    assert "{{7*7}}" in html.unescape(page)
    assert not {"\u0000", "\u202e"} & set(page)
    text = hostile.markdown.read_text("utf-8")
    assert "<script>" not in text
    assert not re.search(r"(?<!\\)\]\(", text)


def test_two_runs_write_the_same_bytes(world: Workspace) -> None:
    first, again = (
        [path.read_bytes() for path in (files.html, files.markdown, files.json)]
        for files in (weekly_report(world, LAST, "en", ask=ask_tables(world)) for _ in range(2))
    )
    assert first == again


def test_inline_pictures_are_small_and_hold_no_metadata_of_the_original(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    Image.effect_noise((1200, 700), 60).convert("RGB").save(tmp_path / "a.jpg", exif=exif)
    picture = inline_picture(tmp_path / "a.jpg", 300)
    assert picture is not None
    data = base64.b64decode(picture.uri.partition(",")[2])
    assert b"SECRET" not in data
    with Image.open(BytesIO(data)) as opened:
        assert opened.size == (picture.width, picture.height) == (300, 175)


def test_an_unreadable_picture_is_noted_and_the_page_is_written(tmp_path: Path) -> None:
    workspace = make_world(tmp_path, seed=random.randrange(10**6), posts=40)
    for path in (workspace.root / "media").iterdir():
        path.write_bytes(path.read_bytes()[:200])
    notes: list[str] = []
    files = weekly_report(workspace, LAST, "zh", ask=ask_tables(workspace), note=notes.append)
    assert "data:image" not in files.html.read_text("utf-8")
    assert any("cannot be read" in note for note in notes)


@pytest.mark.parametrize(
    ("url", "kept"),
    [("https://a.example/p?x=1", True), ("http://a.example", True), ("javascript:alert(1)", False),
     (" JaVaScRiPt:alert(1)", False), ("//a.example", False), ("http://[", False), (None, False)],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str | None, kept: bool) -> None:  # noqa: FBT001
    assert bool(web_address(url)) == kept


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_markup_as_text(text: str) -> None:
    assert not re.search(r"(?<!\\)[<>\[\]*_`]", escape_markdown(text))


def test_a_week_is_written_as_its_days_in_both_languages() -> None:
    assert dates("2026-W46", "en") == "9–15 November 2026"
    assert dates("2026-W40", "en") == "28 September – 4 October 2026"
    assert dates("2026-W53", "zh") == "2026年12月28日至2027年1月3日"


def test_a_section_of_a_new_kind_follows_the_others(
    world: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(labels("en")["page"], "outlook", "Outlook & beyond")
    evidence = collect_evidence(world, LAST, "en", ask_tables(world))
    report = compose(evidence, world.settings.report)
    claim = Claim("k-new", "outlook", "A calm week.", ("E1",), ClaimStatus.KEPT)
    section = Section("outlook", "outlook", evidence.items[:1])
    longer = replace(report, sections=(*report.sections, (section, (claim,))))
    data = PageData({}, {}, (LAST,), {})
    page = report_html(longer, evidence, data).decode()
    assert page.index('id="watch"') < page.index("<h2>Outlook &amp; beyond</h2>")
    assert page.index("<h2>Outlook &amp; beyond</h2>") < page.index('id="k-new"')
    assert "Outlook" not in report_html(report, evidence, data).decode()


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_a_browser_draws_the_page(files: ReportFiles, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"]
    command += [f"--screenshot={picture}", "--window-size=1280,2400", files.html.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=300)  # noqa: S603 -- ours
    with Image.open(picture) as opened:
        colours = opened.convert("RGB").getcolors(2**24)
    assert colours is not None
    assert len(colours) > 1000
