"""Paper: sheet sizes (ISO 5457), scales (ISO 5455), the frame and the title block (ISO 7200)."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import numpy as np

from cadvlm.render.drawing import lettering
from cadvlm.render.drawing.sheet import Box, Ink, Label, Line, Stroke


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet size."""

    width: float
    height: float
    framed: bool = True
    """Has a border; else the drawing reaches to the edge and any scale will do."""

    @property
    def space(self) -> Box:
        """Where may be drawn: 20 mm from the left edge, for filing, and 10 from the others."""
        if not self.framed:
            return Box(4, 4, self.width - 4, self.height - 4)
        return Box(20, 10, self.width - 10, self.height - 10)


PAPERS = {
    "A4": Paper(210, 297),
    "A3": Paper(420, 297),
    "square": Paper(160, 160, framed=False),
}
"""A4 stands and A3 lies (ISO 5457). ``square`` is for pictures: letters of 3.5 mm are a tenth of an
inch there, and 10 of 448 pixels."""

TITLE = Box(0, 0, 180, 24)
"""The title block, as wide as ISO 7200 says and the space of an A4 sheet is."""


NAME = 14.0
"""Height of the field for the name."""

TEXT = 3.5


def standard_scale(largest: float) -> float:
    """The largest scale of 1, 2, 5 and their tens (ISO 5455) that is not above ``largest``."""
    power = floor(log10(largest))
    fitting = [s * 10.0**power for s in (1, 2, 5, 10) if s * 10.0**power <= largest * (1 + 1e-9)]
    return fitting[-1] if fitting else 10.0**power


def ratio(scale: float) -> str:
    """``2:1``, ``1:5``."""
    return f"{scale:g}:1" if scale >= 1 else f"1:{1 / scale:g}"


def frame(paper: Paper) -> Ink:
    """The border, with its centring marks; the lower one ends where the title block may begin."""
    left, bottom, right, top = paper.space
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    ink = Ink([Stroke(Line.FRAME, np.array(corners, dtype=float))])
    x, y = paper.width / 2, paper.height / 2
    marks = [
        ((x, bottom - 5), (x, bottom)),
        ((x, top - 5), (x, top + 5)),
        ((left - 5, y), (left + 5, y)),
        ((right - 5, y), (right + 5, y)),
    ]
    ink.strokes += [Stroke(Line.FRAME, np.array(mark)) for mark in marks]
    return ink


def table(title: str, scale: float, unit: str, first_angle: bool, size: str) -> Ink:
    """The title block, its lower left corner at the origin."""
    ink = Ink()
    _, _, width, height = TITLE
    middle = height - NAME
    edges = [
        (0, 0, width, 0),
        (0, height, width, height),
        (0, 0, 0, height),
        (width, 0, width, height),
    ]
    inner = [(0, middle, width, middle), *((x, 0, x, middle) for x in (36, 72, 108))]
    for line, ends in ((Line.FRAME, edges), (Line.DIMENSION, inner)):
        ink.strokes += [Stroke(line, np.array(it, dtype=float).reshape(2, 2)) for it in ends]
    fields = [
        ("Title", title, 0.0, middle, 5.0, width),
        ("Scale", ratio(scale), 0.0, 0.0, TEXT, 36.0),
        ("Unit", unit, 36.0, 0.0, TEXT, 36.0),
        ("Sheet", size, 72.0, 0.0, TEXT, 36.0),
        ("Projection", "", 108.0, 0.0, TEXT, 72.0),
    ]
    for name, value, x, y, tall, room in fields:
        top = middle if y < middle else height
        ink.labels.append(Label(name, (x + 2, top - 3.2), 1.8))
        if value:
            # A long name is written smaller.
            tall *= min(1.0, (room - 4) / lettering.width(value, tall))
            ink.labels.append(Label(value, (x + 2, y + 1.8), tall))
    ink.add(_symbol(first_angle), 156, 5)
    return ink


def _symbol(first_angle: bool) -> Ink:
    """A truncated cone from the side and from its small end, on the side that the method puts it
    (ISO 5456-2)."""
    small, large = 2.0, 4.0
    cone, circles = (-7.0, 7.0) if first_angle else (7.0, -7.0)
    half = large
    corners = [(-half, -small), (half, -large), (half, large), (-half, small), (-half, -small)]
    ink = Ink([Stroke(Line.VISIBLE, np.array(corners) + np.array([cone, 0.0]))])
    angles = np.linspace(0, 2 * np.pi, 73)
    for radius in (small, large):
        points = np.stack([circles + radius * np.cos(angles), radius * np.sin(angles)], axis=1)
        ink.strokes.append(Stroke(Line.VISIBLE, points, (circles, 0.0, radius)))
    reach = large + 1.2
    for x0, y0, x1, y1 in [
        (cone - half - 1.2, 0, cone + half + 1.2, 0),
        (circles - reach, 0, circles + reach, 0),
        (circles, -reach + 0.6, circles, reach - 0.6),
    ]:
        ink.strokes.append(Stroke(Line.CENTRE, np.array([(x0, y0), (x1, y1)], dtype=float)))
    return ink
