"""Persons at events: who appears, where, in which colours and beside whom.

Input: a style and a random generator. Output: an `Appearance`. Each event has regular guests, and
each person has a usual colour. Persons therefore form groups that share a background, colours and
companions. This module does not know about pictures and texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

from zeitgraph.extraction.demo.drawing.people import CLOTHES
from zeitgraph.extraction.demo.drawing.scenes import SCENES
from zeitgraph.extraction.demo.story.names import Gathering, entities, gatherings, of_kind

FITTING_SHARE = 0.75
"""How often an event matches the style of the post."""
USUAL_SHARE = 0.85
"""How often the background, a guest and a colour are the usual ones."""
COMPANION_SHARES = (0.45, 0.35, 0.2)
"""How often a person has no, one or two companions."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Ids of an event, its background scene, its persons, and the colour that each of them wears.

    The post is about the first person; the others are companions.
    """

    event: str
    background: str
    persons: tuple[str, ...]
    clothing: tuple[str, ...]


def choose_appearance(style: str, rng: Generator) -> Appearance:
    """Returns persons at an event; the event usually matches the style."""
    event = _event(style, rng)
    usual = rng.random() < USUAL_SHARE
    background = event.background if usual else _pick(rng, tuple(SCENES))
    companions = int(rng.choice(len(COMPANION_SHARES), p=COMPANION_SHARES))
    persons: list[str] = []
    while len(persons) <= companions:
        guest = _guest(event, rng)
        if guest not in persons:
            persons.append(guest)
    clothing = tuple(_colour(person, rng) for person in persons)
    return Appearance(event.entity.id, background, tuple(persons), clothing)


def _event(style: str, rng: Generator) -> Gathering:
    fitting = [one for one in gatherings() if style in one.entity.related]
    pool = fitting if fitting and rng.random() < FITTING_SHARE else gatherings()
    return pool[int(rng.integers(len(pool)))]


def _guest(event: Gathering, rng: Generator) -> str:
    all_persons = [person.id for person in of_kind("person")]
    return _pick(rng, event.guests if rng.random() < USUAL_SHARE else all_persons)


def _colour(person: str, rng: Generator) -> str:
    usual = rng.random() < USUAL_SHARE
    return entities()[person].wears if usual else _pick(rng, tuple(CLOTHES))


def _pick(rng: Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
