"""Persons who are seen at events: who, where, in which colours, beside whom.

In come a style and a source of chance; out comes an `Appearance`. Each event has guests who come
often and each person a colour that suits, so that persons fall into circles which share a
background, colours and company. This module knows nothing about pictures and texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.story.names import Gathering, entities, gatherings, of_kind

FITTING = 0.75
"""How often an event goes with the style of the post."""
USUAL = 0.85
"""How often the background, a guest and a colour are the usual ones."""
COMPANY = (0.45, 0.35, 0.2)
"""How often a person comes with no, one or two companions."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Ids of an event, the scene behind it and the persons in it, and what each of them wears.

    The first person is whom the post is about, the others are company.
    """

    event: str
    background: str
    persons: tuple[str, ...]
    clothing: tuple[str, ...]


def appear(style: str, chance: Generator) -> Appearance:
    """Somebody at an event that goes, more often than not, with a style."""
    event = _event(style, chance)
    usual = chance.random() < USUAL
    background = event.background if usual else _any(chance, tuple(SCENES))
    company = int(chance.choice(len(COMPANY), p=COMPANY))
    persons: list[str] = []
    while len(persons) <= company:
        guest = _guest(event, chance)
        if guest not in persons:
            persons.append(guest)
    clothing = tuple(_colour(person, chance) for person in persons)
    return Appearance(event.entity.id, background, tuple(persons), clothing)


def _event(style: str, chance: Generator) -> Gathering:
    fitting = [one for one in gatherings() if style in one.entity.related]
    pool = fitting if fitting and chance.random() < FITTING else gatherings()
    return pool[int(chance.integers(len(pool)))]


def _guest(event: Gathering, chance: Generator) -> str:
    anybody = [person.id for person in of_kind("person")]
    return _any(chance, event.guests if chance.random() < USUAL else anybody)


def _colour(person: str, chance: Generator) -> str:
    usual = chance.random() < USUAL
    return entities()[person].wears if usual else _any(chance, tuple(CLOTHES))


def _any(chance: Generator, choices: Sequence[str]) -> str:
    return choices[int(chance.integers(len(choices)))]
