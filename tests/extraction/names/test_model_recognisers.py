"""The settings may name a spaCy pipeline or a token classifier; the rules run beside it."""

from pathlib import Path

import pytest

from tests.worlds.names import find_names, linked, workspace_with, write_posts
from zeitgraph.extraction.names.model_recognisers import LABEL_KINDS, TransformersRecogniser
from zeitgraph.kg.base.errors import MissingPart, ModelError, SettingsError
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.models.torchvision_repair import repair_torchvision

LABELS = ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"]
SENTENCES = [
    ("vel mora makes lamps", [1, 2, 0, 0]),
    ("lamps by vel mora", [0, 0, 1, 2]),
    ("anna wore it", [3, 0, 0]),
    ("we met anna lee", [0, 0, 3, 4]),
    ("薇 墨 拉 的 灯", [1, 2, 2, 0, 0]),
    ("lamps lamps we it", [0, 0, 0, 0]),
]


@pytest.fixture(scope="module")
def spacy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spaCy pipeline with labels of OntoNotes, saved as any other."""
    import spacy

    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    patterns = [("ORG", "Velmora"), ("PERSON", "Anna Lee"), ("GPE", "Oslo"), ("DATE", "today")]
    ruler.add_patterns([{"label": label, "pattern": name} for label, name in patterns])  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("spacy") / "pipeline"
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that was trained on six sentences."""
    repair_torchvision()
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer

    folder = tmp_path_factory.mktemp("bert") / "model"
    words = sorted({word for text, _ in SENTENCES for word in text.split()})
    vocabulary = {
        w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
    }
    tokenizer = BertTokenizer(vocabulary)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=24, hidden_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)},
    )  # fmt: skip
    model = BertForTokenClassification(config)
    batch = tokenizer([text for text, _ in SENTENCES], return_tensors="pt", padding=True)
    wanted = torch.full(batch["input_ids"].shape, -100)
    for row, (_, labels) in enumerate(SENTENCES):
        wanted[row, 1 : 1 + len(labels)] = torch.tensor(labels)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        model(**batch, labels=wanted).loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_spacy_pipeline_finds_names_outside_the_catalogue(
    spacy_folder: Path, tmp_path: Path
) -> None:
    workspace = workspace_with(tmp_path, recogniser="spacy", model=str(spacy_folder))
    write_posts(workspace, ["Velmora and Anna Lee in Oslo today, globe lamp #home", "🔥Velmora"])
    find_names(workspace)
    found = linked(workspace)
    assert [(surface, kind, how) for surface, kind, _, how in found["p0"]] == [
        ("Velmora", "brand", "new"),
        ("Anna Lee", "person", "nil"),
        ("Oslo", "place", "nil"),
        ("globe lamp", "object", "alias"),
        ("#home", "hashtag", "nil"),
    ]
    entity = workspace.read_all("entities").to_pylist()[0]
    assert (entity["name"], entity["kind"], entity["source"]) == ("Velmora", "brand", "posts")


def test_a_token_classifier_finds_names_outside_the_catalogue(
    bert_folder: Path, tmp_path: Path
) -> None:
    workspace = workspace_with(tmp_path, recogniser="transformers", model=str(bert_folder))
    texts = ["lamps by Vel  Mora", "薇墨拉的灯", "we met Anna Lee"]
    write_posts(workspace, texts)
    find_names(workspace)
    found = {post: [name[:2] for name in names] for post, names in linked(workspace).items()}
    assert found == {
        "p0": [("Vel  Mora", "brand")],
        "p1": [("薇墨拉", "brand")],
        "p2": [("Anna Lee", "person")],
    }


def test_a_text_longer_than_the_classifier_is_read_to_its_end(bert_folder: Path) -> None:
    from zeitgraph.extraction.names.model_recognisers import _load_transformers

    text = "we it " * 60 + "lamps by vel mora"
    spans = TransformersRecogniser(_load_transformers(str(bert_folder))).find([text], ["en"])[0]
    assert "vel mora" in {text[s.start : s.end] for s in spans}


def test_a_folder_is_found_in_the_workspace(spacy_folder: Path, tmp_path: Path) -> None:
    import shutil

    workspace = workspace_with(tmp_path, recogniser="spacy", model="models/own")
    shutil.copytree(spacy_folder, tmp_path / "models" / "own")
    write_posts(workspace, ["Velmora"])
    find_names(workspace)
    assert linked(workspace)["p0"][0][:2] == ("Velmora", "brand")


def test_a_missing_model_gives_one_clear_line(tmp_path: Path) -> None:
    for number, (recogniser, model, error) in enumerate(
        [
            ("spacy", "xx_no_such_pipeline", MissingPart),
            ("spacy", "", SettingsError),
            ("transformers", "", SettingsError),
            ("transformers", "empty", ModelError),
        ]
    ):
        folder = tmp_path / str(number)
        workspace = workspace_with(folder, recogniser=recogniser, model=model)
        (folder / "empty").mkdir()
        write_posts(workspace, ["Velmora"])
        with pytest.raises(error) as caught:
            find_names(workspace)
        assert "\n" not in str(caught.value)


def test_weights_that_are_a_pickle_are_refused(bert_folder: Path, tmp_path: Path) -> None:
    import shutil

    import torch
    from safetensors.torch import load_file

    workspace = workspace_with(tmp_path, recogniser="transformers", model="pickled")
    folder = tmp_path / "pickled"
    shutil.copytree(bert_folder, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    write_posts(workspace, ["Velmora"])
    with pytest.raises(ModelError, match="safetensors"):
        find_names(workspace)


def test_labels_map_to_kinds_that_exist() -> None:
    assert set(LABEL_KINDS.values()) <= set(EntityKind)
