"""The file of edits is read strictly; an edit without effect is reported and stops nothing."""

import re
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Run, posts_with_vectors, table_bytes, write_posts
from zeitgraph.cli import add, forget, report, run
from zeitgraph.kg.base.errors import EditsError
from zeitgraph.kg.edits.checks import ineffective_edits
from zeitgraph.kg.edits.commands import list_edits
from zeitgraph.kg.edits.file import EDITS_FILE, parse_edits, read_edits
from zeitgraph.kg.edits.kinds import EDIT_KINDS
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

A, B, C = "c-aaaaaaaaaaaa", "c-bbbbbbbbbbbb", "c-cccccccccccc"
WRONG = {
    "what is no TOML": ("[[rename", "not TOML"),
    "an unknown kind": ("[[renam]]\ncluster = 'a'", r"«renam»\D+known: delete, merge, pin"),
    "single brackets": ("[rename]\ncluster = 'a'", r"write \[\[rename\]\]"),
    "an unknown key": (f"[[delete]]\ncluster='{A}'\nweek='x'", r"\[\[delete\]\] 1 .* «week»"),
    "the second entry": (
        f"[[delete]]\ncluster='{A}'\n[[delete]]\nclustr='{A}'",
        r"\[\[delete\]\] 2 .* «clustr».*known: cluster, from",
    ),
    "a missing key": (
        f"[[merge]]\ncluster='{A}'",
        r'\[\[merge\]\] 1, into is missing .*into = "…"',
    ),
    "a number": ("[[delete]]\ncluster=7", "cluster is no text .* quotation marks"),
    "no week": (
        f"[[delete]]\ncluster='{A}'\nfrom='2026-W60'",
        "from is «2026-W60», .* no ISO week",
    ),
    "a date": (f"[[delete]]\ncluster='{A}'\nfrom=2026-01-01", 'from is a date.*like "2026-W46"'),
    "a list of weeks": (f"[[delete]]\ncluster='{A}'\nfrom=['2026-W46']", "from is no text.*W46"),
    "no name": (f"[[rename]]\ncluster='{A}'", "has no name"),
    "two lines": (f"[[rename]]\ncluster='{A}'\nen='a\\u000ab'".replace("'", '"'), "one plain line"),
    "a long name": (f"[[rename]]\ncluster='{A}'\nen='{'a' * 81}'", "81 characters .* at most 80"),
    "no example": (f"[[split]]\ncluster='{A}'\nen='X'", "give example posts, words or both"),
    "an empty word": (f"[[split]]\ncluster='{A}'\nen='X'\nwords=['']", "words 1 is empty"),
    "a word for a list": (
        f"[[split]]\ncluster='{A}'\nen='X'\nwords='a'",
        "words is no list.*like words",
    ),
    "a number as post": (f"[[split]]\ncluster='{A}'\nen='X'\nposts=[1]", "posts 1 is no text"),
    "a third way to pin": (
        f"[[pin]]\ncluster='{A}'\ncentre='up'",
        'centre is «up».*"follows" or "still"',
    ),
    "merged into itself": (f"[[merge]]\ncluster='{A}'\ninto='{A}'", f"circle: {A} → {A}"),
    "a circle": (
        "".join(
            f"[[merge]]\ncluster='{one}'\ninto='{other}'\n"
            for one, other in ((A, B), (B, C), (C, A))
        ),
        f"circle: {A} → {B} → {C} → {A}",
    ),
    "deleted and pinned": (
        f"[[delete]]\ncluster='{A}'\n[[pin]]\ncluster='{A}'",
        r"\[\[pin\]\] 1: c-a+ is deleted by \[\[delete\]\] 1",
    ),
    "deleted and renamed": (
        f"[[delete]]\ncluster='{A}'\n[[rename]]\ncluster='{A}'\nen='X'\nfrom='2026-W40'",
        r"\[\[rename\]\] 1: c-a+ is deleted by \[\[delete\]\] 1",
    ),
    "deleted and merged": (
        f"[[merge]]\ncluster='{A}'\ninto='{B}'\n[[delete]]\ncluster='{A}'",
        r"is deleted by \[\[delete\]\] 1",
    ),
    "merged into a deleted one": (
        f"[[merge]]\ncluster='{A}'\ninto='{B}'\n[[delete]]\ncluster='{B}'",
        f"{B} is deleted by .* delete {A} instead",
    ),
    "merged and pinned": (
        f"[[merge]]\ncluster='{A}'\ninto='{B}'\n[[pin]]\ncluster='{A}'",
        r"is merged by \[\[merge\]\] 1",
    ),
    "merged twice": (
        f"[[merge]]\ncluster='{A}'\ninto='{B}'\n[[merge]]\ncluster='{A}'\ninto='{C}'",
        r"\[\[merge\]\] 2: \[\[merge\]\] 1 merges c-a+ already",
    ),
    "one name for two": (
        f"[[rename]]\ncluster='{A}'\nen='X'\n[[rename]]\ncluster='{B}'\nen='X'",
        r"«X» is a name by \[\[rename\]\] 1",
    ),
    "renamed twice": (
        f"[[rename]]\ncluster='{A}'\nen='X'\n[[rename]]\ncluster='{A}'\nen='Y'",
        r"\[\[rename\]\] 2: \[\[rename\]\] 1 renames c-a+ already",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_error_is_reported_in_one_line_with_its_entry(case: str) -> None:
    text, message = WRONG[case]
    with pytest.raises(EditsError, match=message) as caught:
        parse_edits(text, Path("my/edits.toml"))
    assert "my/edits.toml" in caught.value.line
    assert "\n" not in caught.value.line


def test_a_name_may_change_again_and_a_part_that_is_split_off_may_be_merged() -> None:
    text = (
        f"[[rename]]\ncluster='{A}'\nen='X'\n[[rename]]\ncluster='{A}'\nen='Y'\nfrom='2026-W10'\n"
        f"[[split]]\ncluster='{A}'\nzh='毡房'\nwords=['毡房']\n"
        f"[[split]]\ncluster='{A}'\nen='Fires'\nposts=['p1']\n[[delete]]\ncluster='{B}'\n"
    )
    edits = parse_edits(text, Path())
    assert [e.entry for e in edits] == [
        "[[rename]] 1", "[[rename]] 2", "[[split]] 1", "[[split]] 2", "[[delete]] 1"
    ]  # fmt: skip
    parts = {edit.other for edit in edits if edit.kind == "split"}
    assert len(parts) == 2
    assert len(parse_edits(f"{text}[[merge]]\ncluster='{parts.pop()}'\ninto='{C}'\n", Path())) == 6


_LATER = "from='2026-W10'"
_X_FOR_B = f"[[rename]]\ncluster='{B}'\nen='X'\n"


@pytest.mark.parametrize(
    ("freed", "since"),
    [
        (f"[[rename]]\ncluster='{A}'\nen='Y'\n{_LATER}\n", _LATER),
        (f"[[merge]]\ncluster='{A}'\ninto='{B}'\n", ""),
        (f"[[delete]]\ncluster='{A}'\n{_LATER}\n", _LATER),
    ],
)
def test_a_name_is_free_from_the_week_in_which_its_cluster_no_longer_has_it(
    freed: str, since: str
) -> None:
    text = f"[[rename]]\ncluster='{A}'\nen='X'\n{freed}"
    assert len(parse_edits(f"{text}{_X_FOR_B}{since}\n", Path())) == 3
    if since:
        with pytest.raises(EditsError, match=r"«X» is a name by \[\[rename\]\] 1"):
            parse_edits(text + _X_FOR_B, Path())


_VALUES = st.one_of(
    st.text(max_size=8),
    st.sampled_from([A, B, C, "2026-W10", "still", "follows"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.text(max_size=4), max_size=3),
)
_KEYS = st.sampled_from(["cluster", "into", "en", "zh", "from", "posts", "words", "centre", "x"])
_ENTRIES = st.dictionaries(_KEYS, _VALUES, max_size=5)


def _written(kind: str, entry: dict[str, object]) -> str:
    import json

    lines = [f"{key} = {json.dumps(value, ensure_ascii=True)}" for key, value in entry.items()]
    return "\n".join([f"[[{kind}]]", *lines])


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*EDIT_KINDS, "other"]), _ENTRIES), max_size=6))
def test_any_entries_give_edits_or_one_clear_line(
    entries: list[tuple[str, dict[str, object]]],
) -> None:
    _edits_or_a_line("\n".join(_written(kind, entry) for kind, entry in entries))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_edits_or_one_clear_line(text: str) -> None:
    _edits_or_a_line(text)


@pytest.mark.parametrize("text", ["a=" + "[" * 5000, "a=" + "9" * 5000, "a=" + "{a=" * 3000])
def test_a_text_that_breaks_parsers_gives_one_clear_line(text: str) -> None:
    with pytest.raises(EditsError, match="not TOML"):
        parse_edits(text, Path())


def _edits_or_a_line(text: str) -> None:
    line = "edits.toml"
    try:
        parse_edits(text, Path("edits.toml"))
    except EditsError as error:
        line = error.line
    assert "edits.toml" in line
    assert "\n" not in line


def test_a_file_that_is_not_text_gives_one_clear_line(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, "vectors")
    (tmp_path / EDITS_FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EditsError, match="cannot be read as UTF-8"):
        read_edits(workspace)
    (tmp_path / EDITS_FILE).unlink()
    (tmp_path / EDITS_FILE).mkdir()
    with pytest.raises(EditsError, match=r"this is a folder \(.*move it away"):
        read_edits(workspace)


def test_no_message_has_the_words_of_a_library() -> None:
    for text, _ in WRONG.values():
        with pytest.raises(EditsError) as caught:
            parse_edits(text, Path())
        assert not re.search(r"Input should|Field required|Value error|Errno", caught.value.line)


def test_a_cluster_that_is_deleted_later_may_be_renamed() -> None:
    """A cluster that is deleted from a week on may have a new name before that week."""
    text = f"[[delete]]\ncluster='{A}'\nfrom='2026-W40'\n[[rename]]\ncluster='{A}'\nen='X'\n"
    assert len(parse_edits(text, Path())) == 2


# -- with all stages -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after a run of all stages, without a Bolt server."""
    folder = tmp_path_factory.mktemp("whole")
    Workspace.create(folder, "vectors")
    (folder / "zeitgraph.toml").write_text('profile = "vectors"\n[graph]\nbolt = "off"\n', "utf-8")
    add([write_posts(folder / "posts.jsonl", posts_with_vectors(3))], workspace=folder)
    run(workspace=folder)
    return folder


@pytest.fixture
def trends(whole: Path, tmp_path: Path) -> Workspace:
    """A copy of `whole` that a test may change."""
    import shutil

    return Workspace(shutil.copytree(whole, tmp_path / "copy"))


def _largest(workspace: Workspace) -> str:
    rows = workspace.read("clusters", workspace.weeks("clusters")[-1]).to_pylist()
    return str(max(rows, key=lambda row: (row["posts"], row["cluster_id"]))["cluster_id"])


def test_an_unknown_cluster_stops_before_any_work(trends: Workspace) -> None:
    (trends.root / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")
    before = table_bytes(trends.root)
    with pytest.raises(
        EditsError, match=rf"\[\[delete\]\] 1: no cluster has the id «{A}».*correct the id"
    ):
        run(workspace=trends.root)
    with pytest.raises(EditsError, match="no cluster has the id"):
        forget(["p3-0"], workspace=trends.root)
    assert table_bytes(trends.root) == before


def test_an_unknown_cluster_is_reported_after_the_first_run_and_the_tables_are_complete(
    whole: Path, tmp_path: Path
) -> None:
    """No cluster is known before the first run: it writes all tables, but no pages."""
    Workspace.create(tmp_path, "vectors")
    (tmp_path / "zeitgraph.toml").write_bytes((whole / "zeitgraph.toml").read_bytes())
    (tmp_path / EDITS_FILE).write_text(f"[[delete]]\ncluster='{A}'\n", "utf-8")
    (tmp_path / "posts.jsonl").write_bytes((whole / "posts.jsonl").read_bytes())
    with pytest.raises(EditsError, match=rf"\[\[delete\]\] 1: no cluster has the id «{A}»"):
        run([tmp_path / "posts.jsonl"], workspace=tmp_path)
    pages = ("edits", "claims", "gallery")
    (tmp_path / EDITS_FILE).unlink()
    run(workspace=tmp_path)
    assert table_bytes(tmp_path, *pages) == table_bytes(whole, *pages)


def test_an_unknown_example_post_stops_before_any_work(trends: Workspace, zeitgraph: Run) -> None:
    text = f"[[split]]\ncluster='{_largest(trends)}'\nen='X'\nposts=['p3-0', 'nobody']\n"
    (trends.root / EDITS_FILE).write_text(text, "utf-8")
    before = table_bytes(trends.root)
    ran = zeitgraph("run", "-w", trends.root)
    assert ran.returncode == 2
    assert ran.stderr.startswith("zeitgraph: [[split]] 1: no post is called «nobody» (")
    assert ran.stderr.count("\n") == 1
    assert table_bytes(trends.root) == before


def test_an_edit_without_effect_is_reported_at_the_end_of_each_run_and_stops_nothing(
    trends: Workspace, zeitgraph: Run
) -> None:
    """No post contains the word of the split; the report has the name that the rename gives."""
    own = _largest(trends)
    last = trends.weeks("clusters")[-1]
    text = f"[[split]]\ncluster='{own}'\nen='X'\nwords=['nowhere']\n"
    text += f"[[rename]]\ncluster='{own}'\nen='Found'\n"
    (trends.root / EDITS_FILE).write_text(text, "utf-8")
    assert list_edits(workspace=trends.root).count("waits for the next run") == 2
    for _ in range(2):
        ran = zeitgraph("run", "-w", trends.root)
        assert ran.returncode == 0, ran.stderr
        [note] = [line for line in ran.stderr.splitlines() if "nothing yet" in line]
        assert note.startswith(
            f"edits.toml, [[split]] 1 does nothing yet: no post of {own} is like"
        )
    assert "Nothing had changed" in ran.stdout
    assert any("Found" in row["text"] for row in trends.read("claims", last).to_pylist())
    assert list_edits(workspace=trends.root).count("does nothing yet: ") == 1


def test_an_edit_of_a_cluster_that_had_merged_is_reported_and_stops_nothing(
    trends: Workspace,
) -> None:
    own = _largest(trends)
    last = trends.weeks("clusters")[-1]
    rows = trends.read("clusters", last).to_pylist()
    (trends.root / EDITS_FILE).write_text(f"[[delete]]\ncluster='{own}'\n", "utf-8")
    run(workspace=trends.root)
    assert ineffective_edits(trends) == []
    gone = [row | {"state": "merged"} if row["cluster_id"] == own else row for row in rows]
    trends.write("clusters", last, make_table(TABLES["clusters"], gone))
    [line] = ineffective_edits(trends)
    assert line.startswith(f"edits.toml, [[delete]] 1 does nothing yet: {own} had merged before")


def test_forget_updates_edited_clusters_and_refuses_a_post_that_is_an_example(
    trends: Workspace,
) -> None:
    own = _largest(trends)
    members = sorted(
        row["post_id"]
        for row in trends.read_all("memberships").to_pylist()
        if row["cluster_id"] == own
    )
    path = trends.root / EDITS_FILE
    path.write_text(
        f'[[split]]\ncluster="{own}"\nen="X"\nposts=["{members[0]}"]\n'
        f'[[rename]]\ncluster="{own}"\nen="Mine"\n',
        "utf-8",
    )
    before = table_bytes(trends.root)
    with pytest.raises(EditsError, match=rf"has the post «{members[0]}» as an example.*take it"):
        forget([members[0]], workspace=trends.root)
    assert table_bytes(trends.root) == before
    path.write_text(f'[[delete]]\ncluster="{own}"\n', "utf-8")
    run(workspace=trends.root)
    newest = trends.weeks("posts")[-1]
    gone = max(trends.read("posts", newest)["post_id"].to_pylist(), key=len)
    forget([gone], workspace=trends.root)
    assert path.read_text("utf-8") == f'[[delete]]\ncluster="{own}"\n'
    for file in (trends.root / "tables").rglob("*.parquet"):
        assert gone.encode() not in file.read_bytes()
    assert own not in set(trends.read_all("memberships")["cluster_id"].to_pylist())


def test_the_report_names_the_edits(trends: Workspace) -> None:
    last = trends.weeks("clusters")[-1]
    rows = trends.read("clusters", last).to_pylist()
    own = [r["cluster_id"] for r in sorted(rows, key=lambda row: -row["posts"])][:4]
    since = f"from = '{last}'"
    text = (
        f"[[rename]]\ncluster='{own[0]}'\nen='Calm rooms'\nzh='静室'\n{since}\n"
        f"[[merge]]\ncluster='{own[1]}'\ninto='{own[0]}'\n{since}\n"
        f"[[delete]]\ncluster='{own[2]}'\n{since}\n[[pin]]\ncluster='{own[3]}'\n{since}\n"
    )
    (trends.root / EDITS_FILE).write_text(text, "utf-8")
    run(workspace=trends.root)
    languages: tuple[tuple[Literal["en", "zh"], str, str], ...] = (
        ("en", "editor", "Calm rooms"),
        ("zh", "编辑", "静室"),
    )
    for lang, word, name in languages:
        report(lang=lang, workspace=trends.root)
        claims = [r for r in trends.read("claims", last).to_pylist() if word in r["text"]]
        assert len(claims) == 4
        assert {row["status"] for row in claims} == {"kept"}
        assert any(name in row["text"] for row in claims)


def test_the_command_line_edits(trends: Workspace, zeitgraph: Run) -> None:
    own = _largest(trends)
    weeks = trends.weeks("posts")
    renamed = zeitgraph(
        "edit", "rename", own, "--en", "Glamping", "--zh", "精致露营", "--from", weeks[-1],
        "-w", trends.root,
    )  # fmt: skip
    assert (renamed.returncode, renamed.stderr) == (0, "")
    run(workspace=trends.root)
    events = zeitgraph(
        "answer", "events", f"week={weeks[-1]}", "--format", "csv", "-w", trends.root
    )
    assert re.search(rf"renamed,{own},Glamping,,,hand", events.stdout)
    assert "Glamping" in list_edits(workspace=trends.root)
    wrong = zeitgraph("edit", "merge", own, own, "-w", trends.root)
    assert wrong.returncode == 2
    assert len(wrong.stderr.splitlines()) == 1


def test_the_example_in_the_documents_is_a_valid_file() -> None:
    text = (Path(__file__).parents[3] / "docs" / "edits.md").read_text("utf-8")
    [example] = [t for t in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[merge]]" in t]
    assert {edit.kind for edit in parse_edits(example, Path())} == set(EDIT_KINDS)
