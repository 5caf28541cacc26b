"""Evaluates the image maker: `python -m zeitgraph.training.painter.judge --sheet OUT.png`.

Input: the folder of a pipeline, and prompts never trained on, half of them Chinese. Output: the
shares of pictures in which two judges, trained separately, see the style and the thing of the
prompt, and the seconds for eight pictures. Several pictures are drawn for each prompt, and the best
is chosen as the gallery chooses: by the CLIP. The CLIP is therefore too kind a judge of chosen
pictures; the second judge has no part in the choice.
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
from zeitgraph.extraction.demo.story.claims import LANGS, phrasings
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.embedding.judging import picture_judge
from zeitgraph.kg.models.torchvision_repair import repair_torchvision
from zeitgraph.kg.workspace.settings import Settings
from zeitgraph.training.clip.judge import ClipEncoder
from zeitgraph.training.clip.training_texts import TrainingText
from zeitgraph.training.painter.folder import WEIGHTS
from zeitgraph.training.painter.prompts import FRAMES, WHOLE, framed, unwanted
from zeitgraph.training.painter.prototypes import JUDGING, prototype, render
from zeitgraph.training.painter.second_judge import WEIGHTS as SECOND_WEIGHTS
from zeitgraph.training.painter.second_judge import SecondJudge

Names = Sequence[tuple[str, str]]
STEPS, GUIDANCE = 12, 2.0


@dataclass(frozen=True)
class JudgedPrompt:
    """A prompt, its language, and the picture that it describes."""

    sample: TrainingText
    lang: str
    picture: Picture

    def claims(self) -> list[str]:
        """Returns the style and the thing of the prompt, in the words of the gallery's prompts."""
        style = phrasings(self.picture.style, self.lang)[0]
        return [style, entities()[self.picture.objects[0]].surfaces(self.lang)[0]]


def fresh_prompts(count: int) -> list[JudgedPrompt]:
    """Returns new prompts for a style, a thing and a scene, alternating between the languages."""
    rng = np.random.default_rng([JUDGING, 1])
    prompts = []
    for index in range(count):
        lang, picture = LANGS[index % 2], prototype(JUDGING, index)
        frame = FRAMES[lang][int(rng.integers(WHOLE))]
        prompts.append(JudgedPrompt(framed(picture, lang, rng, frame), lang, picture))
    return prompts


def open_pipeline(folder: Path) -> Any:
    """Returns the pipeline of a folder, loaded by diffusers itself."""
    repair_torchvision()
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw(pipeline: Any, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
    """Returns one picture for each prompt and seed."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    drawn: list[Image.Image] = pipeline(
        list(prompts),
        negative_prompt=[unwanted()[1]] * len(prompts),
        generator=generators,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
    ).images
    return drawn


def best_of_each(
    prompts: Sequence[JudgedPrompt], drawn: Sequence[Sequence[Image.Image]]
) -> list[Image.Image]:
    """Returns, for each prompt, the drawn picture that the gallery would show."""
    similarity = picture_judge(Settings(profile="starter"))
    near = [similarity(a.claims(), own).mean(axis=1) for a, own in zip(prompts, drawn, strict=True)]
    return [own[int(each.argmax())] for own, each in zip(drawn, near, strict=True)]


def names_by_clip(images: Sequence[Image.Image]) -> Names:
    """Returns the style and the thing that the starter CLIP sees in each picture."""
    encoder = ClipEncoder(WEIGHTS_FOLDER / "clip")
    vectors = encoder.pictures(images)
    styles, things = list(looks()), list(THINGS)
    style = encoder.ensemble(
        [[s for lang in LANGS for s in phrasings(name, lang)] for name in styles]
    )
    thing = encoder.ensemble([entities()[name].surfaces("en") for name in things])
    return [
        (styles[a], things[b])
        for a, b in zip((vectors @ style.T).argmax(1), (vectors @ thing.T).argmax(1), strict=True)
    ]


def lines(prompts: Sequence[JudgedPrompt], answers: dict[str, Names]) -> Iterator[str]:
    """Yields a row for each judge: accuracy of style and thing by language."""
    yield f"{len(prompts)} pictures      style en  zh     thing en  zh"
    for judge, names in answers.items():
        cells = []
        for kind in (0, 1):
            for lang in LANGS:
                rows = [(a, s) for a, s in zip(prompts, names, strict=True) if a.lang == lang]
                right = [s[kind] == (a.picture.style, a.picture.objects[0])[kind] for a, s in rows]
                cells.append(f"{np.mean(right):.3f}")
        yield f"{judge:18s} " + "  ".join(cells)


def contact_sheet(images: Sequence[Image.Image], columns: int) -> Image.Image:
    """Returns the pictures side by side in rows of `columns`."""
    step = images[0].width + 4
    rows = -(-len(images) // columns)
    page = Image.new("RGB", (step * columns - 4, step * rows - 4), "white")
    for index, image in enumerate(images):
        page.paste(image, (step * (index % columns), step * (index // columns)))
    return page


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="evaluate the image maker of the demo world")
    parser.add_argument("folder", type=Path, nargs="?", default=WEIGHTS)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=6, help="pictures drawn for each prompt")
    parser.add_argument("--second", type=Path, default=SECOND_WEIGHTS)
    parser.add_argument("--sheet", type=Path, help="image file for all pictures")
    options = parser.parse_args()
    prompts, pipeline = fresh_prompts(options.pictures), open_pipeline(options.folder)
    drawn, start = [], time.monotonic()
    for prompt in prompts:
        seeds = [prompt.picture.seed + more for more in range(options.candidates)]
        drawn.append(draw(pipeline, [prompt.sample.text] * len(seeds), seeds))
    chosen = best_of_each(prompts, drawn)
    pace = 8 * (time.monotonic() - start) / len(prompts)
    second, answers = SecondJudge(options.second), {}
    for name, images in {
        f"best of {options.candidates}": chosen,
        "first": [own[0] for own in drawn],
        "true": [Image.fromarray(render(prompt.picture)) for prompt in prompts],
    }.items():
        answers[f"CLIP, {name}"] = names_by_clip(images)
        answers[f"second, {name}"] = second.names(images)
    for line in lines(prompts, answers):
        print(line)  # noqa: T201 - a script prints
    print(f"8 pictures, each the best of {options.candidates}, take {pace:.1f} s")  # noqa: T201
    if options.sheet:
        contact_sheet(chosen[:84], 14).save(options.sheet)


if __name__ == "__main__":
    main()
