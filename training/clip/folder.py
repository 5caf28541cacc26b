"""The folder of the starter CLIP: configuration, tokenizer and weights in the format of open_clip.

Input: a side in pixels, and texts. Output: a new open_clip model, a tokenizer, and a folder for
`local-dir:`. Weights are stored as float16 safetensors. This module does not know about training.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zeitgraph.extraction.demo import WEIGHTS_FOLDER
from zeitgraph.kg.models.torchvision_repair import repair_torchvision

WEIGHTS = WEIGHTS_FOLDER / "clip"
WEIGHTS_FILE = "open_clip_model.safetensors"
PAD, START, END = "<pad>", "<s>", "</s>"
END_ID = 2
MEAN = (0.5, 0.5, 0.5)
STD = (0.25, 0.25, 0.25)


def configuration(side: int, vocabulary: int) -> dict[str, Any]:
    """Returns open_clip's configuration: a small residual network and a small text transformer."""
    return {
        "model_cfg": {
            "embed_dim": 256,
            "init_logit_scale": 3.2,
            "init_logit_bias": -5.0,
            "vision_cfg": {
                "image_size": side,
                "layers": [1, 1, 2, 1],
                "width": 32,
                "head_width": 64,
            },
            "text_cfg": {
                "context_length": 64,
                "vocab_size": vocabulary,
                "hf_tokenizer_name": "starter",
                "tokenizer_kwargs": {"clean": "whitespace"},
                "width": 128,
                "heads": 4,
                "layers": 2,
                "pool_type": "eos",
                "eos_id": END_ID,
            },
        },
        "preprocess_cfg": {
            "mean": MEAN,
            "std": STD,
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def write_tokenizer(folder: Path, texts: Iterator[str], vocabulary: int = 3000) -> int:
    """Trains and writes a byte-level tokenizer that never joins Chinese characters; returns its
    size.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(models.BPE())
    # every text starts with a space, so that its first word has the same tokens as inside a text
    steps = [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Prepend(" ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\u3400-\u9fff]"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 1), (END, END_ID)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": PAD,
        "bos_token": START,
        "eos_token": END,
        "model_max_length": 64,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n", "utf-8")
    return int(tokenizer.get_vocab_size())


def write_configuration(folder: Path, side: int, vocabulary: int) -> None:
    """Writes `open_clip_config.json`."""
    text = json.dumps(configuration(side, vocabulary), indent=1)
    (folder / "open_clip_config.json").write_text(text + "\n", "utf-8")


def write_weights(folder: Path, model: Any) -> None:
    """Writes the weights of an open_clip model; floats become float16."""
    from safetensors.torch import save_file

    state = {
        name: (value.half() if value.is_floating_point() else value).contiguous().clone()
        for name, value in model.state_dict().items()
    }
    save_file(state, folder / WEIGHTS_FILE)


def open_folder(folder: Path = WEIGHTS) -> tuple[Any, Any, Any]:
    """Returns model, image transform and tokenizer of a folder, loaded by open_clip itself."""
    repair_torchvision()
    import open_clip

    name = f"local-dir:{folder}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    return model.eval(), preprocess, open_clip.get_tokenizer(name)
