"""Bad rows become rejects with a plain reason, and all good rows around them arrive."""

import csv
import gzip
import io
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.intake import encoded, fresh, ids, image, post, rejects
from zeitgraph.extraction.intake import csv_reader, readers
from zeitgraph.extraction.intake.add import add_posts
from zeitgraph.kg.workspace.workspace import Workspace


def line(row: Any) -> bytes:
    return json.dumps(row).encode()


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "broken JSON": (b'{"id": "bad", "text": "x', "broken JSON"),
    "two objects on a line": (line(post("x")) + line(post("y")), "broken JSON"),
    "a number of 5,000 digits": (b'{"likes": ' + b"9" * 5000 + b"}", "broken JSON"),
    "lists in lists without end": (b"[" * 100_000, "broken JSON"),
    "an unknown column nested deep": (
        b'{"id": "bad", "text": "x", "published_at": "2026-11-10", "more": '
        + b"[" * 900
        + b"]" * 900
        + b"}",
        "",
    ),
    "a list": (b'["bad"]', "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "bytes that are not UTF-8": (b'{"id": "bad", "text": "caf\xe9"}', "not UTF-8"),
    "half a surrogate pair": (line(post("bad", text="\ud83d")), "not UTF-8"),
    "a NUL in the text": (line(post("bad", text="a\x00b")), "NUL character"),
    "a NUL in an unknown column": (line(post("bad", more={"a": ["\x00"]})), "NUL character"),
    "no time": (line(post("bad", published_at=None)), "no time"),
    "an empty time": (line(post("bad", published_at="")), "no time"),
    "words for a time": (line(post("bad", published_at="yesterday")), "bad time"),
    "a number for a time": (line(post("bad", published_at=1762761600)), "bad time"),
    "the 30th of February": (line(post("bad", published_at="2026-02-30")), "bad time"),
    "a time before all calendars": (
        line(post("bad", published_at="0001-01-01T00:00:00+14:00")),
        "bad time",
    ),
    "NaN in a vector": (line(post("bad", image_vector=[1.0, math.nan])), "bad vector"),
    "infinity in a vector": (line(post("bad", text_vector=[math.inf, 1.0])), "bad vector"),
    "too large for float32": (line(post("bad", text_vector=[1e39, 1.0])), "bad vector"),
    "a vector of zeros": (line(post("bad", image_vector=[0, 0])), "bad vector"),
    "an empty vector": (line(post("bad", image_vector=[])), "bad vector"),
    "words in a vector": (line(post("bad", image_vector=["1", "2"])), "bad vector"),
    "a matrix for a vector": (line(post("bad", image_vector=[[1.0, 2.0]])), "bad vector"),
    "a vector of another length": (
        line(post("bad", image_vector=[1.0, 2.0, 3.0])),
        "vector of the wrong length",
    ),
    "two vectors of two lengths": (
        line(post("bad", image_vector=[1.0, 2.0], text_vector=[1.0])),
        "vector of the wrong length",
    ),
    "a negative count": (line(post("bad", likes=-3)), "bad count"),
    "words for a count": (line(post("bad", views="many")), "bad count"),
    "half a count": (line(post("bad", shares=1.5)), "bad count"),
    "a count that is not a number": (line(post("bad", shares=math.nan)), "bad count"),
    "true for a count": (line(post("bad", saves=True)), "bad count"),
    "a count beyond all counts": (line(post("bad", views=10**30)), "bad count"),
    "too long a text": (line(post("bad", text="x" * 20_001)), "text too long"),
    "too long an id": (line(post("b" * 201)), "text too long"),
    "a list for a text": (line(post("bad", text=["x"])), "not text"),
    "a number in the list of pictures": (line(post("bad", images=[1])), "bad list"),
    "no content at all": (line(post("bad", text=None)), "no content"),
    "only blanks": (line(post("bad", text=" \n ")), "no content"),
    "only a missing picture": (line(post("bad", text=None, images=["gone.png"])), "no content"),
    "an id that another post has": (line(post("good 1", text="other words")), "duplicate id"),
}


@pytest.mark.parametrize("name", [name for name, (_, kind) in BAD_LINES.items() if kind])
def test_a_bad_line_is_rejected_and_its_neighbours_arrive(tmp_path: Path, name: str) -> None:
    raw, kind = BAD_LINES[name]
    first = post("good 1", published_at="2026-11-09", image_vector=[1.0, 2.0])
    lines = [line(first), raw, line(post("good 2", image_vector=[2.0, 1.0]))]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(lines))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert ids(workspace) == ["good 1", "good 2"]
    assert (summary.read, summary.new, summary.known) == (3, 2, 0)
    assert summary.rejected[kind] == 1
    assert kind in str(summary)
    found = [row for row in rejects(workspace) if row["reason"].startswith(kind)]
    assert [(row["file"], row["row"], row["stage"]) for row in found] == [
        ("posts.jsonl", 2, "intake")
    ]
    assert all(row["item"] and row["reason"].isprintable() for row in found)
    before = rejects(workspace)
    add_posts(workspace, [tmp_path / "posts.jsonl"])
    assert rejects(workspace) == before


def test_a_deeply_nested_unknown_column_stops_no_other_row(tmp_path: Path) -> None:
    raw, _ = BAD_LINES["an unknown column nested deep"]
    lines = [line(post("good 1")), raw, line(post("good 2"))]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(lines))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert {"good 1", "good 2"} <= set(ids(workspace))
    assert summary.new + sum(summary.rejected.values()) == 3


def test_a_line_that_is_too_long_is_skipped_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "LONGEST_LINE", 500)
    lines = [line(post("good 1")), line(post("bad", text="x" * 5000)), line(post("good 2"))]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(lines))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert ids(workspace) == ["good 1", "good 2"]
    assert dict(summary.rejected) == {"line too long": 1}


def test_blank_lines_and_a_byte_order_mark_are_ignored(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + line(post("a")) + b"\r\n\r\n  \n" + line(post("b")) + b"\r\n"
    (tmp_path / "posts.jsonl").write_bytes(data)
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert (ids(workspace), summary.read, summary.rejected) == (["a", "b"], 2, {})


def test_a_truncated_compressed_file_gives_the_rows_before_the_end(tmp_path: Path) -> None:
    rows = b"\n".join(line(post(f"p{n}", text=f"{n * 7919}")) for n in range(3000))
    packed = gzip.compress(rows)
    (tmp_path / "posts.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "other.jsonl").write_bytes(line(post("after")))
    (tmp_path / "none.jsonl.gz").write_bytes(b"not gzip")
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path])
    assert "after" in ids(workspace)
    assert 100 < summary.new < 3000
    assert summary.rejected["file cannot be read on from here"] == 2


# -- CSV -------------------------------------------------------------------------------------------

HEADER = b"id,text,published_at,likes,images\n"
BAD_CSV: dict[str, tuple[bytes, str]] = {
    "too few cells": (b"bad,words", "broken CSV"),
    "too many cells": (b"bad,words,2026-11-10,1,,,", "broken CSV"),
    "a quote that is never closed": (b'bad,"words,2026-11-10,1,', "broken CSV"),
    "a quote astray": (b'bad,"wo"rds,2026-11-10,1,', "broken CSV"),
    "bytes that are not UTF-8": (b"bad,caf\xe9,2026-11-10,1,", "not UTF-8"),
    "a NUL": (b"bad,a\x00b,2026-11-10,1,", "NUL character"),
    "no time": (b"bad,words,,1,", "no time"),
    "words for a count": (b"bad,words,2026-11-10,many,", "bad count"),
    "a broken list": (b'bad,words,2026-11-10,1,"[""a.png"""', "bad list"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_a_bad_csv_record_is_rejected_and_its_neighbours_arrive(tmp_path: Path, name: str) -> None:
    raw, kind = BAD_CSV[name]
    good = (b'good 1,"two\nlines",2026-11-10,1,', b'good 2,"a ""sofa""",2026-11-10,2.0,', b"")
    lines = [good[0], raw, good[1], b"", b"good 3,x,2026-11-10,,"]
    (tmp_path / "posts.csv").write_bytes(HEADER + b"\n".join(lines) + b"\n")
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.csv"])
    rows = {row["post_id"]: row for row in workspace.read_all("intake").to_pylist()}
    assert {key: row["text"] for key, row in rows.items()} == {
        "good 1": "two\nlines",
        "good 2": 'a "sofa"',
        "good 3": "x",
    }
    assert [rows[key]["likes"] for key in sorted(rows)] == [1, 2, None]
    assert dict(summary.rejected) == {kind: 1}
    assert [(row["file"], row["row"]) for row in rejects(workspace)] == [("posts.csv", 4)]


ROW = "2026-11-09T10:00:00Z"
QUOTES: dict[str, tuple[str, bool]] = {
    "an inch mark in the middle": ('bad,wedge with 5" heel,{t},4,', True),
    "an inch mark at the end of a cell": ('bad,heel of 5",{t},4,', True),
    "two inch marks": ('bad,frame of 5" x 7" in oak,{t},4,', True),
    "doubled marks in an unquoted cell": ('bad,wedge with 5"" heel,{t},4,', True),
    "a quoted cell after an inch mark": ('bad,5" heel,{t},4,"a.png|b.png"', True),
    "doubled marks in a quoted cell": ('bad,"wedge with 5"" heel, cork",{t},4,', True),
    "a mark that opens the text": ('bad,"wedge heel,{t},4,', False),
    "a mark that opens the last cell": ('bad,wedge heel,{t},4,"', False),
    "a mark that opens the time": ('bad,wedge heel,"{t},4,', False),
    "a single mark in a quoted cell": ('bad,"wedge with 5" heel",{t},4,', False),
    "a mark before a quoted cell": ('bad, "wedge, heel",{t},4,', False),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("order", ["text before time", "time before text"])
@pytest.mark.parametrize("what", QUOTES)
def test_a_stray_quote_costs_at_most_its_row(
    tmp_path: Path, what: str, order: str, ending: str
) -> None:
    bad, arrives = QUOTES[what]
    header = "id,text,published_at,likes,images"
    rows = [
        "first,plain boots,{t},3,",
        bad,
        "linen,linen shirt,{t},5,",
        'quoted,"a ""straw"" hat, two{e}lines, of 5"" each",{t},6,',
        bad.replace("bad", "again"),
        'empty,"",{t},6,"x.png"',
        "last,silk scarf,{t},7,",
        bad.replace("bad", "end"),
    ]
    if order == "time before text":
        header = "id,published_at,text,likes,images"
        rows = [row.replace("{t},", "").replace(",", ",{t},", 1) for row in rows]
        rows = [row.replace('{t},wedge heel,"', '"{t},wedge heel,') for row in rows]
    text = ending.join(row.format(t=ROW, e=ending) for row in [header, *rows])
    (tmp_path / "posts.csv").write_bytes(text.encode())
    workspace = fresh(tmp_path / "w")
    summary = add_posts(workspace, [tmp_path / "posts.csv"])
    strays = {"bad", "again", "end"}
    found = {row["post_id"]: row["text"] for row in workspace.read_all("intake").to_pylist()}
    assert set(found) - strays == {"first", "linen", "quoted", "last"}
    assert found["quoted"] == f'a "straw" hat, two{ending}lines, of 5" each'
    assert found["linen"] == "linen shirt"
    lost = [row for row in rejects(workspace) if row["reason"].startswith("broken CSV")]
    if arrives:
        assert strays <= set(found)
        assert lost == []
    else:
        assert {row["file"] for row in lost} == {"posts.csv"}
        assert {3, 7, 10} <= {row["row"] for row in lost}
    assert summary.read == len(rows)


def test_quoted_cells_of_several_lines_arrive_whole(tmp_path: Path) -> None:
    texts = ["two\nlines", "a, b\nc, d", "\n\n", 'a "b"\n"c", d', "x,y,z\nx,y,z,1\n2026,a,b,c,d"]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["author", "text", "published_at", "url", "id"])
    for number, text in enumerate(texts):
        writer.writerow([text, text + "!", ROW, text, f"p{number}"])
    (tmp_path / "posts.csv").write_text(file.getvalue(), "utf-8", newline="")
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.csv"])
    rows = {row["post_id"]: row["text"] for row in workspace.read_all("intake").to_pylist()}
    assert rows == {f"p{number}": text + "!" for number, text in enumerate(texts)}
    assert (summary.read, dict(summary.rejected)) == (len(texts), {})


def test_two_stray_quotes_far_apart_swallow_nothing_between_them(tmp_path: Path) -> None:
    rows = [f"p{number},{ROW},text {number},{number}" for number in range(20_000)]
    rows[5] = f'p5,{ROW},"wedge heel,5'
    rows[19_990] = f'p19990,{ROW},heel of 5",6'
    lines = ["id,published_at,text,likes", *rows]
    (tmp_path / "posts.csv").write_text("\n".join(lines), "utf-8")
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.csv"])
    assert (summary.read, summary.new) == (20_000, 19_999)
    (lost,) = rejects(workspace)
    assert (lost["file"], lost["row"]) == ("posts.csv", 7)
    assert lost["reason"] == "broken CSV: a quote is not closed or stands astray"


def test_adjacent_stray_quotes_cost_no_row_but_their_own(tmp_path: Path) -> None:
    lines = ["id,published_at,text,likes", f'p1,{ROW},"wedge heel,5', f'p2,{ROW},heel of 5",6']
    (tmp_path / "posts.csv").write_text("\n".join([*lines, f"p3,{ROW},hat,7"]), "utf-8")
    add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.csv"])
    assert ids(workspace) == ["p2", "p3"]
    assert [row["row"] for row in rejects(workspace)] == [2]


def test_a_stray_quote_is_noticed_at_the_next_row(tmp_path: Path) -> None:
    lines = [f'p,{ROW},"wedge heel,5\n', *(f"p{n},{ROW},text,5\n" for n in range(1000))]
    (tmp_path / "posts.csv").write_text("id,published_at,text,likes\n" + "".join(lines), "utf-8")
    (source,) = readers.find_sources([tmp_path / "posts.csv"], lambda _line: None)
    with source.path.open(encoding="utf-8", newline="") as file:
        held = csv_reader._Lines(file)
        header = held.take().strip().split(",")
        csv_reader._csv_row(source, held, header, held.take())
        assert len(held.back) == 1


def test_the_inch_mark_of_the_example_file(tmp_path: Path, real_data: Path) -> None:
    file = real_data.parent / "cases" / "csv-inch-mark" / "posts.csv"
    if not file.is_file():
        pytest.skip("no cases beside the real data")
    add_posts(workspace := fresh(tmp_path / "w"), [file])
    assert {"a1", "a3", "a4", "a5"} <= set(ids(workspace))


@settings(max_examples=60, deadline=None)
@given(junk=st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b), max_size=6))
def test_good_csv_rows_before_any_junk_arrive(
    tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    rows = [b"good 1,words,2026-11-10,1,", *junk]
    (folder / "posts.csv").write_bytes(HEADER + b"\n".join(rows) + b"\n")
    add_posts(workspace := fresh(folder / "w"), [folder / "posts.csv"])
    assert "good 1" in ids(workspace)


@settings(max_examples=60, deadline=None)
@given(junk=st.lists(st.binary(max_size=60).filter(lambda b: b"\n" not in b), max_size=6))
def test_good_json_lines_around_any_junk_arrive(
    tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    rows = [line(post("good 1")), *junk, line(post("good 2"))]
    (folder / "posts.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    summary = add_posts(workspace := fresh(folder / "w"), [folder / "posts.jsonl"])
    assert ids(workspace) == ["good 1", "good 2"]
    assert summary.read == 2 + sum(1 for raw in junk if raw.strip())
    assert sum(summary.rejected.values()) == summary.read - 2


@pytest.mark.parametrize("header", [b"", b"id,id,published_at\n", b'id,"published_at,text\n'])
def test_a_csv_file_without_a_usable_header_is_one_reject(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "bad.csv").write_bytes(header + (b"a,b,2026-11-10\n" if header else b""))
    (tmp_path / "good.jsonl").write_bytes(line(post("good")))
    summary = add_posts(
        workspace := fresh(tmp_path / "w"), [tmp_path / "bad.csv", tmp_path / "good.jsonl"]
    )
    assert ids(workspace) == ["good"]
    assert dict(summary.rejected) == {"bad header": 1}


# -- Parquet ---------------------------------------------------------------------------------------


def test_bad_parquet_rows_are_rejected_and_their_neighbours_arrive(tmp_path: Path) -> None:
    texts = not_utf8([b"one", b"caf\xe9", b"three", b"four", b"five"])
    table = pa.table(
        {
            "id": ["p1", "p2", "p3", "p4", "p5"],
            "text": texts,
            "published_at": pa.array(
                [10**18 + 1, 10**18, None, 10**18, 10**18], pa.timestamp("ns")
            ),
            "image_vector": [[1.0, 2.0], None, None, [math.nan, 1.0], [2.0, 1.0]],
        }
    )
    pq.write_table(table, tmp_path / "posts.parquet")
    add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.parquet"])
    assert ids(workspace) == ["p1", "p5"]
    reasons = {row["row"]: row["reason"].partition(":")[0] for row in rejects(workspace)}
    assert reasons == {2: "not UTF-8", 3: "no time", 4: "bad vector"}


def not_utf8(texts: list[bytes]) -> pa.Array:
    """A string array whose bytes are taken as they are."""
    raw = pa.array(texts, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(texts), raw.buffers())


def test_a_truncated_parquet_file_is_rejected_and_other_files_arrive(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([post("lost")]), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[: len(data) // 2])
    (tmp_path / "b.jsonl").write_bytes(line(post("good")))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path])
    assert ids(workspace) == ["good"]
    assert dict(summary.rejected) == {"file cannot be read on from here": 1}


# -- pictures and paths ----------------------------------------------------------------------------


def test_a_post_with_one_bad_picture_arrives_with_the_good_ones(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(image(seed=1)))
    (tmp_path / "b.png").write_bytes(encoded(image(seed=2)))
    (tmp_path / "cut.png").write_bytes(encoded(image(seed=3))[:60])
    rows = [post("p", images=["a.png", "cut.png", "b.png", "a.png"], text=None), post("q")]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(map(line, rows)))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert (ids(workspace), ids(workspace, "media")) == (["p", "q"], ["p", "p"])
    assert dict(summary.rejected) == {"picture cannot be decoded": 1}
    (reject,) = rejects(workspace)
    assert reject["item"] == "p"
    assert "cut.png" in reject["reason"]


def test_a_post_without_usable_content_is_rejected_with_each_reason(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(encoded(image())[:60])
    rows = [post("p", text=None, images=["cut.png"], videos=["gone.mp4"]), post("q")]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(map(line, rows)))
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [tmp_path / "posts.jsonl"])
    assert ids(workspace) == ["q"]
    reasons = sorted(row["reason"].partition(":")[0] for row in rejects(workspace))
    assert reasons == ["no content", "picture cannot be decoded", "video is missing"]
    assert not [file for file in workspace.media_folder.rglob("*") if file.is_file()]


OUTSIDE = {
    "up": "../secret.png",
    "up and down": "inner/../../secret.png",
    "a link to a file": "link.png",
    "through a link to a folder": "linked/secret.png",
    "absolute": "{outside}/secret.png",
    "a drive": "C:\\secret.png",
    "an address": "https://example.org/secret.png",
    "an address of a file": "file:///{outside}/secret.png",
    "a device": "/dev/zero",
    "the folder itself": ".",
    "a circle of links": "circle.png",
    "a name too long": "x" * 5000 + ".png",
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_no_file_outside_the_folder_is_read(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "c"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(encoded(image()))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "circle.png").symlink_to(folder / "circle.png")
    named = OUTSIDE[way].format(outside=tmp_path)
    rows = [post("p", images=[named]), post("q", text=None, images=[named]), post("r")]
    (folder / "posts.jsonl").write_bytes(b"\n".join(map(line, rows)))
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [folder])
    assert ids(workspace) == ["p", "r"]
    assert ids(workspace, "media") == []
    assert len(rejects(workspace)) == 3
    assert not workspace.media_folder.exists()


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.png").write_bytes(encoded(image()))
    (tmp_path / "link.png").symlink_to("real.png")
    (tmp_path / "posts.jsonl").write_bytes(line(post("p", images=["link.png"])))
    add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "posts.jsonl"])
    assert ids(workspace, "media") == ["p"]


def test_a_lone_picture_behind_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "walk").mkdir()
    (tmp_path / "secret.png").write_bytes(encoded(image()))
    (tmp_path / "walk" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "walk" / "good.png").write_bytes(encoded(image(seed=1)))
    summary = add_posts(workspace := fresh(tmp_path / "w"), [tmp_path / "walk"])
    assert summary.new == len(ids(workspace)) == 1
    assert "picture is outside the corpus" in summary.rejected


# -- nothing is lost -------------------------------------------------------------------------------


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    raw = [entry for entry, kind in BAD_LINES.values() if kind]
    rows = [line(post("good 1")), *raw, line(post("good 1")), line(post("good 2"))]
    (tmp_path / "posts.jsonl").write_bytes(b"\n".join(rows))
    workspace = fresh(tmp_path / "w")
    summary = add_posts(workspace, [tmp_path / "posts.jsonl"])
    assert summary.read == len(rows)
    lines = [row["row"] for row in rejects(workspace)]
    assert summary.new + summary.known + len(set(lines)) == summary.read
    assert_rejects_have_words(workspace)


def assert_rejects_have_words(workspace: Workspace) -> None:
    for row in rejects(workspace):
        assert row["item"]
        assert row["file"] == "posts.jsonl"
        assert "\n" not in row["reason"]
        assert len(row["reason"]) < 300
