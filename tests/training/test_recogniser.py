"""The starter recogniser: a spaCy pipeline without pickle that finds names never trained on."""

import pickle
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.worlds.names import find_names, linked, workspace_with, write_posts
from zeitgraph.extraction.demo.story.captions import Caption, Name, join
from zeitgraph.extraction.names.model_recognisers import STARTER, SpacyRecogniser, load_spacy
from zeitgraph.extraction.names.recognisers import Span
from zeitgraph.kg.base.errors import ModelError
from zeitgraph.training.recogniser.coined import COINED_KINDS, coin
from zeitgraph.training.recogniser.judge import recall_of, score_kinds
from zeitgraph.training.recogniser.labelled import captions, label, swap_names, unlisted
from zeitgraph.training.recogniser.word_salad import word_salad

FRESH = 3_141_592  # not a training seed
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def starter() -> SpacyRecogniser:
    return SpacyRecogniser(load_spacy(str(STARTER)))


@pytest.fixture(scope="module")
def fresh() -> list[Caption]:
    return list(captions(FRESH, 400))


def test_nine_in_ten_names_are_right_on_texts_of_a_new_seed(
    starter: SpacyRecogniser, fresh: Sequence[Caption]
) -> None:
    for chinese in (False, True):
        part = [label(c) for c in fresh if c.text.isascii() != chinese]
        assert score_kinds(starter, part)["all"].f1 >= 0.9


def test_brands_in_no_catalogue_are_found_by_their_context(
    starter: SpacyRecogniser,
) -> None:
    with_brands = [c for c in captions(FRESH + 1, 2500) if unlisted(c)]
    assert len(with_brands) > 50
    assert recall_of(starter, [(c.text, unlisted(c)) for c in with_brands]).recall >= 0.8


def test_coined_names_of_parts_never_trained_on_are_found(
    starter: SpacyRecogniser, fresh: Sequence[Caption]
) -> None:
    rng = np.random.default_rng(FRESH)
    strange = [swap_names(caption, rng, 1.0, judging=True) for caption in fresh]
    assert recall_of(starter, [(c.text, unlisted(c)) for c in strange]).recall >= 0.7


def test_the_names_in_a_text_do_not_depend_on_the_other_texts(
    starter: SpacyRecogniser, fresh: Sequence[Caption]
) -> None:
    texts = [caption.text for caption in fresh[:100]]
    together = starter.find(texts, [""] * len(texts))
    assert together == [starter.find([text], [""])[0] for text in texts]
    assert together[::-1] == starter.find(texts[::-1], [""] * len(texts))


@given(st.text(st.characters(codec="utf-8"), max_size=80))
@settings(deadline=None)
def test_spans_lie_within_any_text(starter: SpacyRecogniser, text: str) -> None:
    for span in starter.find([text], [""])[0]:
        assert 0 <= span.start < span.end <= len(text)


def test_the_folder_is_small_and_contains_no_pickle() -> None:
    files = [file for file in STARTER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 15 * MEGABYTE
    assert {str(file.relative_to(STARTER)) for file in files} == {
        "config.cfg",
        "meta.json",
        "tokenizer",
        "safe_ner/cfg",
        "safe_ner/moves",
        "safe_ner/model.safetensors",
    }


def test_loading_it_reads_no_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pickle was read")

    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setattr(pickle, "Unpickler", refuse)
    load_spacy.__wrapped__(str(STARTER))


def test_a_written_pipeline_gives_the_same_results(
    starter: SpacyRecogniser, fresh: Sequence[Caption], tmp_path: Path
) -> None:
    load_spacy(str(STARTER)).to_disk(tmp_path / "again", exclude=["vocab"])
    again = SpacyRecogniser(load_spacy(str(tmp_path / "again")))
    texts = [caption.text for caption in fresh[:50]]
    assert again.find(texts, [""] * 50) == starter.find(texts, [""] * 50)


def test_weights_of_another_network_are_a_model_error(tmp_path: Path) -> None:
    shutil.copytree(STARTER, tmp_path / "other")
    config = tmp_path / "other" / "config.cfg"
    config.write_text(config.read_text("utf-8").replace("depth = 4", "depth = 3"), "utf-8")
    with pytest.raises(ModelError, match="another network"):
        load_spacy(str(tmp_path / "other"))


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("39.W", lambda weights: weights.transpose(1, 0, 2)),
        ("39.b", lambda weights: weights[:, :2]),
        ("32.E", lambda weights: weights[:100]),
        ("3.W", lambda weights: weights[:, :32]),
        ("3.b", lambda _: None),
        ("3.x", lambda _: np.zeros(3, np.float16)),
        ("-1.W", lambda _: np.zeros(3, np.float16)),
    ],
)
def test_weights_of_another_shape_are_refused_by_name(
    key: str, change: Callable[[Any], Any], tmp_path: Path
) -> None:
    shutil.copytree(STARTER, tmp_path / "other")
    file = tmp_path / "other" / "safe_ner" / "model.safetensors"
    with safe_open(file, framework="np") as tensors:
        metadata = tensors.metadata()
    weights = load_file(file)
    weights[key] = change(weights.get(key))
    kept = {name: np.ascontiguousarray(w) for name, w in weights.items() if w is not None}
    save_file(kept, file, metadata)
    with pytest.raises(ModelError, match=f"{key} is .*its config asks for") as caught:
        load_spacy(str(tmp_path / "other"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e4m3fn"])
def test_weights_of_a_dtype_unknown_to_numpy_are_a_model_error(kind: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_tensors

    shutil.copytree(STARTER, tmp_path / "other")
    file = tmp_path / "other" / "safe_ner" / "model.safetensors"
    weights = {
        name: torch.tensor(w).to(getattr(torch, kind)) for name, w in load_file(file).items()
    }
    save_tensors(weights, file)
    with pytest.raises(ModelError, match="no weights"):
        load_spacy(str(tmp_path / "other"))


def test_reading_weights_does_not_change_the_random_state() -> None:
    np.random.seed(5)  # noqa: NPY002 - the global random state
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    load_spacy.__wrapped__(str(STARTER))
    assert np.random.random() == expected  # noqa: NPY002


@pytest.mark.parametrize("content", [b"", b"\x80\x04N.", None])
def test_weights_that_are_no_safetensors_are_a_model_error(
    content: bytes | None, tmp_path: Path
) -> None:
    shutil.copytree(STARTER, tmp_path / "other")
    weights = tmp_path / "other" / "safe_ner" / "model.safetensors"
    weights.unlink()
    if content is not None:
        weights.write_bytes(content)
    with pytest.raises(ModelError, match="no weights"):
        load_spacy(str(tmp_path / "other"))


def test_a_workspace_finds_the_recogniser_as_starter(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, recogniser="spacy", model="starter")
    write_posts(workspace, ["a cup in the garden. found it at Velmora, a maker nobody talks about"])
    find_names(workspace)
    assert ("Velmora", "brand") in {link[:2] for link in linked(workspace)["p0"]}


def test_coined_names_for_evaluation_and_training_share_no_part() -> None:
    rng = np.random.default_rng(5)
    learnt = {coin("person", "en", rng).split()[0] for _ in range(3000)}
    judged = {coin("person", "en", rng, judging=True).split()[0] for _ in range(300)}
    assert not learnt & judged


@given(st.sampled_from(sorted(COINED_KINDS)), st.sampled_from(["en", "zh"]), st.integers(0, 9999))
@settings(deadline=None)  # as below
def test_a_coined_name_is_not_empty_and_depends_only_on_the_seed(
    kind: str, lang: str, seed: int
) -> None:
    name = coin(kind, lang, np.random.default_rng(seed))
    assert name == name.strip() != ""
    assert name == coin(kind, lang, np.random.default_rng(seed))


def test_swapping_names_keeps_the_rest_of_the_text() -> None:
    caption = join(["by ", Name("Velmora", "brand", ""), " and ", Name("cup", "object", "cup")])
    swapped = swap_names(caption, np.random.default_rng(1), 0.0)
    (name, thing) = swapped.mentions
    assert (name.kind, name.entity_id) == ("brand", "")
    assert name.surface != "Velmora"
    assert swapped.text == f"by {name.surface} and cup"
    assert (thing.surface, thing.entity_id) == ("cup", "cup")


@given(st.integers(0, 9999))
@settings(deadline=None)  # the first example reads jieba's dictionary
def test_word_salad_labels_its_names_correctly(seed: int) -> None:
    mixed = word_salad(np.random.default_rng(seed))
    for mention in mixed.mentions:
        assert mixed.text[mention.start : mention.end] == mention.surface
    assert len({Span(m.start, m.end, m.kind) for m in mixed.mentions}) == len(mixed.mentions)
