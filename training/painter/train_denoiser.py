"""Trains the denoiser: from noise and a prompt to latents, along straight lines.

It says what the clean latents are, not where noise lies: 24 channels of noise do not pass through
48, and need not (Li & He 2025, «Back to basics», arXiv:2511.13720).

`python -m zeitgraph.training.painter.train_denoiser OUT --parts PARTS --pool pool.npy`

In come pixels and the folder where `tokenizer` and `text_encoder` lie; out comes the folder `unet`
there. Latents and prompts are computed once. This module knows nothing about judging.
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
from zeitgraph.kg.models.torchvision_repair import mend_torchvision
from zeitgraph.training.painter.folder import (
    fresh_denoiser,
    open_tokenizer,
    tokenize,
)
from zeitgraph.training.painter.optimisers import Optimisers
from zeitgraph.training.painter.patches import find_patches
from zeitgraph.training.painter.poses import TRAINING, Pixels, gather, pose
from zeitgraph.training.painter.prompts import prompt, unwanted
from zeitgraph.training.schedule import Recent, by_the_clock, rounds, tell

PHRASINGS = 6
UNTOLD = 0.1
"""The share of pictures drawn without being told what: for classifier-free guidance."""
STEPS = 1000
LEAST_NOISE = 0.15
"""Errors count by how much noise there is; with less than this, as if there were this."""
HERO = 2.0
"""How much the place of the thing weighs, beside the whole picture."""
EDGES = ("conv_in.", "conv_out.", "time_embedding.", "add_embedding.")


@dataclass(frozen=True)
class Lessons:
    """`latents` (2, count, CHANNELS, 16, 16): pictures and their mirror images, of unit size; `ids`
    (count, PHRASINGS, tokens): prompts about each; `empty` (few, tokens): prompts about nothing.
    """

    latents: Tensor
    ids: Tensor
    empty: Tensor

    def batch(self, count: int, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Random latents (count, CHANNELS, 16, 16) and ids (count, tokens)."""
        rows = torch.from_numpy(chance.integers(self.latents.shape[1], size=count))
        latents = self.latents[torch.from_numpy(chance.integers(2, size=count)), rows]
        ids = self.ids[rows, torch.from_numpy(chance.integers(PHRASINGS, size=count))]
        untold = torch.from_numpy(chance.random(count) < UNTOLD)
        empty = self.empty[torch.from_numpy(chance.integers(len(self.empty), size=count))]
        return latents.float(), torch.where(untold[:, None], empty, ids)


def denoiser_loss(unet: Any, clean: Tensor, states: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Squared error of the clean latents over `sigma`, the share of noise (0..1, one for each).

    That is the error of the direction from picture to noise, which the sampler follows.

    Where the thing stands, errors count more: backdrops are learnt long before things are.
    """
    share = sigma.view(-1, 1, 1, 1)
    noisy = (1 - share) * clean + share * noise
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    with quick_matrices():
        found = unet(noisy, sigma * STEPS, encoder_hidden_states=states).sample
    wrong = ((found.float() - clean) / share.clamp(min=LEAST_NOISE)).square()
    loss: Tensor = wrong.mean() + HERO * wrong[..., 7:15, 4:12].mean()
    return loss


def prepare(parts: Path, pixels: Pixels, poses: Sequence[Picture]) -> Lessons:
    """Latents of the pictures that `poses` describe, and prompts about them."""
    patches = find_patches(pixels[:1500])
    sides = [
        torch.cat([patches.latents(side[at : at + 256]).half() for at in range(0, len(side), 256)])
        for side in (pixels, pixels[:, :, ::-1])
    ]
    tokenizer = open_tokenizer(parts / "tokenizer")
    chance = np.random.default_rng([TRAINING, 9])
    texts = [prompt(picture, chance).text for picture in poses for _ in range(PHRASINGS)]
    ids = tokenize(tokenizer, texts).view(len(poses), PHRASINGS, -1)
    return Lessons(torch.stack(sides), ids, tokenize(tokenizer, list(unwanted())))


def train(
    parts: Path,
    lessons: Lessons,
    *,
    minutes: float,
    rate: float,
    batch: int = 48,
    begin: Path | None = None,
) -> None:
    """Trains for `minutes`; the mean of recent weights is written to `parts/unet`."""
    mend_torchvision()
    from diffusers.models.attention_processor import AttnProcessor
    from transformers import CLIPTextModel

    torch.manual_seed(3)
    unet = fresh_denoiser()
    if begin is not None:
        unet = type(unet).from_pretrained(begin)
    unet.set_attn_processor(AttnProcessor())
    unet.to(memory_format=torch.channels_last)
    reader: Any = CLIPTextModel.from_pretrained(parts / "text_encoder", dtype=torch.float32)
    mean = {name: value.clone() for name, value in unet.state_dict().items()}
    optimisers = Optimisers(unet.train(), rate, EDGES)
    chance, recent = np.random.default_rng(3), Recent(0.99)
    for turn in rounds(by_the_clock(minutes), late):
        clean, ids = lessons.batch(batch, chance)
        with torch.no_grad(), quick_matrices():
            states = reader(ids).last_hidden_state.float()
        sigma = torch.sigmoid(torch.randn(batch) + 0.3)
        loss = denoiser_loss(unet, clean, states, torch.randn_like(clean), sigma)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimisers.step(rate * turn.pace)
        recent.add(loss.item())
        for name, value in unet.state_dict().items():
            mean[name].lerp_(value, 1 - min(0.995, turn.number / (turn.number + 10)))
        if turn.number % 50 == 0:
            tell(f"step {turn.number} done {turn.done:.2f} loss {recent.mean:.4f}")
        if turn.number % 250 == 0:
            _write(unet, mean, parts / "unet")
    _write(unet, mean, parts / "unet")


def late(done: float) -> float:
    """The pace is constant for half of the time, then falls to nothing."""
    return min(1.0, 2 * (1 - done))


def _write(unet: Any, mean: dict[str, Tensor], folder: Path) -> None:
    own = {name: value.clone() for name, value in unet.state_dict().items()}
    unet.load_state_dict(mean)
    unet.save_pretrained(folder)
    unet.load_state_dict(own)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the denoiser of the image maker")
    parser.add_argument("parts", type=Path, help="where vae, tokenizer and text_encoder lie")
    parser.add_argument("--pool", type=Path, required=True, help="an .npy that keeps the pictures")
    parser.add_argument("--pictures", type=int, default=14_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--begin", type=Path, help="a folder `unet` to go on from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = gather(TRAINING, options.pictures, options.pool)
    poses = [pose(TRAINING, place) for place in range(options.pictures)]
    lessons = prepare(options.parts, pixels, poses)
    train(options.parts, lessons, minutes=options.minutes, rate=options.rate, begin=options.begin)


if __name__ == "__main__":
    main()
