"""How well names are found and linked, and how fast.

    python benchmarks/entities.py [DATA]

DATA is a folder with `entities/` (brands_nsi.csv, WNUT17 and CLUENER) and `forum/`, by default
`shared/data` beside the repository; what is absent is left out. The demo world needs no data.

Spans count as found where start, end and kind are those of the gold (exact match, micro average).
"""

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.about import __version__ as spacy_version

from zeitgraph.extraction.demo.captions import Caption
from zeitgraph.extraction.demo.names import entities
from zeitgraph.extraction.demo.world import World
from zeitgraph.extraction.recognisers import Span
from zeitgraph.extraction.rules import RulesRecogniser
from zeitgraph.kg.catalogue import Catalogue, everyday_words, load_catalogue
from zeitgraph.kg.catalogue_files import Entity
from zeitgraph.kg.disambiguation import Disambiguator, Name

MIN_SCORE = 0.5
FRESH_SEED = 4242


@dataclass(frozen=True)
class Scores:
    """Counts of spans: found and right, found, in the gold."""

    right: int
    found: int
    gold: int

    @classmethod
    def of(cls, found: Iterable[set[Span]], gold: Iterable[set[Span]]) -> "Scores":
        """The counts over texts."""
        pairs = list(zip(found, gold, strict=True))
        return cls(
            sum(len(f & g) for f, g in pairs),
            sum(len(f) for f, _ in pairs),
            sum(len(g) for _, g in pairs),
        )

    def __str__(self) -> str:
        precision, recall = self.right / max(1, self.found), self.right / max(1, self.gold)
        f1 = 2 * self.right / max(1, self.found + self.gold)
        return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  ({self.gold} gold)"


def disambiguator(own: Catalogue) -> Disambiguator:
    """What decides for a catalogue and the everyday words, as in a workspace."""
    everyday = Catalogue.of(everyday_words().entities).without_names_of(own)
    whole = Catalogue.of([*own.entities.values(), *everyday])
    return Disambiguator(whole, everyday_words(), MIN_SCORE)


# -- gold ------------------------------------------------------------------------------------------

Labelled = list[tuple[str, set[Span]]]

WNUT_KINDS = {
    "corporation": "brand",
    "product": "product",
    "person": "person",
    "location": "place",
}
CLUENER_KINDS = {"company": "brand", "name": "person", "address": "place", "scene": "place"}


def read_wnut(path: Path) -> Labelled:
    """WNUT17 (Derczynski and others 2017): tokens joined by single spaces."""
    posts = []
    for block in path.read_text("utf-8").strip().split("\n\n"):
        text, spans, begin, label = "", set(), 0, ""
        for line in [*block.splitlines(), ".\tO"]:
            token, tag = line.rsplit("\t", 1)
            if label and not tag.startswith("I-"):
                spans |= {Span(begin, len(text) - 1, label)}
                label = ""
            if tag.startswith("B-"):
                begin, label = len(text), WNUT_KINDS.get(tag[2:], "")
            text += token + " "
        posts.append((text, spans))
    return posts


def read_cluener(path: Path) -> Labelled:
    """CLUENER (Xu and others 2020): ends are inclusive there."""
    posts = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        spans = {
            Span(start, end + 1, CLUENER_KINDS[label])
            for label, names in row["label"].items()
            for places in names.values()
            for start, end in places
            if label in CLUENER_KINDS
        }
        posts.append((row["text"], spans))
    return posts


def measure_gold(name: str, recogniser: RulesRecogniser, gold: Labelled) -> None:
    """Print the scores of brands, and of every kind of proper name that the gold knows."""
    texts = [text for text, _ in gold]
    found = [set(spans) for spans in recogniser.find(texts, [""] * len(texts))]
    kinds = {span.kind for _, spans in gold for span in spans}
    for some in ({"brand"}, kinds):
        f = [{span for span in spans if span.kind in some} for spans in found]
        g = [{span for span in spans if span.kind in some} for _, spans in gold]
        print(f"{name:<12} {'+'.join(sorted(some)):<28} {Scores.of(f, g)}")


# -- the demo world --------------------------------------------------------------------------------


def demo_catalogue() -> Catalogue:
    """The catalogue of the demo world."""
    return Catalogue.of(
        Entity(e.id, e.kind, e.en, e.zh, tuple(e.aliases), e.about, tuple(e.related))
        for e in entities().values()
    )


def measure_demo(posts: int = 3000) -> None:
    """Print mentions and links against the truth of a world of a fresh seed."""
    decide = disambiguator(demo_catalogue())
    recogniser = RulesRecogniser(decide)
    world = World(FRESH_SEED, posts)
    captions = [world.post(number).caption for number in range(posts)]
    texts = [caption.text for caption in captions]
    gold = [{Span(m.start, m.end, m.kind) for m in caption.mentions} for caption in captions]
    every = recogniser.find(texts, [""] * len(texts))
    found = [{span for span in spans if span.kind != "hashtag"} for spans in every]
    print(f"{'demo':<12} {'every kind':<28} {Scores.of(found, gold)}")
    for kind in ("brand", "person", "place", "product", "object", "scene"):
        f = [{span for span in spans if span.kind == kind} for spans in found]
        g = [{span for span in spans if span.kind == kind} for spans in gold]
        print(f"{'demo':<12} {kind:<28} {Scores.of(f, g)}")
    measure_links("gold mentions", decide, captions, gold)
    measure_links("found mentions", decide, captions, found)


def measure_links(
    name: str, decide: Disambiguator, captions: Sequence[Caption], mentions: Sequence[set[Span]]
) -> None:
    """Print how many of the true mentions get the true entity, or none where it has none."""
    counts: Counter[str] = Counter()
    for caption, spans in zip(captions, mentions, strict=True):
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


def measure_speed(name: str, recogniser: RulesRecogniser, texts: Sequence[str]) -> None:
    """Print the seconds for 10,000 posts: mentions, and the choice of an entity for each."""
    recogniser.find(texts[:10], [""] * 10)
    texts = [texts[i % len(texts)] for i in range(10_000)]
    begin = time.perf_counter()
    recogniser.find(texts, [""] * len(texts))
    seconds, letters = time.perf_counter() - begin, sum(map(len, texts))
    print(f"speed        {name:<28} {seconds:.2f} s per 10,000 posts ({letters:,} characters)")


def main() -> None:
    """Print every measurement that the data at hand allows."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    print(f"spacy {spacy_version}, Python {sys.version.split()[0]}")
    measure_demo()
    names = data / "entities"
    if not names.is_dir():
        print(f"no {names}: the real data are left out")
        return
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
        measure_speed(
            "forum, English", recogniser, [json.loads(line)["text"] or "" for line in file]
        )
    measure_speed("CLUENER, Chinese", recogniser, [text for text, _ in cluener])


if __name__ == "__main__":
    main()
