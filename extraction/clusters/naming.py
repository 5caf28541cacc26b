"""The words that distinguish a cluster from the others, and a name made of them.

Input: the texts of each cluster's posts, and the style nearest to it. Output: its words, the best
first, and a short name in English and in Chinese. This module does not know about vectors or weeks.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from zeitgraph.extraction.names.words import is_chinese, tokens
from zeitgraph.kg.entities.catalogue import everyday_words

LEAST_TEXTS = 3
"""A word in fewer texts of a cluster counts as chance."""

MOST_TEXTS = 20_000
"""Most texts of a window that are read; if there are more, each cluster gets an equal part."""

EVEN = 0.01
"""Weight of a word that is as common elsewhere. It matters if there is only one cluster."""

NAME_WORDS = 3
"""Words of a complete name."""
OWN_WORDS = 2
"""Words of its own language that a name needs before others help."""
BETWEEN = " · "


@dataclass(frozen=True)
class Text:
    """The text of a post, and its language code; both may be empty."""

    words: str
    lang: str


@dataclass(frozen=True)
class Name:
    """The name of a cluster or a style in English and in Chinese; empty if unknown."""

    en: str
    zh: str

    def over(self, other: "Name") -> "Name":
        """This name; in a language in which it is empty, the `other`."""
        return Name(self.en or other.en, self.zh or other.zh)


NAMELESS = Name("", "")
NEAR, UNNAMED = Name("near {}", "接近{}"), Name("unnamed {}", "未名 {}")


@dataclass(frozen=True)
class WordCounts:
    """How many of `texts` different texts contain each word."""

    texts: int
    counts: Mapping[str, int]


def word_counts(texts: Iterable[Text], most: int = MOST_TEXTS) -> WordCounts:
    """The word counts of texts: a word counts once per text, equal texts count once.

    Of more than `most` different texts, `most` are read, in equal steps over the sorted texts.
    """
    distinct = sorted({(text.words, text.lang) for text in texts if text.words})
    if len(distinct) > most:
        distinct = [distinct[n * len(distinct) // most] for n in range(most)]
    counts = Counter(word for words, lang in distinct for word in sorted(set(tokens(words, lang))))
    return WordCounts(len(distinct), counts)


def distinctive_words(groups: Mapping[str, WordCounts], most: int) -> dict[str, list[str]]:
    """The words that distinguish each cluster, by id, the best first.

    At most `most` of them are Chinese and at most `most` are not, so that neither language hides
    the other. `groups` holds the counts of each cluster, and under the empty id those of posts in
    no cluster. A word in a share p of a cluster's texts and a share q of all texts has the weight
    p · log(p / q), its part of the divergence between the two (Kullback & Leibler 1951).
    Class-based TF-IDF (Grootendorst 2022, arXiv:2203.05794) was tried: with few clusters it ranked
    words first that all of them share.
    """
    everywhere: Counter[str] = Counter()
    for group in groups.values():
        everywhere.update(group.counts)
    total = sum(group.texts for group in groups.values())
    return {
        cluster: _best(group, everywhere, total, most)
        for cluster, group in groups.items()
        if cluster
    }


def _best(group: WordCounts, everywhere: Mapping[str, int], total: int, most: int) -> list[str]:
    weights = {}
    for word, count in group.counts.items():
        if count >= LEAST_TEXTS:
            share = count / group.texts
            weights[word] = share * (math.log(share * total / everywhere[word]) + EVEN)
    chosen: list[str] = []
    room = {True: most, False: most}
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        if weights[word] <= 0 or not any(room.values()):
            break
        if room[is_chinese(word)] and not any(_same(word, other) for other in chosen):
            chosen.append(word)
            room[is_chinese(word)] -= 1
    return chosen


def _same(word: str, other: str) -> bool:
    """Whether two words differ only by a hash or an ending: `ribbon`, `#ribbons`."""
    short, long = sorted((word.removeprefix("#"), other.removeprefix("#")), key=len)
    if is_chinese(short):
        return short in long
    return long.startswith(short) and len(long) - len(short) <= 3


def name_of(
    words: Sequence[str],
    cluster_id: str,
    taken: Collection[Name],
    near: Name = NAMELESS,
    own: Name = NAMELESS,
) -> Name:
    """A name made of the best words that is not in `taken`: `ballet · ribbon · tulle`.

    `words` are the distinctive words, the best first. Each language uses its own words. If there
    are fewer than `OWN_WORDS`, it adds translations of everyday things among the other language's
    words; if these are too few as well, the style that the cluster is `near`: `sugarrush · near
    Candy`. Next it uses the words of either language, and at last the end of the cluster's id.
    `own` is the present name: it is kept in a language in which it is complete (`NAME_WORDS`
    words), or in which no other name is found.
    """
    end = cluster_id.rpartition("-")[2][:6]
    english = [word for word in words if not is_chinese(word)]
    chinese = [word for word in words if is_chinese(word)]
    things = [_things()[word] for word in _plain(words) if word in _things()]
    if len(english) < OWN_WORDS:
        english += [thing.en for thing in things]
    if len(chinese) < OWN_WORDS:
        chinese += [thing.zh for thing in things]
    en = _choices(english, words, near.en and NEAR.en.format(near.en), end)
    zh = _choices(chinese, words, near.zh and NEAR.zh.format(near.zh), end)
    if _is_complete(own.en) and not is_chinese(own.en):
        en = iter([own.en])
    if _is_complete(own.zh) and is_chinese(own.zh):
        zh = iter([own.zh])
    return Name(
        _first_new(en, {name.en for name in taken}) or own.en or UNNAMED.en.format(end),
        _first_new(zh, {name.zh for name in taken}) or own.zh or UNNAMED.zh.format(end),
    )


@cache
def _things() -> Mapping[str, Name]:
    """The everyday words that ship with zeitgraph, each with the name of its thing."""
    return {
        name: Name(thing.name_en, thing.name_zh)
        for thing in everyday_words().entities
        for name in (thing.name_en, thing.name_zh, *thing.aliases)
    }


def _is_complete(name: str) -> bool:
    """Whether a name has `NAME_WORDS` words."""
    return name.count(BETWEEN) >= NAME_WORDS - 1


def _first_new(names: Iterable[str], taken: Collection[str]) -> str:
    """The first name that is not taken, or an empty text."""
    return next((name for name in names if name not in taken), "")


def _choices(own: Sequence[str], words: Sequence[str], beside: str, end: str) -> Iterator[str]:
    """Names in one language, the best first: of its `own` words, or with the style `beside`.

    `end` distinguishes two clusters near one style.
    """
    plain = _plain(own)
    if len(plain) >= OWN_WORDS:
        yield from _growing(plain)
    if beside:
        name = BETWEEN.join([*plain[: OWN_WORDS - 1], beside])
        yield from (name, f"{name} ({end})")
    yield from _growing(plain)
    yield from _growing(_plain(words))


def _growing(plain: Sequence[str]) -> Iterator[str]:
    """Names of the first words, each with one word more than the last."""
    least = min(NAME_WORDS, len(plain)) or 1
    return (BETWEEN.join(plain[:n]) for n in range(least, len(plain) + 1))


def _plain(words: Sequence[str]) -> list[str]:
    """The words without hashes, each once."""
    return list(dict.fromkeys(word.removeprefix("#") for word in words))
