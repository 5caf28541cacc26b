"""Trains the autoencoder: a decoder from latents to patches, and an encoder that finds the latents.

`python -m zeitgraph.training.painter.train_vae OUT --pool pool.npy`

Input: pixels. Output: the folder `vae`, diffusers' AutoencoderTiny, which has no normalisation and
is therefore fast on a processor. `patches` defines the latents beforehand, so the denoiser can be
trained at the same time. This module does not know about texts.
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
from zeitgraph.training.painter.prototypes import SIDE, TRAINING, Pixels, prototype_pixels
from zeitgraph.training.schedule import RunningMean, by_the_clock, report, rounds

CROP = 64
NOISE = 0.1
"""Noise on the latents during training, which makes the decoder tolerate errors of the denoiser."""


def picture_loss(drawn: Tensor, true: Tensor) -> Tensor:
    """Returns the absolute error of the pixels and of their differences, which keeps
    edges sharp.
    """
    wrong = drawn - true
    across, down = wrong[..., 1:] - wrong[..., :-1], wrong[..., 1:, :] - wrong[..., :-1, :]
    return wrong.abs().mean() + across.abs().mean() + down.abs().mean()


def vae_loss(vae: Any, patches: Patches, pixels: Pixels) -> Tensor:
    """Returns the error of the decoder from noisy latents plus that of the encoder."""
    batch, latents = to_batch(pixels), patches.latents(pixels)
    asked = (latents + NOISE * torch.randn_like(latents)) / vae.config.scaling_factor
    with quick_matrices():
        drawn = vae.decoder(asked.contiguous(memory_format=torch.channels_last))
        found = vae.encoder(batch[:2])
    wrong = F.smooth_l1_loss(found.float() * vae.config.scaling_factor, latents[:2])
    return picture_loss(drawn.float(), batch) + wrong


def crops(pixels: Pixels, count: int, side: int, rng: np.random.Generator) -> Pixels:
    """Returns squares of random pictures on the grid of patches, half of them mirrored."""
    out = np.empty((count, side, side, 3), np.uint8)
    for row in range(count):
        x, y = 8 * rng.integers(0, (SIDE - side) // 8 + 1, 2)
        square = pixels[int(rng.integers(len(pixels))), y : y + side, x : x + side]
        out[row] = square[:, ::-1] if rng.random() < 0.5 else square
    return out


def train(
    folder: Path, pixels: Pixels, *, minutes: float, rate: float, start: Path | None = None
) -> None:
    """Trains for `minutes`, the last third on whole pictures, and writes `folder`."""
    vae = fresh_vae()
    if start is not None:
        vae = type(vae).from_pretrained(start)
    patches = find_patches(pixels[:1500])
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    optimisers = Optimisers(vae.train(), rate, edges=("encoder.layers.0.", "decoder.layers.0."))
    mean_loss = RunningMean()
    for turn in rounds(by_the_clock(minutes)):
        side = CROP if turn.done < 0.67 else SIDE
        loss = vae_loss(vae, patches, crops(pixels, 16 * CROP**2 // side**2, side, rng))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimisers.step(rate * turn.pace)
        mean_loss.add(loss.item())
        if turn.number % 50 == 0:
            report(f"step {turn.number} done {turn.done:.2f} loss {mean_loss.mean:.4f}")
        if turn.number % 100 == 0:
            vae.save_pretrained(folder)
    vae.save_pretrained(folder)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the autoencoder of the image maker")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--pool", type=Path, required=True, help=".npy file that keeps the pictures"
    )
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--start", type=Path, help="folder to continue from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pixels = prototype_pixels(TRAINING, options.pictures, options.pool)
    train(options.out, pixels, minutes=options.minutes, rate=options.rate, start=options.start)


if __name__ == "__main__":
    main()
