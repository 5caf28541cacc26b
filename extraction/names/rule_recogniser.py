"""The recogniser `rules`: finds hashtags, names of the catalogue, and everyday words.

Input: texts in any mixture of languages. Output: spans. It needs no model: spaCy's blank English
and Chinese pipelines split a text into words and characters, their phrase matchers find the names,
and jieba's dictionary gives the edges of Chinese words. This module does not know about tables.

- A proper name in Latin letters (person, brand, product, place) must be written as in the
  catalogue, or in capitals; a common noun (object, scene) in any casing, singular or plural.
- A name that is also an ordinary word («Target», «Next») counts only if its capital is significant:
  after a word in small letters, or among Chinese characters, but not at the start of a sentence. A
  name of several ordinary words («Old Navy») must have a capital in its last word.
- A Chinese name must not be part of a longer word of jieba's dictionary. (On the gold names of
  CLUENER this found more names than requiring an edge on both sides, with as few false ones.)
- Of names that overlap, the longest counts.
- A hashtag is `#word` (Unicode letters, digits and _, not digits alone), or `#words#` as on Weibo
  if Han characters are between the hashes. Proper names inside a hashtag are found too. Common
  nouns are not: a hashtag names a topic, and its thing need not be in the post.
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
from zeitgraph.kg.base.terms import EntityKind
from zeitgraph.kg.entities.catalogue import CASED_KINDS, Catalogue, everyday_words, surface_forms
from zeitgraph.kg.entities.disambiguation import HAN, Disambiguator, Name, has_proper_name_case
from zeitgraph.kg.entities.linking import disambiguator_of
from zeitgraph.kg.workspace.workspace import Workspace

if TYPE_CHECKING:
    from spacy.language import Language

Match = tuple[int, int]  # start and end

_UNSPACED = re.compile(rf"[{HAN}぀-ヿ]")  # Han and kana: scripts without spaces
_RUN_ON = re.compile(r"\S{200,}")
_HASHTAG = re.compile(
    rf"[#＃](?=[^#＃\n]*[{HAN}])(?!\s)[^#＃\n]{{1,32}}(?<!\s)[#＃]"
    r"|(?<![A-Za-z0-9_&/#＃])[#＃](?=\w*[^\W\d_])\w+"
)
_LOCATIVES = ("", *"里裡上下中内內外前后後旁边邊")  # to jieba, 花园里 («in the garden») is one word
_LONG_ENOUGH = 4  # letters of a proper name that may be written in small letters
_KIND_ORDER = (
    EntityKind.OBJECT,
    EntityKind.SCENE,
    EntityKind.BRAND,
    EntityKind.PRODUCT,
    EntityKind.PERSON,
    EntityKind.PLACE,
    EntityKind.HASHTAG,
)
"""Of the kinds that an undecided name could have, the first one here; common nouns come first."""


def rules_of(workspace: Workspace) -> "RulesRecogniser | HashtagRecogniser":
    """The rules for the catalogue of `workspace`, built once per process for each catalogue.

    Without spaCy (the extra `text`), they find hashtags only.
    """
    if not is_installed("spacy"):
        return HashtagRecogniser()
    return _rules(disambiguator_of(workspace))


@lru_cache(maxsize=2)
def _rules(disambiguator: Disambiguator) -> "RulesRecogniser":
    return RulesRecogniser(disambiguator)


class HashtagRecogniser:
    """Finds hashtags; needs no optional package."""

    def find(self, texts: Sequence[str], langs: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        """The hashtags of each text, in any language."""
        return [
            sorted(
                Span(*normal.original(tag.start, tag.end), tag.kind)
                for tag in _hashtags(normal.clean)
            )
            for normal in map(align, texts)
        ]


class RulesRecogniser:
    """Finds hashtags and the names of `disambiguator`'s catalogue."""

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
        """The spans of each text; `langs` are ignored, because posts mix languages."""
        aligned = [align(text) for text in texts]
        cleans = [normal.clean for normal in aligned]
        spaced = [_spaced_part(clean) for clean in cleans]
        unspaced = [clean if _UNSPACED.search(clean) else "" for clean in cleans]
        found = zip(self._words.find(spaced), self._characters.find(unspaced), strict=True)
        return [
            sorted(
                Span(*normal.original(span.start, span.end), span.kind)
                for span in self._spans(normal.clean, words, characters)
            )
            for normal, (words, characters) in zip(aligned, found, strict=True)
        ]

    def _spans(self, clean: str, words: Sequence[Match], characters: Sequence[Match]) -> list[Span]:
        """The spans of a normalised text, from the matches of the two phrase finders."""
        edges = word_edges(clean) if characters else []
        whole = [match for match in characters if not _is_part_of_word(clean, edges, *match)]
        named = [match for match in [*whole, *words] if self._is_name(clean, *match)]
        names = longest_first(Span(*match, "") for match in named)
        tags = _hashtags(clean)
        tagged = {offset for tag in tags for offset in range(tag.start, tag.end)}
        return [
            *tags,
            *(
                name
                for name in self._with_kinds(clean, names)
                if name.kind in CASED_KINDS or name.start not in tagged
            ),
        ]

    def _is_name(self, clean: str, start: int, end: int) -> bool:
        """Whether a match has the casing of a name."""
        surface = clean[start:end]
        entities = self._written(surface)
        if any(entity.kind not in CASED_KINDS for entity in entities):
            return True
        if not entities or (surface.islower() and len(surface) < _LONG_ENOUGH):
            return False
        words = surface.casefold().split()
        if not self._ordinary.issuperset(words):
            return True
        if len(words) > 1:
            return surface.split()[-1][0].isupper()
        return has_proper_name_case(clean, start, surface)

    def _with_kinds(self, clean: str, names: Sequence[Span]) -> Iterator[Span]:
        """The names with the kind of the entity that each means, or could mean."""
        found = [Name(n.start, n.end, clean[n.start : n.end]) for n in names]
        for name, choice in zip(found, self._disambiguator.choose(clean, found), strict=True):
            possible = [choice.entity] if choice.entity else self._written(name.surface)
            kind = min((entity.kind for entity in possible), key=_KIND_ORDER.index)
            yield Span(name.start, name.end, kind)


def _hashtags(clean: str) -> list[Span]:
    return [Span(*match.span(), EntityKind.HASHTAG) for match in _HASHTAG.finditer(clean)]


def _spaced_part(clean: str) -> str:
    """`clean` with every character that is not part of spaced words replaced by a blank.

    These are Han and kana, so that a Latin name among them becomes a word of its own, and runs of
    200 and more characters without a space, for which spaCy's tokenizer needs quadratic time.
    """
    spaced = _UNSPACED.sub(" ", clean)
    return _RUN_ON.sub(lambda run: " " * len(run[0]), spaced)


def _findable_forms(catalogue: Catalogue) -> set[str]:
    """The names to search for: with a letter, and proper names with at least two characters."""
    return {
        form
        for entity in catalogue.entities.values()
        for form in surface_forms(entity)
        if any(letter.isalpha() for letter in form)
        and (len(form) > 1 or entity.kind not in CASED_KINDS)
    }


class PhraseFinder:
    """Finds phrases in texts, in any casing, at the token edges of the pipeline `nlp`."""

    def __init__(self, nlp: "Language", phrases: Sequence[str]) -> None:
        from spacy.matcher import PhraseMatcher

        self._nlp = nlp
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        self._matcher.add("name", [nlp.make_doc(phrase) for phrase in phrases])

    def find(self, texts: Sequence[str]) -> list[list[Match]]:
        """The offsets of every match in each text, including overlapping ones, in order."""
        with self._nlp.memory_zone():  # frees the words of these texts
            return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Match]:
        doc = self._nlp.make_doc(text)
        return sorted(
            (doc[first].idx, doc[last - 1].idx + len(doc[last - 1]))
            for _, first, last in self._matcher(doc)
        )


# -- the pipelines ---------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _english() -> "Language":
    """Splits a text into words by spaCy's English rules."""
    import spacy

    return spacy.blank("en")


@lru_cache(maxsize=1)
def _chinese() -> "Language":
    """Splits a text into characters; `word_edges` gives the edges of words."""
    import spacy

    return spacy.blank("zh")


def word_edges(text: str) -> list[int]:
    """The offsets of word edges in `text`, in order, by jieba's dictionary without its model."""
    lengths = (len(word) for word in chinese_cutter().cut(text, HMM=False))
    return list(accumulate(lengths, initial=0))


def _is_part_of_word(text: str, edges: Sequence[int], start: int, end: int) -> bool:
    """Whether `start:end` is part of a longer word; a final locative does not count as longer."""
    after = bisect_right(edges, start)
    begins, ends = edges[after - 1], edges[after]
    if begins == start and text[end:ends] in _LOCATIVES:
        return False
    return end <= ends
