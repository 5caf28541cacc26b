"""A second judge of pictures, trained on other data than the starter CLIP: a small network.

`python -m zeitgraph.training.painter.second_judge`

Input: pictures of 128 pixels. Output: style, thing and scene of each. It is trained on pictures of
a seed of its own and has another architecture. This module does not know about texts.
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
    TrainingText,
    claim_vector,
)
from zeitgraph.training.painter.optimisers import Optimisers
from zeitgraph.training.painter.patches import to_batch
from zeitgraph.training.painter.prototypes import SECOND_JUDGE, Pixels, prototype, prototype_pixels
from zeitgraph.training.schedule import by_count, report, rounds

WEIGHTS = WEIGHTS_FOLDER / "second-judge" / "model.safetensors"


def fresh() -> Any:
    """Returns an untrained convolutional network: `_views` in, a logit for each of CLAIMS out."""
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
    """Returns (count, 3, 128, 128) as (count, 6, 64, 64): the whole, reduced, and the
    foreground.
    """
    whole = F.avg_pool2d(batch, 2)
    front = batch[:, :, 52:116, 32:96]
    return torch.cat([whole, front], 1).contiguous(memory_format=torch.channels_last)


class SecondJudge:
    """The trained network, which names what pictures show."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from safetensors.torch import load_file

        self.network = fresh().eval()
        self.network.load_state_dict(load_file(weights))

    def names(self, images: Sequence[Image.Image]) -> list[tuple[str, str]]:
        """Returns the most likely style and thing of each picture."""
        pixels = np.stack([np.asarray(image.convert("RGB").resize((128, 128))) for image in images])
        with torch.no_grad():
            logits = self.network(_views(to_batch(pixels)))
        styles, objects = logits[:, STYLE_ROWS].argmax(1), logits[:, OBJECT_ROWS].argmax(1)
        claims = np.array(CLAIMS)
        return list(zip(claims[STYLE_ROWS][styles], claims[OBJECT_ROWS][objects], strict=True))


def _augmented(pixels: Pixels, rng: np.random.Generator) -> Tensor:
    """Returns a batch mirrored, shifted and partly blurred, so that the judge ignores
    fine grain.
    """
    batch = to_batch(pixels)
    if rng.random() < 0.5:
        batch = batch.flip(3)
    moves = tuple(int(move) for move in rng.integers(-4, 5, 2))
    batch = torch.roll(batch, moves, (2, 3))
    if rng.random() < 0.5:
        small = F.interpolate(batch, scale_factor=0.5, mode="area")
        batch = F.interpolate(small, scale_factor=2, mode="bilinear")
    return batch * float(rng.uniform(0.9, 1.1))


def train(
    weights: Path, pixels: Pixels, *, steps: int, rate: float = 2e-3, start: Path | None = None
) -> None:
    """Trains on the first prototypes of SECOND_JUDGE and writes float16 weights."""
    from safetensors.torch import load_file, save_file

    torch.manual_seed(5)
    prototypes = [prototype(SECOND_JUDGE, index) for index in range(len(pixels))]
    truth: NDArray[np.float32] = np.array(
        [
            claim_vector(TrainingText("", p.style, frozenset(p.objects), p.scene))
            for p in prototypes
        ],
        np.float32,
    )
    network = fresh().train()
    if start is not None:
        network.load_state_dict(load_file(start))
    optimisers = Optimisers(network, rate, edges=("0.",))
    rng = np.random.default_rng(5)
    for turn in rounds(by_count(steps)):
        rows = rng.choice(len(pixels), 64, replace=False)
        with quick_matrices():
            logits = network(_views(_augmented(pixels[rows], rng))).float()
        true = torch.from_numpy(truth[rows])
        kinds = (STYLE_ROWS, OBJECT_ROWS, SCENE_ROWS)
        parts = [F.cross_entropy(logits[:, kind], true[:, kind]) for kind in kinds]
        loss = torch.stack(parts).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimisers.step(rate * turn.pace)
        if turn.number % 50 == 0:
            report(f"step {turn.number} loss {loss.item():.3f}")
        if turn.number % 100 == 0 or turn.number == steps:
            state = network.state_dict().items()
            halves = {n: v.half() if v.is_floating_point() else v for n, v in state}
            weights.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: value.contiguous() for name, value in halves.items()}, weights)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the second judge of the image maker")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--pool", type=Path, required=True, help=".npy file that keeps the pictures"
    )
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--start", type=Path, help="weights to continue from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = prototype_pixels(SECOND_JUDGE, options.pictures, options.pool)
    train(options.out, pixels, steps=options.steps, start=options.start)


if __name__ == "__main__":
    main()
