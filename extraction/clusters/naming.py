"""The words that set a cluster apart from the others, and a name made of them.

Comes in: for each cluster, the texts of its posts. Goes out: its words, best first, and for a
cluster that nobody named a short name in each language. Knows nothing about vectors or weeks.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zeitgraph.extraction.words import is_chinese, tokens

LEAST_TEXTS = 3
"""A word in fewer texts of a cluster is chance."""

EVEN = 0.01
"""Weight of a word that is as common elsewhere: it tells something where there is no elsewhere."""

NAME_WORDS = 3
OWN_WORDS = 2
BETWEEN = " · "


@dataclass(frozen=True)
class Text:
    """What a post says, and in which language."""

    words: str
    lang: str


@dataclass(frozen=True)
class Name:
    """A cluster's name for readers of English and of Chinese."""

    en: str
    zh: str

    @property
    def is_whole(self) -> bool:
        """Whether the name has all the words that a name has."""
        return self.en.count(BETWEEN) >= NAME_WORDS - 1


@dataclass(frozen=True)
class WordCounts:
    """In how many of `texts` different texts each word stands."""

    texts: int
    counts: Mapping[str, int]


def word_counts(texts: Iterable[Text]) -> WordCounts:
    """Words counted once a text; a text repeated word for word counts once."""
    distinct = sorted({(text.words, text.lang) for text in texts if text.words})
    counts = Counter(word for words, lang in distinct for word in sorted(set(tokens(words, lang))))
    return WordCounts(len(distinct), counts)


def telling_words(groups: Mapping[str, WordCounts], most: int) -> dict[str, list[str]]:
    """For each cluster, the words that set it apart, best first, at most `most`.

    `groups` holds the counts of each cluster, and under the empty id those of posts in none. A
    word in a part p of a cluster's texts and a part q of all texts weighs p · log(p / q), its share
    of the divergence between the two (Kullback & Leibler 1951). Class-based TF-IDF (Grootendorst
    2022, arXiv:2203.05794) was tried: with few clusters it put words first that all of them share.
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
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        if len(chosen) == most or weights[word] <= 0:
            break
        if not any(_same(word, other) for other in chosen):
            chosen.append(word)
    return chosen


def _same(word: str, other: str) -> bool:
    """Whether one of two words is the other with a hash or an ending: `ribbon`, `#ribbons`."""
    short, long = sorted((word.removeprefix("#"), other.removeprefix("#")), key=len)
    if is_chinese(short):
        return short in long
    return long.startswith(short) and len(long) - len(short) <= 3


def name_of(words: Sequence[str], cluster_id: str, taken: Collection[str]) -> Name:
    """A name of the first telling words that no cluster in `taken` has: `ballet · ribbon · tulle`.

    Each language takes its own words where there are `OWN_WORDS` of them, else the best of both;
    a cluster with no words is named by the end of its id.
    """
    chinese = [word for word in words if is_chinese(word)]
    english = [word for word in words if not is_chinese(word)]
    end = cluster_id.rpartition("-")[2][:6]
    return Name(
        en=_joined(english if len(english) >= OWN_WORDS else words, taken) or f"unnamed {end}",
        zh=_joined(chinese if len(chinese) >= OWN_WORDS else words, taken) or f"未名 {end}",
    )


def _joined(words: Sequence[str], taken: Collection[str]) -> str:
    """The first words, more of them until the name is new; empty where it cannot be."""
    plain = list(dict.fromkeys(word.removeprefix("#") for word in words))
    names = (BETWEEN.join(plain[:n]) for n in range(min(NAME_WORDS, len(plain)), len(plain) + 1))
    return next((name for name in names if name and name not in taken), "")
