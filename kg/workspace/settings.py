"""Settings: one strict tree, read from defaults, then a profile, then `zeitgraph.toml`.

Settings are checked strictly when they are read: an unknown key or a value of the wrong type is
refused with its path. After that, they are frozen values. Profiles are files in
`kg/workspace/profiles/`.
"""

import json
import tomllib
from collections.abc import Mapping
from functools import reduce
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zeitgraph.kg.base.errors import SettingsError, UnknownName

SETTINGS_FILE = "zeitgraph.toml"

RENAMED = {
    "clusters.seedling": "clusters.small_group",
    "clusters.reach": "clusters.min_similarity",
}
"""Keys of earlier versions, and what each is called now."""


class Branch(BaseModel):
    """A branch of the tree: frozen, and no key that it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class IntakeSettings(Branch):
    """Limits on what comes in."""

    max_pixels: int = Field(
        50_000_000,
        gt=0,
        le=89_478_485,
        description="larger pictures are set aside (width × height)",
    )
    max_picture_bytes: int = Field(
        64 * 2**20, gt=0, description="larger picture files are set aside"
    )
    max_video_bytes: int = Field(2 * 2**30, gt=0, description="larger video files are set aside")
    max_text: int = Field(20_000, gt=0, description="longer texts are set aside, in characters")
    frames_per_video: int = Field(4, ge=1, le=64, description="key frames kept of each video")


class HeatSettings(Branch):
    """heat = min(cap, ln(1 + Σ weight · count · (1000 / seen)^exposure)) · 2^(−age / half_life).

    `seen` are impressions, or views where these are not known; of a post for which neither is, the
    counts stand as they are. `age` is from publication to the end of the post's week, in days: when
    the counts were taken is not known. A post with no counts has heat 0.
    """

    views: float = Field(0.01, ge=0, description="what a view weighs")
    likes: float = Field(1.0, ge=0, description="what a like weighs")
    comments: float = Field(2.0, ge=0, description="what a comment weighs")
    shares: float = Field(3.0, ge=0, description="what a share weighs")
    saves: float = Field(3.0, ge=0, description="what a save weighs")
    clicks: float = Field(0.5, ge=0, description="what a click weighs")
    cap: float = Field(12.0, gt=0, description="heat above this counts as this")
    exposure: float = Field(
        0.0, ge=0, le=1, description="0: counts as they are, 1: counts per thousand times seen"
    )
    half_life_days: float = Field(
        0.0, ge=0, description="days after which a post's heat is half of it; 0: it stays"
    )


class VectorSettings(Branch):
    """Which models turn pictures and texts into vectors."""

    embedder: str = Field(
        "open_clip", description="a part: open_clip, sentence_transformers, given, toy"
    )
    model: str = Field(
        "starter",
        description="open_clip: starter, a name of open_clip, hf-hub:OWNER/NAME, local-dir:FOLDER;"
        " sentence_transformers: minilm, a name of the hub, a folder",
    )
    pretrained: str = Field("", description="open_clip's pretrained tag, such as openai")
    device: str = Field("cpu", description="where the model runs, such as cuda")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="auto: bf16 where the processor multiplies it, else fp32"
    )
    batch: int = Field(
        64, ge=1, le=4096, description="pictures in memory at a time; no vector depends on it"
    )


class StyleSettings(Branch):
    """Which style factor libraries give the named styles (names in prompts/, or paths)."""

    libraries: list[str] = ["everyday"]


class ClusterSettings(Branch):
    """How posts become clusters, and how clusters live from week to week."""

    smallest: int = Field(8, ge=2, description="fewest posts of a discovered cluster")
    smallest_share: float = Field(
        0.005, ge=0, le=1, description="and at least this share of the posts of the window"
    )
    small_group: int = Field(
        5, ge=2, description="fewest posts of a tight new group in this week and the last"
    )
    window_weeks: int = Field(
        8, ge=0, le=1040, description="earlier weeks that belong to the window"
    )
    window_posts: int = Field(
        40_000, ge=100, description="most earlier posts in the window: of more, a uniform sample"
    )
    neighbours: int = Field(
        15, ge=1, description="nearest posts over which the vector of a post is smoothed"
    )
    bridge: bool = Field(
        default=False,
        description="learn from posts with a picture and a text to estimate a missing side",
    )
    style_near: float = Field(
        0.5, ge=-1, le=1, description="a text with this cosine to a style's phrasings joins it"
    )
    style_thresholds: Literal["calibrated", "fixed"] = Field(
        "calibrated",
        description="calibrated: the posts set a threshold for each style; fixed: style_near",
    )
    style_few: int = Field(
        20, ge=0, description="posts at which a calibrated threshold and style_near weigh the same"
    )
    near: float = Field(
        0.5, ge=-1, le=1, description="a smoothed post with this cosine to a centre joins it"
    )
    agree: float = Field(
        0.5, gt=0, le=1, description="a post joins the cluster of this share of its neighbours"
    )
    fence: float = Field(
        3.0, gt=0, description="robust deviations below the median cosine at which a cluster ends"
    )
    min_similarity: float = Field(
        0.5, ge=-1, le=1, description="a post with this cosine to a centre is never outside"
    )
    same: float = Field(
        0.8, ge=-1, le=1, description="a new group with this cosine to a cluster joins it"
    )
    split: float = Field(
        0.6, ge=-1, le=1, description="a part with a lower cosine to the rest leaves its cluster"
    )
    merge: float = Field(0.92, ge=-1, le=1, description="two clusters with this cosine merge")
    keep: float = Field(
        0.7, ge=0, lt=1, description="share of its mass that a centre keeps from week to week"
    )
    heat_floor: float = Field(0.1, gt=0, description="weight of a post without heat")
    drift: float = Field(
        0.75, ge=-1, le=1, description="a centre with a lower cosine to its old place has drifted"
    )
    fade_weeks: int = Field(
        4, ge=1, description="weeks without posts after which a cluster has faded"
    )
    copy_near: float = Field(
        0.93, ge=-1, le=1, description="least cosine of a copy and its original"
    )
    copy_part: float = Field(
        0.05,
        gt=0,
        le=1,
        description="a copy is at most this part of the distance of other neighbours away",
    )
    words: int = Field(12, ge=1, le=100, description="distinctive words of a cluster")
    exemplars: int = Field(12, ge=1, le=1000, description="typical posts of a cluster")
    trend_weeks: int = Field(
        4, ge=1, le=1040, description="earlier weeks with which a trend is compared"
    )


class RuleSettings(Branch):
    """When a rule that sets a cluster apart is worth telling; measured on posts it never saw."""

    least: int = Field(20, ge=4, description="fewest posts of a cluster that gets a rule")
    longest: int = Field(3, ge=1, le=6, description="most conditions of a rule")
    precision: float = Field(0.6, ge=0, le=1, description="least part of what it picks that fits")
    recall: float = Field(0.3, ge=0, le=1, description="least part of the posts that it finds")


class TrendSettings(Branch):
    """Which changes of a week are reported."""

    false_discoveries: float = Field(
        0.1, gt=0, lt=1, description="share of the reported changes that may be chance"
    )


Side = Literal["region", "gender", "age_band", "author", "head"]


class FairnessSettings(Branch):
    """Fair shares beside the plain ones, off where nothing is to be balanced."""

    balance: list[Side] = Field(
        [], description="what posts are balanced by: region, gender, age_band, author, head"
    )
    targets: dict[Side, dict[str, float]] = Field(
        {}, description="the weights that values are to have; without, all have the same"
    )
    head: float = Field(
        0.1, gt=0, lt=1, description="head content: this part of a week's posts, the most viewed"
    )
    cap: float = Field(5.0, ge=1, description="no post counts for more, nor for less than 1 / cap")

    @model_validator(mode="after")
    def _is_stated(self) -> Self:
        if "head" in self.balance and not self.targets.get("head"):
            raise ValueError("balancing by head needs targets.head = {head = …, rest = …}")
        if unused := sorted(set(self.targets) - set(self.balance)):
            raise ValueError(f"targets of {', '.join(unused)}, by which nothing is balanced")
        for side, weights in self.targets.items():
            if any(weight <= 0 for weight in weights.values()):
                raise ValueError(f"targets.{side} has a weight that is not above 0")
        return self


class EntitySettings(Branch):
    """How names in texts are found and linked."""

    recogniser: str = Field("rules", description="a part: rules, spacy, transformers")
    model: str = Field("", description="a spaCy (or starter) or Hugging Face model, if needed")
    catalogue: str = Field("", description="a .csv, .ttl or .rdf file; relative to the workspace")
    min_score: float = Field(0.5, ge=0, le=1, description="a weaker link is NIL")
    recurs: int = Field(2, ge=1, description="posts of a week that make an unknown name an entity")
    min_count: int = Field(2, ge=1, description="a fact seen in fewer posts of a week is left out")
    most_per_post: int = Field(
        40, ge=2, description="a post naming more entities counts for no co-occurrence"
    )


class GraphSettings(Branch):
    """Where the graph is written, and how long and large a question may be."""

    base: str = Field(
        "https://zeitgraph.example/",
        pattern=r"^https?://[A-Za-z0-9._~:/@%-]+[/#]$",
        description="IRIs of things begin with this; ends in / or #",
    )
    bolt: str = Field("embedded", description="embedded, off, or a URI such as bolt://host:7687")
    user: str = Field("neo4j", description="the user at that URI")
    password_env: str = Field("ZEITGRAPH_BOLT_PASSWORD", description="variable with the password")
    database: str = Field("neo4j", description="the database at that URI")
    query_seconds: float = Field(30.0, gt=0, description="a question that takes longer is stopped")
    query_rows: int = Field(100_000, ge=1, description="a question with more rows is refused")
    query_mb: int = Field(4096, ge=256, description="a SPARQL question that needs more is stopped")
    idle_seconds: float = Field(60.0, gt=0, description="the embedded server stops after so long")
    heap_mb: int = Field(512, ge=128, description="heap of the embedded server")


class ReportSettings(Branch):
    """The weekly report and the model that may write it."""

    lang: Literal["en", "zh"] = "en"
    llm: str = Field("", description="provider:model of langchain's init_chat_model; empty: none")
    base_url: str = Field("", description="an OpenAI-compatible or Ollama server")
    api_key_env: str = Field("", description="environment variable with the key")
    clusters: int = Field(8, ge=1, le=50, description="how many clusters a report tells about")
    posts: int = Field(4, ge=1, le=24, description="posts shown per cluster")
    history: int = Field(12, ge=2, le=104, description="how many weeks the charts look back")
    picture_pixels: int = Field(360, ge=32, le=2048, description="longer side of a picture")
    timeout_s: float = Field(120.0, gt=0, description="the longest one answer of a model may take")
    retries: int = Field(4, ge=0, le=20, description="new attempts after 429, 5xx or no connection")
    longest_wait_s: float = Field(60.0, ge=0, description="the longest wait between two attempts")
    reasks: int = Field(2, ge=0, le=10, description="new questions after a malformed answer")
    max_tokens: int = Field(2048, ge=64, description="the longest answer, in tokens")


class GallerySettings(Branch):
    """Galleries and the model that may draw prototypes."""

    image_maker: str = Field("mosaic", description="a part: mosaic, diffusers")
    model: str = Field("", description="a diffusers text-to-image model: a hub name or a folder")
    device: str = Field("cpu", description="where the model draws: cpu, cuda, mps")
    prompt_lang: Literal["en", "zh"] = Field("en", description="the language the model reads")
    clusters: int = Field(24, ge=1, le=500, description="clusters shown, the warmest first")
    posts: int = Field(8, ge=1, le=100, description="posts per role and cluster")
    pictures: int = Field(4, ge=1, le=100, description="prototype pictures per cluster")
    candidates: int = Field(
        1, ge=1, le=50, description="drawn for each, of which the nearest to what is asked stays"
    )
    steps: int = Field(20, ge=1, le=200, description="denoising steps of a prototype")
    guidance: float | None = Field(None, ge=0, description="how closely to follow the prompt")
    side: int | None = Field(None, ge=32, le=2048, description="pixels; if left out the model's")
    seed: int = Field(7, ge=0, description="of the first prototype; the next counts on from it")


class Settings(Branch):
    """The whole tree."""

    profile: str
    intake: IntakeSettings = IntakeSettings()
    heat: HeatSettings = HeatSettings()
    vectors: VectorSettings = VectorSettings()
    styles: StyleSettings = StyleSettings()
    clusters: ClusterSettings = ClusterSettings()
    rules: RuleSettings = RuleSettings()
    trends: TrendSettings = TrendSettings()
    fairness: FairnessSettings = FairnessSettings()
    entities: EntitySettings = EntitySettings()
    graph: GraphSettings = GraphSettings()
    report: ReportSettings = ReportSettings()
    gallery: GallerySettings = GallerySettings()

    def value(self, path: str) -> Any:
        """The value at a path such as `clusters.window_weeks`; `AttributeError` for no such one."""
        return reduce(getattr, path.split("."), self)


def profile_names() -> list[str]:
    """The names of the profiles that ship with zeitgraph, sorted."""
    folder = resources.files("zeitgraph.kg.workspace") / "profiles"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def load_settings(folder: Path) -> Settings:
    """The settings of the workspace at `folder`; raises `SettingsError` with the path of a key."""
    own = _read_toml((folder / SETTINGS_FILE).read_text("utf-8"), folder / SETTINGS_FILE)
    profile = own.get("profile")
    if not isinstance(profile, str):
        raise SettingsError("no profile is named", where=folder / SETTINGS_FILE)
    _refuse_old_keys(own, folder / SETTINGS_FILE)
    try:
        return Settings.model_validate(_overlay(_profile(profile), own))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{key}: {first['msg']}", where=folder / SETTINGS_FILE) from error


def write_settings(
    folder: Path, profile: str, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write a new `zeitgraph.toml`: the profile's name, `overrides`, and what may be changed.

    Raises `UnknownName` where no profile has that name.
    """
    lines = [f'profile = "{profile}"']
    for branch, values in (overrides or {}).items():
        lines += ["", f"[{branch}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    lines += ["", "# What the profile sets. Write a branch and a key to override it."]
    for branch, values in _profile(profile).items():
        lines += ["", f"# [{branch}]", *(f"# {key} = {_toml(v)}" for key, v in values.items())]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SETTINGS_FILE).write_text("\n".join(lines) + "\n", "utf-8")


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML writes our scalars and lists as JSON does


def _profile(name: str) -> dict[str, Any]:
    if name not in profile_names():
        raise UnknownName("profile", name, profile_names())
    file = resources.files("zeitgraph.kg.workspace") / "profiles" / f"{name}.toml"
    return _read_toml(file.read_text("utf-8"), f"profile {name}")


def _read_toml(text: str, where: object) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", where=where) from error


def _refuse_old_keys(own: Mapping[str, Any], where: Path) -> None:
    """Raise `SettingsError` for the first key of `own` that has another name by now."""
    for old, new in RENAMED.items():
        branch, key = old.split(".")
        values = own.get(branch)
        if isinstance(values, Mapping) and key in values:
            raise SettingsError(f"{old} is now {new}", where=where, do=f"rename the key to {new}")


def _overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _overlay(merged[key], value) if both else value
    return merged
