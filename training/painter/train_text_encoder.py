"""Trains the text encoder: from a prompt to what it claims, as the condition for the denoiser.

`python -m zeitgraph.training.painter.train_text_encoder OUT`

Input: prompts in two languages. Output: the folders `tokenizer` and `text_encoder`. Linear heads
read the claims from the mean of all states and from the last state; they are discarded after
training. This module does not know about pixels.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.training.clip.folder import write_tokenizer
from zeitgraph.training.clip.training_texts import CLAIMS, TrainingText, claim_vector
from zeitgraph.training.painter.folder import (
    WIDTH,
    fresh_text_encoder,
    open_tokenizer,
    tokenize,
)
from zeitgraph.training.painter.prompts import prompt, unwanted
from zeitgraph.training.painter.prototypes import TRAINING, prototype
from zeitgraph.training.schedule import by_count, report, rounds


def training_prompts(seed: int, count: int) -> list[TrainingText]:
    """Returns prompts about the prototypes of a seed; one in thirty claims nothing."""
    rng = np.random.default_rng([seed, 3])
    empty = [TrainingText(text) for text in unwanted()]
    return [
        empty[index // 30 % len(empty)] if index % 30 == 0 else prompt(prototype(seed, index), rng)
        for index in range(count)
    ]


def share_right(found: torch.Tensor, samples: Sequence[TrainingText]) -> float:
    """Returns the share of prompts for which exactly the true claims were read."""
    truth = torch.tensor([claim_vector(sample) for sample in samples])
    return float(((found > 0).float() == truth).all(1).float().mean())


def train(folder: Path, *, steps: int, batch: int = 64, rate: float = 2e-3) -> None:
    """Trains from scratch for `steps` and writes the two folders below `folder`."""
    torch.manual_seed(2)
    pages, fresh = training_prompts(TRAINING, 12_000), training_prompts(TRAINING + 1, 500)
    size = write_tokenizer(folder / "tokenizer", (sample.text for sample in pages))
    tokenizer = open_tokenizer(folder / "tokenizer")
    ids = tokenize(tokenizer, [sample.text for sample in pages])
    truth = torch.tensor([claim_vector(sample) for sample in pages])
    encoder = fresh_text_encoder(size).train()
    encoder.set_attn_implementation(
        "eager"
    )  # its backward pass is four times as fast on a processor
    heads = torch.nn.Linear(WIDTH, 2 * len(CLAIMS))

    def read(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with quick_matrices():
            states = encoder(rows).last_hidden_state
        means, lasts = heads(states.float().mean(1)), heads(states[:, -1].float())
        return means[:, : len(CLAIMS)], lasts[:, len(CLAIMS) :]

    weights = [*encoder.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    rng = np.random.default_rng(2)
    for turn in rounds(by_count(steps)):
        for group in optimiser.param_groups:
            group["lr"] = rate * turn.pace
        rows = torch.from_numpy(rng.choice(len(pages), batch, replace=False))
        guesses = torch.stack(read(ids[rows]))
        loss = F.binary_cross_entropy_with_logits(guesses, truth[rows].expand_as(guesses))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if turn.number % 100 == 0 or turn.number == steps:
            with torch.no_grad():
                found = read(tokenize(tokenizer, [sample.text for sample in fresh]))
            score = share_right(found[0] + found[1], fresh)
            report(f"step {turn.number} loss {loss.item():.4f} fresh right {score:.3f}")
    encoder.save_pretrained(folder / "text_encoder")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the text encoder of the image maker")
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1200)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train(options.out, steps=options.steps)


if __name__ == "__main__":
    main()
