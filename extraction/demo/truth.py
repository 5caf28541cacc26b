"""The ground truth of a demo world as tables: what was planted in each post and in the whole world.

Input: posts and a world. Output: rows of plain values, one function for each table in `TABLES`.
Lists are joined with `|`; a missing value is empty. A post states what its pictures show and its
text names. If neither shows a style, thing or scene, no reader can know it, and the cell is empty.
This module does not know about files.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from zeitgraph.extraction.demo.drawing.rules import RULES
from zeitgraph.extraction.demo.story.claims import claims
from zeitgraph.extraction.demo.story.engagement import GOLDEN_LIFT
from zeitgraph.extraction.demo.story.timeline import FAMILIES, Event
from zeitgraph.extraction.demo.story.world import Post, World

Row = tuple[str | int, ...]
Tally = Counter[tuple[str, ...]]
"""Counts of what was written, keyed by a word and its subject: ("posts", week, lineage).

("shown", week, lineage) counts those of the posts that show or name a style.
"""

TABLES: Mapping[str, tuple[str, ...]] = {
    "posts": (
        "post_id", "week", "style", "lineage", "family", "drift", "objects", "scene", "layout",
        "pictures", "lang", "sentiment", "quality", "copy_of", "copy_kind", "bot", "head",
    ),
    "mentions": ("post_id", "start", "end", "surface", "kind", "entity_id"),
    "people": ("post_id", "person", "event", "background", "clothing", "companions"),
    "events": ("week", "until", "event", "style", "other", "strength"),
    "effects": ("cause", "outcome", "lift", "confounders"),
    "rules": ("style", "feature", "low", "high", "share"),
    "shares": ("week", "lineage", "share", "posts"),
}  # fmt: skip
"""The columns of each table."""


def count(post: Post, tally: Tally) -> None:
    """Adds a post to the tally. Its pictures are counted where they are drawn."""
    about = post.week, post.lineage
    tally["posts", *about] += 1
    tally["shown", *about] += bool(post.pictures or claims(post.caption, post.style).style)
    tally["mentions",] += len(post.caption.mentions)


def _post_rows(post: Post) -> Iterator[Row]:
    shown, said = post.shown, claims(post.caption, post.style)
    seen = bool(post.pictures)
    style = post.style if seen else said.style
    yield (
        post.id,
        post.week,
        style,
        post.lineage if style else "",
        FAMILIES.get(style, ""),
        f"{shown.drift:.3f}",
        "|".join(shown.objects if seen else sorted(said.objects)),
        shown.scene if seen else said.scene,
        shown.layout if seen else "",
        len(post.pictures),
        post.lang,
        post.caption.sentiment,
        post.quality,
        post.copy_of,
        post.copy_kind,
        post.bot,
        int(post.author.head),
    )


def _mention_rows(post: Post) -> Iterator[Row]:
    for name in post.caption.mentions:
        yield post.id, name.start, name.end, name.surface, name.kind, name.entity_id


def _people_rows(post: Post) -> Iterator[Row]:
    """Yields one row for each person; the others in the picture are the companions."""
    seen = post.appearance
    if seen is None:
        return
    for person, colour in zip(seen.persons, seen.clothing, strict=True):
        company = "|".join(other for other in seen.persons if other != person)
        yield post.id, person, seen.event, seen.background, colour, company


BY_POST: Mapping[str, Callable[[Post], Iterator[Row]]] = {
    "posts": _post_rows,
    "mentions": _mention_rows,
    "people": _people_rows,
}
"""The tables that are written post by post."""


def event_rows(world: World, tally: Tally) -> Iterator[Row]:
    """Yields the planted events by week, if any post shows them. Small worlds lack some.

    A birth is dated in the week of the first post that a reader can recognise as the new style.
    """
    for event in world.events():
        weeks = _weeks_shown(world, event, tally)
        if not weeks:
            continue
        week = weeks[0] if event.event == "birth" else event.week
        strength = f"{event.strength:g}"
        yield week, event.until, event.event, event.style, event.other, strength


def _weeks_shown(world: World, event: Event, tally: Tally) -> list[str]:
    """Returns the weeks in which posts show an event; for a death or merge, the weeks before it."""
    weeks = [world.timeline.week(index) for index in range(world.weeks)]
    shown: Callable[[str], bool] = {
        "birth": lambda week: week >= event.week,
        "death": lambda week: week < event.week,
        "merge": lambda week: week < event.week,
    }.get(event.event, lambda week: event.week <= week <= (event.until or event.week))
    return [w for w in weeks if shown(w) and tally["shown", w, _shows(event)]]


def _shows(event: Event) -> str:
    """Returns the lineage whose posts show an event; for a split, the part that leaves."""
    return event.other if event.event == "split" else event.style


def effect_rows() -> Iterator[Row]:
    """Yields the planted cause and effect, and the confounders to hold fixed."""
    yield "golden", "clicks per impression", f"{GOLDEN_LIFT:g}", "style|hour"


def rule_rows(tally: Tally) -> Iterator[Row]:
    """Yields the rules, each with the share of the style's pictures for which it holds."""
    for rule in RULES:
        about = rule.style, rule.feature
        share = tally["held", *about] / max(1, tally["ruled", *about])
        yield *about, f"{rule.low:g}", f"{rule.high:g}", f"{share:.4f}"


def share_rows(world: World, tally: Tally) -> Iterator[Row]:
    """Yields the planted share of each lineage in each week, and its number of posts."""
    for index, shares in enumerate(world.shares):
        week = world.timeline.week(index)
        for lineage in sorted(shares):
            yield week, lineage, f"{shares[lineage]:.6f}", tally["posts", week, lineage]
