"""The angular things of the world: one small drawing function for each.

Input: a brush over the square -1..1; things stand on y = 1. Output: polygons in the tones `body`,
`deep`, `pale`, `accent` and `ink`. The functions do not know their colours or the style.
"""

from zeitgraph.extraction.demo.drawing.brush import Brush


def book(brush: Brush) -> None:
    """Three books in a stack."""
    for step, (tone, shift) in enumerate((("body", 0), ("accent", 0.12), ("deep", -0.08))):
        top = 0.62 - 0.38 * step
        brush.box(-0.9 + shift, top, 0.8 + shift, top + 0.35, tone)
        brush.box(-0.7 + shift, top + 0.07, 0.84 + shift, top + 0.27, "pale")
        brush.box(-0.9 + shift, top, -0.55 + shift, top + 0.35, tone)


def chair(brush: Brush) -> None:
    """A chair with a straight back."""
    for x in (-0.5, 0.46):
        brush.box(x, 0.3, x + 0.13, 1, "deep")
    brush.box(-0.56, -0.95, -0.4, 0.3, "deep")
    brush.box(0.36, -0.95, 0.52, 0.3, "deep")
    brush.box(-0.56, -0.9, 0.52, -0.48, "body")
    brush.box(-0.56, -0.34, 0.52, -0.16, "body")
    brush.path("-0.68 0.12, 0.62 0.12, 0.74 0.38, -0.78 0.38", "accent")


def gift(brush: Brush) -> None:
    """A box with a ribbon."""
    brush.box(-0.78, -0.12, 0.78, 0.98, "body")
    brush.box(-0.9, -0.36, 0.9, 0, "deep")
    brush.box(-0.16, -0.36, 0.16, 0.98, "accent")
    brush.path("0 -0.36, -0.62 -0.52, -0.5 -0.94", "accent")
    brush.path("0 -0.36, 0.62 -0.52, 0.5 -0.94", "accent")


def tent(brush: Brush) -> None:
    """A ridge tent with an open door."""
    brush.path("-1 0.95, 0 -0.75, 1 0.95", "body")
    brush.path("0 -0.75, 0.34 0.95, 1 0.95", "deep")
    brush.path("-0.12 -0.3, -0.42 0.95, 0.22 0.95", "ink")
    brush.path("-0.12 -0.3, -0.42 0.95, -0.6 0.95", "pale")
    brush.stroke([(0, -0.72), (0, -0.98)], 0.06, "ink")
    brush.path("0 -1, 0.3 -0.9, 0 -0.8", "accent")


def camera(brush: Brush) -> None:
    """A camera with a square body."""
    brush.box(-0.4, -0.62, 0.24, -0.2, "deep")
    brush.box(-0.95, -0.36, 0.95, 0.8, "body")
    brush.box(-0.95, -0.1, 0.95, 0.16, "accent")
    brush.oval(0, 0.22, 0.48, 0.48, "ink")
    brush.oval(0, 0.22, 0.32, 0.32, "deep")
    brush.oval(-0.1, 0.1, 0.1, 0.1, "pale")
    brush.box(0.56, -0.26, 0.82, -0.12, "pale")


def birdhouse(brush: Brush) -> None:
    """A birdhouse on a pole."""
    brush.box(-0.08, 0.5, 0.08, 1, "deep")
    brush.box(-0.56, -0.36, 0.56, 0.58, "body")
    brush.path("-0.84 -0.28, 0 -0.98, 0.84 -0.28", "accent")
    brush.oval(0, 0.02, 0.22, 0.22, "ink")
    brush.stroke([(0, 0.34), (0.28, 0.34)], 0.07, "deep")


def radio(brush: Brush) -> None:
    """A radio with an aerial."""
    brush.stroke([(0.5, -0.3), (0.92, -0.98)], 0.05, "ink")
    brush.box(-0.95, -0.32, 0.95, 0.86, "body")
    brush.box(-0.82, -0.18, 0.1, 0.72, "deep")
    for step in range(4):
        brush.box(-0.74, -0.08 + 0.2 * step, 0.02, 0.02 + 0.2 * step, "pale")
    brush.box(0.24, -0.16, 0.82, 0.14, "pale")
    brush.box(0.3, -0.02, 0.76, 0.04, "accent")
    for x in (0.36, 0.7):
        brush.oval(x, 0.5, 0.15, 0.15, "accent")


def frame(brush: Brush) -> None:
    """A framed landscape."""
    brush.box(-0.9, -0.9, 0.9, 0.9, "body")
    brush.box(-0.7, -0.7, 0.7, 0.7, "pale")
    brush.path("-0.7 0.7, -0.7 0.34, -0.24 -0.24, 0.2 0.4, 0.44 0.1, 0.7 0.5, 0.7 0.7", "deep")
    brush.oval(0.36, -0.36, 0.16, 0.16, "accent")


def handbag(brush: Brush) -> None:
    """A handbag with a clasp."""
    brush.stroke([(-0.44, -0.2), (-0.32, -0.86), (0.32, -0.86), (0.44, -0.2)], 0.1, "deep")
    brush.path("-0.74 -0.24, 0.74 -0.24, 0.96 0.94, -0.96 0.94", "body")
    brush.path("-0.74 -0.24, 0.74 -0.24, 0.6 0.28, 0 0.48, -0.6 0.28", "deep")
    brush.box(-0.13, 0.26, 0.13, 0.54, "accent")


def kite(brush: Brush) -> None:
    """A kite with a tail."""
    brush.stroke([(0, 0.42), (0.2, 0.62), (-0.06, 0.8), (0.16, 1)], 0.05, "ink")
    brush.path("0 -1, 0.7 -0.34, 0 0.46, -0.7 -0.34", "body")
    brush.path("0 -1, 0.7 -0.34, 0 -0.34", "accent")
    brush.path("0 0.46, -0.7 -0.34, 0 -0.34", "deep")
    for x, y in ((0.12, 0.64), (0.04, 0.86)):
        brush.shape(
            [
                (x - 0.18, y - 0.08),
                (x + 0.18, y + 0.08),
                (x + 0.18, y - 0.08),
                (x - 0.18, y + 0.08),
            ],
            "pale",
        )


def perfume(brush: Brush) -> None:
    """A square bottle of perfume."""
    brush.box(-0.22, -0.98, 0.22, -0.52, "accent")
    brush.box(-0.14, -0.54, 0.14, -0.26, "deep")
    brush.path("-0.5 -0.3, 0.5 -0.3, 0.72 -0.05, 0.72 0.96, -0.72 0.96, -0.72 -0.05", "body")
    brush.box(-0.56, 0.2, 0.56, 0.84, "deep")
    brush.box(-0.32, 0.34, 0.32, 0.62, "pale")
    brush.stroke([(-0.58, 0), (-0.58, 0.1)], 0.09, "pale")


def boots(brush: Brush) -> None:
    """A pair of boots."""
    for x in (-0.92, 0.04):
        brush.shape(
            [
                (x, -0.8),
                (x + 0.44, -0.8),
                (x + 0.44, 0.3),
                (x + 0.9, 0.52),
                (x + 0.9, 0.82),
                (x, 0.82),
            ],
            "body",
        )
        brush.box(x, -0.8, x + 0.44, -0.56, "accent")
        brush.box(x - 0.02, 0.8, x + 0.92, 0.98, "deep")
        for y in (-0.34, -0.12, 0.1):
            brush.stroke([(x + 0.22, y), (x + 0.42, y + 0.05)], 0.06, "pale")


def phone(brush: Brush) -> None:
    """A telephone with a bright screen."""
    brush.box(-0.56, -0.98, 0.56, 0.98, "ink", corner=0.1)
    brush.box(-0.46, -0.8, 0.46, 0.74, "accent")
    brush.path("-0.46 0.74, -0.46 0.2, 0.46 -0.3, 0.46 0.74", "body")
    brush.box(-0.34, -0.66, 0.2, -0.52, "pale")
    brush.box(-0.34, -0.42, 0.02, -0.3, "pale")
    brush.oval(0, 0.86, 0.07, 0.07, "pale")


def lantern(brush: Brush) -> None:
    """A glass lantern with a flame."""
    brush.arc((0, -0.66, 0.3, 0.3), (180, 360), 0.07, "ink")
    brush.path("-0.5 -0.3, -0.24 -0.68, 0.24 -0.68, 0.5 -0.3", "body")
    brush.box(-0.5, -0.3, 0.5, 0.74, "deep")
    brush.box(-0.36, -0.2, 0.36, 0.66, "pale")
    brush.path("0 -0.1, 0.2 0.34, 0.12 0.58, -0.12 0.58, -0.2 0.34", "accent")
    brush.box(-0.62, 0.72, 0.62, 0.96, "body")


def sofa(brush: Brush) -> None:
    """A two-seat sofa."""
    for x in (-0.82, 0.68):
        brush.box(x, 0.74, x + 0.14, 1, "ink")
    brush.box(-0.82, -0.42, 0.82, 0.4, "deep", corner=0.08)
    brush.box(-0.98, -0.04, -0.68, 0.8, "body", corner=0.08)
    brush.box(0.68, -0.04, 0.98, 0.8, "body", corner=0.08)
    brush.box(-0.7, 0.22, 0, 0.72, "body", corner=0.05)
    brush.box(0, 0.22, 0.7, 0.72, "body", corner=0.05)
    brush.path("-0.56 -0.22, -0.12 -0.1, -0.26 0.28, -0.66 0.18", "accent")
