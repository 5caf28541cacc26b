"""Trains the starter CLIP on the demo world: `python -m zeitgraph.training.clip.train`.

In come seeds and minutes; out comes a folder that open_clip loads. First the pictures learn what
they show, as a whole and patch by patch, then the texts learn what they claim, both from the same
anchors; then both towers learn together. A text is true of any number of pictures, so the last loss
is SigLIP's sigmoid (Zhai et al. 2023, section 3.2) with several positives. Runs on two cores; this
module knows nothing about posts.
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
from zeitgraph.training.clip.pool import TRAINING, Pool, describe_mixed, gather
from zeitgraph.training.clip.training_texts import (
    KINDS,
    OBJECT_ROWS,
    SCENE_ROWS,
    STYLE_ROWS,
    Lesson,
    caption_lesson,
    corpus_for_tokenizer,
    part_lessons,
    style_lessons,
)
from zeitgraph.training.schedule import Progress, Recent, by_the_clock, cosine, rounds, tell

SIDE = 128
POOL_SIDE = 144
BATCH = 64
MIDDLE_CHANNELS = 512
Step = Callable[[Generator], Tensor]


def augment(
    pixels: np.ndarray[Any, Any], boxes: Sequence[Sequence[Box]], chance: Generator
) -> tuple[Tensor, list[list[Box]]]:
    """Squares of SIDE pixels cut from a batch (count, side, side, 3) of uint8, mirrored, relit.

    Out come float32 (count, 3, SIDE, SIDE), normalised, and the boxes in shares of the squares.
    """
    count, side = len(pixels), pixels.shape[1]
    corners = chance.integers(0, side - SIDE + 1, (count, 2))
    mirrored = chance.random(count) < 0.5
    cut = np.empty((count, SIDE, SIDE, 3), np.uint8)
    moved = []
    for row, (down, right) in enumerate(corners):
        square = pixels[row, down : down + SIDE, right : right + SIDE]
        cut[row] = square[:, ::-1] if mirrored[row] else square
        moved.append([_moved(box, side, (down, right), mirrored[row]) for box in boxes[row]])
    light = torch.from_numpy(chance.uniform(0.9, 1.1, (count, 1, 1, 1))).float()
    batch = torch.from_numpy(cut).permute(0, 3, 1, 2).float() / 255 * light
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    batch = (batch.clamp(0, 1) - mean) / std
    return batch.contiguous(memory_format=torch.channels_last), moved


def _moved(box: Box, side: int, corner: tuple[int, int], mirrored: bool) -> Box:  # noqa: FBT001
    (name, x0, y0, x1, y1), (down, right) = box, corner
    x0, x1 = ((x * side - right) / SIDE for x in (x0, x1))
    y0, y1 = ((y * side - down) / SIDE for y in (y0, y1))
    return (name, 1 - x1, y0, 1 - x0, y1) if mirrored else (name, x0, y0, x1, y1)


class Course:
    """A model that learns from a pool, with what only training needs."""

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.model, _, self.tokenizer = open_folder(folder)
        self.model = self.model.to(memory_format=torch.channels_last).train()
        self.pool = pool
        self.directions = anchors.directions(self.model.visual.output_dim)
        self.middle = nn.Conv2d(MIDDLE_CHANNELS, len(KINDS), 1)

    # -- three lessons, a loss each --------------------------------------------------------------

    def look_at_pictures(self, chance: Generator) -> Tensor:
        """Pictures against anchors: as a whole, patch by patch, and halfway through the tower.

        The halfway loss is deep supervision (Lee et al. 2015, "Deeply-Supervised Nets").
        """
        loss, _, _ = self._look(chance)
        return loss

    def read_texts(self, chance: Generator) -> Tensor:
        """Texts against anchors: captions and every short lesson."""
        pictures = [self.pool.pictures[row] for row in self._rows(chance)]
        loss, _ = self._read([*(caption_lesson(picture, chance) for picture in pictures)], chance)
        return loss

    def meet(self, chance: Generator) -> Tensor:
        """Both against anchors, and each text against each picture."""
        loss, seen, pictures = self._look(chance)
        captions = [caption_lesson(picture, chance) for picture in pictures]
        read, (lessons, said) = self._read(captions, chance)
        scale, bias = self.model.logit_scale.exp(), self.model.logit_bias
        true = anchors.shown(pictures, lessons)
        return loss + read + 2 * balanced_sigmoid_loss(scale * said @ seen.T + bias, true)

    def _rows(self, chance: Generator) -> Any:
        return np.sort(chance.choice(len(self.pool.pictures), BATCH, replace=False))

    def _look(self, chance: Generator) -> tuple[Tensor, Tensor, list[Any]]:
        rows = self._rows(chance)
        pictures = [self.pool.pictures[row] for row in rows]
        batch, boxes = augment(
            self.pool.pixels[rows], [self.pool.boxes[row] for row in rows], chance
        )
        visual = self.model.visual
        with quick_matrices():
            last, middle = features(visual, batch)
            seen = F.normalize(visual.attnpool(last).float(), dim=-1)
            patches = patch_vectors(visual, last)
            halfway = self.middle(middle).float()
        logits = anchors.SCALE * (self.directions @ seen.T - anchors.asked())
        true = anchors.shown(pictures)
        loss = sum(
            weight * balanced_sigmoid_loss(logits[part], true[part])
            for part, weight in ((STYLE_ROWS, 1), (OBJECT_ROWS, 2), (SCENE_ROWS, 1))
        )
        kinds = self.directions[OBJECT_ROWS]
        here = anchors.SCALE * (kinds @ patches.flatten(0, 2).T - anchors.ASKED_OF_PATCHES)
        loss = loss + 2 * balanced_sigmoid_loss(here, *patch_truth(boxes, KINDS, last.shape[-1]))
        half = halfway.transpose(0, 1).flatten(1)
        loss = loss + 0.5 * balanced_sigmoid_loss(
            half, *patch_truth(boxes, KINDS, middle.shape[-1])
        )
        return loss, seen, pictures

    def _read(
        self, captions: list[Lesson], chance: Generator
    ) -> tuple[Tensor, tuple[list[Lesson], Tensor]]:
        short = [*style_lessons(chance), *part_lessons(chance)]
        said = torch.cat([self.texts(group) for group in (captions, short)])
        lessons = [*captions, *short]
        logits = anchors.SCALE * (self.directions @ said.T - anchors.asked())
        return balanced_sigmoid_loss(logits, anchors.said(lessons)), (lessons, said)

    def texts(self, lessons: Sequence[Lesson]) -> Tensor:
        """Unit vectors of texts, float32; what is padding in all of them is not computed."""
        model, tokens = self.model, self.tokenizer([lesson.text for lesson in lessons])
        length = int((tokens != 0).sum(1).max())
        tokens = tokens[:, :length]
        out = model.token_embedding(tokens) + model.positional_embedding[:length]
        with quick_matrices():
            mask = model.attn_mask[:length, :length]
            out = model.transformer(out, attn_mask=mask)
        out = model.ln_final(out.float())
        ends = (tokens == END_ID).int().argmax(1)
        return F.normalize(out[torch.arange(len(out)), ends] @ model.text_projection, dim=-1)


def practise(
    course: Course, step: Step, folder: Path, *, done: Progress, rate: float, seed: int
) -> None:
    """Takes steps until all is `done`, with AdamW and a cosine schedule; writes the weights."""
    chance = np.random.default_rng([seed, 77])
    every = [*course.model.parameters(), *course.middle.parameters()]
    optimiser = torch.optim.AdamW(_groups(every), lr=rate, betas=(0.9, 0.98))
    start, recent = time.monotonic(), Recent()
    for turn in rounds(done, lambda share: 0.02 + 0.98 * cosine(share), warm_up=100):
        for group in optimiser.param_groups:
            group["lr"] = rate * turn.pace * group["pace"]
        loss = step(chance)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(every, 1.0)
        optimiser.step()
        recent.add(loss.item())
        if turn.number % 50 == 0:
            pace = (time.monotonic() - start) / turn.number
            tell(f"{step.__name__} {turn.number} loss {recent.mean:.4f} {pace:.2f} s")
            write_weights(folder, course.model)
    write_weights(folder, course.model)


def _groups(every: list[nn.Parameter]) -> list[dict[str, Any]]:
    """Matrices decay; the scale and the bias of the logits, two single numbers, go faster."""
    return [
        {"params": [v for v in every if v.ndim > 1], "weight_decay": 0.05, "pace": 1.0},
        {"params": [v for v in every if v.ndim == 1], "weight_decay": 0.0, "pace": 1.0},
        {"params": [v for v in every if v.ndim == 0], "weight_decay": 0.0, "pace": 10.0},
    ]


def prepare(folder: Path, pool: Pool, seed: int, begin: Path | None) -> None:
    """Makes `folder` one that open_clip loads: a copy of `begin`, or fresh and without weights."""
    if begin is None:
        (folder / WEIGHTS_FILE).unlink(missing_ok=True)
        texts = corpus_for_tokenizer(pool.pictures[:6000], np.random.default_rng([seed, 76]))
        write_configuration(folder, SIDE, write_tokenizer(folder, texts))
    elif begin != folder:
        shutil.copytree(begin, folder, dirs_exist_ok=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the starter CLIP on the demo world")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--looking", type=float, default=60, help="minutes for pictures alone")
    parser.add_argument("--reading", type=float, default=10, help="minutes for texts alone")
    parser.add_argument("--meeting", type=float, default=20, help="minutes for both together")
    parser.add_argument("--pictures", type=int, default=21_000)
    parser.add_argument("--pool", type=Path, help="a .npy file that keeps the drawn pictures")
    parser.add_argument("--begin", type=Path, help="a folder to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    pool = gather(
        TRAINING,
        options.pictures,
        POOL_SIDE,
        describe=describe_mixed,
        workers=options.threads,
        kept=options.pool,
    )
    prepare(options.out, pool, options.seed, options.begin)
    course = Course(options.out, pool)
    rates = {"rate": options.rate, "seed": options.seed}
    practise(
        course, course.look_at_pictures, options.out, done=by_the_clock(options.looking), **rates
    )
    practise(course, course.read_texts, options.out, done=by_the_clock(options.reading), **rates)
    practise(course, course.meet, options.out, done=by_the_clock(options.meeting), **rates)
    for line in judge(options.out).lines():
        print(line)  # noqa: T201 - a script tells


if __name__ == "__main__":
    main()
