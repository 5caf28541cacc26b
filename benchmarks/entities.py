"""Measures how well names are found and linked, and how fast.

    python benchmarks/entities.py [DATA]

DATA is a folder with `entities/` (brands_nsi.csv, WNUT17 and CLUENER) and `forum/`; the default is
the environment variable ZEITGRAPH_TEST_DATA. Without either, only the demo world is measured.

A span counts as found if start, end and kind equal those of the gold labels (exact match, micro
average).
"""

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spacy.about import __version__ as spacy_version

from zeitgraph.benchmarks.data import data_folder
from zeitgraph.extraction.demo.story.captions import Caption
from zeitgraph.extraction.demo.story.names import entities
from zeitgraph.extraction.names.mentions import find_together
from zeitgraph.extraction.names.model_recognisers import STARTER, SpacyRecogniser, load_spacy
from zeitgraph.extraction.names.recognisers import Recogniser, Span
from zeitgraph.extraction.names.rule_recogniser import RulesRecogniser
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.entities.catalogue import Catalogue, everyday_words, load_catalogue
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.entities.disambiguation import Disambiguator, Name
from zeitgraph.training.recogniser.labelled import (
    Labelled,
    Scores,
    captions,
    label,
    of_kinds,
    read_cluener,
    read_wnut,
)

MIN_SCORE = 0.5
FRESH_SEED = 4242


def disambiguator(own: Catalogue) -> Disambiguator:
    """Returns the disambiguator for a catalogue and the everyday words, as in a workspace."""
    everyday = Catalogue.of(everyday_words().entities).without_names_of(own)
    whole = Catalogue.of([*own.entities.values(), *everyday])
    return Disambiguator(whole, everyday_words(), MIN_SCORE)


# -- gold labels -----------------------------------------------------------------------------------


def finders(rules: RulesRecogniser) -> dict[str, list[Recogniser]]:
    """Returns the rules, the starter recogniser, and both as the product runs them."""
    model = SpacyRecogniser(load_spacy(str(STARTER)))
    return {"rules": [rules], "model": [model], "both": [rules, model]}


def find(recognisers: Sequence[Recogniser], texts: Sequence[str]) -> list[set[Span]]:
    """Returns the names in each text, without hashtags."""
    found = find_together(recognisers, texts, [""] * len(texts))
    return [{span for span in spans if span.kind != EntityKind.HASHTAG} for spans in found]


def measure_gold(name: str, rules: RulesRecogniser, gold: Labelled) -> None:
    """Prints the scores of each kind in the gold labels, and of all kinds together."""
    wanted = [spans for _, spans in gold]
    kinds = sorted({span.kind for spans in wanted for span in spans})
    for finder, recognisers in finders(rules).items():
        found = find(recognisers, [text for text, _ in gold])
        for title, some in [*((kind, [kind]) for kind in kinds), ("all", kinds)]:
            scores = Scores.of(of_kinds(found, some), of_kinds(wanted, some))
            print(f"{name:<12} {finder:<6} {title:<8} {scores}")


# -- the demo world --------------------------------------------------------------------------------


def demo_catalogue() -> Catalogue:
    """Returns the catalogue of the demo world."""
    return Catalogue.of(
        Entity(e.id, e.kind, e.en, e.zh, tuple(e.aliases), e.about, tuple(e.related))
        for e in entities().values()
    )


def measure_demo(posts: int = 3000) -> None:
    """Prints scores of mentions and links against the truth of a world with a new seed."""
    decide = disambiguator(demo_catalogue())
    rules = RulesRecogniser(decide)
    written = list(captions(FRESH_SEED, posts))
    gold = [label(caption) for caption in written]
    measure_gold("demo", rules, gold)
    measure_links("gold mentions", decide, written, [spans for _, spans in gold])
    for finder, recognisers in finders(rules).items():
        found = find(recognisers, [text for text, _ in gold])
        measure_links(f"mentions by {finder}", decide, written, found)


def measure_links(
    name: str,
    decide: Disambiguator,
    written: Sequence[Caption],
    mentions: Sequence[set[Span]],
) -> None:
    """Prints how many true mentions are linked to the true entity, or to none if they have none."""
    counts: Counter[str] = Counter()
    for caption, spans in zip(written, mentions, strict=True):
        names = [Name(s.start, s.end, caption.text[s.start : s.end], s.kind) for s in sorted(spans)]
        chosen = {
            (name.start, name.end): choice.entity.entity_id if choice.entity else ""
            for name, choice in zip(names, decide.choose(caption.text, names), strict=True)
        }
        for mention in caption.mentions:
            several = len(decide.catalogue.candidates(mention.surface)) > 1
            sort = "nil" if not mention.entity_id else "ambiguous" if several else "plain"
            answer = chosen.get((mention.start, mention.end), "")
            counts[sort] += 1
            counts[f"{sort} right"] += answer == mention.entity_id
            counts[f"{sort} wrong"] += answer not in (mention.entity_id, "")
    for sort in ("plain", "ambiguous", "nil"):
        total, right, wrong = counts[sort], counts[f"{sort} right"], counts[f"{sort} wrong"]
        print(
            f"links        {name + ', ' + sort:<28} right {right / total:.3f}"
            f"  wrong {wrong / total:.3f}  ({total})"
        )


# -- speed -----------------------------------------------------------------------------------------


def measure_speed(name: str, recogniser: Recogniser, texts: Sequence[str]) -> None:
    """Prints the seconds for finding names in 10,000 posts."""
    recogniser.find(texts[:10], [""] * 10)
    texts = [texts[i % len(texts)] for i in range(10_000)]
    begin = time.perf_counter()
    recogniser.find(texts, [""] * len(texts))
    seconds, letters = time.perf_counter() - begin, sum(map(len, texts))
    print(f"speed        {name:<28} {seconds:.2f} s per 10,000 posts ({letters:,} characters)")


def main() -> None:
    """Prints every measurement for which there is data."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else data_folder()
    print(f"spacy {spacy_version}, Python {sys.version.split()[0]}")
    measure_demo()
    if data is None:
        print("no DATA and no ZEITGRAPH_TEST_DATA: measurements on real data are skipped")
        return
    names = data / "entities"
    begin = time.perf_counter()
    brands = load_catalogue(names / "brands_nsi.csv")
    print(
        f"speed        load {len(brands.entities):,} brands   {time.perf_counter() - begin:.2f} s"
    )
    begin = time.perf_counter()
    recogniser = RulesRecogniser(disambiguator(brands))
    print(f"speed        build the matchers           {time.perf_counter() - begin:.2f} s")
    wnut, cluener = read_wnut(names / "wnut17_dev.conll"), read_cluener(names / "cluener_dev.jsonl")
    measure_gold("WNUT17 dev", recogniser, wnut)
    measure_gold("CLUENER dev", recogniser, cluener)
    with gzip.open(data / "forum" / "posts.jsonl.gz", "rt", encoding="utf-8") as file:
        forum = [json.loads(line)["text"] or "" for line in file]
    for finder, found_by in (("rules", recogniser), ("model", finders(recogniser)["model"][0])):
        measure_speed(f"forum, {finder}", found_by, forum)
        measure_speed(f"CLUENER, {finder}", found_by, [text for text, _ in cluener])


if __name__ == "__main__":
    main()
