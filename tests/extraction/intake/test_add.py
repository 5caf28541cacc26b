"""Posts of every kind of file are added whole and once, and can be removed for good."""

import csv
import gzip
import json
import os
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import table_bytes, write_posts
from tests.worlds.intake import encoded, fresh, ids, image, jpeg, post, rejects
from zeitgraph.extraction.forget import remove_posts
from zeitgraph.extraction.intake.add import add_posts, forgotten_ids
from zeitgraph.extraction.intake.columns import hash_author
from zeitgraph.extraction.intake.spool import Spool
from zeitgraph.kg.base.errors import InputError
from zeitgraph.kg.base.ids import digest_bytes, digest_text
from zeitgraph.kg.workspace.workspace import Workspace

FULL: Mapping[str, Any] = {
    "id": "7",
    "text": "A linen sofa, 亚麻沙发",
    "published_at": "2026-11-10T08:00:00+08:00",
    "lang": "en",
    "author": "mei@example.org",
    "url": "https://example.org/7",
    "views": 120,
    "likes": 3,
    "region": "EU",
    "gender": "f",
    "age_band": "25-34",
    "images": ["pictures/a.png", "pictures/b.jpg"],
    "image_vector": [0.5, -0.25, 2.0],
    "text_vector": [1.0, 0.0, 0.125],
    "mood": "calm",
}


def corpus(folder: Path) -> Path:
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "a.png").write_bytes(encoded(image(seed=1)))
    (folder / "pictures" / "b.jpg").write_bytes(jpeg(2))
    return folder


def as_jsonl(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    return write_posts(folder / "posts.jsonl", rows)


def as_gzip(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = folder / "posts.jsonl.gz"
    path.write_bytes(gzip.compress(as_jsonl(folder, rows).read_bytes()))
    return path


def as_csv(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = folder / "posts.csv"
    columns = sorted({name for row in rows for name in row})
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            cells = {"images": "|".join(row["images"])} if "images" in row else {}
            lists = {k: json.dumps(v) for k, v in row.items() if isinstance(v, list)}
            writer.writerow({**row, **lists, **cells})
    return path


def as_parquet(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = folder / "posts.parquet"
    times = [datetime.fromisoformat(row["published_at"]) for row in rows]
    table = pa.Table.from_pylist(
        [{**r, "published_at": t} for r, t in zip(rows, times, strict=True)]
    )
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("write", [as_jsonl, as_gzip, as_csv, as_parquet])
def test_every_kind_of_file_gives_the_same_post(tmp_path: Path, write: Any) -> None:
    workspace = fresh(tmp_path / "w")
    path = write(corpus(tmp_path / "c"), [FULL])
    summary = add_posts(workspace, [path])
    (row,) = workspace.read("intake", "2026-W46").to_pylist()
    assert (summary.read, summary.new, summary.weeks) == (1, 1, ("2026-W46",))
    assert rejects(workspace) == []
    for name in ("text", "lang", "url", "views", "likes", "region", "gender", "age_band"):
        assert row[name] == FULL[name]
    assert row["post_id"] == "7"
    assert row["published_at"] == datetime(2026, 11, 10, tzinfo=UTC)
    assert row["author"] == hash_author("mei@example.org")
    assert json.loads(row["extra"]) == {"mood": "calm"}
    assert row["image_vector"] == FULL["image_vector"]
    assert row["text_vector"] == FULL["text_vector"]
    media = workspace.read("media", "2026-W46").to_pylist()
    assert [(m["kind"], m["position"], m["width"], m["height"]) for m in media] == [
        ("picture", 0, 24, 16),
        ("picture", 1, 24, 16),
    ]
    for medium, name in zip(media, ("a.png", "b.jpg"), strict=True):
        data = (tmp_path / "c" / "pictures" / name).read_bytes()
        assert (workspace.root / medium["path"]).read_bytes() == data
        assert medium["path"] == f"media/{digest_bytes(data)[:2]}/{digest_bytes(data)}{name[1:]}"


@pytest.mark.parametrize(
    "content",
    [
        {"text": "only words"},
        {"images": ["pictures/a.png"]},
        {"image_vector": [1.0, 2.0, 3.0]},
        {"text_vector": [1, 2, 3]},
    ],
)
def test_a_row_needs_a_time_and_one_content_and_its_id_is_made_from_them(
    tmp_path: Path, content: Mapping[str, Any]
) -> None:
    folder = corpus(tmp_path / "c")
    row = {"published_at": "2026-11-10", **content}
    add_posts(workspace := fresh(tmp_path / "w"), [as_jsonl(folder, [row])])
    add_posts(other := fresh(tmp_path / "v"), [as_jsonl(folder, [post("x"), row])])
    assert len(ids(workspace)) == 1
    assert set(ids(workspace)) < set(ids(other))


def test_no_file_of_the_workspace_holds_the_name_of_an_author(tmp_path: Path) -> None:
    path = as_jsonl(corpus(tmp_path / "c"), [FULL])
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [path])
    files = [file for file in workspace.root.rglob("*") if file.is_file()]
    assert files
    assert not any(b"mei@example.org" in file.read_bytes() for file in files)


def test_each_picture_of_a_folder_becomes_a_post_dated_by_exif_or_file(tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    (folder / "inner").mkdir(parents=True)
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2026:11:01 23:30:00", 0x9011: "-02:00"})
    (folder / "dated.jpg").write_bytes(encoded(image(), "JPEG", exif=exif))
    (folder / "inner" / "plain.png").write_bytes(encoded(image(seed=3)))
    changed = datetime(2026, 10, 6, tzinfo=UTC)
    os.utime(folder / "inner" / "plain.png", (changed.timestamp(),) * 2)
    (folder / "labels.csv").write_text("path,label\ndated.jpg,walk\n", "utf-8")
    (folder / ".DS_Store").write_bytes(b"\x00")
    notes: list[str] = []
    summary = add_posts(workspace := fresh(tmp_path / "w"), [folder], notes.append)
    rows = workspace.read_all("intake").to_pylist()
    by_picture = {json.loads(row["extra"])["picture"]: row for row in rows}
    assert (summary.new, rejects(workspace)) == (2, [])
    assert by_picture["dated.jpg"]["published_at"] == datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
    assert json.loads(by_picture["dated.jpg"]["extra"])["published_at_from"] == "exif"
    assert by_picture["inner/plain.png"]["published_at"] == changed
    assert json.loads(by_picture["inner/plain.png"]["extra"])["published_at_from"] == "file"
    assert any("labels.csv" in note for note in notes)


def test_a_picture_copied_with_another_time_is_still_known(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").write_bytes(encoded(image()))
        os.utime(tmp_path / name / f"{name}.png", (1_790_000_000 + number * 10**6,) * 2)
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [tmp_path / "one"])
    before = table_bytes(workspace.root)
    assert add_posts(workspace, [tmp_path / "two"]).known == 1
    assert table_bytes(workspace.root) == before


def test_a_folder_with_files_of_posts_gives_no_posts_for_loose_pictures(
    tmp_path: Path,
) -> None:
    folder = corpus(tmp_path / "c")
    as_jsonl(folder, [post("a", images=["pictures/a.png"])])
    as_csv(folder, [post("b")])
    add_posts(workspace := fresh(tmp_path / "w"), [folder])
    assert ids(workspace) == ["a", "b"]
    assert ids(workspace, "media") == ["a"]


@pytest.mark.parametrize("name", ["absent.jsonl", "posts.txt", "empty"])
def test_an_unreadable_path_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "posts.txt").write_text("hello", "utf-8")
    (tmp_path / "empty").mkdir()
    good = as_jsonl(corpus(tmp_path / "c"), [post("a")])
    workspace = fresh(tmp_path / "w")
    with pytest.raises(InputError, match=name):
        add_posts(workspace, [good, tmp_path / name])
    assert table_bytes(workspace.root) == {}


def test_adding_again_changes_no_byte(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "c")
    rows = [dict(FULL), post("b"), post("c", images=["gone.png"]), post("d", likes=-1)]
    path = as_jsonl(folder, rows)
    workspace = fresh(tmp_path / "w")
    first = add_posts(workspace, [path])
    before = table_bytes(workspace.root)
    stamps = {file: file.stat().st_mtime_ns for file in workspace.media_folder.rglob("*")}
    again = add_posts(workspace, [path])
    assert (first.new, first.known, again.new, again.known) == (3, 0, 0, 3)
    assert table_bytes(workspace.root) == before
    assert {f: f.stat().st_mtime_ns for f in workspace.media_folder.rglob("*")} == stamps
    assert not list(workspace.cache_folder.glob("add*"))


def test_new_posts_touch_only_their_weeks(tmp_path: Path) -> None:
    workspace = fresh(tmp_path / "w")
    path = as_jsonl(tmp_path / "c", [post("a"), post("b", published_at="2026-11-20")])
    add_posts(workspace, [path])
    old = workspace.root / "tables/intake/week=2026-W46/part.parquet"
    stamp = old.stat().st_mtime_ns
    later = write_posts(tmp_path / "later.jsonl", [post("c", published_at="2026-11-21")])
    assert add_posts(workspace, [later]).weeks == ("2026-W47",)
    assert old.stat().st_mtime_ns == stamp
    assert ids(workspace) == ["a", "b", "c"]


# -- order -----------------------------------------------------------------------------------------

WEEKDAYS = st.integers(1, 21).map(lambda day: f"2026-11-{day:02d}T10:00:00Z")
ROWS = st.lists(
    st.builds(
        lambda number, text, when, vector, picture: post(
            f"p{number}",
            text=text or None,
            published_at=when,
            image_vector=vector,
            images=[f"{picture}.png"],
        ),
        st.integers(0, 6),
        st.sampled_from(["sofa", "露营", ""]),
        WEEKDAYS,
        st.sampled_from([None, [1.0, 2.0], [2.0, 1.0], [1.0, 2.0, 3.0]]),
        st.sampled_from(["a", "b", "broken", "gone"]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, order=st.randoms(use_true_random=False), cut=st.integers(0, 14))
def test_neither_the_order_of_rows_nor_the_split_into_files_changes_the_tables(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    order: random.Random,
    cut: int,
) -> None:
    folder = tmp_path_factory.mktemp("order")
    for name in ("a", "b"):
        (folder / f"{name}.png").write_bytes(encoded(image(seed=ord(name))))
    (folder / "broken.png").write_bytes(encoded(image())[:40])
    shuffled = order.sample(rows, len(rows))
    one = write_posts(folder / "one.jsonl", rows)
    two = [write_posts(folder / "t1.jsonl", shuffled[:cut]), folder / "t2.jsonl"]
    write_posts(two[1], shuffled[cut:])
    add_posts(first := fresh(folder / "v"), [one])
    add_posts(second := fresh(folder / "w"), two)
    assert contents(first) == contents(second)
    assert {file.name for file in first.media_folder.rglob("*.png")} == {
        file.name for file in second.media_folder.rglob("*.png")
    }
    assert set(first.read_all("media")["path"].to_pylist()) == {
        file.relative_to(first.root).as_posix() for file in first.media_folder.rglob("*.png")
    }
    stands = table_bytes(first.root)
    add_posts(first, [one])
    assert table_bytes(first.root) == stands
    add_posts(first, two)
    assert table_bytes(first.root, "rejects") == {
        path: data for path, data in stands.items() if not path.startswith("rejects")
    }


def contents(workspace: Workspace) -> dict[str, Any]:
    """The tables but for where each row was found: that, and rejects, tell of files."""
    tables = {name: workspace.read_all(name) for name in ("intake", "media")}
    tables["intake"] = tables["intake"].drop_columns(["file", "row"])
    rejected = sorted((row["item"], row["reason"], row["week"]) for row in rejects(workspace))
    return {name: table.to_pylist() for name, table in tables.items()} | {"rejects": rejected}


def test_of_two_posts_with_one_id_the_earlier_stays_and_the_other_is_rejected(
    tmp_path: Path,
) -> None:
    late, early = post("a", text="late"), post("a", text="early", published_at="2026-11-01")
    workspace = fresh(tmp_path / "w")
    summary = add_posts(workspace, [as_jsonl(tmp_path / "c", [late, early, post("b"), early])])
    texts = dict(workspace.read_all("intake").select(["post_id", "text"]).to_pylist()[0])
    assert texts == {"post_id": "a", "text": "early"}
    assert (summary.new, summary.known, dict(summary.rejected)) == (2, 1, {"duplicate id": 1})
    (reject,) = rejects(workspace)
    assert (reject["item"], reject["row"]) == ("a", 1)


def test_a_stored_post_is_never_replaced(tmp_path: Path) -> None:
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [write_posts(tmp_path / "1.jsonl", [post("a", text="first")])])
    earlier = post("a", text="second", published_at="2020-01-01")
    summary = add_posts(workspace, [write_posts(tmp_path / "2.jsonl", [earlier])])
    assert summary.rejected == {"duplicate id": 1}
    assert workspace.read_all("intake")["text"].to_pylist() == ["first"]


def test_vectors_must_have_the_length_of_stored_ones_else_the_commonest_length(
    tmp_path: Path,
) -> None:
    rows = [post(f"p{n}", image_vector=[1.0] * length) for n, length in enumerate((3, 2, 2))]
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [write_posts(tmp_path / "1.jsonl", rows)])
    assert ids(workspace) == ["p1", "p2"]
    rows = [post(f"q{n}", text_vector=[1.0] * length) for n, length in enumerate((3, 3, 2))]
    add_posts(workspace, [write_posts(tmp_path / "2.jsonl", rows)])
    assert ids(workspace) == ["p1", "p2", "q2"]
    assert {row["reason"] for row in rejects(workspace)} == {
        "vector of the wrong length: others have 2 numbers"
    }


# -- a killed add ----------------------------------------------------------------------------------


def test_the_next_add_completes_one_that_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = corpus(tmp_path / "c")
    rows = [
        post(f"p{n}", published_at=f"2026-11-{n + 1:02d}", images=["pictures/a.png", f"{n}.png"])
        for n in range(20)
    ]
    path = as_jsonl(folder, rows)
    add_posts(whole := fresh(tmp_path / "whole"), [path])
    for step in range(1, 8):
        workspace = fresh(tmp_path / f"cut{step}")
        with monkeypatch.context() as patch:
            patch.setattr(Workspace, "write", stop_after(step))
            with pytest.raises(KeyboardInterrupt):
                add_posts(workspace, [path])
        add_posts(workspace, [path])
        assert table_bytes(workspace.root) == table_bytes(whole.root)


def stop_after(writes: int) -> Any:
    """`Workspace.write`, but the power goes after so many."""
    write, left = Workspace.write, iter(range(writes))

    def cut(self: Workspace, *arguments: Any) -> str:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return write(self, *arguments)

    return cut


# -- posts go --------------------------------------------------------------------------------------


def test_a_forgotten_post_leaves_no_trace_and_is_not_added_again(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "c")
    rows = [
        post("secret", images=["pictures/a.png", "pictures/b.jpg", "gone.png"]),
        post("other", images=["pictures/b.jpg"]),
    ]
    path = as_jsonl(folder, rows)
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [path])
    alone, shared = paths_of(workspace)
    assert remove_posts(workspace, ["secret"]) == ["2026-W46"]
    assert ids(workspace) == ids(workspace, "media") == ["other"]
    assert not (workspace.root / alone).exists()
    assert (workspace.root / shared).exists()
    assert rejects(workspace) == []
    assert forgotten_ids(workspace) == {digest_text("secret")}
    before = table_bytes(workspace.root)
    summary = add_posts(workspace, [path])
    assert (summary.forgotten, summary.known, summary.new) == (1, 1, 0)
    assert table_bytes(workspace.root) == before
    assert not (workspace.root / alone).exists()
    assert b"secret" not in b"".join(
        file.read_bytes() for file in workspace.root.rglob("*") if file.is_file()
    )


def paths_of(workspace: Workspace) -> tuple[str, str]:
    """The picture that only `secret` has, and the one that `other` has too."""
    rows = workspace.read_all("media").to_pylist()
    shared = next(row["path"] for row in rows if row["post_id"] == "other")
    return next(row["path"] for row in rows if row["path"] != shared), shared


def test_an_id_can_be_forgotten_before_its_post_is_added(tmp_path: Path) -> None:
    workspace = fresh(tmp_path / "w")
    assert remove_posts(workspace, ["later"]) == []
    path = write_posts(tmp_path / "1.jsonl", [post("later"), post("b")])
    assert add_posts(workspace, [path]).forgotten == 1
    assert ids(workspace) == ["b"]


# -- real posts ------------------------------------------------------------------------------------


def test_real_forum_posts_all_arrive(tmp_path: Path, real_data: Path) -> None:
    summary = add_posts(
        workspace := fresh(tmp_path / "w"), [real_data / "forum" / "posts.jsonl.gz"]
    )
    assert (summary.read, summary.new, dict(summary.rejected)) == (14228, 14228, {})
    assert all(
        week.startswith(("2012-W", "2013-W", "2014-W")) for week in workspace.weeks("intake")
    )


def test_real_photographs_all_decode(tmp_path: Path, real_data: Path) -> None:
    summary = add_posts(workspace := fresh(tmp_path / "w"), [real_data / "clothing"])
    assert (summary.new, dict(summary.rejected)) == (500, {})
    assert workspace.read_all("media").num_rows == 500


def test_the_spool_of_a_killed_add_is_removed(tmp_path: Path) -> None:
    (tmp_path / "add.sqlite").write_bytes(b"half written")
    spool = Spool(tmp_path / "add.sqlite")
    assert spool.stored_content("a") is None
    spool.close()
    assert not (tmp_path / "add.sqlite").exists()
