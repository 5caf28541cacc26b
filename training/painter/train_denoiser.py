"""Trains the denoiser: from noise and a prompt to latents, along straight lines.

`python -m zeitgraph.training.painter.train_denoiser PARTS --pool pool.npy`

The network predicts the clean latents, not the noise: 24 channels of noise do not pass through a
width of 48, and need not (Li & He 2025, «Back to basics», arXiv:2511.13720).

Input: pixels, and the folder PARTS with `tokenizer` and `text_encoder`. Output: the folder `unet`
in PARTS. Latents and prompts are computed once. This module does not know about evaluation.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.training.painter.folder import (
    fresh_denoiser,
    open_tokenizer,
    tokenize,
)
from zeitgraph.training.painter.optimisers import Optimisers
from zeitgraph.training.painter.patches import find_patches
from zeitgraph.training.painter.prompts import prompt, unwanted
from zeitgraph.training.painter.prototypes import TRAINING, Pixels, prototype, prototype_pixels
from zeitgraph.training.schedule import RunningMean, by_the_clock, report, rounds

PHRASINGS = 6
UNCONDITIONAL_SHARE = 0.1
"""The share of pictures trained with an empty prompt, for classifier-free guidance."""
STEPS = 1000
LEAST_NOISE = 0.15
"""Errors are divided by the share of noise, but by no less than this."""
THING_WEIGHT = 2.0
"""The weight of the region with the thing, relative to the whole picture."""
EDGES = ("conv_in.", "conv_out.", "time_embedding.", "add_embedding.")


@dataclass(frozen=True)
class TrainingData:
    """`latents` (2, count, CHANNELS, 16, 16): pictures and their mirror images, of unit variance;
    `ids` (count, PHRASINGS, tokens): prompts for each; `empty` (few, tokens): prompts that claim
    nothing.
    """

    latents: Tensor
    ids: Tensor
    empty: Tensor

    def batch(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Returns random latents (count, CHANNELS, 16, 16) and ids (count, tokens)."""
        rows = torch.from_numpy(rng.integers(self.latents.shape[1], size=count))
        latents = self.latents[torch.from_numpy(rng.integers(2, size=count)), rows]
        ids = self.ids[rows, torch.from_numpy(rng.integers(PHRASINGS, size=count))]
        unconditional = torch.from_numpy(rng.random(count) < UNCONDITIONAL_SHARE)
        empty = self.empty[torch.from_numpy(rng.integers(len(self.empty), size=count))]
        return latents.float(), torch.where(unconditional[:, None], empty, ids)


def denoiser_loss(unet: Any, clean: Tensor, states: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Returns the squared error of the clean latents over `sigma`, the share of noise (0..1, one
    each).

    This is the error of the direction from picture to noise, which the sampler follows. Errors in
    the region of the thing count more, because backdrops are learnt long before things.
    """
    share = sigma.view(-1, 1, 1, 1)
    noisy = (1 - share) * clean + share * noise
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    with quick_matrices():
        found = unet(noisy, sigma * STEPS, encoder_hidden_states=states).sample
    wrong = ((found.float() - clean) / share.clamp(min=LEAST_NOISE)).square()
    loss: Tensor = wrong.mean() + THING_WEIGHT * wrong[..., 7:15, 4:12].mean()
    return loss


def prepare(parts: Path, pixels: Pixels, prototypes: Sequence[Picture]) -> TrainingData:
    """Returns the latents of the pictures that `prototypes` describe, and prompts about them."""
    patches = find_patches(pixels[:1500])
    sides = [
        torch.cat([patches.latents(side[at : at + 256]).half() for at in range(0, len(side), 256)])
        for side in (pixels, pixels[:, :, ::-1])
    ]
    tokenizer = open_tokenizer(parts / "tokenizer")
    rng = np.random.default_rng([TRAINING, 9])
    texts = [prompt(picture, rng).text for picture in prototypes for _ in range(PHRASINGS)]
    ids = tokenize(tokenizer, texts).view(len(prototypes), PHRASINGS, -1)
    return TrainingData(torch.stack(sides), ids, tokenize(tokenizer, list(unwanted())))


def train(
    parts: Path,
    data: TrainingData,
    *,
    minutes: float,
    rate: float,
    batch: int = 48,
    start: Path | None = None,
) -> None:
    """Trains for `minutes` and writes the moving average of the weights to `parts/unet`."""
    repair_torchvision()
    from diffusers.models.attention_processor import AttnProcessor
    from transformers import CLIPTextModel

    torch.manual_seed(3)
    unet = fresh_denoiser()
    if start is not None:
        unet = type(unet).from_pretrained(start)
    unet.set_attn_processor(AttnProcessor())
    unet.to(memory_format=torch.channels_last)
    encoder: Any = CLIPTextModel.from_pretrained(parts / "text_encoder", dtype=torch.float32)
    mean = {name: value.clone() for name, value in unet.state_dict().items()}
    optimisers = Optimisers(unet.train(), rate, EDGES)
    rng, mean_loss = np.random.default_rng(3), RunningMean(0.99)
    for turn in rounds(by_the_clock(minutes), linear_after_half):
        clean, ids = data.batch(batch, rng)
        with torch.no_grad(), quick_matrices():
            states = encoder(ids).last_hidden_state.float()
        sigma = torch.sigmoid(torch.randn(batch) + 0.3)
        loss = denoiser_loss(unet, clean, states, torch.randn_like(clean), sigma)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimisers.step(rate * turn.pace)
        mean_loss.add(loss.item())
        for name, value in unet.state_dict().items():
            mean[name].lerp_(value, 1 - min(0.995, turn.number / (turn.number + 10)))
        if turn.number % 50 == 0:
            report(f"step {turn.number} done {turn.done:.2f} loss {mean_loss.mean:.4f}")
        if turn.number % 250 == 0:
            _write(unet, mean, parts / "unet")
    _write(unet, mean, parts / "unet")


def linear_after_half(done: float) -> float:
    """Returns a factor for the learning rate: 1 in the first half of the time, then
    linearly to 0.
    """
    return min(1.0, 2 * (1 - done))


def _write(unet: Any, mean: dict[str, Tensor], folder: Path) -> None:
    own = {name: value.clone() for name, value in unet.state_dict().items()}
    unet.load_state_dict(mean)
    unet.save_pretrained(folder)
    unet.load_state_dict(own)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the denoiser of the image maker")
    parser.add_argument("parts", type=Path, help="folder of vae, tokenizer and text_encoder")
    parser.add_argument(
        "--pool", type=Path, required=True, help=".npy file that keeps the pictures"
    )
    parser.add_argument("--pictures", type=int, default=14_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--start", type=Path, help="folder `unet` to continue from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = prototype_pixels(TRAINING, options.pictures, options.pool)
    prototypes = [prototype(TRAINING, index) for index in range(options.pictures)]
    data = prepare(options.parts, pixels, prototypes)
    train(options.parts, data, minutes=options.minutes, rate=options.rate, start=options.start)


if __name__ == "__main__":
    main()
