"""Trains the text encoder: from a prompt to what it claims, so that the denoiser can be told.

`python -m zeitgraph.training.painter.train_reader OUT`

In come prompts in two languages; out come the folders `tokenizer` and `text_encoder`. Linear heads
read the claims off the mean of all states and off the last; they are thrown away. This module knows
nothing about pixels.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.training.clip.folder import write_tokenizer
from zeitgraph.training.clip.training_texts import CLAIMS, Lesson, claimed
from zeitgraph.training.painter.folder import (
    WIDTH,
    fresh_reader,
    open_tokenizer,
    tokenize,
)
from zeitgraph.training.painter.poses import TRAINING, pose
from zeitgraph.training.painter.prompts import prompt, unwanted
from zeitgraph.training.schedule import by_count, rounds, tell


def lessons(seed: int, count: int) -> list[Lesson]:
    """Prompts about the poses of a seed, and one in thirty that claims nothing."""
    chance = np.random.default_rng([seed, 3])
    empty = [Lesson(text) for text in unwanted()]
    return [
        empty[place // 30 % len(empty)] if place % 30 == 0 else prompt(pose(seed, place), chance)
        for place in range(count)
    ]


def right(found: torch.Tensor, asked: Sequence[Lesson]) -> float:
    """The share of prompts of which every claim, and nothing else, was read."""
    truth = torch.tensor([claimed(lesson) for lesson in asked])
    return float(((found > 0).float() == truth).all(1).float().mean())


def train(folder: Path, *, steps: int, batch: int = 64, rate: float = 2e-3) -> None:
    """Trains from scratch for `steps` and writes the two folders below `folder`."""
    torch.manual_seed(2)
    pages, fresh = lessons(TRAINING, 12_000), lessons(TRAINING + 1, 500)
    size = write_tokenizer(folder / "tokenizer", (lesson.text for lesson in pages))
    tokenizer = open_tokenizer(folder / "tokenizer")
    ids = tokenize(tokenizer, [lesson.text for lesson in pages])
    truth = torch.tensor([claimed(lesson) for lesson in pages])
    reader = fresh_reader(size).train()
    reader.set_attn_implementation("eager")  # its way back is four times as quick on a processor
    heads = torch.nn.Linear(WIDTH, 2 * len(CLAIMS))

    def read(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with quick_matrices():
            states = reader(rows).last_hidden_state
        means, lasts = heads(states.float().mean(1)), heads(states[:, -1].float())
        return means[:, : len(CLAIMS)], lasts[:, len(CLAIMS) :]

    weights = [*reader.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    chance = np.random.default_rng(2)
    for turn in rounds(by_count(steps)):
        for group in optimiser.param_groups:
            group["lr"] = rate * turn.pace
        rows = torch.from_numpy(chance.choice(len(pages), batch, replace=False))
        guesses = torch.stack(read(ids[rows]))
        loss = F.binary_cross_entropy_with_logits(guesses, truth[rows].expand_as(guesses))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if turn.number % 100 == 0 or turn.number == steps:
            with torch.no_grad():
                found = read(tokenize(tokenizer, [lesson.text for lesson in fresh]))
            score = right(found[0] + found[1], fresh)
            tell(f"step {turn.number} loss {loss.item():.4f} fresh right {score:.3f}")
    reader.save_pretrained(folder / "text_encoder")


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
