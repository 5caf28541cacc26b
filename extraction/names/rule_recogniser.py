"""The rules recogniser: hashtags, and the names of the catalogue and of the everyday words.

Comes in: texts in any mixture of languages. Goes out: spans. Needs no model: spaCy's blank English
and Chinese pipelines cut a text into words and into characters, their phrase matchers find the
names, and jieba's dictionary tells what a Chinese word is. Knows nothing about tables.

- A proper name in Latin letters (person, brand, product, place) stands as the catalogue writes it,
  or in capitals; a common noun (object, scene) in any casing, singular or plural.
- A name that is an ordinary word («Target», «Next») is one only where its capital tells: after a
  word in small letters, or among Chinese characters. At the start of a sentence it is none. A name
  of several ordinary words («Old Navy») has a capital in its last.
- A Chinese name is no part of a longer word of jieba's dictionary. (Against gold names of CLUENER
  this lost less and kept as much out as asking for a word's edge on both sides.)
- Of names that overlap, the longest stands.
- A hashtag is `#word` (Unicode letters, digits and _, not digits alone), or `#words#` as on Weibo
  where Han characters stand between the hashes. Proper names inside it are found too; a thing in a
  hashtag is a topic, and need not be there.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from zeitgraph.extraction.names.normal_form import align
from zeitgraph.extraction.names.recognisers import Span, longest_first
from zeitgraph.extraction.names.words import chinese_cutter
from zeitgraph.kg.base.plugins import is_installed
from zeitgraph.kg.entities.catalogue import CASED_KINDS, Catalogue, everyday_words, surface_forms
from zeitgraph.kg.entities.disambiguation import HAN, Disambiguator, Name, has_proper_name_case
from zeitgraph.kg.entities.linking import disambiguator_of
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    from spacy.language import Language

Place = tuple[int, int]  # start and end of a match

_UNSPACED = re.compile(rf"[{HAN}぀-ヿ]")  # Han and kana: words are not set apart by spaces
_RUN_ON = re.compile(r"\S{200,}")
_HASHTAG = re.compile(
    rf"[#＃](?=[^#＃\n]*[{HAN}])(?!\s)[^#＃\n]{{1,32}}(?<!\s)[#＃]"
    r"|(?<![A-Za-z0-9_&/#＃])[#＃](?=\w*[^\W\d_])\w+"
)
_LOCATIVES = ("", *"里裡上下中内內外前后後旁边邊")  # 花园里, «in the garden», is one word for jieba
_TELLING_LENGTH = 4  # a proper name in small letters alone is a name if it is so long
_KIND_ORDER = ("object", "scene", "brand", "product", "person", "place", "hashtag")
"""The kind of a name that could be of several where nothing decides, common nouns first."""


def rules_of(workspace: Workspace) -> "RulesRecogniser | HashtagRecogniser":
    """The rules for what `workspace` knows; built once per process for one catalogue.

    Without spaCy (the extra `text`), only hashtags are found.
    """
    if not is_installed("spacy"):
        return HashtagRecogniser()
    return _rules(disambiguator_of(workspace))


@lru_cache(maxsize=2)
def _rules(disambiguator: Disambiguator) -> "RulesRecogniser":
    return RulesRecogniser(disambiguator)


class HashtagRecogniser:
    """Finds hashtags; needs no other package."""

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The hashtags of each text, in any language."""
        aligned = [align(text) for text in texts]
        return [
            sorted(
                Span(*one.original(tag.start, tag.end), tag.kind) for tag in _hashtags(one.clean)
            )
            for one in aligned
        ]


class RulesRecogniser:
    """Finds hashtags and the names that `disambiguator`'s catalogue holds."""

    def __init__(self, disambiguator: Disambiguator) -> None:
        self._disambiguator = disambiguator
        forms = sorted(_findable_forms(disambiguator.catalogue))
        unspaced = [form for form in forms if _UNSPACED.search(form)]
        spaced = [form for form in forms if not _UNSPACED.search(form)]
        self._words = PhraseFinder(_english(), spaced)
        self._characters = PhraseFinder(_chinese(), unspaced)
        self._ordinary = everyday_words().ordinary | _english().Defaults.stop_words
        self._written = lru_cache(maxsize=65536)(disambiguator.catalogue.by_cased_name)

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The spans of each text; `langs` play no part, since posts mix languages."""
        aligned = [align(text) for text in texts]
        cleans = [one.clean for one in aligned]
        spaced = [_spaced_part(clean) for clean in cleans]
        unspaced = [clean if _UNSPACED.search(clean) else "" for clean in cleans]
        found = zip(self._words.find(spaced), self._characters.find(unspaced), strict=True)
        return [
            sorted(
                Span(*one.original(span.start, span.end), span.kind)
                for span in self._spans(one.clean, words, characters)
            )
            for one, (words, characters) in zip(aligned, found, strict=True)
        ]

    def _spans(self, clean: str, words: Sequence[Place], characters: Sequence[Place]) -> list[Span]:
        """The spans of a clean text, where these are the matches of the two finders."""
        edges = word_edges(clean) if characters else []
        whole = [place for place in characters if not _is_part_of_word(clean, edges, *place)]
        named = [place for place in [*whole, *words] if self._is_name(clean, *place)]
        names = longest_first(Span(*place, "") for place in named)
        tags = _hashtags(clean)
        tagged = {place for tag in tags for place in range(tag.start, tag.end)}
        return [
            *tags,
            *(
                name
                for name in self._with_kinds(clean, names)
                if name.kind in CASED_KINDS or name.start not in tagged
            ),
        ]

    def _is_name(self, clean: str, start: int, end: int) -> bool:
        """Whether its casing lets a match be the name that it looks like."""
        surface = clean[start:end]
        meant = self._written(surface)
        if any(entity.kind not in CASED_KINDS for entity in meant):
            return True
        if not meant or (surface.islower() and len(surface) < _TELLING_LENGTH):
            return False
        words = surface.casefold().split()
        if not self._ordinary.issuperset(words):
            return True
        if len(words) > 1:
            return surface.split()[-1][0].isupper()
        return has_proper_name_case(clean, start, surface)

    def _with_kinds(self, clean: str, names: Sequence[Span]) -> Iterator[Span]:
        asked = [Name(n.start, n.end, clean[n.start : n.end]) for n in names]
        for name, choice in zip(asked, self._disambiguator.choose(clean, asked), strict=True):
            possible = [choice.entity] if choice.entity else self._written(name.surface)
            kind = min((entity.kind for entity in possible), key=_KIND_ORDER.index)
            yield Span(name.start, name.end, kind)


def _hashtags(clean: str) -> list[Span]:
    return [Span(*match.span(), "hashtag") for match in _HASHTAG.finditer(clean)]


def _spaced_part(clean: str) -> str:
    """`clean` with blanks, in equal number, for what is not written in words with spaces.

    That is Han and kana, so that a Latin name among them stands free, and what runs on for so long
    that no language writes it so: spaCy's tokenizer needs time that grows with its square.
    """
    spaced = _UNSPACED.sub(" ", clean)
    return _RUN_ON.sub(lambda run: " " * len(run[0]), spaced)


def _findable_forms(catalogue: Catalogue) -> set[str]:
    """The names worth looking for: with a letter, and two characters if it is a proper name."""
    return {
        form
        for entity in catalogue.entities.values()
        for form in surface_forms(entity)
        if any(letter.isalpha() for letter in form)
        and (len(form) > 1 or entity.kind not in CASED_KINDS)
    }


class PhraseFinder:
    """Where phrases stand in texts, in any casing, in the tokens of `nlp`."""

    def __init__(self, nlp: "Language", phrases: Sequence[str]) -> None:
        from spacy.matcher import PhraseMatcher

        self._nlp = nlp
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        self._matcher.add("name", [nlp.make_doc(phrase) for phrase in phrases])

    def find(self, texts: Sequence[str]) -> list[list[Place]]:
        """The offsets of every match in each text, overlapping ones too, in order."""
        with self._nlp.memory_zone():  # words met in texts are forgotten with them
            return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Place]:
        doc = self._nlp.make_doc(text)
        return sorted(
            (doc[first].idx, doc[last - 1].idx + len(doc[last - 1]))
            for _, first, last in self._matcher(doc)
        )


# -- the pipelines ---------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _english() -> "Language":
    """Words, as spaCy's English rules cut them."""
    import spacy

    return spacy.blank("en")


@lru_cache(maxsize=1)
def _chinese() -> "Language":
    """Characters; where words end, `word_edges` tells."""
    import spacy

    return spacy.blank("zh")


def word_edges(text: str) -> list[int]:
    """The offsets at which words of `text` begin and end, in order, by jieba's dictionary alone."""
    lengths = (len(word) for word in chinese_cutter().cut(text, HMM=False))
    return list(accumulate(lengths, initial=0))


def _is_part_of_word(text: str, edges: Sequence[int], start: int, end: int) -> bool:
    """Whether `start:end` lies within a word, and is neither all of it nor all but a locative."""
    after = bisect_right(edges, start)
    begins, ends = edges[after - 1], edges[after]
    if begins == start and text[end:ends] in _LOCATIVES:
        return False
    return end <= ends
