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

NAME_WORDS = 3
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


def word_counts(texts: Iterable[Text]) -> Counter[str]:
    """In how many texts each word stands; a text repeated word for word counts once."""
    distinct = sorted({(text.words, text.lang) for text in texts})
    return Counter(word for words, lang in distinct for word in sorted(set(tokens(words, lang))))


def telling_words(counts: Mapping[str, Counter[str]], most: int) -> dict[str, list[str]]:
    """For each cluster, its words by class-based TF-IDF, best first, at most `most`.

    `counts` holds the word counts of each cluster, and under the empty id those of posts in none.
    The weight of a word in a class is tf · log(1 + A / f), where f counts the word in all classes
    and A is the mean number of words of a class (Grootendorst 2022, BERTopic, arXiv:2203.05794,
    section 3.3), with texts in place of occurrences, so that one long text cannot name a cluster.
    """
    everywhere: Counter[str] = Counter()
    for own in counts.values():
        everywhere.update(own)
    mean = everywhere.total() / max(len(counts), 1)
    return {
        cluster: _best(own, everywhere, mean, most) for cluster, own in counts.items() if cluster
    }


def _best(own: Counter[str], everywhere: Counter[str], mean: float, most: int) -> list[str]:
    weights = {
        word: count * math.log1p(mean / everywhere[word])
        for word, count in own.items()
        if count >= LEAST_TEXTS
    }
    chosen: list[str] = []
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        if len(chosen) == most:
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

    Each language takes its own words where there are `NAME_WORDS` of them, else the best of both;
    a cluster with no words is named by the end of its id.
    """
    chinese = [word for word in words if is_chinese(word)]
    english = [word for word in words if not is_chinese(word)]
    end = cluster_id.rpartition("-")[2][:6]
    return Name(
        en=_joined(english if len(english) >= NAME_WORDS else words, taken) or f"unnamed {end}",
        zh=_joined(chinese if len(chinese) >= NAME_WORDS else words, taken) or f"未名 {end}",
    )


def _joined(words: Sequence[str], taken: Collection[str]) -> str:
    """The first words, more of them until the name is new; empty where it cannot be."""
    plain = list(dict.fromkeys(word.removeprefix("#") for word in words))
    names = (BETWEEN.join(plain[:n]) for n in range(min(NAME_WORDS, len(plain)), len(plain) + 1))
    return next((name for name in names if name and name not in taken), "")
