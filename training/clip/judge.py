"""Evaluates a CLIP on the demo world: `python -m zeitgraph.training.clip.judge`.

Input: a folder that open_clip loads. Output: scores on pictures whose seeds were never trained on,
with the phrasings of the everyday style library. Pictures go through the model's own transform.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zeitgraph.extraction.demo.drawing.picture import Picture, boxes, draw
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.captions import write_caption
from zeitgraph.extraction.demo.story.claims import LANGS, library_phrasings
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.training.clip.folder import WEIGHTS, open_folder
from zeitgraph.training.clip.patches import centres, heat_maps, peaks
from zeitgraph.training.clip.pool import JUDGING, pool_picture

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClipScores:
    """Scores in 0..1, by language if a score depends on texts.

    - `styles`: zero-shot style accuracy at rank 1 among the styles of the library (12 of the 21
      looks).
    - `captions`: share of plain captions that are nearest to the prompts of the style they state.
    - `scenes`: accuracy among the nine scenes.
    - `objects`: mean average precision of the presence of an object.
    - `recall`: picture to text at rank 1 among 100.
    - `pointing`: share of objects whose box contains the centre of heat around the patch most
      similar to their name; `peaks`: the same for the middle of that patch (the pointing game of
      Zhang et al. 2016, "Top-Down Neural Attention by Excitation Backprop").
    - `neighbours`: share of pictures whose nearest other picture has the same style, over all 21
      looks.
    - `weakest`: the two styles with the lowest accuracy in each language.
    """

    pictures: int
    styles: dict[str, float]
    captions: dict[str, float]
    scenes: dict[str, float]
    objects: dict[str, float]
    recall: dict[str, float]
    pointing: dict[str, float]
    peaks: dict[str, float]
    neighbours: float
    weakest: dict[str, float]

    def lines(self) -> Iterator[str]:
        """Yields the scores as a table for a terminal."""
        yield f"{self.pictures} pictures never trained on          en     zh"
        for name in ("styles", "captions", "scenes", "objects", "recall", "pointing", "peaks"):
            values: dict[str, float] = getattr(self, name)
            yield f"{name:40s}" + "  ".join(f"{values[lang]:.3f}" for lang in LANGS)
        yield f"{'neighbours':40s}{self.neighbours:.3f}"
        yield "weakest styles: " + ", ".join(f"{k} {v:.2f}" for k, v in self.weakest.items())


class ClipEncoder:
    """A loaded CLIP that turns pictures and texts into unit vectors."""

    def __init__(self, folder: Path) -> None:
        self.model, self.preprocess, self.tokenizer = open_folder(folder)

    def pictures(self, images: Sequence[Any]) -> Vectors:
        """Returns unit vectors (count, dimensions) of PIL images."""
        import torch

        out = []
        with torch.no_grad():
            for start in range(0, len(images), 64):
                batch = [self.preprocess(image) for image in images[start : start + 64]]
                out.append(self.model.encode_image(torch.stack(batch), normalize=True))
        vectors: Vectors = torch.cat(out).numpy()
        return vectors

    def places(self, images: Sequence[Any], texts: Vectors) -> tuple[Vectors, Vectors]:
        """Returns where each text is most similar to a picture: `patches.centres` and
        `patches.peaks`.

        Both are (images, texts, 2): x and y in shares of the side.
        """
        import torch

        rows = torch.from_numpy(texts)
        found = []
        with torch.no_grad():
            for start in range(0, len(images), 32):
                batch = [self.preprocess(image) for image in images[start : start + 32]]
                maps = heat_maps(self.model.visual, torch.stack(batch), rows)
                found.append((centres(maps), peaks(maps)))
        middles, tops = (torch.cat(each).numpy() for each in zip(*found, strict=True))
        return middles, tops

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Returns unit vectors (count, dimensions) of texts."""
        import torch

        with torch.no_grad():
            out = [
                self.model.encode_text(
                    self.tokenizer(list(texts[start : start + 128])), normalize=True
                )
                for start in range(0, len(texts), 128)
            ]
        vectors: Vectors = torch.cat(out).numpy()
        return vectors

    def ensemble(self, phrasings: Sequence[Sequence[str]]) -> Vectors:
        """Returns one unit vector per group: the mean of the vectors of its phrasings."""
        rows = np.stack([self.texts(list(group)).mean(0) for group in phrasings])
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def average_precision(scores: Vectors, relevant: NDArray[np.bool_]) -> float:
    """Returns the average precision of one ranking, in 0..1; NaN if nothing is relevant."""
    hits = relevant[np.argsort(-scores, kind="stable")]
    ranks = np.flatnonzero(hits) + 1
    return float((np.arange(1, len(ranks) + 1) / ranks).mean()) if len(ranks) else float("nan")


def pointed_at(places: Vectors, pictures: Sequence[Picture]) -> float:
    """Returns the share of objects whose box contains the position found for their name."""
    hits = [
        left <= places[row, kind, 0] <= right and top <= places[row, kind, 1] <= low
        for row, picture in enumerate(pictures)
        for name, left, top, right, low in boxes(picture)
        for kind in [list(THINGS).index(name)]
    ]
    return float(np.mean(hits))


def judge(folder: Path = WEIGHTS, count: int = 560) -> ClipScores:
    """Evaluates the model in `folder` on `count` pictures never trained on."""
    encoder = ClipEncoder(folder)
    pictures = [pool_picture(JUDGING, index) for index in range(count)]
    images = [draw(picture) for picture in pictures]
    picture_vectors = encoder.pictures(images)
    true_styles = np.array([picture.look().id for picture in pictures])
    named = np.array(list(library_phrasings()))
    in_library = np.isin(true_styles, named)
    styles, captions, scenes, objects, recall = {}, {}, {}, {}, {}
    pointing, highest = {}, {}
    weakest: dict[str, float] = {}
    for lang in LANGS:
        prompts = encoder.ensemble([library_phrasings()[name][lang] for name in named])
        right = named[(picture_vectors @ prompts.T).argmax(1)] == true_styles
        styles[lang] = float(right[in_library].mean())
        per_style = {str(name): float(right[true_styles == name].mean()) for name in named}
        for name in sorted(per_style, key=per_style.__getitem__)[:2]:
            weakest[f"{name} ({lang})"] = per_style[name]
        rng = np.random.default_rng([JUDGING, 5])
        texts = [write_caption(p.look().id, p.objects, p.scene, lang, rng).text for p in pictures]
        caption_vectors = encoder.texts(texts)
        near = named[(caption_vectors @ prompts.T).argmax(1)] == true_styles
        captions[lang] = float(near[in_library].mean())
        scene_vectors = encoder.ensemble([entities()[scene].surfaces(lang) for scene in SCENES])
        truth = np.array([list(SCENES).index(picture.scene) for picture in pictures])
        scenes[lang] = float(((picture_vectors @ scene_vectors.T).argmax(1) == truth).mean())
        things = encoder.ensemble([entities()[name].surfaces(lang) for name in THINGS])
        scores = picture_vectors @ things.T
        present = np.array([[name in p.objects for name in THINGS] for p in pictures])
        precisions = [average_precision(scores[:, k], present[:, k]) for k in range(len(THINGS))]
        objects[lang] = float(np.nanmean(precisions))
        middles, tops = encoder.places(images, things)
        pointing[lang], highest[lang] = (pointed_at(each, pictures) for each in (middles, tops))
        hundreds = [slice(at, at + 100) for at in range(0, count - 99, 100)]
        recall[lang] = float(
            np.mean(
                [
                    ((picture_vectors[h] @ caption_vectors[h].T).argmax(1) == np.arange(100)).mean()
                    for h in hundreds
                ]
            )
        )
    cosines = picture_vectors @ picture_vectors.T
    np.fill_diagonal(cosines, -1)
    neighbours = float((true_styles[cosines.argmax(1)] == true_styles).mean())
    return ClipScores(
        count, styles, captions, scenes, objects, recall, pointing, highest, neighbours, weakest
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="evaluate a CLIP on the demo world")
    parser.add_argument("folder", type=Path, nargs="?", default=WEIGHTS)
    parser.add_argument("--pictures", type=int, default=560)
    options = parser.parse_args()
    for line in judge(options.folder, options.pictures).lines():
        print(line)  # noqa: T201 - a script prints


if __name__ == "__main__":
    main()
