"""The round things of the world: one small drawing function for each.

Input: a brush over the square -1..1; things stand on y = 1. Output: polygons in the tones `body`,
`deep`, `pale`, `accent` and `ink`. The functions do not know their colours or the style.
"""

import math

from zeitgraph.extraction.demo.drawing.brush import Brush


def cup(brush: Brush) -> None:
    """A steaming cup on a saucer."""
    brush.oval(0, 0.86, 0.95, 0.14, "deep")
    brush.arc((0.6, 0.2, 0.3, 0.32), (-90, 100), 0.13, "body")
    brush.path("-0.68 -0.2, 0.62 -0.2, 0.5 0.5, 0.25 0.84, -0.3 0.84, -0.55 0.5", "body")
    brush.oval(-0.03, -0.2, 0.65, 0.17, "pale")
    brush.oval(-0.03, -0.17, 0.52, 0.11, "accent")
    for x in (-0.28, 0.12):
        brush.stroke([(x, -0.45), (x + 0.12, -0.62), (x, -0.78), (x + 0.1, -0.95)], 0.07, "pale")


def ball(brush: Brush) -> None:
    """A striped ball."""
    brush.oval(0, 0.1, 0.9, 0.9, "body")
    brush.oval(0, 0.1, 0.42, 0.9, "accent")
    brush.oval(0, 0.1, 0.12, 0.9, "pale")
    brush.oval(-0.42, -0.4, 0.2, 0.14, "pale")


def cake(brush: Brush) -> None:
    """A round cake with cream and a cherry."""
    brush.oval(0, 0.84, 0.98, 0.15, "deep")
    brush.path("-0.8 0, 0.8 0, 0.8 0.72, 0.5 0.84, -0.5 0.84, -0.8 0.72", "body")
    brush.box(-0.8, 0.32, 0.8, 0.46, "accent")
    brush.oval(0, 0, 0.82, 0.24, "pale")
    for step in range(7):
        brush.oval(-0.72 + step * 0.24, 0.14 + 0.05 * (step % 2), 0.13, 0.17, "pale")
    brush.oval(0, -0.24, 0.2, 0.2, "accent")
    brush.stroke([(0.02, -0.4), (0.16, -0.72)], 0.06, "ink")


def donut(brush: Brush) -> None:
    """A ring with icing and sprinkles."""
    brush.oval(0, 0.12, 0.92, 0.86, "deep")
    brush.oval(0, 0.02, 0.86, 0.78, "body")
    brush.oval(0, 0.05, 0.3, 0.26, "ink")
    for step in range(11):
        angle = step * 2 * math.pi / 11
        x, y = 0.58 * math.cos(angle), 0.03 + 0.52 * math.sin(angle)
        tone = "accent" if step % 2 else "pale"
        brush.stroke([(x - 0.06, y - 0.04), (x + 0.06, y + 0.05)], 0.09, tone)


def apple(brush: Brush) -> None:
    """An apple with a leaf."""
    brush.oval(-0.32, 0.2, 0.55, 0.72, "body")
    brush.oval(0.32, 0.2, 0.55, 0.72, "body")
    brush.oval(0, 0.3, 0.5, 0.66, "body")
    brush.oval(-0.42, -0.08, 0.14, 0.22, "pale")
    brush.stroke([(0, -0.32), (0.04, -0.6), (0.14, -0.86)], 0.1, "ink")
    brush.path("0.1 -0.58, 0.38 -0.9, 0.74 -0.82, 0.5 -0.52", "accent")


def vase(brush: Brush) -> None:
    """A round vase with three stems."""
    for x, top in ((-0.42, -0.66), (0.02, -0.86), (0.44, -0.6)):
        brush.stroke([(0, 0), (x * 0.6, top * 0.5), (x, top)], 0.06, "ink")
        brush.oval(x, top, 0.2, 0.2, "accent")
        brush.oval(x, top, 0.08, 0.08, "pale")
    brush.box(-0.2, -0.16, 0.2, 0.3, "deep")
    brush.oval(0, 0.52, 0.56, 0.48, "body")
    brush.oval(0, -0.16, 0.28, 0.09, "pale")


def clock(brush: Brush) -> None:
    """A round clock at ten past ten."""
    brush.oval(0, 0.06, 0.92, 0.92, "body")
    brush.oval(0, 0.06, 0.74, 0.74, "pale")
    for step in range(12):
        angle = step * math.pi / 6
        brush.oval(0.6 * math.cos(angle), 0.06 + 0.6 * math.sin(angle), 0.05, 0.05, "deep")
    brush.stroke([(0, 0.06), (-0.32, -0.14)], 0.1, "ink")
    brush.stroke([(0, 0.06), (0.4, -0.26)], 0.07, "ink")
    brush.oval(0, 0.06, 0.09, 0.09, "accent")


def paper_lantern(brush: Brush) -> None:
    """A round paper lantern with a tassel."""
    brush.stroke([(0, -1), (0, -0.7)], 0.05, "ink")
    brush.oval(0, -0.05, 0.86, 0.66, "body")
    for width in (0.55, 0.2):
        brush.arc((0, -0.05, width, 0.66), (0, 360), 0.035, "pale")
    brush.box(-0.3, -0.78, 0.3, -0.64, "deep")
    brush.box(-0.3, 0.54, 0.3, 0.68, "deep")
    for x in (-0.12, 0, 0.12):
        brush.stroke([(x, 0.7), (x * 1.4, 0.98)], 0.05, "accent")


def hat(brush: Brush) -> None:
    """A wide hat with a ribbon."""
    brush.oval(0, 0.56, 1.0, 0.3, "deep")
    brush.oval(0, 0.5, 1.0, 0.28, "body")
    brush.path("-0.52 0.5, -0.46 -0.3, -0.2 -0.52, 0.2 -0.52, 0.46 -0.3, 0.52 0.5", "body")
    brush.path("-0.53 0.46, -0.51 0.2, 0.51 0.2, 0.53 0.46", "accent")
    brush.oval(-0.18, -0.24, 0.12, 0.16, "pale")


def teapot(brush: Brush) -> None:
    """A round-bellied teapot."""
    brush.arc((-0.62, 0.25, 0.34, 0.36), (80, 290), 0.12, "deep")
    brush.path("0.45 0.5, 0.98 -0.2, 0.78 -0.3, 0.4 0.1", "deep")
    brush.oval(0, 0.32, 0.68, 0.6, "body")
    brush.oval(0, -0.22, 0.38, 0.12, "pale")
    brush.oval(0, -0.4, 0.11, 0.11, "accent")
    brush.oval(-0.3, 0.12, 0.14, 0.2, "pale")
    brush.box(-0.36, 0.84, 0.36, 0.96, "deep")


def record(brush: Brush) -> None:
    """A vinyl record."""
    brush.oval(0, 0.06, 0.93, 0.93, "ink")
    for radius in (0.8, 0.66, 0.52):
        brush.arc((0, 0.06, radius, radius), (0, 360), 0.025, "deep")
    brush.oval(0, 0.06, 0.38, 0.38, "body")
    brush.oval(0, 0.06, 0.24, 0.24, "accent")
    brush.oval(0, 0.06, 0.06, 0.06, "pale")
    brush.arc((0, 0.06, 0.72, 0.72), (200, 245), 0.07, "pale")


def balloon(brush: Brush) -> None:
    """A balloon on a string."""
    brush.stroke([(0, 0.48), (0.12, 0.66), (-0.08, 0.82), (0.04, 1)], 0.04, "ink")
    brush.oval(0, -0.24, 0.66, 0.74, "body")
    brush.path("-0.12 0.6, 0.12 0.6, 0 0.44", "deep")
    brush.oval(-0.26, -0.52, 0.14, 0.22, "pale")
    brush.oval(0.2, 0.08, 0.2, 0.16, "accent")


def mirror(brush: Brush) -> None:
    """A round mirror on a foot."""
    brush.box(-0.07, 0.5, 0.07, 0.9, "deep")
    brush.oval(0, 0.9, 0.46, 0.1, "deep")
    brush.oval(0, -0.2, 0.78, 0.78, "body")
    brush.oval(0, -0.2, 0.62, 0.62, "pale")
    brush.stroke([(-0.34, 0), (0.08, -0.54)], 0.1, "accent")
    brush.stroke([(-0.06, 0.1), (0.3, -0.36)], 0.06, "accent")


def globe_lamp(brush: Brush) -> None:
    """A table lamp with a glass globe."""
    brush.oval(0, 0.9, 0.5, 0.11, "deep")
    brush.box(-0.07, 0.2, 0.07, 0.9, "body")
    brush.oval(0, -0.3, 0.64, 0.64, "pale")
    brush.oval(0, -0.3, 0.4, 0.4, "accent")
    brush.box(-0.2, 0.26, 0.2, 0.38, "body")


def plate(brush: Brush) -> None:
    """A plate of pancakes seen from the side."""
    brush.oval(0, 0.72, 1.0, 0.24, "pale")
    brush.oval(0, 0.68, 0.74, 0.15, "deep")
    for step in range(4):
        brush.oval(
            0.03 * (-1) ** step, 0.55 - 0.2 * step, 0.64, 0.17, "body" if step % 2 else "accent"
        )
    brush.box(-0.16, -0.32, 0.16, -0.14, "pale", corner=0.06)
