"""The table of the world's things: the drawing of each, and whether it counts as round.

Names in both languages are in `catalogue.csv`; drawings are in `rounds.py` and `angulars.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from zeitgraph.extraction.demo.drawing import angulars, rounds
from zeitgraph.extraction.demo.drawing.brush import Brush


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of object: its drawing, whether it is round, whether it may float in the air."""

    draw: Callable[[Brush], None]
    is_round: bool
    floats: bool = False


THINGS: dict[str, Thing] = {
    "cup": Thing(rounds.cup, is_round=True),
    "ball": Thing(rounds.ball, is_round=True),
    "cake": Thing(rounds.cake, is_round=True),
    "donut": Thing(rounds.donut, is_round=True),
    "apple": Thing(rounds.apple, is_round=True),
    "vase": Thing(rounds.vase, is_round=True),
    "clock": Thing(rounds.clock, is_round=True),
    "paper-lantern": Thing(rounds.paper_lantern, is_round=True, floats=True),
    "hat": Thing(rounds.hat, is_round=True),
    "teapot": Thing(rounds.teapot, is_round=True),
    "record": Thing(rounds.record, is_round=True),
    "balloon": Thing(rounds.balloon, is_round=True, floats=True),
    "mirror": Thing(rounds.mirror, is_round=True),
    "globe-lamp": Thing(rounds.globe_lamp, is_round=True),
    "pancakes": Thing(rounds.plate, is_round=True),
    "books": Thing(angulars.book, is_round=False),
    "chair": Thing(angulars.chair, is_round=False),
    "gift": Thing(angulars.gift, is_round=False),
    "tent": Thing(angulars.tent, is_round=False),
    "camera": Thing(angulars.camera, is_round=False),
    "birdhouse": Thing(angulars.birdhouse, is_round=False),
    "radio": Thing(angulars.radio, is_round=False),
    "picture-frame": Thing(angulars.frame, is_round=False),
    "handbag": Thing(angulars.handbag, is_round=False),
    "kite": Thing(angulars.kite, is_round=False, floats=True),
    "perfume": Thing(angulars.perfume, is_round=False),
    "boots": Thing(angulars.boots, is_round=False),
    "phone": Thing(angulars.phone, is_round=False),
    "lantern": Thing(angulars.lantern, is_round=False),
    "sofa": Thing(angulars.sofa, is_round=False),
}
