"""The texts of the demo world: offsets of names are right, and moods are recognisable."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.drawing.things import THINGS
from zeitgraph.extraction.demo.story.appearances import choose_appearance
from zeitgraph.extraction.demo.story.captions import (
    MOODS,
    SLOT,
    Caption,
    compose,
    join,
    repost_caption,
    spam_caption,
    words,
    write_caption,
)
from zeitgraph.extraction.demo.story.names import entities, unlisted_brands
from zeitgraph.extraction.demo.story.typos import add_typo
from zeitgraph.extraction.demo.story.world import World

LANGS = ("en", "zh")
SEEDS = st.integers(0, 2**32)


def captions(count: int, lang: str) -> Sequence[Caption]:
    """Returns the first `count` (at most 3,000) random captions, drawn once for all tests."""
    return _three_thousand(lang)[:count]


@cache
def _three_thousand(lang: str) -> tuple[Caption, ...]:
    return tuple(_random_captions(3000, lang))


def _random_captions(count: int, lang: str) -> Iterator[Caption]:
    rng = np.random.default_rng(1)
    styles, scenes, things = list(looks()), list(SCENES), list(THINGS)
    for number in range(count):
        style = styles[number % len(styles)]
        objects = [str(name) for name in rng.choice(things, 3, replace=False)]
        scene = scenes[number % len(scenes)]
        seen = choose_appearance(style, rng) if number % 10 == 0 else None
        yield write_caption(style, objects, scene, lang, rng, appearance=seen)


def strings(table: object) -> Iterator[str]:
    """Yields every string in nested tables and lists."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        for value in table.values():
            yield from strings(value)
    elif isinstance(table, list):
        for value in table:
            yield from strings(value)


def test_every_mention_in_many_posts_has_correct_offsets() -> None:
    world = World(seed=5, posts=1500)
    mentioned = Counter[str]()
    for number in range(world.posts):
        caption = world.post(number).caption
        for name in caption.mentions:
            assert caption.text[name.start : name.end] == name.surface
            assert name.surface in known_surfaces(name.entity_id, name.kind)
            mentioned[name.kind] += 1
        spans = [(name.start, name.end) for name in caption.mentions]
        assert spans == sorted(spans)
    assert set(mentioned) == {"object", "scene", "brand", "product", "person", "place"}


def known_surfaces(entity_id: str, kind: str) -> set[str]:
    """The spellings of an entity; without an entity, the names of unlisted brands."""
    if not entity_id:
        assert kind == "brand"
        return {name for brand in unlisted_brands() for name in (brand.en, brand.zh)}
    entity = entities()[entity_id]
    assert entity.kind == kind
    return {*entity.surfaces("en"), *entity.surfaces("zh")}


@pytest.mark.parametrize("lang", LANGS)
def test_no_template_contains_a_name_of_the_catalogue(lang: str) -> None:
    names = {name for entity in entities().values() for name in entity.surfaces(lang)}
    edge = r"\b" if lang == "en" else ""
    known = re.compile("|".join(f"{edge}{re.escape(name)}{edge}" for name in names), re.IGNORECASE)
    held = {
        template: found.group()
        for template in strings(words()[lang])
        if (found := known.search(SLOT.sub(" ", template)))
    }
    assert held == {}


def test_no_phrasing_of_a_style_contains_a_thing_or_a_scene() -> None:
    """The truth lists every name of the catalogue in a text, but phrasings are not listed."""
    names = {
        name.casefold()
        for entity in entities().values()
        for lang in LANGS
        for name in entity.surfaces(lang)
    }
    patterns = [rf"\b{re.escape(n)}s?\b" if n.isascii() else re.escape(n) for n in names]
    known = re.compile("|".join(patterns), re.IGNORECASE)
    phrasings = {
        phrasing
        for style in words()["styles"].values()
        for key in ("en", "zh", "tags")
        for phrasing in style[key]
    }
    assert {phrasing for phrasing in phrasings if known.search(phrasing)} == set()


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_many_openings_for_every_mood(lang: str) -> None:
    rng = np.random.default_rng(3)
    for mood in MOODS:
        templates = words()[lang]["openings"][mood]
        composed = {compose(template, lang, rng) for template in templates for _ in range(40)}
        assert len(composed) >= 40
        slots = {slot for template in composed for slot in SLOT.findall(template)}
        assert slots <= {"style", "objects", "scene"}


@pytest.mark.parametrize("lang", LANGS)
def test_captions_rarely_repeat(lang: str) -> None:
    texts = Counter(caption.text for caption in captions(2000, lang))
    assert len(texts) > 1950


@pytest.mark.parametrize("lang", LANGS)
def test_moods_have_their_planned_frequency(lang: str) -> None:
    moods = Counter(caption.sentiment for caption in captions(3000, lang))
    for mood, share in MOODS.items():
        assert moods[mood] / 3000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    ("lang", "good", "bad"),
    [("en", "love it", "honestly disappointed"), ("en", "no notes", "meh"),
     ("zh", "yyds", "一言难尽"), ("zh", "绝绝子", "智商税")],
)  # fmt: skip
def test_slang_indicates_the_mood(lang: str, good: str, bad: str) -> None:
    every = captions(1500, lang)
    moods = {
        phrase: Counter(c.sentiment for c in every if phrase in c.text) for phrase in (good, bad)
    }
    assert moods[good]["positive"] > 0.9 * moods[good].total() > 0
    assert moods[bad]["negative"] > 0.9 * moods[bad].total() > 0


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=60), seed=SEEDS)
@pytest.mark.parametrize("lang", LANGS)
def test_a_typo_changes_two_letters_at_most(lang: str, text: str, seed: int) -> None:
    changed_text = add_typo(text, lang, words()["zh"]["homophones"], np.random.default_rng(seed))
    assert len(text) - len(changed_text) in (0, 1)
    differ = sum(a != b for a, b in zip(text, changed_text, strict=False))
    assert len(changed_text) < len(text) or differ <= 2


@pytest.mark.parametrize(
    ("lang", "text"), [("en", "a rather lovely afternoon"), ("zh", "在这里的都是好的")]
)
def test_typos_vary(lang: str, text: str) -> None:
    rng = np.random.default_rng(2)
    changed_text = {add_typo(text, lang, words()["zh"]["homophones"], rng) for _ in range(60)}
    assert len(changed_text - {text}) >= 3


def test_a_reposted_caption_keeps_its_names_and_changes_its_end() -> None:
    rng = np.random.default_rng(4)
    for lang in LANGS:
        for caption in captions(300, lang):
            again = repost_caption(caption, lang, rng)
            assert again.text != caption.text
            assert again.mentions == caption.mentions
            assert again.text.startswith(caption.text[: len(caption.text) // 2].rstrip())
            for name in again.mentions:
                assert again.text[name.start : name.end] == name.surface


@pytest.mark.parametrize("lang", LANGS)
def test_spam_has_a_link_or_contact_and_no_names(lang: str) -> None:
    rng = np.random.default_rng(6)
    for _ in range(50):
        caption = spam_caption(lang, rng)
        assert ".invalid/" in caption.text or "vx" in caption.text
        assert caption.mentions == ()


def test_some_names_belong_to_several_entities() -> None:
    owners: dict[str, set[str]] = {}
    for entity in entities().values():
        for lang in LANGS:
            for surface in entity.surfaces(lang):
                owners.setdefault(surface.lower(), set()).add(entity.kind)
    shared = {surface for surface, kinds in owners.items() if len(kinds) > 1}
    assert {"juniper", "杜松", "harbor", "sable", "kite", "lantern", "灯笼"} <= shared


def test_every_person_has_a_colour_that_has_a_name_in_both_languages() -> None:
    for entity in entities().values():
        assert (entity.wears in CLOTHES) == (entity.kind == "person")
    for lang in LANGS:
        assert set(words()[lang]["colours"]) == set(CLOTHES)


def test_pieces_are_joined_unchanged() -> None:
    assert join(["a", "b"], "positive") == Caption("ab", (), "positive")
