"""Pictures and videos from untrusted sources are stored unchanged or rejected with a reason."""

import random
import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import write_posts
from tests.worlds.intake import encoded, fresh, ids, image, jpeg, post, rejects, write_video
from zeitgraph.extraction.intake.add import add_posts
from zeitgraph.extraction.intake.pictures import (
    BadPicture,
    load_picture,
    strict_decoding,
    taken_at,
    verify_picture,
)
from zeitgraph.extraction.intake.videos import BadVideo, key_frames

PIXELS = 50_000_000


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    with strict_decoding():
        yield


def bomb(side: int) -> bytes:
    """A PNG that says it is `side` x `side` and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\x00" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


# -- pictures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "mode", "extension"),
    [
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("JPEG", "L", "jpg"),
        ("PNG", "P", "png"),
        ("PNG", "RGBA", "png"),
        ("PNG", "1", "png"),
        ("TIFF", "I", "tif"),
        ("WEBP", "RGBA", "webp"),
        ("GIF", "P", "gif"),
        ("BMP", "RGB", "bmp"),
        ("TIFF", "CMYK", "tif"),
        ("TIFF", "F", "tif"),
        ("AVIF", "RGB", "avif"),
    ],
)
def test_common_pictures_of_every_mode_decode_and_load_as_rgb(
    tmp_path: Path, form: str, mode: str, extension: str
) -> None:
    data = encoded(image((30, 20), mode=mode), form)
    picture = verify_picture(data, PIXELS)
    assert (picture.extension, picture.width, picture.height) == (extension, 30, 20)
    (tmp_path / "picture").write_bytes(data)
    loaded = load_picture(tmp_path / "picture")
    assert (loaded.mode, loaded.size) == ("RGB", (30, 20))
    assert load_picture(tmp_path / "picture", longest=15).size == (15, 10)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_a_moving_picture_is_loaded(tmp_path: Path, form: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "blue")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
    assert verify_picture(data, PIXELS).width == 8
    (tmp_path / "picture").write_bytes(data)
    red, _, blue = load_picture(tmp_path / "picture").getpixel((4, 4))  # type: ignore[misc]
    assert red > 200
    assert blue < 50


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_on_its_side_is_measured_and_loaded_upright(
    tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image((30, 20)), "JPEG", exif=exif)
    upright = (30, 20) if orientation < 5 else (20, 30)
    picture = verify_picture(data, PIXELS)
    assert (picture.width, picture.height) == upright
    (tmp_path / "picture.jpg").write_bytes(data)
    assert load_picture(tmp_path / "picture.jpg").size == upright


def test_transparent_pixels_become_white(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (200, 0, 0, 0)).save(tmp_path / "clear.png")
    assert load_picture(tmp_path / "clear.png").getpixel((1, 1)) == (255, 255, 255)


BAD_PICTURES = {
    "nothing": (b"", "no known format"),
    "a page": (b"<html><script>alert(1)</script></html>", "no known format"),
    "a drawing in SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no known format"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no known format"),
    "half a PNG": (encoded(image((60, 60)))[:2000], "cannot be decoded"),
    "half a JPEG": (encoded(image((60, 60)), "JPEG")[:900], "cannot be decoded"),
    "half a GIF": (encoded(image((60, 60), mode="P"), "GIF")[:900], "cannot be decoded"),
    "a PNG with a wrong sum": (encoded(image()).replace(b"IDAT", b"IDAT\x00", 1), "cannot be"),
    "a bomb": (bomb(9_000), "too large"),
    "a larger bomb": (bomb(10_000), "too large"),
    "the largest bomb": (bomb(60_000), "too large"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_is_rejected_with_a_plain_reason(name: str) -> None:
    data, reason = BAD_PICTURES[name]
    with pytest.raises(BadPicture, match=reason) as caught:
        verify_picture(data, PIXELS)
    assert " at 0x" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]),
    dice=st.randoms(use_true_random=False),
    flips=st.integers(0, 6),
)
def test_any_bytes_give_a_picture_or_a_reason(form: str, dice: random.Random, flips: int) -> None:
    data = bytearray(encoded(image((32, 32)), form))
    for _ in range(flips):
        data[dice.randrange(len(data))] = dice.randrange(256)
    cut = bytes(data[: dice.randrange(len(data))]) if dice.random() < 0.5 else bytes(data)
    try:
        picture = verify_picture(cut, PIXELS)
    except BadPicture as error:
        assert str(error)  # noqa: PT017 -- either end is right
    else:
        assert picture.width * picture.height <= PIXELS


def test_a_malformed_time_in_exif_is_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "0000:00:00 00:00:00"})
    (tmp_path / "a.jpg").write_bytes(encoded(image(), "JPEG", exif=exif))
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert taken_at(tmp_path / "a.jpg") is None
    assert taken_at(tmp_path / "b.jpg") is None


def test_a_file_larger_than_the_limit_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(image((64, 64))))
    (tmp_path / "b.png").write_bytes(encoded(Image.new("RGB", (64, 64))))
    workspace = fresh(tmp_path / "w", "[intake]\nmax_picture_bytes = 1000\nmax_pixels = 4096")
    path = write_posts(tmp_path / "posts.jsonl", [post("p", images=["a.png", "b.png"])])
    assert dict(add_posts(workspace, [path]).rejected) == {"picture too large": 1}
    assert ids(workspace, "media") == ["p"]


def test_no_warning_reaches_the_user(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(10_000))
    path = write_posts(tmp_path / "posts.jsonl", [post("p", images=["bomb.png"])])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        add_posts(fresh(tmp_path / "w"), [path])
    assert not heard


def test_one_picture_in_many_posts_is_one_file_with_one_id(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    (tmp_path / "b.png").write_bytes(jpeg())
    rows = [post(f"p{n}", images=["a.jpg" if n % 2 else "b.png"]) for n in range(50)]
    workspace = fresh(tmp_path / "w")
    add_posts(workspace, [write_posts(tmp_path / "posts.jsonl", rows)])
    media = workspace.read_all("media")
    assert media.num_rows == 50
    assert len(set(media["media_id"].to_pylist())) == len(set(media["path"].to_pylist())) == 1
    (kept,) = [file for file in workspace.media_folder.rglob("*") if file.is_file()]
    assert kept.suffix == ".jpg"
    assert kept.read_bytes() == jpeg()


# -- videos ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "codec"), [("mp4", "mpeg4"), ("mkv", "mpeg4"), ("webm", "libvpx")]
)
def test_a_video_gives_key_frames_spread_over_it(tmp_path: Path, ending: str, codec: str) -> None:
    path = write_video(tmp_path / f"v.{ending}", codec=codec)
    frames = key_frames(path, 3, PIXELS)
    every = key_frames(path, 60, PIXELS)
    times = [frame.at_s for frame in frames]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (every[0].at_s, every[-1].at_s)
    assert len(frames) == 3 <= len(every)
    assert [frame.at_s for frame in key_frames(path, 1, PIXELS)] == [every[len(every) // 2].at_s]
    for frame in frames:
        with Image.open(BytesIO(frame.jpeg)) as still:
            assert (still.format, still.size) == ("JPEG", (frame.width, frame.height))


def test_a_post_with_a_video_has_its_frames_as_pictures_with_a_time(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4")
    (tmp_path / "a.png").write_bytes(encoded(image()))
    row = post("p", text=None, images=["a.png"], videos=["v.mp4"])
    path = write_posts(tmp_path / "posts.jsonl", [row])
    add_posts(workspace := fresh(tmp_path / "w", "[intake]\nframes_per_video = 3"), [path])
    media = workspace.read_all("media").to_pylist()
    assert [m["kind"] for m in media] == ["picture", "frame", "frame", "frame"]
    assert [m["position"] for m in media] == [0, 1, 2, 3]
    assert [m["at_s"] is None for m in media] == [True, False, False, False]
    assert all((workspace.root / m["path"]).is_file() for m in media)
    assert not list(workspace.media_folder.rglob("*.mp4"))


PLAYLISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{secret}'\n",
    "HLS over HTTP": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_with_the_ending_of_a_video_is_not_followed(tmp_path: Path, kind: str) -> None:
    secret = write_video(tmp_path / "secret.mp4")
    path = tmp_path / "v.mp4"
    path.write_text(PLAYLISTS[kind].format(secret=secret), "utf-8")
    with pytest.raises(BadVideo):
        key_frames(path, 4, PIXELS)


def test_the_reason_of_a_bad_video_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "good.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mp4").write_bytes(b"hello " * 100)
    (tmp_path / "empty.mp4").write_bytes(b"")
    videos = ["cut.mp4", "good.mp4", "text.mp4", "empty.mp4"]
    path = write_posts(tmp_path / "posts.jsonl", [post("p", videos=videos), post("q")])
    summary = add_posts(workspace := fresh(tmp_path / "w"), [path])
    assert ids(workspace) == ["p", "q"]
    assert set(ids(workspace, "media")) == {"p"}
    assert dict(summary.rejected) == {"video cannot be decoded": 3}
    assert not any(str(tmp_path) in row["reason"] for row in rejects(workspace))


def test_a_video_with_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    with pytest.raises(BadVideo, match="too large: 64 x 48"):
        key_frames(write_video(tmp_path / "v.mp4"), 4, 64 * 48 - 1)
