"""A folder that brings program code or a pickle is refused in one line, before it is loaded."""

import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeitgraph.kg.base.errors import ModelError
from zeitgraph.kg.models.safe_folder import Loader, check_model_folder

OWN = "sentence_transformers.models."
FOLDERS: Mapping[Loader, Mapping[str, Any]] = {
    "transformers": {"config.json": {"model_type": "bert"}, "model.safetensors": b""},
    "sentence_transformers": {
        "modules.json": [{"path": "", "type": OWN + "Transformer"}],
        "config.json": {"model_type": "bert", "rope_scaling": {"type": "linear"}},
        "2_Dense/config.json": {"activation_function": "torch.nn.modules.activation.Tanh"},
        "2_Dense/model.safetensors": b"",
    },
    "open_clip": {
        "open_clip_config.json": {"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"clean": "x"}}}},
        "open_clip_model.safetensors": b"",
    },
    "diffusers": {
        "model_index.json": {
            "_class_name": "StableDiffusionPipeline",
            "unet": ["diffusers", "UNet2DConditionModel"],
            "safety_checker": [None, None],
            "requires_safety_checker": False,
        },
        "unet/diffusion_pytorch_model.safetensors": b"",
    },
}


class Payload:
    """Leaves a mark where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("mark", "w")


def objects() -> bytes:
    """A NumPy file that holds a Python object."""
    file = io.BytesIO()
    np.save(file, np.array([Payload()], dtype=object), allow_pickle=True)
    return file.getvalue()


def archive(name: str, content: bytes) -> bytes:
    """A zip file of one member, as `torch.save` and `numpy.savez` write them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, content)
    return file.getvalue()


PICKLE = pickle.dumps(Payload())
CODE = b"open('mark', 'w')"
AUTO_MAP = {"auto_map": {"AutoModel": "own.Model"}}
ANYWHERE: Mapping[str, tuple[str, Any]] = {
    "weights as pickle": ("sub/pytorch_model.bin", PICKLE),
    "weights of lightning": ("sub/model.ckpt", PICKLE),
    "capital letters": ("sub/MODEL.PT", PICKLE),
    "an array of objects": ("sub/vectors.npy", objects()),
    "an archive of arrays": ("weights.npz", archive("arr_0.npy", objects())),
    "a Python file": ("own.py", CODE),
    "auto_map": ("config.json", AUTO_MAP),
    "auto_map deep inside": ("processor_config.json", {"parts": [{"image": AUTO_MAP}]}),
    "auto_map of a tokenizer": ("tokenizer_config.json", {"auto_map": ["own.Words", None]}),
    "auto_map by another name": ("config.4.0.0.json", AUTO_MAP),
    "a wish to be trusted": ("config.json", {"args": {"trust_remote_code": True}}),
    "a kernel of the hub": ("config.json", {"attn_implementation": {"": "owner/kernel"}}),
}
LOADER_PAYLOADS: Mapping[str, tuple[Loader, str, Any]] = {
    "own generation": ("transformers", "custom_generate/generate.py", CODE),
    "a shard that is a pickle": (
        "transformers",
        "model.safetensors.index.json",
        {"weight_map": {"a": "shard.bin"}},
    ),
    "a shard elsewhere": (
        "diffusers",
        "unet/diffusion_pytorch_model.safetensors.index.json",
        {"weight_map": {"a": "../../other/shard.safetensors"}},
    ),
    "a foreign module": (
        "sentence_transformers",
        "modules.json",
        [{"path": "", "type": "os.path.Model"}],
    ),
    "a foreign route": (
        "sentence_transformers",
        "router_config.json",
        {"types": {"query": "own.Model"}},
    ),
    "a foreign activation": (
        "sentence_transformers",
        "2_Dense/config.json",
        {"activation_function": "os.getcwd"},
    ),
    "a tokenizer that is trusted": (
        "open_clip",
        "open_clip_config.json",
        {"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"trust_remote_code": True}}}},
    ),
    "a foreign library": (
        "diffusers",
        "model_index.json",
        {"_class_name": "StableDiffusionPipeline", "unet": ["subprocess", "Popen"]},
    ),
    "a pipeline of its own": (
        "diffusers",
        "model_index.json",
        {"_class_name": ["own", "Pipeline"]},
    ),
    "a pipeline in a pipeline": (
        "diffusers",
        "unet/model_index.json",
        {"_class_name": "StableDiffusionPipeline", "unet": ["os", "path"]},
    ),
    "a named custom pipeline": (
        "diffusers",
        "unet/config.json",
        {"custom_pipeline": "owner/own"},
    ),
}
PAYLOADS: Mapping[str, tuple[Loader, str, Any]] = {
    **LOADER_PAYLOADS,
    **{
        f"{what}, {loader}": (loader, file, content)
        for loader in FOLDERS
        for what, (file, content) in ANYWHERE.items()
    },
}


def write(folder: Path, files: Mapping[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(raw)
    return folder


@pytest.mark.parametrize("loader", FOLDERS)
def test_a_plain_folder_is_accepted(tmp_path: Path, loader: Loader) -> None:
    check_model_folder(write(tmp_path, FOLDERS[loader]), loader)


@pytest.mark.parametrize("what", PAYLOADS)
def test_code_and_pickles_are_refused_with_the_name_of_the_file(tmp_path: Path, what: str) -> None:
    loader, file, content = PAYLOADS[what]
    write(write(tmp_path, FOLDERS[loader]), {file: content})
    with pytest.raises(ModelError) as caught:
        check_model_folder(tmp_path, loader)
    assert file in caught.value.line
    assert "\n" not in caught.value.line


@pytest.mark.parametrize("loader", FOLDERS)
def test_a_folder_without_safetensors_is_refused(tmp_path: Path, loader: Loader) -> None:
    write(tmp_path, FOLDERS[loader])
    for file in tmp_path.rglob("*.safetensors"):
        file.unlink()
    with pytest.raises(ModelError, match="no weights"):
        check_model_folder(tmp_path, loader)


def test_linked_folders_are_checked(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", FOLDERS["transformers"])
    (folder / "linked").symlink_to(write(tmp_path / "other", {"pytorch_model.bin": PICKLE}))
    (folder / "circle").symlink_to(folder)
    with pytest.raises(ModelError, match=r"linked/pytorch_model\.bin"):
        check_model_folder(folder, "transformers")


def test_states_of_a_trainer_are_ignored(tmp_path: Path) -> None:
    states = ("training_args.bin", "optimizer.pt", "rng_state_0.pth")
    write(write(tmp_path, FOLDERS["transformers"]), dict.fromkeys(states, PICKLE))
    check_model_folder(tmp_path, "transformers")


def test_a_snapshot_of_the_hub_may_hold_the_same_weights_twice(tmp_path: Path) -> None:
    write(write(tmp_path, FOLDERS["transformers"]), {"pytorch_model.bin": PICKLE, "train.py": CODE})
    check_model_folder(tmp_path, "transformers", from_hub=True)
    write(tmp_path, {"2_Dense/pytorch_model.bin": PICKLE})
    with pytest.raises(ModelError, match="2_Dense/pytorch_model"):
        check_model_folder(tmp_path, "transformers", from_hub=True)


def test_open_clip_finds_its_weights_at_the_top(tmp_path: Path) -> None:
    write(tmp_path, FOLDERS["open_clip"])
    (tmp_path / "sub").mkdir()
    (tmp_path / "open_clip_model.safetensors").rename(tmp_path / "sub" / "model.safetensors")
    with pytest.raises(ModelError, match="no weights"):
        check_model_folder(tmp_path, "open_clip")


# -- spaCy -----------------------------------------------------------------------------------------


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A spaCy pipeline that holds every kind of file: msgpack, JSON, an array, word lists."""
    import spacy

    nlp = spacy.blank("en")
    nlp.vocab.set_vector("lamp", np.ones(3, dtype=np.float32))  # type: ignore[arg-type]
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Velmora"}])  # type: ignore[attr-defined]
    nlp.add_pipe("ner").add_label("ORG")  # type: ignore[attr-defined]
    nlp.add_pipe("attribute_ruler")
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def test_a_pipeline_of_spacys_own_parts_is_accepted(pipeline: Path) -> None:
    assert (pipeline / "vocab" / "lookups.bin").is_file()
    check_model_folder(pipeline, "spacy")


SPACY_FILES: Mapping[str, tuple[str, bytes]] = {
    "a pickle": ("features.pkl", PICKLE),
    "a pickle by another name": ("own/model", PICKLE),
    "weights of torch": ("own/model", archive("archive/data.pkl", PICKLE)),
    "weights of torch inside msgpack": (
        "ner/model",
        b"\x84\xa5nodes\x90\xa5attrs\x90\xa6params\x90\xa5shims\x91\x91\xc4\x01P",
    ),
    "weights of torch beside a map as a key": (  # thinc reads such a key as a complex number
        "ner/model",
        (
            b"\x85\xa5nodes\x90\xa5attrs\x90\xa6params\x90\xa5shims\x91\x91\xc4\x01P"
            b"\x82\xc4\x07complex\xc3\xc4\x04data\xa11\x00"
        ),
    ),
    "weights that cannot be read": ("ner/model", b"\x84\xa5nodes"),
    "vectors of objects": ("vocab/vectors", objects()),
    "weights of another library": ("own/pytorch_model.bin", b"words"),
    "a Python file": ("functions.py", CODE),
}


@pytest.mark.parametrize("what", SPACY_FILES)
def test_a_pipeline_with_a_pickle_or_code_is_refused(pipeline: Path, what: str) -> None:
    file, content = SPACY_FILES[what]
    write(pipeline, {file: content})
    with pytest.raises(ModelError, match=file) as caught:
        check_model_folder(pipeline, "spacy")
    assert "\n" not in caught.value.line


SPACY_CONFIGS: Mapping[str, tuple[str, str]] = {
    "a component of another package": ('factory = "ner"', 'factory = "spy"'),
    "a network of another package": ('"spacy.TransitionBasedParser.v2"', '"spy.Network.v1"'),
    "a callback of another package": (
        "before_creation = null",
        'before_creation = {"@callbacks": "spy.start"}',
    ),
    "another pipeline": ('factory = "ner"', 'factory = "ner"\nsource = "other"'),
    "a callback that loads another pipeline": (
        "after_creation = null",
        'after_creation = {"@callbacks": "spacy.copy_from_base_model.v1", "tokenizer": "other"}',
    ),
    "a language of another package": ('lang = "en"', 'lang = "spy"'),
    "a component outside the folder": ("components.ner", "components./other/ner"),
}


def make_spy(nlp: object, name: str) -> Callable[[Any], Any]:
    """A component that another package has registered in this process."""
    return lambda doc: doc


@pytest.mark.parametrize("what", SPACY_CONFIGS)
def test_a_pipeline_that_names_functions_of_others_is_refused(pipeline: Path, what: str) -> None:
    import spacy
    from spacy.language import Language

    Language.factory("spy", func=make_spy)
    spacy.registry.callbacks("spy.start", func=lambda: None)  # type: ignore[attr-defined]
    before, after = SPACY_CONFIGS[what]
    config = (pipeline / "config.cfg").read_text("utf-8")
    assert before in config
    (pipeline / "config.cfg").write_text(config.replace(before, after), "utf-8")
    with pytest.raises(ModelError, match=r"program code.*config\.cfg") as caught:
        check_model_folder(pipeline, "spacy")
    assert "\n" not in caught.value.line


# -- with yes on standard input --------------------------------------------------------------------

RUN = """
from zeitgraph.extraction.names.model_recognisers import _load_transformers
from zeitgraph.kg.base.errors import ModelError
from zeitgraph.reports.report.local_model import open_local_model

for load in (_load_transformers, lambda name: open_local_model(name, 5)):
    for folder in ("network", "words"):
        try:
            load(folder)
        except ModelError as error:
            print(error)
"""


@pytest.mark.models
def test_yes_on_standard_input_runs_no_code_of_a_model(tmp_path: Path) -> None:
    kinds = ("AutoConfig", "AutoModelForTokenClassification", "AutoModelForCausalLM")
    own = {"own.py": CODE, "model.safetensors": b""}
    auto_map = dict.fromkeys(kinds, "own.Own")
    write(tmp_path / "network", own | {"config.json": {"model_type": "x", "auto_map": auto_map}})
    words = {"auto_map": {"AutoTokenizer": ["own.Own", "own.Own"]}}
    write(
        tmp_path / "words",
        own | {"config.json": {"model_type": "bert"}, "tokenizer_config.json": words},
    )
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        input="yes\n" * 20,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "mark").exists()
    lines = done.stdout.splitlines()
    assert [("network/config.json" in line, "tokenizer_config" in line) for line in lines] == [
        (True, False),
        (False, True),
    ] * 2
