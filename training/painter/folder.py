"""The folder of the image maker in the format of diffusers: its parts and their sizes.

Input: untrained or trained parts. Output: a `StableDiffusionPipeline` in float16 safetensors. This
module does not know about training.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from zeitgraph.extraction.demo import WEIGHTS_FOLDER
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.training.clip.folder import END_ID
from zeitgraph.training.painter.patches import CHANNELS

WEIGHTS = WEIGHTS_FOLDER / "painter"
TOKENS = 64
WIDTH = 128
SIDE = 16
SCALING = 3.0
"""The decoder takes latents between -3 and 3; they are divided by this before decoding."""

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderTiny"],
}


def fresh_vae() -> Any:
    """Returns an untrained AutoencoderTiny that reduces the side to an eighth, without
    normalisation.
    """
    repair_torchvision()
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4,
        decoder_block_out_channels=(48,) * 4,
        num_encoder_blocks=(0, 0, 1, 1),
        num_decoder_blocks=(3, 3, 1, 0),
        latent_channels=CHANNELS,
        scaling_factor=SCALING,
    )


def fresh_text_encoder(vocabulary: int) -> Any:
    """Returns an untrained CLIPTextModel of two layers."""
    repair_torchvision()
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        hidden_act="gelu",
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=END_ID,
    )
    return CLIPTextModel(config)


def fresh_denoiser() -> Any:
    """Returns an untrained UNet2DConditionModel on 16 × 16 latents.

    The pooled prompt reaches every block together with the time; cross attention to words is at 4 ×
    4.
    """
    repair_torchvision()
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=(48, 96, 144),
        down_block_types=("DownBlock2D",) * 3,
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("UpBlock2D",) * 3,
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        resnet_time_scale_shift="scale_shift",
    )


def scheduler() -> Any:
    """Returns the sampler of a straight flow from noise to picture (Lipman et al. 2023)."""
    repair_torchvision()
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        prediction_type="sample",
        use_flow_sigmas=True,
        flow_shift=1.0,
        solver_order=2,
        steps_offset=1,
    )


def open_tokenizer(folder: Path) -> Any:
    """Returns the tokenizer of a folder that `clip.folder.write_tokenizer` wrote."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(folder, model_max_length=TOKENS)


def tokenize(tokenizer: Any, texts: list[str]) -> Any:
    """Returns ids (count, TOKENS), padded as the pipeline pads them."""
    return tokenizer(
        texts, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
    ).input_ids


def write_pipeline(folder: Path, parts: dict[str, Path]) -> None:
    """Writes trained parts as one pipeline; floats become float16."""
    from safetensors.torch import load_file, save_file

    for name, source in parts.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted(source.iterdir()):
            if file.suffix == ".safetensors":
                weights = {key: value.half() for key, value in load_file(file).items()}
                save_file(weights, target / file.name, metadata={"format": "pt"})
            elif file.name == "config.json":
                config = json.loads(file.read_text("utf-8"))
                config.pop(
                    "_name_or_path", None
                )  # the path of the training folder is not published
                (target / file.name).write_text(json.dumps(config, indent=2) + "\n", "utf-8")
            else:
                shutil.copyfile(file, target / file.name)
    scheduler().save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(INDEX, indent=1) + "\n", "utf-8")
