"""Evaluates a recogniser: `python -m zeitgraph.training.recogniser.judge`.

Input: the folder of a spaCy pipeline. Output: scores on captions of a seed never trained on, as
they are and with coined names of parts never trained on; and, with `--data`, on the development
parts of WNUT17 and CLUENER. A span is right if start, end and kind are right.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zeitgraph.extraction.names.model_recognisers import STARTER, SpacyRecogniser, load_spacy
from zeitgraph.extraction.names.recognisers import Recogniser
from zeitgraph.kg.entities.disambiguation import HAN
from zeitgraph.training.clip.pool import JUDGING
from zeitgraph.training.recogniser.labelled import (
    Labelled,
    Scores,
    captions,
    label,
    of_kinds,
    read_cluener,
    read_wnut,
    swap_names,
    unlisted,
)

_CHINESE = re.compile(f"[{HAN}]")


def score_kinds(recogniser: Recogniser, gold: Labelled) -> dict[str, Scores]:
    """Returns the scores for each kind in the gold labels, sorted, and for `all` of
    them together.
    """
    texts = [text for text, _ in gold]
    found = [set(spans) for spans in recogniser.find(texts, [""] * len(texts))]
    wanted = [spans for _, spans in gold]
    kinds = sorted({span.kind for spans in wanted for span in spans})
    asked = {kind: [kind] for kind in kinds} | {"all": kinds}
    return {
        name: Scores.of(of_kinds(found, some), of_kinds(wanted, some))
        for name, some in asked.items()
    }


def recall_of(recogniser: Recogniser, names: Labelled) -> Scores:
    """Returns how many of these names are found; other findings are ignored."""
    found = recogniser.find([text for text, _ in names], [""] * len(names))
    return Scores.of(
        (set(spans) & gold for spans, (_, gold) in zip(found, names, strict=True)),
        (gold for _, gold in names),
    )


def judge(recogniser: Recogniser, posts: int, data: Path | None = None) -> Iterator[str]:
    """Yields the scores as lines of a table."""
    fresh = list(captions(JUDGING, posts))
    rng = np.random.default_rng([JUDGING, 2])
    renamed = [swap_names(caption, rng, 1.0, judging=True) for caption in fresh]
    for title, texts in (("world", fresh), ("world, coined names", renamed)):
        for lang in ("en", "zh"):
            part = [c for c in texts if bool(_CHINESE.search(c.text)) == (lang == "zh")]
            yield from _rows(f"{title}, {lang}", recogniser, [label(c) for c in part])
            names = recall_of(recogniser, [(c.text, unlisted(c)) for c in part])
            yield f"{title + ', ' + lang:<24} unlisted {names}"
    if data:
        yield from _rows("WNUT17 dev", recogniser, read_wnut(data / "wnut17_dev.conll"))
        yield from _rows("CLUENER dev", recogniser, read_cluener(data / "cluener_dev.jsonl"))


def _rows(title: str, recogniser: Recogniser, gold: Labelled) -> Iterator[str]:
    for kind, scores in score_kinds(recogniser, gold).items():
        yield f"{title:<24} {kind:<8} {scores}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="evaluate a recogniser")
    parser.add_argument("folder", type=Path, nargs="?", default=STARTER)
    parser.add_argument("--posts", type=int, default=3000)
    parser.add_argument("--data", type=Path, help="folder of wnut17_dev.conll, cluener_dev.jsonl")
    options = parser.parse_args()
    recogniser = SpacyRecogniser(load_spacy(str(options.folder)))
    for line in judge(recogniser, options.posts, options.data):
        print(line)  # noqa: T201 - a script prints


if __name__ == "__main__":
    main()
