"""Trains the starter CLIP on the demo world: `python -m zeitgraph.training.clip.train`.

Input: seeds and minutes. Output: a folder that open_clip loads. First the picture tower learns what
pictures show, as a whole and patch by patch; then the text tower learns what texts claim; both use
the same anchors. Then both towers learn together. A text can be true of several pictures, so the
last loss is SigLIP's sigmoid (Zhai et al. 2023, section 3.2) with several positives. Two cores
suffice. This module does not know about posts.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor, nn

from zeitgraph.extraction.demo.drawing.picture import Box
from zeitgraph.extraction.embedding.precision import quick_matrices
from zeitgraph.training.clip import anchors
from zeitgraph.training.clip.anchors import balanced_sigmoid_loss
from zeitgraph.training.clip.folder import (
    END_ID,
    MEAN,
    STD,
    WEIGHTS,
    WEIGHTS_FILE,
    open_folder,
    write_configuration,
    write_tokenizer,
    write_weights,
)
from zeitgraph.training.clip.judge import judge
from zeitgraph.training.clip.patches import features, patch_truth, patch_vectors
from zeitgraph.training.clip.pool import TRAINING, Pool, make_pool, mixed_picture
from zeitgraph.training.clip.training_texts import (
    KINDS,
    OBJECT_ROWS,
    SCENE_ROWS,
    STYLE_ROWS,
    TrainingText,
    caption_text,
    part_texts,
    style_texts,
    tokenizer_texts,
)
from zeitgraph.training.schedule import Progress, RunningMean, by_the_clock, cosine, report, rounds

SIDE = 128
POOL_SIDE = 144
BATCH = 64
MIDDLE_CHANNELS = 512
Step = Callable[[Generator], Tensor]


def augment(
    pixels: np.ndarray[Any, Any], boxes: Sequence[Sequence[Box]], rng: Generator
) -> tuple[Tensor, list[list[Box]]]:
    """Returns random squares of SIDE pixels from a batch (count, side, side, 3) of uint8, and
    boxes.

    Squares are mirrored and brightened at random. They are float32 (count, 3, SIDE, SIDE),
    normalised. The boxes are in shares of the squares.
    """
    count, side = len(pixels), pixels.shape[1]
    corners = rng.integers(0, side - SIDE + 1, (count, 2))
    mirrored = rng.random(count) < 0.5
    cut = np.empty((count, SIDE, SIDE, 3), np.uint8)
    moved = []
    for row, (down, right) in enumerate(corners):
        square = pixels[row, down : down + SIDE, right : right + SIDE]
        cut[row] = square[:, ::-1] if mirrored[row] else square
        moved.append([_moved(box, side, (down, right), mirrored[row]) for box in boxes[row]])
    light = torch.from_numpy(rng.uniform(0.9, 1.1, (count, 1, 1, 1))).float()
    batch = torch.from_numpy(cut).permute(0, 3, 1, 2).float() / 255 * light
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    batch = (batch.clamp(0, 1) - mean) / std
    return batch.contiguous(memory_format=torch.channels_last), moved


def _moved(box: Box, side: int, corner: tuple[int, int], mirrored: bool) -> Box:  # noqa: FBT001
    (name, x0, y0, x1, y1), (down, right) = box, corner
    x0, x1 = ((x * side - right) / SIDE for x in (x0, x1))
    y0, y1 = ((y * side - down) / SIDE for y in (y0, y1))
    return (name, 1 - x1, y0, 1 - x0, y1) if mirrored else (name, x0, y0, x1, y1)


class ClipTrainer:
    """A model, the pool it learns from, and the parts that only training needs."""

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.model, _, self.tokenizer = open_folder(folder)
        self.model = self.model.to(memory_format=torch.channels_last).train()
        self.pool = pool
        self.directions = anchors.directions(self.model.visual.output_dim)
        self.middle = nn.Conv2d(MIDDLE_CHANNELS, len(KINDS), 1)

    # -- three losses ----------------------------------------------------------------------------

    def picture_loss(self, rng: Generator) -> Tensor:
        """Returns the loss of pictures against anchors: whole, patch by patch, and halfway up the
        tower.

        The halfway loss is deep supervision (Lee et al. 2015, "Deeply-Supervised Nets").
        """
        loss, _, _ = self._picture_forward(rng)
        return loss

    def text_loss(self, rng: Generator) -> Tensor:
        """Returns the loss of texts against anchors: captions and every short text."""
        pictures = [self.pool.pictures[row] for row in self._rows(rng)]
        loss, _ = self._text_forward([*(caption_text(picture, rng) for picture in pictures)], rng)
        return loss

    def joint_loss(self, rng: Generator) -> Tensor:
        """Returns the loss of both against anchors, and of each text against each picture."""
        loss, picture_vectors, pictures = self._picture_forward(rng)
        captions = [caption_text(picture, rng) for picture in pictures]
        read, (samples, text_vectors) = self._text_forward(captions, rng)
        scale, bias = self.model.logit_scale.exp(), self.model.logit_bias
        true = anchors.true_of(pictures, samples)
        return (
            loss
            + read
            + 2 * balanced_sigmoid_loss(scale * text_vectors @ picture_vectors.T + bias, true)
        )

    def _rows(self, rng: Generator) -> Any:
        return np.sort(rng.choice(len(self.pool.pictures), BATCH, replace=False))

    def _picture_forward(self, rng: Generator) -> tuple[Tensor, Tensor, list[Any]]:
        rows = self._rows(rng)
        pictures = [self.pool.pictures[row] for row in rows]
        batch, boxes = augment(self.pool.pixels[rows], [self.pool.boxes[row] for row in rows], rng)
        visual = self.model.visual
        with quick_matrices():
            last, middle = features(visual, batch)
            picture_vectors = F.normalize(visual.attnpool(last).float(), dim=-1)
            patches = patch_vectors(visual, last)
            halfway = self.middle(middle).float()
        logits = anchors.SCALE * (self.directions @ picture_vectors.T - anchors.cosine_thresholds())
        true = anchors.true_of(pictures)
        loss = sum(
            weight * balanced_sigmoid_loss(logits[part], true[part])
            for part, weight in ((STYLE_ROWS, 1), (OBJECT_ROWS, 2), (SCENE_ROWS, 1))
        )
        kinds = self.directions[OBJECT_ROWS]
        here = anchors.SCALE * (kinds @ patches.flatten(0, 2).T - anchors.PATCH_COSINE)
        loss = loss + 2 * balanced_sigmoid_loss(here, *patch_truth(boxes, KINDS, last.shape[-1]))
        half = halfway.transpose(0, 1).flatten(1)
        loss = loss + 0.5 * balanced_sigmoid_loss(
            half, *patch_truth(boxes, KINDS, middle.shape[-1])
        )
        return loss, picture_vectors, pictures

    def _text_forward(
        self, captions: list[TrainingText], rng: Generator
    ) -> tuple[Tensor, tuple[list[TrainingText], Tensor]]:
        short = [*style_texts(rng), *part_texts(rng)]
        text_vectors = torch.cat([self.texts(group) for group in (captions, short)])
        samples = [*captions, *short]
        logits = anchors.SCALE * (self.directions @ text_vectors.T - anchors.cosine_thresholds())
        return balanced_sigmoid_loss(logits, anchors.claimed_in(samples)), (samples, text_vectors)

    def texts(self, samples: Sequence[TrainingText]) -> Tensor:
        """Returns unit vectors of texts, float32. Positions that are padding in all texts are
        skipped.
        """
        model, tokens = self.model, self.tokenizer([sample.text for sample in samples])
        length = int((tokens != 0).sum(1).max())
        tokens = tokens[:, :length]
        out = model.token_embedding(tokens) + model.positional_embedding[:length]
        with quick_matrices():
            mask = model.attn_mask[:length, :length]
            out = model.transformer(out, attn_mask=mask)
        out = model.ln_final(out.float())
        ends = (tokens == END_ID).int().argmax(1)
        return F.normalize(out[torch.arange(len(out)), ends] @ model.text_projection, dim=-1)


def train_phase(
    trainer: ClipTrainer, step: Step, folder: Path, *, done: Progress, rate: float, seed: int
) -> None:
    """Trains until `done` reaches 1, with AdamW and a cosine schedule, and writes the weights."""
    rng = np.random.default_rng([seed, 77])
    parameters = [*trainer.model.parameters(), *trainer.middle.parameters()]
    optimiser = torch.optim.AdamW(_groups(parameters), lr=rate, betas=(0.9, 0.98))
    start, mean_loss = time.monotonic(), RunningMean()
    for turn in rounds(done, lambda share: 0.02 + 0.98 * cosine(share), warm_up=100):
        for group in optimiser.param_groups:
            group["lr"] = rate * turn.pace * group["pace"]
        loss = step(rng)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        mean_loss.add(loss.item())
        if turn.number % 50 == 0:
            pace = (time.monotonic() - start) / turn.number
            report(f"{step.__name__} {turn.number} loss {mean_loss.mean:.4f} {pace:.2f} s")
            write_weights(folder, trainer.model)
    write_weights(folder, trainer.model)


def _groups(parameters: list[nn.Parameter]) -> list[dict[str, Any]]:
    """Returns AdamW's groups: matrices decay; the logits' scale and bias (scalars) learn faster."""
    return [
        {"params": [v for v in parameters if v.ndim > 1], "weight_decay": 0.05, "pace": 1.0},
        {"params": [v for v in parameters if v.ndim == 1], "weight_decay": 0.0, "pace": 1.0},
        {"params": [v for v in parameters if v.ndim == 0], "weight_decay": 0.0, "pace": 10.0},
    ]


def prepare(folder: Path, pool: Pool, seed: int, start: Path | None) -> None:
    """Makes `folder` loadable by open_clip: a copy of `start`, or new and without weights."""
    if start is None:
        (folder / WEIGHTS_FILE).unlink(missing_ok=True)
        texts = tokenizer_texts(pool.pictures[:6000], np.random.default_rng([seed, 76]))
        write_configuration(folder, SIDE, write_tokenizer(folder, texts))
    elif start != folder:
        shutil.copytree(start, folder, dirs_exist_ok=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the starter CLIP on the demo world")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--picture-minutes", type=float, default=60, help="minutes for pictures alone"
    )
    parser.add_argument("--text-minutes", type=float, default=10, help="minutes for texts alone")
    parser.add_argument("--joint-minutes", type=float, default=20, help="minutes for both together")
    parser.add_argument("--pictures", type=int, default=21_000)
    parser.add_argument("--pool", type=Path, help=".npy file that keeps the drawn pictures")
    parser.add_argument("--start", type=Path, help="folder of a model to continue from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    pool = make_pool(
        TRAINING,
        options.pictures,
        POOL_SIDE,
        describe=mixed_picture,
        workers=options.threads,
        cache=options.pool,
    )
    prepare(options.out, pool, options.seed, options.start)
    trainer = ClipTrainer(options.out, pool)
    rates = {"rate": options.rate, "seed": options.seed}
    train_phase(
        trainer,
        trainer.picture_loss,
        options.out,
        done=by_the_clock(options.picture_minutes),
        **rates,
    )
    train_phase(
        trainer, trainer.text_loss, options.out, done=by_the_clock(options.text_minutes), **rates
    )
    train_phase(
        trainer, trainer.joint_loss, options.out, done=by_the_clock(options.joint_minutes), **rates
    )
    for line in judge(options.out).lines():
        print(line)  # noqa: T201 - a script prints


if __name__ == "__main__":
    main()
