"""A judge that never saw what the starter CLIP learnt from: a small network for 128 pixels.

`python -m zeitgraph.extraction.demo.painter.second_judge`

In come pictures; out comes what each shows: style, thing, scene. It is trained on pictures of its
own seed and has an architecture of its own. This module knows nothing about texts.
"""

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from zeitgraph.extraction.demo.lessons import Lesson
from zeitgraph.extraction.demo.look import looks
from zeitgraph.extraction.demo.painter.poses import SECOND_JUDGE, Pixels, gather, pose
from zeitgraph.extraction.demo.painter.prompts import CLAIMS, claimed
from zeitgraph.extraction.demo.things import THINGS
from zeitgraph.kg.torchvision_repair import mend_torchvision

WEIGHTS = Path(__file__).parents[1] / "weights" / "second-judge" / "model.safetensors"
STYLES = slice(0, len(looks()))
OBJECTS = slice(len(looks()), len(looks()) + len(THINGS))


def fresh() -> Any:
    """An untrained MobileNetV4 with a logit for each of CLAIMS, straight from its last blocks."""
    mend_torchvision()
    import timm

    network: Any = timm.create_model("mobilenetv4_conv_small_050", num_classes=len(CLAIMS))
    network.classifier = torch.nn.Linear(network.conv_head.in_channels, len(CLAIMS))
    network.conv_head = network.norm_head = torch.nn.Identity()
    return network


class SecondJudge:
    """The trained network as functions to names."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from safetensors.torch import load_file

        self.network = fresh().eval()
        self.network.load_state_dict(load_file(weights))

    def names(self, images: Sequence[Image.Image]) -> list[tuple[str, str]]:
        """The style and the thing that each picture most likely shows."""
        pixels = np.stack([np.asarray(image.convert("RGB").resize((128, 128))) for image in images])
        with torch.no_grad():
            logits = self.network(_batch(pixels))
        styles, objects = logits[:, STYLES].argmax(1), logits[:, OBJECTS].argmax(1)
        claims = np.array(CLAIMS)
        return list(zip(claims[STYLES][styles], claims[OBJECTS][objects], strict=True))


def _batch(pixels: Pixels) -> Tensor:
    batch = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return batch.contiguous(memory_format=torch.channels_last)


def _disturbed(pixels: Pixels, chance: np.random.Generator) -> Tensor:
    """A batch mirrored, shifted, and in part made coarse: a judge is not to look at grain."""
    batch = _batch(pixels)
    if chance.random() < 0.5:
        batch = batch.flip(3)
    moves = tuple(int(move) for move in chance.integers(-6, 7, 2))
    batch = torch.roll(batch, moves, (2, 3))
    if chance.random() < 0.5:
        small = F.interpolate(batch, scale_factor=0.5, mode="area")
        batch = F.interpolate(small, scale_factor=2, mode="bilinear")
    return batch * float(chance.uniform(0.9, 1.1))


def train(weights: Path, pixels: Pixels, *, steps: int, rate: float = 2e-3) -> None:
    """Trains from scratch on the first poses of SECOND_JUDGE and writes float16 weights."""
    from safetensors.torch import save_file

    torch.manual_seed(5)
    poses = [pose(SECOND_JUDGE, place) for place in range(len(pixels))]
    truth: NDArray[np.float32] = np.array(
        [claimed(Lesson("", p.style, frozenset(p.objects), p.scene)) for p in poses], np.float32
    )
    network = fresh().train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    chance, start = np.random.default_rng(5), time.monotonic()
    for step in range(steps):
        for group in optimiser.param_groups:
            pace = min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / steps))
            group["lr"] = rate * pace
        rows = chance.choice(len(pixels), 64, replace=False)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(_disturbed(pixels[rows], chance)).float()
        true = torch.from_numpy(truth[rows])
        kinds = (STYLES, OBJECTS, slice(OBJECTS.stop, None))
        parts = [F.cross_entropy(logits[:, kind], true[:, kind]) for kind in kinds]
        loss = torch.stack(parts).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if (step + 1) % 50 == 0:
            line = f"step {step + 1} loss {loss.item():.3f} {time.monotonic() - start:.0f} s"
            print(line, flush=True)  # noqa: T201 - a script tells
        if (step + 1) % 200 == 0 or step + 1 == steps:
            save_file(
                {
                    n: v.half() if v.is_floating_point() else v
                    for n, v in network.state_dict().items()
                },
                weights,
            )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the second judge of the image maker")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--pool", type=Path, required=True, help="an .npy that keeps the pictures")
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(options.out, gather(SECOND_JUDGE, options.pictures, options.pool), steps=options.steps)


if __name__ == "__main__":
    main()
