"""The image maker `diffusers`, with a tiny real Stable Diffusion pipeline that the test builds."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image

from zeitgraph.kg.base.errors import ModelError, SettingsError
from zeitgraph.kg.models.safe_folder import check_model_folder
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.reports.gallery.diffusion import DiffusersMaker
from zeitgraph.reports.gallery.image_makers import Prompt, image_maker
from zeitgraph.reports.gallery.prototypes import draw_once

PROMPT = Prompt("a quiet room, ink wash", "text, watermark")


@pytest.fixture(scope="session")
def tiny_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion pipeline of tiny parts with random weights, saved as safetensors."""
    folder = tmp_path_factory.mktemp("pipeline")
    build_tiny_pipeline(folder)
    return folder


def build_tiny_pipeline(folder: Path) -> None:
    """16 × 16 latents, 32 × 32 pixels, about 0.3 million parameters."""
    repair_torchvision()
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        sample_size=32,
    )
    words = CLIPTextConfig(
        vocab_size=600,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=77,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    pipeline = StableDiffusionPipeline(
        unet=unet,
        vae=vae,
        text_encoder=CLIPTextModel(words),
        tokenizer=tiny_tokenizer(),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)


def tiny_tokenizer() -> Any:
    """CLIP's byte-level tokenizer with no merges: every byte, and every byte that ends a word."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    vocabulary = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{c}</w>" for c in letters)]
    return CLIPTokenizer(
        vocab={word: i for i, word in enumerate(vocabulary)}, merges=[], model_max_length=77
    )


def settings(folder: Path | str, **changes: Any) -> GallerySettings:
    values = {"image_maker": "diffusers", "model": str(folder), "steps": 2} | changes
    return GallerySettings.model_validate(values)


def drawn(folder: Path, seeds: list[int], **changes: Any) -> list[bytes]:
    maker = DiffusersMaker(settings(folder, **changes), folder)
    return [picture.tobytes() for picture in maker.draw(PROMPT, seeds)]


def test_a_seed_gives_the_same_bytes_alone_and_among_others(tiny_pipeline: Path) -> None:
    both = drawn(tiny_pipeline, [3, 4])
    assert both[0] != both[1]
    assert drawn(tiny_pipeline, [4]) == [both[1]]


def test_steps_and_negative_prompt_reach_the_model(tiny_pipeline: Path) -> None:
    usual = drawn(tiny_pipeline, [3])
    assert drawn(tiny_pipeline, [3], steps=3) != usual
    maker = DiffusersMaker(settings(tiny_pipeline), tiny_pipeline)
    other = maker.draw(Prompt(PROMPT.text, "flowers"), [3])[0]
    assert [other.tobytes()] != usual


def test_side_and_guidance_reach_the_model(tiny_pipeline: Path) -> None:
    maker = DiffusersMaker(settings(tiny_pipeline, side=64, guidance=1.0), tiny_pipeline)
    picture = maker.draw(PROMPT, [1])[0]
    assert (picture.mode, picture.size) == ("RGB", (64, 64))


def test_a_folder_is_found_beside_the_workspace(tiny_pipeline: Path) -> None:
    maker = image_maker(settings(tiny_pipeline.name), tiny_pipeline.parent)
    assert isinstance(maker, DiffusersMaker)
    assert maker.role == "prototype"


def test_the_identity_follows_the_weights_and_the_settings(
    tiny_pipeline: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_pipeline, copy)
    before = DiffusersMaker(settings("copy"), tmp_path).identity
    assert DiffusersMaker(settings("copy"), tmp_path).identity == before
    assert DiffusersMaker(settings("copy", steps=5), tmp_path).identity != before
    weights = next((copy / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes() + b" ")
    assert DiffusersMaker(settings("copy"), tmp_path).identity != before


def test_a_cached_picture_is_not_drawn_again(tiny_pipeline: Path, tmp_path: Path) -> None:
    maker = DiffusersMaker(settings(tiny_pipeline), tiny_pipeline)
    first = draw_once(maker, PROMPT, [1, 2], tmp_path)
    again = draw_once(_Idle(maker.identity), PROMPT, [1, 2], tmp_path)
    assert [p.tobytes() for p in again] == [p.tobytes() for p in first]


class _Idle:
    """An image maker whose model is missing."""

    role: Literal["prototype"] = "prototype"
    name = "idle"

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def draw(self, *arguments: object) -> list[Image.Image]:
        raise AssertionError(arguments)


def damaged(folder: Path, to: Path) -> Iterator[tuple[str, Path]]:
    """Pipelines that must be refused, each with a word of its error message."""
    pickled = to / "pickled"
    shutil.copytree(folder, pickled)
    weights = next((pickled / "unet").glob("*.safetensors"))
    weights.rename(weights.with_suffix(".bin"))
    yield "pickle", pickled

    checkpoint = to / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "model.ckpt").write_bytes(b"\x80\x04")
    yield "model_index.json", checkpoint

    code = to / "code"
    shutil.copytree(folder, code)
    (code / "unet" / "my_unet.py").write_text("raise SystemExit('never run')", "utf-8")
    yield "program code", code

    stranger = to / "stranger"
    shutil.copytree(folder, stranger)
    index = json.loads((stranger / "model_index.json").read_bytes())
    index["unet"] = ["subprocess", "Popen"]
    (stranger / "model_index.json").write_text(json.dumps(index), "utf-8")
    yield "program code", stranger

    empty = to / "empty"
    shutil.copytree(folder, empty)
    for path in empty.rglob("*.safetensors"):
        path.unlink()
    yield "no safetensors", empty


def test_pickles_and_program_code_are_refused_before_anything_is_opened(
    tiny_pipeline: Path, tmp_path: Path
) -> None:
    for word, folder in damaged(tiny_pipeline, tmp_path):
        with pytest.raises(ModelError, match=word):
            check_model_folder(folder, "diffusers")
        with pytest.raises(ModelError, match=word):
            DiffusersMaker(settings(folder), tmp_path)


def test_truncated_weights_give_an_error_of_one_line(tiny_pipeline: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_pipeline, tmp_path / "cut")
    weights = next((tmp_path / "cut" / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="could not be loaded") as caught:
        DiffusersMaker(settings("cut"), tmp_path).draw(PROMPT, [1])
    assert "\n" not in caught.value.line


def test_a_missing_model_name_is_an_error_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gallery\.model"):
        image_maker(settings(""), tmp_path)
