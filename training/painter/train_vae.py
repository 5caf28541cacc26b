"""Trains the autoencoder: a decoder that makes patches whole, and an encoder that finds latents.

`python -m zeitgraph.training.painter.train_vae OUT --pool pool.npy`

In come pixels; out comes the folder `vae`, diffusers' AutoencoderTiny, which has no norms and is
therefore quick on a processor. What a latent is, `patches` says beforehand: so the denoiser can
learn at the same time. This module knows nothing about texts.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.training.painter.folder import fresh_vae
from zeitgraph.training.painter.optimisers import Optimisers
from zeitgraph.training.painter.patches import Patches, find_patches, to_batch
from zeitgraph.training.painter.poses import SIDE, TRAINING, Pixels, gather
from zeitgraph.training.schedule import Recent, by_the_clock, rounds, tell

CROP = 64
NOISE = 0.1
"""Noise on the latents while training: the decoder then forgives what the denoiser gets wrong."""


def picture_loss(drawn: Tensor, true: Tensor) -> Tensor:
    """Absolute error of the pixels, and of their slopes, so that edges are crisp."""
    wrong = drawn - true
    across, down = wrong[..., 1:] - wrong[..., :-1], wrong[..., 1:, :] - wrong[..., :-1, :]
    return wrong.abs().mean() + across.abs().mean() + down.abs().mean()


def vae_loss(vae: Any, patches: Patches, pixels: Pixels) -> Tensor:
    """How badly the decoder draws from noisy latents, and the encoder finds them."""
    batch, latents = to_batch(pixels), patches.latents(pixels)
    asked = (latents + NOISE * torch.randn_like(latents)) / vae.config.scaling_factor
    with quick_matrices():
        drawn = vae.decoder(asked.contiguous(memory_format=torch.channels_last))
        found = vae.encoder(batch[:2])
    wrong = F.smooth_l1_loss(found.float() * vae.config.scaling_factor, latents[:2])
    return picture_loss(drawn.float(), batch) + wrong


def crops(pixels: Pixels, count: int, side: int, chance: np.random.Generator) -> Pixels:
    """Squares of random pictures on the grid of patches, half of them mirrored."""
    out = np.empty((count, side, side, 3), np.uint8)
    for row in range(count):
        x, y = 8 * chance.integers(0, (SIDE - side) // 8 + 1, 2)
        square = pixels[int(chance.integers(len(pixels))), y : y + side, x : x + side]
        out[row] = square[:, ::-1] if chance.random() < 0.5 else square
    return out


def train(
    folder: Path, pixels: Pixels, *, minutes: float, rate: float, begin: Path | None = None
) -> None:
    """Trains for `minutes`, the last third on whole pictures, and writes `folder`."""
    vae = fresh_vae()
    if begin is not None:
        vae = type(vae).from_pretrained(begin)
    patches = find_patches(pixels[:1500])
    chance = np.random.default_rng(1)
    torch.manual_seed(1)
    optimisers = Optimisers(vae.train(), rate, edges=("encoder.layers.0.", "decoder.layers.0."))
    recent = Recent()
    for turn in rounds(by_the_clock(minutes)):
        side = CROP if turn.done < 0.67 else SIDE
        loss = vae_loss(vae, patches, crops(pixels, 16 * CROP**2 // side**2, side, chance))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimisers.step(rate * turn.pace)
        recent.add(loss.item())
        if turn.number % 50 == 0:
            tell(f"step {turn.number} done {turn.done:.2f} loss {recent.mean:.4f}")
        if turn.number % 100 == 0:
            vae.save_pretrained(folder)
    vae.save_pretrained(folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the autoencoder of the image maker")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pool", type=Path, required=True, help="an .npy that keeps the pictures")
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--begin", type=Path, help="a folder to go on from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = gather(TRAINING, options.pictures, options.pool)
    train(options.out, pixels, minutes=options.minutes, rate=options.rate, begin=options.begin)


if __name__ == "__main__":
    main()
