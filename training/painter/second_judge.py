"""A judge that never saw what the starter CLIP learnt from: a small network for 128 pixels.

`python -m zeitgraph.training.painter.second_judge`

In come pictures; out comes what each shows: style, thing, scene. It is trained on pictures of its
own seed and has an architecture of its own. This module knows nothing about texts.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from zeitgraph.extraction.demo import WEIGHTS_FOLDER
from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.training.clip.training_texts import (
    CLAIMS,
    OBJECT_ROWS,
    SCENE_ROWS,
    STYLE_ROWS,
    Lesson,
    claimed,
)
from zeitgraph.training.painter.optimisers import Optimisers
from zeitgraph.training.painter.patches import to_batch
from zeitgraph.training.painter.poses import SECOND_JUDGE, Pixels, gather, pose
from zeitgraph.training.schedule import by_count, rounds, tell

WEIGHTS = WEIGHTS_FOLDER / "second-judge" / "model.safetensors"


def fresh() -> Any:
    """An untrained plain convolutional network: `_views` in, a logit for each of CLAIMS out."""
    widths, parts = (6, 32, 64, 128, 192), []
    for before, after in pairwise(widths):
        for width in (before, after):
            parts += [
                torch.nn.Conv2d(width, after, 3, padding=1, bias=False),
                torch.nn.BatchNorm2d(after),
                torch.nn.ReLU(),
            ]
        parts.append(torch.nn.MaxPool2d(2))
    flat = [torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(widths[-1] * 4, len(CLAIMS))]
    return torch.nn.Sequential(*parts, *flat)


def _views(batch: Tensor) -> Tensor:
    """(count, 3, 128, 128) as (count, 6, 64, 64): the whole reduced, and what stands in front."""
    whole = F.avg_pool2d(batch, 2)
    front = batch[:, :, 52:116, 32:96]
    return torch.cat([whole, front], 1).contiguous(memory_format=torch.channels_last)


class SecondJudge:
    """The trained network, from pictures to names."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from safetensors.torch import load_file

        self.network = fresh().eval()
        self.network.load_state_dict(load_file(weights))

    def names(self, images: Sequence[Image.Image]) -> list[tuple[str, str]]:
        """The style and the thing that each picture most likely shows."""
        pixels = np.stack([np.asarray(image.convert("RGB").resize((128, 128))) for image in images])
        with torch.no_grad():
            logits = self.network(_views(to_batch(pixels)))
        styles, objects = logits[:, STYLE_ROWS].argmax(1), logits[:, OBJECT_ROWS].argmax(1)
        claims = np.array(CLAIMS)
        return list(zip(claims[STYLE_ROWS][styles], claims[OBJECT_ROWS][objects], strict=True))


def _disturbed(pixels: Pixels, chance: np.random.Generator) -> Tensor:
    """A batch mirrored, shifted, and in part made coarse: a judge is not to look at grain."""
    batch = to_batch(pixels)
    if chance.random() < 0.5:
        batch = batch.flip(3)
    moves = tuple(int(move) for move in chance.integers(-4, 5, 2))
    batch = torch.roll(batch, moves, (2, 3))
    if chance.random() < 0.5:
        small = F.interpolate(batch, scale_factor=0.5, mode="area")
        batch = F.interpolate(small, scale_factor=2, mode="bilinear")
    return batch * float(chance.uniform(0.9, 1.1))


def train(
    weights: Path, pixels: Pixels, *, steps: int, rate: float = 2e-3, begin: Path | None = None
) -> None:
    """Trains on the first poses of SECOND_JUDGE and writes float16 weights."""
    from safetensors.torch import load_file, save_file

    torch.manual_seed(5)
    poses = [pose(SECOND_JUDGE, place) for place in range(len(pixels))]
    truth: NDArray[np.float32] = np.array(
        [claimed(Lesson("", p.style, frozenset(p.objects), p.scene)) for p in poses], np.float32
    )
    network = fresh().train()
    if begin is not None:
        network.load_state_dict(load_file(begin))
    optimisers = Optimisers(network, rate, edges=("0.",))
    chance = np.random.default_rng(5)
    for turn in rounds(by_count(steps)):
        rows = chance.choice(len(pixels), 64, replace=False)
        with quick_matrices():
            logits = network(_views(_disturbed(pixels[rows], chance))).float()
        true = torch.from_numpy(truth[rows])
        kinds = (STYLE_ROWS, OBJECT_ROWS, SCENE_ROWS)
        parts = [F.cross_entropy(logits[:, kind], true[:, kind]) for kind in kinds]
        loss = torch.stack(parts).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimisers.step(rate * turn.pace)
        if turn.number % 50 == 0:
            tell(f"step {turn.number} loss {loss.item():.3f}")
        if turn.number % 100 == 0 or turn.number == steps:
            state = network.state_dict().items()
            halves = {n: v.half() if v.is_floating_point() else v for n, v in state}
            weights.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: value.contiguous() for name, value in halves.items()}, weights)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the second judge of the image maker")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--pool", type=Path, required=True, help="an .npy that keeps the pictures")
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--begin", type=Path, help="weights to go on from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = gather(SECOND_JUDGE, options.pictures, options.pool)
    train(options.out, pixels, steps=options.steps, begin=options.begin)


if __name__ == "__main__":
    main()
