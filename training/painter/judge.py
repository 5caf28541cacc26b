"""Judges the image maker: `python -m zeitgraph.training.painter.judge --sheet OUT.png`.

In come the folder of a pipeline and fresh prompts, half of them Chinese; out come the shares of
pictures in which two judges, trained apart, see the style and the thing that were asked for, and
the seconds that eight pictures take. Pictures are drawn as any user of diffusers would, one for
each prompt, and then chosen among several as the gallery chooses: by the CLIP, which is therefore
too kind a judge of those; the other has no part in it.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from zeitgraph.extraction.demo import WEIGHTS_FOLDER
from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.picture import Picture
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.claims import LANGS, sayings
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.embedding.judging import picture_judge
from zeitgraph.kg.models.torchvision_repair import mend_torchvision
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.training.clip.judge import Reader
from zeitgraph.training.clip.training_texts import Lesson
from zeitgraph.training.painter.folder import WEIGHTS
from zeitgraph.training.painter.poses import JUDGING, pose, render
from zeitgraph.training.painter.prompts import FRAMES, WHOLE, framed, unwanted
from zeitgraph.training.painter.second_judge import WEIGHTS as SECOND_WEIGHTS
from zeitgraph.training.painter.second_judge import SecondJudge

Seen = Sequence[tuple[str, str]]
STEPS, GUIDANCE = 12, 2.0


@dataclass(frozen=True)
class Asked:
    """A prompt, its language, and the pose it is about."""

    lesson: Lesson
    lang: str
    picture: Picture

    def claims(self) -> list[str]:
        """What the prompt asks for, as the gallery's prompts say it: a style and a thing."""
        style = sayings(self.picture.style, self.lang)[0]
        return [style, entities()[self.picture.objects[0]].surfaces(self.lang)[0]]


def questions(count: int) -> list[Asked]:
    """Fresh prompts for a style, a thing and a scene, in both languages by turns."""
    chance = np.random.default_rng([JUDGING, 1])
    asked = []
    for place in range(count):
        lang, picture = LANGS[place % 2], pose(JUDGING, place)
        frame = FRAMES[lang][int(chance.integers(WHOLE))]
        asked.append(Asked(framed(picture, lang, chance, frame), lang, picture))
    return asked


def open_pipeline(folder: Path) -> Any:
    """The pipeline of a folder, by diffusers' own loading."""
    mend_torchvision()
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw(pipeline: Any, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
    """One picture for each prompt and seed."""
    chances = [torch.Generator().manual_seed(seed) for seed in seeds]
    drawn: list[Image.Image] = pipeline(
        list(prompts),
        negative_prompt=[unwanted()[1]] * len(prompts),
        generator=chances,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
    ).images
    return drawn


def nearest(asked: Sequence[Asked], drawn: Sequence[Sequence[Image.Image]]) -> list[Image.Image]:
    """Of the pictures drawn for each prompt the one that the gallery would show."""
    eye = picture_judge(Settings(profile="starter"))
    near = [eye(a.claims(), own).mean(axis=1) for a, own in zip(asked, drawn, strict=True)]
    return [own[int(each.argmax())] for own, each in zip(drawn, near, strict=True)]


def by_clip(images: Sequence[Image.Image]) -> Seen:
    """The style and the thing that the starter CLIP sees, by its words in both languages."""
    reader = Reader(WEIGHTS_FOLDER / "clip")
    seen = reader.pictures(images)
    styles, things = list(looks()), list(THINGS)
    style = reader.ensemble([[s for lang in LANGS for s in sayings(name, lang)] for name in styles])
    thing = reader.ensemble([entities()[name].surfaces("en") for name in things])
    return [
        (styles[a], things[b])
        for a, b in zip((seen @ style.T).argmax(1), (seen @ thing.T).argmax(1), strict=True)
    ]


def lines(asked: Sequence[Asked], verdicts: dict[str, Seen]) -> Iterator[str]:
    """A row for each judge: the shares in which style and thing are right, by language."""
    yield f"{len(asked)} pictures      style en  zh     thing en  zh"
    for judge, seen in verdicts.items():
        cells = []
        for kind in (0, 1):
            for lang in LANGS:
                rows = [(a, s) for a, s in zip(asked, seen, strict=True) if a.lang == lang]
                right = [s[kind] == (a.picture.style, a.picture.objects[0])[kind] for a, s in rows]
                cells.append(f"{np.mean(right):.3f}")
        yield f"{judge:18s} " + "  ".join(cells)


def sheet(images: Sequence[Image.Image], columns: int) -> Image.Image:
    """The pictures side by side."""
    step = images[0].width + 4
    rows = -(-len(images) // columns)
    page = Image.new("RGB", (step * columns - 4, step * rows - 4), "white")
    for place, image in enumerate(images):
        page.paste(image, (step * (place % columns), step * (place // columns)))
    return page


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="judge the image maker of the demo world")
    parser.add_argument("folder", type=Path, nargs="?", default=WEIGHTS)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=6, help="drawn for each, to choose among")
    parser.add_argument("--second", type=Path, default=SECOND_WEIGHTS)
    parser.add_argument("--sheet", type=Path, help="where to write the pictures as one")
    options = parser.parse_args()
    asked, pipeline = questions(options.pictures), open_pipeline(options.folder)
    drawn, start = [], time.monotonic()
    for question in asked:
        seeds = [question.picture.seed + more for more in range(options.candidates)]
        drawn.append(draw(pipeline, [question.lesson.text] * len(seeds), seeds))
    chosen = nearest(asked, drawn)
    pace = 8 * (time.monotonic() - start) / len(asked)
    second, verdicts = SecondJudge(options.second), {}
    for name, images in {
        f"best of {options.candidates}": chosen,
        "first": [own[0] for own in drawn],
        "true": [Image.fromarray(render(question.picture)) for question in asked],
    }.items():
        verdicts[f"CLIP, {name}"] = by_clip(images)
        verdicts[f"second, {name}"] = second.names(images)
    for line in lines(asked, verdicts):
        print(line)  # noqa: T201 - a script tells
    print(f"8 pictures, each the best of {options.candidates}, take {pace:.1f} s")  # noqa: T201
    if options.sheet:
        sheet(chosen[:84], 14).save(options.sheet)


if __name__ == "__main__":
    main()
