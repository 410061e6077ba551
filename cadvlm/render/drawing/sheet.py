"""A drawing as lines and letters on paper: what all writers write.

Millimetres from the lower left corner, to the right and up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import cos, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.render.drawing import lettering

WIDE = 0.5
NARROW = 0.25
"""Line group 0.5 of ISO 128-2: wide and narrow lines are as 2 to 1."""


class Style(NamedTuple):
    """How a line is drawn, in millimetres."""

    width: float
    dashes: tuple[float, ...] = ()
    """Lengths of dash and gap in turn; empty for a continuous line."""


class Line(Enum):
    """Lines by what they mean, of the types that ISO 128-2 gives them."""

    VISIBLE = Style(WIDE)
    """01.2 Edges and outlines."""
    SMOOTH = Style(NARROW * 0.8)
    """01.1 Where faces run into one another."""
    HIDDEN = Style(NARROW, (12 * NARROW, 3 * NARROW))
    """02.1 dashed narrow."""
    CENTRE = Style(NARROW, (24 * NARROW, 3 * NARROW, 0.5 * NARROW, 3 * NARROW))
    """04.1 long-dashed dotted narrow: axes, centres, pitch circles."""
    DIMENSION = Style(NARROW)
    """01.1 Dimension, extension and leader lines, and inside the title block."""
    FRAME = Style(0.7)
    """The border of the drawing space, as wide as ISO 5457 says."""


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom

    def grown(self, by: float) -> Box:
        """The same with a margin, or without one where ``by`` is negative."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def moved(self, x: float, y: float) -> Box:
        return Box(self.left + x, self.bottom + y, self.right + x, self.top + y)

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )


def around(points: NDArray[np.float64]) -> Box:
    """The box of some points (N, 2)."""
    return Box(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line."""

    line: Line
    points: NDArray[np.float64]
    """(N, 2)."""
    circle: tuple[float, float, float] | None = None
    """Centre and radius of what is part of a circle."""

    def moved(self, x: float, y: float) -> Stroke:
        circle = self.circle and (self.circle[0] + x, self.circle[1] + y, self.circle[2])
        return Stroke(self.line, self.points + np.array([x, y]), circle)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A filled arrowhead (ISO 129-1: closed, filled, 3 heights of a line's letters to 1 wide)."""

    tip: tuple[float, float]
    angle: float
    """The way it points, in radians."""
    length: float

    def corners(self) -> NDArray[np.float64]:
        """(3, 2), the tip first."""
        back = np.array([-cos(self.angle), -sin(self.angle)]) * self.length
        side = np.array([-back[1], back[0]]) / 6
        return np.array([self.tip, self.tip + back + side, self.tip + back - side])

    def moved(self, x: float, y: float) -> Arrow:
        return Arrow((self.tip[0] + x, self.tip[1] + y), self.angle, self.length)


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text."""

    text: str
    at: tuple[float, float]
    """Where its baseline begins."""
    height: float
    """Of the capitals."""
    upright: bool = False
    """Read from the right, as beside an upright dimension line."""

    def strokes(self) -> list[NDArray[np.float64]]:
        """The letters as polylines (N, 2) on the paper."""
        turn = np.array([[0.0, 1.0], [-1.0, 0.0]]) if self.upright else np.eye(2)
        return [points @ turn + self.at for points in lettering.strokes(self.text, self.height)]

    @property
    def stroke_width(self) -> float:
        """A tenth of the height (ISO 3098-1, type B)."""
        return self.height / 10

    @property
    def box(self) -> Box:
        """What the letters cover, descenders left out."""
        x, y = self.at
        width = lettering.width(self.text, self.height)
        if self.upright:
            return Box(x - self.height, y, x, y + width)
        return Box(x, y, x + width, y + self.height)

    def moved(self, x: float, y: float) -> Label:
        return Label(self.text, (self.at[0] + x, self.at[1] + y), self.height, self.upright)


@dataclass(slots=True)
class Ink:
    """Some lines and letters."""

    strokes: list[Stroke] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def add(self, other: Ink, x: float = 0.0, y: float = 0.0) -> None:
        """Take in what another has, moved."""
        self.strokes += [stroke.moved(x, y) for stroke in other.strokes]
        self.arrows += [arrow.moved(x, y) for arrow in other.arrows]
        self.labels += [label.moved(x, y) for label in other.labels]

    @property
    def box(self) -> Box:
        """What all of it covers."""
        corners = [stroke.points for stroke in self.strokes]
        corners += [arrow.corners() for arrow in self.arrows]
        corners += [np.array(label.box).reshape(2, 2) for label in self.labels]
        return around(np.concatenate(corners))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished drawing."""

    width: float
    height: float
    title: str
    ink: Ink


def dashed(points: NDArray[np.float64], dashes: tuple[float, ...]) -> list[NDArray[np.float64]]:
    """A polyline (N, 2) cut into its dashes, for where dashes are not known."""
    if not dashes or len(points) < 2:
        return [points]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    total, period = at[-1], sum(dashes)
    pieces, start = [], 0.0
    # Stretched, so that a line begins and ends with a whole dash (ISO 128-2: lines meet in dashes).
    count = max(1, round((total + sum(dashes[1:])) / period))
    stretch = total / (count * period - sum(dashes[1:]))
    for number in range(count * len(dashes)):
        end = start + dashes[number % len(dashes)] * stretch
        if number % 2 == 0 and start < total:
            ends = np.array([start, min(end, total)])
            inner = at[(at > ends[0]) & (at < ends[1])]
            along = np.concatenate([ends[:1], inner, ends[1:]])
            pieces.append(np.stack([np.interp(along, at, points[:, k]) for k in (0, 1)], axis=1))
        start = end
    return pieces
