"""The words that set a cluster apart from the others, and a name made of them.

Comes in: for each cluster, the texts of its posts, and the style that it lies nearest to. Goes out:
its words, best first, and for a cluster that nobody named a short name in each language. Knows
nothing about vectors or weeks.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from zeitgraph.extraction.names.words import is_chinese, tokens
from zeitgraph.kg.entities.catalogue import everyday_words

LEAST_TEXTS = 3
"""A word in fewer texts of a cluster is chance."""

MOST_TEXTS = 20_000
"""Of all texts of a window, so many are read; where there are more, each cluster has its part."""

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
    """A cluster's or a style's name for readers of English and of Chinese."""

    en: str
    zh: str

    def over(self, other: "Name") -> "Name":
        """This name, and the `other` in a language in which it is empty."""
        return Name(self.en or other.en, self.zh or other.zh)


NAMELESS = Name("", "")
NEAR, UNNAMED = Name("near {}", "接近{}"), Name("unnamed {}", "未名 {}")


@dataclass(frozen=True)
class WordCounts:
    """In how many of `texts` different texts each word stands; of very many, of some of them."""

    texts: int
    counts: Mapping[str, int]


def word_counts(texts: Iterable[Text], most: int = MOST_TEXTS) -> WordCounts:
    """Words counted once a text; a text repeated word for word counts once.

    Of more than `most` different texts, so many are read, spread evenly over all.
    """
    distinct = sorted({(text.words, text.lang) for text in texts if text.words})
    if len(distinct) > most:
        distinct = [distinct[n * len(distinct) // most] for n in range(most)]
    counts = Counter(word for words, lang in distinct for word in sorted(set(tokens(words, lang))))
    return WordCounts(len(distinct), counts)


def telling_words(groups: Mapping[str, WordCounts], most: int) -> dict[str, list[str]]:
    """For each cluster, the words that set it apart, best first.

    At most `most` of them are Chinese and at most `most` are not: neither language hides the other.
    `groups` holds the counts of each cluster, and under the empty id those of posts in none. A word
    in a part p of a cluster's texts and a part q of all texts weighs p · log(p / q), its share of
    the divergence between the two (Kullback & Leibler 1951). Class-based TF-IDF (Grootendorst 2022,
    arXiv:2203.05794) was tried: with few clusters it put words first that all of them share.
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
    """Whether one of two words is the other with a hash or an ending: `ribbon`, `#ribbons`."""
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
    """A name that none in `taken` is, of the first telling words: `ballet · ribbon · tulle`.

    Each language takes its own words. Where there are not `OWN_WORDS` of them, it adds everyday
    things of which the other speaks; where these are too few as well, the style that the cluster
    lies `near`: `sugarrush · near Candy`. Then it takes the words as they are, and where there are
    none the end of the cluster's id. `own` is the name until now: it stays in a language of which
    it has `NAME_WORDS` words, and where there is no other.
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
    if _is_whole(own.en) and not is_chinese(own.en):
        en = iter([own.en])
    if _is_whole(own.zh) and is_chinese(own.zh):
        zh = iter([own.zh])
    return Name(
        _first_new(en, {name.en for name in taken}) or own.en or UNNAMED.en.format(end),
        _first_new(zh, {name.zh for name in taken}) or own.zh or UNNAMED.zh.format(end),
    )


@cache
def _things() -> Mapping[str, Name]:
    """The everyday words that ship with zeitgraph, each with its thing's name."""
    return {
        name: Name(thing.name_en, thing.name_zh)
        for thing in everyday_words().entities
        for name in (thing.name_en, thing.name_zh, *thing.aliases)
    }


def _is_whole(name: str) -> bool:
    """Whether a name has all the words that a name has."""
    return name.count(BETWEEN) >= NAME_WORDS - 1


def _first_new(names: Iterable[str], taken: Collection[str]) -> str:
    return next((name for name in names if name not in taken), "")


def _choices(own: Sequence[str], words: Sequence[str], beside: str, end: str) -> Iterator[str]:
    """Names in one language, the best first: of its `own` words, or with the style `beside`."""
    plain = _plain(own)
    if len(plain) >= OWN_WORDS:
        yield from _growing(plain)
    if beside:
        said = BETWEEN.join([*plain[: OWN_WORDS - 1], beside])
        yield from (said, f"{said} ({end})")
    yield from _growing(plain)
    yield from _growing(_plain(words))


def _growing(plain: Sequence[str]) -> Iterator[str]:
    """The first words joined, then one more of them, until there are no more."""
    least = min(NAME_WORDS, len(plain)) or 1
    return (BETWEEN.join(plain[:n]) for n in range(least, len(plain) + 1))


def _plain(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word.removeprefix("#") for word in words))
