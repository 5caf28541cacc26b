"""Trains the starter CLIP on the demo world: `python -m zeitgraph.extraction.demo.train_clip`.

In come seeds and a time limit; out comes a folder that open_clip loads. Each text is a true
statement about any number of pictures of the batch, so the loss is SigLIP's sigmoid (Zhai et al.
2023, section 3.2) with several positives, the positives and the negatives of each text weighing
the same. Runs on two cores; this module knows nothing about posts.
"""

import argparse
import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from zeitgraph.extraction.demo.clip_folder import (
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
from zeitgraph.extraction.demo.judge_clip import judge
from zeitgraph.extraction.demo.lessons import (
    Lesson,
    caption_lesson,
    claims_all,
    corpus_for_tokenizer,
    is_true,
    part_lessons,
    style_lessons,
)
from zeitgraph.extraction.demo.look import looks
from zeitgraph.extraction.demo.picture import Picture
from zeitgraph.extraction.demo.pool import TRAINING, Pool, gather
from zeitgraph.extraction.demo.scenes import SCENES
from zeitgraph.extraction.demo.things import THINGS

SIDE = 96
POOL_SIDE = 112
ANCHOR_SCALE = 20.0


def truth(lessons: Sequence[Lesson], pictures: Sequence[Picture]) -> Tensor:
    """1 where a lesson (row) is true of a picture (column), else 0; float32."""
    styles = [picture.look().id for picture in pictures]
    rows = [
        [is_true(lesson, picture, style) for picture, style in zip(pictures, styles, strict=True)]
        for lesson in lessons
    ]
    return torch.tensor(rows, dtype=torch.float32)


def balanced_sigmoid_loss(logits: Tensor, true: Tensor) -> Tensor:
    """Binary cross entropy in which the trues and the falses of each row weigh the same."""
    each = F.binary_cross_entropy_with_logits(logits, true, reduction="none")
    trues, falses = true.sum(1), (1 - true).sum(1)
    share = true / trues.clamp(min=1)[:, None] + (1 - true) / falses.clamp(min=1)[:, None]
    return (each * share).sum(1).mean()


def augment(pixels: np.ndarray[Any, Any], chance: Generator) -> Tensor:
    """A batch (count, side, side, 3) of uint8, shifted, mirrored and relit, as float tensors."""
    batch = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    count = len(batch)
    zoom = torch.from_numpy(chance.uniform(0.88, 1.04, (count, 1, 1))).float()
    flip = torch.from_numpy(chance.choice([-1.0, 1.0], (count, 1, 1))).float()
    shift = torch.from_numpy(chance.uniform(-0.06, 0.06, (count, 2, 1))).float()
    turn = torch.cat([zoom * flip, torch.zeros_like(zoom), torch.zeros_like(zoom), zoom], 1)
    moves = torch.cat([turn.view(count, 2, 2), shift], 2)
    grid = F.affine_grid(moves, [count, 3, SIDE, SIDE], align_corners=False)
    batch = F.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    light = torch.from_numpy(chance.uniform(0.92, 1.08, (count, 1, 1, 1))).float()
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return ((batch * light).clamp(0, 1) - mean) / std


class Towers:
    """The two towers of a model, run with bfloat16 copies of the float32 weights that learn.

    On processors with bfloat16 arithmetic a step takes half the time. Batch norms stay float32.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer

    def pictures(self, batch: Tensor) -> Tensor:
        """Unit vectors (count, dimensions) of a normalised batch, float32."""
        copies = {
            name: value.bfloat16() if value.ndim > 1 or "attnpool" in name else value
            for name, value in self.model.visual.named_parameters()
        }
        batch = batch.bfloat16().contiguous(memory_format=torch.channels_last)
        out = torch.func.functional_call(self.model.visual, copies, batch)
        return F.normalize(out.float(), dim=-1)

    def texts(self, texts: list[str]) -> Tensor:
        """Unit vectors of texts, float32; what is padding in all of them is not computed."""
        model, tokens = self.model, self.tokenizer(texts)
        length = int((tokens != 0).sum(1).max())
        tokens = tokens[:, :length]
        out = model.token_embedding(tokens) + model.positional_embedding[:length]
        copies = {name: v.bfloat16() for name, v in model.transformer.named_parameters()}
        mask = model.attn_mask[:length, :length].bfloat16()
        out = torch.func.functional_call(
            model.transformer, copies, (out.bfloat16(),), {"attn_mask": mask}
        )
        out = model.ln_final(out.float())
        ends = (tokens == END_ID).int().argmax(1)
        return F.normalize(out[torch.arange(len(out)), ends] @ model.text_projection, dim=-1)


class Anchors:
    """A fixed direction for every style, object and scene, which both towers are drawn to.

    Without them all short texts about objects begin as one vector, and then no picture learns to
    tell objects apart, nor any text: a saddle that 700 steps did not leave. The directions are
    orthogonal. A style asks for a higher cosine than a part, so that style dominates a picture.
    """

    def __init__(self, dimensions: int) -> None:
        styles = [Lesson("", style=style) for style in looks()]
        things = [Lesson("", objects=frozenset([name])) for name in THINGS]
        self.lessons = [*styles, *things, *(Lesson("", scene=scene) for scene in SCENES)]
        source = torch.Generator().manual_seed(0)
        basis: Tensor = torch.linalg.qr(torch.randn(dimensions, dimensions, generator=source)).Q
        self.vectors = basis[: len(self.lessons)]
        self.asked = torch.tensor([0.5 if lesson.style else 0.2 for lesson in self.lessons])

    def logits(self, vectors: Tensor) -> Tensor:
        """How surely each anchor (row) belongs to each unit vector (column)."""
        logits: Tensor = ANCHOR_SCALE * (self.vectors @ vectors.T - self.asked[:, None])
        return logits


def batch_loss(
    towers: Towers,
    anchors: Anchors,
    pool: Pool,
    rows: np.ndarray[Any, Any],
    chance: Generator,
) -> Tensor:
    """The loss of some rows of the pool, captions of half of them and all short lessons.

    Three times the same loss: texts against pictures, and both against the anchors.
    """
    pictures = [pool.pictures[row] for row in rows]
    captions = [caption_lesson(picture, chance) for picture in pictures[::2]]
    parts = [*style_lessons(chance), *part_lessons(chance)]
    seen = towers.pictures(augment(pool.pixels[rows], chance))
    said = torch.cat(
        [towers.texts([lesson.text for lesson in group]) for group in (captions, parts)]
    )
    lessons = [*captions, *parts]
    model = towers.model
    logits = model.logit_scale.exp() * said @ seen.T + model.logit_bias
    loss = balanced_sigmoid_loss(logits, truth(lessons, pictures))
    loss = loss + balanced_sigmoid_loss(anchors.logits(seen), truth(anchors.lessons, pictures))
    named = torch.tensor([[claims_all(text, one) for text in lessons] for one in anchors.lessons])
    return loss + balanced_sigmoid_loss(anchors.logits(said).T, named.float().T)


def train(
    folder: Path,
    pool: Pool,
    *,
    minutes: float,
    batch: int = 64,
    rate: float = 1.2e-3,
    seed: int = 0,
    begin: Path | None = None,
) -> None:
    """Trains for `minutes` and writes `folder`; `begin` names a folder to go on from."""
    chance = np.random.default_rng([seed, 77])
    torch.manual_seed(seed)
    _prepare(folder, pool, chance, begin)
    model, _, tokenizer = open_folder(folder)
    towers, anchors = Towers(model.train(), tokenizer), Anchors(model.visual.output_dim)
    optimiser = torch.optim.AdamW(_groups(model), lr=rate, betas=(0.9, 0.98))
    start, step, running = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - start) / (60 * minutes)) < 1:
        scale = min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate * scale * group["pace"]
        rows = np.sort(chance.choice(len(pool.pictures), batch, replace=False))
        loss = batch_loss(towers, anchors, pool, rows, chance)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step, running = step + 1, 0.98 * running + 0.02 * loss.item()
        if step % 50 == 0:
            pace = (time.monotonic() - start) / step
            line = f"step {step} loss {running / (1 - 0.98**step):.4f} {pace:.2f} s/step"
            print(line, flush=True)  # noqa: T201 - a script tells
            write_weights(folder, model)
    write_weights(folder, model)


def _groups(model: Any) -> list[dict[str, Any]]:
    """Matrices decay; the scale and the bias of the logits, two single numbers, go faster."""
    every = list(model.parameters())
    return [
        {"params": [v for v in every if v.ndim > 1], "weight_decay": 0.05, "pace": 1.0},
        {"params": [v for v in every if v.ndim == 1], "weight_decay": 0.0, "pace": 1.0},
        {"params": [v for v in every if v.ndim == 0], "weight_decay": 0.0, "pace": 10.0},
    ]


def _prepare(folder: Path, pool: Pool, chance: Generator, begin: Path | None) -> None:
    """Makes `folder` one that open_clip loads: a copy of `begin`, or fresh and without weights."""
    if begin is None:
        (folder / WEIGHTS_FILE).unlink(missing_ok=True)
        texts = corpus_for_tokenizer(pool.pictures[:6000], chance)
        write_configuration(folder, SIDE, write_tokenizer(folder, texts))
    elif begin != folder:
        shutil.copytree(begin, folder, dirs_exist_ok=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the starter CLIP on the demo world")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pictures", type=int, default=24_000)
    parser.add_argument("--pool", type=Path, help="a .npy file that keeps the drawn pictures")
    parser.add_argument("--begin", type=Path, help="a folder to go on from")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pool = gather(TRAINING, options.pictures, POOL_SIDE, workers=options.threads, kept=options.pool)
    train(options.out, pool, minutes=options.minutes, rate=options.rate, begin=options.begin)
    for line in judge(options.out).lines():
        print(line)  # noqa: T201 - a script tells


if __name__ == "__main__":
    main()
