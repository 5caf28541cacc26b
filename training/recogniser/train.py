"""Trains the starter recogniser: `python -m zeitgraph.training.recogniser.train`.

Input: captions of demo worlds, in which coined names replace most proper names, so that the model
learns the context of a name; with `--wnut`, the training part of WNUT17 too. Output: a spaCy
pipeline as a folder: one tokenizer for English and Chinese, one convolutional network over hashed
features, weights as safetensors (`extraction/names/safe_ner.py`).
"""

import argparse
import re
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from thinc.api import fix_random_seed

from zeitgraph.extraction.names import safe_ner
from zeitgraph.extraction.names.model_recognisers import STARTER, load_spacy
from zeitgraph.extraction.names.recognisers import Span
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.training.clip.pool import TRAINING
from zeitgraph.training.recogniser.coined import COINED_KINDS
from zeitgraph.training.recogniser.labelled import (
    Labelled,
    captions,
    label,
    read_wnut,
    swap_names,
)
from zeitgraph.training.recogniser.word_salad import word_salad

LABELS = tuple(sorted(kind.upper() for kind in EntityKind if kind != EntityKind.HASHTAG))
SWAP_SHARE = 0.75  # the share of proper names replaced, in four captions of five
NAMELESS_SHARE = 0.4  # the share used of the captions that name only things and scenes
TWEET_SHARE, SALAD_SHARE = 0.2, 0.15  # texts of WNUT17 and of word salad for each caption
TEXTS_PER_WORLD = 2000
WIDTH, DEPTH, WINDOW = 96, 4, 1
ROWS = {"NORM": 8000, "PREFIX": 1500, "SUFFIX": 3000, "SHAPE": 1000}
BATCH, REPORT_EVERY = 48, 200
RATE, DROPOUT = 0.001, 0.1

_LETTER = (
    "[^\\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"  # a letter or digit of a script with spaces
)
_EDGE = f"(?<={_LETTER})(?!{_LETTER})|(?<!{_LETTER})(?=.)"
"""A token is a run of such letters or any other single character; the expression matches its start.

The match is empty, and spaCy's tokenizer splits at such a match.
"""


def blank_pipeline() -> Any:
    """Returns the pipeline with random weights."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("xx")
    tokenizer: Any = type(nlp.tokenizer)
    nlp.tokenizer = tokenizer(nlp.vocab, infix_finditer=re.compile(_EDGE).finditer)
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": WIDTH,
        "attrs": list(ROWS),
        "rows": list(ROWS.values()),
        "include_static_vectors": False,
    }
    encode = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": WIDTH,
        "depth": DEPTH,
        "window_size": WINDOW,
        "maxout_pieces": 3,
    }
    network = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": True,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode},
    }
    names = nlp.add_pipe(safe_ner.NAME, config={"model": network})
    for kind in LABELS:
        names.add_label(kind)  # type: ignore[attr-defined]  # a component of ours
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a 海"), {"entities": []})])
    return nlp


def training_texts(seed: int, tweets: Labelled) -> Iterator[tuple[str, set[Span]]]:
    """Yields labelled texts without end: one world after another, and sometimes a tweet or word
    salad.
    """
    rng = np.random.default_rng([seed, 1])
    while True:
        for caption in captions(seed, TEXTS_PER_WORLD):
            nameless = COINED_KINDS.isdisjoint(m.kind for m in caption.mentions)
            if nameless and rng.random() >= NAMELESS_SHARE:
                continue
            yield label(swap_names(caption, rng, SWAP_SHARE if rng.random() < 0.8 else 0.0))
            if tweets and rng.random() < TWEET_SHARE:
                yield tweets[int(rng.integers(len(tweets)))]
            if rng.random() < SALAD_SHARE:
                yield label(word_salad(rng))
        seed += 1


def train(nlp: Any, texts: Iterator[tuple[str, set[Span]]], batches: int, folder: Path) -> None:
    """Trains `nlp` on `batches` batches of `texts`.

    After every 200 batches and at the end, `folder` is written again, with moving averages of the
    weights; they make a falling learning rate unnecessary.
    """
    from spacy.training import Example
    from thinc.api import Adam

    adam = Adam(RATE, use_averages=True)
    begin, loss = time.perf_counter(), 0.0
    for done in range(1, batches + 1):
        batch = [
            Example.from_dict(
                nlp.make_doc(text), {"entities": [(s.start, s.end, s.kind.upper()) for s in spans]}
            )
            for text, spans in islice(texts, BATCH)
        ]
        loss += nlp.update(batch, drop=DROPOUT, sgd=adam)[safe_ner.NAME]
        if done % REPORT_EVERY == 0 or done == batches:
            with nlp.use_params(adam.averages):
                write(nlp, folder)
            seconds, mean = time.perf_counter() - begin, loss / REPORT_EVERY
            print(f"{done:6d} batches  {seconds:6.0f} s  loss {mean:.2f}", flush=True)  # noqa: T201 - a script prints
            loss = 0.0


def write(nlp: Any, folder: Path) -> None:
    """Writes the pipeline without its vocabulary, which the network does not need."""
    shutil.rmtree(folder, ignore_errors=True)
    nlp.to_disk(folder, exclude=["vocab"])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="train the starter recogniser")
    parser.add_argument("folder", type=Path, nargs="?", default=STARTER)
    parser.add_argument("--batches", type=int, default=2000, help="batches of 48 texts")
    parser.add_argument("--seed", type=int, default=TRAINING)
    parser.add_argument("--start", type=Path, help="folder of a pipeline to continue from")
    parser.add_argument("--wnut", type=Path, help="the training part of WNUT17, CoNLL")
    options = parser.parse_args()
    fix_random_seed(options.seed)
    tweets = read_wnut(options.wnut) if options.wnut else []
    nlp = load_spacy(str(options.start)) if options.start else blank_pipeline()
    train(nlp, training_texts(options.seed, tweets), options.batches, options.folder)


if __name__ == "__main__":
    main()
